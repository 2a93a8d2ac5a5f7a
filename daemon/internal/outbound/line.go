package outbound

import (
	"container/heap"
	"time"

	"github.com/posterndesk/postern/daemon/internal/store"
)

// item is a delivery that is not final.
type item struct {
	store.Pending
	line  *line
	index int           // in the line; -1 while it is claimed, and when it is done
	later store.Pending // the latest news of it since it was taken out of its line
	done  bool          // it was found final, and the store has not told yet
}

// sender is who mail goes out for. Each has a line of its own, so that a flood of
// one waits behind nobody else's mail and nobody else's behind it.
type sender struct{ account, mailbox string }

// line is the mail of one sender that waits.
type line struct {
	sender
	order  byDue
	served uint64 // when it was served last, by counting
}

// byDue is a heap: first what somebody has asked for, the last wish first, as it
// may be news of a relay that is mended; then by due time.
type byDue []*item

func (h byDue) Len() int { return len(h) }
func (h byDue) Less(i, j int) bool {
	switch {
	case h[i].Hurry && h[j].Hurry:
		return h[i].Next.After(h[j].Next)
	case h[i].Hurry || h[j].Hurry:
		return h[i].Hurry
	}
	return h[i].Next.Before(h[j].Next)
}
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

// asked is when somebody wanted the item tried; zero if nobody did.
func (it *item) asked() time.Time {
	if it.Hurry {
		return it.Next
	}
	return time.Time{}
}

// enqueue puts an item into the line of its sender. What somebody has asked for
// stands first only while it is due: else it would hold up those behind it.
func (q *Queue) enqueue(it *item) {
	it.Hurry = it.Hurry && !it.Next.After(q.Now())
	who := sender{it.Account, it.Mailbox}
	if it.line = q.lines[who]; it.line == nil {
		it.line = &line{sender: who}
		q.lines[who] = it.line
	}
	heap.Push(&it.line.order, it)
}

// dequeue takes an item out of its line, wherever in it.
func (q *Queue) dequeue(it *item) {
	heap.Remove(&it.line.order, it.index)
	if len(it.line.order) == 0 {
		delete(q.lines, it.line.sender)
	}
}
