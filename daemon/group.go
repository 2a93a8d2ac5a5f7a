package main

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// group owns the goroutines of a daemon: servers, which may fail, and loops,
// which end with their context.
type group struct {
	failed  chan error // the first server that failed
	servers sync.WaitGroup
	loops   sync.WaitGroup
}

func newGroup() *group { return &group{failed: make(chan error, 1)} }

func (g *group) run(what string, serve func() error) {
	g.servers.Go(func() {
		if err := serve(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			select {
			case g.failed <- fmt.Errorf("%s: %w", what, err):
			default: // one reason to stop is enough
			}
		}
	})
}

func (g *group) loop(f func()) { g.loops.Go(f) }

func (g *group) waitLoops() { g.loops.Wait() }

func (g *group) wait() {
	g.loops.Wait()
	g.servers.Wait()
}
