package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestReply(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	left := noon
	b.change(number, func(t *helpdesk.Ticket) {
		t.Participants = append(t.Participants,
			helpdesk.Participant{Number: 2, Address: helpdesk.MustAddress("bob@customer.example"), Role: helpdesk.Collaborator},
			helpdesk.Participant{Number: 3, Address: helpdesk.MustAddress("eve@customer.example"), Role: helpdesk.Collaborator, Left: &left})
	})
	if err := b.Reply(t.Context(), ada, number, Reply{Text: " It is\r\non its\rway.\x1b[31m ", Status: helpdesk.Pending}); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	e := d.Entries[len(d.Entries)-1]
	if d.Ticket.Status != helpdesk.Pending || !e.Public() || e.Text != "It is\non its\nway.[31m" || e.Author.ID != ada.Agent.ID || e.Author.Role != helpdesk.AgentAs {
		t.Errorf("status %s, entry %+v", d.Ticket.Status, e)
	}
	var to []string
	for _, x := range d.Deliveries {
		if x.Purpose == helpdesk.AgentReply {
			to = append(to, x.To.String())
		}
	}
	slices.Sort(to)
	if diff := cmp.Diff([]string{"alice@customer.example", "bob@customer.example"}, to); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

func TestNote(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	if err := b.Note(t.Context(), b.agent("ada@acme.example"), number, Note{Text: "among us"}); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	if e := d.Entries[1]; e.Kind != helpdesk.Note || e.Public() || len(d.Deliveries) != 1 {
		t.Errorf("entry %+v, %d deliveries; want a note that nobody is sent", e, len(d.Deliveries))
	}
}

// covers: P03
func TestSetStatus(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	for _, s := range []helpdesk.Status{helpdesk.Closed, helpdesk.Open} {
		if err := b.SetStatus(t.Context(), ada, number, s); err != nil {
			t.Fatal(err)
		}
		d := b.detail(number)
		if e := d.Entries[len(d.Entries)-1]; d.Ticket.Status != s || e.Kind != helpdesk.Event || e.Text != "Status set to "+string(s)+"." || e.Author.ID != ada.Agent.ID {
			t.Errorf("status %s, entry %+v", d.Ticket.Status, e)
		}
	}
	before := b.revision()
	if err := b.SetStatus(t.Context(), ada, number, helpdesk.Open); err != nil || b.revision() != before {
		t.Errorf("setting what is set: %v, revision %d, was %d; want nothing to happen", err, b.revision(), before)
	}
}

func TestWritingIsRefused(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	disabled := *ada.Agent
	disabled.Disabled = true
	long := strings.Repeat("x", MaxText+1)
	write := map[string]func(by Actor, number int64, text string) error{
		"reply": func(by Actor, n int64, text string) error { return b.Reply(t.Context(), by, n, Reply{Text: text}) },
		"note":  func(by Actor, n int64, text string) error { return b.Note(t.Context(), by, n, Note{Text: text}) },
	}
	before := b.revision()
	for _, tt := range []struct {
		name   string
		by     Actor
		number int64
		text   string
		want   helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, number, "x", helpdesk.SignIn},
		{"disabled agent", Actor{Account: "support", Agent: &disabled}, number, "x", helpdesk.SignIn},
		{"nobody, unknown number", Actor{Account: "support"}, 99, "x", helpdesk.SignIn},
		{"nothing", ada, number, " \r\n ", helpdesk.Invalid},
		{"too long", ada, number, long, helpdesk.Invalid},
		{"unknown number", ada, 99, "x", helpdesk.NotFound},
		{"number of another account", Actor{Account: "other", Agent: ada.Agent}, number, "x", helpdesk.NotFound},
	} {
		for kind, act := range write {
			t.Run(tt.name+" "+kind, func(t *testing.T) {
				if err := act(tt.by, tt.number, tt.text); err == nil || helpdesk.KindOf(err) != tt.want {
					t.Errorf("error = %v, want %v", err, tt.want)
				}
			})
		}
	}
	for _, s := range []helpdesk.Status{"", "open", "Gone"} {
		if err := b.SetStatus(t.Context(), ada, number, s); err == nil || helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("status %q: %v, want Invalid", s, err)
		}
	}
	if err := b.Reply(t.Context(), ada, number, Reply{Text: "x", Status: "Gone"}); err == nil || helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("reply with an unknown status: %v, want Invalid", err)
	}
	if after := b.revision(); after != before {
		t.Errorf("refusals wrote to the store: revision %d, was %d", after, before)
	}
	b.change(number, func(t *helpdesk.Ticket) { t.Mailbox = "gone" })
	if err := b.Reply(t.Context(), ada, number, Reply{Text: "x"}); err == nil || helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("reply without a mailbox: %v, want Invalid", err)
	}
}

// covers: P05
func TestReplyOnce(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	atOnce(8, func(int) {
		if err := b.Reply(t.Context(), ada, number, Reply{Text: "once", Nonce: "p1"}); err != nil {
			t.Error(err)
		}
	})
	if n := len(b.detail(number).Entries); n != 2 {
		t.Errorf("%d entries, want the question and one reply", n)
	}
	for _, in := range []Reply{{Text: "other", Nonce: "p1"}, {Text: "once", Nonce: "p2"}, {Text: "once"}, {Text: "once"}} {
		before := len(b.detail(number).Entries)
		if err := b.Reply(t.Context(), ada, number, in); err != nil || len(b.detail(number).Entries) != before+1 {
			t.Errorf("%+v: %v, want another reply", in, err)
		}
	}
}

// covers: P04
func TestWritingAtOnce(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	const writers = 16
	atOnce(writers, func(i int) {
		if err := b.Reply(t.Context(), ada, number, Reply{Text: fmt.Sprint("reply ", i)}); err != nil {
			t.Error(err)
		}
	})
	d := b.detail(number)
	texts := map[string]bool{}
	for i, e := range d.Entries {
		texts[e.Text] = true
		if e.Seq != i+1 {
			t.Errorf("entry %d has the number %d", i+1, e.Seq)
		}
	}
	if len(texts) != writers+1 || len(d.Deliveries) != writers+1 {
		t.Errorf("%d texts, %d deliveries, want %d of each", len(texts), len(d.Deliveries), writers+1)
	}
}

func TestReadingNeedsAnAgent(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	item := &helpdesk.HeldItem{ID: helpdesk.NewID(), Cause: helpdesk.NoSender, Subject: "s"}
	if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Held: item}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		by   Actor
		want bool
	}{
		{"nobody", Actor{Account: "support"}, false},
		{"disabled agent", Actor{Account: "support", Agent: &helpdesk.Agent{Disabled: true}}, false},
		{"agent", Actor{Account: "support", Agent: &helpdesk.Agent{}}, true},
		{"operator", operator, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, list := b.Tickets(t.Context(), tt.by, 0, 0)
			_, one := b.Ticket(t.Context(), tt.by, number)
			_, held := b.Held(t.Context(), tt.by)
			got, heldOne := b.HeldItem(t.Context(), tt.by, string(item.ID))
			_, agents := b.Agents(t.Context(), tt.by)
			for i, err := range []error{list, one, held, heldOne, agents} {
				if (err == nil) != tt.want || err != nil && helpdesk.KindOf(err) != helpdesk.SignIn {
					t.Errorf("read %d: %v, want allowed: %t", i, err, tt.want)
				}
			}
			if tt.want && got.Subject != "s" {
				t.Errorf("held item = %+v", got)
			}
		})
	}
	for _, id := range []string{"../../ticket/1", string(helpdesk.NewID())} {
		if _, err := b.HeldItem(t.Context(), operator, id); err == nil || helpdesk.KindOf(err) != helpdesk.NotFound {
			t.Errorf("held item %q: %v, want NotFound", id, err)
		}
	}
}
