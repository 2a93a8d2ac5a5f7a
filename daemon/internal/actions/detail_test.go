package actions

import (
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A request names others by the number under which they go on now.
func TestRelated(t *testing.T) {
	b := newBench(t)
	first, second, third := b.request("Alice", "one"), b.request("Alice", "two"), b.request("Alice", "three")
	of := func(number int64) helpdesk.TicketID { return b.detail(number).Ticket.ID }
	check := func(when string, follows, maybe int64) {
		t.Helper()
		if d := b.detail(third); d.Follows != follows || d.Maybe != maybe {
			t.Errorf("%s: follows #%d, maybe #%d, want #%d and #%d", when, d.Follows, d.Maybe, follows, maybe)
		}
	}
	check("no other", 0, 0)
	one, two := of(first), of(second)
	b.change(third, func(t *helpdesk.Ticket) { t.Follows, t.Maybe = one, two })
	check("both", first, second)
	if err := b.Merge(t.Context(), operator, second, first); err != nil {
		t.Fatal(err)
	}
	check("merged elsewhere", first, first)
	if err := b.Merge(t.Context(), operator, first, third); err != nil {
		t.Fatal(err)
	}
	check("merged into this", 0, 0)
	b.change(third, func(t *helpdesk.Ticket) { t.Follows = helpdesk.TicketID(1) })
	check("gone", 0, 0)
}
