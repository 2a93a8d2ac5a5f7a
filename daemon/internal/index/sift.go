package index

import (
	"iter"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// mostSifted is how many tickets a sieve writes down: of more, most that are asked
// for are among them, so that few have to be asked for.
const mostSifted = 2000

// Sieve tells which tickets are wanted.
type Sieve struct {
	// Keep can be asked of many tickets, in whatever order.
	Keep func(helpdesk.TicketID) bool
	// Few are all that Keep lets through, when these are fewer than two thousand;
	// otherwise it is nil.
	Few []helpdesk.TicketID
}

// Sift makes a sieve of a choice. Unlike a list it lets through what sleeps and, as
// far as its status and the viewer allow, what goes on in another ticket; whoever
// shows a ticket reads it first.
func (x *Index) Sift(account string, c Choice) Sieve {
	t := x.table(account)
	m := newMatcher(&c)
	if !c.Filter.Snoozed {
		m.now = 1 << 62 // nothing sleeps so long
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	found := map[helpdesk.TicketID]bool{}
	for r := range t.sifted(&c) {
		for _, chunk := range r.chunks {
			for i := range chunk {
				if s := &chunk[i]; m.match(s) {
					if found[s.id] = true; len(found) == mostSifted {
						return Sieve{Keep: func(id helpdesk.TicketID) bool { return t.sift(&c, m, id) }}
					}
				}
			}
		}
	}
	for _, chunk := range t.merged.chunks {
		for i := range chunk {
			if h := chunk[i].head; m.merged(&c, h) {
				if found[h.id] = true; len(found) == mostSifted {
					return Sieve{Keep: func(id helpdesk.TicketID) bool { return t.sift(&c, m, id) }}
				}
			}
		}
	}
	few := make([]helpdesk.TicketID, 0, len(found)) // not nil: there may be none
	for id := range found {
		few = append(few, id)
	}
	return Sieve{Keep: func(id helpdesk.TicketID) bool { return found[id] }, Few: few}
}

// sifted are the lists that have what a choice may be about.
func (t *table) sifted(c *Choice) iter.Seq[*ranks] {
	return func(yield func(*ranks) bool) {
		if c.Filter.Spam {
			yield(&t.spam)
			return
		}
		for i, status := range helpdesk.Statuses {
			if (len(c.Filter.Statuses) == 0 || slices.Contains(c.Filter.Statuses, status)) && !yield(&t.desk[i]) {
				return
			}
		}
	}
}

func (t *table) sift(c *Choice, m *matcher, id helpdesk.TicketID) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	h := t.heads[id]
	if h == nil {
		return false
	}
	if h.is&isMerged != 0 {
		return m.merged(c, h)
	}
	if (h.is&isSpam != 0) != c.Filter.Spam {
		return false
	}
	if m.byAssignee() && m.assignees == nil { // nothing of its slot is asked for
		return m.statuses&(1<<h.status) != 0
	}
	r := &t.desk[h.status]
	if c.Filter.Spam {
		r = &t.spam
	}
	chunk, at := r.seek(h)
	return chunk < len(r.chunks) && r.chunks[chunk][at].head == h && m.match(&r.chunks[chunk][at])
}

// merged is what can be said of a ticket that stands in no list: of much that is
// chosen by, nothing is known of it any more.
func (m *matcher) merged(c *Choice, h *head) bool {
	f := &c.Filter
	has := func(mark uint64) bool { return slices.Contains(h.marks, mark) }
	switch {
	case (h.is&isSpam != 0) != f.Spam, f.Snoozed, m.statuses&(1<<h.status) == 0, !among(m.centers, h.center),
		f.OlderThan > 0, f.NewerThan > 0, len(f.Priorities)+len(f.Assignees)+len(f.Teams)+len(f.Mailboxes)+len(f.Forms) > 0,
		!m.all && !has(m.watch) && !has(m.mention):
		return false
	}
	return !slices.ContainsFunc(m.wanted, func(mark uint64) bool { return !has(mark) })
}
