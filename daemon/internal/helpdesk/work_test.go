package helpdesk

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covers: P09
func TestWhoIsMailed(t *testing.T) {
	tests := []struct {
		name   string
		agent  Agent
		ticket Ticket
		want   bool
	}{
		{"mine, nobody's ticket", Agent{ID: "ann"}, Ticket{}, false},
		{"mine, assigned", Agent{ID: "ann", Mail: MailMine}, Ticket{Assignee: "ann"}, true},
		{"mine, watching", Agent{ID: "ann"}, Ticket{Assignee: "bob", Watchers: []ID{"cid", "ann"}}, true},
		{"all, nobody's ticket", Agent{ID: "ann", Mail: MailAll}, Ticket{}, true},
		{"all, another's ticket", Agent{ID: "ann", Mail: MailAll}, Ticket{Assignee: "bob"}, false},
		{"all, another's ticket, watching", Agent{ID: "ann", Mail: MailAll}, Ticket{Assignee: "bob", Watchers: []ID{"ann"}}, true},
		{"none, assigned", Agent{ID: "ann", Mail: MailNone}, Ticket{Assignee: "ann"}, false},
		{"disabled, assigned", Agent{ID: "ann", Mail: MailAll, Disabled: true}, Ticket{Assignee: "ann"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.agent.IsMailed(&tt.ticket); got != tt.want {
				t.Errorf("mailed = %v, want %v", got, tt.want)
			}
		})
	}
}

// covers: P09
func TestSeatsAreNoParticipants(t *testing.T) {
	var ticket Ticket
	for i := range 2 * MaxSeats {
		seat := ticket.SeatOf(ID(fmt.Sprint(i)))
		switch {
		case i >= MaxSeats && seat != nil:
			t.Fatalf("seat %d was given: %+v", i, seat)
		case i < MaxSeats && (seat == nil || seat.Number <= maxParticipantsEver || ticket.Seat(seat.Number).Agent != ID(fmt.Sprint(i))):
			t.Fatalf("seat %d = %+v", i, seat)
		}
	}
	if first, again := *ticket.SeatOf("0"), *ticket.SeatOf("0"); first != again {
		t.Errorf("an agent has the seats %+v and %+v", first, again)
	}
	if ticket.Seat(1) != nil || ticket.Participant(firstSeat) != nil {
		t.Error("a number is a seat and a participant")
	}
}

func TestWatchIsBounded(t *testing.T) {
	var ticket Ticket
	for i := range 2 * MaxWatchers {
		ticket.Watch(ID(fmt.Sprint(i)))
		ticket.Watch("0")
		ticket.Watch("")
	}
	if len(ticket.Watchers) != MaxWatchers {
		t.Errorf("%d watchers, want %d", len(ticket.Watchers), MaxWatchers)
	}
}

func TestRetag(t *testing.T) {
	full := make([]string, MaxTags)
	for i := range full {
		full[i] = fmt.Sprint("t", i)
	}
	type result struct {
		Tags, Added, Removed []string
		Kind                 Kind
	}
	tests := []struct {
		name              string
		tags, add, remove []string
		want              result
	}{
		{"add", []string{"a"}, []string{"b", "a", "b"}, nil, result{Tags: []string{"a", "b"}, Added: []string{"b"}}},
		{"remove", []string{"a", "b"}, nil, []string{"a", "c"}, result{Tags: []string{"b"}, Removed: []string{"a"}}},
		{"nothing", []string{"a"}, []string{"a"}, []string{"b"}, result{Tags: []string{"a"}}},
		{"too many", full, []string{"more"}, nil, result{Tags: full, Kind: Invalid}},
		{"one for another", full, []string{"more"}, []string{"t0"}, result{Tags: append(append([]string{}, full[1:]...), "more"), Added: []string{"more"}, Removed: []string{"t0"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ticket := Ticket{Tags: tt.tags}
			added, removed, err := ticket.Retag(tt.add, tt.remove)
			got := result{Tags: ticket.Tags, Added: added, Removed: removed}
			if err != nil {
				got.Kind = KindOf(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("retag (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseWork(t *testing.T) {
	for in, want := range map[string]string{"VIP": "vip", "a-b_c.d:e/f": "a-b_c.d:e/f", "größe": "größe", "": "", "-a": "", "a b": "", "a,b": "", "#a": ""} {
		if got, err := ParseTag(in); got != want || (err == nil) != (want != "") {
			t.Errorf("tag %q = %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{"HIGH": "High", "low": "Low", "": "", "higher": ""} {
		if got, err := ParsePriority(in); got != want || (err == nil) != (want != "") {
			t.Errorf("priority %q = %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]AgentMail{"ALL": MailAll, "mine": MailMine, "none": MailNone, "": "", "some": ""} {
		if got, err := ParseAgentMail(in); got != want || (err == nil) != (want != "") {
			t.Errorf("mail %q = %q, %v", in, got, err)
		}
	}
}
