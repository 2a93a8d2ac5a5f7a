package openid

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
)

// client speaks to issuers. It goes no other way than to the address that was
// looked up and checked: through no proxy, and after no redirect.
func client(networks []netip.Prefix) *http.Client {
	guard := guard(networks)
	dialer := &net.Dialer{Timeout: requestTimeout, ControlContext: guard.control}
	return &http.Client{
		Transport: limited{&http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: requestTimeout, ForceAttemptHTTP2: true,
			MaxResponseHeaderBytes: maxAnswerHeader, MaxIdleConnsPerHost: 2, IdleConnTimeout: requestTimeout,
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       requestTimeout,
	}
}

// limited reads no endless answers.
type limited struct{ http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}

// guard is the networks in which issuers may be though they are not public.
type guard []netip.Prefix

// control is asked after names are resolved, for each address that is tried.
func (g guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read address to connect to: %w", err)
	}
	if !g.allows(at.Addr()) {
		return fmt.Errorf("%s is not a public address, and no --issuer-network has it", at.Addr())
	}
	return nil
}

// never are addresses at which no issuer is, whatever an operator says: what
// clouds tell their machines about themselves, keys included, and what reaches no
// single host. Each that is not link-local has whose it is beside it.
var never = prefixes(
	"0.0.0.0/8", "169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "240.0.0.0/4",
	"192.0.0.0/24",                                       // Oracle Cloud has its metadata here (RFC 6890: for protocols)
	"168.63.129.16/32",                                   // Azure
	"100.100.100.200/32",                                 // Alibaba Cloud
	"fd00:ec2::/32",                                      // AWS
	"fd20:ce::/32",                                       // Google Cloud
	"::/128", "2002::/16", "2001::/32", "64:ff9b:1::/48", // other addresses in disguise (RFC 3056, 4380, 8215)
)

// private are addresses that only this machine or its network can reach (RFC
// 6890, 6598, 2544, 4193).
var private = prefixes(
	"127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15", "fc00::/7", "fec0::/10", "::/96",
)

// nat64 wraps an IPv4 address where networks have no IPv4 (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// allows reports whether an issuer may be there.
func (g guard) allows(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !a.IsValid() || within(never, a) {
		return false
	}
	return !within(private, a) || within(g, a)
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// isLoopback reports a name of this machine, as manifests may write one.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
