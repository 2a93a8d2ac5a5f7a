package peers

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Pebble is Debian's pebble: a certificate authority that is asked by ACME, looks
// up names in a DNS server of the test, and visits them at ports of its choice.
type Pebble struct {
	*Process
	Directory string // URL
	Authority string // file with what its own TLS is believed by
	roots     string // URL of what it signs with
}

// StartPebble starts one whose certificates hold for a lifetime. At the two ports
// it looks for the answers of every host, without TLS and with it.
func StartPebble(t testing.TB, dns *DNS, httpPort, httpsPort int, lifetime time.Duration) *Pebble {
	t.Helper()
	program := Need(t, "pebble", "pebble")
	dir := t.TempDir()
	cert, key := Certificate(t, dir, "localhost", "127.0.0.1")
	api, management := Port(t), Port(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": fmt.Sprintf("127.0.0.1:%d", api), "managementListenAddress": fmt.Sprintf("127.0.0.1:%d", management),
		"certificate": cert, "privateKey": key, "httpPort": httpPort, "tlsPort": httpsPort,
		"ocspResponderURL": "", "externalAccountBindingRequired": false,
		"certificateValidityPeriod": int(lifetime.Seconds()),
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "pebble.json"), string(config))
	cmd := exec.Command(program, "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", dns.Address)
	// Its pauses are for impatient clients; its refused nonces stay.
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	p := &Pebble{
		Process: Start(t, cmd), Authority: cert,
		Directory: fmt.Sprintf("https://127.0.0.1:%d/dir", api), roots: fmt.Sprintf("https://127.0.0.1:%d/roots/0", management),
	}
	p.Answers(t, "127.0.0.1:"+strconv.Itoa(api))
	p.Answers(t, "127.0.0.1:"+strconv.Itoa(management))
	return p
}

// Roots writes the root that it signs with into a file, for those who should
// believe it.
func (p *Pebble) Roots(t testing.TB) string {
	t.Helper()
	pem, err := os.ReadFile(p.Authority)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	r, err := client.Get(p.roots)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	root, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "root.pem")
	write(t, path, string(root))
	return path
}
