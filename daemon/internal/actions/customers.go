package actions

import (
	"context"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Customer is who is signed in to the portal: a contact whose address was proven.
type Customer struct {
	Account string
	Contact *helpdesk.Contact
	Session helpdesk.CustomerSession
}

// Customers is what signing in asks of the database.
type Customers interface {
	Contact(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error)
	ContactBySubject(ctx context.Context, account string, s helpdesk.Subject) (*helpdesk.Contact, error)
	// Pass and Draft answer NotFound for what has lapsed.
	Pass(ctx context.Context, account string, id helpdesk.ID, now time.Time) (*helpdesk.Pass, error)
	Draft(ctx context.Context, account string, id helpdesk.ID, now time.Time) (*helpdesk.Draft, error)
	// Asked and AskedPass read what somebody wants by mail and nobody has looked at.
	Asked(ctx context.Context, account string, limit int) ([]helpdesk.Pass, error)
	AskedPass(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Pass, error)
	// PutCustomerSession answers Conflict if the contact is not as it was at rev.
	PutCustomerSession(ctx context.Context, account, hash string, session helpdesk.CustomerSession, rev int64) error
	CustomerSession(ctx context.Context, account string, contact helpdesk.ID, hash string, now time.Time) (*helpdesk.CustomerSession, *helpdesk.Contact, error)
	CustomerSessions(ctx context.Context, account string, contact helpdesk.ID) ([]helpdesk.CustomerSession, error)
	EndCustomerSession(ctx context.Context, account string, contact helpdesk.ID, hash string) error
	EndCustomerSessions(ctx context.Context, account string, contact helpdesk.ID, ends func(helpdesk.CustomerSession) bool) error
}

// CustomerSignedIn finds who a cookie signed in; SignIn if it does nobody. Session
// and contact are read from the truth each time, so what was ended is dead at
// once, everywhere.
func (d *Desk) CustomerSignedIn(ctx context.Context, account, cookie string) (*Customer, error) {
	missing := helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	contact, secret, ok := strings.Cut(cookie, ".")
	if !ok || !isID(contact) {
		return nil, missing
	}
	session, who, err := d.store.CustomerSession(ctx, account, helpdesk.ID(contact), sessionHash(secret), d.now())
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound, err == nil && who.SignIn == nil:
		return nil, missing
	case err != nil:
		return nil, err
	}
	return &Customer{Account: account, Contact: who, Session: *session}, nil
}

// isID reports what may be an id: it becomes part of a key.
func isID(s string) bool {
	return len(s) == 16 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") == ""
}
