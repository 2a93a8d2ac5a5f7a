// Package smtpd is the SMTP edge: it holds the dialog, sets the limits, and
// hands each mail to inbound. What go-smtp leaves open is closed here: time and
// rate limits, connection limits, line endings, and errors that would turn into
// bounces or tell of our insides.
package smtpd

import (
	"context"
	"errors"
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
	PerAddress    int           // from one address; trusted relays are exempt
	Recipients    int           // of one mail
	BadRecipients int           // of one connection, before it is closed
	MessageBytes  int64         // of one mail
	Idle          time.Duration // without a byte from the client
	Session       time.Duration // of one connection; trusted relays are exempt
	RateGrace     time.Duration // from the start of a mail, before MinRate holds
	MinRate       int64         // bytes a second within a mail
	Drain         time.Duration // for transfers under way at shutdown
	discardAtMost int64         // bytes read past MessageBytes before hanging up
	lineAtMost    int           // octets
	writeAtMost   time.Duration // for one answer
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
		Session:       30 * time.Minute, // a whole mail at the least rate fits
		RateGrace:     time.Minute,      // slow starts are honest
		MinRate:       1 << 10,          // slower is an attack, or hopeless
		Drain:         25 * time.Second, // under the 30 seconds that Kubernetes waits
		discardAtMost: 64 << 20,         // most clients learn of 552 only after sending all
		lineAtMost:    1 << 20,          // HTML on one line is common; headers have their own limit
		writeAtMost:   time.Minute,
	}
}

// Server is an SMTP server. Make it with New.
type Server struct {
	intake  Intake
	meter   Meter
	log     *slog.Logger
	limits  Limits
	trusted []netip.Prefix
	smtp    *smtp.Server

	ctx    context.Context // of all transfers; ends when Shutdown gives up waiting
	cancel context.CancelFunc

	mu       sync.Mutex
	conns    map[*conn]struct{}
	byPeer   map[netip.Addr]int
	draining bool
	listener net.Listener
}

// New makes a server that calls itself domain. Clients in trusted networks are
// relays that check their senders.
func New(intake Intake, meter Meter, logger *slog.Logger, domain string, limits Limits, trusted []netip.Prefix) *Server {
	s := &Server{
		intake: intake, meter: meter, log: logger, limits: limits, trusted: trusted,
		conns: map[*conn]struct{}{}, byPeer: map[netip.Addr]int{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	srv := smtp.NewServer(smtp.BackendFunc(s.newSession))
	srv.Domain = domain
	srv.MaxRecipients = limits.Recipients
	// go-smtp refuses a mail of exactly the limit (measured with v0.25.1).
	srv.MaxMessageBytes = limits.MessageBytes + 1
	srv.MaxLineLength = limits.lineAtMost
	srv.WriteTimeout = limits.writeAtMost
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(logWriter{logger}, "", 0)
	s.smtp = srv
	return s
}

// Serve answers on the listener until Shutdown; then it returns nil.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.listener = l
	s.mu.Unlock()
	err := s.smtp.Serve(&listener{Listener: l, server: s})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Shutdown stops to accept, lets transfers under way finish for Limits.Drain or
// until ctx ends, and closes everything.
func (s *Server) Shutdown(ctx context.Context) {
	s.mu.Lock()
	s.draining = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
	for c := range s.conns {
		c.drain()
	}
	s.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, s.limits.Drain)
	defer cancel()
	_ = s.smtp.Shutdown(ctx) // waits for connections; whatever is left is closed below
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Conn.Close()
	}
}

func (s *Server) isTrusted(a netip.Addr) bool {
	for _, p := range s.trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// logWriter takes go-smtp's own lines: panics and broken connections.
type logWriter struct{ log *slog.Logger }

func (w logWriter) Write(p []byte) (int, error) {
	w.log.Debug("smtp library", "text", string(p))
	return len(p), nil
}
