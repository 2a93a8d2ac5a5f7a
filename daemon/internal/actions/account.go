package actions

import (
	"context"
	"errors"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// NewPassword is what a customer who is signed in types to have another one.
type NewPassword struct {
	Old, New string
	Browser  string // in words
}

// ChangePassword sets another password, or the first one of who signed in some
// other way. The old one is needed if there is one. All sessions end in the same
// transaction; the browser that asked gets a new one.
func (d *Desk) ChangePassword(ctx context.Context, h helpdesk.HelpCenter, who *Customer, in NewPassword) (*Entered, error) {
	if who == nil {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	if !h.PortalOn || !h.SignUp.Password {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	own := proven(who.Contact)
	if len(own) == 0 {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	if old := who.Contact.SignIn.Password; old != "" {
		if !d.tries.allow(h.Account, own[0], d.now()) {
			return nil, ErrTooMany
		}
		if len(in.Old) > maxPasswordBytes || !d.passwords.matches(old, normal(in.Old)) {
			return nil, &helpdesk.Error{Kind: helpdesk.Invalid, Public: "this is not your password", Err: ErrOldPassword}
		}
	}
	if err := checkPassword(in.New, h.DisplayName, own...); err != nil {
		return nil, err
	}
	if err := d.putPassword(ctx, h, who, d.passwords.hash(normal(in.New)), own); err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "password changed", "account", h.Account, "contact", who.Contact.ID)
	return d.enter(ctx, h, who.Contact.ID, who.Session.How, in.Browser)
}

// putPassword commits another password while the contact's is as it was when the
// old one was checked.
func (d *Desk) putPassword(ctx context.Context, h helpdesk.HelpCenter, who *Customer, hash string, own []helpdesk.Address) error {
	old := who.Contact.SignIn.Password
	return helpdesk.Retry(ctx, func(int) error {
		c, err := d.store.Contact(ctx, h.Account, who.Contact.ID)
		if err != nil {
			return err
		}
		if c.SignIn == nil || c.SignIn.Password != old {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first") // somebody changed it meanwhile
		}
		now := d.now()
		c.SignIn.Password, c.SignIn.PasswordSet = hash, &now
		change := &helpdesk.Change{Account: h.Account, Contact: c, SignedOut: c.ID}
		for _, a := range own[:min(len(own), maxTold)] {
			about := helpdesk.Pass{Address: a, HelpCenter: h.Name, Locale: h.Locale}
			if _, err := d.mailAbout(ctx, change, about, helpdesk.PasswordChanged, "", now); err != nil {
				return err
			}
		}
		return d.store.Commit(ctx, change)
	})
}

// ChangeName has a customer called otherwise from now on; "" for no name. What they
// wrote keeps the name that it came with.
func (d *Desk) ChangeName(ctx context.Context, h helpdesk.HelpCenter, who *Customer, name string) error {
	switch name = oneLine(name); {
	case who == nil:
		return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	case !h.PortalOn:
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	case len(name) > MaxName:
		return helpdesk.Errorf(helpdesk.Invalid, "use a shorter name")
	}
	return helpdesk.Retry(ctx, func(int) error {
		c, err := d.store.Contact(ctx, h.Account, who.Contact.ID)
		switch {
		case err != nil:
			return err
		case c.SignIn == nil:
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		case c.Name == name:
			return nil
		}
		c.Name = name
		return d.store.Commit(ctx, &helpdesk.Change{Account: h.Account, Contact: c})
	})
}

// ErrOldPassword is the cause of an Invalid that is about the old password.
var ErrOldPassword = errors.New("the old password is wrong")

// maxTold is to how many addresses of one contact a change is told.
const maxTold = 4

// CustomerSessions lists where a customer is signed in, the newest first.
func (d *Desk) CustomerSessions(ctx context.Context, who *Customer) ([]helpdesk.CustomerSession, error) {
	if who == nil {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	all, err := d.store.CustomerSessions(ctx, who.Account, who.Contact.ID)
	if err != nil {
		return nil, err
	}
	now := d.now()
	all = slices.DeleteFunc(all, func(s helpdesk.CustomerSession) bool { return !now.Before(s.Expires) })
	slices.SortFunc(all, func(a, b helpdesk.CustomerSession) int { return b.Created.Compare(a.Created) })
	return all, nil
}

// EndCustomerSession ends one session of the customer's own; NotFound if they have no such
// one.
func (d *Desk) EndCustomerSession(ctx context.Context, who *Customer, id string) error {
	found := false
	err := d.endSessions(ctx, who, func(s helpdesk.CustomerSession) bool {
		if string(s.ID) != id {
			return false
		}
		found = true
		return true
	})
	if err == nil && !found {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return err
}

// EndOtherSessions ends all sessions of the customer but the one they use.
func (d *Desk) EndOtherSessions(ctx context.Context, who *Customer) error {
	return d.endSessions(ctx, who, func(s helpdesk.CustomerSession) bool { return s.ID != who.Session.ID })
}

func (d *Desk) endSessions(ctx context.Context, who *Customer, ends func(helpdesk.CustomerSession) bool) error {
	if who == nil {
		return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return d.store.EndCustomerSessions(ctx, who.Account, who.Contact.ID, ends)
}
