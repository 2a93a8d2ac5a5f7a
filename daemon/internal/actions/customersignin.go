package actions

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// How a customer signed in, as their page tells it; else it is the name of an
// issuer.
const (
	ByPassword = "password"
	ByCode     = "code"
)

// Entered is a customer who has just signed in.
type Entered struct {
	Cookie  string // value of the cookie of their browser
	Expires time.Time
	Next    string // the page to go on to; "" if none was named
}

// Credentials are what somebody types to sign in.
type Credentials struct {
	Address  string
	Password string
	Browser  string // in words
}

// SignInCustomer checks address and password and starts a session. What does not
// fit has one answer and the same work, whether the address is known or not;
// [ErrTooMany] says that the address was tried too often.
func (d *Desk) SignInCustomer(ctx context.Context, h helpdesk.HelpCenter, in Credentials) (*Entered, error) {
	if !h.PortalOn || !h.SignUp.Password {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	a, err := typedAddress(in.Address)
	if err != nil {
		return nil, err
	}
	if !d.tries.allow(h.Account, a, d.now()) {
		return nil, ErrTooMany
	}
	refused := helpdesk.Errorf(helpdesk.Invalid, "this address and password do not belong together")
	c, err := d.contactOrNobody(ctx, h.Account, a)
	if err != nil {
		return nil, err
	}
	hash := d.passwords.nobody
	if known := maySignIn(c, a) && c.SignIn.Password != ""; known {
		hash = c.SignIn.Password
	} else {
		c = nil
	}
	right, err := d.isPassword(ctx, hash, in.Password)
	if err != nil {
		return nil, err
	}
	if !right || c == nil {
		return nil, refused
	}
	var e *Entered
	err = helpdesk.Retry(ctx, func(try int) (err error) {
		if try > 0 {
			if c, err = d.store.Contact(ctx, h.Account, c.ID); err != nil {
				return err
			}
			if !maySignIn(c, a) || c.SignIn.Password != hash {
				return refused
			}
		}
		e, err = d.start(ctx, h, c, ByPassword, in.Browser)
		return err
	})
	return e, err
}

// contactOrNobody reads the contact of an address in as many reads as it takes to
// find that there is none.
func (d *Desk) contactOrNobody(ctx context.Context, account string, a helpdesk.Address) (*helpdesk.Contact, error) {
	found, err := d.store.Lookup(ctx, account, store.Query{Address: a})
	if err != nil || found.Contact != nil {
		return found.Contact, err
	}
	if _, err = d.store.Contact(ctx, account, helpdesk.NewID()); helpdesk.KindOf(err) == helpdesk.NotFound {
		err = nil
	}
	return nil, err
}

// enter signs a contact in whose right to it was just proven by something else
// than what stands in the record: a pass, or an issuer's word.
func (d *Desk) enter(ctx context.Context, h helpdesk.HelpCenter, contact helpdesk.ID, how, browser string) (*Entered, error) {
	var e *Entered
	err := helpdesk.Retry(ctx, func(int) error {
		c, err := d.store.Contact(ctx, h.Account, contact)
		if err != nil {
			return err
		}
		if c.SignIn == nil {
			return helpdesk.Errorf(helpdesk.SignIn, "sign in first")
		}
		e, err = d.start(ctx, h, c, how, browser)
		return err
	})
	return e, err
}

// start makes a session under a new secret. Conflict says that the contact is not
// as it was read.
func (d *Desk) start(ctx context.Context, h helpdesk.HelpCenter, c *helpdesk.Contact, how, browser string) (*Entered, error) {
	now := d.now()
	session := helpdesk.CustomerSession{
		ID: helpdesk.NewID(), Contact: c.ID, How: how, Browser: clipBrowser(browser), Created: now, Expires: now.Add(helpdesk.CustomerSessionLifetime),
	}
	secret := rand.Text() + rand.Text() // 260 bits
	if err := d.store.PutCustomerSession(ctx, h.Account, sessionHash(secret), session, c.Rev); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if err := d.endOldest(ctx, h.Account, c.ID); err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "customer signed in", "account", h.Account, "helpCenter", h.Name, "contact", c.ID, "how", how)
	return &Entered{Cookie: string(c.ID) + "." + secret, Expires: session.Expires}, nil
}

// endOldest keeps a contact to as many sessions as there may be.
func (d *Desk) endOldest(ctx context.Context, account string, contact helpdesk.ID) error {
	all, err := d.store.CustomerSessions(ctx, account, contact)
	if err != nil || len(all) <= helpdesk.MostCustomerSessions {
		return err
	}
	slices.SortFunc(all, func(a, b helpdesk.CustomerSession) int { return b.Created.Compare(a.Created) })
	last := all[helpdesk.MostCustomerSessions-1].Created
	return d.store.EndCustomerSessions(ctx, account, contact, func(s helpdesk.CustomerSession) bool { return s.Created.Before(last) })
}

// maxBrowser is far above what pages make of a browser's name.
const maxBrowser = 80

func clipBrowser(words string) string {
	words = oneLine(words)
	if len(words) > maxBrowser {
		return strings.ToValidUTF8(words[:maxBrowser], "")
	}
	return words
}

// SignOutCustomer ends the session of a cookie; one that is not there is no error.
func (d *Desk) SignOutCustomer(ctx context.Context, account, cookie string) error {
	contact, secret, ok := strings.Cut(cookie, ".")
	if !ok || !isID(contact) {
		return nil
	}
	return d.store.EndCustomerSession(ctx, account, helpdesk.ID(contact), sessionHash(secret))
}
