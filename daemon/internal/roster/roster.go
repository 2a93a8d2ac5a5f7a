// Package roster keeps in memory who the contacts of each account are, in the order
// of their names, for lists and for finding them by the beginnings of their names and
// addresses. What a page shows of a contact is read from the store.
package roster

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Source is where contacts are.
type Source interface {
	ScanContacts(ctx context.Context, account string, see func(store.ContactNews)) (rev int64, err error)
	WatchContacts(ctx context.Context, account string, after int64, see func(store.ContactNews), reached func(rev int64)) error
	HurryWatches(ctx context.Context) error
	Revision(ctx context.Context) (int64, error)
}

// Roster is safe for concurrent use.
type Roster struct {
	source   Source
	accounts func() []string
	log      *slog.Logger

	mu     sync.Mutex
	tables map[string]*table
}

const (
	// relistEvery is how long something can be wrong that a watch missed.
	relistEvery = 10 * time.Minute
)

// ErrBuilding says that not everything was listed yet.
var ErrBuilding = follow.ErrBuilding

// New makes a Roster of the accounts that there are. It knows nothing until Run.
func New(source Source, accounts func() []string, log *slog.Logger) *Roster {
	return &Roster{source: source, accounts: accounts, log: log, tables: map[string]*table{}}
}

// Run follows the contacts of all accounts until ctx ends.
func (r *Roster) Run(ctx context.Context) { follow.Accounts(ctx, r.accounts, r.follow) }

func (r *Roster) table(account string) *table {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tables[account]
	if t == nil {
		t = newTable()
		r.tables[account] = t
	}
	return t
}

// follow keeps the table of one account true: it lists everything, then goes by the
// watch until it is time to list again.
func (r *Roster) follow(ctx context.Context, account string) {
	t := r.table(account)
	for try := 0; ctx.Err() == nil; try++ {
		err := r.list(ctx, account, t)
		if err == nil {
			try = 0
			watching, stop := context.WithTimeout(ctx, relistEvery)
			err = r.source.WatchContacts(watching, account, t.progress.Reached(), func(n store.ContactNews) { r.see(t, n) }, t.progress.Reach)
			lapsed := watching.Err() != nil
			stop()
			if lapsed {
				continue
			}
		}
		if ctx.Err() == nil && !errors.Is(err, store.ErrCompacted) {
			r.log.WarnContext(ctx, "contacts are not followed", "account", account, "error", err)
		}
		follow.Pause(ctx, try)
	}
}

func (r *Roster) list(ctx context.Context, account string, t *table) error {
	var all []row
	rev, err := r.source.ScanContacts(ctx, account, func(n store.ContactNews) {
		if one, err := rowOf(n); err != nil {
			r.log.ErrorContext(ctx, "contact is left out of lists", "account", account, "error", err)
		} else if one != nil {
			all = append(all, *one)
		}
	})
	if err != nil {
		return err
	}
	t.replaceAll(all, rev)
	return nil
}

func (r *Roster) see(t *table, n store.ContactNews) {
	one, err := rowOf(n)
	if err != nil {
		r.log.Error("contact is left out of lists", "error", err)
	}
	t.replace(n.ID, one)
}

// Await waits until the table holds everything that was written before now. If that
// takes long it answers with what is there; Unavailable while there is nothing yet.
func (r *Roster) Await(ctx context.Context, account string) error {
	return r.table(account).progress.Await(ctx, r.source)
}
