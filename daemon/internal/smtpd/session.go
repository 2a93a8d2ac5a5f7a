package smtpd

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// session is the dialog on one connection. With BDAT, go-smtp runs Data beside
// Reset and Logout, so the transaction is behind a lock and Data works on a
// copy.
type session struct {
	server *Server
	smtp   *smtp.Conn
	conn   *conn
	bad    int // recipients refused so far

	mu      sync.Mutex
	started bool // MAIL was accepted
	env     inbound.Envelope
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	wrapped, ok := c.Conn().(*conn)
	if !ok {
		return nil, reply(errors.New("connection is not ours"))
	}
	return &session{server: s, smtp: c, conn: wrapped}, nil
}

// Reset implements smtp.Session.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started, s.env = false, inbound.Envelope{}
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return s.refuse("sequence", errNested)
	}
	if opts != nil && opts.Size > s.server.limits.MessageBytes {
		return s.refuse("size", errTooLarge)
	}
	env := inbound.Envelope{
		ID: transferID(), Peer: s.conn.peer.String(), Helo: s.smtp.Hostname(), Trusted: s.conn.trusted,
	}
	if from != "" {
		address, err := parsePath(from)
		if err != nil {
			return s.refuse("sender", errBadSender)
		}
		env.From = address
	}
	s.started, s.env = true, env
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	address, err := parsePath(to)
	if err != nil {
		return s.badRecipient(errBadRecipient)
	}
	recipient, err := s.server.intake.Route(address)
	if err != nil {
		return s.badRecipient(reply(err))
	}
	recipient.Written = address.String()
	s.env.To = append(s.env.To, recipient)
	return nil
}

func (s *session) badRecipient(answer *smtp.SMTPError) error {
	if s.bad++; s.bad > s.server.limits.BadRecipients {
		s.conn.refuseMore()
		return s.refuse("recipients", errTooManyBad)
	}
	return s.refuse("recipient", answer)
}

// Data implements smtp.Session: success is answered after the commit.
func (s *session) Data(r io.Reader) error {
	s.mu.Lock()
	env := s.env
	s.mu.Unlock()
	s.conn.beginMail()
	defer s.conn.endMail()

	body := &body{r: r, left: s.sizeLimit(env.To)}
	outcomes, err := s.server.intake.Accept(s.server.ctx, env, body)
	if body.err != nil {
		// Whatever Accept made of it: the mail was not read to its end.
		return s.dataFailed(body.err)
	}
	if err != nil {
		s.server.log.Error("mail not taken in", "transfer", env.ID, "peer", env.Peer, "error", err)
		return s.refuse("error", reply(err))
	}
	for _, o := range outcomes {
		s.server.meter.MailIn(string(o.Result))
	}
	return nil
}

// dataFailed answers a mail that could not be read. Only one that is merely too
// large leaves a connection in a known state; all others end it.
func (s *session) dataFailed(err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		s.conn.allowDiscard(s.server.limits.discardAtMost)
		return s.refuse("size", errTooLarge)
	case errors.Is(err, errLineEnding):
		s.conn.refuseMore()
		return s.refuse("line-ending", errLineEnding)
	}
	s.conn.refuseMore()
	return s.refuse("broken-transfer", errBroken)
}

func (s *session) sizeLimit(to []inbound.Recipient) int64 {
	most := s.server.limits.MessageBytes
	for _, r := range to {
		if r.Mailbox.MaxBytes > 0 {
			most = min(most, r.Mailbox.MaxBytes)
		}
	}
	return most
}

// refuse counts and logs a refusal, and returns its answer.
func (s *session) refuse(reason string, answer *smtp.SMTPError) error {
	s.server.meter.MailRefused(reason)
	s.server.log.Info("mail refused", "peer", s.conn.peer.String(), "helo", s.smtp.Hostname(),
		"reason", reason, "code", answer.Code, "transfer", s.env.ID)
	return answer
}

// parsePath reads an address as go-smtp hands it over: with its local part
// unquoted, so that one which needs quotes has to be quoted again.
func parsePath(path string) (helpdesk.Address, error) {
	address, err := helpdesk.ParseAddress(path)
	if err == nil {
		return address, nil
	}
	at := strings.LastIndexByte(path, '@')
	if at < 0 {
		return helpdesk.Address{}, err
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path[:at])
	return helpdesk.ParseAddress(`"` + quoted + `"` + path[at:])
}

func transferID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base32.StdEncoding.EncodeToString(b[:])
}
