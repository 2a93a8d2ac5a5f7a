package outbound

import (
	"context"
	"crypto/tls"
	"fmt"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Seen is what a relay told when it was tried.
type Seen struct {
	Address    string // host and port
	Protection string // such as "TLS 1.3"; "" without
	SignedIn   bool
	MaxBytes   int  // of one mail; 0 if it told none
	Reports    bool // takes requests for reports (RFC 3461)
	UTF8       bool // takes addresses beyond ASCII (RFC 6531)
}

// Check goes through the dialog with a relay as far as naming the sender, and
// sends nothing. The error is a [StepError]: it names the step that failed.
func (c *SMTPCourier) Check(ctx context.Context, relay helpdesk.Relay, from helpdesk.Address) (Seen, error) {
	seen := Seen{Address: address(relay)}
	s, err := c.dial(ctx, relay)
	if err != nil {
		return seen, late(ctx, err)
	}
	stop := context.AfterFunc(ctx, s.close)
	defer stop()
	defer s.quit()
	if s.tls != nil {
		seen.Protection = tls.VersionName(s.tls.ConnectionState().Version)
	}
	seen.SignedIn = !relay.Login.IsZero()
	seen.MaxBytes, _ = s.client.MaxMessageSize()
	seen.Reports, _ = s.client.Extension("DSN")
	seen.UTF8, _ = s.client.Extension("SMTPUTF8")
	if err := s.client.Mail(from.String(), &smtp.MailOptions{}); err != nil {
		return seen, late(ctx, failed(StepSender, err))
	}
	_ = s.client.Reset() // the connection ends anyway
	return seen, nil
}

// late tells of the time when that is why an attempt ended.
func late(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("the relay took too long: %w", err)
	}
	return err
}
