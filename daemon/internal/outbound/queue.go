package outbound

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/ages"
	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Store is what the outbox asks of the database.
type Store interface {
	WatchOutbox(ctx context.Context, reset func(), see func(store.Pending)) error
	ReadOutgoing(ctx context.Context, pending []store.Pending) []*store.Outgoing
	// SaveOutgoing answers Conflict for what another replica changed first.
	SaveOutgoing(ctx context.Context, all []*store.Outgoing)
	Deliveries(ctx context.Context, account string, id helpdesk.TicketID) ([]helpdesk.Delivery, error)
	Delivery(ctx context.Context, account string, ticket helpdesk.TicketID, id helpdesk.ID) (*helpdesk.Delivery, error)
	Ticket(ctx context.Context, account string, id helpdesk.TicketID) (*helpdesk.Ticket, error)
	Entry(ctx context.Context, account string, id helpdesk.TicketID, seq int) (*helpdesk.Entry, error)
	Contact(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error)
	Agent(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Agent, error)
	// AgentsWhoSee are those who may know of a ticket, disabled ones left out.
	AgentsWhoSee(ctx context.Context, account string, t *helpdesk.Ticket) ([]helpdesk.Agent, error)
	Sees(ctx context.Context, account string, a *helpdesk.Agent, t *helpdesk.Ticket) (bool, error)
	// Pass answers NotFound for one that was used or has lapsed.
	Pass(ctx context.Context, account string, id helpdesk.ID, now time.Time) (*helpdesk.Pass, error)
	Record(ctx context.Context, account string, kind helpdesk.RecordKind, id string, into any) (rev int64, err error)
	Commit(ctx context.Context, c *helpdesk.Change) error
}

// Directory knows what is declared now.
type Directory interface {
	Mailbox(account, name string) (helpdesk.Mailbox, bool)
	HelpCenter(account, name string) (helpdesk.HelpCenter, bool)
}

// Courier makes one attempt.
type Courier interface {
	// Deliver must not go on after ctx ended. [Judge] understands its errors.
	Deliver(ctx context.Context, p Parcel) (helpdesk.Attempt, error)
	// Close ends what is kept between attempts; none is under way then.
	Close()
}

// Meter counts what leaves, and tells what does not.
type Meter interface {
	MailOut(result string)
	OutboxLength(n int)
	// OutboxOldest is since when the mail waits that has waited longest; the zero time
	// if none does.
	OutboxOldest(since time.Time)
	// RelaysOpen is how many relays are left alone.
	RelaysOpen(n int)
}

// Queue empties the outbox. All fields must be set but Exclusive.
//
// Mail waits in lines, one for each mailbox. What is due is claimed for one relay
// at a time, many in one transaction; attempts run side by side, as many as the
// relay's lane allows; and outcomes that come together are recorded together.
type Queue struct {
	Store     Store
	Blobs     blob.Store
	Directory Directory
	Signer    *links.Signer
	Keys      *Keys
	Spools    *Spools
	Courier   Courier
	Planner   *Planner // of what agents are told
	Schedule  Schedule
	Brake     *Brake
	Meter     Meter
	Log       *slog.Logger
	Now       func() time.Time
	Replica   string // names this process, unlike every other one before and beside it
	Workers   int    // attempts at once, to all relays
	// Exclusive says that no other process can use this store now, so that
	// claims of an earlier process are void at once.
	Exclusive bool

	mu      sync.Mutex
	pending map[helpdesk.ID]*item
	unsent  ages.Waiting[helpdesk.ID] // of pending, what is not final
	lines   map[sender]*line
	lanes   map[helpdesk.Relay]*lane
	served  uint64 // counts
	sending int    // attempts under way, to all relays
	ending  bool   // nothing new is begun
	wake    chan struct{}
	group   sync.WaitGroup // of claims and attempts
	results recorder
}

// Run sends until ctx ends, then waits for the attempts under way.
func (q *Queue) Run(ctx context.Context) {
	q.begin()
	q.group.Go(func() { q.watch(ctx) })
	q.group.Go(func() { q.tellInTime(ctx) })
	q.dispatch(ctx)
	q.end(ctx)
	q.group.Wait()
	q.Courier.Close()
}

func (q *Queue) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending, q.lines, q.lanes = map[helpdesk.ID]*item{}, map[sender]*line{}, map[helpdesk.Relay]*lane{}
	q.unsent = ages.Waiting[helpdesk.ID]{}
	q.wake, q.ending = make(chan struct{}, 1), false
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

// reset forgets what is not claimed: a full listing follows.
func (q *Queue) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range q.pending {
		if it.index >= 0 || it.done {
			q.forget(it)
		}
	}
	q.measure()
}

// measure tells how much waits, and since when. The lock is held.
func (q *Queue) measure() {
	q.Meter.OutboxLength(len(q.pending))
	q.Meter.OutboxOldest(q.unsent.Oldest())
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
		q.enqueue(it)
		q.unsent.Add(p.ID, p.Born)
	case p.Gone && (it.index >= 0 || it.done):
		q.forget(it)
	case it.index >= 0:
		q.dequeue(it)
		it.Pending = p
		q.enqueue(it)
	default:
		it.later = p // mostly of our own claim; whoever has it gives it back
	}
	q.measure()
	q.ring()
}

func (q *Queue) forget(it *item) {
	if it.index >= 0 {
		q.dequeue(it)
	}
	delete(q.pending, it.ID)
	q.unsent.Remove(it.ID)
}

// soonIfNew looks at what an earlier process may have claimed and left: its
// claim shows as a due time that is not far ahead. What only waits for its next
// attempt looks the same; claim tells them apart.
func (q *Queue) soonIfNew(next time.Time) time.Time {
	if wait := next.Sub(q.Now()); wait > 0 && wait <= timeFor(mostFiles)+claimSpare {
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

// dispatch has claimed what is due, until ctx ends.
func (q *Queue) dispatch(ctx context.Context) {
	for ctx.Err() == nil {
		l, batch, wait := q.take()
		if len(batch) > 0 {
			q.group.Go(func() { q.claim(ctx, l, batch) })
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-q.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// maxClaims is the most that one transaction claims: two operations each, of 128.
const maxClaims = store.MaxOps / 2

// take takes due items of one line, as many as their relay has room for, from the
// line that has waited longest for its turn. Without any it tells how long to
// wait; what is new, or has ended, wakes us earlier.
func (q *Queue) take() (*lane, []*item, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now, wait := q.Now(), time.Minute
	var best *line
	var room int
	for _, ln := range q.lines {
		if ahead := ln.order[0].Next.Sub(now); ahead > 0 {
			wait = min(wait, ahead)
			continue
		}
		n, later := q.laneOf(ln.sender).room(now, ln.order[0].asked())
		switch {
		case n == 0 && later > 0:
			wait = min(wait, later)
		case n > 0 && (best == nil || ln.served < best.served):
			best, room = ln, n
		}
	}
	if best == nil {
		return nil, nil, wait
	}
	l := q.laneOf(best.sender)
	batch := q.takeFrom(best, min(room, maxClaims), now)
	l.claiming += len(batch)
	return l, batch, 0
}

func (q *Queue) takeFrom(ln *line, most int, now time.Time) []*item {
	q.served++
	ln.served = q.served
	var batch []*item
	for len(batch) < most && len(ln.order) > 0 && !ln.order[0].Next.After(now) {
		it := ln.order[0]
		q.dequeue(it)
		batch = append(batch, it)
	}
	return batch
}

// laneOf is the lane of the relay that a sender's mail goes to now. Mail of a
// mailbox that is not declared has a lane too: it is tried, and finds out.
func (q *Queue) laneOf(s sender) *lane {
	var relay helpdesk.Relay
	if box, ok := q.Directory.Mailbox(s.account, s.mailbox); ok {
		relay = box.Relay
	}
	l := q.lanes[relay]
	if l == nil {
		l = newLane(relay)
		q.lanes[relay] = l
	}
	return l
}

// giveBack puts an item into its line again with the time when it is due; the
// zero time means that it is final. Then it is kept until the store tells the
// same: news of our claim may still be on its way, and must not look like a new
// delivery. rev is that of the record which says so: what somebody has changed
// since counts instead. It must be called with the lock held.
func (q *Queue) giveBack(it *item, next time.Time, rev int64) {
	later := it.later
	it.later = store.Pending{}
	switch {
	case later.Gone:
		q.forget(it)
		q.measure()
		return
	case later.Rev > rev:
		it.Pending = later
	case next.IsZero():
		it.done = true
		q.unsent.Remove(it.ID)
		q.measure()
		return
	default:
		it.Next = next
	}
	q.enqueue(it)
	q.ring()
}

// Relays tells the state of every relay that was used, by name.
func (q *Queue) Relays() []RelayState {
	q.mu.Lock()
	defer q.mu.Unlock()
	waiting := map[*lane]int{}
	for _, ln := range q.lines {
		waiting[q.laneOf(ln.sender)] += len(ln.order)
	}
	states := []RelayState{}
	for _, l := range q.lanes {
		s := l.state()
		s.Waiting = waiting[l]
		states = append(states, s)
	}
	slices.SortStableFunc(states, func(a, b RelayState) int { return strings.Compare(a.Relay, b.Relay) })
	return states
}
