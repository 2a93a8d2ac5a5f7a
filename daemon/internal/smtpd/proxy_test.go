package smtpd

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// proxyHeader is version 2 of the header, for TCP from one address to another.
func proxyHeader(from string, more ...byte) string {
	a := netip.MustParseAddr(from)
	family := byte(0x11)
	if a.Is6() {
		family = 0x21
	}
	addresses := append(a.AsSlice(), a.AsSlice()...)
	addresses = append(addresses, 0x30, 0x39, 0, 25) // the ports
	return rawProxyHeader(0x21, family, append(addresses, more...))
}

func rawProxyHeader(command, family byte, rest []byte) string {
	return proxySignature + string([]byte{command, family, byte(len(rest) >> 8), byte(len(rest))}) + string(rest)
}

func TestReadProxyHeader(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string // "" for an error, "none" for no address
	}{
		{"IPv4", proxyHeader("192.0.2.7"), "192.0.2.7"},
		{"IPv6", proxyHeader("2001:db8::7"), "2001:db8::7"},
		{"mapped IPv4", proxyHeader("::ffff:192.0.2.7"), "192.0.2.7"},
		{"with more", proxyHeader("192.0.2.7", 0x04, 0, 1, 0), "192.0.2.7"},
		{"as much as there may be", proxyHeader("192.0.2.7", make([]byte, proxyAtMostBytes-12)...), "192.0.2.7"},
		{"of the proxy itself", rawProxyHeader(0x20, 0, nil), "none"},
		{"of the proxy itself, with addresses", strings.Replace(proxyHeader("192.0.2.7"), "\n\x21\x11", "\n\x20\x11", 1), "none"},
		{"too much", proxyHeader("192.0.2.7", make([]byte, proxyAtMostBytes-11)...), ""},
		{"version 1", "PROXY TCP4 192.0.2.7 192.0.2.8 12345 25\r\n", ""},
		{"version 3", rawProxyHeader(0x31, 0x11, make([]byte, 12)), ""},
		{"no command", rawProxyHeader(0x2f, 0x11, make([]byte, 12)), ""},
		{"UDP", rawProxyHeader(0x21, 0x12, make([]byte, 12)), ""},
		{"unix", rawProxyHeader(0x21, 0x31, make([]byte, 216)), ""},
		{"no family", rawProxyHeader(0x21, 0x00, nil), ""},
		{"too short for IPv4", rawProxyHeader(0x21, 0x11, make([]byte, 11)), ""},
		{"too short for IPv6", rawProxyHeader(0x21, 0x21, make([]byte, 35)), ""},
		{"cut", proxyHeader("192.0.2.7")[:20], ""},
		{"cut within the signature", proxySignature[:5], ""},
		{"nothing", "", ""},
		{"SMTP", "EHLO client.example\r\nMAIL FROM:<>\r\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const behind = "what follows"
			in := tt.in
			if tt.want != "" {
				in += behind
			}
			r := strings.NewReader(in)
			got, err := readProxyHeader(r)
			want := tt.want
			if want == "none" {
				want = "invalid IP"
			}
			if (err == nil) != (want != "") || err == nil && got.String() != want {
				t.Fatalf("got %v, %v; want %s", got, err, tt.want)
			}
			if rest, _ := io.ReadAll(r); err == nil && string(rest) != behind {
				t.Errorf("left %q", rest)
			}
		})
	}
}

// Whatever comes: nothing panics, no more is read than the header says, and an
// address is told only for a header that has one.
func FuzzProxyHeader(f *testing.F) {
	for _, s := range []string{proxyHeader("192.0.2.7"), proxyHeader("2001:db8::7", 1, 2, 3), rawProxyHeader(0x20, 0, nil), proxySignature, ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bytes.NewReader(in)
		addr, err := readProxyHeader(r)
		read := len(in) - r.Len()
		if read > proxyHead+proxyAtMostBytes {
			t.Errorf("read %d octets", read)
		}
		if err == nil && (read < proxyHead || read != proxyHead+int(in[14])<<8+int(in[15])) {
			t.Errorf("read %d octets of %q", read, in)
		}
		if addr.IsValid() && (err != nil || !bytes.HasPrefix(in, []byte(proxySignature+"\x21"))) {
			t.Errorf("%v of %q", addr, in)
		}
	})
}

func behindProxy(options Options) Options {
	options.Proxies = []netip.Prefix{loopback}
	return options
}

// The client that the proxy names counts for relays, SPF and limits.
func TestProxy(t *testing.T) {
	w := serve(t, behindProxy(Options{Relays: inbound.Relays{{Network: netip.MustParsePrefix("198.51.100.0/24")}}}))
	env := make(chan inbound.Envelope, 1)
	w.accept = w.note(env)
	for _, tt := range []struct {
		from    string
		trusted bool
	}{{"192.0.2.7", false}, {"198.51.100.9", true}, {"2001:db8::7", false}} {
		c := w.dial(t)
		c.send(proxyHeader(tt.from))
		c.want("220")
		c.send("EHLO client.example\r\n")
		c.want("250")
		c.alive("x")
		if got := <-env; got.Peer != tt.from || got.Trusted != tt.trusted {
			t.Errorf("envelope %+v of %s", got, tt.from)
		}
	}
}

func TestProxyThatLooksWhetherWeLive(t *testing.T) {
	w := serve(t, behindProxy(Options{}))
	c := w.dial(t)
	c.send(rawProxyHeader(0x20, 0, nil))
	c.want("220")
	c.send("QUIT\r\n")
	c.want("221")
}

// From a proxy the header is required; nobody else's is read.
func TestProxyHeaderIsRequired(t *testing.T) {
	for _, send := range []string{"EHLO client.example\r\n" + smuggled, "PROXY TCP4 192.0.2.7 192.0.2.8 12345 25\r\n" + smuggled, proxySignature, ""} {
		w := serve(t, behindProxy(Options{Limits: Limits{proxyAtMost: 100 * time.Millisecond}}))
		c := w.dial(t)
		c.send(send)
		if got := c.rest(); got != "" {
			t.Errorf("%q was answered %q", send, got)
		}
		if w.meter.read()["refused proxy"] != 1 {
			t.Errorf("meter %v", w.meter.read())
		}
	}
	w := serve(t, Options{Proxies: []netip.Prefix{elsewhere}})
	c := w.dial(t)
	c.want("220")
	c.send(proxyHeader("198.51.100.9") + "EHLO x\r\n")
	c.want("5")
	if got := w.taken(); len(got) != 0 {
		t.Errorf("taken %v", got)
	}
}

func TestProxyLimits(t *testing.T) {
	w := serve(t, behindProxy(Options{Limits: Limits{PerAddress: 2}}))
	open := func(from string) *client {
		c := w.dial(t)
		c.send(proxyHeader(from))
		return c
	}
	first := open("192.0.2.7")
	first.want("220")
	open("192.0.2.7").want("220")
	open("192.0.2.7").want("421 4.7.0")
	for range 5 { // the proxy itself is not one address
		open("192.0.2.8").leave()
	}
	open("192.0.2.9").want("220")
	first.send("QUIT\r\n")
	first.want("221")
	first.rest()
	open("192.0.2.7").want("220")
}

// leave reads the greeting and goes.
func (c *client) leave() {
	c.t.Helper()
	c.want("220")
	c.send("QUIT\r\n")
	c.want("221")
	c.rest()
}

// The header stands below TLS, and may come in one packet with its beginning.
func TestProxyBelowTLS(t *testing.T) {
	w := serve(t, behindProxy(Options{TLS: serverTLS()}))
	env := make(chan inbound.Envelope, 2)
	w.accept = w.note(env)
	c := w.dial(t)
	c.send(proxyHeader("192.0.2.7"))
	c.want("220")
	c.send("EHLO x\r\n")
	c.want("250")
	c.send("STARTTLS\r\n")
	c.want("220")
	c = c.secure()
	c.send("EHLO client.example\r\n")
	c.want("250")
	c.alive("x")

	w.serveTLS(t)
	nc := w.dial(t)
	roots := x509.NewCertPool()
	roots.AddCert(certificate().Leaf)
	over := tls.Client(&headerFirst{Conn: nc.Conn, header: proxyHeader("192.0.2.7")}, &tls.Config{RootCAs: roots, ServerName: "mx.acme.example"})
	c = &client{t: t, Conn: over, r: bufio.NewReader(over)}
	c.want("220")
	c.send("EHLO client.example\r\n")
	c.want("250")
	c.alive("x")
	for range 2 {
		if got := <-env; got.Peer != "192.0.2.7" {
			t.Errorf("peer %s", got.Peer)
		}
	}
}

// headerFirst sends a header in one packet with the first bytes of TLS.
type headerFirst struct {
	net.Conn
	header string
}

func (h *headerFirst) Write(p []byte) (int, error) {
	n, err := h.Conn.Write(append([]byte(h.header), p...))
	n -= len(h.header)
	h.header = ""
	return n, err
}
