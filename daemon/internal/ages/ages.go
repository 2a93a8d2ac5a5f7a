// Package ages knows, of things that wait, for how long the one has waited that has
// waited longest. Nothing is gone through to tell it.
package ages

import (
	"container/heap"
	"time"
)

// Waiting are things that wait. The zero value is of none. It is not safe for
// concurrent use.
type Waiting[K comparable] struct {
	heap heaped[K]
}

// Add takes a thing in that has waited since a time; it may be in already, with
// another one.
func (w *Waiting[K]) Add(k K, since time.Time) {
	if at, ok := w.heap.places[k]; ok {
		w.heap.things[at].since = since
		heap.Fix(&w.heap, at)
		return
	}
	if w.heap.places == nil {
		w.heap.places = map[K]int{}
	}
	heap.Push(&w.heap, thing[K]{k, since})
}

// Remove takes a thing out, if it is in.
func (w *Waiting[K]) Remove(k K) {
	if at, ok := w.heap.places[k]; ok {
		heap.Remove(&w.heap, at)
	}
}

// Len is how many there are.
func (w *Waiting[K]) Len() int { return len(w.heap.things) }

// Oldest is since when the one waits that has waited longest; the zero time if there
// is none.
func (w *Waiting[K]) Oldest() time.Time {
	if len(w.heap.things) == 0 {
		return time.Time{}
	}
	return w.heap.things[0].since
}

type thing[K comparable] struct {
	key   K
	since time.Time
}

// heaped is a heap that knows where each thing is, so that any can be taken out.
type heaped[K comparable] struct {
	things []thing[K]
	places map[K]int
}

// Len implements [heap.Interface].
func (h *heaped[K]) Len() int { return len(h.things) }

// Less implements [heap.Interface].
func (h *heaped[K]) Less(i, j int) bool { return h.things[i].since.Before(h.things[j].since) }

// Swap implements [heap.Interface].
func (h *heaped[K]) Swap(i, j int) {
	h.things[i], h.things[j] = h.things[j], h.things[i]
	h.places[h.things[i].key], h.places[h.things[j].key] = i, j
}

// Push implements [heap.Interface].
func (h *heaped[K]) Push(x any) {
	t := x.(thing[K])
	h.places[t.key] = len(h.things)
	h.things = append(h.things, t)
}

// Pop implements [heap.Interface].
func (h *heaped[K]) Pop() any {
	last := len(h.things) - 1
	t := h.things[last]
	h.things[last] = thing[K]{} // holds no key any more
	h.things = h.things[:last]
	delete(h.places, t.key)
	return t
}
