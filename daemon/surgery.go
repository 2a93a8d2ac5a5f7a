package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/doctor"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/imappoll"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// surgery is what a doctor asks of the daemon that runs.
type surgery struct{ *daemon }

// About implements admin.Surgery.
func (d surgery) About() admin.About {
	return admin.About{
		Hostname: d.settings.hostname, Secrets: d.settings.secrets, DNS: d.settings.dns, SMTP: d.listen.smtp.Addr().String(),
		HelpCenters: centersOf(d.live.HelpCenters()), Mailboxes: d.live.Mailboxes(),
	}
}

func centersOf(served []helpdesk.HelpCenter) []doctor.Center {
	var centers []doctor.Center
	for _, h := range served {
		centers = append(centers, doctor.Center{Account: h.Account, Name: h.Name, DisplayName: h.DisplayName, BaseURL: h.BaseURL})
	}
	return centers
}

func (d surgery) box(account, mailbox string) (helpdesk.Mailbox, error) {
	box, ok := d.live.Mailbox(account, mailbox)
	if !ok {
		return box, helpdesk.Errorf(helpdesk.NotFound, "there is no mailbox %s/%s", account, mailbox)
	}
	return box, nil
}

// TryRelay implements doctor.Hands.
func (d surgery) TryRelay(ctx context.Context, account, mailbox string) (doctor.Trial, error) {
	box, err := d.box(account, mailbox)
	if err != nil {
		return doctor.Trial{}, err
	}
	return tryRelay(ctx, d.courier, box), nil
}

// TryIMAP implements doctor.Hands.
func (d surgery) TryIMAP(ctx context.Context, account, mailbox string) (doctor.Trial, error) {
	box, err := d.box(account, mailbox)
	if err != nil {
		return doctor.Trial{}, err
	}
	if box.IMAP == nil {
		return doctor.Trial{}, helpdesk.Errorf(helpdesk.Invalid, "mailbox %s/%s is not polled", account, mailbox)
	}
	return tryIMAP(ctx, d.logins, box), nil
}

// SendProbe implements doctor.Prober. In dev all mail is caught, so the mail goes
// where mail from outside comes in.
func (d surgery) SendProbe(ctx context.Context, account, mailbox string) (doctor.Sent, error) {
	box, err := d.box(account, mailbox)
	if err != nil {
		return doctor.Sent{}, err
	}
	relay := box.Relay
	if d.settings.dev {
		own := d.listen.smtp.Addr().(*net.TCPAddr)
		relay = helpdesk.Relay{Host: own.IP.String(), Port: own.Port, TLS: helpdesk.TLSNone}
	}
	id, attempt, err := d.queue.Probe(ctx, box, relay)
	sent := doctor.Sent{MessageID: id, Relay: attempt.Relay, Words: attempt.Words}
	if err != nil {
		sent.Step, sent.Words = failedStep(err)
	}
	d.log.InfoContext(ctx, "round trip", "account", account, "mailbox", mailbox, "relay", sent.Relay, "code", attempt.Code, "message_id", id)
	return sent, nil
}

// FindProbe implements doctor.Prober.
func (d surgery) FindProbe(ctx context.Context, account, mailbox, messageID string) (doctor.Landed, error) {
	p, err := d.probe(ctx, account, mailbox, messageID)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return doctor.Landed{}, nil
	}
	if err != nil {
		return doctor.Landed{}, err
	}
	return doctor.Landed{
		Found: true, Ticket: p.Number, Held: p.Cause, Rule: p.Recognised.Rule, Trust: p.Recognised.Trust, Subject: p.Subject,
		Link: p.Link, NoLink: p.NoLink,
	}, nil
}

// EndProbe implements doctor.Prober.
func (d surgery) EndProbe(ctx context.Context, account, mailbox, messageID string) error {
	p, err := d.probe(ctx, account, mailbox, messageID)
	if err != nil {
		return err
	}
	return d.desk.EndProbe(ctx, actions.Actor{Account: account, Operator: true}, p)
}

func (d surgery) probe(ctx context.Context, account, mailbox, messageID string) (*actions.Probe, error) {
	box, err := d.box(account, mailbox)
	if err != nil {
		return nil, err
	}
	return d.desk.FindProbe(ctx, actions.Actor{Account: account, Operator: true}, box, messageID)
}

// hands try mail servers without a daemon, from what is declared.
type hands struct {
	boxes   map[string]helpdesk.Mailbox // by account and name
	courier *outbound.SMTPCourier
	logins  imappoll.Logins
}

// errDaemonsToken: an issuer may replace a refresh token whenever it is used, and
// only the daemon could keep the new one.
var errDaemonsToken = errors.New("it signs in with a refresh token, which only the daemon may use: start it, and ask again")

// TryRelay implements doctor.Hands.
func (h hands) TryRelay(ctx context.Context, account, mailbox string) (doctor.Trial, error) {
	box := h.boxes[account+"/"+mailbox]
	if box.Relay.Login.OAuth.RefreshToken != (helpdesk.SecretRef{}) {
		return doctor.Trial{}, errDaemonsToken
	}
	return tryRelay(ctx, h.courier, box), nil
}

// TryIMAP implements doctor.Hands.
func (h hands) TryIMAP(ctx context.Context, account, mailbox string) (doctor.Trial, error) {
	box := h.boxes[account+"/"+mailbox]
	if box.IMAP.Login.OAuth.RefreshToken != (helpdesk.SecretRef{}) {
		return doctor.Trial{}, errDaemonsToken
	}
	return tryIMAP(ctx, h.logins, box), nil
}

func tryRelay(ctx context.Context, c *outbound.SMTPCourier, box helpdesk.Mailbox) doctor.Trial {
	seen, err := c.Check(ctx, box.Relay, box.Address)
	if err != nil {
		step, words := failedStep(err)
		return doctor.Trial{Step: step, Words: seen.Address + ": " + words}
	}
	said := []string{seen.Address}
	if seen.Protection != "" {
		said = append(said, seen.Protection)
	}
	if seen.SignedIn {
		said = append(said, "signed in")
	}
	if seen.MaxBytes > 0 {
		said = append(said, fmt.Sprintf("takes %d MiB", seen.MaxBytes>>20))
	}
	return doctor.Trial{Words: strings.Join(said, ", ")}
}

func tryIMAP(ctx context.Context, logins imappoll.Logins, box helpdesk.Mailbox) doctor.Trial {
	at := net.JoinHostPort(box.IMAP.Host, fmt.Sprint(box.IMAP.Port))
	err := imappoll.Dialer{}.Check(ctx, box, logins)
	if failure, ok := errors.AsType[*imappoll.Failure](err); ok {
		return doctor.Trial{Step: string(failure.Step), Words: at + ": " + failure.Words()}
	}
	if err != nil {
		return doctor.Trial{Step: "setup", Words: err.Error()}
	}
	return doctor.Trial{Words: at + ", folder " + box.IMAP.Folder + " can be read"}
}

// failedStep tells which step of a dialog with a relay failed, and why.
func failedStep(err error) (step, words string) {
	if failed, ok := errors.AsType[*outbound.StepError](err); ok {
		return string(failed.Step), failed.Err.Error()
	}
	return "setup", err.Error()
}
