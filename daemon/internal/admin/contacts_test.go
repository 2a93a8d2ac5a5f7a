package admin

import (
	"bytes"
	"context"
	"io"
	"strings"
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

func (d *desk) Contacts(_ context.Context, by actions.Actor, q actions.ContactsQuery) (*actions.ContactsPage, error) {
	return &actions.ContactsPage{Total: 1, Contacts: []helpdesk.Contact{{ID: "aaaabbbbccccdddd", Name: "Alice"}}}, d.did(by, "contacts", q.Words)
}

func (d *desk) BlockContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.did(by, "block", string(id))
}

func (d *desk) UnblockContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.did(by, "unblock", string(id))
}

func (d *desk) DeleteContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.did(by, "delete", string(id))
}

func (d *desk) RestoreContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.did(by, "restore", string(id))
}

func (d *desk) EraseContact(_ context.Context, by actions.Actor, id helpdesk.ID, typed string) error {
	return d.did(by, "erase", string(id), typed)
}

func (d *desk) MergeContacts(_ context.Context, by actions.Actor, from, into helpdesk.ID) error {
	return d.did(by, "mergecontacts", string(from), string(into))
}

func (d *desk) ExportContact(_ context.Context, by actions.Actor, id helpdesk.ID, w io.Writer) error {
	_, _ = io.WriteString(w, "PK")
	return d.did(by, "export", string(id))
}

func (d *desk) WriteContacts(_ context.Context, by actions.Actor, w io.Writer) error {
	_, _ = io.WriteString(w, "id\n")
	return d.did(by, "exportall")
}

func (d *desk) ImportContacts(_ context.Context, by actions.Actor, r io.Reader, do bool) (*actions.Imported, error) {
	text, _ := io.ReadAll(r)
	return &actions.Imported{Done: do, Rows: []actions.ImportRow{}}, d.did(by, "import", string(text))
}

// covers: P10
func TestSocketContacts(t *testing.T) {
	dir := t.TempDir()
	d, c := serve(t, dir), NewClient(dir)
	ctx := t.Context()
	var list ContactList
	if err := c.Get(ctx, "/accounts/support/contacts?q=ali", &list); err != nil || list.Total != 1 || list.Contacts[0].Name != "Alice" {
		t.Errorf("list = %+v, %v", list, err)
	}
	for _, act := range []string{"block", "unblock", "delete", "restore", "erase", "merge"} {
		var done ContactAct
		if err := c.Post(ctx, "/accounts/support/contacts/alice@customer.example/"+act, ContactAct{Sure: "erase", Into: "bob@customer.example"}, &done); err != nil || done.Done != "a" {
			t.Errorf("%s: %+v, %v", act, done, err)
		}
	}
	if err := c.Post(ctx, "/accounts/support/contacts/alice@customer.example/shout", ContactAct{}, &ContactAct{}); err == nil {
		t.Error("an unknown act was done")
	}
	var zip, table bytes.Buffer
	if err := c.Fetch(ctx, "/accounts/support/contacts/alice@customer.example/export", &zip); err != nil || zip.String() != "PK" {
		t.Errorf("export: %q, %v", zip.String(), err)
	}
	if err := c.Fetch(ctx, "/accounts/support/contacts/export", &table); err != nil || table.String() != "id\n" {
		t.Errorf("table: %q, %v", table.String(), err)
	}
	if done, err := c.ImportContacts(ctx, "/accounts/support/contacts/import", strings.NewReader("address\n"), true); err != nil || !done.Done {
		t.Errorf("import: %+v, %v", done, err)
	}
	got := strings.Join(d.added, " ")
	for _, want := range []string{"blocka", "unblocka", "deletea", "restorea", "eraseaerase", "mergecontactsaa", "exporta", "exportall", "importaddress"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q was not done: %s", want, got)
		}
	}
}
