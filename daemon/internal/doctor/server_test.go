package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

// mailServer offers STARTTLS with a certificate for a name; none without one.
func mailServer(t *testing.T, name string) (address string, roots *x509.CertPool) {
	t.Helper()
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return quiet{}, nil }))
	server.ErrorLog = log.New(io.Discard, "", 0) // of refused certificates
	roots = x509.NewCertPool()
	if name != "" {
		cert, key := peers.Certificate(t, t.TempDir(), name)
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		pem, err := os.ReadFile(cert)
		if err != nil {
			t.Fatal(err)
		}
		roots.AppendCertsFromPEM(pem)
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends with Close
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return l.Addr().String(), roots
}

func TestMailServer(t *testing.T) {
	for _, test := range []struct {
		name, certified string
		gone            bool
		state           State
		words           string
	}{
		{"its certificate", "mx.acme.example", false, OK, "certificate of mx.acme.example until"},
		{"one of another name", "other.example", false, Warning, "not mx.acme.example"},
		{"none", "", false, Warning, "clear text"},
		{"nobody there", "", true, Skipped, "can't be seen"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := doctorOf(t, healthy)
			d.SMTP, d.Roots = mailServer(t, test.certified)
			if test.gone {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				d.SMTP = l.Addr().String()
				_ = l.Close()
			}
			f := finding(t, d.Examine(t.Context(), nil, []helpdesk.Mailbox{support}), "Server", "TLS")
			if f.State != test.state || !strings.Contains(f.Words, test.words) {
				t.Errorf("it is %s: %s, want %s: …%s…", f.State, f.Words, test.state, test.words)
			}
		})
	}
}

func TestNearby(t *testing.T) {
	for address, want := range map[string]string{
		"[::]:25": "localhost:25", "0.0.0.0:25": "localhost:25", ":25": "localhost:25", "127.0.0.1:25": "127.0.0.1:25", "[2001:db8::1]:25": "[2001:db8::1]:25",
	} {
		if got := nearby(address); got != want {
			t.Errorf("%s is reached at %s, want %s", address, got, want)
		}
	}
}

// quiet is a session in which nothing happens.
type quiet struct{ smtp.Session }

func (quiet) Logout() error { return nil }
func (quiet) Reset()        {}
