package actions

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// DeleteContact takes a contact away for [helpdesk.DeletedFor]: their sign-in and
// their sessions end, links that were sent to them open nothing, and nothing answers
// them by itself. Whoever writes comes back; who does not is erased.
func (d *Desk) DeleteContact(ctx context.Context, by Actor, id helpdesk.ID) error {
	return d.changeContact(ctx, by, helpdesk.RemoveContacts, id, "contact deleted", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		if c.Deleted != nil {
			return errUnchanged
		}
		if err := d.endSignIn(ctx, by.Account, c, change); err != nil {
			return err
		}
		c.Deleted = &helpdesk.Called{By: by.author(), At: d.now()}
		change.Audit = append(change.Audit, d.audit(by, "contact.delete", contactSubject(c.ID)))
		return nil
	})
}

// endSignIn takes away all by which a contact gets in.
func (d *Desk) endSignIn(ctx context.Context, account string, c *helpdesk.Contact, change *helpdesk.Change) error {
	if c.SignIn != nil {
		change.Dropped = append(change.Dropped, c.SignIn.Subjects...)
	}
	c.SignIn, change.SignedOut = nil, c.ID
	return d.endInvitation(ctx, account, c, change)
}

// RestoreContact brings a contact back that was deleted. Links that were sent to them
// open their requests again; their sign-in does not come back.
func (d *Desk) RestoreContact(ctx context.Context, by Actor, id helpdesk.ID) error {
	return d.changeContact(ctx, by, helpdesk.RemoveContacts, id, "contact restored", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		if !c.Restore() {
			return errUnchanged
		}
		change.Audit = append(change.Audit, d.audit(by, "contact.restore", contactSubject(c.ID)))
		return nil
	})
}

// returns brings back in the change somebody who was deleted and did something that
// only who is here does: how says what.
func (d *Desk) returns(change *helpdesk.Change, c *helpdesk.Contact, how string) {
	if c == nil || c.Blocked != nil || !c.Restore() {
		return
	}
	change.Contact = c
	change.Audit = append(change.Audit, helpdesk.ContactReturned(c.ID, how, d.now()))
}

// EraseDeleted has those erased who were deleted and did not come back in time, and
// tells how many.
func (d *Desk) EraseDeleted(ctx context.Context, account string) (int, error) {
	begun := 0
	for _, id := range d.roster.DeletedBefore(account, d.now().Add(-helpdesk.DeletedFor)) {
		err := d.beginErasing(ctx, Actor{Account: account, Operator: true}, true, id, func(c *helpdesk.Contact) error {
			if c.Deleted == nil || c.Deleted.At.After(d.now().Add(-helpdesk.DeletedFor)) {
				return errUnchanged // they came back
			}
			return nil
		})
		switch {
		case errors.Is(err, errUnchanged), helpdesk.KindOf(err) == helpdesk.NotFound:
		case err != nil:
			return begun, err
		default:
			begun++
		}
	}
	return begun, nil
}
