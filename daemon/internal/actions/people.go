package actions

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// peopleADay is how many people one customer may add in a day, on all of their
// requests: more than anybody needs, and too few to write to strangers with.
const peopleADay = 20

// AddPerson lets somebody take part in the customer's own request (row S06), from
// then on. An address that nobody has proven gets one mail of fixed words, and
// nothing more before its owner has shown that they want it: otherwise whoever has
// a request could have us write to anybody (row M04). Whether it is known here the
// customer does not learn. Who takes part already stays as they are.
func (d *Desk) AddPerson(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, address, name string) error {
	return d.actOn(ctx, h, by, number, "participant added by customer", func(r *request, change *helpdesk.Change) error {
		switch {
		case !r.mayAdd():
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
		case r.customer.Contact.Unheard():
			return helpdesk.Errorf(helpdesk.Invalid, "nobody can be added just now: ask us to")
		}
		j, err := d.newcomer(ctx, change, r, address, name)
		if err != nil {
			return err
		}
		if err := d.countPerson(ctx, change, r); err != nil {
			return err
		}
		box, err := d.mailbox(h.Account, r.ticket.Mailbox)
		if err != nil {
			return err
		}
		if !r.ticket.HasRoom() {
			return helpdesk.Errorf(helpdesk.Invalid, "as many people as possible take part: ask us to add more")
		}
		return d.letIn(ctx, change, box, r.ticket, *j)
	})
}

// mayAdd reports whether the customer may add people. In a side thread nobody outside
// does: whom they name may be a customer of the request that it is about, and neither is
// to learn of the other.
func (r *request) mayAdd() bool {
	return r.asked() && r.center.Collaborators && r.ticket.Side == nil
}

// newcomer checks who is to be added.
func (d *Desk) newcomer(ctx context.Context, change *helpdesk.Change, r *request, address, name string) (*joining, error) {
	a, err := newAddress(address)
	if err != nil {
		return nil, err
	}
	if name = oneLine(name); len(name) > MaxName {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "use a shorter name")
	}
	switch known := r.ticket.ParticipantByAddress(a); {
	case known != nil && known.Role == helpdesk.Requester:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "you take part already")
	case known != nil:
		return nil, errUnchanged
	}
	found, err := d.store.Lookup(ctx, change.Account, store.Query{Address: a})
	if err != nil {
		return nil, err
	}
	if found.Agent != nil || d.isOurs(change.Account, a) { // in the same words: which of them it is, is ours to know
		return nil, helpdesk.Errorf(helpdesk.Invalid, "we read every request already: %s can't be added", a.String())
	}
	// The name is the one that was typed, also for a contact that has another: who
	// names an address learns nothing about its owner.
	j := &joining{by: r.author(), channel: helpdesk.ByPortal, name: name, address: a, unasked: true, now: d.now()}
	if found.Contact == nil {
		change.Contact = newContact(name, a, j.now)
		j.contact = change.Contact.ID
		return j, nil
	}
	j.contact, j.unasked = found.Contact.ID, !found.Contact.Proves(a)
	change.Unchanged = append(change.Unchanged, helpdesk.Revision{Contact: found.Contact.ID, Rev: found.Contact.Rev})
	return j, nil
}

// countPerson counts against what one customer may add.
func (d *Desk) countPerson(ctx context.Context, change *helpdesk.Change, r *request) error {
	spent, err := d.planner.Budgets.Budget(ctx, change.Account, "people/"+string(r.customer.Contact.ID))
	if err != nil {
		return err
	}
	now := d.now()
	if now.After(spent.Until) {
		spent.Used, spent.Until = 0, now.Add(24*time.Hour)
	}
	if spent.Used >= peopleADay {
		return helpdesk.Errorf(helpdesk.Invalid, "you have added many people today: add more tomorrow, or ask us to")
	}
	spent.Used++
	change.Budgets = append(change.Budgets, spent)
	return nil
}

// RemovePerson lets a collaborator go, on the word of the requester or on their
// own. Their links and reply addresses are dead from then on, and mail to them
// that waits is not sent. Somebody who has left already is no error.
func (d *Desk) RemovePerson(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, participant uint16) error {
	return d.actOn(ctx, h, by, number, "participant removed by customer", func(r *request, change *helpdesk.Change) error {
		p := r.ticket.Participant(participant)
		mine := participant == r.self.Number
		switch {
		case r.asked() && p == nil && hasLeft(r.ticket, participant):
			return errUnchanged
		case p == nil, p.Role == helpdesk.Requester, !mine && !r.asked():
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
		}
		author, words := r.author(), "Removed "+p.Address.String()+" from the request."
		if mine {
			words = p.DisplayName() + " left the request."
		}
		now := d.now()
		p.Leave(now)
		noteBy(change, r.ticket, author, helpdesk.ByPortal, now, words)
		return nil
	})
}
