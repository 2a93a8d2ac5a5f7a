package outbound

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// recordAgain is the pause between tries to record what came out of an attempt.
const recordAgain = time.Second

// recorder writes outcomes. Those that come while a transaction is under way
// share the next one: each waits for at most the rest of one and the whole of
// another.
type recorder struct {
	mu      sync.Mutex
	waiting *round
	running sync.Mutex
}

// round is what is written together.
type round struct {
	outcomes []*store.Outgoing
	done     chan struct{}
}

// save writes one outcome, with those that come at the same time.
func (r *recorder) save(ctx context.Context, s Store, o *store.Outgoing) error {
	r.mu.Lock()
	if joined := r.waiting; joined != nil {
		joined.outcomes = append(joined.outcomes, o)
		r.mu.Unlock()
		<-joined.done
		return o.Err
	}
	mine := &round{outcomes: []*store.Outgoing{o}, done: make(chan struct{})}
	r.waiting = mine
	r.mu.Unlock()

	r.running.Lock()
	r.mu.Lock()
	r.waiting = nil
	r.mu.Unlock()
	s.SaveOutgoing(ctx, mine.outcomes)
	r.running.Unlock()
	close(mine.done)
	return o.Err
}

// finish records what became of a claim, and gives its item back. It reports
// whether the record could be written.
func (q *Queue) finish(ctx context.Context, c *claim) bool {
	whole := context.WithoutCancel(ctx)
	d := c.Delivery
	next := d.Next
	err := q.record(whole, ctx, c)
	if err != nil {
		// It may have gone out, and may go out again: with the same Message-ID.
		q.Log.ErrorContext(whole, "delivery not recorded", "account", c.Account, "delivery", d.ID, "state", d.State, "error", err)
		next = q.Now().Add(again)
	} else if d.State.Final() {
		next = time.Time{}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	c.lane.recording--
	q.giveBack(c.item, next, d.Rev)
	q.ring()
	return err == nil
}

// record writes the outcome. While the store is away it is kept here and written
// again, also after the claim has lapsed: forgetting that a mail went out would
// send it twice. If another replica took it then, the answer is Conflict.
func (q *Queue) record(ctx, stopping context.Context, c *claim) error {
	for {
		err := q.write(ctx, c)
		if helpdesk.KindOf(err) != helpdesk.Unavailable {
			return err
		}
		pause := time.NewTimer(recordAgain)
		select {
		case <-pause.C:
		case <-stopping.Done():
			pause.Stop()
			return err
		}
	}
}

func (q *Queue) write(ctx context.Context, c *claim) error {
	if c.Delivery.State == helpdesk.Failed && c.Delivery.Purpose.Awaited() {
		err := q.writeFailed(ctx, c.Account, c.Delivery)
		if err == nil || errors.Is(err, errLost) || helpdesk.KindOf(err) == helpdesk.Unavailable {
			return err
		}
		// What cannot be told is recorded all the same: else it is tried for ever.
		q.Log.ErrorContext(ctx, "agents not told of mail that was given up", "account", c.Account, "delivery", c.Delivery.ID, "error", err)
	}
	return q.results.save(ctx, q.Store, c.Outgoing)
}
