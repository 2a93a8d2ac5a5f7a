package index

import (
	"slices"
	"sync"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MostSubscriptions bounds how many pages can be told of changes at once, those of
// customers and those of agents: each costs a few KiB with the connection behind it,
// and a look into the store every few seconds.
const MostSubscriptions = 1000

// Subscription tells that a ticket, or any, may have changed. Tidings that nobody has
// fetched yet are one: whoever is slow holds up nobody and misses nothing.
type Subscription struct {
	changed chan struct{}
	close   func()
}

// Changed yields when the ticket may be another than at the last time.
func (s *Subscription) Changed() <-chan struct{} { return s.changed }

// Close ends it. It may be called more than once.
func (s *Subscription) Close() { s.close() }

// Subscribe asks to be told of a ticket; Unavailable when too many are.
func (x *Index) Subscribe(account string, id helpdesk.TicketID) (*Subscription, error) {
	if !x.subscribers.enter() {
		return nil, helpdesk.Errorf(helpdesk.Unavailable, "too many pages are open at once")
	}
	t := x.table(account)
	s := &Subscription{changed: make(chan struct{}, 1)}
	s.close = sync.OnceFunc(func() {
		t.unsubscribe(id, s)
		x.subscribers.leave()
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers[id] = append(t.watchers[id], s)
	return s, nil
}

// SubscribeAll asks to be told of every ticket of an account, and of what is no
// ticket but belongs to this one; 0 for none. Unavailable when too many are told.
func (x *Index) SubscribeAll(account string, id helpdesk.TicketID) (*Subscription, error) {
	if !x.subscribers.enter() {
		return nil, helpdesk.Errorf(helpdesk.Unavailable, "too many pages are open at once")
	}
	t := x.table(account)
	s := &Subscription{changed: make(chan struct{}, 1)}
	s.close = sync.OnceFunc(func() {
		t.unsubscribe(id, s)
		t.mu.Lock()
		t.everyone = slices.DeleteFunc(t.everyone, func(other *Subscription) bool { return other == s })
		t.mu.Unlock()
		x.subscribers.leave()
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.everyone = append(t.everyone, s)
	if id != 0 {
		t.watchers[id] = append(t.watchers[id], s)
	}
	return s, nil
}

// Nudge tells who subscribed to a ticket that something changed which belongs to it.
// Other replicas do not learn of it.
func (x *Index) Nudge(account string, id helpdesk.TicketID) {
	t := x.table(account)
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, s := range t.watchers[id] {
		s.tell()
	}
}

func (t *table) unsubscribe(id helpdesk.TicketID, s *Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := slices.DeleteFunc(t.watchers[id], func(other *Subscription) bool { return other == s })
	if len(left) == 0 {
		delete(t.watchers, id)
		return
	}
	t.watchers[id] = left
}

// tell wakes who subscribed to a ticket, or to all. The lock is held.
func (t *table) tell(id helpdesk.TicketID) {
	for _, s := range t.watchers[id] {
		s.tell()
	}
	for _, s := range t.everyone {
		s.tell()
	}
}

func (s *Subscription) tell() {
	select {
	case s.changed <- struct{}{}:
	default: // it is told already
	}
}

// gate lets so many in at once.
type gate struct {
	most int
	mu   sync.Mutex
	in   int
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in >= g.most {
		return false
	}
	g.in++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.in--
}
