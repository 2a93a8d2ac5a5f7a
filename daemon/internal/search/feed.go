package search

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// feed remembers which tickets have to be read, and how far the store has told of
// them. It costs 16 bytes for each that waits, so it needs no bound but that of
// the tickets there are.
type feed struct {
	known func() map[helpdesk.TicketID]int64 // the revision of each that is in

	mu      sync.Mutex
	waiting map[helpdesk.TicketID]int64 // by when they were last heard of, in microseconds
	reached int64                       // everything up to here is in or waits
	done    int64                       // everything up to here is in
	left    int                         // of those that are being brought in
	wake    chan struct{}
}

func newFeed(rev int64, known func() map[helpdesk.TicketID]int64) *feed {
	return &feed{known: known, waiting: map[helpdesk.TicketID]int64{}, reached: rev, done: rev, wake: make(chan struct{}, 1)}
}

// Reached implements [follow.Sink].
func (f *feed) Reached() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reached
}

// See implements [follow.Sink].
func (f *feed) See(n store.TicketNews) {
	at := time.Now().UnixMicro() // what changes now is looked for first
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting[n.ID] = at
	f.ring()
}

// Reach implements [follow.Sink].
func (f *feed) Reach(rev int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reached = max(f.reached, rev)
	f.ring()
}

// Ready implements [follow.Sink].
func (f *feed) Ready(time.Duration) {}

// Listing implements [follow.Sink].
func (f *feed) Listing() follow.Listing {
	return &listing{feed: f, known: f.known(), found: map[helpdesk.TicketID]int64{}}
}

// listing collects what differs from what is in.
type listing struct {
	*feed
	known map[helpdesk.TicketID]int64
	found map[helpdesk.TicketID]int64
}

func (l *listing) See(n store.TicketNews) {
	rev, in := l.known[n.ID]
	delete(l.known, n.ID)
	if in && rev == n.Rev {
		return
	}
	var at int64
	if head, err := n.Head(); err == nil {
		at = max(head.Said.UnixMicro(), head.Updated.UnixMicro())
	}
	l.found[n.ID] = at
}

func (l *listing) End(rev int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, at := range l.found {
		if _, waits := l.waiting[id]; !waits {
			l.waiting[id] = at
		}
	}
	for id := range l.known { // what was not told of is gone
		l.waiting[id] = 0
	}
	l.reached = max(l.reached, rev)
	l.ring()
}

func (l *listing) Drop() {}

// ring wakes who brings in. The lock is held.
func (f *feed) ring() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// round is what waits now, what was last heard of first, and the revision up to
// which everything is in when all of it is.
func (f *feed) round() (ids []helpdesk.TicketID, rev int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiting := f.waiting
	f.waiting = map[helpdesk.TicketID]int64{}
	ids = slices.SortedFunc(maps.Keys(waiting), func(a, b helpdesk.TicketID) int {
		return int(min(max(waiting[b]-waiting[a], -1), 1))
	})
	return ids, f.reached
}

// progress notes how many of a round are left.
func (f *feed) progress(left int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = left
}

// finish notes that everything up to a revision is in.
func (f *feed) finish(rev int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = 0
	f.done = max(f.done, rev)
}

// isIn reports whether everything up to a revision is in.
func (f *feed) isIn(rev int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.done >= rev
}
