package actions

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// AddParticipant lets somebody take part in a ticket: they get its mails and a
// link of their own (row S06). history lets them read what was written before
// too. Who takes part already stays as they are, or may read more.
func (d *Desk) AddParticipant(ctx context.Context, by Actor, number int64, address, name string, history bool) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	a, err := typedAddress(address)
	if err != nil {
		return err
	}
	if name = oneLine(name); len(name) > MaxName {
		return helpdesk.Errorf(helpdesk.Invalid, "use a shorter name")
	}
	if d.isOurs(by.Account, a) {
		return helpdesk.Errorf(helpdesk.Invalid, "mail to %s would come back to us: it is an address of ours", a)
	}
	return d.changePeople(ctx, by, number, "participant added", func(t *helpdesk.Ticket, change *helpdesk.Change) error {
		return d.add(ctx, change, t, joining{by: by.author(), channel: helpdesk.ByConsole, name: name, address: a, history: history, now: d.now()})
	})
}

// RemoveParticipant lets a collaborator go. Their links and reply addresses are
// dead from then on, and mail to them that waits is not sent.
func (d *Desk) RemoveParticipant(ctx context.Context, by Actor, number int64, participant uint16) error {
	return d.changePeople(ctx, by, number, "participant removed", func(t *helpdesk.Ticket, change *helpdesk.Change) error {
		p := t.Participant(participant)
		switch {
		case p == nil && hasLeft(t, participant):
			return errUnchanged
		case p == nil:
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such participant of #%d", number)
		case p.Role == helpdesk.Requester:
			return helpdesk.Errorf(helpdesk.Invalid, "a request stays with who asked it")
		}
		now := d.now()
		p.Leave(now)
		noteEvent(change, t, by, now, "Removed "+p.Address.String()+" from the request.")
		return nil
	})
}

func hasLeft(t *helpdesk.Ticket, participant uint16) bool {
	return slices.ContainsFunc(t.Participants, func(p helpdesk.Participant) bool { return p.Number == participant && !p.Active() })
}

// DismissSuggestion takes somebody off the people whom the ticket suggests.
func (d *Desk) DismissSuggestion(ctx context.Context, by Actor, number int64, address string) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	a, err := helpdesk.ParseAddress(address)
	if err != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "%q is not a mail address", address)
	}
	return d.changePeople(ctx, by, number, "suggestion dismissed", func(t *helpdesk.Ticket, change *helpdesk.Change) error {
		if !t.Dismiss(a) {
			return errUnchanged
		}
		noteEvent(change, t, by, d.now(), "Did not add "+a.String()+", who was copied.")
		return nil
	})
}

// auditedPeople are changes of who takes part that the audit log tells of.
var auditedPeople = map[string]string{"participant added": "participant.add", "participant removed": "participant.remove"}

// changePeople commits one change of who takes part in a ticket.
func (d *Desk) changePeople(ctx context.Context, by Actor, number int64, what string, how func(*helpdesk.Ticket, *helpdesk.Change) error) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	err := helpdesk.Retry(ctx, func(int) error {
		t, err := d.ticket(ctx, by, number)
		if err != nil {
			return err
		}
		change := &helpdesk.Change{Account: by.Account, Ticket: t}
		if err := how(t, change); err != nil {
			return err
		}
		if audited := auditedPeople[what]; audited != "" {
			change.Audit = append(change.Audit, d.audit(by, audited, ticketSubject(t)))
		}
		return d.store.Commit(ctx, change)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		d.log.InfoContext(ctx, what, "account", by.Account, "ticket", number, "by", by.author().ID)
	}
	return err
}

// add finds or makes the contact of who is to take part.
func (d *Desk) add(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, j joining) error {
	if err := d.goesOn(ctx, change.Account, t); err != nil {
		return err
	}
	if known := t.ParticipantByAddress(j.address); known != nil {
		return d.addKnown(ctx, change, t, known, j)
	}
	found, err := d.store.Lookup(ctx, change.Account, store.Query{Address: j.address})
	if err != nil {
		return err
	}
	switch {
	case found.Agent != nil && !found.Agent.Disabled:
		return helpdesk.Errorf(helpdesk.Invalid, "%s is the address of an agent, and agents take part as agents", j.address)
	case found.Contact != nil:
		if err := mayBeWrittenTo(found.Contact, j.address); err != nil {
			return err
		}
		if j.contact = found.Contact.ID; j.name == "" {
			j.name = found.Contact.Name
		}
		change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: found.Contact.ID, Rev: found.Contact.Rev})
	default:
		change.Contact = newContact(j.name, j.address, j.now) // whoever typed it proved nothing
		j.contact = change.Contact.ID
	}
	if err := d.keptApart(ctx, change.Account, t, j.address); err != nil {
		return err
	}
	box, err := d.mailbox(change.Account, t.Mailbox)
	if err != nil {
		return err
	}
	return d.letIn(ctx, change, box, t, j)
}

// keptApart is Invalid for who takes part in the request that t is a side thread of:
// they must not know of it.
func (d *Desk) keptApart(ctx context.Context, account string, t *helpdesk.Ticket, a helpdesk.Address) error {
	if t.Side == nil {
		return nil
	}
	parent, err := d.parent(ctx, account, t)
	if err != nil || parent == nil {
		return err
	}
	if parent.ParticipantByAddress(a) != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "%s takes part in request #%d, whose customers must not know of its side threads", a, parent.Number)
	}
	return nil
}

// addKnown lets who takes part already read more, or vouches for who was added by
// a customer and has proven nothing: from then on their mail goes out.
func (d *Desk) addKnown(ctx context.Context, change *helpdesk.Change, t *helpdesk.Ticket, known *helpdesk.Participant, j joining) error {
	vouched := known.Unasked && j.by.Role != helpdesk.Customer
	more := j.history && !known.History && known.Role == helpdesk.Collaborator
	if !vouched && !more {
		return errUnchanged
	}
	words := "Let " + known.Address.String() + " read what was written before."
	if more {
		known.History = true
	} else {
		words = "Added " + known.Address.String() + " to the request, whom a customer had named."
	}
	seq := noteBy(change, t, j.by, j.channel, j.now, words)
	if !vouched {
		return nil
	}
	known.Unasked = false
	box, err := d.mailbox(change.Account, t.Mailbox)
	if err != nil {
		return err
	}
	return d.planner.Automatic(ctx, change, outbound.Occasion{Mailbox: box, Ticket: t, Entry: seq, To: known, Purpose: helpdesk.Joined, Now: j.now})
}

// joining is somebody who is to take part in a ticket.
type joining struct {
	by      helpdesk.Author // who lets them
	channel helpdesk.Channel
	contact helpdesk.ID
	name    string
	address helpdesk.Address
	history bool
	unasked bool // a customer named an address that nobody has proven
	heard   bool // the requester gets what they wrote, and needs no word about them
	now     time.Time
}

// letIn makes them a collaborator, records who did, and tells them and the requester.
func (d *Desk) letIn(ctx context.Context, change *helpdesk.Change, box helpdesk.Mailbox, t *helpdesk.Ticket, j joining) error {
	if t.ParticipantByAddress(j.address) != nil {
		return nil // since the mail came
	}
	p := t.Join(j.contact, j.name, j.address, j.now)
	if p == nil {
		return helpdesk.Errorf(helpdesk.Invalid, "request #%d has as many people as it can: at most %d take part at a time, and who comes and goes counts", t.Number, helpdesk.MaxParticipants)
	}
	p.History, p.Unasked = j.history, j.unasked
	words := "Added " + j.address.String() + " to the request."
	if j.history {
		words = "Added " + j.address.String() + " to the request, with what was written before."
	}
	byAgent := j.by.Role != helpdesk.Customer
	o := outbound.Occasion{
		Mailbox: box, Ticket: t, Entry: noteBy(change, t, j.by, j.channel, j.now, words), To: p, Purpose: helpdesk.Joined, ByAgent: byAgent, Now: j.now,
	}
	if j.unasked {
		o.Purpose = helpdesk.Added
	}
	if err := d.planner.Automatic(ctx, change, o); err != nil || !byAgent || j.heard { // a customer did it themselves
		return err
	}
	return d.planner.PeopleChanged(ctx, change, o)
}

// noteEvent adds what was done to the history and returns its number.
func noteEvent(change *helpdesk.Change, t *helpdesk.Ticket, by Actor, now time.Time, words string) int {
	return noteBy(change, t, by.author(), helpdesk.ByConsole, now, words)
}

func noteBy(change *helpdesk.Change, t *helpdesk.Ticket, by helpdesk.Author, channel helpdesk.Channel, now time.Time, words string) int {
	e := helpdesk.Entry{Kind: helpdesk.Event, Channel: channel, At: now, Author: by, Text: words}
	t.Append(&e)
	change.Ticket, change.Entries = t, append(change.Entries, e)
	return e.Seq
}

// newContact has one address, which nobody has proven.
func newContact(name string, a helpdesk.Address, now time.Time) *helpdesk.Contact {
	return &helpdesk.Contact{ID: helpdesk.NewID(), Name: name, Created: now, Addresses: []helpdesk.ContactAddress{{Address: a}}}
}

// contactByAddress is nil if nobody has the address.
func (d *Desk) contactByAddress(ctx context.Context, account string, a helpdesk.Address) (*helpdesk.Contact, error) {
	found, err := d.store.Lookup(ctx, account, store.Query{Address: a})
	if err != nil {
		return nil, err
	}
	return found.Contact, nil
}

// isOurs reports a mailbox of the account, by its plain address or with something
// behind a "+".
func (d *Desk) isOurs(account string, a helpdesk.Address) bool {
	base, _, _ := strings.Cut(a.Local(), "+")
	plain, err := helpdesk.ParseAddress(base + "@" + a.Domain())
	if err != nil {
		plain = a
	}
	for _, a := range []helpdesk.Address{a, plain} {
		if box, ok := d.directory.MailboxByAddress(a); ok && box.Account == account {
			return true
		}
	}
	return false
}
