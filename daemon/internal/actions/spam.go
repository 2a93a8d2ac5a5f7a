package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// callSpam calls a request spam or takes that back, and the mail of who asked with it,
// as a decision about held mail does. It says what was done.
func (d *Desk) callSpam(ctx context.Context, e *editing, t *helpdesk.Ticket, change *helpdesk.Change) ([]string, error) {
	if (t.Spam != nil) == *e.Spam {
		return nil, nil
	}
	contact, err := d.asker(ctx, e.by.Account, t)
	if err != nil {
		return nil, err
	}
	if !*e.Spam {
		t.Spam = nil
		if contact != nil && contact.Spam != nil {
			contact.Spam, contact.SpamProven = nil, false
			change.Contact = contact
		}
		change.Audit = append(change.Audit, d.audit(e.by, "ticket.unspam", ticketSubject(t)))
		return []string{"No spam after all. Mail of who asked comes in again."}, nil
	}
	if r := t.Requester(); r != nil && contact != nil {
		if a, err := d.store.AgentByAddress(ctx, e.by.Account, r.Address); err == nil && !a.Disabled {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "the request is an agent's, whose mail must go on working")
		} else if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
			return nil, err
		}
		// What was said in their name may not be theirs: then only what nothing proves
		// is held.
		contact.Spam, contact.SpamProven = &e.now, contact.Proves(r.Address)
		change.Contact = contact
	}
	t.Spam = &helpdesk.Called{By: e.by.author(), At: e.now}
	t.Snoozed = nil
	change.Audit = append(change.Audit, d.audit(e.by, "ticket.spam", ticketSubject(t)))
	return []string{"Called spam. Mail of who asked is held from now on."}, nil
}

// asker is the contact who asked; nil if there is none.
func (d *Desk) asker(ctx context.Context, account string, t *helpdesk.Ticket) (*helpdesk.Contact, error) {
	r := t.Requester()
	if r == nil || r.Contact == "" {
		return nil, nil
	}
	c, err := d.store.Contact(ctx, account, r.Contact)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	return c, err
}
