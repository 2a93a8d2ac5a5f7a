// Package index keeps in memory what lists of tickets are made of.
//
// Each account has a table of the heads of its tickets. It is built by one listing
// of the store and then fed by one watch, whoever asks for how many pages; now and
// then everything is listed again, as a watch may have missed something. Tables
// find and order; what a page shows of a ticket, and whether it may, is read from
// the store again, so what is late here tells nobody anything that is not theirs.
package index

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Source is where tickets are. It may forget what a watch should tell
// ([store.ErrCompacted]).
type Source interface {
	ScanTickets(ctx context.Context, account string, see func(store.TicketNews)) (rev int64, err error)
	WatchTickets(ctx context.Context, account string, after int64, see func(store.TicketNews), reached func(rev int64)) error
	HurryWatches(ctx context.Context) error
	Revision(ctx context.Context) (int64, error)
}

// Options of an Index. All must be set.
type Options struct {
	Source Source
	// Accounts that there are now.
	Accounts func() []string
	Log      *slog.Logger
	Now      func() time.Time
}

// Index is safe for concurrent use.
type Index struct {
	options Options

	mu     sync.Mutex
	tables map[string]*table

	subscribers gate
}

const (
	// lookEvery is how often accounts are looked for that were declared since.
	lookEvery = 2 * time.Second
	// relistEvery is how long something can be wrong that a watch missed; a listing
	// of 100,000 tickets takes a fraction of a second.
	relistEvery = 10 * time.Minute
	// patience of a page that waits for what was just written. It is there within
	// milliseconds; when the store is slow, a list that is a little late is better
	// than none.
	patience = 300 * time.Millisecond
	// asking again: the store leaves out to answer while it catches up itself.
	askEvery = 20 * time.Millisecond
	// building is how long a page waits for a table that is being built.
	building = 3 * time.Second
)

// ErrBuilding says that not everything was listed yet.
var ErrBuilding = errors.New("the list of tickets is being put together")

// New makes an Index. It knows nothing until Run.
func New(o Options) *Index {
	return &Index{options: o, tables: map[string]*table{}, subscribers: gate{most: MostSubscriptions}}
}

// Run follows the tickets of all accounts until ctx ends.
func (x *Index) Run(ctx context.Context) {
	var loops sync.WaitGroup
	defer loops.Wait()
	running := map[string]context.CancelFunc{}
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		declared := map[string]bool{}
		for _, account := range x.options.Accounts() {
			declared[account] = true
			if running[account] == nil {
				follow, cancel := context.WithCancel(ctx)
				running[account] = cancel
				loops.Go(func() { x.follow(follow, account) })
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

// table of an account, which is made when it is first asked for.
func (x *Index) table(account string) *table {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := x.tables[account]
	if t == nil {
		t = newTable()
		x.tables[account] = t
	}
	return t
}

// follow keeps the table of one account true.
func (x *Index) follow(ctx context.Context, account string) {
	t := x.table(account)
	log := x.options.Log.With("account", account)
	for try := 0; ctx.Err() == nil; try++ {
		began := x.options.Now()
		err := x.list(ctx, account, t)
		if err == nil {
			log.InfoContext(ctx, "list of tickets is ready", "tickets", t.size(), "took", x.options.Now().Sub(began).Round(time.Millisecond))
			err = x.watch(ctx, account, t)
			try = 0
		}
		if ctx.Err() != nil {
			return
		}
		if !errors.Is(err, store.ErrCompacted) {
			log.WarnContext(ctx, "list of tickets is not kept up to date", "error", err)
		}
		pause(ctx, try)
	}
}

// list brings everything in, and takes out what is no longer there. It may run
// while a watch tells what is new.
func (x *Index) list(ctx context.Context, account string, t *table) error {
	l := t.beginListing()
	rev, err := x.options.Source.ScanTickets(ctx, account, func(n store.TicketNews) { x.see(t, n, l) })
	if err != nil {
		t.dropListing()
		return err
	}
	t.endListing(l, rev)
	return nil
}

// watch tells the table of changes, and lists again now and then. It returns when
// the table has to be listed before it can go on.
func (x *Index) watch(ctx context.Context, account string, t *table) error {
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var relisting sync.WaitGroup
	defer relisting.Wait()
	relisting.Go(func() { x.relist(watching, account, t) })
	defer stop()
	for try := 0; ; try++ {
		before := t.reached()
		err := x.options.Source.WatchTickets(ctx, account, before, func(n store.TicketNews) { x.see(t, n, nil) }, t.reach)
		if ctx.Err() != nil || errors.Is(err, store.ErrCompacted) {
			return err
		}
		if t.reached() > before {
			try = 0
		}
		x.options.Log.WarnContext(ctx, "watch of tickets broke, and goes on", "account", account, "error", err)
		pause(ctx, try)
	}
}

func (x *Index) relist(ctx context.Context, account string, t *table) {
	ticker := time.NewTicker(relistEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := x.list(ctx, account, t); err != nil && ctx.Err() == nil {
			x.options.Log.WarnContext(ctx, "tickets could not be listed again", "account", account, "error", err)
		}
	}
}

func (x *Index) see(t *table, n store.TicketNews, l *listing) {
	if err := t.see(n, l); err != nil {
		x.options.Log.Error("ticket is left out of lists", "error", err)
	}
}

// pause waits before the same is tried again, longer each time.
func pause(ctx context.Context, try int) {
	const step, most = 50 * time.Millisecond, 5 * time.Second
	timer := time.NewTimer(min(step<<min(try, 10), most))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// Ready reports whether the table of an account is built.
func (x *Index) Ready(account string) bool { return x.table(account).reached() > 0 }

// Await waits until the table of the account holds everything that was written
// before now, whoever wrote it: a request that was just sent is in the list. If
// that takes long it answers with what is there; Unavailable and ErrBuilding while
// there is no table yet.
func (x *Index) Await(ctx context.Context, account string) error {
	t := x.table(account)
	if !t.wait(ctx, 1, building) {
		return helpdesk.Wrap(helpdesk.Unavailable, ErrBuilding)
	}
	rev, err := x.options.Source.Revision(ctx)
	if err != nil {
		return err
	}
	for began := time.Now(); t.reached() < rev && time.Since(began) < patience; {
		// Writes of other kinds move the store on too: only the watch itself can
		// tell that it has missed nothing.
		if err := x.options.Source.HurryWatches(ctx); err != nil {
			return nil // what is there is good enough
		}
		t.wait(ctx, rev, askEvery)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
