package smtpd

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// A client that does not wait for its turn is told so, and no mail of it is taken.
func TestEarlyTalkers(t *testing.T) {
	const early = "554 5.5.1 You spoke before it was your turn\r\n"
	t.Run("before the greeting", func(t *testing.T) {
		w := start(t, Limits{})
		client, server := pair(t)
		if _, err := client.Write([]byte("EHLO x\r\n" + smuggled)); err != nil {
			t.Fatal(err)
		}
		go w.server.serve(&oneConn{c: server, done: make(chan struct{})}, false)
		c := newClient(t, client)
		if got := c.rest(); got != early {
			t.Errorf("answer %q", got)
		}
		w.wantTaken(t, 0)
		if got := w.meter.read(); got["refused early"] != 1 {
			t.Errorf("meter %v", got)
		}
	})
	t.Run("while it is watched", func(t *testing.T) {
		w := start(t, Limits{Greeting: guard})
		c := w.dial(t)
		c.send("EHLO x\r\n")
		if got := c.rest(); got != early {
			t.Errorf("answer %q", got)
		}
	})
	t.Run("with hello", func(t *testing.T) {
		w := start(t, Limits{})
		c := w.dial(t)
		c.want("220")
		c.send("HELO x\r\nMAIL FROM:<>\r\n")
		if got := c.rest(); got != early {
			t.Errorf("answer %q", got)
		}
	})
	t.Run("who waits is greeted", func(t *testing.T) {
		w := start(t, Limits{Greeting: 50 * time.Millisecond})
		begin := time.Now()
		w.hello(t).alive("x")
		if took := time.Since(begin); took < 50*time.Millisecond {
			t.Errorf("greeted after %v", took)
		}
	})
	t.Run("who waits longer than an answer may take, over TLS too", func(t *testing.T) {
		w := serve(t, Options{TLS: serverTLS(), Limits: Limits{Greeting: 600 * time.Millisecond, writeAtMost: 500 * time.Millisecond, handshakeAtMost: 500 * time.Millisecond}})
		w.hello(t).alive("x")
		w.serveTLS(t)
		c := w.dial(t).secure()
		c.want("220")
		c.send("EHLO x\r\n")
		c.want("250")
	})
	t.Run("named relays are not watched", func(t *testing.T) {
		w := start(t, Limits{Greeting: guard}, netip.MustParsePrefix("127.0.0.0/8"))
		c := w.dial(t)
		c.send("EHLO x\r\nMAIL FROM:<>\r\n")
		c.want("220", "250", "250")
	})
}

// pair is a connection over loopback that nobody has accepted for yet.
func pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client, server
}

// oneConn is a listener of one connection.
type oneConn struct {
	c    net.Conn
	done chan struct{}
	once sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if c := l.c; c != nil {
		l.c = nil
		return c, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *oneConn) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }
