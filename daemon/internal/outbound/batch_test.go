package outbound

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Two replicas that take the same mails at the same time, many in one
// transaction, send each once.
//
// covers: P11
func TestTwoQueuesShareAFlood(t *testing.T) {
	d := newDesk(t, &relay{})
	mails := d.from(t, "support", 300)
	a, b := d.queue(t, "a"), d.queue(t, "b")
	a.Workers, b.Workers = 20, 20
	run(t, a)
	run(t, b)
	for _, m := range mails {
		if got := d.await(t, m.ID, "sent", isState(helpdesk.Sent)); got.Attempts != 1 {
			t.Errorf("%d attempts, want 1", got.Attempts)
		}
	}
	ids := map[string]int{}
	for _, m := range d.relay.mails() {
		ids[eml.Read([]byte(m.Data)).MessageID()]++
	}
	for _, m := range mails {
		if ids[m.MessageID] != 1 {
			t.Errorf("%s went out %d times, want once", m.MessageID, ids[m.MessageID])
		}
	}
}

// countingStore counts transactions of the outbox.
type countingStore struct {
	*store.Store
	saves, saved atomic.Int32
}

func (s *countingStore) SaveOutgoing(ctx context.Context, all []*store.Outgoing) {
	s.saves.Add(1)
	s.saved.Add(int32(len(all)))
	s.Store.SaveOutgoing(ctx, all)
}

// What is due together is claimed together, and what ends together is recorded
// together.
func TestTransactionsAreShared(t *testing.T) {
	d := newDesk(t, &relay{})
	mails := d.from(t, "support", 300)
	counts := &countingStore{Store: d.Store}
	q := d.queue(t, "a")
	q.Store, q.Workers = counts, 100
	run(t, q)
	for _, m := range mails {
		d.await(t, m.ID, "sent", isState(helpdesk.Sent))
	}
	if saves, saved := counts.saves.Load(), counts.saved.Load(); int(saved) != 2*len(mails) || saves > saved/3 {
		t.Errorf("%d records in %d transactions, want %d in far fewer", saved, saves, 2*len(mails))
	}
}

// A brake that lets through a few of a batch stops the rest of it.
//
// covers: M04
func TestBrakeHoldsInABatch(t *testing.T) {
	d := newDesk(t, &relay{})
	q := d.queue(t, "a")
	q.Workers = 20
	const left = 7
	for range brakeMailbox - left {
		q.Brake.pass(account+"/support", noon)
	}
	mails := d.made(t, "support", 60)
	for i := range mails {
		mails[i].Purpose = helpdesk.Acknowledgement
	}
	d.commit(t, &helpdesk.Change{Account: account, Deliveries: mails})
	run(t, q)
	untilTrue(t, "each was sent or has to wait", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		waiting := 0
		for _, it := range q.pending {
			if it.index >= 0 && it.Next.Equal(noon.Add(brakeWait)) {
				waiting++
			}
		}
		return waiting == len(mails)-left && len(d.relay.mails()) >= left
	})
	if n := len(d.relay.mails()); n != left {
		t.Errorf("%d mails went out, want %d", n, left)
	}
}

// At the end what is under way is finished, and what is only claimed is let go:
// the next process sends it at once, and its attempt counts for nothing.
//
// covers: P11
func TestEndLetsGoOfWhatHasNotBegun(t *testing.T) {
	gate, begun := make(chan struct{}), make(chan struct{}, 100)
	d := newDesk(t, &relay{onData: func(*smtp.Conn, []byte) error {
		begun <- struct{}{}
		<-gate
		return nil
	}})
	mails := d.from(t, "support", 3*laneMost)
	q := d.queue(t, "a")
	q.Workers = 4
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); q.Run(ctx) }()
	open := sync.OnceFunc(func() { close(gate) })
	t.Cleanup(func() { open(); cancel(); <-done })
	for range q.Workers {
		<-begun
	}
	untilTrue(t, "some are claimed ahead", func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.laneOf(sender{account, "support"}).ready) > laneMost
	})
	cancel()
	count := func() map[string]int {
		all, err := d.Deliveries(t.Context(), account, d.ticket.ID)
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for _, m := range all {
			n[fmt.Sprintf("%s, claimed %v, %d attempts", m.State, m.Claim != "", m.Attempts)]++
		}
		return n
	}
	underWay, free := "queued, claimed true, 1 attempts", "queued, claimed false, 0 attempts"
	untilTrue(t, "what has not begun is let go", func() bool { n := count(); return n[free] == len(mails)-q.Workers && n[underWay] == q.Workers })
	open()
	<-done
	if n := count(); n["sent, claimed false, 1 attempts"] != q.Workers || n[free] != len(mails)-q.Workers {
		t.Errorf("in the end: %v, want %d sent and the rest free", n, q.Workers)
	}
	run(t, d.queue(t, "b"))
	for _, m := range mails {
		d.await(t, m.ID, "sent", isState(helpdesk.Sent))
	}
	if n := len(d.relay.mails()); n != len(mails) {
		t.Errorf("%d mails went out, want each once", n)
	}
}

// What was claimed ahead and not begun in time is let go, as its relay is slow.
func TestClaimsAheadGrowOld(t *testing.T) {
	d := newDesk(t, &relay{})
	m := d.reply(t, nil)
	q := d.queue(t, "a")
	q.begin()
	c := claimOnly(t, q, m)
	c.ours, c.due = true, m.Next
	d.clock.forward(aheadFor + time.Second)
	q.attempt(t.Context(), c)
	if got := d.await(t, m.ID, "free", func(x *helpdesk.Delivery) bool { return x.Claim == "" }); got.Attempts != 0 || !got.Next.Equal(m.Next) || got.State != helpdesk.Queued {
		t.Errorf("delivery = %+v, want it as before", got)
	}
	if n := len(d.relay.mails()); n != 0 {
		t.Errorf("%d mails went out", n)
	}
}
