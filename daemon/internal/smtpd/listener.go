package smtpd

import (
	"fmt"
	"net"
	"net/netip"
	"time"
)

// listener hands go-smtp connections that keep our limits.
type listener struct {
	net.Listener
	server *Server
}

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
		_, _ = fmt.Fprint(c, line(errBusy)) // instead of a greeting; the client may be gone: nothing to do about it
		_ = c.Close()
	}
}

// admit counts a connection in, unless there are too many.
func (s *Server) admit(c net.Conn) (*conn, bool) {
	peer := peerAddr(c)
	relay, source := s.relays.Find(peer), sourceOf(peer)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || len(s.conns) >= s.limits.Connections || relay == nil && s.bySource[source] >= s.limits.PerAddress {
		return nil, false
	}
	wrapped := &conn{Conn: c, server: s, peer: peer, relay: relay, opened: time.Now()}
	s.conns[wrapped] = struct{}{}
	s.bySource[source]++
	return wrapped, true
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.conns[c]; !ok {
		return
	}
	delete(s.conns, c)
	source := sourceOf(c.peer)
	if s.bySource[source]--; s.bySource[source] <= 0 {
		delete(s.bySource, source)
	}
}

// peerAddr has no zone: no prefix contains an address with one.
func peerAddr(c net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{} // a unix socket has no address
	}
	return ap.Addr().Unmap().WithZone("")
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
