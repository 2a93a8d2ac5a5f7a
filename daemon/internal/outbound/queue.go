package outbound

import (
	"container/heap"
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Store is what the outbox asks of the database.
type Store interface {
	WatchOutbox(ctx context.Context, reset func(), see func(store.Pending)) error
	Delivery(ctx context.Context, account string, ticket helpdesk.TicketID, id helpdesk.ID) (*helpdesk.Delivery, error)
	// SaveDelivery answers Conflict when another replica changed it first.
	SaveDelivery(ctx context.Context, account string, d *helpdesk.Delivery) error
	Ticket(ctx context.Context, account string, id helpdesk.TicketID) (*helpdesk.Ticket, error)
	Entry(ctx context.Context, account string, id helpdesk.TicketID, seq int) (*helpdesk.Entry, error)
	Agent(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Agent, error)
}

// Directory knows what is declared now.
type Directory interface {
	Mailbox(account, name string) (helpdesk.Mailbox, bool)
	HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
}

// Courier makes one attempt.
type Courier interface {
	// Deliver must not go on after ctx ended.
	Deliver(ctx context.Context, p Parcel) (helpdesk.Attempt, error)
	// Close ends what is kept between attempts; none is under way then.
	Close()
}

// Meter counts what leaves.
type Meter interface {
	MailOut(result string)
	OutboxLength(n int)
}

// Queue empties the outbox. All fields must be set but Exclusive.
type Queue struct {
	Store     Store
	Blobs     blob.Store
	Directory Directory
	Signer    *links.Signer
	Keys      *Keys
	Spools    *Spools
	Courier   Courier
	Schedule  Schedule
	Brake     *Brake
	Meter     Meter
	Log       *slog.Logger
	Now       func() time.Time
	Replica   string // names this process, unlike every other one before and beside it
	Workers   int    // attempts at once
	// Exclusive says that no other process can use this store now, so that
	// claims of an earlier process are void at once.
	Exclusive bool

	mu      sync.Mutex
	pending map[helpdesk.ID]*item
	order   byDue
	wake    chan struct{}
}

// item is a delivery that is not final.
type item struct {
	store.Pending
	index int  // in the heap; -1 while a worker has it, and when it is done
	gone  bool // the store told that it is final
	done  bool // a worker found it final, and the store has not told yet
}

// Run sends until ctx ends, then waits for the attempts under way.
func (q *Queue) Run(ctx context.Context) {
	q.mu.Lock()
	q.pending, q.order, q.wake = map[helpdesk.ID]*item{}, nil, make(chan struct{}, 1)
	q.mu.Unlock()
	work := make(chan *item)
	var group sync.WaitGroup
	for range q.Workers {
		group.Go(func() {
			for it := range work {
				q.giveBack(it, q.attempt(ctx, it.Pending))
			}
		})
	}
	group.Go(func() { q.watch(ctx) })
	q.dispatch(ctx, work)
	close(work)
	group.Wait()
	q.Courier.Close()
}

// watch keeps the list of what is pending like the store's.
func (q *Queue) watch(ctx context.Context) {
	for ctx.Err() == nil {
		err := q.Store.WatchOutbox(ctx, q.reset, q.see)
		if ctx.Err() != nil {
			return
		}
		q.Log.WarnContext(ctx, "outbox watch broke, starting over", "error", err)
		select {
		case <-time.After(time.Second + rand.N(time.Second)):
		case <-ctx.Done():
		}
	}
}

// reset forgets what no worker has: a full listing follows.
func (q *Queue) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range q.pending {
		if it.index >= 0 || it.done {
			q.forget(it)
		}
	}
	q.Meter.OutboxLength(len(q.pending))
}

func (q *Queue) see(p store.Pending) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it, known := q.pending[p.ID]
	switch {
	case !known && p.Gone:
	case !known:
		it = &item{Pending: p}
		if q.Exclusive {
			it.Next = q.soonIfNew(p.Next)
		}
		q.pending[p.ID] = it
		heap.Push(&q.order, it)
	case p.Gone && (it.index >= 0 || it.done):
		q.forget(it)
	case p.Gone:
		it.gone = true
	case it.index >= 0:
		it.Pending = p
		heap.Fix(&q.order, it.index)
	default:
		// News of our own claim; the worker says when it is due next.
	}
	q.Meter.OutboxLength(len(q.pending))
	q.ring()
}

func (q *Queue) forget(it *item) {
	if it.index >= 0 {
		heap.Remove(&q.order, it.index)
	}
	delete(q.pending, it.ID)
}

// soonIfNew looks at what an earlier process may have claimed and left: its
// claim shows as a due time that is not far ahead. What only waits for its next
// attempt looks the same; claim tells them apart.
func (q *Queue) soonIfNew(next time.Time) time.Time {
	if wait := next.Sub(q.Now()); wait > 0 && wait <= claimFor {
		return q.Now()
	}
	return next
}

func (q *Queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// dispatch hands what is due to the workers.
func (q *Queue) dispatch(ctx context.Context, work chan<- *item) {
	for {
		it, wait := q.takeDue()
		if it != nil {
			select {
			case work <- it:
				continue
			case <-ctx.Done():
				return
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-q.wake:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// takeDue takes the first due item, or tells how long there is none.
func (q *Queue) takeDue() (*item, time.Duration) {
	const idle = time.Minute // a new item wakes us
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.order) == 0 {
		return nil, idle
	}
	if wait := q.order[0].Next.Sub(q.Now()); wait > 0 {
		return nil, min(wait, idle)
	}
	return heap.Pop(&q.order).(*item), 0
}

// giveBack puts an item into the line again after an attempt; a zero time means
// that it is final. Then it is kept until the store tells the same: news of our
// claim may still be on its way, and must not look like a new delivery.
func (q *Queue) giveBack(it *item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case it.gone:
		q.forget(it)
		q.Meter.OutboxLength(len(q.pending))
	case next.IsZero():
		it.done = true
	default:
		it.Next = next
		heap.Push(&q.order, it)
		q.ring()
	}
}

// byDue is a heap by due time.
type byDue []*item

func (h byDue) Len() int           { return len(h) }
func (h byDue) Less(i, j int) bool { return h[i].Next.Before(h[j].Next) }
func (h byDue) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *byDue) Push(x any) {
	it := x.(*item)
	it.index = len(*h)
	*h = append(*h, it)
}

// Pop implements heap.Interface.
func (h *byDue) Pop() any {
	old := *h
	it := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	it.index = -1
	return it
}
