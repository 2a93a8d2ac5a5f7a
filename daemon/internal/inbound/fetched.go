package inbound

import (
	"context"
	"fmt"
	"io"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Fetched is a mail that was fetched from another server for one mailbox. Nobody
// waits for an answer about it, and nobody can be told a refusal.
type Fetched struct {
	ID      string // of this transfer, for the log
	Mailbox helpdesk.Mailbox
	Mark    helpdesk.Mark
	Raw     io.Reader

	// Cause says why Raw is not the whole mail: then it is held with that cause, and
	// an agent reads Words in place of what it says. "" if it is whole.
	Cause helpdesk.Cause
	Words string
	Size  int64 // at the server, of one that is not whole
}

// AcceptFetched takes in a mail that was fetched, and marks it as taken in within
// the same transaction. What SMTP would turn away is held.
//
// A nil error means that the mail is durable and need not be fetched again.
// Unavailable and Full are about us, or pass: the mail should be tried again.
// Other kinds are about this mail alone.
func (p *Pipeline) AcceptFetched(ctx context.Context, f Fetched) (helpdesk.Outcome, error) {
	plain := Recipient{Mailbox: f.Mailbox, Written: f.Mailbox.Address.String()}
	kept, err := p.keep(ctx, byAccount([]Recipient{plain}), f.Raw)
	if err != nil {
		return helpdesk.Outcome{}, err
	}
	defer p.Unsettled.begin([][]Recipient{{plain}}, p.Now())()
	var outcome helpdesk.Outcome
	err = p.look(ctx, kept, func(mail *eml.Mail) (err error) {
		env := Envelope{ID: f.ID, From: ReversePath(mail), To: append([]Recipient{plain}, p.signedFor(f.Mailbox, mail)...), fetched: &f}
		if outcome, err = p.settle(ctx, env, env.To, kept, mail); err == nil {
			p.log(ctx, env, kept, outcome)
		}
		return err
	})
	if err != nil {
		return helpdesk.Outcome{}, fmt.Errorf("take in mail for %s: %w", f.Mailbox.Name, err)
	}
	return outcome, nil
}

// signedFor are the signed addresses of the mailbox that the mail came to, as far
// as its header tells. Each may cost a read of the store.
func (p *Pipeline) signedFor(box helpdesk.Mailbox, mail *eml.Mail) []Recipient {
	const most = 8 // as of other locators
	var found []Recipient
	for _, a := range headed(mail) {
		r, ok := p.routeToken(a)
		if ok && len(found) < most && r.Mailbox.Account == box.Account && r.Mailbox.Name == box.Name {
			r.Written = a.String()
			found = append(found, r)
		}
	}
	return found
}

// deliveredTo are the fields in which servers write down the recipient of the
// envelope, the most reliable one first.
var deliveredTo = []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To"}

// headed are the recipients of a mail as far as its header tells, each once: who
// was sent a blind copy stands in what servers added alone.
func headed(mail *eml.Mail) []helpdesk.Address {
	var all []eml.Mailbox
	for _, name := range deliveredTo {
		for _, value := range mail.Header.Values(name) {
			all = append(all, eml.ParseMailboxes(value)...)
		}
	}
	seen := map[string]bool{}
	var found []helpdesk.Address
	for _, m := range append(all, addressed(mail)...) {
		if written := m.Address.String(); !m.Address.IsZero() && !seen[written] {
			seen[written] = true
			found = append(found, m.Address)
		}
	}
	return found
}

// ReversePath is the reverse-path of a mail that came without its envelope: what
// the last server wrote down (RFC 5321 section 4.4), else the writer. Zero is the
// null sender, or that nothing tells.
func ReversePath(mail *eml.Mail) helpdesk.Address {
	if mail.Header.Count("Return-Path") == 0 {
		from, _ := mail.OneFrom()
		return from.Address
	}
	if paths := eml.ParseMailboxes(mail.Header.Get("Return-Path")); len(paths) == 1 {
		return paths[0].Address
	}
	return helpdesk.Address{}
}

// mark writes that a mail was taken in which is known already.
func (p *Pipeline) mark(ctx context.Context, c *incoming) error {
	if c.env.fetched == nil {
		return nil
	}
	err := p.Store.Commit(ctx, &helpdesk.Change{Account: c.box.Account, Mark: c.env.fetched.mark()})
	if helpdesk.KindOf(err) == helpdesk.Conflict { // it is there: another replica, or an answer that was lost
		return nil
	}
	return err
}

// The methods below answer for a mail that was brought too, which is nil.

func (f *Fetched) mark() *helpdesk.Mark {
	if f == nil {
		return nil
	}
	mark := f.Mark
	mark.Mailbox = f.Mailbox.Name
	return &mark
}

func (f *Fetched) cause() helpdesk.Cause {
	if f == nil {
		return ""
	}
	return f.Cause
}

func (f *Fetched) words() string {
	if f == nil {
		return ""
	}
	return f.Words
}

// size counts for what is not there whole: two large mails may have one header.
func (f *Fetched) size() int64 {
	if f.cause() == "" {
		return 0
	}
	return f.Size
}

// pathless reports that nothing tells the reverse-path.
func (f *Fetched) pathless(mail *eml.Mail) bool {
	return f != nil && mail.Header.Count("Return-Path") == 0
}
