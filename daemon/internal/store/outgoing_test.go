package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// outgoing puts n deliveries into the outbox and reads them.
func outgoing(t *testing.T, s *Store, n int, words string) []*Outgoing {
	t.Helper()
	var pending []Pending
	for i := range n {
		d := helpdesk.Delivery{
			ID: helpdesk.NewID(), Ticket: 1, Entry: 1, Mailbox: "support", State: helpdesk.Queued, Next: noon, Created: noon,
			MessageID: fmt.Sprint("<", i, "@acme.example>"), Last: &helpdesk.Attempt{Words: words},
		}
		if err := s.Commit(t.Context(), &helpdesk.Change{Account: account, Deliveries: []helpdesk.Delivery{d}}); err != nil {
			t.Fatal(err)
		}
		pending = append(pending, Pending{Account: account, Ticket: 1, ID: d.ID})
	}
	all := s.ReadOutgoing(t.Context(), pending)
	for i, o := range all {
		if o.Err != nil || o.Delivery.ID != pending[i].ID {
			t.Fatalf("delivery %d = %+v, want the one that was asked for", i, o)
		}
	}
	return all
}

// What somebody else changed first is left out, and the rest is written: whatever
// their number, and whatever share of them was lost.
//
// covers: P11
func TestSaveOutgoingLeavesOutWhatIsLost(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int
		lost func(i int) bool
	}{
		{"none", 3, func(int) bool { return false }},
		{"one", 3, func(i int) bool { return i == 1 }},
		{"all", 3, func(int) bool { return true }},
		{"more than one transaction holds", 150, func(int) bool { return false }},
		{"every third of many", 150, func(i int) bool { return i%3 == 0 }},
		{"nothing to write", 0, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := openStore(t)
			all := outgoing(t, s, tt.n, "")
			for i, o := range all {
				if tt.lost(i) {
					theirs := *o.Delivery
					theirs.Claim = "theirs"
					if err := s.SaveDelivery(t.Context(), account, &theirs); err != nil {
						t.Fatal(err)
					}
				}
				o.Delivery.Claim = "ours"
			}
			s.SaveOutgoing(t.Context(), all)
			for i, o := range all {
				now, err := s.Delivery(t.Context(), account, 1, o.Delivery.ID)
				if err != nil {
					t.Fatal(err)
				}
				switch lost := tt.lost(i); {
				case lost && (helpdesk.KindOf(o.Err) != helpdesk.Conflict || now.Claim != "theirs"):
					t.Errorf("%d: %v and claimed by %s, want a conflict", i, o.Err, now.Claim)
				case !lost && (o.Err != nil || now.Claim != "ours" || now.Rev != o.Delivery.Rev):
					t.Errorf("%d: %v, claimed by %q at %d, want ours at %d", i, o.Err, now.Claim, now.Rev, o.Delivery.Rev)
				}
			}
		})
	}
}

// Large records make smaller transactions, not an error.
func TestSaveOutgoingKeepsTransactionsSmall(t *testing.T) {
	s := openStore(t)
	all := outgoing(t, s, 64, strings.Repeat("x", 40<<10)) // 2.5 MiB
	s.SaveOutgoing(t.Context(), all)
	for i, o := range all {
		if o.Err != nil {
			t.Errorf("%d: %v", i, o.Err)
		}
	}
}

func TestReadOutgoingTellsWhatIsMissing(t *testing.T) {
	s := openStore(t)
	known := outgoing(t, s, 1, "")[0]
	got := s.ReadOutgoing(t.Context(), []Pending{
		{Account: account, Ticket: 2, ID: known.Delivery.ID}, {Account: account, Ticket: 1, ID: known.Delivery.ID}, {Account: "other", Ticket: 1, ID: known.Delivery.ID},
	})
	for i, missing := range []bool{true, false, true} {
		if (helpdesk.KindOf(got[i].Err) == helpdesk.NotFound) != missing {
			t.Errorf("%d: %v, want it missing = %v", i, got[i].Err, missing)
		}
	}
}

// covers: P11
func TestFailedDeliveriesAreFound(t *testing.T) {
	s := openStore(t)
	o := outgoing(t, s, 2, "")[0]
	d := o.Delivery
	list := func(failed bool) int {
		n, after := 0, helpdesk.ID("")
		for {
			found, next, err := s.Outbox(t.Context(), account, failed, after, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range found {
				if x.ID == d.ID {
					n++
				}
			}
			if after = next; after == "" {
				return n
			}
		}
	}
	save := func(want helpdesk.DeliveryState, waiting, failed int, there bool) {
		t.Helper()
		if err := s.SaveDelivery(t.Context(), account, d); err != nil {
			t.Fatal(err)
		}
		if w, f := list(false), list(true); w != waiting || f != failed {
			t.Errorf("%s: listed %d times as waiting and %d as failed, want %d and %d", want, w, f, waiting, failed)
		}
		if _, err := s.Outgoing(t.Context(), account, d.ID); (err == nil) != there {
			t.Errorf("%s: found by its id: %v, want %v", want, err, there)
		}
	}
	d.State, d.Last = helpdesk.Failed, &helpdesk.Attempt{At: noon}
	save(d.State, 0, 1, true)
	if n, err := s.Sweep(t.Context(), account, noon.Add(FailedFor)); n != 0 || err != nil {
		t.Errorf("%d swept, %v, before its time", n, err)
	}
	if err := d.TryAgain(noon); err != nil {
		t.Fatal(err)
	}
	save(d.State, 1, 0, true)
	d.State = helpdesk.Failed
	save(d.State, 0, 1, true)
	if n, err := s.Sweep(t.Context(), account, noon.Add(FailedFor+time.Second)); n != 1 || err != nil {
		t.Errorf("%d swept, %v, want it", n, err)
	}
	save(d.State, 0, 1, true)
	if err := d.Drop(helpdesk.Author{Name: "Grace"}, noon); err != nil {
		t.Fatal(err)
	}
	save(d.State, 0, 0, false)
}

// A record that an older program left tells what the queue needs to know.
func TestOldOutboxRecordsAreCompleted(t *testing.T) {
	s := openStore(t)
	d := outgoing(t, s, 1, "")[0].Delivery
	old := batch{keys: s.keys}
	old.put(s.keys.outbox(account, d.ID), map[string]any{"ticket": d.Ticket, "next": noon.Add(time.Minute)})
	if _, err := s.txn(t.Context(), nil, old.ops...); err != nil {
		t.Fatal(err)
	}
	var seen Pending
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_ = s.WatchOutbox(ctx, func() {}, func(p Pending) { seen = p; cancel() })
	if seen.Mailbox != "support" || !seen.Born.Equal(noon) || !seen.Next.Equal(noon.Add(time.Minute)) {
		t.Errorf("seen %+v, want its mailbox and when it was made", seen)
	}
}
