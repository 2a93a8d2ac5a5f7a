package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Limits of one attempt. A claim lasts longer than all of it (claimFor).
const (
	dialTimeout    = 30 * time.Second
	commandTimeout = 60 * time.Second
	attemptTimeout = 4 * time.Minute
	maxWords       = 500 // of what the other server said
)

// Parcel is one mail ready to go.
type Parcel struct {
	Relay helpdesk.Relay
	From  helpdesk.Address // reverse-path; zero for the null sender
	To    helpdesk.Address
	Bytes []byte
}

// SMTPCourier makes one attempt over SMTP.
type SMTPCourier struct {
	Helo string // how we call ourselves
	Now  func() time.Time
}

// Deliver hands the parcel to its relay. A nil error means that the relay has
// taken it. Otherwise [permanent] tells whether trying again is pointless;
// everything but a 5xx answer is worth another try.
func (c *SMTPCourier) Deliver(ctx context.Context, p Parcel) (helpdesk.Attempt, error) {
	address := net.JoinHostPort(p.Relay.Host, strconv.Itoa(p.Relay.Port))
	attempt := helpdesk.Attempt{At: c.Now(), Relay: address}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	words, err := c.deliver(ctx, address, p)
	attempt.Code, attempt.Words = 250, words
	if err != nil {
		attempt.Code, attempt.Enhanced, attempt.Words = said(err)
	}
	return attempt, err
}

func (c *SMTPCourier) deliver(ctx context.Context, address string, p Parcel) (string, error) {
	if p.Relay.Credentials != "" {
		return "", errors.New("relays with a password are not supported yet")
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("reach relay: %w", err)
	}
	// go-smtp has no context and clears its deadline while it writes a mail, so
	// the end of the attempt closes the connection.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	client, err := greet(conn, p.Relay)
	if err != nil {
		_ = conn.Close()
		return "", fmt.Errorf("greet relay: %w", err)
	}
	defer client.Close()
	client.CommandTimeout, client.SubmissionTimeout = commandTimeout, commandTimeout
	if err := client.Hello(c.Helo); err != nil {
		return "", fmt.Errorf("greet relay: %w", err)
	}
	words, err := submit(client, p)
	if err == nil {
		_ = client.Quit() // the mail is theirs by now
	}
	return words, err
}

// greet opens the dialog with the protection that the relay is declared with:
// never less, whatever the other side offers.
func greet(conn net.Conn, relay helpdesk.Relay) (*smtp.Client, error) {
	cfg := &tls.Config{ServerName: relay.Host, MinVersion: tls.VersionTLS12}
	switch relay.TLS {
	case helpdesk.TLSImplicit:
		return smtp.NewClient(tls.Client(conn, cfg)), nil
	case helpdesk.TLSStartTLS:
		return smtp.NewClientStartTLS(conn, cfg)
	case helpdesk.TLSNone:
		if !isLoopback(conn.RemoteAddr()) {
			return nil, errors.New("without TLS only a relay on this machine is used")
		}
		return smtp.NewClient(conn), nil
	}
	return nil, fmt.Errorf("unknown protection %q of relay", relay.TLS)
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// submit is one transaction.
func submit(client *smtp.Client, p Parcel) (string, error) {
	if err := client.Mail(p.From.String(), &smtp.MailOptions{Size: int64(len(p.Bytes))}); err != nil {
		return "", fmt.Errorf("name sender to relay: %w", err)
	}
	if err := client.Rcpt(p.To.String(), nil); err != nil {
		return "", fmt.Errorf("name recipient to relay: %w", err)
	}
	w, err := client.Data()
	if err != nil {
		return "", fmt.Errorf("hand mail to relay: %w", err)
	}
	if _, err := w.Write(p.Bytes); err != nil {
		return "", fmt.Errorf("hand mail to relay: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	done, err := w.CloseWithResponse()
	if err != nil {
		return "", fmt.Errorf("hand mail to relay: %w", err)
	}
	return clean(done.StatusText), nil
}

// permanent reports whether the other side refused for good. Our own failures
// and what is unclear are not: the mail may be wanted.
func permanent(err error) bool {
	answer, ok := errors.AsType[*smtp.SMTPError](err)
	return ok && answer.Code >= 500 && answer.Code < 600
}

// said is what the other server answered, or in our words why it did not.
func said(err error) (code int, enhanced, words string) {
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		e := answer.EnhancedCode
		if e[0] > 0 {
			enhanced = fmt.Sprintf("%d.%d.%d", e[0], e[1], e[2])
		}
		return answer.Code, enhanced, clean(answer.Message)
	}
	return 0, "", clean(err.Error())
}

// clean makes one short printable line of what came from outside.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "") + "…"
	}
	return s
}
