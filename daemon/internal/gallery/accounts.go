package gallery

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// AskByMail implements [portal.Accounts].
func (d *desk) AskByMail(context.Context, helpdesk.HelpCenter, actions.Asking) (helpdesk.ID, error) {
	return "dddddddddddddddd", d.scene.err
}

// SignInCustomer implements [portal.Accounts].
func (d *desk) SignInCustomer(context.Context, helpdesk.HelpCenter, actions.Credentials) (*actions.Entered, error) {
	return nil, d.scene.err
}

// OpenPass implements [portal.Accounts].
func (d *desk) OpenPass(context.Context, helpdesk.HelpCenter, string) (*helpdesk.Pass, error) {
	if d.scene.pass == "" {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no such link")
	}
	if d.scene.pass == helpdesk.PassLink {
		return proofPass(d.scene.first), nil
	}
	return &helpdesk.Pass{Kind: d.scene.pass, Address: alice, Name: "Alice Morgan"}, nil
}

// UsePass implements [portal.Accounts].
func (d *desk) UsePass(context.Context, helpdesk.HelpCenter, string, actions.Activation) (*actions.Entered, error) {
	return nil, d.scene.err
}

// CustomerSessions implements [portal.Accounts].
func (d *desk) CustomerSessions(context.Context, *actions.Customer) ([]helpdesk.CustomerSession, error) {
	return []helpdesk.CustomerSession{
		{ID: "bbbbbbbbbbbbbbbb", How: actions.ByPassword, Browser: "Firefox, Linux", Created: ago(2 * time.Hour)},
		{ID: "eeeeeeeeeeeeeeee", How: actions.ByCode, Browser: "Safari, iPhone", Created: ago(3 * day)},
		{ID: "ffffffffffffffff", How: "google", Created: ago(40 * day)},
	}, nil
}
