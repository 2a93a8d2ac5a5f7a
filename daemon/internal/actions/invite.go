package actions

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Invitation is whom an agent lets have a sign-in: a contact, or the address of
// one. With both, the mail goes to that address of the contact; with the contact
// alone to its first proven one.
type Invitation struct {
	Contact    helpdesk.ID
	Address    string
	HelpCenter string // "" where the account has only one
}

// Invited is what became of an invitation.
type Invited struct {
	Contact helpdesk.Contact
	Address helpdesk.Address // where the mail goes
	Expires time.Time        // of the link in it
	Before  bool             // it had gone out a moment ago, and nothing was done
}

// inviteAgain is how soon another invitation is another one: what comes sooner is
// the same button pressed twice.
const inviteAgain = time.Minute

// InviteContact sends a contact the link by which they choose a password (rows S27
// to S29), whether sign-up is open or not. The link before it ends. Who is not known
// becomes a contact; that proves nothing about them.
func (d *Desk) InviteContact(ctx context.Context, by Actor, in Invitation) (*Invited, error) {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return nil, err
	}
	h, err := d.invitesTo(by.Account, in.HelpCenter)
	if err != nil {
		return nil, err
	}
	var done *Invited
	err = helpdesk.Retry(ctx, func(int) (err error) {
		done, err = d.invite(ctx, by, h, in)
		return err
	})
	if err == nil && !done.Before {
		d.log.InfoContext(ctx, "contact invited", "account", by.Account, "contact", done.Contact.ID, "by", by.author().ID)
	}
	return done, err
}

// invitesTo is the help center where they are to sign in.
func (d *Desk) invitesTo(account, name string) (helpdesk.HelpCenter, error) {
	var all []helpdesk.HelpCenter
	var names []string
	for _, h := range d.directory.HelpCenters() {
		if h.Account == account && h.PortalOn && h.SignUp.Any() && (name == "" || h.Name == name) {
			all, names = append(all, h), append(names, h.Name)
		}
	}
	switch {
	case len(all) == 1:
		return all[0], nil
	case len(all) > 1:
		return helpdesk.HelpCenter{}, helpdesk.Errorf(helpdesk.Invalid, "there are several help centers (%s); name the one that they shall sign in to", strings.Join(names, ", "))
	case name != "":
		return helpdesk.HelpCenter{}, helpdesk.Errorf(helpdesk.Invalid, "nobody can sign in to a help center %s: there is none, its portal is off, or no way to sign in is declared", name)
	}
	return helpdesk.HelpCenter{}, helpdesk.Errorf(helpdesk.Invalid, "nobody can sign in here: no portal is on, or no way to sign in is declared")
}

// invite commits one invitation.
func (d *Desk) invite(ctx context.Context, by Actor, h helpdesk.HelpCenter, in Invitation) (*Invited, error) {
	c, a, err := d.invited(ctx, by.Account, in)
	if err != nil {
		return nil, err
	}
	change := &helpdesk.Change{Account: by.Account, Contact: c}
	now := d.now()
	if c.Invited != "" {
		last, err := d.store.Pass(ctx, by.Account, c.Invited, now)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound: // used, or too old
		case err != nil:
			return nil, err
		case now.Sub(last.Created) < inviteAgain && last.Address.Same(a) && last.HelpCenter == h.Name:
			return &Invited{Contact: *c, Address: a, Expires: last.Expires, Before: true}, nil
		default:
			last.Used = true
			change.Passes = append(change.Passes, *last)
		}
	}
	author := by.author()
	pass := helpdesk.Pass{
		ID: helpdesk.NewID(), Kind: helpdesk.PassInvitation, Address: a, Contact: c.ID, Name: c.Name, HelpCenter: h.Name, Locale: h.Locale,
		By: &author, Created: now, Expires: now.Add(helpdesk.InvitationLifetime),
	}
	change.Passes = append(change.Passes, pass)
	change.Audit = append(change.Audit, d.audit(by, "contact.invite", contactSubject(c.ID)))
	c.Invited, c.Invitation = pass.ID, &helpdesk.Invitation{By: author, To: a, At: now}
	sent, err := d.mailAbout(ctx, change, pass, helpdesk.Invited, pass.ID, now)
	if err != nil {
		return nil, err
	}
	if !sent {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "%s gets no automatic mail for now: it has had enough of it, or its owner said that a request was not theirs", a)
	}
	change.Audit = append(change.Audit, d.audit(by, "contact.invite", "contact/"+string(c.ID)))
	return &Invited{Contact: *c, Address: a, Expires: pass.Expires}, d.store.Commit(ctx, change)
}

// invited finds whom to invite, and which of their addresses gets the mail.
func (d *Desk) invited(ctx context.Context, account string, in Invitation) (*helpdesk.Contact, helpdesk.Address, error) {
	var a helpdesk.Address
	var err error
	if in.Address != "" {
		if a, err = typedAddress(in.Address); err != nil {
			return nil, a, err
		}
	}
	c, a, err := d.invitedContact(ctx, account, in.Contact, a)
	if err != nil {
		return nil, a, err
	}
	found, err := d.store.Lookup(ctx, account, store.Query{Address: a})
	switch {
	case err != nil:
		return nil, a, err
	case found.Agent != nil && !found.Agent.Disabled:
		return nil, a, helpdesk.Errorf(helpdesk.Invalid, "%s is the address of an agent, who signs in as one", a)
	case d.isOurs(account, a):
		return nil, a, helpdesk.Errorf(helpdesk.Invalid, "mail to %s would come back to us: it is an address of ours", a)
	case c.Blocked != nil:
		return nil, a, helpdesk.Errorf(helpdesk.Invalid, "%s is blocked: unblock them first", c.DisplayName())
	case c.Deleted != nil || c.Erasing != nil:
		return nil, a, helpdesk.Errorf(helpdesk.Invalid, "%s was deleted: restore the contact first", c.DisplayName())
	case c.SignIn != nil:
		return nil, a, helpdesk.Errorf(helpdesk.Invalid, "%s can sign in already; a new password is set with \"Forgot your password?\"", c.DisplayName())
	}
	return c, a, nil
}

// invitedContact reads the contact, or makes one for an address that nobody has.
func (d *Desk) invitedContact(ctx context.Context, account string, id helpdesk.ID, a helpdesk.Address) (*helpdesk.Contact, helpdesk.Address, error) {
	if id == "" {
		c, err := d.contactByAddress(ctx, account, a)
		if err != nil {
			return nil, a, err
		}
		if c == nil {
			return newContact("", a, d.now()), a, nil
		}
		return c, spelling(c, a), nil
	}
	c, err := d.store.Contact(ctx, account, id)
	if err != nil {
		return nil, a, err
	}
	if a.IsZero() {
		a = c.MainAddress()
	}
	if !slices.ContainsFunc(c.Addresses, func(known helpdesk.ContactAddress) bool { return known.Address.Same(a) }) {
		return nil, a, helpdesk.Errorf(helpdesk.Invalid, "%s is no address of this contact", a)
	}
	return c, spelling(c, a), nil
}
