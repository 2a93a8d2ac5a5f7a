package inbound

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// put writes records that agents make.
func (b *bench) put(records ...helpdesk.Record) {
	b.t.Helper()
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Records: records}); err != nil {
		b.t.Fatal(err)
	}
}

// covers: P09, P10
func TestFilingByMail(t *testing.T) {
	o := newOffice(t)
	billing := helpdesk.NewID()
	o.put(
		helpdesk.Record{Kind: helpdesk.TeamRecord, ID: string(billing), Value: helpdesk.Team{ID: billing, Name: "Billing EU"}},
		helpdesk.Record{Kind: helpdesk.SettingsRecord, ID: helpdesk.DeskRecord, Value: helpdesk.DeskSettings{TicketFields: []helpdesk.FieldSpec{
			{Name: "order", Label: "Order number", Type: helpdesk.TextField}, {Name: "count", Label: "Count", Type: helpdesk.NumberField},
		}}},
	)
	for i, tt := range []struct{ name, commands, want string }{
		{"all", "#team billing eu\r\n#field Order number=ORD-1\r\n#field count=3\r\n#snooze 2h",
			"team set to Billing EU; Order number set to ORD-1; Count set to 3; snoozed until 4 March 2026 14:00 UTC."},
		{"emptied", "#team none\r\n#field count=\r\n#snooze none", "team set to none; Count emptied; brought back."},
		{"refused", "#team field\r\n#field count=many\r\n#field colour=red\r\n#snooze 2020-01-01",
			"refused: #team field: there is no such team; refused: #field count=many: Count: use a number such as 12 or 3.5; " +
				"refused: #field colour=red: there is no such field; refused: #snooze 2020-01-01: choose a time that is still to come."},
		{"solved", "#snooze 1d\r\n#resolve",
			"status set to Resolved; refused: #snooze 1d: request #1 is Resolved: there is nothing to come back to."},
	} {
		got := o.accept(mail(ann, "<f"+string(rune('a'+i))+"@x>", tt.commands), o.address(o.ann, false))
		if want := "Ann Agent, by mail: " + tt.want; o.entry(got).Text != want {
			t.Errorf("%s: %q, want %q", tt.name, o.entry(got).Text, want)
		}
		head := o.ticket(o.number)
		if filed := head.Team == billing && head.Fields["count"] == "3" && head.Snoozed != nil; filed != (i == 0) {
			t.Errorf("%s: ticket %+v", tt.name, head)
		}
		if head.Fields["order"] != "ORD-1" {
			t.Errorf("%s: fields %v", tt.name, head.Fields)
		}
	}
	found, _, err := o.db.Records(t.Context(), "support", helpdesk.WakeRecord, "", "", 10)
	if err != nil || len(found) != 1 || found[0].ID != helpdesk.WakeID(noon.Add(2*time.Hour), o.ticket(o.number).ID) {
		t.Errorf("it comes back by %+v, %v", found, err)
	}
}

// A customer's mail brings back what was put out of sight.
//
// covers: P10
func TestMailWakes(t *testing.T) {
	o := newOffice(t)
	o.accept(mail(ann, "<f@x>", "#snooze 2h"), o.address(o.ann, false))
	o.accept(mail(alice, "<2@x>", "And the shade?"), o.replyAddress(o.number, 1))
	if head := o.ticket(o.number); head.Snoozed != nil || head.Status != helpdesk.Open {
		t.Errorf("ticket %+v", head)
	}
}

// A note by mail calls whom it names; what they answer to that is a note, too.
//
// covers: P09, P10, S30
func TestMentionsByMail(t *testing.T) {
	o := newOffice(t)
	got := o.accept(mail(ann, "<n@x>", "#note\r\n@Boris Agent, and @ann: CANARY"), o.address(o.ann, false))
	if want := "Ann Agent, by mail: a note was written, which names Boris Agent."; o.entries(got)[2].Text != want {
		t.Errorf("%q, want %q", o.entries(got)[2].Text, want)
	}
	head := o.ticket(o.number)
	if diff := cmp.Diff([]helpdesk.ID{o.boris.ID}, head.Mentioned); diff != "" || !slices.Contains(head.Watchers, o.boris.ID) {
		t.Errorf("watchers %v, mentioned (-want +got):\n%s", head.Watchers, diff)
	}
	if diff := cmp.Diff([]string{"mention boris@acme.example"}, o.copies(got, helpdesk.MentionMail)); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	// In an answer it is a word to the customer, and calls nobody.
	o.accept(mail(ann, "<m@x>", "Write to @boris or boris@acme.example."), o.address(o.ann, false))
	if got := o.ticket(o.number).Mentioned; len(got) != 1 {
		t.Errorf("mentioned %v", got)
	}
	if mails := o.copies(got, helpdesk.AgentReply); len(mails) != 1 || strings.Contains(strings.Join(mails, " "), "boris") {
		t.Errorf("answers %v", mails)
	}
}

// What goes on from a closed ticket is filed as that was, and each knows the other. A
// side thread goes on as one.
//
// covers: P03
func TestMailGoesOn(t *testing.T) {
	o := newOffice(t)
	parent := helpdesk.NewTicketID()
	o.change(o.number, func(t *helpdesk.Ticket) {
		t.Status, t.Team, t.Tags, t.Fields, t.Assignee = helpdesk.Closed, "aaaaaaaaaaaaaaaa", []string{"lamp"}, map[string]string{"order": "1"}, o.ann.ID
		t.Side = &helpdesk.Side{Ticket: parent, Number: 77}
	})
	got := o.accept(mail(alice, "<2@x>", "It is broken again"), o.replyAddress(o.number, 1))
	old, head := o.ticket(o.number), o.ticket(got.Number)
	if got.Number == o.number || head.Follows != old.ID || !slices.Equal(old.GoesOnAs, []helpdesk.TicketID{head.ID}) || old.Status != helpdesk.Closed {
		t.Errorf("%+v goes on as %+v", old, head)
	}
	if head.Team != old.Team || !slices.Equal(head.Tags, old.Tags) || head.Fields["order"] != "1" || head.Assignee != "" || head.Side == nil || head.Side.Number != 77 {
		t.Errorf("it is filed as %+v", head)
	}
}

// What an outsider answers joins the side thread, and is told to who follows the
// request that it is about.
//
// covers: P10
func TestOutsiderAnswersByMail(t *testing.T) {
	o := newOffice(t)
	side := o.accept(mail("Sam <sam@supplier.example>", "<s@x>", "Hello, here is Sam"), "support@acme.example")
	parent := o.ticket(o.number)
	o.change(o.number, func(t *helpdesk.Ticket) { t.Watch(o.boris.ID) })
	o.change(side.Number, func(t *helpdesk.Ticket) {
		t.Side, t.Assignee = &helpdesk.Side{Ticket: parent.ID, Number: parent.Number}, o.ann.ID
	})
	customers := o.deliveries(o.first)
	got := o.accept(mail("Sam <sam@supplier.example>", "<s2@x>", "It is here"), o.replyAddress(side.Number, 1))
	if got.Number != side.Number || o.entry(got).Text != "It is here" {
		t.Fatalf("outcome %+v", got)
	}
	if diff := cmp.Diff([]string{"agentnotice ann@acme.example", "agentnotice ann@acme.example", "agentnotice boris@acme.example"}, o.copies(got, helpdesk.AgentNotice)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(customers, o.deliveries(o.first)); diff != "" {
		t.Errorf("mails of the request (-before +after):\n%s", diff)
	}
}
