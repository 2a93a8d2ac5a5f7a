package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// deciding is one verdict about a held mail on its way into a change.
type deciding struct {
	desk     *Desk
	by       Actor
	item     *helpdesk.HeldItem
	now      time.Time
	found    *store.Found // who the From address is to us
	change   *helpdesk.Change
	decision helpdesk.Decision
}

// decide commits a verdict about an item that waits. Conflict asks to read the
// item again.
func (d *Desk) decide(ctx context.Context, by Actor, item *helpdesk.HeldItem, verdict helpdesk.Verdict) (*helpdesk.Decision, error) {
	if why := item.Refusal(verdict); why != "" {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "%s", why)
	}
	c := &deciding{desk: d, by: by, item: item, now: d.now(), change: &helpdesk.Change{Account: by.Account, Held: item}}
	c.decision = helpdesk.Decision{Verdict: verdict, By: by.author(), At: c.now}
	var err error
	if c.found, err = d.store.Lookup(ctx, by.Account, store.Query{Address: item.From}); err != nil {
		return nil, err
	}
	if a := c.found.Agent; a != nil && !a.Disabled && (verdict == helpdesk.AcceptOnce || verdict == helpdesk.AddCollaborator) {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "its writer is an agent: agents answer in the request itself")
	}
	if who := c.found.Contact; verdict == helpdesk.AddCollaborator && who != nil && who.Blocked != nil {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "its writer is blocked: unblock them before they take part")
	}
	switch verdict {
	case helpdesk.AcceptOnce:
		err = c.join(ctx, false)
	case helpdesk.AddCollaborator:
		err = c.join(ctx, true)
	case helpdesk.NewTicket:
		err = c.open(ctx)
	case helpdesk.Spam:
		err = c.block()
	}
	if err != nil {
		return nil, err
	}
	item.Decision = &c.decision
	if item.Expires.IsZero() { // of an older version, which let none lapse
		item.Expires = c.now.Add(helpdesk.HeldFor)
	}
	if c.decision.Number != 0 {
		item.Entry = nil // it is in the ticket now; both would not fit into one transaction
	}
	c.change.Audit = append(c.change.Audit, d.audit(by, "held.decide", "held/"+string(item.ID), "verdict", string(verdict), "ticket", numeral(c.decision.Number)))
	if err := d.store.Commit(ctx, c.change); err != nil {
		return nil, err
	}
	return &c.decision, nil
}

// join puts the mail into the ticket that it names, for everybody there to see,
// and lets its writer take part if asked to.
func (c *deciding) join(ctx context.Context, collaborator bool) error {
	t, box, err := c.ticket(ctx)
	if err != nil {
		return err
	}
	e := c.entry(t)
	if c.written() {
		t.CustomerReplied()
		if t.Status == helpdesk.Closed { // an agent wants it there, and somebody to act on it
			t.Status = helpdesk.Open
		}
	}
	c.record(t, e)
	if collaborator {
		if err := c.desk.keptApart(ctx, c.by.Account, t, c.item.From); err != nil {
			return err
		}
		contact := c.contact()
		contact.Spam = nil // who takes part is heard
		if err := c.desk.letIn(ctx, c.change, box, t, joining{
			by: c.by.author(), channel: helpdesk.ByConsole, contact: contact.ID, name: c.provenName(), address: c.item.From, heard: c.written(), now: c.now,
		}); err != nil {
			return err
		}
	}
	c.suggest(t)
	if !c.written() {
		return nil
	}
	return c.desk.mailOthers(ctx, c.change, box, t, &c.change.Entries[0], c.now)
}

// provenName is what the writer calls themselves, if that is proven: it stands in
// the mail that tells them that they were added.
func (c *deciding) provenName() string {
	if c.item.Recognised.Trust.Proof == helpdesk.ProofPass {
		return c.item.FromName
	}
	return ""
}

// written reports that a person wrote the mail: only then does it wake anybody
// (row P06).
func (c *deciding) written() bool {
	return c.item.Recognised.Class == helpdesk.ClassMessage && c.item.Cause != helpdesk.UnmatchedReport
}

// ticket is what the mail names, as it is now and where it goes on if it was
// merged.
func (c *deciding) ticket(ctx context.Context) (*helpdesk.Ticket, helpdesk.Mailbox, error) {
	t, err := c.desk.store.Ticket(ctx, c.by.Account, c.item.Ticket)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, helpdesk.Mailbox{}, helpdesk.Errorf(helpdesk.Invalid, "request #%d is gone: make a new one of the mail, or drop it", c.item.Number)
	}
	if err == nil {
		t, err = helpdesk.End(t, c.desk.reading(ctx, c.by.Account))
	}
	if err != nil {
		return nil, helpdesk.Mailbox{}, err
	}
	box, err := c.desk.mailbox(c.by.Account, t.Mailbox)
	return t, box, err
}

// entry is the mail as an item of the ticket's history.
func (c *deciding) entry(t *helpdesk.Ticket) helpdesk.Entry {
	e := *c.item.Entry
	e.Hidden, e.Released = false, &helpdesk.Release{By: c.by.author(), At: c.now}
	switch writer := t.ParticipantByAddress(c.item.From); {
	case c.item.Cause == helpdesk.UnmatchedReport:
		e.Kind, e.Author = helpdesk.Event, helpdesk.Author{Role: helpdesk.System, Name: "Mail system"}
	case writer != nil:
		e.Author.ID = writer.Contact
	case c.found.Contact != nil:
		e.Author.ID = c.found.Contact.ID
	case c.item.From.IsZero() && e.Author.Name == "":
		e.Author.Name = "Unknown sender"
	}
	return e
}

// record puts the entry on the ticket and makes its Message-ID findable.
func (c *deciding) record(t *helpdesk.Ticket, e helpdesk.Entry) {
	t.Append(&e)
	t.Updated = c.now // not when the mail came
	c.change.Ticket, c.change.Entries = t, append(c.change.Entries, e)
	if e.MessageID != "" {
		c.change.Messages = []helpdesk.MessageRef{{MessageID: e.MessageID, Ticket: t.ID, Entry: e.Seq}}
	}
	c.decision.Number, c.decision.Entry = t.Number, e.Seq
}

// suggest tells the ticket whom the mail was copied to, if its writer takes part:
// nobody else is to bring people along.
func (c *deciding) suggest(t *helpdesk.Ticket) {
	if t.ParticipantByAddress(c.item.From) == nil {
		return
	}
	for _, s := range c.item.Copied {
		t.Suggest(s)
	}
}

// contact is who wrote: known, or new with this decision.
func (c *deciding) contact() *helpdesk.Contact {
	contact := c.found.Contact
	if contact == nil {
		contact = newContact(c.item.FromName, c.item.From, c.now)
		if c.item.Recognised.Trust.Proof == helpdesk.ProofPass {
			contact.Addresses[0].Proven, contact.Addresses[0].How = &c.item.At, "mail"
		}
	}
	c.change.Contact = contact
	return contact
}

// open makes a ticket of its own of the mail, as if it had named none.
func (c *deciding) open(ctx context.Context) error {
	box, err := c.desk.mailbox(c.by.Account, c.item.Mailbox)
	if err != nil {
		return err
	}
	number, err := c.desk.store.NextNumber(ctx, c.by.Account)
	if err != nil {
		return err
	}
	contact := c.contact()
	contact.Spam = nil // who may ask is heard
	e := *c.item.Entry
	e.Author.ID = contact.ID
	e.Hidden = !c.written()
	if !e.Hidden {
		e.Released = &helpdesk.Release{By: c.by.author(), At: c.now}
	}
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: c.item.Subject, Status: helpdesk.Open, Channel: helpdesk.ByMail,
		HelpCenter: box.HelpCenter, Mailbox: box.Name, Opened: e.At, Maybe: c.item.Ticket,
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: contact.ID, Name: c.item.FromName, Address: c.item.From, Role: helpdesk.Requester, LinkGen: 1, Joined: e.At,
		}},
	}
	c.record(t, e)
	c.suggest(t)
	if !c.written() {
		return nil
	}
	answer := helpdesk.Confirmation
	if c.item.Recognised.Trust.Proof == helpdesk.ProofPass {
		answer = helpdesk.Acknowledgement
	}
	return c.desk.planner.Automatic(ctx, c.change, outbound.Occasion{
		Mailbox: box, Ticket: t, Entry: c.decision.Entry, To: &t.Participants[0], Purpose: answer, ByAgent: true, Now: c.now,
	})
}

// block holds what comes from the address from now on.
func (c *deciding) block() error {
	if c.found.Agent != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "the address is an agent's, and must go on working")
	}
	contact := c.contact()
	contact.Spam, contact.SpamProven = &c.now, c.item.Recognised.Trust.Proof == helpdesk.ProofPass
	return nil
}
