package actions

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// moving is a merge of contacts of which not every request knows yet.
type moving struct {
	From helpdesk.ID `json:"from"`
	Into helpdesk.ID `json:"into"`
}

// MergeContacts makes one contact of two that are the same person: addresses with
// what proved them, requests, and what is noted about them become into's, whose name,
// fields and sign-in come first. From keeps no sign-in of its own: there is one at
// most, and whoever used the other signs in with this one. It cannot be undone.
func (d *Desk) MergeContacts(ctx context.Context, by Actor, from, into helpdesk.ID) error {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return err
	}
	var move moving
	err := helpdesk.Retry(ctx, func(int) error {
		source, err := d.liveContact(ctx, by.Account, from)
		if err != nil {
			return err
		}
		target, err := d.liveContact(ctx, by.Account, into)
		if err != nil {
			return err
		}
		if why := mergeRefusal(source, target); why != "" {
			return helpdesk.Errorf(helpdesk.Invalid, "%s", why)
		}
		move = moving{From: source.ID, Into: target.ID}
		change := &helpdesk.Change{Account: by.Account}
		if err := d.endInvitation(ctx, by.Account, source, change); err != nil {
			return err
		}
		mergeInto(change, source, target)
		change.Records = append(change.Records, helpdesk.Record{Kind: helpdesk.MoveRecord, ID: string(source.ID), Value: move})
		change.Audit = append(change.Audit, d.audit(by, "contact.merge", contactSubject(source.ID), "into", string(target.ID)))
		return d.store.Commit(ctx, change)
	})
	if err != nil {
		return err
	}
	d.log.InfoContext(ctx, "contacts merged", "account", by.Account, "from", move.From, "into", move.Into, "by", by.author().ID)
	if err := d.move(ctx, by.Account, move); err != nil { // whoever erases goes on with it
		d.log.WarnContext(ctx, "requests of a merged contact are moved later", "account", by.Account, "contact", move.From, "error", err)
	}
	return nil
}

// mergeRefusal says why two contacts cannot become one; "" if they can.
func mergeRefusal(from, into *helpdesk.Contact) string {
	switch {
	case from.ID == into.ID:
		return "these are one contact already"
	case from.Deleted != nil || into.Deleted != nil:
		return "one of the two was deleted: restore it before you merge them"
	case (from.Blocked != nil) != (into.Blocked != nil):
		return "one of the two is blocked: unblock it, or block both, so that it is clear which holds"
	case len(from.Addresses)+len(into.Addresses) > MaxAddresses:
		return "together they have more addresses than one contact can have: remove some first"
	case subjectsOf(from)+subjectsOf(into) > helpdesk.MaxSubjects && into.SignIn == nil:
		return "together they have more ways to sign in than one contact can have"
	}
	return ""
}

func subjectsOf(c *helpdesk.Contact) int {
	if c.SignIn == nil {
		return 0
	}
	return len(c.SignIn.Subjects)
}

// mergeInto puts into the change what becomes of both.
func mergeInto(change *helpdesk.Change, from, into *helpdesk.Contact) {
	change.Contact, change.SignedOut = into, from.ID
	for _, a := range from.Addresses {
		change.Inherited.Addresses = append(change.Inherited.Addresses, a.Address)
	}
	into.Addresses = append(into.Addresses, from.Addresses...)
	switch {
	case from.SignIn == nil:
	case into.SignIn == nil:
		into.SignIn, change.Inherited.Subjects = from.SignIn, from.SignIn.Subjects
	default:
		change.Dropped = append(change.Dropped, from.SignIn.Subjects...)
	}
	if into.Name == "" {
		into.Name = from.Name
	}
	for name, value := range from.Fields {
		if into.Fields[name] == "" {
			into.Fields = helpdesk.WithFields(into.Fields, map[string]string{name: value})
		}
	}
	if from.Created.Before(into.Created) {
		into.Created = from.Created
	}
	if from.Spam != nil && into.Spam == nil {
		into.Spam, into.SpamProven = from.Spam, from.SpamProven
	}
	into.Was = append(append(into.Was, from.ID), from.Was...)
	change.Merged = &helpdesk.Contact{ID: from.ID, Created: from.Created, MergedInto: into.ID, Addresses: []helpdesk.ContactAddress{}, Rev: from.Rev}
}

// move tells all requests of the contact that was merged, and forgets that it has to.
func (d *Desk) move(ctx context.Context, account string, m moving) error {
	if err := d.store.MoveContact(ctx, account, m.From, m.Into); err != nil {
		return err
	}
	return d.store.Commit(ctx, &helpdesk.Change{Account: account, Records: []helpdesk.Record{{Kind: helpdesk.MoveRecord, ID: string(m.From), Gone: true, Any: true}}})
}

// moveLeft goes on with merges that a crash left.
func (d *Desk) moveLeft(ctx context.Context, account string) error {
	page, _, err := d.store.Records(ctx, account, helpdesk.MoveRecord, "", "", recordPage)
	if err != nil {
		return err
	}
	for _, r := range page {
		var m moving
		if strings.Contains(r.ID, "/") || json.Unmarshal(r.Raw, &m) != nil {
			continue
		}
		if err := d.move(ctx, account, m); err != nil {
			return err
		}
	}
	return nil
}
