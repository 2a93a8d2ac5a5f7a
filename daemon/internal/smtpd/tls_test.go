package smtpd

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// certificate is for mx.acme.example, made once.
var certificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.acme.example"}, DNSNames: []string{"mx.acme.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

func serverTLS() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{certificate()}} }

// secure puts TLS over a client's connection.
func (c *client) secure() *client {
	c.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(certificate().Leaf)
	over := tls.Client(c.Conn, &tls.Config{RootCAs: roots, ServerName: "mx.acme.example"})
	if err := over.Handshake(); err != nil {
		c.t.Fatalf("handshake: %v", err)
	}
	return &client{t: c.t, Conn: over, r: bufio.NewReader(over)}
}

// startTLS is hello, STARTTLS and hello again.
func (w *world) startTLS(t testing.TB) *client {
	t.Helper()
	c := w.hello(t)
	c.send("STARTTLS\r\n")
	c.want("220 2.0.0")
	c = c.secure()
	c.send("EHLO client.example\r\n")
	c.want("250")
	return c
}

// serveTLS adds a listener with TLS from the first byte, and makes its address
// that of the world.
func (w *world) serveTLS(t testing.TB) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.addr = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- w.server.ServeTLS(l) }()
	t.Cleanup(func() {
		w.server.Shutdown(t.Context())
		if err := <-done; err != nil {
			t.Errorf("ServeTLS: %v", err)
		}
	})
}

func TestStartTLS(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS()})
	c := w.dial(t)
	c.want("220")
	c.send("EHLO client.example\r\n")
	if got := c.reply(); !strings.Contains(got, "250-STARTTLS\r\n") {
		t.Errorf("not offered: %q", got)
	}
	c.send("MAIL FROM:<early@customer.example>\r\nRCPT TO:<support@acme.example>\r\n")
	c.want("250", "250")
	c.send("STARTTLS now\r\n")
	c.want("501")
	c.send("starttls\r\n")
	c.want("220 2.0.0")
	c = c.secure()
	// What was said before is void (RFC 3207 section 4.2).
	c.send("DATA\r\n")
	c.want("503")
	c.send("RSET\r\nMAIL FROM:<a@customer.example>\r\n")
	c.want("250", "503")
	c.send("EHLO client.example\r\n")
	if got := c.reply(); strings.Contains(got, "STARTTLS") || !strings.Contains(got, "250-SIZE ") {
		t.Errorf("offered again: %q", got)
	}
	c.send("STARTTLS\r\n")
	c.want("503")
	c.send("DATA\r\n")
	c.want("502") // the mail of before is gone
	c.alive(strings.Repeat("long ", 100_000))
	c.send("QUIT\r\n")
	c.want("221")
	if more := c.rest(); more != "" {
		t.Errorf("more: %q", more)
	}
	w.wantTaken(t, 1)
}

// What somebody in between sends along with STARTTLS, in clear text, is neither
// obeyed nor answered inside TLS (A11).
func TestStartTLSInjection(t *testing.T) {
	for _, injected := range []string{"NOOP\r\n", "RSET\r\n", "EHLO evil.example\r\n", "MAIL FROM:<evil@x.example>\r\n", smuggled, "x"} {
		t.Run(injected, func(t *testing.T) {
			w := serve(t, Options{TLS: serverTLS()})
			c := w.hello(t)
			c.send("STARTTLS\r\n" + injected)
			c.want("554 5.5.1")
			_ = c.Close()
			w.wantTaken(t, 0)
		})
	}
	// It may come a moment later; then it is taken for TLS, and is none.
	w := serve(t, Options{TLS: serverTLS()})
	c := w.hello(t)
	c.send("STARTTLS\r\n")
	c.want("220")
	c.send(smuggled)
	if more := c.rest(); strings.Contains(more, "250") {
		t.Errorf("answers %q", more)
	}
	w.wantTaken(t, 0)
	if w.meter.read()["refused tls"] != 1 {
		t.Errorf("meter %v", w.meter.read())
	}
}

func TestImplicitTLS(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS()})
	w.serveTLS(t)
	c := w.dial(t).secure()
	c.want("220 mx.acme.example ESMTP")
	c.send("EHLO client.example\r\n")
	if got := c.reply(); strings.Contains(got, "STARTTLS") {
		t.Errorf("offered inside TLS: %q", got)
	}
	c.alive("hello")
	w.wantTaken(t, 1)

	clear := w.dial(t)
	clear.send("EHLO client.example\r\n")
	if got := clear.rest(); strings.Contains(got, "250") {
		t.Errorf("clear text was answered: %q", got)
	}
}

func TestServeTLSNeedsCertificate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := start(t, Limits{}).server.ServeTLS(l); err == nil {
		t.Error("serves without a certificate")
	}
}

// All limits hold above TLS as they do without.
func TestLimitsInsideTLS(t *testing.T) {
	tests := []struct {
		name   string
		limits Limits
		send   string
		want   []string
	}{
		{"idle", Limits{Idle: 100 * time.Millisecond}, "", []string{"421 4.4.2"}},
		{"session", Limits{Session: 200 * time.Millisecond}, "", []string{"421 4.4.2"}},
		{"line ends", Limits{}, "MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\na\nb\r\n.\r\n", []string{"250", "250", "354", "521 5.5.2"}},
		{"line ends of commands", Limits{}, "NOOP\n", []string{"521 5.5.2"}},
		{"commands", Limits{Commands: 4}, "NOOP\r\nNOOP\r\n", []string{"250", "421 4.7.0"}}, // EHLO, STARTTLS and EHLO count
		{"long command", Limits{}, strings.Repeat("x", 5000), []string{"500 5.5.2"}},
		{"HTTP", Limits{}, "GET / HTTP/1.1\r\n", []string{"5"}},
		{"size", Limits{MessageBytes: 5}, "MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\nlonger\r\n.\r\n", []string{"250", "250", "354", "552 5.3.4"}},
		{"slow mail", Limits{RateGrace: 50 * time.Millisecond, MinRate: 1 << 20, Idle: 150 * time.Millisecond}, "MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\na\r\n", []string{"250", "250", "354", "451 4.4.2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(t, Options{TLS: serverTLS(), Limits: tt.limits})
			c := w.startTLS(t)
			c.send(tt.send)
			c.want(tt.want...)
			_ = c.Close()
			w.wantTaken(t, 0)
		})
	}
}

// The client's address counts below TLS.
func TestRelayInsideTLS(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS(), Relays: inbound.Relays{{Network: loopback}}})
	env := make(chan inbound.Envelope, 1)
	w.accept = w.note(env)
	w.startTLS(t).alive("x")
	if got := <-env; got.Peer != "127.0.0.1" || !got.Trusted {
		t.Errorf("envelope %+v", got)
	}
}

// A handshake that stalls is bounded, silent, and costs one connection.
func TestStalledHandshake(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS(), Limits: Limits{handshakeAtMost: 100 * time.Millisecond}})
	c := w.hello(t)
	c.send("STARTTLS\r\n")
	c.want("220")
	c.send("\x16\x03\x01") // the beginning of a ClientHello
	if more := c.rest(); more != "" {
		t.Errorf("more: %q", more)
	}
	w.serveTLS(t)
	c = w.dial(t)
	if more := c.rest(); more != "" {
		t.Errorf("more: %q", more)
	}
	if got := w.meter.read()["refused tls"]; got != 2 {
		t.Errorf("%d counted, want 2", got)
	}
}

func TestShutdownWithTLS(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS()})
	idle, stalled, sending := w.startTLS(t), w.hello(t), w.startTLS(t)
	stalled.send("STARTTLS\r\n")
	stalled.want("220")
	entered := make(chan inbound.Envelope, 1)
	w.accept = w.note(entered)
	sending.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\nDATA\r\nSubject: x\r\n")
	sending.want("250", "250", "354")
	<-entered
	done := make(chan struct{})
	go func() { w.server.Shutdown(t.Context()); close(done) }()
	idle.want("421 4.3.2")
	idle.rest()
	stalled.rest()
	sending.send("\r\nlate\r\n.\r\n")
	sending.want("250 2.0.0 OK: queued", "421 4.3.2")
	sending.rest()
	<-done
	w.wantTaken(t, 1)
}

var elsewhere = netip.MustParsePrefix("192.0.2.0/24")
