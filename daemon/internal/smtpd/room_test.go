package smtpd

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// dialFrom connects from an address of loopback.
func (w *world) dialFrom(t testing.TB, from string) *client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	nc, err := d.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return newClient(t, nc)
}

// stall is how a client keeps its place without sending a mail.
var stalls = map[string]func(c *client){
	"silent":               func(c *client) { c.want("220") },
	"after hello":          func(c *client) { c.want("220"); c.send("EHLO x\r\n"); c.want("250") },
	"half a command":       func(c *client) { c.want("220"); c.send("EHL") },
	"in DATA, silent":      func(c *client) { stallInMail(c, "DATA\r\n", "354") },
	"in DATA, half a line": func(c *client) { stallInMail(c, "DATA\r\n", "354"); c.send("Subj") },
	"in a chunk":           func(c *client) { stallInMail(c, "BDAT 1000\r\n"+strings.Repeat("x", 10), "") },
	"in a handshake": func(c *client) {
		c.want("220")
		c.send("STARTTLS\r\n")
		c.want("220")
		c.send("\x16\x03")
	},
}

func stallInMail(c *client, transfer, code string) {
	c.want("220")
	c.send("EHLO x\r\n")
	c.want("250")
	c.send("MAIL FROM:<>\r\nRCPT TO:<support@acme.example>\r\n" + transfer)
	c.want("250", "250")
	if code != "" {
		c.want(code)
	}
}

// Of stalled clients each is hung up on when somebody else wants in, whatever it
// stalls in.
func TestRoomIsMade(t *testing.T) {
	for name, stall := range stalls {
		t.Run(name, func(t *testing.T) {
			w := serve(t, Options{TLS: serverTLS(), Limits: Limits{Connections: 3, busyFor: time.Millisecond, rateCredit: time.Millisecond}})
			var stalled []*client
			for i := range 3 {
				c := w.dialFrom(t, fmt.Sprintf("127.0.0.%d", 10+i))
				stall(c)
				stalled = append(stalled, c)
			}
			<-time.After(20 * time.Millisecond) // the time that busyFor leaves to who is at work
			w.hello(t).alive("x")
			w.wantTaken(t, 1)
			all := firstClosed(stalled)
			said := strings.HasSuffix(all, "421 4.4.2 Waited too long while others want in, closing\r\n") || strings.HasPrefix(all, "451 4.4.2")
			if within := name == "in a handshake"; within != (all == "") || !within && !said {
				t.Errorf("it was told %q", all)
			}
			if got := w.meter.read()["refused stalled"]; got != 1 {
				t.Errorf("%d hung up on, want 1", got)
			}
		})
	}
}

// firstClosed is what the server still wrote to the one that it hung up on.
func firstClosed(clients []*client) string {
	told := make(chan string, len(clients))
	for _, c := range clients {
		go func() { // ends with the test, which closes its connections
			b, _ := io.ReadAll(c.r)
			told <- string(b)
		}()
	}
	return <-told
}

// Who is at work is not hung up on, and nor is a named relay: then the newcomer
// has to wait.
func TestRoomIsNotTakenFromWhoWorks(t *testing.T) {
	busy := func(t *testing.T, w *world) {
		t.Helper()
		if got := w.dialFrom(t, "127.0.0.99").rest(); got != line(errBusy) {
			t.Errorf("the newcomer was told %q", got)
		}
	}
	t.Run("fresh", func(t *testing.T) {
		w := start(t, Limits{Connections: 1, busyFor: guard})
		c := w.hello(t)
		busy(t, w)
		c.alive("x")
	})
	t.Run("relay", func(t *testing.T) {
		w := start(t, Limits{Connections: 1, busyFor: time.Nanosecond}, loopback)
		c := w.hello(t)
		busy(t, w)
		c.alive("x")
	})
	t.Run("mail that keeps its rate", func(t *testing.T) {
		w := start(t, Limits{Connections: 1, busyFor: time.Nanosecond, MinRate: 1})
		c := w.begin(t)
		c.send("Subject: some twenty octets are worth ten seconds\r\n")
		for end := time.Now().Add(guard); w.paidAhead() < time.Second && time.Now().Before(end); {
		}
		busy(t, w)
		c.send("x\r\n.\r\n")
		c.want("250")
	})
	t.Run("we are the slow ones", func(t *testing.T) {
		w := start(t, Limits{Connections: 1, busyFor: time.Nanosecond})
		entered, leave := make(chan struct{}), make(chan struct{})
		w.accept = w.wait(entered, leave)
		c := w.begin(t)
		c.send(".\r\n")
		<-entered
		busy(t, w)
		close(leave)
		c.want("250")
	})
}

// paidAhead is for how long the one connection is safe.
func (w *world) paidAhead() time.Duration {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	for c := range w.server.conns {
		since, _ := c.waitingSince()
		return time.Until(since)
	}
	return 0
}

// A drip of bytes buys nothing but their worth at the least rate.
func TestPay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &Server{limits: Limits{MinRate: 100, rateCredit: 10 * time.Second}.withDefaults()}
		c := &conn{server: server, paid: time.Now()}
		for range 10 {
			time.Sleep(time.Second) // of the bubble: no time passes outside
			c.pay(50, time.Now())
		}
		if behind := time.Since(c.paid); behind > 0 {
			t.Errorf("half the rate is %v behind right after a byte, want less", behind)
		}
		c.pay(1<<20, time.Now())
		if ahead := time.Until(c.paid); ahead != 10*time.Second {
			t.Errorf("a burst buys %v, want 10s", ahead)
		}
	})
}

// Two thousand clients from many addresses stall, in every way there is, and a
// mail goes through beside them: within the limit, and over it.
func TestTwoThousandStalled(t *testing.T) {
	for _, most := range []int{2500, 1000} {
		t.Run(fmt.Sprintf("limit of %d", most), func(t *testing.T) {
			w := serve(t, Options{TLS: serverTLS(), Limits: Limits{Connections: most, Idle: guard, busyFor: 50 * time.Millisecond}})
			ways := []string{"silent", "half a command", "in DATA, silent", "in a handshake"}
			for i := range 2000 {
				c := w.dialFrom(t, fmt.Sprintf("127.0.%d.%d", 1+i/200, 1+i%200))
				stalls[ways[i%len(ways)]](c)
			}
			begin := time.Now()
			w.hello(t).alive("x")
			t.Logf("a mail beside 2000 stalled clients took %v", time.Since(begin))
			w.wantTaken(t, 1)
		})
	}
}

// Connections that were hung up on are gone, and what they read is bounded.
func TestRoomLeavesNothingBehind(t *testing.T) {
	w := start(t, Limits{Connections: 2, busyFor: time.Nanosecond, PerAddress: 100})
	for range 50 {
		c := w.dial(t)
		c.want("220")
		_, _ = io.WriteString(c.Conn, "EHL")
	}
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	if n := len(w.server.conns); n != 2 {
		t.Errorf("%d connections are counted, want 2", n)
	}
}

// A place may be taken in the moment in which TLS begins on it.
func TestRoomIsMadeWhileTLSBegins(t *testing.T) {
	w := serve(t, Options{TLS: serverTLS()})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	outside := make(chan net.Conn, 1)
	go func() { // ends with the dial
		nc, _ := net.Dial("tcp", l.Addr().String())
		outside <- nc
	}()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(nc, w.server, true)
	begun := make(chan bool, 1)
	go func() { begun <- c.beginTLS() }()
	over := tls.Client(<-outside, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // not what is tested
	defer func() { _ = over.Close() }()
	if err := over.Handshake(); err != nil {
		t.Fatal(err)
	}
	<-time.After(20 * time.Millisecond) // as long as it takes, without being told
	c.makeWay()
	if !<-begun {
		t.Error("TLS did not begin")
	}
}

// Who was hung up on while the proxy told whom it speaks for is counted to nobody.
func TestRoomIsMadeWhileAProxySpeaks(t *testing.T) {
	w := serve(t, behindProxy(Options{}))
	here, there := net.Pipe()
	defer func() { _, _ = here.Close(), there.Close() }()
	c, ok := w.server.admit(&fromLoopback{here}, false)
	if !ok {
		t.Fatal("not let in")
	}
	go func() { _, _ = io.WriteString(there, proxyHeader("192.0.2.7")) }() // ends with the pipe
	if _, err := c.in.Peek(proxyHead + 12); err != nil {                   // it has come, and was not looked at yet
		t.Fatal(err)
	}
	w.server.forget(c) // as makeRoom does
	c.makeWay()
	_ = c.open()
	_ = c.Close()
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	if len(w.server.bySource) != 0 {
		t.Errorf("connections are counted to %v, and there are none", w.server.bySource)
	}
}

// fromLoopback has an address.
type fromLoopback struct{ net.Conn }

func (fromLoopback) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// An answer that took us long is not kept from the client: what it tells may be
// that the mail is here.
func TestRoomIsNotMadeOfAnAnswer(t *testing.T) {
	w := serve(t, Options{Limits: Limits{busyFor: guard}})
	seen := &seenWriting{}
	c := newConn(seen, w.server, false)
	seen.look = func() { seen.since, seen.waiting = c.waitingSince() }
	c.greeted, c.paid = true, time.Now().Add(-time.Hour)
	if _, err := c.Write([]byte("250 2.0.0 OK: queued\r\n")); err != nil {
		t.Fatal(err)
	}
	if !seen.waiting || time.Since(seen.since) > guard {
		t.Errorf("while an answer is written the client is waited for since %v", seen.since)
	}
}

type seenWriting struct {
	fromLoopback
	look    func()
	since   time.Time
	waiting bool
}

func (s *seenWriting) Write(p []byte) (int, error) {
	s.look()
	return len(p), nil
}
