package helpdesk

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func suggestion(name string) Suggestion {
	return Suggestion{Address: MustAddress(name + "@a.example"), By: alice.Address, At: noon}
}

// covers: S06
func TestSuggest(t *testing.T) {
	ticket := &Ticket{Participants: []Participant{alice, bob}}
	for _, name := range []string{"alice", "carol", "bob", "Carol", "dora"} {
		ticket.Suggest(suggestion(name))
	}
	carol := suggestion("carol").Address
	if len(ticket.Suggested) != 2 || !ticket.IsSuggested(carol) || ticket.IsSuggested(bob.Address) {
		t.Errorf("suggested: %+v, want carol and dora once", ticket.Suggested)
	}
	if !ticket.Dismiss(carol) || ticket.Dismiss(carol) || ticket.Dismiss(bob.Address) {
		t.Error("dismissing did not tell whether there was anybody to dismiss")
	}
	if ticket.Suggest(suggestion("carol")); ticket.IsSuggested(carol) {
		t.Error("who was dismissed is suggested again by the next mail")
	}
	if p := ticket.Join("carol", "", carol, noon); p == nil || len(ticket.Suggested) != 1 {
		t.Errorf("joined as %+v with %+v left; want her off the list", p, ticket.Suggested)
	}
}

// The list is bounded, and who was dismissed gives way to who was not.
func TestSuggestIsBounded(t *testing.T) {
	ticket := &Ticket{}
	for i := range 2 * MaxSuggestions {
		ticket.Suggest(suggestion(fmt.Sprint("p", i)))
	}
	if len(ticket.Suggested) != MaxSuggestions || ticket.IsSuggested(suggestion("new").Address) {
		t.Fatalf("%d suggestions, want %d", len(ticket.Suggested), MaxSuggestions)
	}
	ticket.Dismiss(suggestion("p3").Address)
	ticket.Suggest(suggestion("new"))
	if len(ticket.Suggested) != MaxSuggestions || !ticket.IsSuggested(suggestion("new").Address) {
		t.Errorf("%d suggestions, new one there: %t", len(ticket.Suggested), ticket.IsSuggested(suggestion("new").Address))
	}
}

func TestRelease(t *testing.T) {
	ticket := &Ticket{MessageIDs: []string{"<1@x>"}, Updated: noon}
	e := &Entry{Kind: Message, Hidden: true, At: noon, MessageID: "<2@x>"}
	later := noon.AddDate(0, 0, 3)
	ticket.Release(e, Release{By: agent, At: later})
	if !e.Public() || !e.Published().Equal(later) || !ticket.Updated.Equal(later) {
		t.Errorf("entry %+v of a ticket updated %v", e, ticket.Updated)
	}
	if diff := cmp.Diff([]string{"<1@x>", "<2@x>"}, ticket.MessageIDs); diff != "" {
		t.Errorf("thread (-want +got):\n%s", diff)
	}
}
