// Package search finds tickets by words.
//
// Each account has an index on disk: one document for each ticket, made of what is
// said in it and about it. It is fed by a listing and a watch of the store, each
// replica has its own, and it can be thrown away at any time: it is built again
// while searches answer from what is there. Which of the tickets that it finds
// somebody may see is not its matter; whoever shows one reads it from the store.
package search

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Source is where tickets and their entries are.
type Source interface {
	follow.Source
	Listed(ctx context.Context, account string, ids []helpdesk.TicketID, entries int) ([]store.Listed, error)
	LastEntries(ctx context.Context, account string, id helpdesk.TicketID, n int) ([]helpdesk.Entry, error)
	Revision(ctx context.Context) (int64, error)
	HurryWatches(ctx context.Context) error
}

// Options of an Index. All but First must be set.
type Options struct {
	Source Source
	// Dir is the folder of the indexes, one in it for each account.
	Dir string
	// Accounts that there are now.
	Accounts func() []string
	// First reports whether what is worth more of an account is there: at the start,
	// lists come before searches. nil waits for nothing.
	First func(account string) bool
	Log   *slog.Logger
	Now   func() time.Time
}

// Index is safe for concurrent use.
type Index struct {
	options Options

	mu      sync.Mutex
	shelves map[string]*shelf
}

// New makes an Index. It finds nothing until Run.
func New(o Options) *Index { return &Index{options: o, shelves: map[string]*shelf{}} }

// Run keeps the indexes of all accounts until ctx ends.
func (x *Index) Run(ctx context.Context) {
	follow.Accounts(ctx, x.options.Accounts, func(ctx context.Context, account string) { x.shelf(account).run(ctx) })
}

func (x *Index) shelf(account string) *shelf {
	x.mu.Lock()
	defer x.mu.Unlock()
	s := x.shelves[account]
	if s == nil {
		s = &shelf{
			account: account, dir: filepath.Join(x.options.Dir, url.PathEscape(account)), source: x.options.Source, first: x.options.First,
			log: x.options.Log.With("account", account), now: x.options.Now, discard: make(chan string, 1),
		}
		x.shelves[account] = s
	}
	return s
}

// shelf holds the index of one account.
type shelf struct {
	account, dir string
	source       Source
	first        func(account string) bool
	log          *slog.Logger
	now          func() time.Time
	discard      chan string // why the file is to be thrown away
	noted        time.Time   // when it was last written down how far it is; of the one who brings in

	mu   sync.RWMutex // held for reading while the file is searched
	file *file        // nil before it is opened, and while it is thrown away
	feed *feed
}

// run keeps the index until ctx ends: it opens what there is or begins anew, and
// begins anew whenever it has to.
func (s *shelf) run(ctx context.Context) {
	for s.first != nil && !s.first(s.account) && ctx.Err() == nil {
		follow.Pause(ctx, 1)
	}
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		why, err := s.keep(ctx)
		if time.Since(began) > time.Minute {
			try = 0
		}
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errUnusable):
			why = err.Error()
		case err != nil:
			s.log.WarnContext(ctx, "index of searches is not there", "error", err)
			follow.Pause(ctx, try)
			continue
		}
		s.log.InfoContext(ctx, "index of searches is thrown away and built again", "why", why)
		if err := os.RemoveAll(s.dir); err != nil {
			s.log.WarnContext(ctx, "index of searches can't be thrown away", "error", err)
		}
		if err != nil {
			follow.Pause(ctx, try)
		}
	}
}

// keep opens the file and keeps it up to date until ctx ends, or somebody wants it
// thrown away, and tells why.
func (s *shelf) keep(ctx context.Context) (why string, err error) {
	f, err := openFile(ctx, s.dir)
	if err != nil {
		return "", err
	}
	defer f.close()
	rev, err := s.cameTo(ctx, f)
	if err != nil {
		return "", err
	}
	keeping, stop := context.WithCancelCause(ctx)
	feed := newFeed(rev, func() map[helpdesk.TicketID]int64 {
		known, err := f.known(keeping)
		if err != nil {
			s.suspect(err) // everything is read again meanwhile
		}
		return known
	})
	s.lend(f, feed)
	defer s.lend(nil, nil)
	var loops sync.WaitGroup
	defer loops.Wait()
	defer stop(nil)
	loops.Go(func() { follow.Tickets(keeping, s.source, s.account, feed, s.log) })
	loops.Go(func() { stop(s.bring(keeping, f, feed)) })
	loops.Go(func() { s.purge(keeping, f) })
	select {
	case why = <-s.discard:
		return why, nil
	case <-keeping.Done():
		return "", context.Cause(keeping)
	}
}

// cameTo is the revision that the file has reached. One that is ahead of the store
// is of another store, or of this one before a backup was put back.
func (s *shelf) cameTo(ctx context.Context, f *file) (int64, error) {
	rev, err := f.meta(ctx, metaRev)
	if err != nil || rev == 0 {
		return 0, err
	}
	now, err := s.source.Revision(ctx)
	if err == nil && rev > now {
		err = errUnusable
	}
	return rev, err
}

// lend gives the file to searches, or takes it away when none uses it any more.
func (s *shelf) lend(f *file, feed *feed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file, s.feed = f, feed
}

// suspect has the file thrown away if the error says that it is broken.
func (s *shelf) suspect(err error) {
	if errors.Is(err, errUnusable) {
		s.throwAway(err.Error())
	}
}

func (s *shelf) throwAway(why string) {
	select {
	case s.discard <- why:
	default: // it is about to be
	}
}

// Rebuild throws the index of an account away and has it built again.
func (x *Index) Rebuild(account string) { x.shelf(account).throwAway("somebody asked for it") }

// State of an index.
type State struct {
	Tickets int   // that are in
	Left    int   // that have to be read yet
	Built   bool  // everything was in at some time
	Bytes   int64 // on disk
}

// Progress tells how many tickets of an account have to be read yet, and whether
// everything was in at some time. Unlike [Index.State] it costs nothing.
func (x *Index) Progress(account string) (built bool, left int) {
	s := x.shelf(account)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.feed == nil {
		return false, 0
	}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	return s.feed.done > 0, s.feed.left + len(s.feed.waiting)
}

// State tells how far the index of an account is. It counts what is in.
func (x *Index) State(ctx context.Context, account string) (State, error) {
	s := x.shelf(account)
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.file == nil {
		return State{}, nil
	}
	n, err := s.file.count(ctx)
	if err != nil {
		s.suspect(err)
		return State{}, helpdesk.Wrap(helpdesk.Unavailable, err)
	}
	state := State{Tickets: n, Bytes: s.file.size()}
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	state.Built, state.Left = s.feed.done > 0, s.feed.left+len(s.feed.waiting)
	return state, nil
}

// askEvery is how often the watch is asked how far it is while somebody waits.
const askEvery = 20 * time.Millisecond

// Await waits until everything that was written before now is in.
func (x *Index) Await(ctx context.Context, account string) error {
	rev, err := x.options.Source.Revision(ctx)
	if err != nil {
		return err
	}
	s := x.shelf(account)
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		s.mu.RLock()
		feed := s.feed
		s.mu.RUnlock()
		if feed != nil && feed.isIn(rev) {
			return nil
		}
		// Writes of other kinds move the store on too: only the watch itself can tell
		// that it has missed nothing.
		if err := x.options.Source.HurryWatches(ctx); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
