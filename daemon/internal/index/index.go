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
	"log/slog"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Source is where tickets are. It may forget what a watch should tell
// ([store.ErrCompacted]).
type Source interface {
	follow.Source
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

// ErrBuilding says that not everything was listed yet.
var ErrBuilding = follow.ErrBuilding

// New makes an Index. It knows nothing until Run.
func New(o Options) *Index {
	return &Index{options: o, tables: map[string]*table{}, subscribers: gate{most: MostSubscriptions}}
}

// Run follows the tickets of all accounts until ctx ends.
func (x *Index) Run(ctx context.Context) {
	follow.Accounts(ctx, x.options.Accounts, func(ctx context.Context, account string) {
		follow.Tickets(ctx, x.options.Source, account, x.sink(account), x.options.Log)
	})
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

// sink brings what is followed into the table of an account.
func (x *Index) sink(account string) *sink {
	return &sink{table: x.table(account), log: x.options.Log.With("account", account)}
}

type sink struct {
	*table
	log *slog.Logger
}

func (s *sink) Reached() int64          { return s.progress.Reached() }
func (s *sink) Reach(rev int64)         { s.progress.Reach(rev) }
func (s *sink) See(n store.TicketNews)  { s.take(n, nil) }
func (s *sink) Listing() follow.Listing { return &told{sink: s, listing: s.beginListing()} }
func (s *sink) Ready(took time.Duration) {
	s.log.Info("list of tickets is ready", "tickets", s.size(), "took", took.Round(time.Millisecond))
}

func (s *sink) take(n store.TicketNews, l *listing) {
	if err := s.see(n, l); err != nil {
		s.log.Error("ticket is left out of lists", "error", err)
	}
}

// told is a listing under way.
type told struct {
	*sink
	listing *listing
}

func (t *told) See(n store.TicketNews) { t.take(n, t.listing) }
func (t *told) End(rev int64)          { t.endListing(t.listing, rev) }
func (t *told) Drop()                  { t.dropListing() }

// Ready reports whether the table of an account is built.
func (x *Index) Ready(account string) bool { return x.table(account).progress.Reached() > 0 }

// Await waits until the table of the account holds everything that was written
// before now, whoever wrote it: a request that was just sent is in the list. If
// that takes long it answers with what is there; Unavailable and ErrBuilding while
// there is no table yet.
func (x *Index) Await(ctx context.Context, account string) error {
	return x.table(account).progress.Await(ctx, x.options.Source)
}
