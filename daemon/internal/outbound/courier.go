package outbound

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// maxWords is the most bytes kept of what the other server said: enough for a
// reason with a link, little enough for a record.
const maxWords = 500

// Parcel is one mail ready to go.
type Parcel struct {
	Relay helpdesk.Relay
	From  helpdesk.Address // reverse-path; zero for the null sender
	Box   helpdesk.Address // of the mailbox, for relays that take no other reverse-path
	To    helpdesk.Address
	ID    helpdesk.ID // of the delivery: reports name it
	quiet bool        // no report is wanted, although there is a sender
	Mail  *Spool      // with CRLF line ends; whoever made the parcel closes it
}

// SMTPCourier makes attempts over SMTP. It is safe for concurrent use. A
// connection that took a mail is kept for a moment for the next one.
type SMTPCourier struct {
	Helo    string // how we call ourselves
	Now     func() time.Time
	RootCAs *x509.CertPool // who may vouch for relays; nil for those of the system
	Logins  Logins

	mu    sync.Mutex
	idle  map[helpdesk.Relay][]*session
	plain map[sentBy]time.Time // what takes the mailbox's address alone, and until when that is believed
}

// Deliver hands the parcel to its relay, and gives up when ctx ends. A nil
// error means that the relay has taken it. Otherwise [Judge] tells what that says.
func (c *SMTPCourier) Deliver(ctx context.Context, p Parcel) (helpdesk.Attempt, error) {
	attempt := helpdesk.Attempt{At: c.Now(), Relay: address(p.Relay)}
	words, err := c.deliver(ctx, p)
	attempt.Code, attempt.Words = 250, words
	if err != nil {
		err = late(ctx, err)
		attempt.Code, attempt.Enhanced, attempt.Words = said(err)
	}
	return attempt, err
}

// deliver tries the reverse-path that we want, and that of the mailbox when the
// relay lets whoever signed in send as themselves alone. Such a relay refused the
// mail for good, so that it can't go out twice.
func (c *SMTPCourier) deliver(ctx context.Context, p Parcel) (string, error) {
	nobody := p.From.IsZero()
	if c.wantsPlain(p) {
		p.From, p.quiet = p.Box, nobody
	}
	words, err := c.once(ctx, p)
	if !senderRefused(err) || p.From == p.Box || p.Box.IsZero() {
		return words, err
	}
	p.From, p.quiet = p.Box, nobody
	again, errAgain := c.once(ctx, p)
	if errAgain == nil {
		c.rememberPlain(p)
		return again, nil
	}
	if senderRefused(errAgain) {
		return words, err // the first answer tells more: it is about what we want
	}
	return again, errAgain
}

func (c *SMTPCourier) once(ctx context.Context, p Parcel) (string, error) {
	if s := c.take(p.Relay); s != nil {
		words, err := c.hand(ctx, s, p)
		if !errors.Is(err, errStale) {
			return words, err
		}
	}
	s, err := c.dial(ctx, p.Relay)
	if err != nil {
		return "", err
	}
	return c.hand(ctx, s, p)
}

// hand makes one transaction, and keeps the connection if it went well.
func (c *SMTPCourier) hand(ctx context.Context, s *session, p Parcel) (string, error) {
	// go-smtp has no context and clears its deadline while it writes a mail, so
	// the end of the attempt closes the connection.
	stop := context.AfterFunc(ctx, s.close)
	words, err := s.submit(p)
	if inTime := stop(); err == nil && inTime {
		c.keep(s)
	} else {
		s.close()
	}
	return words, err
}

// address is where a relay is reached; "" for none.
func address(r helpdesk.Relay) string {
	if r.Host == "" {
		return ""
	}
	return net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
}

// said is what the other server answered, or in our words why it did not.
func said(err error) (code int, enhanced, words string) {
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		e := answer.EnhancedCode
		if e[0] > 0 {
			enhanced = fmt.Sprintf("%d.%d.%d", e[0], e[1], e[2])
		}
		return answer.Code, enhanced, clean(answer.Message) + hint(answer)
	}
	return 0, "", clean(err.Error())
}

// hint says what to do about an answer that many will meet and few understand.
func hint(answer *smtp.SMTPError) string {
	if answer.EnhancedCode == (smtp.EnhancedCode{5, 7, 30}) || containsAny(answer.Message, []string{"basic authentication is", "smtpclientauthentication is disabled"}) {
		return " (the server takes no password: declare oauth for this relay)"
	}
	return ""
}

// clean makes one short printable line of what came from outside.
func clean(s string) string {
	cut := len(s) > maxWords
	if cut {
		// A rune cut in two becomes nothing, not a mark of broken bytes.
		end := maxWords
		for end > maxWords-4 && s[end]&0xc0 == 0x80 {
			end--
		}
		s = s[:end]
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' ' // also of invisible and direction-changing characters
	}, strings.ToValidUTF8(s, "?"))
	if s = strings.TrimSpace(s); cut {
		s += "…"
	}
	return s
}
