package mailauth

import (
	"container/list"
	"context"
	"net"
	"sync"
	"time"
)

const (
	// DefaultCacheEntries is enough for the mails of some minutes: one needs about
	// ten questions, most of them the same as others'.
	DefaultCacheEntries = 4096

	// maxCacheBytes bounds what the answers hold together, whatever strangers
	// publish; usual answers take some hundred bytes each.
	maxCacheBytes = 8 << 20

	// The system's resolver does not tell how long an answer is good for. These
	// are short, as a resolver nearby keeps answers for their real time anyway:
	// long enough for a burst of mails, short enough that a record which was just
	// mended counts soon.
	keepFound   = 5 * time.Minute
	keepMissing = time.Minute
	keepFailed  = 10 * time.Second // only so that a burst does not wait again and again
)

type question struct {
	kind byte // t: TXT, m: MX, i: A and AAAA, p: PTR
	name string
}

type answer struct {
	records any // a slice, of the type that belongs to the kind
	err     *net.DNSError
	size    int
}

// cache remembers answers, forgets the least used ones, and lets one question
// go out once at a time.
type cache struct {
	resolver Resolver
	now      func() time.Time
	most     int

	mu      sync.Mutex
	entries map[question]*list.Element
	recent  list.List // of *entry, the most recently used first
	bytes   int
	flights map[question]*flight
}

type entry struct {
	question
	answer
	until time.Time
}

// overhead is what an entry takes beside its answer.
const overhead = 200

func (e *entry) cost() int { return overhead + len(e.name) + e.size }

// flight is a question under way.
type flight struct {
	done      chan struct{} // closed when answer is set
	answer    answer
	abandoned bool // who asked has gone; no answer for others
}

func newCache(r Resolver, now func() time.Time, most int) *cache {
	return &cache{resolver: r, now: now, most: most, entries: map[question]*list.Element{}, flights: map[question]*flight{}}
}

// answer returns what is known, or has query find out.
func (c *cache) answer(ctx context.Context, q question, query func(context.Context) answer) answer {
	for {
		c.mu.Lock()
		if a, ok := c.known(q); ok {
			c.mu.Unlock()
			return a
		}
		f, waiting := c.flights[q]
		if !waiting {
			f = &flight{done: make(chan struct{}), abandoned: true}
			c.flights[q] = f
		}
		c.mu.Unlock()
		if !waiting {
			return c.fly(ctx, q, f, query)
		}
		select {
		case <-f.done:
			if !f.abandoned {
				return f.answer
			}
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return answer{err: dnsError(ctx, q.name, ctx.Err())}
		}
	}
}

// fly asks, for itself and for all who wait.
func (c *cache) fly(ctx context.Context, q question, f *flight, query func(context.Context) answer) answer {
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !f.abandoned {
			c.keep(q, f.answer)
		}
		delete(c.flights, q)
		close(f.done)
	}()
	timed, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	f.answer = query(timed)
	f.abandoned = f.answer.err != nil && ctx.Err() != nil
	return f.answer
}

// known returns a fresh answer. The caller holds the lock.
func (c *cache) known(q question) (answer, bool) {
	element, ok := c.entries[q]
	if !ok {
		return answer{}, false
	}
	e := element.Value.(*entry)
	if !c.now().Before(e.until) {
		c.forget(element)
		return answer{}, false
	}
	c.recent.MoveToFront(element)
	return e.answer, true
}

// keep remembers an answer and makes room for it. The caller holds the lock.
func (c *cache) keep(q question, a answer) {
	if old, ok := c.entries[q]; ok {
		c.forget(old)
	}
	e := &entry{question: q, answer: a, until: c.now().Add(keepFor(a))}
	c.entries[q] = c.recent.PushFront(e)
	c.bytes += e.cost()
	for len(c.entries) > c.most || c.bytes > maxCacheBytes {
		c.forget(c.recent.Back())
	}
}

func (c *cache) forget(element *list.Element) {
	e := c.recent.Remove(element).(*entry)
	delete(c.entries, e.question)
	c.bytes -= e.cost()
}

func keepFor(a answer) time.Duration {
	switch {
	case a.err == nil:
		return keepFound
	case a.err.Temporary():
		return keepFailed
	}
	return keepMissing
}
