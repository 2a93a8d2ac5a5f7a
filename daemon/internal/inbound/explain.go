package inbound

import (
	"context"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Inquiry is a mail, and the way that it would come.
type Inquiry struct {
	Path  helpdesk.Path // without recipients it goes to those of the header that are ours; without a peer it is fetched
	Relay *Relay        // that the peer is; nil if the operator did not name it
	Raw   []byte

	// Proposed is asked in place of what is served now; nil to ask about that.
	Proposed Directory
}

// Explain tells what would become of a mail that came now, without doing it:
// nothing is written, nothing is sent. Recipients that are not ours come last, as
// [helpdesk.TurnedAway]. Errors are those of [Pipeline.Accept], and Invalid when no
// recipient is ours; but a proposal that has none of those served now is an
// answer.
//
// It takes the same steps as Accept, so it tells the truth unless something
// changes in between.
func (p *Pipeline) Explain(ctx context.Context, q Inquiry) ([]helpdesk.Expectation, error) {
	mail, asked := eml.Read(q.Raw), *p
	if q.Proposed != nil {
		asked.Directory = q.Proposed
	}
	recipients, err := p.recipients(&asked, q.Path, mail)
	if err != nil {
		return nil, err
	}
	to, refused := asked.routes(recipients)
	if goesRound(mail) && q.Path.Peer != "" {
		return nil, helpdesk.Errorf(helpdesk.Loop, "more than %d hops", maxHops)
	}
	env := Envelope{ID: q.Path.Transfer, From: q.Path.From, To: to, Peer: q.Path.Peer, Helo: q.Path.Helo}
	env.By(q.Relay)
	expected, err := asked.expect(ctx, env, q.Raw, mail)
	if err != nil {
		return nil, err
	}
	switch {
	case len(expected) > 0 || q.Proposed != nil && len(refused) > 0:
	case len(refused) > 0:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "%s is no address of ours: at RCPT it would be refused", refused[0].Recipient)
	default:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "no recipient of the mail is an address of ours: name one")
	}
	expected = append(expected, refused...)
	for i := range expected {
		expected[i].Proposed = q.Proposed != nil
	}
	return expected, nil
}

// recipients are those of the envelope, or those of the header that are ours,
// now or as asked.
func (p *Pipeline) recipients(asked *Pipeline, path helpdesk.Path, mail *eml.Mail) ([]helpdesk.Address, error) {
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
	for _, a := range headed(mail) { // fetched.go
		_, now := p.Route(a)
		if _, then := asked.Route(a); now == nil || then == nil {
			found = append(found, a)
		}
	}
	return found, nil
}

// routes does what the edge does at RCPT.
func (p *Pipeline) routes(to []helpdesk.Address) (ours []Recipient, refused []helpdesk.Expectation) {
	for _, a := range to {
		r, err := p.Route(a)
		if err != nil {
			refused = append(refused, helpdesk.Expectation{Outcome: helpdesk.Outcome{Result: helpdesk.TurnedAway}, Recipient: a.String()})
			continue
		}
		r.Written = a.String()
		ours = append(ours, r)
	}
	return ours, refused
}

// expect goes through the steps that only look, for each mailbox.
func (p *Pipeline) expect(ctx context.Context, env Envelope, raw []byte, mail *eml.Mail) ([]helpdesk.Expectation, error) {
	held := &kept{bytes: raw, ref: blob.Ref{Size: int64(len(raw))}}
	var expected []helpdesk.Expectation
	boxes := mailboxes(byAccount(env.To))
	env.Refusable = env.Refusable && len(boxes) == 1
	for _, to := range boxes {
		if env.Peer == "" { // nobody would bring it
			env.fetched = &Fetched{Mailbox: to[0].Mailbox}
		}
		c := &incoming{env: env, to: to, box: to[0].Mailbox, kept: held, mail: mail, now: p.Now(), look: true}
		known, err := p.weigh(ctx, c)
		switch {
		case err != nil:
			return nil, fmt.Errorf("explain mail for %s: %w", c.box.Name, err)
		case known == nil && c.past() && c.verdict.act == toRefuse:
			return nil, c.refusal()
		case known != nil:
			expected = append(expected, helpdesk.Expectation{Outcome: *known})
		default:
			expected = append(expected, c.expected())
		}
	}
	return expected, nil
}

// expected is the outcome that commit would have.
func (c *incoming) expected() helpdesk.Expectation {
	o := helpdesk.Outcome{Account: c.box.Account, Mailbox: c.box.Name, Recognised: c.recognition(), Hidden: c.verdict.hidden}
	if c.ticket != nil {
		o.Ticket, o.Number = c.ticket.ID, c.ticket.Number
	}
	switch {
	case c.verdict.act == toHold:
		o.Result = helpdesk.HeldBack
		if t := c.meant(); t != nil {
			o.Ticket, o.Number = t.ID, t.Number
		}
	case c.verdict.act == toRefuse:
		o.Result = helpdesk.TurnedAway
	case c.opens():
		o.Result = helpdesk.Created
	default:
		o.Result = helpdesk.Appended
	}
	answer := c.verdict.answer
	if c.goesOn() && c.trust.Proof == helpdesk.ProofPass {
		answer = helpdesk.Acknowledgement
	}
	return helpdesk.Expectation{Outcome: o, Cause: c.verdict.cause, Answer: answer}
}

// opens reports a mail that makes a ticket.
func (c *incoming) opens() bool {
	switch c.verdict.act {
	case toOpen, toFork, toForward, toRecallNew:
		return true
	}
	return c.goesOn()
}
