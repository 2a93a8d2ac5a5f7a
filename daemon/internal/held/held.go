// Package held counts mail that is held and waits for a decision, of each mailbox, as
// the store tells of it. Whoever asks how much there is costs nothing.
package held

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/ages"
	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Source is where held items are.
type Source interface {
	ScanHeld(ctx context.Context, account string, see func(store.HeldNews)) (rev int64, err error)
	WatchHeld(ctx context.Context, account string, after int64, see func(store.HeldNews)) error
}

// Counts is safe for concurrent use.
type Counts struct {
	source   Source
	accounts func() []string
	log      *slog.Logger

	mu     sync.Mutex
	tables map[string]*table // of accounts that were listed
}

// relistEvery is how long something can be wrong that a watch missed. It is longer
// than that of tickets: records of held mail are large, and pages do not rest on this.
const relistEvery = time.Hour

// New makes a Counts of the accounts that there are. It knows nothing until Run.
func New(source Source, accounts func() []string, log *slog.Logger) *Counts {
	return &Counts{source: source, accounts: accounts, log: log, tables: map[string]*table{}}
}

// Run follows the held mail of all accounts until ctx ends.
func (c *Counts) Run(ctx context.Context) { follow.Accounts(ctx, c.accounts, c.follow) }

// Mailbox is how much mail of a mailbox waits, and since when the one that came first.
type Mailbox struct {
	Count int
	Since time.Time
}

// Of tells how much waits of the mailboxes of an account, of those that have any;
// false says that it was not listed yet.
func (c *Counts) Of(account string) (map[string]Mailbox, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.tables[account]
	if t == nil {
		return nil, false
	}
	all := make(map[string]Mailbox, len(t.waiting))
	for name, w := range t.waiting {
		all[name] = Mailbox{w.Len(), w.Oldest()}
	}
	return all, true
}

// follow keeps the table of one account true: it lists everything, then goes by the
// watch until it is time to list again.
func (c *Counts) follow(ctx context.Context, account string) {
	defer c.put(account, nil)
	for try := 0; ctx.Err() == nil; try++ {
		rev, err := c.list(ctx, account)
		if err == nil {
			try = 0
			watching, stop := context.WithTimeout(ctx, relistEvery)
			err = c.source.WatchHeld(watching, account, rev, func(n store.HeldNews) { c.see(account, n) })
			lapsed := watching.Err() != nil
			stop()
			if lapsed {
				continue
			}
		}
		if ctx.Err() == nil && !errors.Is(err, store.ErrCompacted) {
			c.log.WarnContext(ctx, "held mail is not counted", "account", account, "error", err)
		}
		follow.Pause(ctx, try)
	}
}

func (c *Counts) list(ctx context.Context, account string) (rev int64, err error) {
	t := &table{waiting: map[string]*ages.Waiting[helpdesk.ID]{}, of: map[helpdesk.ID]string{}}
	if rev, err = c.source.ScanHeld(ctx, account, func(n store.HeldNews) { c.take(t, account, n) }); err != nil {
		return 0, err
	}
	c.put(account, t)
	return rev, nil
}

// put has a table count instead of the one before; nil of an account that is gone.
func (c *Counts) put(account string, t *table) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t == nil {
		delete(c.tables, account)
		return
	}
	c.tables[account] = t
}

func (c *Counts) see(account string, n store.HeldNews) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.take(c.tables[account], account, n)
}

// take has a table know of one item.
func (c *Counts) take(t *table, account string, n store.HeldNews) {
	if n.Gone {
		t.remove(n.ID)
		return
	}
	head, err := n.Head()
	if err != nil {
		c.log.Error("held mail is not counted", "account", account, "error", err)
		return
	}
	t.add(n.ID, head)
}

// table is what waits in one account.
type table struct {
	waiting map[string]*ages.Waiting[helpdesk.ID] // by mailbox; none is empty
	of      map[helpdesk.ID]string                // the mailbox of each item
}

func (t *table) add(id helpdesk.ID, head store.HeldHead) {
	t.remove(id)
	w := t.waiting[head.Mailbox]
	if w == nil {
		w = &ages.Waiting[helpdesk.ID]{}
		t.waiting[head.Mailbox] = w
	}
	w.Add(id, head.At)
	t.of[id] = head.Mailbox
}

func (t *table) remove(id helpdesk.ID) {
	name, ok := t.of[id]
	if !ok {
		return
	}
	delete(t.of, id)
	w := t.waiting[name]
	if w.Remove(id); w.Len() == 0 {
		delete(t.waiting, name)
	}
}
