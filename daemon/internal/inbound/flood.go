package inbound

import (
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// floodWindow is the hour in which the mails of an address are counted. It
// begins with the first one and is not prolonged by more.
const floodWindow = time.Hour

// maxCounted bounds the addresses that are counted at one time; at some hundred
// bytes each it is some twenty MiB. When it is reached, counting begins anew: whoever
// has that many addresses is not held up by a limit for one.
const maxCounted = 100_000

// Counts is how many mails each address sent to each mailbox within the hour.
// They are in memory: on disk, every mail of one sender would have to wait for
// the one before. A restart, or another replica, counts anew, which makes the
// limit softer and nothing else.
type Counts struct {
	mu     sync.Mutex
	counts map[counted]count
}

// counted is what one count is about. What is proven and what is not are counted
// apart: a forger must not use up the limit of whom they pretend to be.
type counted struct {
	account, mailbox, address string
	proven                    bool
}

type count struct {
	mails int
	until time.Time
}

// NewCounts makes an empty one.
func NewCounts() *Counts { return &Counts{counts: map[counted]count{}} }

// take counts one mail and returns how many there are within the window, it
// included. With look it is not counted.
func (f *Counts) take(c counted, now time.Time, look bool) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen, ok := f.counts[c]
	if !ok || now.After(seen.until) {
		seen = count{until: now.Add(floodWindow)}
	}
	seen.mails++
	if look {
		return seen.mails
	}
	if !ok && len(f.counts) >= maxCounted {
		f.forget(now)
	}
	f.counts[c] = seen
	return seen.mails
}

// forget drops what has lapsed, or everything if that is not enough.
func (f *Counts) forget(now time.Time) {
	for c, seen := range f.counts {
		if now.After(seen.until) {
			delete(f.counts, c)
		}
	}
	if len(f.counts) >= maxCounted/2 {
		clear(f.counts)
	}
}

// countMail counts the mail against the limit of its address, once for each
// mailbox however often a race is lost. Two robots that answer each other end
// here at the latest.
func (p *Pipeline) countMail(c *incoming) {
	most := c.box.Policy.PerHour()
	if most == 0 || c.writer.Address.IsZero() || c.past() {
		return
	}
	what := counted{c.box.Account, c.box.Name, c.writer.Address.Key(), c.trust.Proof == helpdesk.ProofPass}
	over, known := c.kept.over[what]
	if !known {
		over = p.Counts.take(what, c.now, c.look) > most
		if c.kept.over == nil {
			c.kept.over = map[counted]bool{}
		}
		c.kept.over[what] = over
	}
	c.over = over
}
