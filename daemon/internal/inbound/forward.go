package inbound

import (
	"context"
	"fmt"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/quotes"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// passesOn notes that an agent sends us the mail of a customer: a request of that
// customer. Only for agents: when a customer forwards a mail, the request is theirs.
func (p *Pipeline) passesOn(c *incoming) {
	c.forward = nil
	if c.sender != helpdesk.SenderAgent || c.trust.Proof != helpdesk.ProofPass || c.class != helpdesk.ClassMessage {
		return
	}
	switch c.token {
	case helpdesk.TokenNone, helpdesk.TokenKnown, helpdesk.TokenSibling, helpdesk.TokenSubject:
	default:
		return
	}
	f := quotes.Read(c.mail).Forward
	if f == nil {
		return
	}
	from, err := helpdesk.ParseAddress(f.From.Address)
	if err != nil {
		c.note("A mail is forwarded in it whose sender has no address that can be read.")
		return
	}
	if _, err := p.Route(from); err == nil || from.Same(c.writer.Address) {
		c.note("A mail is forwarded in it that is our own.")
		return
	}
	c.forward, c.original, c.token = f, from, helpdesk.TokenForward
	c.note("A mail from %s is forwarded in it.", from)
}

// cleanForward makes the entry of the customer, with the words that the agent
// wrote above it kept for a note.
func (p *Pipeline) cleanForward(ctx context.Context, c *incoming) error {
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: c.now, Raw: c.kept.ref.Hash.String(), HTML: c.mail.HTMLParts() > 0,
		Author:     helpdesk.Author{Role: helpdesk.Customer, Name: cut(oneLine(c.forward.From.Name), maxCopiedName), Address: c.original},
		Recognised: c.recognition(),
	}
	var err error
	if e.Text, e.TextBlob, err = p.fit(ctx, c.box.Account, links.WithoutTokens(c.forward.Body)); err != nil {
		return err
	}
	if inner := attachedMail(c.mail); inner != nil {
		e.MessageID = inner.MessageID() // as the customer's mail program knows it
		e.Attachments, err = p.attachments(ctx, c.box.Account, inner)
	} else {
		e.Attachments, err = p.files(ctx, c)
	}
	c.entry = e
	return err
}

// attachedMail is the mail that is forwarded as a file, nil if none is.
func attachedMail(mail *eml.Mail) *eml.Mail {
	for _, a := range mail.Attachments() {
		if inner := a.Part.Message(); inner != nil && len(inner.From()) > 0 {
			return inner
		}
	}
	return nil
}

// openForward makes a request of the customer whose mail an agent passed on. The
// customer wrote to somebody else, so nothing is mailed to them; what proves the
// agent proves nothing about the customer.
func (p *Pipeline) openForward(ctx context.Context, c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome) error {
	number, err := p.Store.NextNumber(ctx, c.box.Account)
	if err != nil {
		return err
	}
	contact, err := p.contactOf(ctx, c, change, c.entry.Author.Name, c.original)
	if err != nil {
		return err
	}
	agent := c.agent()
	submitter := agent.Author()
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: c.forwardSubject(), Status: helpdesk.Open, Channel: helpdesk.ByMail,
		HelpCenter: c.box.HelpCenter, Mailbox: c.box.Name, Opened: c.now, Submitter: &submitter,
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: contact.ID, Name: c.entry.Author.Name, Address: c.original, Role: helpdesk.Requester, LinkGen: 1, Joined: c.now,
		}},
	}
	if c.ticket != nil {
		t.Maybe = c.ticket.ID
	}
	t.Watch(agent.ID)
	c.entry.Author.ID = contact.ID
	p.record(c, change, t)
	change.Unchanged = append(change.Unchanged, helpdesk.Revision{Agent: agent.ID, Rev: agent.Rev})
	done := fmt.Sprintf("this request was made of a forwarded mail from %s, who was mailed nothing", c.original)
	if err := p.forwardNote(ctx, c, change, agent); err != nil {
		return err
	}
	outcome.Result, outcome.Ticket, outcome.Number, outcome.Entry = helpdesk.Created, t.ID, t.Number, c.entry.Seq
	if err := p.notify(ctx, c, change); err != nil {
		return err
	}
	return p.receipt(ctx, c, change, agent, done+".", "")
}

// forwardNote keeps what the agent wrote above the forwarded mail.
func (p *Pipeline) forwardNote(ctx context.Context, c *incoming, change *helpdesk.Change, agent *helpdesk.Agent) error {
	words := links.WithoutTokens(strings.TrimSpace(c.forward.Note))
	if words == "" {
		return nil
	}
	note := helpdesk.Entry{Kind: helpdesk.Note, Channel: helpdesk.ByMail, At: c.now, Author: agent.Author()}
	var err error
	if note.Text, note.TextBlob, err = p.fit(ctx, c.box.Account, words); err != nil {
		return err
	}
	change.Ticket.Append(&note)
	change.Entries = append(change.Entries, note)
	return nil
}

// contactOf is a customer who did not send the mail: known, or new and proven by
// nothing.
func (p *Pipeline) contactOf(ctx context.Context, c *incoming, change *helpdesk.Change, name string, a helpdesk.Address) (*helpdesk.Contact, error) {
	found, err := p.Store.Lookup(ctx, c.box.Account, store.Query{Receipt: c.receipt, Address: a})
	if err != nil {
		return nil, err
	}
	if found.Contact != nil {
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: found.Contact.ID, Rev: found.Contact.Rev})
		return found.Contact, nil
	}
	change.Contact = &helpdesk.Contact{
		ID: helpdesk.NewID(), Name: name, Created: c.now, Addresses: []helpdesk.ContactAddress{{Address: a}},
	}
	return change.Contact, nil
}

func (c *incoming) forwardSubject() string {
	s := strings.TrimSpace(cut(links.WithoutTokens(oneLine(c.forward.Subject)), maxSubject))
	if s == "" {
		return subject(c)
	}
	return s
}
