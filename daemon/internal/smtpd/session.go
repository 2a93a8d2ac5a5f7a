package smtpd

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/inbound"
)

// session is the dialog on one connection. With BDAT, go-smtp runs Data beside
// the other methods, so the transaction is behind a lock and Data works on a
// copy.
type session struct {
	server *Server
	smtp   *smtp.Conn
	conn   *conn
	bad    int // recipients refused so far
	mails  int // begun so far

	mu sync.Mutex
	tx transaction
}

// transaction is a mail from MAIL to its end.
type transaction struct {
	started bool
	utf8    bool  // SMTPUTF8 was asked for
	size    int64 // as announced; 0 if it was not
	env     inbound.Envelope
	written []string // as go-smtp knows each of env.To
}

func (s *Server) newSession(c *smtp.Conn) (smtp.Session, error) {
	wrapped, ok := c.Conn().(*conn)
	if !ok || wrapped.over() { // go-smtp obeys an EHLO that was sent along with QUIT
		return nil, errLater
	}
	return &session{server: s, smtp: c, conn: wrapped}, nil
}

// Reset implements smtp.Session.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tx = transaction{}
	if s.conn.answered(); s.conn.chunking() {
		// go-smtp would take the result of this mail for that of the next one.
		s.conn.end(errAborted, false)
	}
}

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// Mail implements smtp.Session.
func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn.over() {
		return errLater
	}
	tx := transaction{started: true, utf8: opts.UTF8, size: opts.Size, env: inbound.Envelope{
		ID: transferID(), Peer: s.conn.peerName(), Helo: s.smtp.Hostname(),
	}}
	tx.env.By(s.conn.relay)
	if s.server.options.LMTP { // a refusal would become a bounce
		tx.env.Refusable = false
	}
	if s.mails++; s.mails > s.server.limits.Mails && !s.conn.local() {
		s.conn.end(errTooManyMails, false)
		return s.refuse(tx.env, "mails", errTooManyMails)
	}
	switch {
	case s.tx.started:
		return s.refuse(s.tx.env, "sequence", errNested)
	case tx.size > s.server.messageBytes():
		return s.refuse(tx.env, "size", errTooLarge)
	case !tx.utf8 && !isASCII(from):
		return s.refuse(tx.env, "sender", errNeedsUTF8)
	case from != "":
		address, err := parsePath(from)
		if err != nil {
			return s.refuse(tx.env, "sender", errBadSender)
		}
		tx.env.From = address
	}
	s.tx = tx
	return nil
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn.over() || !s.tx.started {
		return errLater
	}
	if !s.tx.utf8 && !isASCII(to) {
		return s.badRecipient(errNeedsUTF8)
	}
	address, err := parsePath(to)
	if err != nil {
		return s.badRecipient(errBadRecipient)
	}
	recipient, err := s.find(address)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return s.badRecipient(reply(err))
	case err != nil:
		s.server.log.Error("recipient not looked up", "transfer", s.tx.env.ID, "peer", s.tx.env.Peer, "error", err)
		return s.refuse(s.tx.env, "error", reply(err))
	case recipient.Mailbox.MaxBytes > 0 && s.tx.size > recipient.Mailbox.MaxBytes:
		return s.refuse(s.tx.env, "size", errTooLarge)
	}
	recipient.Written = address.String()
	s.tx.env.To, s.tx.written = append(s.tx.env.To, recipient), append(s.tx.written, to)
	return nil
}

func (s *session) badRecipient(answer *smtp.SMTPError) error {
	if s.bad++; s.bad > s.server.limits.BadRecipients && !s.conn.local() {
		s.conn.end(errTooManyBad, true)
		return s.refuse(s.tx.env, "recipients", errTooManyBad)
	}
	return s.refuse(s.tx.env, "recipient", answer)
}

// Data implements smtp.Session: success is answered after the commit.
func (s *session) Data(r io.Reader) error {
	_, _, err := s.takeIn(r)
	return err
}

// takeIn hands a mail over. It returns the recipients, what became of the mail for
// each mailbox, and the answer to all if there is no other.
func (s *session) takeIn(r io.Reader) (transaction, []inbound.Settled, error) {
	s.mu.Lock()
	tx := s.tx
	s.mu.Unlock()
	env := tx.env
	if len(env.To) == 0 { // an aborted BDAT may get here after its Reset
		s.conn.end(errAborted, false)
	}
	if s.conn.over() || !s.server.beginTransfer() {
		return tx, nil, errLater
	}
	defer s.server.transfers.Done()
	_, chunked := r.(*io.PipeReader) // go-smtp's BDAT
	if chunked && s.conn.repair {
		r = newMender(r)
	}
	mail := s.conn.beginMail(chunked)
	defer s.conn.endMail(mail)

	body := &body{r: r, left: s.sizeLimit(env.To)}
	settled, err := s.accept(env, body)
	if chunked && s.server.options.LMTP && !errors.Is(body.err, errLineEnding) {
		s.readOn(r)
	}
	if body.err != nil {
		// Whatever became of it: the mail was not read to its end.
		return tx, nil, s.bodyFailed(env, body.err)
	}
	if err == nil && !body.ended {
		err = errors.New("mail was accepted before its end")
	}
	if err != nil {
		return tx, nil, s.notTaken(env, err)
	}
	for _, one := range settled {
		if one.Err == nil {
			s.server.meter.MailIn(string(one.Outcome.Result))
			s.conn.taken()
		}
	}
	if !s.server.options.LMTP { // one answer for all: who has the mail already will know it again
		for _, one := range settled {
			if one.Err != nil {
				return tx, nil, s.notTaken(env, one.Err)
			}
		}
	}
	return tx, settled, nil
}

// notTaken answers a mail that was read and not taken in.
func (s *session) notTaken(env inbound.Envelope, err error) error {
	if helpdesk.KindOf(err) == helpdesk.Refused {
		return s.refuse(env, "sender-policy", reply(err))
	}
	s.server.log.Error("mail not taken in", "transfer", env.ID, "peer", env.Peer, "error", err)
	return s.refuse(env, "error", reply(err))
}

// bodyFailed answers a mail that could not be read. Only one that is merely too
// large leaves the connection in a known state; all others end it.
func (s *session) bodyFailed(env inbound.Envelope, err error) error {
	switch {
	case errors.Is(err, errTooLarge):
		return s.refuse(env, "size", errTooLarge)
	case errors.Is(err, smtp.ErrDataReset):
		s.conn.end(errAborted, false)
		return s.refuse(env, "aborted", errAborted)
	case errors.Is(err, errLineEnding):
		s.conn.end(errLineEnding, true)
		return s.refuse(env, "line-ending", errLineEnding)
	}
	s.conn.end(errBroken, false)
	return s.refuse(env, "broken-transfer", errBroken)
}

// sizeLimit is what all the mailboxes take. Where each has an answer of its own,
// it is what one of them takes, and the others refuse it (inbound.AcceptEach).
func (s *session) sizeLimit(to []inbound.Recipient) int64 {
	least, largest := s.server.messageBytes(), int64(0)
	for _, r := range to {
		one := s.server.messageBytes()
		if r.Mailbox.MaxBytes > 0 {
			one = min(one, r.Mailbox.MaxBytes)
		}
		least, largest = min(least, one), max(largest, one)
	}
	if s.server.options.LMTP {
		return largest
	}
	return least
}

// find is route, but the postmaster of the host itself is the one of its domain,
// or of the next above that has a mailbox here.
func (s *session) find(to helpdesk.Address) (inbound.Recipient, error) {
	recipient, err := s.route(to)
	domain := to.Domain()
	if !strings.EqualFold(to.Local(), postmaster) || !strings.EqualFold(domain, s.server.options.Domain) {
		return recipient, err
	}
	for helpdesk.KindOf(err) == helpdesk.NotFound {
		_, above, ok := strings.Cut(domain, ".")
		if !ok {
			break
		}
		if to, bad := helpdesk.ParseAddress(postmaster + "@" + above); bad == nil {
			recipient, err = s.route(to)
		}
		domain = above
	}
	return recipient, err
}

// route and accept turn a panic into an error, so that it is answered as one.
func (s *session) route(to helpdesk.Address) (_ inbound.Recipient, err error) {
	defer recovered(&err)
	return s.server.intake.Route(to)
}

func (s *session) accept(env inbound.Envelope, raw io.Reader) (_ []inbound.Settled, err error) {
	defer recovered(&err)
	return s.server.intake.AcceptEach(s.server.ctx, env, raw)
}

func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}

// refuse counts and logs a refusal, and returns its answer.
func (s *session) refuse(env inbound.Envelope, reason string, answer *smtp.SMTPError) error {
	s.server.meter.MailRefused(reason)
	s.server.log.Info("mail refused", "peer", env.Peer, "helo", env.Helo, "reason", reason,
		"code", answer.Code, "transfer", env.ID)
	return answer
}

func transferID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base32.StdEncoding.EncodeToString(b[:])
}
