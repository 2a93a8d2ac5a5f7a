package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// twoCenters are served by one daemon at names of their own.
const twoCenters = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: beta, namespace: support}
spec:
  displayName: Beta Help
  host: help.beta.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  inbound: {type: SMTP}
`

// browser reaches every name at one address, believes the authorities of some
// files, and follows no redirect.
func browser(t *testing.T, address string, authorities ...string) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	for _, file := range authorities {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !pool.AppendCertsFromPEM(pem) {
			t.Fatalf("%s holds no certificate", file)
		}
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// covers: S43
func TestPagesOverTLS(t *testing.T) {
	folder := t.TempDir()
	acme, _ := peers.Certificate(t, folder, "help.acme.example")
	beta, _ := peers.Certificate(t, filepath.Join(folder, "beta"), "help.beta.example")
	desk := peers.StartDesk(t, twoCenters, "--https", "127.0.0.1:0", "--tls", folder, "--hostname", "mx.acme.example")

	secure := browser(t, desk.HTTPS, acme, beta)
	for host, words := range map[string]string{"help.acme.example": "Acme Help", "help.beta.example": "Beta Help"} {
		r, err := secure.Get("https://" + host + "/en/")
		if err != nil {
			t.Fatal(err)
		}
		page := bodyOf(t, r)
		if r.StatusCode != http.StatusOK || !strings.Contains(page, words) {
			t.Errorf("%s: status %d, page %s", host, r.StatusCode, page)
		}
		if r.ProtoMajor != 2 || r.TLS.Version < tls.VersionTLS13 {
			t.Errorf("%s: HTTP %d over TLS %x", host, r.ProtoMajor, r.TLS.Version)
		}
		if r.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s does not ask to be reached over TLS alone", host)
		}
	}
	if _, err := secure.Get("https://" + desk.HTTPS + "/"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("without a name: %v, want a refusal", err)
	}

	plain := browser(t, desk.HTTP)
	r, err := plain.Get("http://help.beta.example/x?y=z")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusPermanentRedirect || got != "https://help.beta.example/x?y=z" {
		t.Errorf("without TLS: status %d to %q", r.StatusCode, got)
	}
	bodyOf(t, r)
	if r, err = plain.Post("http://help.beta.example/submit/x", "application/x-www-form-urlencoded", strings.NewReader("a=b")); err != nil {
		t.Fatal(err)
	}
	if page := bodyOf(t, r); r.StatusCode != http.StatusForbidden || !strings.Contains(page, "without encryption") {
		t.Errorf("a form without TLS: status %d, page %s", r.StatusCode, page)
	}
}

func TestCertificateFilesAreReloaded(t *testing.T) {
	folder := t.TempDir()
	old, _ := peers.Certificate(t, folder, "help.acme.example")
	kept := browserFile(t, old)
	desk := peers.StartDesk(t, twoCenters, "--https", "127.0.0.1:0", "--tls", folder)
	if _, err := browser(t, desk.HTTPS, kept).Get("https://help.acme.example/"); err != nil {
		t.Fatal(err)
	}
	now, _ := peers.Certificate(t, folder, "help.acme.example") // takes its place
	peers.Eventually(t, peers.Patience, func() error {
		r, err := browser(t, desk.HTTPS, now).Get("https://help.acme.example/")
		if err != nil {
			return err
		}
		bodyOf(t, r)
		return nil
	})
	if err := os.WriteFile(now, []byte("half a certif"), 0o600); err != nil {
		t.Fatal(err)
	}
	peers.Eventually(t, peers.Patience, func() error {
		if !strings.Contains(desk.Log.String(), "the last good one stays") {
			return fmt.Errorf("a broken file is not told of:\n%s", desk.Log)
		}
		return nil
	})
	if _, err := browser(t, desk.HTTPS).Get("https://help.acme.example/"); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("after a broken file: %v, want the last good certificate", err)
	}
}

// browserFile keeps a copy of an authority whose file changes.
func browserFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(t.TempDir(), "kept.crt")
	if err := os.WriteFile(kept, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return kept
}
