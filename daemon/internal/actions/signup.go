package actions

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// OpenPass reads what the link in a mail lets somebody do: sign up, follow an
// invitation, or set another password. It changes nothing: mail scanners open
// every link. Whatever is wrong with the link, the answer is the same NotFound.
func (d *Desk) OpenPass(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Pass, error) {
	p, _, err := d.pass(ctx, h, token)
	return p, err
}

// pass reads a pass, and the contact that it is for if there is one by now.
func (d *Desk) pass(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Pass, *helpdesk.Contact, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	id, err := d.signer.ParsePass(links.Audience(h.Audience), token)
	if err != nil || !isID(id) {
		return nil, nil, missing
	}
	p, err := d.store.Pass(ctx, h.Account, helpdesk.ID(id), d.now())
	if err != nil {
		return nil, nil, err
	}
	found, err := d.store.Lookup(ctx, h.Account, store.Query{Address: p.Address})
	if err != nil {
		return nil, nil, err
	}
	agent := found.Agent != nil && !found.Agent.Disabled
	if p.HelpCenter != h.Name || !holds(h, p, found.Contact, agent) {
		return nil, nil, missing
	}
	return p, found.Contact, nil
}

// holds reports whether a link may still be used: what is declared, and what
// became of the contact, may have changed since it was sent.
func holds(h helpdesk.HelpCenter, p *helpdesk.Pass, c *helpdesk.Contact, agent bool) bool {
	if !h.PortalOn || p.Subject != nil && !declares(h, *p.Subject) {
		return false
	}
	switch p.Kind {
	case helpdesk.PassSignUp:
		return h.SignUp.Open && (h.SignUp.Password || p.Subject != nil) && !agent && maySignUp(c, p.Address)
	case helpdesk.PassLink:
		return maySignIn(c, p.Address) && c.ID == p.Contact
	case helpdesk.PassInvitation:
		return h.SignUp.Any() && !agent && c != nil && c.SignIn == nil && c.ID == p.Contact && c.Invited == p.ID
	case helpdesk.PassReset: // an older one ends with the password that it was to replace
		return h.SignUp.Password && maySignIn(c, p.Address) && c.ID == p.Contact && (c.SignIn.PasswordSet == nil || !c.SignIn.PasswordSet.After(p.Created))
	}
	return false
}

// ErrName is the cause of an Invalid that is about the name.
var ErrName = errors.New("the name is too long")

// Activation is what somebody types on the page that a link opens.
type Activation struct {
	Name     string // "" leaves it as it is
	Password string
	Browser  string // in words
}

// UsePass sets the password that was typed, once: the link is gone in the same
// transaction. Address and contact are proven by it, everything of the contact
// that was there before stays what it was, but for a name that nobody stands by
// (see isNamed). NotFound is for a link that does not
// hold; Invalid says what is wrong with what was typed, and the link holds on.
func (d *Desk) UsePass(ctx context.Context, h helpdesk.HelpCenter, token string, in Activation) (*Entered, error) {
	p, c, err := d.pass(ctx, h, token)
	if err != nil {
		return nil, err
	}
	if p.Subject != nil || !h.SignUp.Password { // it is for an issuer's identity, or an invitation where other ways are open
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	name := oneLine(in.Name)
	if len(name) > MaxName {
		return nil, &helpdesk.Error{Kind: helpdesk.Invalid, Public: "use a shorter name", Err: ErrName}
	}
	if err := checkPassword(in.Password, h.DisplayName, p.Address); err != nil {
		return nil, err
	}
	hash, err := d.passwords.hash(ctx, normal(in.Password))
	if err != nil {
		return nil, err
	}
	var contact helpdesk.ID
	err = helpdesk.Retry(ctx, func(try int) (err error) {
		if try > 0 {
			if p, c, err = d.pass(ctx, h, token); err != nil {
				return err
			}
		}
		contact, err = d.usePass(ctx, h, p, c, name, hash)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "pass used", "account", h.Account, "kind", p.Kind, "contact", contact)
	e, err := d.enter(ctx, h, contact, ByPassword, in.Browser)
	if err == nil {
		e.Next = p.Next
	}
	return e, err
}

// usePass commits what a pass allows.
func (d *Desk) usePass(ctx context.Context, h helpdesk.HelpCenter, p *helpdesk.Pass, c *helpdesk.Contact, name, hash string) (helpdesk.ID, error) {
	now := d.now()
	change := &helpdesk.Change{Account: h.Account}
	c = prove(change, c, p, name, now)
	if p.Kind == helpdesk.PassReset {
		change.SignedOut = c.ID
		if _, err := d.mailAbout(ctx, change, *p, helpdesk.PasswordChanged, "", now); err != nil {
			return "", err
		}
	}
	c.SignIn.Password, c.SignIn.PasswordSet = hash, &now
	return c.ID, d.store.Commit(ctx, change)
}
