package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// opening is a request that an agent begins by writing to somebody outside.
type opening struct {
	desk    *Desk
	by      Actor
	box     helpdesk.Mailbox
	base    helpdesk.Ticket // what of it is known beforehand
	address helpdesk.Address
	name    string
	subject string
	text    string
	files   []helpdesk.Attachment // of the first message
	uploads []Upload              // those of them that wait
	waiting waiting               // where they do
	receipt string
	edit    *editing // what it is filed under; nil for nothing
	now     time.Time
	// also has the last word on the new ticket, and may change another one with it.
	also func(ctx context.Context, t *helpdesk.Ticket, change *helpdesk.Change) error
}

// read takes what was typed. Invalid says what is wrong with it.
func (o *opening) read(address, name, subject, text string) (err error) {
	if o.address, err = newAddress(address); err != nil {
		return err
	}
	if o.desk.isOurs(o.by.Account, o.address) {
		return helpdesk.Errorf(helpdesk.Invalid, "mail to %s would come back to us: it is an address of ours", o.address)
	}
	if o.name = oneLine(name); len(o.name) > MaxName {
		return helpdesk.Errorf(helpdesk.Invalid, "use a shorter name")
	}
	if o.subject = oneLine(subject); o.subject == "" || len(o.subject) > MaxSubject {
		return helpdesk.Errorf(helpdesk.Invalid, "say in 1 to %d characters what it is about: that is the subject of the mail", MaxSubject)
	}
	if o.text, err = checkText(text); err != nil {
		return err
	}
	return o.box.Files.CheckAll(o.files)
}

// commit makes the request and returns its number.
func (o *opening) commit(ctx context.Context) (number int64, err error) {
	err = helpdesk.Retry(ctx, func(int) (err error) {
		number, err = o.try(ctx)
		return err
	})
	return number, settled(err)
}

func (o *opening) try(ctx context.Context) (int64, error) {
	d, account := o.desk, o.by.Account
	found, err := d.store.Lookup(ctx, account, store.Query{Receipt: o.receipt, Address: o.address})
	if err != nil {
		return 0, err
	}
	if found.Receipt != nil {
		return found.Receipt.Outcome.Number, nil
	}
	if found.Agent != nil && !found.Agent.Disabled {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "%s is the address of an agent: they see the request itself", o.address)
	}
	change := &helpdesk.Change{Account: account}
	contact, err := o.contact(change, found.Contact)
	if err != nil {
		return 0, err
	}
	if err := d.planner.Outreach(ctx, change, o.by.author().ID, o.now); err != nil {
		return 0, err
	}
	number, err := d.store.NextNumber(ctx, account)
	if err != nil {
		return 0, err
	}
	t, err := o.ticket(ctx, change, contact, number)
	if err != nil {
		return 0, err
	}
	change.Receipt = &helpdesk.Receipt{Key: o.receipt, At: o.now, Channel: helpdesk.ByConsole, Outcome: helpdesk.Outcome{
		Result: helpdesk.Created, Account: account, Mailbox: o.box.Name, Ticket: t.ID, Number: number, Entry: 1,
	}}
	d.planner.Reply(change, outbound.Occasion{Mailbox: o.box, Ticket: t, Entry: 1, Purpose: helpdesk.AgentReply, Now: o.now})
	if o.also != nil {
		if err := o.also(ctx, t, change); err != nil {
			return 0, err
		}
	}
	return number, d.commit(ctx, o.waiting, o.uploads, change)
}

// contact is to whom it goes: known, or new and proven by nothing.
func (o *opening) contact(change *helpdesk.Change, known *helpdesk.Contact) (*helpdesk.Contact, error) {
	if known == nil {
		change.Contact = newContact(o.name, o.address, o.now)
		return change.Contact, nil
	}
	if err := mayBeWrittenTo(known, o.address); err != nil {
		return nil, err
	}
	change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: known.ID, Rev: known.Rev})
	return known, nil
}

// ticket puts the new request and its first entry into the change.
func (o *opening) ticket(ctx context.Context, change *helpdesk.Change, contact *helpdesk.Contact, number int64) (*helpdesk.Ticket, error) {
	t := o.base
	t.ID, t.Number, t.Subject, t.Channel, t.Opened = helpdesk.NewTicketID(), number, o.subject, helpdesk.ByConsole, o.now
	t.Status = helpdesk.Pending
	name := o.name
	if name == "" {
		name = contact.Name
	}
	t.Participants = []helpdesk.Participant{{
		Number: 1, Contact: contact.ID, Name: name, Address: o.address, Role: helpdesk.Requester, LinkGen: 1, Joined: o.now,
	}}
	by := o.by.author()
	t.Submitter = &by
	if o.by.Agent != nil {
		now, err := o.desk.store.Agent(ctx, o.by.Account, o.by.Agent.ID)
		if err != nil {
			return nil, err
		}
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Agent: now.ID, Rev: now.Rev})
		if now.Disabled {
			return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in as an agent first")
		}
		t.Watch(now.ID)
	}
	e := helpdesk.Entry{Kind: helpdesk.Message, Channel: helpdesk.ByConsole, At: o.now, Author: by, Attachments: o.files}
	var err error
	if e.Text, e.TextBlob, err = o.desk.fit(ctx, o.by.Account, o.text); err != nil {
		return nil, err
	}
	t.Append(&e)
	change.Ticket, change.Entries = &t, []helpdesk.Entry{e}
	if o.edit != nil {
		_, err = o.edit.apply(&t, change)
	}
	return &t, err
}

// mayBeWrittenTo refuses to begin anything with a contact whom agents have shut out or
// taken away: whoever wants it has to say first that they are heard again.
func mayBeWrittenTo(known *helpdesk.Contact, a helpdesk.Address) error {
	switch {
	case known.Blocked != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "%s is blocked: unblock the contact before you write to them", a)
	case known.Erasing != nil: // before Deleted, which it may be too
		return helpdesk.Errorf(helpdesk.Invalid, "everything about %s is being erased: write when that is done", a)
	case known.Deleted != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "the contact with %s was deleted: bring it back before you write to them", a)
	}
	return nil
}
