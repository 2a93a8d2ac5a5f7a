// Package smtpd is the SMTP edge: it holds the dialog, sets the limits, and
// hands each mail to inbound. What go-smtp leaves open is closed here: time and
// rate limits, connection limits, line endings, and errors that would turn into
// bounces or tell of our insides.
package smtpd

import (
	"cmp"
	"context"
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
	Accept(ctx context.Context, env inbound.Envelope, raw io.Reader) ([]helpdesk.Outcome, error)
}

// Meter counts what leaves no other trace.
type Meter interface {
	MailIn(result string)
	MailRefused(reason string)
}

// Limits of the dialog. Zero values are replaced by those of DefaultLimits.
type Limits struct {
	Connections   int           // in all
	PerAddress    int           // from one address, of IPv6 one /64; named relays are exempt
	Recipients    int           // of one mail
	BadRecipients int           // of one connection, before it is closed
	MessageBytes  int64         // of one mail
	Idle          time.Duration // without a byte from the client
	Session       time.Duration // of one connection; named relays are exempt
	RateGrace     time.Duration // from the start of a mail, before MinRate holds
	MinRate       int64         // bytes a second within a mail
	Drain         time.Duration // for transfers under way at shutdown

	discardAtMost int64         // bytes read outside of a mail before hanging up
	commandAtMost int           // octets of a command line
	writeAtMost   time.Duration // for one answer
	lingerAtMost  time.Duration // for a client that still sends after the last answer
	abortAtMost   time.Duration // for transfers to end once they are told to
}

// DefaultLimits, each with its reason.
func DefaultLimits() Limits {
	return Limits{
		Connections:   1000,             // two file descriptors and some 20 KiB each
		PerAddress:    20,               // no honest sender opens more at once
		Recipients:    100,              // RFC 5321 section 4.5.3.1.8: the least a server must take
		BadRecipients: 10,               // guessing addresses has to be slow
		MessageBytes:  36 << 20,         // 25 MiB of files in base64, and room for the text
		Idle:          5 * time.Minute,  // RFC 5321 section 4.5.3.2.7
		Session:       30 * time.Minute, // the largest mail fits at 20 KiB a second
		RateGrace:     time.Minute,      // slow starts are honest
		MinRate:       1 << 10,          // slower is an attack, or hopeless
		Drain:         25 * time.Second, // under the 30 seconds that Kubernetes waits
		discardAtMost: 64 << 20,         // most clients learn of 552 only after sending all
		// RFC 5321 section 4.5.3.1.4 wants 512 and more for extensions. It has to be
		// above the 36 KiB of a BDAT chunk that go-smtp reads before Data has begun.
		commandAtMost: 64 << 10,
		writeAtMost:   time.Minute,
		lingerAtMost:  10 * time.Second, // a reset would only take away the answer
		abortAtMost:   2 * time.Second,  // Kubernetes has 5 left; the store closes next
	}
}

// withDefaults replaces zero values.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Connections:   cmp.Or(l.Connections, d.Connections),
		PerAddress:    cmp.Or(l.PerAddress, d.PerAddress),
		Recipients:    cmp.Or(l.Recipients, d.Recipients),
		BadRecipients: cmp.Or(l.BadRecipients, d.BadRecipients),
		MessageBytes:  cmp.Or(l.MessageBytes, d.MessageBytes),
		Idle:          cmp.Or(l.Idle, d.Idle),
		Session:       cmp.Or(l.Session, d.Session),
		RateGrace:     cmp.Or(l.RateGrace, d.RateGrace),
		MinRate:       cmp.Or(l.MinRate, d.MinRate),
		Drain:         cmp.Or(l.Drain, d.Drain),
		discardAtMost: cmp.Or(l.discardAtMost, d.discardAtMost),
		commandAtMost: cmp.Or(l.commandAtMost, d.commandAtMost),
		writeAtMost:   cmp.Or(l.writeAtMost, d.writeAtMost),
		lingerAtMost:  cmp.Or(l.lingerAtMost, d.lingerAtMost),
		abortAtMost:   cmp.Or(l.abortAtMost, d.abortAtMost),
	}
}

// Server is an SMTP server. Make it with New.
type Server struct {
	intake Intake
	meter  Meter
	log    *slog.Logger
	limits Limits
	relays inbound.Relays
	smtp   *smtp.Server

	ctx    context.Context // of all transfers; ends when Shutdown gives up waiting
	cancel context.CancelFunc

	mu       sync.Mutex
	conns    map[*conn]struct{}
	bySource map[netip.Prefix]int
	draining bool // no new connections
	closed   bool // no new transfers
	listener net.Listener
	served   chan struct{} // closed when Serve has stopped accepting

	transfers sync.WaitGroup // calls of Accept; Add only with mu and while not closed
}

// New makes a server that calls itself domain.
func New(intake Intake, meter Meter, logger *slog.Logger, domain string, limits Limits, relays inbound.Relays) *Server {
	s := &Server{
		intake: intake, meter: meter, log: logger, limits: limits.withDefaults(), relays: relays,
		conns: map[*conn]struct{}{}, bySource: map[netip.Prefix]int{}, served: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	srv := smtp.NewServer(smtp.BackendFunc(s.newSession))
	srv.Domain = domain
	srv.MaxRecipients = s.limits.Recipients
	srv.MaxMessageBytes = 0 // body keeps the limit: go-smtp refuses a mail of exactly its own (v0.25.1)
	srv.MaxLineLength = 0   // conn bounds commands; HTML on one line may be as long as the mail
	srv.WriteTimeout = s.limits.writeAtMost
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(logWriter{logger}, "", 0)
	s.smtp = srv
	return s
}

// Serve answers on the listener until Shutdown; then it returns nil. It is for
// one call.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.draining {
		s.mu.Unlock()
		return l.Close()
	}
	s.listener = l
	s.mu.Unlock()
	err := s.smtp.Serve(&listener{Listener: l, server: s})
	close(s.served)
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
		_ = c.Conn.Close()
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
	l := s.listener
	s.mu.Unlock()
	if l != nil {
		_ = l.Close()
		<-s.served // go-smtp must not count a connection in while it waits for all
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.drain()
	}
	return true
}

// beginTransfer counts a call of Accept in; false when it is too late for one.
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
