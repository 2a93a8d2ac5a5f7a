package actions

import (
	"cmp"
	"context"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MaxHeld is how many held mails are listed. A flood may hold thousands, and a
// page of all of them would help nobody.
const MaxHeld = 200

// Held lists the mails that wait for a decision, the newest first, at most
// [MaxHeld].
func (d *Desk) Held(ctx context.Context, by Actor) ([]helpdesk.HeldItem, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	items, err := d.store.Held(ctx, by.Account, false, MaxHeld)
	if err != nil {
		return nil, err
	}
	return d.heldSeen(ctx, by, items)
}

// HeldCount is how many mails wait.
func (d *Desk) HeldCount(ctx context.Context, by Actor) (int, error) {
	if err := by.mayWork(); err != nil {
		return 0, err
	}
	if !by.seesAll() {
		items, err := d.Held(ctx, by)
		return len(items), err
	}
	return d.store.HeldCount(ctx, by.Account)
}

// HeldDecided lists the mails that were decided and have not lapsed, at most
// [MaxHeld] of those that came last, the newest decision first.
func (d *Desk) HeldDecided(ctx context.Context, by Actor) ([]helpdesk.HeldItem, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	items, err := d.store.Held(ctx, by.Account, true, MaxHeld)
	if err == nil {
		items, err = d.heldSeen(ctx, by, items)
	}
	slices.SortFunc(items, func(a, b helpdesk.HeldItem) int {
		return cmp.Or(b.Decision.At.Compare(a.Decision.At), cmp.Compare(b.ID, a.ID))
	})
	return items, err
}

// HeldItem reads one held mail, decided or not.
func (d *Desk) HeldItem(ctx context.Context, by Actor, id string) (*helpdesk.HeldItem, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	parsed, err := helpdesk.ParseID(id)
	if err != nil {
		return nil, err
	}
	return d.heldItem(ctx, by, parsed)
}

// heldItem reads an item that the actor may know of.
func (d *Desk) heldItem(ctx context.Context, by Actor, id helpdesk.ID) (*helpdesk.HeldItem, error) {
	item, err := d.store.HeldItem(ctx, by.Account, id)
	if err != nil {
		return nil, err
	}
	seen, err := d.heldSeen(ctx, by, []helpdesk.HeldItem{*item})
	if err == nil && len(seen) == 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such held mail")
	}
	return item, err
}

// heldSeen are those that the actor may know of: what names a request that they see.
// What names none could be anybody's, so it is for who sees all.
func (d *Desk) heldSeen(ctx context.Context, by Actor, items []helpdesk.HeldItem) ([]helpdesk.HeldItem, error) {
	if by.seesAll() {
		return items, nil
	}
	known := map[helpdesk.TicketID]bool{0: false}
	var seen []helpdesk.HeldItem
	for i := range items {
		id := items[i].Ticket
		sees, asked := known[id]
		if !asked {
			t, err := d.store.Ticket(ctx, by.Account, id)
			if err == nil {
				t, err = helpdesk.End(t, d.reading(ctx, by.Account))
			}
			if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
				return nil, err
			}
			sees = err == nil && by.sees(t)
			known[id] = sees
		}
		if sees {
			seen = append(seen, items[i])
		}
	}
	return seen, nil
}

// HeldFile opens attachment index, from 1, of a held mail: NotFound if it has
// none.
func (d *Desk) HeldFile(ctx context.Context, by Actor, id string, index int) (*File, error) {
	item, err := d.HeldItem(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if item.Entry == nil || index < 1 || index > len(item.Entry.Attachments) {
		return nil, noFile()
	}
	a := item.Entry.Attachments[index-1]
	return d.openFile(ctx, by.Account, a.Blob, a.Name, a.MediaType)
}

// HeldSource opens a held mail as it came.
func (d *Desk) HeldSource(ctx context.Context, by Actor, id string) (*File, error) {
	item, err := d.HeldItem(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return d.openFile(ctx, by.Account, item.Raw, "held-"+string(item.ID)+".eml", "text/plain")
}

// DecideHeld settles a held mail in one transaction. A verdict that the item does
// not offer is Invalid. An item that is decided answers Conflict with who
// decided what; the same verdict of the same person again changes nothing.
func (d *Desk) DecideHeld(ctx context.Context, by Actor, id string, verdict helpdesk.Verdict) (*helpdesk.Decision, error) {
	if err := by.may(helpdesk.DecideHeld); err != nil {
		return nil, err
	}
	if _, err := helpdesk.ParseVerdict(string(verdict)); err != nil {
		return nil, err
	}
	parsed, err := helpdesk.ParseID(id)
	if err != nil {
		return nil, err
	}
	var before, made *helpdesk.Decision
	err = helpdesk.Retry(ctx, func(int) error {
		item, err := d.heldItem(ctx, by, parsed)
		if err != nil {
			return err
		}
		if before = item.Decision; before != nil {
			return nil
		}
		made, err = d.decide(ctx, by, item, verdict)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case before != nil && before.Verdict == verdict && sameAuthor(before.By, by.author()):
		return before, nil
	case before != nil:
		return nil, helpdesk.Errorf(helpdesk.Conflict, "%s already", before.Words())
	}
	d.log.InfoContext(ctx, "held mail decided", "account", by.Account, "held", parsed, "verdict", verdict,
		"by", by.author().ID, "ticket", made.Number, "entry", made.Entry)
	return made, nil
}

func sameAuthor(a, b helpdesk.Author) bool { return a.Role == b.Role && a.ID == b.ID }

// LiftSpam lets mail of an address in again that was called spam. NotFound if it
// was not.
func (d *Desk) LiftSpam(ctx context.Context, by Actor, address string) error {
	if err := by.may(helpdesk.DecideHeld); err != nil {
		return err
	}
	a, err := helpdesk.ParseAddress(address)
	if err != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "%q is not a mail address", address)
	}
	err = helpdesk.Retry(ctx, func(int) error {
		contact, err := d.contactByAddress(ctx, by.Account, a)
		if err != nil {
			return err
		}
		if contact == nil || !contact.Unheard() {
			return helpdesk.Errorf(helpdesk.NotFound, "mail of %s was not called spam", a)
		}
		if contact.Blocked != nil {
			if err := by.may(helpdesk.EditContacts); err != nil {
				return err
			}
			return d.unblock(ctx, by, contact)
		}
		contact.Spam = nil
		return d.store.Commit(ctx, &helpdesk.Change{
			Account: by.Account, Contact: contact, Audit: []helpdesk.AuditRecord{d.audit(by, "spam.lift", "contact/"+string(contact.ID))},
		})
	})
	if err == nil {
		d.log.InfoContext(ctx, "spam lifted", "account", by.Account, "address", a.String(), "by", by.author().ID)
	}
	return err
}
