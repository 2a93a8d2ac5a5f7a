package inbound

import (
	"fmt"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestCountsAreBounded(t *testing.T) {
	c := NewCounts()
	for i := range 2*maxCounted + 10 {
		c.take(counted{address: fmt.Sprint(i)}, noon.Add(time.Duration(i)*time.Millisecond), false)
		if len(c.counts) > maxCounted {
			t.Fatalf("%d addresses are counted, want at most %d", len(c.counts), maxCounted)
		}
	}
	late := noon.Add(2 * floodWindow)
	for i := range maxCounted { // lapsed ones make room without harm to the others
		c.take(counted{address: fmt.Sprint("late", i%10)}, late, false)
	}
	if n := c.take(counted{address: "late1"}, late, true); n != maxCounted/10+1 {
		t.Errorf("the mail would be number %d, want %d", n, maxCounted/10+1)
	}
}

// A mail is counted once, whatever has to be done again, and looking counts
// nothing.
func TestCountedOnce(t *testing.T) {
	b := newBench(t).under(t, helpdesk.Policy{MostPerHour: 2})
	raw := func(i int) string { return mail(alice, fmt.Sprintf("<c%d@x>", i), fmt.Sprint("mail ", i)) }
	q := Inquiry{Path: helpdesk.Path{From: helpdesk.MustAddress("alice@customer.example"), To: []string{"support@acme.example"}, Peer: "192.0.2.1"},
		Raw: []byte(raw(9)), Relay: &Relay{}}
	for range 5 {
		if expected, err := b.Explain(t.Context(), q); err != nil || expected[0].Recognised.Rule != "proven-new" {
			t.Fatalf("%+v, %v, want it new: looking counts nothing", expected, err)
		}
	}
	lossy := b.with(t, func(p *Pipeline) { p.Store = &flaky{Store: p.Store, before: true} })
	if _, err := lossy.try(raw(1), "support@acme.example"); err == nil {
		t.Fatal("the commit did not fail")
	}
	if got := b.accept(raw(2), "support@acme.example"); got.Recognised.Rule != "proven-new" {
		t.Errorf("the second mail: %s, want it new", got.Recognised.Rule)
	}
	if expected, err := b.Explain(t.Context(), q); err != nil || expected[0].Recognised.Rule != "too-many" {
		t.Errorf("%+v, %v, want too many", expected, err)
	}
}
