package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P11
func TestOutboxFollowsDeliveries(t *testing.T) {
	s := openStore(t)
	change := sample(1, "r1")
	if err := s.Commit(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan Pending, 10)
	done := make(chan error, 1)
	go func() {
		done <- s.WatchOutbox(ctx, func() {}, func(p Pending) { seen <- p })
	}()
	made := change.Deliveries[0]
	want := Pending{
		Account: account, Ticket: change.Ticket.ID, ID: made.ID, Next: noon, Mailbox: made.Mailbox, Purpose: made.Purpose, Born: made.Created,
	}
	if diff := cmp.Diff(want, <-seen, cmpopts.IgnoreFields(Pending{}, "Rev")); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}

	d, err := s.Delivery(t.Context(), account, want.Ticket, want.ID)
	if err != nil {
		t.Fatal(err)
	}
	stale := *d
	d.Next = noon.Add(time.Minute)
	if err := s.SaveDelivery(t.Context(), account, d); err != nil {
		t.Fatal(err)
	}
	if p := <-seen; !p.Next.Equal(d.Next) || p.Gone || p.Rev != d.Rev {
		t.Errorf("after a delay: %+v, want it due later", p)
	}
	if err := s.SaveDelivery(t.Context(), account, &stale); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("saving what was read before = %v, want a conflict", err)
	}
	d.State = helpdesk.Sent
	if err := s.SaveDelivery(t.Context(), account, d); err != nil {
		t.Fatal(err)
	}
	if p := <-seen; !p.Gone || p.ID != want.ID || p.Rev != d.Rev {
		t.Errorf("after sending: %+v, want it gone", p)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("watch ended with %v, want the context's end", err)
	}
}

// Whoever hears of a delivery from the watch can read it at once: etcd tells
// watchers of a transaction before reads of its own state see it, and a sender
// that finds nothing would take the delivery for done.
//
// covers: P11
func TestWatchedDeliveriesAreThere(t *testing.T) {
	s := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	const writers, each = 8, 250
	heard := make(chan Pending, writers*each)
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.WatchOutbox(ctx, func() {}, func(p Pending) { heard <- p }) })
	for w := range int64(writers) {
		wg.Go(func() {
			for n := w * each; n < (w+1)*each; n++ {
				c := sample(n+1, fmt.Sprint("r", n))
				c.Contact, c.Budgets = nil, nil
				if err := s.Commit(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range writers * each {
		p := <-heard
		if _, err := s.Delivery(t.Context(), p.Account, p.Ticket, p.ID); err != nil {
			t.Errorf("the watch told of a delivery that reading does not find: %v", err)
		}
	}
	cancel()
	wg.Wait()
}
