package actions

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// MaxAddresses of one contact: more than a person has, and few enough for a merge of
// two to fit one transaction.
const MaxAddresses = 20

// ContactEdit is what an agent writes about a contact. What is nil stays as it is.
type ContactEdit struct {
	Name   *string
	Fields map[string]string // by name; those that are not there stay
	// If is the revision that the page showed ([helpdesk.Contact.Rev]); 0 overwrites
	// whatever is there.
	If int64
}

// EditContact changes name and fields of a contact. Conflict says that somebody else
// changed the contact since the page was made.
func (d *Desk) EditContact(ctx context.Context, by Actor, id helpdesk.ID, in ContactEdit) error {
	settings, err := d.DeskSettings(ctx, by)
	if err != nil {
		return err
	}
	return d.changeContact(ctx, by, helpdesk.EditContacts, id, "contact changed", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		if in.If != 0 && in.If != c.Rev {
			return helpdesk.Errorf(helpdesk.Invalid, "somebody else changed this contact since you opened it: look at what it says now, then save again")
		}
		name, fields, err := in.checked(c, settings)
		if err != nil {
			return err
		}
		var what []string
		if name != c.Name {
			what = append(what, "name")
		}
		if !maps.Equal(fields, c.Fields) {
			what = append(what, "fields")
		}
		if len(what) == 0 {
			return errUnchanged
		}
		c.Name, c.Fields = name, fields
		change.Audit = append(change.Audit, d.audit(by, "contact.edit", contactSubject(c.ID), "what", strings.Join(what, ",")))
		return nil
	})
}

// checked are name and fields as they will be.
func (in *ContactEdit) checked(c *helpdesk.Contact, settings *helpdesk.DeskSettings) (string, map[string]string, error) {
	name := c.Name
	if in.Name != nil {
		if name = oneLine(*in.Name); len(name) > MaxName {
			return "", nil, helpdesk.Errorf(helpdesk.Invalid, "use a shorter name: at most %d characters", MaxName)
		}
	}
	read, err := helpdesk.ReadFields(settings.ContactFields, in.Fields)
	if err != nil {
		return "", nil, err
	}
	return name, helpdesk.WithFields(c.Fields, read), nil
}

// NewContact is a person whom an agent writes down.
type NewContact struct {
	Name    string
	Address string
}

// AddContact writes a person down. That proves nothing about the address. An address
// that somebody has is Invalid.
func (d *Desk) AddContact(ctx context.Context, by Actor, in NewContact) (*helpdesk.Contact, error) {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return nil, err
	}
	name := oneLine(in.Name)
	if len(name) > MaxName {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "use a shorter name: at most %d characters", MaxName)
	}
	a, err := typedAddress(in.Address)
	if err != nil {
		return nil, err
	}
	var c *helpdesk.Contact
	err = helpdesk.Retry(ctx, func(int) error {
		if err := d.isFree(ctx, by.Account, a, ""); err != nil {
			return err
		}
		c = newContact(name, a, d.now())
		return d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Contact: c, Audit: []helpdesk.AuditRecord{d.audit(by, "contact.add", contactSubject(c.ID))}})
	})
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "contact added", "account", by.Account, "contact", c.ID, "by", by.author().ID)
	return c, nil
}

// isFree refuses an address that a contact other than id has, an agent, or we.
func (d *Desk) isFree(ctx context.Context, account string, a helpdesk.Address, id helpdesk.ID) error {
	found, err := d.store.Lookup(ctx, account, store.Query{Address: a})
	switch {
	case err != nil:
		return err
	case d.isOurs(account, a):
		return helpdesk.Errorf(helpdesk.Invalid, "%s is an address of ours", a)
	case found.Agent != nil && !found.Agent.Disabled:
		return helpdesk.Errorf(helpdesk.Invalid, "%s is the address of an agent", a)
	case found.Contact == nil:
		return nil
	case found.Contact.ID == id:
		return errUnchanged
	case found.Contact.Erasing != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "everything about %s is being erased: try again in a few minutes", a)
	case found.Contact.Deleted != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "%s belongs to a contact that was deleted: restore it", a)
	}
	return helpdesk.Errorf(helpdesk.Invalid, "%s belongs to another contact: merge the two if they are one person", a)
}

// AddAddress gives a contact another address. Nothing proves that it is theirs until
// they prove it, so it opens nothing before. One that another contact has stays
// theirs.
func (d *Desk) AddAddress(ctx context.Context, by Actor, id helpdesk.ID, address string) error {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return err
	}
	a, err := typedAddress(address)
	if err != nil {
		return err
	}
	return d.changeContact(ctx, by, helpdesk.EditContacts, id, "address added", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		if len(c.Addresses) >= MaxAddresses {
			return helpdesk.Errorf(helpdesk.Invalid, "a contact has at most %d addresses: remove one first", MaxAddresses)
		}
		if err := d.isFree(ctx, by.Account, a, c.ID); err != nil {
			return err
		}
		c.Addresses = append(c.Addresses, helpdesk.ContactAddress{Address: a})
		change.Taken = append(change.Taken, a)
		change.Audit = append(change.Audit, d.audit(by, "contact.address.add", contactSubject(c.ID)))
		return nil
	})
}

// RemoveAddress takes an address off a contact. Whoever writes from it is somebody
// else from then on; requests that they asked from it go on at that address. The last
// address stays, and so does the last one that lets them sign in.
func (d *Desk) RemoveAddress(ctx context.Context, by Actor, id helpdesk.ID, address string) error {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return err
	}
	a, err := typedAddress(address)
	if err != nil {
		return err
	}
	return d.changeContact(ctx, by, helpdesk.EditContacts, id, "address removed", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		i := slices.IndexFunc(c.Addresses, func(known helpdesk.ContactAddress) bool { return known.Address.Same(a) })
		switch {
		case i < 0:
			return errUnchanged
		case len(c.Addresses) == 1:
			return helpdesk.Errorf(helpdesk.Invalid, "%s is the only address of this contact: add another one first, or delete the contact", a)
		case c.SignIn != nil && len(proven(c)) == 1 && c.Addresses[i].Proven != nil:
			return helpdesk.Errorf(helpdesk.Invalid, "%s is the only address that lets them sign in", a)
		}
		change.Freed = append(change.Freed, c.Addresses[i].Address)
		c.Addresses = slices.Delete(c.Addresses, i, i+1)
		if c.Invitation != nil && c.Invitation.To.Same(a) {
			if err := d.endInvitation(ctx, by.Account, c, change); err != nil {
				return err
			}
			c.Invitation = nil
		}
		change.Audit = append(change.Audit, d.audit(by, "contact.address.remove", contactSubject(c.ID)))
		return nil
	})
}

// endInvitation kills the link of the last invitation.
func (d *Desk) endInvitation(ctx context.Context, account string, c *helpdesk.Contact, change *helpdesk.Change) error {
	if c.Invited == "" {
		return nil
	}
	pass, err := d.store.Pass(ctx, account, c.Invited, d.now())
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
	case err != nil:
		return err
	default:
		pass.Used = true
		change.Passes = append(change.Passes, *pass)
	}
	c.Invited = ""
	return nil
}

// SignOutContact ends all sessions of a contact.
func (d *Desk) SignOutContact(ctx context.Context, by Actor, id helpdesk.ID) error {
	return d.changeContact(ctx, by, helpdesk.EditContacts, id, "sessions of contact ended", func(c *helpdesk.Contact, change *helpdesk.Change) error {
		change.SignedOut = c.ID
		change.Audit = append(change.Audit, d.audit(by, "contact.signout", contactSubject(c.ID)))
		return nil
	})
}
