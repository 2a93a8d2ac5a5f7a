package smtpd

import (
	"io"
	"net"
	"net/netip"
	"time"
)

// listener hands go-smtp connections that keep our limits.
type listener struct {
	net.Listener
	server *Server
	secure bool // TLS from the first byte
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if wrapped, ok := l.server.admit(c, l.secure); ok {
			return wrapped, nil
		}
		l.server.meter.MailRefused("connections")
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		if !l.secure {
			_, _ = io.WriteString(c, line(errBusy)) // instead of a greeting; the client may be gone: nothing to do about it
		}
		_ = c.Close()
	}
}

// admit counts a connection in, unless there are too many. Whom the one of a
// proxy is from is not known yet.
func (s *Server) admit(nc net.Conn, secure bool) (*conn, bool) {
	c := newConn(nc, s, secure)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || !c.proxied && !s.fromHere(c) {
		return nil, false
	}
	if len(s.conns) >= s.limits.Connections && !s.makeRoom() {
		s.leaveSource(c)
		return nil, false
	}
	s.conns[c] = struct{}{}
	return c, true
}

// fromHere counts a connection to its address, unless there are too many of it.
// The caller holds mu.
func (s *Server) fromHere(c *conn) bool {
	if c.relay != nil || c.socket {
		return true
	}
	source := sourceOf(c.peer)
	if s.bySource[source] >= s.limits.PerAddress {
		return false
	}
	s.bySource[source]++
	c.source = source
	return true
}

func (s *Server) leaveSource(c *conn) {
	if !c.source.IsValid() {
		return
	}
	if s.bySource[c.source]--; s.bySource[c.source] <= 0 {
		delete(s.bySource, c.source)
	}
	c.source = netip.Prefix{}
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(c)
}

// drop is forget for who holds mu.
func (s *Server) drop(c *conn) {
	if _, ok := s.conns[c]; ok {
		delete(s.conns, c)
		s.leaveSource(c)
	}
}

// peerOf has no zone: no prefix contains an address with one. A unix socket has
// no address.
func peerOf(c net.Conn) (peer netip.Addr, socket bool) {
	if _, ok := c.RemoteAddr().(*net.UnixAddr); ok {
		return netip.Addr{}, true
	}
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}, false
	}
	return ap.Addr().Unmap().WithZone(""), false
}

// sourceOf is what counts as one address: of IPv6 the /64, since that is the
// least that anybody is given (RFC 6177).
func sourceOf(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the zero Addr has the zero Prefix
	return p
}
