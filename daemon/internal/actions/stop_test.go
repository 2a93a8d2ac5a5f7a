package actions

import (
	"slices"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// covers: S06, M03
func TestStop(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	number := b.ticket("n1")
	must(t, b.AddParticipant(t.Context(), ada, number, "bob@customer.example", "Bob", false))
	stop := func(change func(*links.Link)) string {
		return b.link(center(), number, func(l *links.Link) {
			l.Scope, l.Participant, l.Gen = links.Unsubscribe, 2, 1
			if change != nil {
				change(l)
			}
		})
	}
	good, view := stop(nil), b.linkOf(number, 2)
	other := center()
	other.Name, other.Audience = "other", links.AudienceOf("support", "HelpCenter", "other")
	for _, tt := range []struct {
		name   string
		center helpdesk.HelpCenter
		token  string
	}{
		{"link to look at the request", center(), view},
		{"link to disown it", center(), stop(func(l *links.Link) { l.Scope = links.Disown })},
		{"expired", center(), stop(func(l *links.Link) { l.Expires = noon.Add(-time.Hour) })},
		{"of another generation", center(), stop(func(l *links.Link) { l.Gen = 3 })},
		{"of nobody", center(), stop(func(l *links.Link) { l.Participant = 9 })},
		{"of the requester", center(), stop(func(l *links.Link) { l.Participant = 1 })},
		{"of another help center", other, good},
		{"empty", center(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, err := range []error{b.Stoppable(t.Context(), tt.center, tt.token), b.Stop(t.Context(), tt.center, tt.token)} {
				if helpdesk.KindOf(err) != helpdesk.NotFound {
					t.Errorf("%v, want not found", err)
				}
			}
		})
	}
	before := b.revision()
	if err := b.Stoppable(t.Context(), center(), good); err != nil || b.revision() != before {
		t.Fatalf("looking: %v, wrote %t", err, b.revision() != before)
	}
	atOnce(3, func(int) {
		if err := b.Stop(t.Context(), center(), good); err != nil {
			t.Error(err)
		}
	})
	must(t, b.Stoppable(t.Context(), center(), good)) // what was said can be looked at
	must(t, b.Reply(t.Context(), ada, number, Reply{Text: "hello"}))
	detail := b.detail(number)
	if got := sentTo(detail, helpdesk.AgentReply); !slices.Equal(got, []string{"alice@customer.example"}) {
		t.Errorf("the answer goes to %v", got)
	}
	if detail.Ticket.Status == helpdesk.Closed || detail.Ticket.Participant(2) != nil || b.opened(view) != nil {
		t.Errorf("ticket %+v, want it open, and them gone", detail.Ticket)
	}
	told := 0
	for _, e := range detail.Entries {
		if e.Text == "bob@customer.example wants no more mail about this request, and takes no part in it any more." {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}

// covers: S06
func TestStopWhereTheRequestGoesOn(t *testing.T) {
	b := newBench(t)
	one, two := b.request("Alice", "mine"), b.request("Carol", "other")
	must(t, b.AddParticipant(t.Context(), operator, one, "bob@customer.example", "Bob", false))
	token := b.link(center(), one, func(l *links.Link) { l.Scope, l.Participant, l.Gen = links.Unsubscribe, 2, 1 })
	must(t, b.Merge(t.Context(), operator, one, two))
	b.wait(time.Minute)
	must(t, b.Stop(t.Context(), center(), token))
	must(t, b.Reply(t.Context(), operator, two, Reply{Text: "hello"}))
	if got := sentTo(b.detail(two), helpdesk.AgentReply); slices.Contains(got, "bob@customer.example") || len(got) == 0 {
		t.Errorf("the answer goes to %v", got)
	}
}

// Whom another customer named gets fixed words once a day, and nothing that holds a
// customer's; who wants none gets none for a year.
//
// covers: M04
func TestWhoWasOnlyNamed(t *testing.T) {
	b := newBench(t)
	const victim = "victim@customer.example"
	name := func(number int64) {
		t.Helper()
		ticket, err := b.db.TicketByNumber(t.Context(), "support", number)
		must(t, err)
		contact := newContact("", helpdesk.MustAddress(victim), b.time())
		if known, err := b.contactByAddress(t.Context(), "support", contact.Addresses[0].Address); err != nil || known != nil {
			contact = known
		}
		p := ticket.Join(contact.ID, "", helpdesk.MustAddress(victim), b.time())
		p.Unasked = true
		change := &helpdesk.Change{Account: "support", Ticket: ticket}
		if contact.Rev == 0 {
			change.Contact = contact
		}
		box, _ := b.directory.Mailbox("support", ticket.Mailbox)
		for _, purpose := range []helpdesk.Purpose{helpdesk.Added, helpdesk.Update, helpdesk.Joined, helpdesk.StatusChanged} {
			o := outbound.Occasion{Mailbox: box, Ticket: ticket, Entry: 1, To: p, Purpose: purpose, Now: b.time()}
			must(t, b.planner.Automatic(t.Context(), change, o))
		}
		must(t, b.db.Commit(t.Context(), change))
	}
	mails := func(number int64) (all []helpdesk.Purpose) {
		for _, d := range b.detail(number).Deliveries {
			if d.To.String() == victim {
				all = append(all, d.Purpose)
			}
		}
		return all
	}
	one, two, three := b.request("Mallory", "one"), b.request("Mallory", "two"), b.request("Mallory", "three")
	name(one)
	name(two)
	if got := append(mails(one), mails(two)...); !slices.Equal(got, []helpdesk.Purpose{helpdesk.Added}) {
		t.Errorf("they get %v on one day, want the fixed words once", got)
	}
	must(t, b.Stop(t.Context(), center(), b.link(center(), one, func(l *links.Link) { l.Scope, l.Participant, l.Gen = links.Unsubscribe, 2, 1 })))
	b.wait(48 * time.Hour)
	name(three)
	if got := mails(three); len(got) != 0 {
		t.Errorf("who wants no more of them gets %v", got)
	}
}

// Who takes part is told where customers have another word for the status, but not by
// an answer that carries it.
//
// covers: S07, S05
func TestStatusIsTold(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	number := b.ticket("n1")
	must(t, b.AddParticipant(t.Context(), ada, number, "bob@customer.example", "Bob", false))
	told := func() []string { return sentTo(b.detail(number), helpdesk.StatusChanged) }
	must(t, b.Reply(t.Context(), ada, number, Reply{Text: "done", Status: helpdesk.Resolved}))
	must(t, b.SetStatus(t.Context(), ada, number, helpdesk.Resolved))
	must(t, b.Note(t.Context(), ada, number, Note{Text: "well"}))
	if got := told(); len(got) != 0 {
		t.Errorf("told %v of a status that an answer carried", got)
	}
	must(t, b.SetStatus(t.Context(), ada, number, helpdesk.Closed))
	if got := told(); !slices.Equal(got, []string{"alice@customer.example", "bob@customer.example"}) {
		t.Errorf("told %v", got)
	}
	must(t, b.RemoveParticipant(t.Context(), ada, number, 2))
	must(t, b.SetStatus(t.Context(), ada, number, helpdesk.Open))
	if got := told(); len(got) != 3 {
		t.Errorf("told %v, want the requester once more", got)
	}
	if got := sentTo(b.detail(number), helpdesk.PeopleChanged); !slices.Equal(got, []string{"alice@customer.example"}) {
		t.Errorf("told %v who was added, want the requester", got)
	}
}
