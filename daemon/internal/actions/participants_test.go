package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// linkOf is the link of a participant of a ticket, as mail would carry it now.
func (b *bench) linkOf(number int64, participant uint16) string {
	b.t.Helper()
	d := b.detail(number)
	p := d.Ticket.Participant(participant)
	if p == nil {
		b.t.Fatalf("there is no participant %d", participant)
	}
	return b.signer.Link(links.Audience(center().Audience), links.Link{
		Scope: links.View, Expires: b.time().Add(time.Hour), Gen: p.LinkGen, Ticket: uint64(d.Ticket.ID), Participant: participant,
	})
}

// seen are the texts that a link shows; nil if it shows nothing.
func (b *bench) opened(link string) []string {
	b.t.Helper()
	view, _, err := b.ViewByLink(b.t.Context(), center(), link)
	if helpdesk.KindOf(err) == helpdesk.NotFound && err != nil {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	texts := []string{}
	for _, m := range view.Thread {
		texts = append(texts, m.Text)
	}
	return texts
}

// covers: S06, S07
func TestAddParticipant(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	b.wait(time.Hour)
	if err := b.AddParticipant(t.Context(), ada, number, " bob@customer.example ", "Bob\r\nB", false); err != nil {
		t.Fatal(err)
	}
	if err := b.AddParticipant(t.Context(), ada, number, "carol@elsewhere.example", "", true); err != nil {
		t.Fatal(err)
	}
	if err := b.Reply(t.Context(), ada, number, Reply{Text: "for all"}); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	bob := d.Ticket.Participant(2)
	if bob == nil || bob.Name != "Bob B" || bob.Role != helpdesk.Collaborator || bob.Contact != b.contact(bob.Address).ID || b.contact(bob.Address).Addresses[0].Proven != nil {
		t.Fatalf("participant = %+v", bob)
	}
	if diff := cmp.Diff([]string{"bob@customer.example", "carol@elsewhere.example"}, sentTo(d, helpdesk.Joined)); diff != "" {
		t.Errorf("told of joining (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"alice@customer.example", "bob@customer.example", "carol@elsewhere.example"}, sentTo(d, helpdesk.AgentReply)); diff != "" {
		t.Errorf("answered (-want +got):\n%s", diff)
	}
	var events []string
	for _, e := range d.Entries {
		if e.Kind == helpdesk.Event && e.Author.ID == ada.Agent.ID {
			events = append(events, e.Text)
		}
	}
	if diff := cmp.Diff([]string{
		"Added bob@customer.example to the request.", "Added carol@elsewhere.example to the request, with what was written before.",
	}, events); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	for n, want := range map[uint16][]string{1: {"Where is it?", "for all"}, 2: {"for all"}, 3: {"Where is it?", "for all"}} {
		if diff := cmp.Diff(want, b.opened(b.linkOf(number, n))); diff != "" {
			t.Errorf("participant %d sees (-want +got):\n%s", n, diff)
		}
	}

	// Again: nothing happens, but that they may read more.
	before := b.revision()
	for _, address := range []string{"bob@customer.example", "Alice@customer.example"} {
		if err := b.AddParticipant(t.Context(), ada, number, address, "", false); err != nil || b.revision() != before {
			t.Errorf("adding %s again: %v, revision %d, was %d", address, err, b.revision(), before)
		}
	}
	if err := b.AddParticipant(t.Context(), ada, number, "bob@customer.example", "", true); err != nil {
		t.Fatal(err)
	}
	d = b.detail(number)
	if got := b.opened(b.linkOf(number, 2)); len(got) != 2 || len(d.Ticket.Participants) != 3 || len(sentTo(d, helpdesk.Joined)) != 2 {
		t.Errorf("he sees %v, %d take part", got, len(d.Ticket.Participants))
	}
}

// Who was removed is out at once, and stays out by every key they had when they
// come back.
//
// covers: S06, M03
func TestRemoveParticipant(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	if err := b.AddParticipant(t.Context(), ada, number, carol.String(), "Carol", true); err != nil {
		t.Fatal(err)
	}
	old := b.linkOf(number, 2)
	if len(b.opened(old)) != 1 {
		t.Fatal("the link shows nothing")
	}
	for range 2 { // the second click
		if err := b.RemoveParticipant(t.Context(), ada, number, 2); err != nil {
			t.Fatal(err)
		}
	}
	d := b.detail(number)
	gone := d.Ticket.Participants[1]
	if gone.Active() || gone.LinkGen != 2 || b.opened(old) != nil {
		t.Errorf("participant = %+v; the link shows %v", gone, b.opened(old))
	}
	if e := d.Entries[len(d.Entries)-1]; e.Kind != helpdesk.Event || e.Text != "Removed carol@elsewhere.example from the request." {
		t.Errorf("entry = %+v", e)
	}
	if err := b.Reply(t.Context(), ada, number, Reply{Text: "without her"}); err != nil {
		t.Fatal(err)
	}
	if to := sentTo(b.detail(number), helpdesk.AgentReply); slices.Contains(to, carol.String()) {
		t.Errorf("answered %v", to)
	}
	b.wait(time.Hour)
	if err := b.AddParticipant(t.Context(), ada, number, carol.String(), "Carol", false); err != nil {
		t.Fatal(err)
	}
	back := b.detail(number).Ticket.ParticipantByAddress(carol)
	if back.Number != 3 || back.Contact != gone.Contact || b.opened(old) != nil || len(b.opened(b.linkOf(number, 3))) != 0 {
		t.Errorf("she is back as %+v; the old link shows %v", back, b.opened(old))
	}
}

// covers: S06
func TestDismissSuggestion(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	b.change(number, func(t *helpdesk.Ticket) {
		t.Suggest(helpdesk.Suggestion{Address: carol, At: noon})
		t.Suggest(helpdesk.Suggestion{Address: helpdesk.MustAddress("dave@elsewhere.example"), At: noon})
	})
	for range 2 {
		if err := b.DismissSuggestion(t.Context(), ada, number, carol.String()); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.AddParticipant(t.Context(), ada, number, "dave@elsewhere.example", "", false); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	if d.Ticket.IsSuggested(carol) || d.Ticket.IsSuggested(helpdesk.MustAddress("dave@elsewhere.example")) || len(d.Ticket.Participants) != 2 || d.Ticket.Entries != 3 {
		t.Errorf("ticket = %+v", d.Ticket)
	}
}

// covers: S06
func TestChangingPeopleIsRefused(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	b.agent("bea@elsewhere.example")
	b.unanswered()
	add := func(by Actor, n int64, address, name string) error {
		return b.AddParticipant(t.Context(), by, n, address, name, false)
	}
	before := b.revision()
	for _, tt := range []struct {
		name string
		err  error
		want helpdesk.Kind
	}{
		{"nobody adds", add(Actor{Account: "support"}, number, "x@y.example", ""), helpdesk.SignIn},
		{"nobody removes", b.RemoveParticipant(t.Context(), Actor{Account: "support"}, number, 1), helpdesk.SignIn},
		{"nobody dismisses", b.DismissSuggestion(t.Context(), Actor{Account: "support"}, number, "x@y.example"), helpdesk.SignIn},
		{"no address", add(ada, number, "x", ""), helpdesk.Invalid},
		{"long name", add(ada, number, "x@y.example", strings.Repeat("x", MaxName+1)), helpdesk.Invalid},
		{"mailbox", add(ada, number, "support@acme.example", ""), helpdesk.Invalid},
		{"reply address", add(ada, number, "support+caaaaaaaaaabenaaaeawtkf4eotx33grrvvfiili@acme.example", ""), helpdesk.Invalid},
		{"agent", add(ada, number, "bea@elsewhere.example", ""), helpdesk.Invalid},
		{"blocked", add(ada, number, "blocked@customer.example", ""), helpdesk.Invalid},
		{"deleted", add(ada, number, "deleted@customer.example", ""), helpdesk.Invalid},
		{"being erased", add(ada, number, "erasing@customer.example", ""), helpdesk.Invalid},
		{"no ticket", add(ada, 99, "x@y.example", ""), helpdesk.NotFound},
		{"ticket of another account", add(Actor{Account: "other", Agent: ada.Agent}, number, "x@y.example", ""), helpdesk.NotFound},
		{"requester removed", b.RemoveParticipant(t.Context(), ada, number, 1), helpdesk.Invalid},
		{"nobody to remove", b.RemoveParticipant(t.Context(), ada, number, 2), helpdesk.NotFound},
		{"dismiss no address", b.DismissSuggestion(t.Context(), ada, number, "x"), helpdesk.Invalid},
		{"dismiss nobody", b.DismissSuggestion(t.Context(), ada, number, "x@y.example"), helpdesk.Internal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if helpdesk.KindOf(tt.err) != tt.want || tt.want != helpdesk.Internal && tt.err == nil {
				t.Errorf("error = %v, want %v", tt.err, tt.want)
			}
		})
	}
	if after := b.revision(); after != before {
		t.Errorf("refusals wrote to the store: revision %d, was %d", after, before)
	}
	for i := range helpdesk.MaxParticipants - 1 {
		if err := add(ada, number, fmt.Sprintf("p%d@y.example", i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := add(ada, number, "more@y.example", ""); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("one too many: %v, want Invalid", err)
	}
}

// covers: P04
func TestChangingPeopleAtOnce(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	atOnce(8, func(i int) {
		if err := b.AddParticipant(t.Context(), ada, number, fmt.Sprintf("p%d@y.example", i/2), "", false); err != nil {
			t.Error(err)
		}
	})
	d := b.detail(number)
	numbers := map[uint16]bool{}
	for _, p := range d.Ticket.Participants {
		numbers[p.Number] = true
	}
	if len(d.Ticket.Participants) != 5 || len(numbers) != 5 || len(sentTo(d, helpdesk.Joined)) != 4 {
		t.Errorf("%d take part under %d numbers, %d mails", len(d.Ticket.Participants), len(numbers), len(sentTo(d, helpdesk.Joined)))
	}
}
