package index

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// The few of a sieve are what it lets through, and that is the same whether it was
// written down or is asked of each.
// covers: P10
func TestSift(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	few, many := New(Options{}), New(Options{})
	var tickets, crowd []*helpdesk.Ticket
	for n := range 600 {
		tickets = append(tickets, anyTicket(r, n))
	}
	for n := range 40_000 { // so that the other index writes nothing down
		crowd = append(crowd, anyTicket(r, n))
	}
	tableOf(t, few, tickets)
	tableOf(t, many, slices.Concat(tickets, crowd))
	met, asked := 0, 0
	for n := range 300 {
		c := Choice{Filter: anyFilter(r), Viewer: helpdesk.Viewer{Agent: "ada", Teams: []helpdesk.ID{"red"}, Now: noon}, All: r.IntN(2) == 0}
		small, large := few.Sift(account, c), many.Sift(account, c)
		var kept []helpdesk.TicketID
		for _, one := range tickets {
			if small.Keep(one.ID) {
				kept = append(kept, one.ID)
			}
			if small.Keep(one.ID) != large.Keep(one.ID) {
				t.Fatalf("%d: %+v: %+v is let through %t, among many %t", n, c, one, small.Keep(one.ID), large.Keep(one.ID))
			}
		}
		slices.Sort(kept)
		slices.Sort(small.Few)
		if !slices.Equal(kept, small.Few) || small.Few == nil {
			t.Fatalf("%d: few are %v, want %v", n, small.Few, kept)
		}
		met += min(len(kept), 1)
		if large.Few == nil {
			asked++
		}
	}
	if met < 100 || asked < 50 {
		t.Errorf("only %d filters found something, and %d were asked of each", met, asked)
	}
}
