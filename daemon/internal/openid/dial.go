package openid

import (
	"net/http"
	"net/netip"

	"github.com/posterndesk/postern/daemon/internal/outside"
)

// client speaks to issuers.
func client(networks []netip.Prefix) *http.Client {
	return outside.Client(outside.Options{Networks: networks, Setting: "--issuer-network", Timeout: requestTimeout, Answer: maxAnswer, Header: maxAnswerHeader})
}

// isLoopback reports a name of this machine, as manifests may write one.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
