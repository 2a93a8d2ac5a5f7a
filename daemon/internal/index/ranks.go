package index

import (
	"cmp"
	"slices"
)

// slot is a head in a list of agents, with what lists mostly choose by: to go
// through a hundred thousand of them looks at hardly any head.
type slot struct {
	*head
	sieve   uint64 // has the bits of all marks of the head
	updated uint32 // in seconds since 1970
	assignee, team,
	mailbox, center, form symbol
	urgency uint8 // index in [helpdesk.Priorities]
	asleep  bool  // it is, or was, out of sight until a time
}

// ranks are slots in the order of agents' lists, what comes first in them first.
// They are kept in chunks: to put one in moves a chunk, however many there are.
type ranks struct {
	chunks [][]slot
	// assigned is how many slots each agent has, and nobody: most of what is counted
	// all the time is known without a look at the slots.
	assigned map[symbol]int
}

// chunkRoom is how many slots a chunk holds at most: some 32 KiB, as much as a
// processor has at hand.
const chunkRoom = 512

// byRank is the order of agents' lists. No two tickets stand at the same place.
func byRank(a, b *head) int {
	return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.id, a.id))
}

// seek finds the place of a head: the first one that does not stand before it.
func (r *ranks) seek(h *head) (chunk, at int) {
	chunk, _ = slices.BinarySearchFunc(r.chunks, h, func(c []slot, h *head) int { return byRank(c[len(c)-1].head, h) })
	if chunk == len(r.chunks) {
		return chunk, 0
	}
	at, _ = slices.BinarySearchFunc(r.chunks[chunk], h, func(s slot, h *head) int { return byRank(s.head, h) })
	return chunk, at
}

func (r *ranks) insert(s slot) {
	if r.assigned == nil {
		r.assigned = map[symbol]int{}
	}
	r.assigned[s.assignee]++
	if len(r.chunks) == 0 {
		r.chunks = [][]slot{{s}}
		return
	}
	chunk, at := r.seek(s.head)
	if chunk == len(r.chunks) { // after all others
		chunk--
		at = len(r.chunks[chunk])
	}
	c := slices.Insert(r.chunks[chunk], at, s)
	r.chunks[chunk] = c
	if len(c) > chunkRoom {
		half := len(c) / 2
		r.chunks[chunk] = slices.Clone(c[:half])
		r.chunks = slices.Insert(r.chunks, chunk+1, slices.Clone(c[half:]))
	}
}

func (r *ranks) remove(h *head) {
	chunk, at := r.seek(h)
	if chunk == len(r.chunks) || r.chunks[chunk][at].head != h {
		return
	}
	who := r.chunks[chunk][at].assignee
	if r.assigned[who]--; r.assigned[who] == 0 {
		delete(r.assigned, who)
	}
	c := slices.Delete(r.chunks[chunk], at, at+1)
	r.chunks[chunk] = c
	if len(c) == 0 {
		r.chunks = slices.Delete(r.chunks, chunk, chunk+1)
	}
}

// cursor goes through ranks, one match after the other.
type cursor struct {
	ranks     *ranks
	chunk, at int // of the next one to be looked at
	back      bool
	match     func(*slot) bool
	slot      *slot // where it stands; nil at the end
}

// newCursor stands at the first match; with a place at the first one behind it.
func newCursor(r *ranks, back bool, from *head, match func(*slot) bool) *cursor {
	c := &cursor{ranks: r, back: back, match: match}
	if back {
		c.chunk = len(r.chunks)
	}
	if from != nil {
		c.chunk, c.at = r.seek(from)
		if !back && c.chunk < len(r.chunks) && byRank(r.chunks[c.chunk][c.at].head, from) == 0 {
			c.at++
		}
	}
	if back {
		c.at--
	}
	c.next()
	return c
}

// next goes to the next match.
func (c *cursor) next() {
	for {
		if c.slot = c.step(); c.slot == nil || c.match(c.slot) {
			return
		}
	}
}

func (c *cursor) step() *slot {
	if c.back {
		for c.at < 0 {
			if c.chunk--; c.chunk < 0 {
				c.chunk = 0
				return nil
			}
			c.at = len(c.ranks.chunks[c.chunk]) - 1
		}
		c.at--
		return &c.ranks.chunks[c.chunk][c.at+1]
	}
	for c.chunk < len(c.ranks.chunks) {
		if all := c.ranks.chunks[c.chunk]; c.at < len(all) {
			c.at++
			return &all[c.at-1]
		}
		c.chunk, c.at = c.chunk+1, 0
	}
	return nil
}
