package actions

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: S06, M04
func TestAddPerson(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	b.agent("ada@acme.example")
	alice, known := b.proven("alice@customer.example"), b.proven("known@elsewhere.example")
	b.wait(time.Hour)
	for _, tt := range []struct{ name, address, display, want string }{
		{"no address", "bob", "", "invalid"},
		{"an agent", "ada@acme.example", "", "invalid"},
		{"our mailbox", "support@acme.example", "", "invalid"},
		{"our mailbox with something behind", "billing+x@acme.example", "", "invalid"},
		{"a name that is too long", "x@elsewhere.example", strings.Repeat("x", MaxName+1), "invalid"},
		{"herself", "alice@customer.example", "", "invalid"},
		{"a stranger", " bob@elsewhere.example ", "Bob\r\nBcc: x", "ok"},
		{"the same again", "BOB@elsewhere.example", "", "ok"},
		{"a customer", "known@elsewhere.example", "", "ok"},
	} {
		if err := b.AddPerson(ctx, h, alice, number, tt.address, tt.display); kindOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	d := b.detail(number)
	bob, other := d.Ticket.Participant(2), d.Ticket.Participant(3)
	if bob == nil || other == nil || len(d.Ticket.Participants) != 3 {
		t.Fatalf("participants = %+v", d.Ticket.Participants)
	}
	if !bob.Unasked || bob.Name != "Bob Bcc: x" || other.Unasked || other.Contact != known.Contact.ID || !bob.Joined.Equal(b.time()) || bob.History {
		t.Errorf("participants = %+v", d.Ticket.Participants)
	}
	if diff := cmp.Diff([]string{"bob@elsewhere.example"}, sentTo(d, helpdesk.Added)); diff != "" {
		t.Errorf("fixed words (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"known@elsewhere.example"}, sentTo(d, helpdesk.Joined)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if got := sentTo(d, helpdesk.PeopleChanged); len(got) != 0 {
		t.Errorf("she is told what she did herself: %q", got)
	}
	seen, err := b.Request(ctx, h, known, number, "")
	if err != nil || len(seen.View.Thread) != 0 {
		t.Errorf("who joined sees %+v, %v", seen, err)
	}
}

// covers: S06, M04
func TestAddingPeopleHasLimits(t *testing.T) {
	b := newBench(t)
	ctx, h := t.Context(), shared()
	alice := b.proven("alice@customer.example")
	first, second := b.ticket("n1"), b.ticket("n2")
	for i := range peopleADay + 1 {
		number := first
		if i%2 == 1 {
			number = second
		}
		err := b.AddPerson(ctx, h, alice, number, fmt.Sprintf("p%d@elsewhere.example", i), "")
		if (err == nil) != (i < peopleADay) {
			t.Fatalf("person %d: %v", i+1, err)
		}
	}
	b.wait(25 * time.Hour)
	if err := b.AddPerson(ctx, h, alice, first, "late@elsewhere.example", ""); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

// covers: S07
func TestRequesterIsToldOfPeople(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	if err := b.AddParticipant(t.Context(), b.agent("ada@acme.example"), number, "bob@customer.example", "", false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, sentTo(b.detail(number), helpdesk.PeopleChanged)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// covers: S06
func TestRemovePersonEndsLinks(t *testing.T) {
	b := newBench(t)
	ctx, number, h := t.Context(), b.ticket("n1"), shared()
	alice := b.proven("alice@customer.example")
	if err := b.AddPerson(ctx, h, alice, number, "bob@elsewhere.example", ""); err != nil {
		t.Fatal(err)
	}
	link := b.linkOf(number, 2)
	if b.opened(link) == nil {
		t.Fatal("the link is dead from the start")
	}
	for range 2 {
		if err := b.RemovePerson(ctx, h, alice, number, 2); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.opened(link); got != nil {
		t.Errorf("the link still shows %q", got)
	}
	if err := b.RemovePerson(ctx, h, alice, number, 9); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("nobody: %v", err)
	}
	if err := b.AddPerson(ctx, h, alice, number, "bob@elsewhere.example", ""); err != nil || b.opened(link) != nil {
		t.Errorf("added again: %v, the old link shows %q", err, b.opened(link))
	}
}

// An agent who adds somebody whom a customer had named vouches for them.
//
// covers: M04
func TestAgentVouches(t *testing.T) {
	b := newBench(t)
	ctx, number := t.Context(), b.ticket("n1")
	if err := b.AddPerson(ctx, shared(), b.proven("alice@customer.example"), number, "bob@elsewhere.example", ""); err != nil {
		t.Fatal(err)
	}
	if err := b.AddParticipant(ctx, b.agent("ada@acme.example"), number, "bob@elsewhere.example", "", false); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	if d.Ticket.Participant(2).Unasked || len(sentTo(d, helpdesk.Joined)) != 1 {
		t.Errorf("participant = %+v, told %v", d.Ticket.Participant(2), sentTo(d, helpdesk.Joined))
	}
}
