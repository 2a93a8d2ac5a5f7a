package outbound

import (
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// quitTimeout bounds a farewell that nobody waits for.
	quitTimeout = time.Second

	// keepFor is how long a connection waits for another mail: enough for a
	// burst, far below the minutes after which relays hang up.
	keepFor = 3 * time.Second

	// mailsPerConnection stays at what common relays allow by default.
	mailsPerConnection = 100
)

// session is a connection to a relay on which a mail may be handed over.
type session struct {
	relay  helpdesk.Relay
	conn   *paced
	tls    *tls.Conn // over conn; nil without
	client *smtp.Client
	mails  int         // taken so far
	timer  *time.Timer // ends the wait for another mail
	once   sync.Once
}

// errStale marks a connection that was kept and is of no use any more.
var errStale = errors.New("kept connection is of no use")

// submit is one transaction. After an error the session is of no use.
func (s *session) submit(p Parcel) (string, error) {
	s.conn.left = maxAnswers
	if err := s.fits(p); err != nil {
		return "", err
	}
	if err := s.client.Mail(p.From.String(), p.mailOptions()); err != nil {
		err = failed(StepSender, err)
		if s.mails > 0 && !senderRefused(err) { // relays end a session that is old with all kinds of words
			return "", fmt.Errorf("%w: %w", errStale, err)
		}
		return "", err
	}
	if err := s.client.Rcpt(p.To.String(), p.rcptOptions()); err != nil {
		return "", failed(StepRecipient, err)
	}
	w, err := s.client.Data()
	if err != nil {
		return "", failed(StepData, err)
	}
	if _, err := p.Mail.WriteTo(w); err != nil {
		return "", failed(StepData, err)
	}
	done, err := w.CloseWithResponse()
	if err != nil {
		return "", failed(StepData, err)
	}
	s.mails++
	return clean(done.StatusText), nil
}

// mailOptions asks for reports, where the relay has them (RFC 3461): of the header
// alone, with our name of the delivery. Mail without a sender has nobody who would
// get one. Options that the relay does not offer are left out by go-smtp.
func (p Parcel) mailOptions() *smtp.MailOptions {
	o := &smtp.MailOptions{Size: p.Mail.Size(), UTF8: p.wide()}
	if !p.From.IsZero() && !p.quiet {
		o.Return, o.EnvelopeID = smtp.DSNReturnHeaders, string(p.ID)
	}
	return o
}

// rcptOptions wants to know what went wrong, and what takes long: never that a mail
// arrived.
func (p Parcel) rcptOptions() *smtp.RcptOptions {
	switch {
	case p.quiet:
		return &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifyNever}}
	case p.From.IsZero():
		return nil
	}
	kind := smtp.DSNAddressTypeRFC822
	if p.wide() {
		kind = smtp.DSNAddressTypeUTF8
	}
	return &smtp.RcptOptions{
		Notify: []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}, OriginalRecipientType: kind, OriginalRecipient: p.To.String(),
	}
}

// wide reports a recipient whose address needs SMTPUTF8 (RFC 6531).
func (p Parcel) wide() bool { return isWide(p.To) }

func isWide(a helpdesk.Address) bool {
	return strings.ContainsFunc(a.String(), func(r rune) bool { return r > '~' })
}

// fits refuses what the relay said that it does not take, before anything of it
// is sent.
func (s *session) fits(p Parcel) error {
	for _, extension := range []string{"SMTPUTF8", "8BITMIME"} { // RFC 6531 section 3.1 wants both
		if ok, _ := s.client.Extension(extension); p.wide() && !ok {
			return refuse(StepRecipient, "the address %s needs %s, which the relay does not have", p.To, extension)
		}
	}
	if most, ok := s.client.MaxMessageSize(); ok && most > 0 && p.Mail.Size() > int64(most) {
		return refuse(StepSender, "it has %s, and the relay takes %s at most", mebibytes(p.Mail.Size()), mebibytes(int64(most)))
	}
	return nil
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// close hangs up at once.
func (s *session) close() { s.once.Do(func() { _ = s.conn.Close() }) }

// quit says farewell and hangs up.
func (s *session) quit() {
	s.client.CommandTimeout = quitTimeout
	_ = s.client.Quit() // whatever it answers, nothing is under way
	s.close()
}

// keep puts a session by for the next mail to the same relay.
func (c *SMTPCourier) keep(s *session) {
	if s.mails >= mailsPerConnection {
		s.close()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle == nil {
		c.idle = map[helpdesk.Relay][]*session{}
	}
	s.timer = time.AfterFunc(keepFor, func() {
		if c.forget(s) {
			s.quit()
		}
	})
	c.idle[s.relay] = append(c.idle[s.relay], s)
}

// take returns the session that was kept last, nil if there is none.
func (c *SMTPCourier) take(relay helpdesk.Relay) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.idle[relay]
	if len(kept) == 0 {
		return nil
	}
	s := kept[len(kept)-1]
	s.timer.Stop()
	c.remove(s)
	return s
}

// forget reports whether the session still was kept, and keeps it no longer.
func (c *SMTPCourier) forget(s *session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.idle[s.relay], s) {
		return false
	}
	c.remove(s)
	return true
}

func (c *SMTPCourier) remove(s *session) {
	kept := slices.DeleteFunc(c.idle[s.relay], func(k *session) bool { return k == s })
	if c.idle[s.relay] = kept; len(kept) == 0 {
		delete(c.idle, s.relay)
	}
}

// Close ends the connections that are kept. The courier can go on after it.
func (c *SMTPCourier) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle = nil
	c.mu.Unlock()
	for _, kept := range idle {
		for _, s := range kept {
			s.timer.Stop()
			s.quit()
		}
	}
}
