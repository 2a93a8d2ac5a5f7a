package actions

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestUnread(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", deskAgent)
	number := b.ticket("n1")
	unread := func(by Actor) bool {
		t.Helper()
		rows := b.list(by, ListQuery{Queue: AllQueue}).Rows
		if len(rows) != 1 {
			t.Fatalf("%d rows", len(rows))
		}
		return rows[0].Unread
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check := func(name string, want bool) {
		t.Helper()
		if got := unread(ada); got != want {
			t.Errorf("%s: unread %t, want %t", name, got, want)
		}
	}
	check("new", true)
	must(b.MarkSeen(ctx, ada, number, 1))
	check("seen", false)
	if !unread(bob) {
		t.Error("what Ada has read is read for Bob")
	}
	before := b.revision()
	must(b.MarkSeen(ctx, ada, number, 1))
	must(b.MarkSeen(ctx, ada, number, 0))
	if b.revision() != before {
		t.Error("what was read was written again")
	}
	must(b.Note(ctx, bob, number, Note{Text: "Look at this"})) // no words of a customer
	check("after a note", false)
	must(b.MarkUnread(ctx, ada, number))
	check("marked", true)
	must(b.MarkSeen(ctx, ada, number, 999)) // there are not so many
	check("seen again", false)
	b.change(number, func(t *helpdesk.Ticket) { t.Last.Seq, t.Entries = 9, 9 })
	check("after an answer", true)
	b.wait(helpdesk.SeenLifetime)
	check("long ago", false)

	b.change(number, func(t *helpdesk.Ticket) { t.Mentioned = []helpdesk.ID{ada.Agent.ID, bob.Agent.ID} })
	must(b.MarkSeen(ctx, ada, number, 9))
	if diff := cmp.Diff([]helpdesk.ID{bob.Agent.ID}, b.head(number).Mentioned); diff != "" {
		t.Errorf("who was named (-want +got):\n%s", diff)
	}
	hidden := b.member("eve@acme.example", teamwork)
	for name, err := range map[string]error{
		"hidden": b.MarkSeen(ctx, hidden, number, 1), "hidden, unread": b.MarkUnread(ctx, hidden, number), "hidden, there": b.BeThere(ctx, hidden, number, ""),
	} {
		if helpdesk.KindOf(err) != helpdesk.NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// covers: P10
func TestPresence(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", deskAgent)
	number := b.ticket("n1")
	look := func(by Actor, want ...Present) {
		t.Helper()
		g, err := b.GlanceAtDesk(ctx, by, Watched{Number: number})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(append([]Present{}, want...), g.Present); diff != "" {
			t.Errorf("present (-want +got):\n%s", diff)
		}
	}
	tidings, err := b.FollowDesk(ctx, bob, Watched{Number: number})
	if err != nil {
		t.Fatal(err)
	}
	defer tidings.Close()
	told := func(want bool) {
		t.Helper()
		select {
		case <-tidings.Changed():
			if !want {
				t.Error("told of nothing")
			}
		default:
			if want {
				t.Error("not told")
			}
		}
	}
	if err := b.ready(ctx, "support"); err != nil {
		t.Fatal(err)
	}
	select { // of the request itself
	case <-tidings.Changed():
	default:
	}
	here := Present{Agent: ada.Agent.ID, Name: "Ada Lovelace"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.BeThere(ctx, ada, number, ""))
	told(true)
	look(bob, here)
	look(ada) // who is not told of themselves
	must(b.BeThere(ctx, ada, number, ""))
	told(false)
	must(b.BeThere(ctx, ada, number, helpdesk.Note))
	told(true)
	here.Typing = helpdesk.Note
	look(bob, here)
	b.wait(helpdesk.PresenceLifetime - time.Second)
	look(bob, here)
	b.wait(time.Second)
	look(bob)
	must(b.BeThere(ctx, ada, number, helpdesk.Message))
	told(true)
	must(b.BeGone(ctx, ada, number))
	told(true)
	look(bob)
	if err := b.BeThere(ctx, ada, number, helpdesk.Event); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("writing an event: %v", err)
	}
	must(b.BeThere(ctx, operator, number, "")) // who is nobody
	told(false)
}

// A page that was shown at some time learns of all that happened since, and of nothing
// else.
// covers: P10
func TestGlanceAtDesk(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada := b.member("ada@acme.example", deskAgent)
	number := b.ticket("n1")
	b.wait(time.Minute)
	other := b.ticket("n2") // which the list begins with
	q := ListQuery{Queue: OpenQueue, Limit: 1}
	w := Watched{List: &q, Number: number}
	glance := func() *DeskGlance {
		t.Helper()
		g, err := b.GlanceAtDesk(ctx, ada, w)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	detail, err := b.Ticket(ctx, ada, number)
	if err != nil {
		t.Fatal(err)
	}
	first := glance()
	if first.List != b.list(ada, q).Look || first.Ticket != detail.Look || first.Counts["open"] != 2 {
		t.Errorf("glance %+v is not what pages show", first)
	}
	for _, tt := range []struct {
		name                  string
		do                    func()
		list, ticket, counted bool
	}{
		{"nothing", func() {}, false, false, false},
		{"a note", func() { _ = b.Note(ctx, ada, number, Note{Text: "x"}) }, false, true, false},
		{"an answer that is mailed", func() { _ = b.Reply(ctx, ada, number, Reply{Text: "Soon"}) }, true, true, false},
		{"another request", func() { _ = b.SetStatus(ctx, ada, other, helpdesk.Pending) }, true, false, true},
	} {
		b.wait(time.Minute)
		before := glance()
		tt.do()
		after := glance()
		got := []bool{before.List != after.List, before.Ticket != after.Ticket, !cmp.Equal(before.Counts, after.Counts)}
		if diff := cmp.Diff([]bool{tt.list, tt.ticket, tt.counted}, got); diff != "" {
			t.Errorf("%s: list, ticket, counts (-want +got):\n%s", tt.name, diff)
		}
	}
	w = Watched{List: &ListQuery{View: helpdesk.NewID()}, Number: 999}
	if g := glance(); g.List != Gone || g.Ticket != Gone {
		t.Errorf("what is not there looks %+v", g)
	}
}
