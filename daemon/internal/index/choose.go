package index

import (
	"hash/fnv"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Orders of agents' lists, as [helpdesk.View] names them.
const (
	NewestFirst = ""
	OldestFirst = "oldest"
	UrgentFirst = "priority"
)

// Choice asks for requests as an agent sees them.
type Choice struct {
	Filter helpdesk.Filter
	Viewer helpdesk.Viewer
	// All: the viewer sees every request; otherwise their own, those that they
	// follow or are named in, and those of their teams.
	All   bool
	Order string
	// Before and After are places in the list, as in [Query].
	Before, After *Place
	Limit         int
	Count         int // where counting ends
}

// Chosen is a part of a list of agents.
type Chosen struct {
	Tickets      []Found
	Newer, Older bool // there are more before, and behind
	Total        int  // in the whole list, at most Count
	// Look is another one when the requests of this part, their records or their
	// number are. It is the same on every replica.
	Look string
}

// Choose answers a choice from what the index knows. It may be a moment late: who
// shows a request reads it first.
func (x *Index) Choose(account string, c Choice) Chosen {
	t := x.table(account)
	t.mu.RLock()
	defer t.mu.RUnlock()
	s := t.selection(&c)
	var out Chosen
	found := s.take(c.Limit+1, c.After != nil, cmpPlace(c.Before, c.After))
	more := len(found) > c.Limit
	found = found[:min(len(found), c.Limit)]
	if c.After != nil {
		slices.Reverse(found)
		out.Newer = more
		out.Older = len(found) > 0 && len(s.take(1, false, found[len(found)-1])) > 0
	} else {
		out.Older = more
		out.Newer = c.Before != nil && len(found) > 0 && len(s.take(1, true, found[0])) > 0
	}
	out.Total = s.count(c.Count)
	look := fnv.New64a()
	for _, h := range found {
		out.Tickets = append(out.Tickets, Found{ID: h.id, Place: h.place()})
		_, _ = look.Write(strconv.AppendInt(strconv.AppendUint(nil, uint64(h.id), 36), h.rev, 36))
	}
	_, _ = look.Write(strconv.AppendInt(nil, int64(out.Total), 36))
	out.Look = strconv.FormatUint(look.Sum64(), 36)
	return out
}

// Tally counts the requests of each choice, up to its Count.
func (x *Index) Tally(account string, choices []Choice) []int {
	t := x.table(account)
	t.mu.RLock()
	defer t.mu.RUnlock()
	counts := make([]int, len(choices))
	for i := range choices {
		counts[i] = t.selection(&choices[i]).count(choices[i].Count)
	}
	return counts
}

func cmpPlace(before, after *Place) *slot {
	switch {
	case before != nil:
		return before.ranked()
	case after != nil:
		return after.ranked()
	}
	return nil
}

// selection is where to look for a choice, and what to look for.
type selection struct {
	order string
	lists []*ranks
	match func(*slot) bool
	tally func() int // counts all without a look at each; nil if there is no such way
}

// selection finds the shortest lists that have all that the choice may be about.
// The lock is held while it is used.
func (t *table) selection(c *Choice) *selection {
	m := newMatcher(c)
	s := &selection{order: c.Order, match: m.match}
	switch f := &c.Filter; {
	case f.Spam:
		s.lists = []*ranks{&t.spam}
	case f.Mentioned:
		s.lists = []*ranks{&t.mentioned}
	case f.Snoozed:
		s.lists = []*ranks{&t.snoozed}
	default:
		m.statuses = math.MaxUint8 // these lists have no others
		for i, status := range helpdesk.Statuses {
			if len(f.Statuses) == 0 || slices.Contains(f.Statuses, status) {
				s.lists = append(s.lists, &t.desk[i])
			}
		}
		if m.byAssignee() {
			s.tally = func() int { return t.tally(m, s.lists) }
		}
	}
	return s
}

// take gives up to n that match, in the order of the list or backwards, from its
// beginning (or its end) or from behind a place.
func (s *selection) take(n int, back bool, from *slot) []*slot {
	var found []*slot
	for one := range s.walk(back, from) {
		if len(found) == n {
			break
		}
		found = append(found, one)
	}
	return found
}

// tally adds up what is known of lists, and takes off what sleeps.
func (t *table) tally(m *matcher, lists []*ranks) int {
	n := 0
	for _, r := range lists {
		for who, has := range r.assigned {
			if among(m.assignees, who) {
				n += has
			}
		}
	}
	for _, chunk := range t.snoozed.chunks {
		if chunk[0].rank <= m.now {
			break // who sleeps stands before all that is past
		}
		for i := range chunk {
			if s := &chunk[i]; s.snoozed > m.now && among(m.assignees, s.assignee) && slices.Contains(lists, &t.desk[s.status]) {
				n--
			}
		}
	}
	return n
}

func (s *selection) count(most int) int {
	if s.tally != nil {
		return min(s.tally(), most)
	}
	n := 0
	for _, r := range s.lists {
		for _, chunk := range r.chunks {
			for i := range chunk {
				if s.match(&chunk[i]) {
					if n++; n >= most {
						return n
					}
				}
			}
		}
	}
	return n
}

// walk goes through all matches in the order of the list.
func (s *selection) walk(back bool, from *slot) iter.Seq[*slot] {
	return func(yield func(*slot) bool) {
		if s.order != UrgentFirst {
			merge(s.lists, back != (s.order == OldestFirst), from, s.match, yield)
			return
		}
		for _, urgency := range urgencies(back) {
			match := func(one *slot) bool { return one.urgency == urgency && s.match(one) }
			start := from
			if from != nil && urgency != from.urgency {
				if (urgency > from.urgency) != back {
					continue // it stands before the place
				}
				start = nil
			}
			if !merge(s.lists, back, start, match, yield) {
				return
			}
		}
	}
}

// urgencies are the indexes of [helpdesk.Priorities], the most urgent first.
func urgencies(back bool) []uint8 {
	var all []uint8
	for i := range helpdesk.Priorities {
		all = append(all, uint8(i))
	}
	if !back {
		slices.Reverse(all)
	}
	return all
}

// merge goes through several lists at once. It reports false when it was told to
// end.
func merge(lists []*ranks, back bool, from *slot, match func(*slot) bool, yield func(*slot) bool) bool {
	var start *head
	if from != nil {
		start = from.head
	}
	var cursors []*cursor
	for _, r := range lists {
		cursors = append(cursors, newCursor(r, back, start, match))
	}
	for {
		var first *cursor
		for _, c := range cursors {
			if c.slot != nil && (first == nil || (byRank(c.slot.head, first.slot.head) < 0) != back) {
				first = c
			}
		}
		if first == nil {
			return true
		}
		if !yield(first.slot) {
			return false
		}
		first.next()
	}
}
