package actions

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// fieldsOfContacts lets the account have fields of contacts.
func (b *bench) fieldsOfContacts(fields ...helpdesk.FieldSpec) {
	b.t.Helper()
	change := &helpdesk.Change{Account: "support", Records: []helpdesk.Record{{Kind: helpdesk.SettingsRecord, ID: "desk", Value: helpdesk.DeskSettings{ContactFields: fields}}}}
	if err := b.db.Commit(b.t.Context(), change); err != nil {
		b.t.Fatal(err)
	}
}

var someFields = []helpdesk.FieldSpec{
	{Name: "company", Label: "Company", Type: helpdesk.TextField},
	{Name: "seats", Label: "Seats", Type: helpdesk.NumberField},
	{Name: "since", Label: "Since", Type: helpdesk.DateField},
	{Name: "plan", Label: "Plan", Type: helpdesk.SelectField, Options: []string{"Free", "Gold"}},
	{Name: "vip", Label: "VIP", Type: helpdesk.TickField},
}

// covers: P10
func TestEditContact(t *testing.T) {
	b := newBench(t)
	b.fieldsOfContacts(someFields...)
	ada := b.in(helpdesk.AgentRole, "ada@acme.example")
	id := b.known(false, "alice@customer.example").ID
	name := func(s string) *string { return &s }
	for _, tt := range []struct {
		name   string
		in     ContactEdit
		want   string // part of why not; "" if it is done
		fields map[string]string
	}{
		{"a name", ContactEdit{Name: name("  Alice\n A ")}, "", nil},
		{"fields", ContactEdit{Fields: map[string]string{"company": "ACME", "seats": "12.5", "since": "2026-02-28", "plan": "Gold", "vip": "on"}}, "",
			map[string]string{"company": "ACME", "seats": "12.5", "since": "2026-02-28", "plan": "Gold", "vip": "yes"}},
		{"some of them emptied", ContactEdit{Fields: map[string]string{"seats": "", "vip": ""}}, "", map[string]string{"company": "ACME", "since": "2026-02-28", "plan": "Gold"}},
		{"no field", ContactEdit{Fields: map[string]string{"shoe": "42"}}, "no field", nil},
		{"no number", ContactEdit{Fields: map[string]string{"seats": "many"}}, "use a number", nil},
		{"no date", ContactEdit{Fields: map[string]string{"since": "2026-02-30"}}, "use a date", nil},
		{"no option", ContactEdit{Fields: map[string]string{"plan": "Silver"}}, "use one of", nil},
		{"no answer", ContactEdit{Fields: map[string]string{"vip": "perhaps"}}, "yes or no", nil},
		{"a long one", ContactEdit{Fields: map[string]string{"company": strings.Repeat("x", helpdesk.MaxFieldValue+1)}}, "at most", nil},
		{"a long name", ContactEdit{Name: name(strings.Repeat("x", MaxName+1))}, "shorter name", nil},
		{"a page that is too old", ContactEdit{Name: name("Al"), If: 1}, "somebody else", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := b.EditContact(t.Context(), ada, id, tt.in)
			if tt.want != "" {
				if helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), tt.want) {
					t.Errorf("%v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := b.contact(helpdesk.MustAddress("alice@customer.example"))
			if diff := cmp.Diff(tt.fields, got.Fields); got.Name != "Alice A" || diff != "" {
				t.Errorf("name %q, fields (-want +got):\n%s", got.Name, diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"contact.edit", "contact.edit", "contact.edit"}, b.acts()); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
}

// covers: P10
func TestAddressesOfAContact(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AgentRole, "ada@acme.example")
	alice := b.known(true, "!alice@customer.example")
	b.known(false, "!bob@customer.example")
	for _, tt := range []struct {
		name, address string
		remove        bool
		want          string
	}{
		{"another one", "Alice@home.example", false, ""},
		{"the same again", "alice@home.example", false, ""},
		{"somebody else's", "bob@customer.example", false, "another contact"},
		{"an agent's", "ada@acme.example", false, "agent"},
		{"ours", "support@acme.example", false, "ours"},
		{"nothing", "alice", false, "mail address"},
		{"the one that lets them sign in", "alice@customer.example", true, "sign in"},
		{"the other one", "ALICE@home.example", true, ""},
		{"one that they do not have", "alice@home.example", true, ""},
		{"the last one", "alice@customer.example", true, "only address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			act := b.AddAddress
			if tt.remove {
				act = b.RemoveAddress
			}
			err := act(ctx, ada, alice.ID, tt.address)
			if tt.want == "" && err != nil || tt.want != "" && (helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			got := b.contact(helpdesk.MustAddress("alice@customer.example"))
			if tt.name == "another one" && (len(got.Addresses) != 2 || got.Addresses[1].Proven != nil || b.idOf("alice@home.example") != alice.ID) {
				t.Errorf("addresses = %+v", got.Addresses)
			}
		})
	}
	if c, err := b.AddContact(ctx, ada, NewContact{Name: "New", Address: "alice@home.example"}); err != nil || c.ID == alice.ID {
		t.Errorf("the address that was given up: %v", err)
	}
	if _, err := b.AddContact(ctx, ada, NewContact{Address: "alice@home.example"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("twice: %v", err)
	}
}
