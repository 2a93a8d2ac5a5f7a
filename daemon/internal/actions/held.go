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
	return d.store.Held(ctx, by.Account, false, MaxHeld)
}

// HeldCount is how many mails wait.
func (d *Desk) HeldCount(ctx context.Context, by Actor) (int, error) {
	if err := by.mayWork(); err != nil {
		return 0, err
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
	return d.store.HeldItem(ctx, by.Account, parsed)
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
	if err := by.mayWork(); err != nil {
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
		item, err := d.store.HeldItem(ctx, by.Account, parsed)
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
	if err := by.may(helpdesk.EditContacts); err != nil {
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
		return d.unblock(ctx, by, contact)
	})
	if err == nil {
		d.log.InfoContext(ctx, "spam lifted", "account", by.Account, "address", a.String(), "by", by.author().ID)
	}
	return err
}
