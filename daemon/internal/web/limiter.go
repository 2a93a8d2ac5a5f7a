package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxBuckets bounds the memory of a Limiter: some 200 bytes each.
const maxBuckets = 10_000

// Limiter allows each network so many tries at once and so many over time. It
// is safe for concurrent use.
type Limiter struct {
	every time.Duration
	burst int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[netip.Prefix]*rate.Limiter
	// crowd is shared by all who come while every bucket is in use.
	crowd *rate.Limiter
}

// NewLimiter allows burst tries at once and one more after each period.
func NewLimiter(burst int, every time.Duration, now func() time.Time) *Limiter {
	l := &Limiter{every: every, burst: burst, now: now, buckets: map[netip.Prefix]*rate.Limiter{}}
	l.crowd = l.bucket()
	return l
}

// Allow takes one try of the network of a.
func (l *Limiter) Allow(a netip.Addr) bool { return l.AllowN(a, 1) }

// AllowN takes n tries at once, or none.
func (l *Limiter) AllowN(a netip.Addr, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, key := l.now(), network(a)
	b, ok := l.buckets[key]
	if !ok {
		if len(l.buckets) >= maxBuckets {
			l.drop(now)
		}
		if len(l.buckets) >= maxBuckets {
			return l.crowd.AllowN(now, n)
		}
		b = l.bucket()
		l.buckets[key] = b
	}
	return b.AllowN(now, n)
}

func (l *Limiter) bucket() *rate.Limiter { return rate.NewLimiter(rate.Every(l.every), l.burst) }

// drop forgets the buckets that are full again: a new one says the same.
func (l *Limiter) drop(now time.Time) {
	for key, b := range l.buckets {
		if b.TokensAt(now) >= float64(l.burst) {
			delete(l.buckets, key)
		}
	}
}

// network is the address, or the /64 of an IPv6 address: one subscriber has
// all of it.
func network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{} // no address: all of them share one bucket
	}
	return p
}
