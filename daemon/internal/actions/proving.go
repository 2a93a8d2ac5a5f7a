package actions

import (
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// prove puts into the change what using a pass does whatever its kind: the pass
// is gone, its address is the contact's, and the contact has a sign-in. Nobody
// has one without having come through here.
func prove(change *helpdesk.Change, c *helpdesk.Contact, p *helpdesk.Pass, name string, now time.Time) *helpdesk.Contact {
	used := *p
	used.Used = true
	change.Passes = append(change.Passes, used)
	c = admit(change, c, newcomer{address: p.Address, how: string(p.Kind), name: name, locale: p.Locale}, now)
	if c.Invited == p.ID {
		c.Invited = ""
	}
	return c
}

// newcomer is whose address was just proven, and how.
type newcomer struct {
	address helpdesk.Address
	how     string
	name    string // "" leaves it as it is, if it is theirs
	locale  string
}

// isNamed reports a name that somebody stands by: the owner of the contact, or an
// agent who invited them. Any other one was typed by whoever first wrote the address
// into a form, and would greet its owner from then on.
func isNamed(c *helpdesk.Contact) bool {
	return c != nil && c.Name != "" && (c.Invitation != nil || len(proven(c)) > 0)
}

// admit puts a contact into the change who may sign in from now on.
func admit(change *helpdesk.Change, c *helpdesk.Contact, n newcomer, now time.Time) *helpdesk.Contact {
	if c == nil {
		c = newContact(n.name, n.address, now)
	} else if n.name != "" || !isNamed(c) {
		c.Name = n.name
	}
	c.Prove(n.address, n.how, now)
	if c.SignIn == nil {
		c.SignIn = &helpdesk.PortalSignIn{Since: now, Locale: n.locale}
	}
	if c.Restore() {
		change.Audit = append(change.Audit, helpdesk.ContactReturned(c.ID, "portal", now))
	}
	change.Contact = c
	return c
}
