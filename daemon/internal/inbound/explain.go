package inbound

import (
	"context"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Explain tells what would become of a mail that came by that path now, without
// doing it: nothing is written, nothing is sent. Without recipients in the path
// it goes to those of To and Cc that are ours. trusted says that the peer is a
// relay that the operator named. Errors are those of [Pipeline.Accept], and
// Invalid when a recipient of the path, or all of the header, are not ours.
//
// It takes the same steps as Accept, so it tells the truth unless something
// changes in between.
func (p *Pipeline) Explain(ctx context.Context, path helpdesk.Path, trusted bool, raw []byte) ([]helpdesk.Expectation, error) {
	mail := eml.Read(raw)
	env := Envelope{ID: path.Transfer, From: path.From, Peer: path.Peer, Helo: path.Helo, Trusted: trusted}
	recipients, err := p.recipients(path, mail)
	if err != nil {
		return nil, err
	}
	for _, to := range recipients {
		r, err := p.Route(to)
		if err != nil {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "%s is no address of ours: at RCPT it would be refused", to)
		}
		r.Written = to.String()
		env.To = append(env.To, r)
	}
	if len(env.To) == 0 {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "no recipient of the mail is an address of ours: name one")
	}
	if mail.Header.Count("Received") > maxHops {
		return nil, helpdesk.Errorf(helpdesk.Loop, "more than %d hops", maxHops)
	}
	held := &kept{bytes: raw, ref: blob.Ref{Size: int64(len(raw))}, release: func() {}}
	var expected []helpdesk.Expectation
	for _, to := range mailboxes(byAccount(env.To)) {
		c := &incoming{env: env, to: to, box: to[0].Mailbox, kept: held, mail: mail, now: p.Now()}
		known, err := p.weigh(ctx, c)
		switch {
		case err != nil:
			return nil, fmt.Errorf("explain mail for %s: %w", c.box.Name, err)
		case known != nil:
			expected = append(expected, helpdesk.Expectation{Outcome: *known})
		default:
			expected = append(expected, c.expected())
		}
	}
	return expected, nil
}

// recipients are those of the envelope, or those of the header that are ours.
func (p *Pipeline) recipients(path helpdesk.Path, mail *eml.Mail) ([]helpdesk.Address, error) {
	var found []helpdesk.Address
	for _, to := range path.To {
		a, err := helpdesk.ParseAddress(to)
		if err != nil {
			return nil, helpdesk.Wrap(helpdesk.Invalid, fmt.Errorf("recipient %q: %w", to, err))
		}
		found = append(found, a)
	}
	if len(path.To) > 0 {
		return found, nil
	}
	for _, m := range addressed(mail) {
		if _, err := p.Route(m.Address); err == nil {
			found = append(found, m.Address)
		}
	}
	return found, nil
}

// expected is the outcome that commit would have.
func (c *incoming) expected() helpdesk.Expectation {
	o := helpdesk.Outcome{Account: c.box.Account, Mailbox: c.box.Name, Recognised: c.recognition()}
	if c.ticket != nil {
		o.Ticket, o.Number = c.ticket.ID, c.ticket.Number
	}
	switch {
	case c.verdict.act == toHold:
		o.Result = helpdesk.HeldBack
	case c.verdict.act == toOpen || c.verdict.act == toForward || c.goesOn():
		o.Result = helpdesk.Created
	default:
		o.Result = helpdesk.Appended
	}
	return helpdesk.Expectation{Outcome: o, Cause: c.verdict.cause, Answer: c.verdict.answer}
}
