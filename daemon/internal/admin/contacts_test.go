package admin

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) ContactDetail(_ context.Context, by actions.Actor, idOrAddress string) (*actions.ContactDetail, error) {
	if err := d.did(by, "contact", idOrAddress); err != nil {
		return nil, err
	}
	return &actions.ContactDetail{Contact: helpdesk.Contact{
		ID: "a", Name: "Alice", Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("alice@customer.example"), Proven: &made, How: "mail"}},
		SignIn:     &helpdesk.PortalSignIn{Since: made, Password: "hash", Subjects: []helpdesk.Subject{{Issuer: "https://id.example", Subject: "secret"}}},
		Invitation: &helpdesk.Invitation{To: helpdesk.MustAddress("alice@customer.example"), At: made},
	}, InvitedUntil: made.Add(time.Hour), Sessions: 2}, nil
}

func (d *desk) InviteContact(_ context.Context, by actions.Actor, in actions.Invitation) (*actions.Invited, error) {
	if err := d.did(by, "invite", in.Address, in.HelpCenter); err != nil {
		return nil, err
	}
	return &actions.Invited{Address: helpdesk.MustAddress("alice@customer.example"), Expires: made}, nil
}

// covers: S27
func TestSocketInvites(t *testing.T) {
	dir := t.TempDir()
	serve(t, dir)
	c := NewClient(dir)
	var got Contact
	if err := c.Get(t.Context(), "/accounts/support/contacts/alice@customer.example", &got); err != nil {
		t.Fatal(err)
	}
	until := made.Add(time.Hour)
	want := Contact{
		ID: "a", Name: "Alice", Addresses: []ContactAddress{{Address: "alice@customer.example", Proven: &made, How: "mail"}},
		SignIn:  &ContactSignIn{Since: made, Password: true, Issuers: []string{"https://id.example"}, Sessions: 2},
		Invited: &Invitation{To: "alice@customer.example", At: &made, Until: &until},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("contact (-want +got):\n%s", diff)
	}
	var done Invitation
	if err := c.Post(t.Context(), "/accounts/support/contacts/alice@customer.example/invite", Invitation{HelpCenter: "acme"}, &done); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Invitation{To: "alice@customer.example", Until: &made}, done); diff != "" {
		t.Errorf("invitation (-want +got):\n%s", diff)
	}
}
