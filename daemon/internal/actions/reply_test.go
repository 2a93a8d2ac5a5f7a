package actions

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestMeanwhile(t *testing.T) {
	b := newBench(t)
	ada, bob := b.named("Ada Lovelace"), b.named("Bob Noyce")
	alice := b.proven("alice@customer.example")
	says := func(text string) func(int64) error {
		return func(n int64) error {
			_, err := b.AnswerRequest(t.Context(), shared(), alice, n, Answer{Text: text, Nonce: text})
			return err
		}
	}
	for _, tt := range []struct {
		name string
		did  []func(int64) error // since the page was loaded
		want *Meanwhile          // by name, and how many of each
	}{
		{"nothing", nil, nil},
		{"own words", []func(int64) error{func(n int64) error { return b.Reply(t.Context(), ada, n, Reply{Text: "First"}) }}, nil},
		{"a note", []func(int64) error{func(n int64) error { return b.Note(t.Context(), bob, n, Note{Text: "Hm"}) }}, nil},
		{"a status", []func(int64) error{func(n int64) error { return b.SetStatus(t.Context(), bob, n, helpdesk.Pending) }}, nil},
		{"an answer", []func(int64) error{func(n int64) error { return b.Reply(t.Context(), bob, n, Reply{Text: "Mine"}) }},
			&Meanwhile{By: bob.author(), Answers: 1, Seq: 2, Entries: 2}},
		{"a customer", []func(int64) error{says("More")},
			&Meanwhile{By: helpdesk.Author{Name: "Alice"}, Customer: true, Messages: 1, Seq: 2, Entries: 2}},
		{"both", []func(int64) error{says("One"), func(n int64) error { return b.Reply(t.Context(), bob, n, Reply{Text: "Mine"}) },
			func(n int64) error { return b.Note(t.Context(), bob, n, Note{Text: "Hm"}) }},
			&Meanwhile{By: bob.author(), Answers: 1, Messages: 1, Seq: 3, Entries: 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			number := b.ticket(tt.name)
			for _, did := range tt.did {
				must(t, did(number))
			}
			mails := len(b.detail(number).Deliveries)
			err := b.Reply(t.Context(), ada, number, Reply{Text: "Hello", Expect: 1, Nonce: "n"})
			if tt.want == nil {
				must(t, err)
				return
			}
			got, ok := errors.AsType[*Meanwhile](err)
			if !ok || helpdesk.KindOf(err) != helpdesk.Conflict || helpdesk.Public(err) == "" {
				t.Fatalf("%v, want to be told", err)
			}
			if got.By.Name != tt.want.By.Name || got.Answers != tt.want.Answers || got.Messages != tt.want.Messages ||
				got.Seq != tt.want.Seq || got.Entries != tt.want.Entries || got.Customer != tt.want.Customer || got.At.IsZero() {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			if d := b.detail(number); len(d.Deliveries) != mails || d.Ticket.Entries != got.Entries {
				t.Error("something was sent all the same")
			}
			must(t, b.Reply(t.Context(), ada, number, Reply{Text: "Hello", Expect: 1, Anyway: true, Nonce: "n"}))
			must(t, b.Reply(t.Context(), ada, number, Reply{Text: "Hello", Expect: 1, Nonce: "n"})) // a click that came late
			if d := b.detail(number); d.Ticket.Entries != got.Entries+1 {
				t.Errorf("%d entries, want one more than %d", d.Ticket.Entries, got.Entries)
			}
		})
	}
}

// Two agents who answer at the same moment: one does, the others are told.
//
// covers: P10
func TestTwoAnswerAtOnce(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	agents := []Actor{b.named("Ada Lovelace"), b.named("Bob Noyce"), b.named("Cid Vicious")}
	var sent, told atomic.Int32
	atOnce(len(agents), func(i int) {
		err := b.Reply(t.Context(), agents[i], number, Reply{Text: "Hello", Expect: 1})
		if _, ok := errors.AsType[*Meanwhile](err); ok {
			told.Add(1)
		} else {
			must(t, err)
			sent.Add(1)
		}
	})
	if d := b.detail(number); sent.Load() != 1 || told.Load() != 2 || len(sentTo(d, helpdesk.AgentReply)) != 1 {
		t.Errorf("%d answered and %d were told, want 1 and 2", sent.Load(), told.Load())
	}
}

// Who is named in a note finds the request, follows it, and is mailed unless they
// turned mail off; looking at it is noted once, and by them alone.
//
// covers: P10
func TestMentions(t *testing.T) {
	b := newBench(t)
	ada, bob, cid, dan := b.named("Ada Lovelace"), b.named("Bob Noyce"), b.named("Cid Vicious"), b.named("Dan Off")
	_, err := b.SetAgent(t.Context(), operator, "cid.vicious@acme.example", AgentChange{Mail: new(helpdesk.MailNone)})
	must(t, err)
	b.disable(dan.Agent.ID)
	number := b.ticket("n1")
	note := Note{Text: "@ada @bob.noyce@acme.example, @Cid Vicious and @Dan: CANARY\n> @ada", Nonce: "n", Mentions: []helpdesk.ID{bob.Agent.ID, dan.Agent.ID, "nobody"}}
	must(t, b.Note(t.Context(), ada, number, note))
	must(t, b.Note(t.Context(), ada, number, note)) // a second click
	d := b.detail(number)
	if diff := cmp.Diff([]helpdesk.ID{bob.Agent.ID, cid.Agent.ID}, sorted(d.Ticket.Mentioned, bob, cid)); diff != "" {
		t.Errorf("mentioned (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bob.noyce@acme.example"}, sentTo(d, helpdesk.MentionMail)); diff != "" {
		t.Errorf("mailed (-want +got):\n%s", diff)
	}
	if got := d.Ticket.Watchers; len(got) != 3 || d.Ticket.Entries != 2 {
		t.Errorf("watchers %v, %d entries, want 3 and 2", got, d.Ticket.Entries)
	}
	must(t, b.LookedAt(t.Context(), ada, number))
	must(t, b.LookedAt(t.Context(), bob, number))
	before := b.revision()
	must(t, b.LookedAt(t.Context(), bob, number))
	if got := b.detail(number).Ticket.Mentioned; len(got) != 1 || got[0] != cid.Agent.ID || b.revision() != before {
		t.Errorf("mentioned %v, want Cid alone", got)
	}
	must(t, b.Note(t.Context(), cid, number, Note{Text: "Right"}))
	if got := b.detail(number).Ticket.Mentioned; len(got) != 0 {
		t.Errorf("who answers has looked: %v", got)
	}
}

// sorted are ids in the order of the agents.
func sorted(ids []helpdesk.ID, order ...Actor) []helpdesk.ID {
	place := func(id helpdesk.ID) int {
		return slices.IndexFunc(order, func(a Actor) bool { return a.Agent.ID == id })
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b helpdesk.ID) int { return place(a) - place(b) })
	return ids
}

// covers: P10
func TestWatch(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.named("Ada Lovelace"), b.named("Bob Noyce"), b.ticket("n1")
	must(t, b.Watch(t.Context(), ada, number, ""))
	must(t, b.Watch(t.Context(), ada, number, bob.Agent.ID))
	must(t, b.Watch(t.Context(), ada, number, bob.Agent.ID))
	must(t, b.Unwatch(t.Context(), ada, number, ""))
	d := b.detail(number)
	if got := d.Ticket.Watchers; len(got) != 1 || got[0] != bob.Agent.ID || d.Ticket.Entries != 2 || d.Entries[1].Text != "Bob Noyce follows the request from now on." {
		t.Errorf("watchers %v, %d entries", got, d.Ticket.Entries)
	}
	b.change(number, func(t *helpdesk.Ticket) {
		for range helpdesk.MaxWatchers {
			t.Watch(helpdesk.NewID())
		}
	})
	for name, err := range map[string]error{
		"too many": b.Watch(t.Context(), ada, number, ""), "nobody": b.Watch(t.Context(), operator, number, ""),
	} {
		if helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.disable(bob.Agent.ID)
	must(t, b.Unwatch(t.Context(), ada, number, bob.Agent.ID))
	if err := b.Watch(t.Context(), ada, number, bob.Agent.ID); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("who is disabled follows: %v", err)
	}
}
