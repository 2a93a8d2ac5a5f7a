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
	if c == nil {
		c = newContact(name, p.Address, now)
	} else if name != "" {
		c.Name = name
	}
	c.Prove(p.Address, string(p.Kind), now)
	if c.SignIn == nil {
		c.SignIn = &helpdesk.PortalSignIn{Since: now, Locale: p.Locale}
	}
	if c.Invited == p.ID {
		c.Invited = ""
	}
	change.Contact = c
	return c
}
