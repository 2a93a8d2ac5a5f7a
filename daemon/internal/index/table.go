package index

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// table holds the tickets of one account.
type table struct {
	mu       sync.RWMutex
	heads    map[helpdesk.TicketID]*head
	people   map[string][]*head // by the identity of an address, what was last heard of first
	progress *follow.Progress
	listing  *listing // that is under way; mostly none
	watchers map[helpdesk.TicketID][]*Subscription
	everyone []*Subscription // who is told of every ticket

	// What agents' lists are made of: those that go on and are not spam, by the
	// index of their status in [helpdesk.Statuses]; and besides, the few that lists
	// of their own are about.
	desk                     [4]ranks
	spam, mentioned, snoozed ranks
	merged                   ranks // in no list; searches find them
}

// head is a ticket, small: there may be a hundred thousand. Its strings are those
// that are kept anyway. It never changes; a change makes another.
type head struct {
	id      helpdesk.TicketID
	rev     int64
	heard   int64 // when customers last got something to read, in nanoseconds
	rank    int64 // where it stands in agents' lists
	snoozed int64 // until when, in nanoseconds; 0 for not at all
	people  []string
	marks   []uint64
	center  symbol
	status  uint8 // index in [helpdesk.Statuses]
	is      fate
}

// fate is in which lists of agents a ticket stands.
type fate uint8

const (
	isSpam fate = 1 << iota
	isMerged
	isMentioned
	isSnoozed
)

// listing remembers what a listing need not tell any more, or must not.
type listing struct {
	seen map[helpdesk.TicketID]bool
	// gone while it was listed: the listing is of before.
	gone map[helpdesk.TicketID]int64
}

func newTable() *table {
	return &table{
		heads: map[helpdesk.TicketID]*head{}, people: map[string][]*head{}, progress: follow.NewProgress(),
		watchers: map[helpdesk.TicketID][]*Subscription{},
	}
}

func (t *table) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.heads)
}

func (t *table) beginListing() *listing {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := &listing{seen: map[helpdesk.TicketID]bool{}, gone: map[helpdesk.TicketID]int64{}}
	t.listing = l
	return l
}

func (t *table) dropListing() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listing = nil
}

// endListing takes out what a listing of revision rev did not tell of.
func (t *table) endListing(l *listing, rev int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listing = nil
	for id, h := range t.heads {
		if h.rev <= rev && !l.seen[id] {
			t.remove(h)
			t.tell(id)
		}
	}
	t.progress.Reach(rev)
}

// see takes in what a listing (l) or the watch (nil) tells, in whatever order the
// two come.
func (t *table) see(n store.TicketNews, l *listing) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l != nil {
		l.seen[n.ID] = true
		if l.gone[n.ID] > n.Rev {
			return nil
		}
	}
	known := t.heads[n.ID]
	if known != nil && known.rev >= n.Rev {
		return nil
	}
	var next slot
	if !n.Gone {
		read, err := n.Head()
		if err != nil {
			return err
		}
		next = t.head(&read, n.Rev)
	}
	if n.Gone && t.listing != nil {
		t.listing.gone[n.ID] = n.Rev
	}
	t.replace(known, next)
	t.tell(n.ID)
	return nil
}

// head makes the small one, and its slot.
func (t *table) head(read *store.TicketHead, rev int64) slot {
	heard := read.Said
	if heard.IsZero() {
		heard = read.Updated
	}
	h := &head{
		id: read.ID, rev: rev, heard: heard.UnixNano(), center: symbolOf(read.HelpCenter),
		status: uint8(max(slices.Index(helpdesk.Statuses, read.Status), 0)), marks: marks(read),
	}
	if read.Snoozed != nil {
		h.snoozed = read.Snoozed.Until.UnixNano()
	}
	h.rank = max(h.heard, h.snoozed) // what comes back is news then, and stays it
	if !read.Back.IsZero() {
		h.rank = max(h.rank, read.Back.UnixNano())
	}
	for fate, is := range map[fate]bool{isSpam: read.Spam != nil, isMerged: read.Merged != nil, isMentioned: len(read.Mentioned) > 0, isSnoozed: h.snoozed != 0} {
		if is {
			h.is |= fate
		}
	}
	for i := range read.Participants {
		p := &read.Participants[i]
		if p.Left != nil || p.Address.IsZero() {
			continue
		}
		if key := t.known(p.Address.Key()); !slices.Contains(h.people, key) {
			h.people = append(h.people, key)
		}
	}
	h.people = slices.Clip(h.people)
	s := slot{
		head: h, sieve: sieve(h.marks), updated: uint32(max(read.Updated.Unix(), 0)), assignee: symbolOf(read.Assignee), team: symbolOf(read.Team),
		mailbox: symbolOf(read.Mailbox), center: h.center, urgency: normal, asleep: h.snoozed != 0,
	}
	if read.Form != nil {
		s.form = symbolOf(read.Form.Form)
	}
	if i := slices.Index(helpdesk.Priorities, read.Priority); i >= 0 {
		s.urgency = uint8(i)
	}
	return s
}

// normal is the index of that priority.
var normal = uint8(slices.Index(helpdesk.Priorities, "Normal"))

// known is the same key as other tickets of the person have it: one in memory is
// enough.
func (t *table) known(key string) string {
	if all := t.people[key]; len(all) > 0 {
		for _, same := range all[0].people {
			if same == key {
				return same
			}
		}
	}
	return key
}

// replace puts a ticket in the place of what it was; next without a head is none.
func (t *table) replace(known *head, next slot) {
	if known != nil {
		t.remove(known)
	}
	if next.head == nil {
		return
	}
	h := next.head
	t.heads[h.id] = h
	for _, key := range h.people {
		all := t.people[key]
		at, _ := slices.BinarySearchFunc(all, h, newestFirst)
		t.people[key] = slices.Insert(all, at, h)
	}
	for r := range t.ranksOf(h) {
		r.insert(next)
	}
}

func (t *table) remove(h *head) {
	delete(t.heads, h.id)
	for _, key := range h.people {
		all := t.people[key]
		at, found := slices.BinarySearchFunc(all, h, newestFirst)
		switch {
		case !found:
		case len(all) == 1:
			delete(t.people, key)
		default:
			t.people[key] = slices.Delete(all, at, at+1)
		}
	}
	for r := range t.ranksOf(h) {
		r.remove(h)
	}
}

// ranksOf are the lists of agents in which a head stands.
func (t *table) ranksOf(h *head) iter.Seq[*ranks] {
	return func(yield func(*ranks) bool) {
		switch {
		case h.is&isMerged != 0:
			yield(&t.merged)
			return
		case h.is&isSpam != 0:
			yield(&t.spam)
			return
		}
		if yield(&t.desk[h.status]) && (h.is&isMentioned == 0 || yield(&t.mentioned)) && h.is&isSnoozed != 0 {
			yield(&t.snoozed)
		}
	}
}

// newestFirst is the order of lists: no two tickets stand at the same place.
func newestFirst(a, b *head) int {
	return cmp.Or(cmp.Compare(b.heard, a.heard), cmp.Compare(b.id, a.id))
}
