package web

import (
	"net/netip"
	"sync"
)

// Places are taken for as long as something lasts: so many in all, and so many by
// one network. They are safe for concurrent use.
type Places struct {
	all, each int

	mu    sync.Mutex
	taken map[netip.Prefix]int
	sum   int
}

// NewPlaces makes places for all in all, and each for one network.
func NewPlaces(all, each int) *Places {
	return &Places{all: all, each: each, taken: map[netip.Prefix]int{}}
}

// Take takes a place for the network of a. leave gives it back, and may be called
// more than once; without a place ok is false.
func (p *Places) Take(a netip.Addr) (leave func(), ok bool) {
	key := network(a)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sum >= p.all || p.taken[key] >= p.each {
		return nil, false
	}
	p.sum++
	p.taken[key]++
	return sync.OnceFunc(func() { p.leave(key) }), true
}

func (p *Places) leave(key netip.Prefix) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sum--
	if p.taken[key]--; p.taken[key] == 0 {
		delete(p.taken, key)
	}
}
