package helpdesk

import (
	"fmt"
	"slices"
	"testing"
)

// Who joined later finds no id of before in the thread, however long it grows.
//
// covers: S30
func TestThreadOf(t *testing.T) {
	ticket := &Ticket{Participants: []Participant{{Number: 1, Role: Requester, Address: MustAddress("alice@a.example")}}}
	say := func(n int) {
		for range n {
			ticket.Append(&Entry{Kind: Message, At: noon, MessageID: fmt.Sprintf("<%d@x>", ticket.Threaded+1)})
		}
	}
	say(3)
	late := *ticket.Join("bob", "Bob", MustAddress("bob@a.example"), noon)
	told := late
	told.History = true
	requester := ticket.Participants[0]
	for _, tt := range []struct {
		more  int // messages after Bob came
		first int // that Bob may know
		last  int
	}{{0, 0, 0}, {1, 4, 4}, {2, 4, 6}, {40, 28, 46}} {
		say(tt.more)
		got := ticket.ThreadOf(&late)
		var want []string
		for i := tt.first; i > 0 && i <= tt.last; i++ {
			want = append(want, fmt.Sprintf("<%d@x>", i))
		}
		if !slices.Equal(got, want) {
			t.Errorf("after %d messages: %v, want %v", ticket.Threaded, got, want)
		}
		for _, p := range []*Participant{&told, &requester} {
			if all := ticket.ThreadOf(p); !slices.Equal(all, ticket.MessageIDs) {
				t.Errorf("%s, history %t: %v, want all", p.Role, p.History, all)
			}
		}
	}
}
