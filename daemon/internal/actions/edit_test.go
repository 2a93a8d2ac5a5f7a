package actions

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// named makes an agent with a name of their own and acts for it.
func (b *bench) named(name string) Actor {
	b.t.Helper()
	address := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@acme.example"
	a, _, err := b.AddAgent(b.t.Context(), operator, NewAgent{Name: name, Address: address, Password: "correct horse battery", Role: "agent"})
	if err != nil {
		b.t.Fatal(err)
	}
	by, err := b.ActFor(b.t.Context(), "support", a)
	must(b.t, err)
	return by
}

// put writes a record that other acts make.
func (b *bench) put(kind helpdesk.RecordKind, id string, value any) {
	b.t.Helper()
	must(b.t, b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Records: []helpdesk.Record{{Kind: kind, ID: id, Value: value}}}))
}

// equip gives the account two teams and fields.
func (b *bench) equip() (billing, field helpdesk.ID) {
	b.t.Helper()
	billing, field = helpdesk.NewID(), helpdesk.NewID()
	b.put(helpdesk.TeamRecord, string(billing), helpdesk.Team{ID: billing, Name: "Billing"})
	b.put(helpdesk.TeamRecord, string(field), helpdesk.Team{ID: field, Name: "Field"})
	_, err := b.SaveDeskSettings(b.t.Context(), operator, helpdesk.DeskSettings{TicketFields: []helpdesk.FieldSpec{
		{Name: "order", Label: "Order", Type: helpdesk.TextField},
		{Name: "size", Label: "Size", Type: helpdesk.SelectField, Options: []string{"Small", "Large"}},
		{Name: "paid", Label: "Paid", Type: helpdesk.TickField},
	}})
	must(b.t, err)
	return billing, field
}

// One change of many things is one event, and one mail about the status.
//
// covers: P09
func TestEdit(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.named("Ada Lovelace"), b.named("Bob Noyce"), b.ticket("n1")
	billing, _ := b.equip()
	in := Edit{
		Subject: new("Order 17"), Status: helpdesk.Pending, Assignee: &bob.Agent.ID, Team: &billing, Priority: "low",
		AddTags: []string{"VIP"}, RemoveTags: []string{"form"}, Fields: map[string]string{"order": " ORD-17 ", "size": "large", "paid": "on"},
		Snooze: new(noon.Add(time.Hour)),
	}
	done, err := b.Edit(t.Context(), ada, number, in)
	must(t, err)
	want := "Subject changed, it was: Order. Status set to Pending. Assigned to Bob Noyce. Team set to Billing. Priority set to Low. " +
		"Tags added: vip. Tags removed: form. Order set to ORD-17. Size set to Large. Paid set to yes. Snoozed until 4 March 2026 13:00 UTC."
	d := b.detail(number)
	if e := d.Entries[len(d.Entries)-1]; e.Text != want || done.Words != want || e.Kind != helpdesk.Event || len(d.Entries) != 2 {
		t.Errorf("%d entries, the last is\n%s\nwant 2 and\n%s", len(d.Entries), e.Text, want)
	}
	if diff := cmp.Diff(map[string]string{"order": "ORD-17", "size": "Large", "paid": "yes"}, d.Ticket.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if done.Before.Status != helpdesk.Open || done.Before.Team != "" || done.Before.Fields != nil || done.Ticket.Team != billing {
		t.Errorf("before %+v", done.Before)
	}
	if got := sentTo(d, helpdesk.StatusChanged); len(got) != 1 {
		t.Errorf("%d mails tell of the status, want 1", len(got))
	}
	before := b.revision()
	if again, err := b.Edit(t.Context(), ada, number, in); err != nil || again.Words != "" || b.revision() != before {
		t.Errorf("again: %+v, %v, want nothing to happen", again, err)
	}
	must(t, b.SetFields(t.Context(), ada, number, map[string]string{"order": "", "paid": "no"}, nil))
	if d = b.detail(number); len(d.Ticket.Fields) != 1 || d.Entries[2].Text != "Order emptied. Paid emptied." {
		t.Errorf("fields %v, %q", d.Ticket.Fields, d.Entries[2].Text)
	}
}

// covers: P09
func TestEditIsRefused(t *testing.T) {
	b := newBench(t)
	ada, number := b.named("Ada Lovelace"), b.ticket("n1")
	b.equip()
	must(t, b.SetFields(t.Context(), ada, number, map[string]string{"size": "Small"}, nil))
	rev := b.detail(number).Ticket.Rev
	for _, tt := range []struct {
		name string
		by   Actor
		in   Edit
		want helpdesk.Kind
	}{
		{"no agent", Actor{Account: "support"}, Edit{Priority: "low"}, helpdesk.SignIn},
		{"another account", Actor{Account: "beta", Operator: true}, Edit{Priority: "low"}, helpdesk.NotFound},
		{"no such team", ada, Edit{Team: new(helpdesk.NewID())}, helpdesk.Invalid},
		{"a team that is no id", ada, Edit{Team: new(helpdesk.ID("a/b/c"))}, helpdesk.Invalid},
		{"no such field", ada, Edit{Fields: map[string]string{"colour": "red"}}, helpdesk.Invalid},
		{"no such choice", ada, Edit{Fields: map[string]string{"size": "Huge"}}, helpdesk.Invalid},
		{"two lines", ada, Edit{Fields: map[string]string{"order": "a\nb"}}, helpdesk.Invalid},
		{"no subject", ada, Edit{Subject: new(" \n ")}, helpdesk.Invalid},
		{"snoozed for the past", ada, Edit{Snooze: new(noon)}, helpdesk.Invalid},
		{"snoozed for ever", ada, Edit{Snooze: new(noon.AddDate(2, 0, 0))}, helpdesk.Invalid},
		{"snoozed when it is done", ada, Edit{Status: helpdesk.Closed, Snooze: new(noon.Add(time.Hour))}, helpdesk.Invalid},
		{"one wrong thing of many", ada, Edit{Priority: "low", Status: "Lost"}, helpdesk.Invalid},
		{"a revision that is gone", ada, Edit{Priority: "low", If: rev - 1}, helpdesk.Conflict},
		{"a field that was another", ada, Edit{Fields: map[string]string{"size": "Large"}, Had: map[string]string{"size": ""}}, helpdesk.Conflict},
	} {
		before := b.revision()
		if _, err := b.Edit(t.Context(), tt.by, number, tt.in); helpdesk.KindOf(err) != tt.want || helpdesk.Public(err) == "" {
			t.Errorf("%s: %v, want %v with words", tt.name, err, tt.want)
		}
		if b.revision() != before {
			t.Errorf("%s: something was written", tt.name)
		}
	}
	if _, err := b.Edit(t.Context(), ada, number, Edit{Priority: "low", If: rev, Fields: map[string]string{"size": "Large"}, Had: map[string]string{"size": "Small"}}); err != nil {
		t.Errorf("what nobody has changed: %v", err)
	}
}

// Of two who overwrite the same field at once, one is told of the other; of those who
// add tags, none loses any.
//
// covers: P09
func TestNoUpdateIsLost(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	b.equip()
	var wrote, told atomic.Int32
	atOnce(8, func(i int) {
		by := operator
		must(t, b.SetTags(t.Context(), by, number, []string{"tag" + string(rune('a'+i))}, nil))
		err := b.SetFields(t.Context(), by, number, map[string]string{"order": "by " + string(rune('a'+i))}, map[string]string{"order": ""})
		switch helpdesk.KindOf(err) {
		case helpdesk.Conflict:
			told.Add(1)
		default:
			must(t, err)
			wrote.Add(1)
		}
	})
	if got := b.detail(number).Ticket; len(got.Tags) != 9 || wrote.Load() != 1 || told.Load() != 7 {
		t.Errorf("%d tags, want 9; %d wrote and %d were told, want 1 and 7", len(got.Tags), wrote.Load(), told.Load())
	}
}

// covers: P09
func TestSpamTicket(t *testing.T) {
	b := newBench(t)
	ada, number := b.named("Ada Lovelace"), b.ticket("n1")
	must(t, b.CallSpam(t.Context(), ada, number, true))
	must(t, b.CallSpam(t.Context(), ada, number, true))
	alice := b.contact(helpdesk.MustAddress("alice@customer.example"))
	if d := b.detail(number); d.Ticket.Spam == nil || d.Ticket.Spam.By.ID != ada.Agent.ID || alice.Spam == nil || alice.SpamProven || len(d.Entries) != 2 {
		t.Errorf("spam %+v, contact %+v, %d entries", d.Ticket.Spam, alice, len(d.Entries))
	}
	if err := b.Reply(t.Context(), ada, number, Reply{Text: "Hello"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("spam is answered: %v", err)
	}
	if err := b.SetStatus(t.Context(), ada, number, helpdesk.Resolved); err != nil || len(sentTo(b.detail(number), helpdesk.StatusChanged)) != 0 {
		t.Errorf("spam is told of its status, %v", err)
	}
	must(t, b.CallSpam(t.Context(), ada, number, false))
	if alice = b.contact(helpdesk.MustAddress("alice@customer.example")); alice.Spam != nil || b.detail(number).Ticket.Spam != nil {
		t.Errorf("it is spam still: %+v", alice)
	}
	records, err := b.db.Audit(t.Context(), "support", 0, true, 2)
	if err != nil || len(records) != 2 || records[0].Act != "ticket.unspam" || records[1].Act != "ticket.spam" || records[1].By.Agent != ada.Agent.ID {
		t.Errorf("audit %+v, %v", records, err)
	}
	own, err := b.Submit(t.Context(), center(), filled(func(in *Submission) { in.Agent, in.Form, in.Address, in.Nonce = &ada, "agents", "", "own" }))
	must(t, err)
	if err := b.CallSpam(t.Context(), ada, own.Number, true); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("mail of an agent is held from now on: %v", err)
	}
}
