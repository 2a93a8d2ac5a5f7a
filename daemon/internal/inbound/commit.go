package inbound

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// commit writes everything that the mail causes in one transaction: receipt,
// ticket, entry, contact, indexes and outgoing mail.
func (p *Pipeline) commit(ctx context.Context, c *incoming) (helpdesk.Outcome, error) {
	change := &helpdesk.Change{Account: c.box.Account, Signatures: c.remember, Mark: c.env.fetched.mark()}
	outcome := helpdesk.Outcome{Account: c.box.Account, Mailbox: c.box.Name, Recognised: c.entry.Recognised, Hidden: c.verdict.hidden}
	var err error
	c.returns(change)
	switch c.verdict.act {
	case toHold:
		p.hold(c, change, &outcome)
	case toAppend, toJoin:
		if c.goesOn() {
			err = p.open(ctx, c, change, &outcome, c.ticket) // row P03
		} else {
			err = p.append(ctx, c, change, &outcome)
		}
	case toFork:
		err = p.open(ctx, c, change, &outcome, c.ticket)
	case toOpen:
		err = p.open(ctx, c, change, &outcome, nil)
	case toForget:
		return p.forget(ctx, c, change, outcome)
	case toAnswer, toNote:
		err = p.work(ctx, c, change, &outcome)
	case toForward:
		err = p.openForward(ctx, c, change, &outcome)
	case toRecall:
		p.recall(c, change, &outcome) // history.go
	case toRecallNew:
		err = p.recallNew(ctx, c, change, &outcome)
	}
	if err != nil {
		return helpdesk.Outcome{}, err
	}
	change.Receipt = &helpdesk.Receipt{
		Key: c.receipt, At: c.now, Channel: c.channel(), Raw: c.kept.ref.Hash.String(), Outcome: outcome,
		Path: c.path(),
	}
	if err := p.Store.Commit(ctx, change); err != nil {
		return helpdesk.Outcome{}, err
	}
	if c.said != nil {
		p.merge(ctx, c, c.ticket.ID) // obey.go: a second act
	}
	return outcome, nil
}

// forget takes a mail in and keeps nothing of it but that it came: its bytes go as
// those of what it is about.
func (p *Pipeline) forget(ctx context.Context, c *incoming, change *helpdesk.Change, outcome helpdesk.Outcome) (helpdesk.Outcome, error) {
	outcome.Result, outcome.Recognised = helpdesk.Forgotten, nil
	change.Receipt = &helpdesk.Receipt{Key: c.receipt, At: c.now, Channel: c.channel(), Outcome: outcome}
	job := helpdesk.NewID()
	freed := append(c.entry.Blobs(), c.kept.ref.Hash.String())
	change.Records = append(change.Records,
		helpdesk.Record{Kind: helpdesk.EraseRecord, ID: string(job), Value: helpdesk.Erasure{Contact: job, Step: helpdesk.EraseBlobs, Begun: c.now}},
		helpdesk.Record{Kind: helpdesk.EraseRecord, ID: string(job) + "/1", Value: helpdesk.Freed{Blobs: freed}})
	return outcome, p.Store.Commit(ctx, change)
}

// goesOn reports an answer to a closed ticket, which makes a new one. What a
// program sent about a closed ticket is put there and wakes nobody.
func (c *incoming) goesOn() bool {
	return (c.verdict.act == toAppend || c.verdict.act == toJoin) && c.ticket.Status == helpdesk.Closed && c.class == helpdesk.ClassMessage
}

func (c *incoming) path() *helpdesk.Path {
	path := &helpdesk.Path{Transfer: c.env.ID, Peer: c.env.Peer, Helo: c.env.Helo, From: c.env.From}
	for _, r := range c.to {
		path.To = append(path.To, r.Written)
	}
	return path
}

func (p *Pipeline) hold(c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome) {
	item := &helpdesk.HeldItem{
		ID: helpdesk.NewTimedID(c.now), Cause: c.verdict.cause, Mailbox: c.box.Name,
		From: c.writer.Address, FromName: c.writer.Name, Subject: subject(c), Text: c.entry.Text,
		Raw: c.entry.Raw, At: c.now, Recognised: *c.entry.Recognised,
		Entry: &c.entry, Copied: p.copied(c), Expires: c.now.Add(helpdesk.HeldFor),
	}
	if t := c.meant(); t != nil {
		item.Ticket, item.Number = t.ID, t.Number
	}
	change.Held = item
	outcome.Result, outcome.Held, outcome.Ticket, outcome.Number = helpdesk.HeldBack, item.ID, item.Ticket, item.Number
}

// meant is the ticket that the mail names, or may mean.
func (c *incoming) meant() *helpdesk.Ticket {
	if c.ticket != nil {
		return c.ticket
	}
	return c.maybe
}

// append adds the entry to the ticket that was found and tells the others.
func (p *Pipeline) append(ctx context.Context, c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome) error {
	t := c.ticket
	if c.verdict.act == toJoin {
		t.Join(c.contact(change).ID, c.writer.Name, c.writer.Address, c.now) // there is room: facts.go looked
	}
	if writer := t.ParticipantByAddress(c.writer.Address); writer != nil && !c.verdict.event {
		c.entry.Author.ID = writer.Contact
		writer.Unasked = writer.Unasked && c.trust.Proof != helpdesk.ProofPass // they want it
	}
	if c.class == helpdesk.ClassMessage {
		t.CustomerReplied() // hidden ones too: in a ticket that waits for the customer no agent would find them
	}
	if d := c.reported; d != nil && d.State == helpdesk.Bounced && !d.Purpose.Automatic() {
		t.ReplyBounced()
	}
	p.suggest(c, t)
	p.record(c, change, t)
	p.tell(c, change)
	outcome.Result, outcome.Ticket, outcome.Number, outcome.Entry = helpdesk.Appended, t.ID, t.Number, c.entry.Seq
	for i := range t.Participants {
		to := &t.Participants[i]
		if !c.entry.Public() || !to.Active() || to.Address.Same(c.writer.Address) {
			continue
		}
		if err := p.answer(ctx, c, change, t, to, helpdesk.Update); err != nil {
			return err
		}
	}
	return p.notify(ctx, c, change) // notify.go: last, as it takes what room is left
}

// tell marks the copy that the mail is a report about.
func (p *Pipeline) tell(c *incoming, change *helpdesk.Change) {
	if d := c.reported; d != nil {
		d.Report.Entry = c.entry.Seq
		change.Deliveries = append(change.Deliveries, *d)
	}
}

// open makes a new ticket of the mail and acknowledges it as the row allows.
// follows is the closed ticket that it goes on from, nil if there is none.
func (p *Pipeline) open(ctx context.Context, c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome, follows *helpdesk.Ticket) error {
	number, err := p.Store.NextNumber(ctx, c.box.Account)
	if err != nil {
		return err
	}
	contact := c.contact(change)
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: subject(c), Status: helpdesk.Open, Channel: helpdesk.ByMail,
		HelpCenter: c.box.HelpCenter, Mailbox: c.box.Name, Opened: c.now,
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: contact.ID, Name: c.writer.Name, Address: c.writer.Address,
			Role: helpdesk.Requester, LinkGen: 1, Joined: c.now,
		}},
	}
	answer := c.verdict.answer
	if follows != nil {
		t.GoOnFrom(follows)
		change.Also = follows
		if c.trust.Proof == helpdesk.ProofPass { // they get the link to what is a ticket of its own
			answer = helpdesk.Acknowledgement
		}
	} else if maybe := c.meant(); maybe != nil {
		t.Maybe = maybe.ID // agents see it, the writer does not
	}
	c.entry.Author.ID = contact.ID
	p.suggest(c, t)
	p.record(c, change, t)
	outcome.Result, outcome.Ticket, outcome.Number, outcome.Entry = helpdesk.Created, t.ID, t.Number, c.entry.Seq
	if answer != "" {
		if err := p.answer(ctx, c, change, t, &t.Participants[0], answer); err != nil {
			return err
		}
	}
	return p.notify(ctx, c, change)
}

// record puts the entry on the ticket and makes its Message-ID findable.
func (p *Pipeline) record(c *incoming, change *helpdesk.Change, t *helpdesk.Ticket) {
	t.Append(&c.entry)
	change.Ticket, change.Entries = t, []helpdesk.Entry{c.entry}
	if c.entry.MessageID != "" {
		change.Messages = []helpdesk.MessageRef{{MessageID: c.entry.MessageID, Ticket: t.ID, Entry: c.entry.Seq}}
	}
	if c.class == helpdesk.ClassMessage && !c.verdict.hidden {
		change.Messages = append(change.Messages, p.unseen(c, t)...)
	}
}

// maxUnseen is enough for the mail that went past us and what it answered. Each
// is an operation of the transaction, which copies to everybody nearly fill.
const maxUnseen = 4

// unseen are the ids that the mail names and that we have no mail of, newest
// first. What names them too may belong to the same thread.
func (p *Pipeline) unseen(c *incoming, t *helpdesk.Ticket) []helpdesk.MessageRef {
	var refs []helpdesk.MessageRef
	for _, id := range c.names() {
		known := slices.ContainsFunc(c.found.Refs, func(m helpdesk.MessageRef) bool { return m.MessageID == id && !m.Unseen })
		_, foreign := p.Signer.ParseMessageID(links.Audience(c.box.Audience), id)
		if !known && foreign != nil && id != c.entry.MessageID && len(refs) < maxUnseen {
			refs = append(refs, helpdesk.MessageRef{MessageID: id, Ticket: t.ID, Entry: c.entry.Seq, Unseen: true})
		}
	}
	return refs
}

// returns brings back a contact that was deleted and writes, as they would have
// expected all the while. A program of theirs does not, nor what its domain disowns,
// nor who was blocked besides.
func (c *incoming) returns(change *helpdesk.Change) {
	known := c.found.Contact
	if known == nil || c.past() || c.class != helpdesk.ClassMessage || c.trust.Proof == helpdesk.ProofFail || known.Blocked != nil || c.agent() != nil {
		return
	}
	if known.Restore() {
		change.Contact = known
		change.Audit = append(change.Audit, helpdesk.ContactReturned(known.ID, "mail", c.now))
	}
}

// contact is who wrote: known, or new with this mail.
func (c *incoming) contact(change *helpdesk.Change) *helpdesk.Contact {
	if known := c.found.Contact; known != nil {
		if c.trust.Proof == helpdesk.ProofPass && known.Prove(c.writer.Address, "mail", c.now) {
			change.Contact = known
			return known
		}
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: known.ID, Rev: known.Rev})
		return known
	}
	contact := &helpdesk.Contact{
		ID: helpdesk.NewID(), Name: c.writer.Name, Created: c.now,
		Addresses: []helpdesk.ContactAddress{{Address: c.writer.Address}},
	}
	if c.trust.Proof == helpdesk.ProofPass {
		contact.Addresses[0].Proven, contact.Addresses[0].How = &c.now, "mail"
	}
	change.Contact = contact
	return contact
}

// calmTries is how many lost races still let automatic mail be decided. Budgets
// are counted in the same transaction, so a flood from one address collides
// on them; a flood is also the moment not to answer.
const calmTries = 4

func (p *Pipeline) answer(ctx context.Context, c *incoming, change *helpdesk.Change, t *helpdesk.Ticket, to *helpdesk.Participant, purpose helpdesk.Purpose) error {
	if c.try >= calmTries {
		told := c.entry.Recognised // the entry shares it
		told.Evidence = append(told.Evidence, "Nothing was answered: too many mails at once.")
		return nil
	}
	return p.Planner.Automatic(ctx, change, outbound.Occasion{
		Mailbox: p.sender(c, t), Ticket: t, Entry: c.entry.Seq, To: to, Purpose: purpose, Now: c.now,
	})
}

// maxSubject keeps lists readable and records small; the raw mail has it all.
const maxSubject = 500

func subject(c *incoming) string {
	s := strings.TrimSpace(cut(links.WithoutTokens(c.mail.Subject()), maxSubject))
	if s == "" {
		return "(no subject)"
	}
	return s
}
