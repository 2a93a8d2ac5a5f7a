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
		before := c != nil && c.SignIn != nil
		name := ""
		if !isNamed(c) {
			name = p.Name
		}
		c = prove(change, c, p, name, d.now())
		switch {
		case owner == nil:
			replace(change, c, p.Subject.Issuer)
			err = d.bind(ctx, change, h, c, binding{subject: *p.Subject, before: before})
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
		change := &helpdesk.Change{Account: h.Account, Contact: c, Dropped: []helpdesk.Subject{gone}}
		if err := d.tellOwner(ctx, change, h, proven(c), news{helpdesk.SignInRemoved, &gone}); err != nil {
			return err
		}
		return d.store.Commit(ctx, change)
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

// binding is an identity that is to sign a contact in.
type binding struct {
	subject helpdesk.Subject
	before  bool // the contact could sign in before: its owner is told
}

// bind lets the identity sign the contact in from now on. That it does, the owner
// reads at every address that they have proven: whoever has come into their session,
// or their mail for a moment, could otherwise come back for ever.
func (d *Desk) bind(ctx context.Context, change *helpdesk.Change, h helpdesk.HelpCenter, c *helpdesk.Contact, b binding) error {
	s := b.subject
	if len(c.SignIn.Subjects) >= helpdesk.MaxSubjects {
		return helpdesk.Errorf(helpdesk.Invalid, "there can be %d connected accounts at most; take one away first", helpdesk.MaxSubjects)
	}
	c.SignIn.Subjects = append(c.SignIn.Subjects, s)
	change.Subjects = append(change.Subjects, s)
	if !b.before {
		return nil
	}
	return d.tellOwner(ctx, change, h, proven(c), news{helpdesk.SignInAdded, &s})
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
