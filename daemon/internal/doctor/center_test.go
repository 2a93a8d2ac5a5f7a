package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

var acme = Center{Account: "acme", Name: "acme", DisplayName: "Acme & Sons", BaseURL: "https://help.acme.example"}

// host serves pages over TLS with a certificate for names, and returns where, and
// whom to believe.
func host(t *testing.T, h http.Handler, names ...string) (string, *x509.CertPool) {
	t.Helper()
	cert, key := peers.Certificate(t, t.TempDir(), names...)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of refused certificates
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), roots
}

func page(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status == http.StatusFound {
			w.Header().Set("Location", "https://other.example/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestCenter(t *testing.T) {
	const zone = "help.acme.example A 203.0.113.7"
	for _, test := range []struct {
		name, zone string
		page       http.Handler
		certified  string
		later      time.Duration // that passes before it is looked at
		what       string
		state      State
		words      string
	}{
		{"it can be found", zone, page(200, "<h1>Acme &amp; Sons</h1>"), "help.acme.example", 0, "address", OK, "203.0.113.7"},
		{"before DNS leads there", "x.example A 192.0.2.1", page(200, "<h1>Acme &amp; Sons</h1>"), "help.acme.example", 0, "address", Warning, "nobody finds the pages"},
		{"DNS is broken", "help.acme.example SERVFAIL", page(200, ""), "help.acme.example", 0, "address", Wrong, "DNS does not answer"},
		{"its certificate", zone, page(200, "Acme &amp; Sons"), "help.acme.example", 0, "TLS", OK, "TLS 1.3, certificate of help.acme.example until"},
		{"a certificate that ends soon", zone, page(200, "Acme &amp; Sons"), "help.acme.example", 22 * time.Hour, "TLS", Warning, "should have been renewed"},
		{"a certificate of another name", zone, page(200, "Acme &amp; Sons"), "other.example", 0, "TLS", Wrong, "not help.acme.example"},
		{"its page", zone, page(200, "<h1>Acme &amp; Sons</h1>"), "help.acme.example", 0, "page", OK, "it shows Acme & Sons"},
		{"a page of somebody else", zone, page(200, "Welcome to nginx"), "help.acme.example", 0, "page", Wrong, "another page"},
		{"no page", zone, page(421, "Acme &amp; Sons"), "help.acme.example", 0, "page", Wrong, "421"},
		{"it leads elsewhere", zone, page(302, ""), "help.acme.example", 0, "page", Wrong, "other.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := doctorOf(t, test.zone)
			d.At, d.Roots = host(t, test.page, test.certified)
			d.Now = func() time.Time { return time.Now().Add(test.later) }
			report := d.Examine(t.Context(), []Center{acme}, nil)
			if f := finding(t, report, "HelpCenter", test.what); f.State != test.state || !strings.Contains(f.Words, test.words) {
				t.Errorf("it is %s: %s, want %s: …%s…", f.State, f.Words, test.state, test.words)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	d := doctorOf(t, "help.acme.example A 203.0.113.7")
	d.At = l.Addr().String()
	report := d.Examine(t.Context(), []Center{acme}, nil)
	if f := finding(t, report, "HelpCenter", "TLS TCP"); f.State != Wrong || len(report.Chapters[0].Findings) != 2 {
		t.Errorf("found %+v, want that the way ends there", report.Chapters[0].Findings)
	}
}

// A plain page of this machine is what dev has.
func TestCenterOfDev(t *testing.T) {
	server := httptest.NewServer(page(200, "<h1>Dev</h1>"))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d := doctorOf(t, "")
	d.Reserved = false
	report := d.Examine(t.Context(), []Center{{Name: "dev", DisplayName: "Dev", BaseURL: "http://second.localhost:" + port}}, nil)
	if f := finding(t, report, "HelpCenter", "page"); f.State != OK || !report.Healthy() {
		t.Errorf("found %+v", report.Chapters[0].Findings)
	}
}
