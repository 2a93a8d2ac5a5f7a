package index

import (
	"iter"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// mostSifted is how many tickets a sieve writes down: of more, most that are asked
// for are among them, so that few have to be asked for.
const mostSifted = 2000

// Sift makes of a choice a question that can be asked of many tickets, in whatever
// order. Unlike a list it lets through what sleeps and, as far as its status and
// the viewer allow, what goes on in another ticket; whoever shows a ticket reads it
// first.
func (x *Index) Sift(account string, c Choice) func(helpdesk.TicketID) bool {
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
						return func(id helpdesk.TicketID) bool { return t.sift(&c, m, id) }
					}
				}
			}
		}
	}
	return func(id helpdesk.TicketID) bool { return found[id] || t.siftMerged(&c, m, id) }
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
	r := &t.desk[h.status]
	if c.Filter.Spam {
		r = &t.spam
	}
	chunk, at := r.seek(h)
	return chunk < len(r.chunks) && r.chunks[chunk][at].head == h && m.match(&r.chunks[chunk][at])
}

func (t *table) siftMerged(c *Choice, m *matcher, id helpdesk.TicketID) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	h := t.heads[id]
	return h != nil && h.is&isMerged != 0 && m.merged(c, h)
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
