// Package smtpd is the SMTP and LMTP edge: it holds the dialog, sets the limits,
// and hands each mail to inbound. What go-smtp leaves open is closed here: where
// a command and a mail end on the wire, time and rate limits, connection limits,
// TLS, proxies in front, and errors that would turn into bounces or tell of our
// insides.
package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// Intake is what happens to recipients and mails.
type Intake interface {
	Route(to helpdesk.Address) (inbound.Recipient, error)
	// AcceptEach tells what became of a mail for each mailbox that it is for.
	AcceptEach(ctx context.Context, env inbound.Envelope, raw io.Reader) ([]inbound.Settled, error)
}

// Meter counts what leaves no other trace.
type Meter interface {
	MailIn(result string)
	MailRefused(reason string)
}

// Options say what a server is to be.
type Options struct {
	Domain string // how it calls itself
	Limits Limits
	Relays inbound.Relays // mail servers in front
	// Repair are clients whose lone CRs and LFs are mended in a mail, not refused.
	Repair Clients
	// Proxies are who tells, in a PROXY header, whom a connection is from. It is
	// required of them, and looked for in nobody else's.
	Proxies []netip.Prefix
	// Largest is the size of the largest mail that some mailbox takes now; nil, or
	// below 1, for Limits.MessageBytes.
	Largest func() int64
	TLS     *tls.Config // for STARTTLS and ServeTLS; nil offers none
	LMTP    bool        // RFC 2033: one answer for each recipient
}

// Clients are networks, and who comes over a unix socket.
type Clients struct {
	Networks []netip.Prefix
	Socket   bool
}

func (cs Clients) contain(peer netip.Addr, socket bool) bool {
	return socket && cs.Socket || !socket && within(cs.Networks, peer)
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// Server is an SMTP server, or one of LMTP. Make it with New.
type Server struct {
	intake  Intake
	meter   Meter
	log     *slog.Logger
	options Options
	limits  Limits
	smtp    *smtp.Server

	ctx    context.Context // of all transfers; ends when Shutdown gives up waiting
	cancel context.CancelFunc

	mu        sync.Mutex
	conns     map[*conn]struct{}
	bySource  map[netip.Prefix]int
	draining  bool // no new connections
	closed    bool // no new transfers
	listeners []net.Listener

	serving   sync.WaitGroup // calls of Serve; Add only with mu and while not draining
	transfers sync.WaitGroup // calls of AcceptEach; Add only with mu and while not closed
}

// New makes a server.
func New(intake Intake, meter Meter, logger *slog.Logger, options Options) *Server {
	s := &Server{
		intake: intake, meter: meter, log: logger, options: options, limits: options.Limits.withDefaults(),
		conns: map[*conn]struct{}{}, bySource: map[netip.Prefix]int{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	srv := smtp.NewServer(smtp.BackendFunc(s.newSession))
	srv.Domain = options.Domain
	srv.LMTP = options.LMTP
	srv.MaxRecipients = s.limits.Recipients
	srv.MaxMessageBytes = 0 // body keeps the limit: go-smtp refuses a mail of exactly its own (v0.25.1)
	srv.MaxLineLength = 0   // conn bounds commands; HTML on one line may be as long as the mail
	srv.WriteTimeout = s.limits.writeAtMost
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(logWriter{logger}, "", 0)
	s.smtp = srv
	return s
}

// messageBytes is the most that a mail may have at this moment, whoever it is to.
func (s *Server) messageBytes() int64 {
	if s.options.Largest == nil {
		return s.limits.MessageBytes
	}
	if largest := s.options.Largest(); largest > 0 {
		return min(largest, s.limits.MessageBytes)
	}
	return s.limits.MessageBytes
}

// Serve answers on a listener until Shutdown; then it returns nil. Several calls
// share the limits.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTLS is Serve with TLS from the first byte.
func (s *Server) ServeTLS(l net.Listener) error {
	if s.options.TLS == nil {
		return errors.New("serve TLS without a certificate")
	}
	return s.serve(l, true)
}

func (s *Server) serve(l net.Listener, secure bool) error {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return l.Close()
	}
	s.listeners = append(s.listeners, l)
	s.serving.Add(1)
	s.mu.Unlock()
	err := s.smtp.Serve(&listener{Listener: l, server: s, secure: secure})
	s.serving.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("accept connections: %w", err)
}

// Shutdown stops to accept, lets transfers under way finish for Limits.Drain or
// until ctx ends, and closes everything. Calling it again does nothing.
func (s *Server) Shutdown(ctx context.Context) {
	if !s.beginDrain() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.limits.Drain)
	defer cancel()
	_ = s.smtp.Shutdown(ctx) // waits for connections; whatever is left is closed below
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.abandon()
	}
	s.mu.Unlock()
	s.cancel()
	s.awaitTransfers()
}

// beginDrain stops accepting and tells the connections; false if that was done
// before.
func (s *Server) beginDrain() bool {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return false
	}
	s.draining = true
	for _, l := range s.listeners {
		_ = l.Close()
	}
	s.mu.Unlock()
	s.serving.Wait() // go-smtp must not count a connection in while it waits for all
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.drain()
	}
	return true
}

// beginTransfer counts a call of AcceptEach in; false when it is too late for
// one.
func (s *Server) beginTransfer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.transfers.Add(1)
	}
	return !s.closed
}

// awaitTransfers waits for transfers whose context has ended: what they write
// to is closed after Shutdown. That of an aborted BDAT outlives its connection.
func (s *Server) awaitTransfers() {
	done := make(chan struct{})
	go func() {
		s.transfers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(s.limits.abortAtMost):
		s.log.Warn("mail still under way at shutdown")
	}
}

// logWriter takes go-smtp's own lines: panics and broken connections.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(p []byte) (int, error) {
	w.log.Debug("smtp library", "text", string(p))
	return len(p), nil
}
