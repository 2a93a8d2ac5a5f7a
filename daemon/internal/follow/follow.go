// Package follow tells of tickets to whoever keeps something that is made of them.
//
// A [Sink] is told of everything once by a listing of the store, and of changes by
// a watch, whoever asks it for how much; now and then everything is listed again,
// as a watch may have missed something. A sink that knows how far it came before
// the program was started goes on from there, if the store still tells of it.
package follow

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/store"
)

// Source is where tickets are. It may forget what a watch should tell
// ([store.ErrCompacted]).
type Source interface {
	ScanTickets(ctx context.Context, account string, see func(store.TicketNews)) (rev int64, err error)
	WatchTickets(ctx context.Context, account string, after int64, see func(store.TicketNews), reached func(rev int64)) error
}

// Sink takes in what it is told, in whatever order a listing and a watch that run
// at the same time tell it. It must not hold them up for long.
type Sink interface {
	// Reached is the revision up to which everything is in; 0: nothing was listed.
	Reached() int64
	// Listing begins one. Only one is under way at a time.
	Listing() Listing
	// See is told of a change.
	See(n store.TicketNews)
	// Reach is told that there were no other changes up to a revision.
	Reach(rev int64)
	// Ready is told after each listing that was not one that is made again.
	Ready(took time.Duration)
}

// Listing is told of each ticket that there was at one revision.
type Listing interface {
	See(n store.TicketNews)
	End(rev int64)
	// Drop says that it broke off, and tells nothing.
	Drop()
}

const (
	// lookEvery is how often accounts are looked for that were declared since.
	lookEvery = 2 * time.Second
	// relistEvery is how long something can be wrong that a watch missed; a listing
	// of 100,000 tickets takes a fraction of a second.
	relistEvery = 10 * time.Minute
)

// Accounts runs each for every account that there is, until that is gone or ctx ends.
func Accounts(ctx context.Context, accounts func() []string, each func(ctx context.Context, account string)) {
	var loops sync.WaitGroup
	defer loops.Wait()
	running := map[string]context.CancelFunc{}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		declared := map[string]bool{}
		for _, account := range accounts() {
			declared[account] = true
			if running[account] == nil {
				follow, cancel := context.WithCancel(ctx)
				running[account] = cancel
				loops.Go(func() { each(follow, account) })
			}
		}
		for account, cancel := range running {
			if !declared[account] {
				cancel()
				delete(running, account)
			}
		}
		select {
		case <-ctx.Done():
			for _, cancel := range running {
				cancel()
			}
			return
		case <-ticker.C:
		}
	}
}

// Tickets tells a sink of the tickets of one account, until ctx ends.
func Tickets(ctx context.Context, source Source, account string, sink Sink, log *slog.Logger) {
	f := &follower{source: source, account: account, sink: sink, log: log.With("account", account)}
	listed := sink.Reached() > 0
	for try := 0; ctx.Err() == nil; try++ {
		var err error
		if !listed {
			began := time.Now()
			if err = f.list(ctx); err == nil {
				sink.Ready(time.Since(began))
			}
		}
		if err == nil {
			err = f.watch(ctx)
			try = 0
		}
		if ctx.Err() != nil {
			return
		}
		listed = false
		if !errors.Is(err, store.ErrCompacted) {
			f.log.WarnContext(ctx, "tickets are not followed", "error", err)
		}
		Pause(ctx, try)
	}
}

type follower struct {
	source  Source
	account string
	sink    Sink
	log     *slog.Logger
}

// list tells of everything. It may run while a watch tells what is new.
func (f *follower) list(ctx context.Context) error {
	return List(ctx, f.source, f.account, f.sink)
}

// List makes one listing. Only one may be under way.
func List(ctx context.Context, source Source, account string, sink Sink) error {
	l := sink.Listing()
	rev, err := source.ScanTickets(ctx, account, l.See)
	if err != nil {
		l.Drop()
		return err
	}
	l.End(rev)
	return nil
}

// watch tells the sink of changes, and lists again now and then. It returns when
// everything has to be listed before it can go on.
func (f *follower) watch(ctx context.Context) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var relisting sync.WaitGroup
	defer relisting.Wait()
	relisting.Go(func() { f.relist(watching) })
	defer stop()
	for try := 0; ; try++ {
		before := f.sink.Reached()
		err := f.source.WatchTickets(ctx, f.account, before, f.sink.See, f.sink.Reach)
		if ctx.Err() != nil || errors.Is(err, store.ErrCompacted) {
			return err
		}
		if f.sink.Reached() > before {
			try = 0
		}
		f.log.WarnContext(ctx, "watch of tickets broke, and goes on", "error", err)
		Pause(ctx, try)
	}
}

func (f *follower) relist(ctx context.Context) {
	ticker := time.NewTicker(relistEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := f.list(ctx); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "tickets could not be listed again", "error", err)
		}
	}
}

// Pause waits before the same is tried again, longer each time.
func Pause(ctx context.Context, try int) {
	const step, most = 50 * time.Millisecond, 5 * time.Second
	timer := time.NewTimer(min(step<<min(try, 10), most))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
