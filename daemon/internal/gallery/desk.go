package gallery

import (
	"context"
	"errors"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
)

// scene is what the made-up desk answers in a picture.
type scene struct {
	customer, agent bool // who is signed in
	// err is what everything but recognising people answers.
	err      error
	requests func(locale string, q actions.RequestsQuery) *actions.Requests
	pass     helpdesk.PassKind // of the link that was opened; "" for one that is gone
	proof    bool              // it was asked for in this browser
	first    bool              // it is their first sign-in
	arrival  actions.Arrival   // what becomes of who comes back from an issuer
	// ticket is the request that is looked at, in a language.
	ticket func(locale string) *helpdesk.CustomerView
}

func (s scene) cookies() []string {
	var names []string
	if s.customer {
		names = append(names, "postern_customer")
	}
	if s.agent {
		names = append(names, "postern_agent")
	}
	if s.proof {
		names = append(names, "postern_proof")
	}
	return names
}

// desk is a [portal.Desk] that makes everything up. What it lacks panics, which a
// test would see as a page of trouble.
type desk struct {
	portal.Desk
	scene  scene
	locale string
}

var (
	alice = helpdesk.MustAddress("alice@customer.example")
	bob   = helpdesk.MustAddress("bob@customer.example")
	robin = helpdesk.MustAddress("robin@acme.example")

	joined = now.AddDate(-1, -2, 0)
)

// errBroken is what no page can know more about.
var errBroken = errors.New("made up")

func contact() *helpdesk.Contact {
	return &helpdesk.Contact{
		ID: "aaaaaaaaaaaaaaaa", Name: "Alice Morgan", Created: joined,
		Addresses: []helpdesk.ContactAddress{{Address: alice, Proven: &joined, How: "password"}},
		SignIn: &helpdesk.PortalSignIn{Since: joined, Password: "made-up", PasswordSet: &joined, Subjects: []helpdesk.Subject{
			{Issuer: helpdesk.GoogleIssuer, Subject: "made-up", Name: "google", Since: now.AddDate(0, 0, -40)},
		}},
	}
}

// CustomerSignedIn implements [portal.Recognising].
func (d *desk) CustomerSignedIn(_ context.Context, account, _ string) (*actions.Customer, error) {
	who := contact()
	return &actions.Customer{Account: account, Contact: who, Session: helpdesk.CustomerSession{
		ID: "bbbbbbbbbbbbbbbb", Contact: who.ID, How: "password", Browser: "Firefox, Linux", Created: now.Add(-2 * time.Hour), Expires: now.AddDate(0, 0, 14),
	}}, nil
}

// SignedIn implements [portal.Recognising].
func (d *desk) SignedIn(_ context.Context, account, _ string) (actions.Actor, error) {
	return actions.Actor{Account: account, Agent: &helpdesk.Agent{ID: "cccccccccccccccc", Name: "Robin Sample", Address: robin}}, nil
}

// ViewByLink implements [portal.Desk].
func (d *desk) ViewByLink(_ context.Context, _ helpdesk.HelpCenter, _ string) (*helpdesk.CustomerView, *helpdesk.Participant, error) {
	if d.scene.err != nil {
		return nil, nil, d.scene.err
	}
	return d.scene.ticket(d.locale), &helpdesk.Participant{Number: 1, Address: alice, Role: helpdesk.Requester}, nil
}

// Disownable implements [portal.Desk].
func (d *desk) Disownable(context.Context, helpdesk.HelpCenter, string) error { return d.scene.err }

// Disown implements [portal.Desk].
func (d *desk) Disown(context.Context, helpdesk.HelpCenter, string) error { return d.scene.err }

// Stoppable implements [portal.Stopping].
func (d *desk) Stoppable(context.Context, helpdesk.HelpCenter, string) error { return d.scene.err }

// Stop implements [portal.Stopping].
func (d *desk) Stop(context.Context, helpdesk.HelpCenter, string) error { return d.scene.err }
