package smtpd

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// listener hands go-smtp connections that keep our limits.
type listener struct {
	net.Listener
	server *Server
}

// busy is RFC 5321's answer before closing; go-smtp has not greeted yet.
const busy = "421 4.7.0 Too many connections, try again later\r\n"

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if wrapped, ok := l.server.admit(c); ok {
			return wrapped, nil
		}
		l.server.meter.MailRefused("connections")
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(c, busy) // the client may be gone: nothing to do about it
		_ = c.Close()
	}
}

// admit counts a connection in, unless there are too many.
func (s *Server) admit(c net.Conn) (*conn, bool) {
	peer := peerAddr(c)
	trusted := s.isTrusted(peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || len(s.conns) >= s.limits.Connections || !trusted && s.byPeer[peer] >= s.limits.PerAddress {
		return nil, false
	}
	wrapped := &conn{Conn: c, server: s, peer: peer, trusted: trusted, opened: time.Now()}
	s.conns[wrapped] = struct{}{}
	s.byPeer[peer]++
	return wrapped, true
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[c]; !ok {
		return
	}
	delete(s.conns, c)
	if s.byPeer[c.peer]--; s.byPeer[c.peer] <= 0 {
		delete(s.byPeer, c.peer)
	}
}

func peerAddr(c net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // a unix socket has no address
	}
	return ap.Addr().Unmap()
}

// conn keeps the time limits, and fails for good with its first read error.
//
// go-smtp sets one deadline for a whole mail and, when it passes, goes on to
// read the rest of the mail as commands: whoever can make a shared relay send
// slowly could slip in a mail of their own. After an error of ours nothing more
// is ever read.
type conn struct {
	net.Conn
	server  *Server
	peer    netip.Addr
	trusted bool
	opened  time.Time

	mu       sync.Mutex
	failed   error
	inMail   bool
	mailFrom time.Time // when the mail began
	mailRead int64
	draining bool
	discard  int64 // bytes that may still be read; 0 = no limit
}

var (
	errTooSlow = &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	errClosing = errors.New("closed by a limit")
)

func (c *conn) Read(p []byte) (int, error) {
	if err := c.prepare(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mailRead += int64(n)
	if c.discard > 0 {
		if c.discard -= int64(n); c.discard <= 0 && err == nil {
			err = errClosing
		}
	}
	if err != nil {
		c.failed = err
	}
	return n, err
}

// prepare sets the deadline for one read, or says why there is no more.
func (c *conn) prepare() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	limits, now := &c.server.limits, time.Now()
	switch {
	case c.failed != nil:
	case c.draining && !c.inMail:
		c.failed = errTooSlow
	case c.inMail && c.tooSlow(now):
		c.failed = errTooSlow
	}
	if c.failed != nil {
		return c.failed
	}
	deadline := now.Add(limits.Idle)
	if end := c.opened.Add(limits.Session); !c.trusted && end.Before(deadline) {
		deadline = end
	}
	return c.Conn.SetReadDeadline(deadline)
}

func (c *conn) tooSlow(now time.Time) bool {
	limits := &c.server.limits
	since := now.Sub(c.mailFrom)
	return since > limits.RateGrace && c.mailRead < limits.MinRate*int64(since/time.Second)
}

// SetReadDeadline and SetDeadline are ours alone.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }

func (c *conn) beginMail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inMail, c.mailFrom, c.mailRead, c.discard = true, time.Now(), 0, 0
}

func (c *conn) endMail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inMail = false
}

// refuseMore ends the connection after the answer that is about to be written:
// answers still go out, but nothing more is read.
func (c *conn) refuseMore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = errClosing
	}
}

// allowDiscard bounds what is still read of a mail that is too large: many
// clients send all of it before they look at the answer.
func (c *conn) allowDiscard(most int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.discard = most
}

// drain ends the connection as soon as no mail is under way.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if !c.inMail {
		_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // wakes a read that waits
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.server.forget(c)
	return c.Conn.Close()
}
