package actions

import (
	"context"
	"crypto/subtle"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// IsFor reports whether a pass may be used in the browser that has the secret. One
// for an issuer's identity only opens where that identity came from: else whoever
// gets hold of somebody's mail, or a program that presses buttons in it, would let
// a stranger in.
func IsFor(p *helpdesk.Pass, secret string) bool {
	return p.Subject == nil || secret != "" && subtle.ConstantTimeCompare([]byte(p.Browser), []byte(sessionHash(secret))) == 1
}

// LinkIdentity uses a pass that was sent to prove the address of somebody who came
// from an issuer: from then on the issuer's identity signs in the contact of that
// address. One of the same issuer that did so before does not any more, and its
// sessions end. NotFound if the pass does not hold or was asked for elsewhere.
func (d *Desk) LinkIdentity(ctx context.Context, h helpdesk.HelpCenter, token, secret, browser string) (*Entered, error) {
	var contact helpdesk.ID
	var how, next string
	err := helpdesk.Retry(ctx, func(int) error {
		p, c, err := d.pass(ctx, h, token)
		if err != nil {
			return err
		}
		if p.Subject == nil || !IsFor(p, secret) {
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
		}
		owner, err := d.owner(ctx, h.Account, *p.Subject)
		if err != nil {
			return err
		}
		change := &helpdesk.Change{Account: h.Account}
		name := ""
		if !isNamed(c) {
			name = p.Name
		}
		c = prove(change, c, p, name, d.now())
		switch {
		case owner == nil:
			replace(change, c, p.Subject.Issuer)
			err = bind(change, c, *p.Subject)
		case owner.ID != c.ID: // it came to somebody else by another mail
			err = helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
		}
		if err != nil {
			return err
		}
		contact, how, next = c.ID, p.Subject.Name, p.Next
		return d.store.Commit(ctx, change)
	})
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "identity linked", "account", h.Account, "issuer", how, "contact", contact)
	e, err := d.enter(ctx, h, contact, how, browser)
	if err == nil {
		e.Next = next
	}
	return e, err
}

// DropIdentity takes the right to sign in from the identity at an issuer. Invalid
// says that it is the only way in.
func (d *Desk) DropIdentity(ctx context.Context, h helpdesk.HelpCenter, who *Customer, name string) error {
	if who == nil {
		return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	err := helpdesk.Retry(ctx, func(int) error {
		c, err := d.store.Contact(ctx, h.Account, who.Contact.ID)
		if err != nil {
			return err
		}
		if c.SignIn == nil {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		}
		i := slices.IndexFunc(c.SignIn.Subjects, func(s helpdesk.Subject) bool { return s.Name == name })
		if i < 0 {
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
		}
		gone := c.SignIn.Subjects[i]
		c.SignIn.Subjects = slices.Delete(c.SignIn.Subjects, i, i+1)
		if !hasWayIn(h, c) {
			return helpdesk.Errorf(helpdesk.Invalid, "this is your only way to sign in; set a password first")
		}
		return d.store.Commit(ctx, &helpdesk.Change{Account: h.Account, Contact: c, Dropped: []helpdesk.Subject{gone}})
	})
	if err != nil {
		return err
	}
	d.log.InfoContext(ctx, "identity dropped", "account", h.Account, "issuer", name, "contact", who.Contact.ID)
	return d.endSessions(ctx, who, func(s helpdesk.CustomerSession) bool { return s.How == name && s.ID != who.Session.ID })
}

// hasWayIn reports whether the contact can sign in by what is offered here.
func hasWayIn(h helpdesk.HelpCenter, c *helpdesk.Contact) bool {
	return h.SignUp.Password && c.SignIn.Password != "" || h.SignUp.EmailCode ||
		slices.ContainsFunc(c.SignIn.Subjects, func(s helpdesk.Subject) bool { return declares(h, s) })
}

// declares reports whether identities of the issuer may sign in here.
func declares(h helpdesk.HelpCenter, s helpdesk.Subject) bool {
	return slices.ContainsFunc(h.SignUp.OIDC, func(o helpdesk.OIDC) bool { return o.Issuer == s.Issuer })
}

func hasIssuer(c *helpdesk.Contact, issuer string) bool {
	return slices.ContainsFunc(c.SignIn.Subjects, func(s helpdesk.Subject) bool { return s.Issuer == issuer })
}

// bind lets the identity sign the contact in.
func bind(change *helpdesk.Change, c *helpdesk.Contact, s helpdesk.Subject) error {
	if len(c.SignIn.Subjects) >= helpdesk.MaxSubjects {
		return helpdesk.Errorf(helpdesk.Invalid, "there can be %d connected accounts at most; take one away first", helpdesk.MaxSubjects)
	}
	c.SignIn.Subjects = append(c.SignIn.Subjects, s)
	change.Subjects = append(change.Subjects, s)
	return nil
}

// replace takes the right to sign in from what the contact has of an issuer.
func replace(change *helpdesk.Change, c *helpdesk.Contact, issuer string) {
	for _, s := range c.SignIn.Subjects {
		if s.Issuer == issuer {
			change.Dropped = append(change.Dropped, s)
			change.SignedOut = c.ID
		}
	}
	c.SignIn.Subjects = slices.DeleteFunc(c.SignIn.Subjects, func(s helpdesk.Subject) bool { return s.Issuer == issuer })
}
