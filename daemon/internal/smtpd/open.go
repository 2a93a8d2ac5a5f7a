package smtpd

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/emersion/go-smtp"
)

// open does all that comes before the greeting, in the connection's own
// goroutine: whom a proxy speaks for, TLS from the first byte, and a look whether
// the client waits for its turn. It returns what is said instead.
func (c *conn) open() *smtp.SMTPError {
	if c.proxied {
		if answer := c.openProxied(); answer != nil {
			return answer
		}
	}
	if c.secure && !c.beginTLS() {
		return errSilent
	}
	if !c.local() && c.talksEarly() {
		c.server.meter.MailRefused("early")
		return errEarly
	}
	return nil
}

// openProxied counts the connection to the client that the proxy names.
func (c *conn) openProxied() *smtp.SMTPError {
	c.until = time.Now().Add(c.server.limits.proxyAtMost)
	peer, err := readProxyHeader(c.in)
	c.until = time.Time{}
	if err != nil {
		c.server.meter.MailRefused("proxy")
		c.server.log.Warn("connection refused", "peer", c.peerName(), "error", err)
		return errSilent
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if _, here := c.server.conns[c]; !here {
		return errMadeRoom // it is counted no more
	}
	if c.proxied = false; !peer.IsValid() {
		return nil // a look whether we live
	}
	if c.become(peer); !c.server.fromHere(c) {
		c.server.meter.MailRefused("connections")
		if c.secure {
			return errSilent
		}
		return errBusy
	}
	return nil
}

// become says who the client behind a proxy is, while others may look.
func (c *conn) become(peer netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.identify(peer, false)
}

// talksEarly tells a client that sends before it is greeted (RFC 5321 section
// 3.1): programs that only send spam do. By default nobody is made to wait for it;
// what comes along with EHLO is looked at too.
func (c *conn) talksEarly() bool {
	if c.in.Buffered() > 0 {
		return true
	}
	if wait := c.server.limits.Greeting; wait > 0 {
		c.until = time.Now().Add(wait)
		c.mu.Lock()
		c.paid = c.until // it is we who wait
		c.mu.Unlock()
		_, err := c.in.Peek(1)
		c.until = time.Time{}
		return err == nil
	}
	return !c.encrypted && pending(c.raw)
}

// pending reports whether bytes are there to be read, without waiting.
func pending(nc net.Conn) bool {
	socket, ok := nc.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	n := 0
	err = raw.Read(func(fd uintptr) bool {
		n, _, _ = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		return true
	})
	return err == nil && n > 0
}

// startTLS obeys STARTTLS (RFC 3207). What came in clear text behind it is from
// somebody in between, and ends the connection.
func (c *conn) startTLS(row string) *smtp.SMTPError {
	switch {
	case c.server.options.TLS == nil:
		c.say(errNoTLS)
	case len(row) > len("STARTTLS"):
		c.say(errNoArguments)
	case c.encrypted:
		c.say(errTLSAlready)
	case c.chunking():
		c.say(errNested)
	case c.in.Buffered() > 0:
		c.server.meter.MailRefused("tls")
		return errInjected
	default:
		if c.say(answerTLS); !c.beginTLS() {
			return errSilent
		}
		c.greetedBy, c.resumed = false, true
	}
	return nil
}

// beginTLS puts TLS between the wire and the buffer; all limits hold above it as
// they did before.
func (c *conn) beginTLS() bool {
	c.mu.Lock()
	if c.failed != nil || c.draining {
		c.mu.Unlock()
		return false
	}
	_ = c.raw.SetDeadline(time.Now().Add(c.server.limits.handshakeAtMost))
	c.waiting = true
	c.mu.Unlock()
	// Behind the header of a proxy, TLS may have begun.
	came, _ := c.in.Peek(c.in.Buffered())
	over := tls.Server(&resumedConn{Conn: c.raw, r: io.MultiReader(bytes.NewReader(bytes.Clone(came)), c.raw)}, c.server.options.TLS)
	err := over.Handshake()
	c.mu.Lock()
	c.waiting, c.idleEnd = false, time.Now()
	c.paid = c.idleEnd
	c.ended = err != nil // the other side would not understand
	c.mu.Unlock()
	if err != nil {
		c.server.meter.MailRefused("tls")
		c.server.log.Info("tls did not begin", "peer", c.peerName(), "error", err)
		return false
	}
	c.Conn, c.encrypted = over, true
	c.in.Reset(fromClient{c})
	return true
}

// resumedConn reads first what was read before.
type resumedConn struct {
	net.Conn
	r io.Reader
}

func (r *resumedConn) Read(p []byte) (int, error) { return r.r.Read(p) }
