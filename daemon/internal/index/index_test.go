package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/follow"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

const account = "support"

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	alice = helpdesk.MustAddress("alice@customer.example")
	bob   = helpdesk.MustAddress("bob@customer.example")
)

// bench is a store on a real etcd, and what is done to the way there.
type bench struct {
	*store.Store
	t    *testing.T
	etcd *clientv3.Client

	mu       sync.Mutex
	deaf     bool               // the watch loses what it is told
	behind   bool               // the next watch begins where nothing is kept any more
	scanning func()             // is called once while tickets are listed
	breaks   context.CancelFunc // the watch that runs
	scans    int
	number   int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	db, err := store.New(server.Client(), "test", store.Local())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return &bench{Store: db, t: t, etcd: server.Client()}
}

func (b *bench) ScanTickets(ctx context.Context, account string, see func(store.TicketNews)) (int64, error) {
	b.mu.Lock()
	meanwhile := b.scanning
	b.scanning = nil
	b.scans++
	b.mu.Unlock()
	return b.Store.ScanTickets(ctx, account, func(n store.TicketNews) {
		if meanwhile != nil {
			meanwhile()
			meanwhile = nil
		}
		see(n)
	})
}

var errBroken = errors.New("the watch was broken by the test")

func (b *bench) WatchTickets(ctx context.Context, account string, after int64, see func(store.TicketNews), reached func(int64)) error {
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	b.mu.Lock()
	b.breaks = cancel
	if b.behind {
		after, b.behind = 1, false
	}
	b.mu.Unlock()
	err := b.Store.WatchTickets(watching, account, after, func(n store.TicketNews) {
		b.mu.Lock()
		deaf := b.deaf
		b.mu.Unlock()
		if !deaf {
			see(n)
		}
	}, reached)
	if ctx.Err() == nil && watching.Err() != nil {
		return errBroken
	}
	return err
}

// run starts an index, which ends with the test.
func (b *bench) run() *Index {
	x := New(Options{Source: b, Accounts: func() []string { return []string{account} }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	b.t.Cleanup(func() { cancel(); <-done })
	return x
}

// make commits a ticket of somebody.
func (b *bench) make(heard time.Time, people ...helpdesk.Address) *helpdesk.Ticket {
	b.t.Helper()
	b.mu.Lock()
	b.number++
	number := b.number
	b.mu.Unlock()
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Status: helpdesk.Open, HelpCenter: "acme", Updated: heard, Said: heard,
	}
	for i, a := range people {
		t.Participants = append(t.Participants, helpdesk.Participant{Number: uint16(i + 1), Address: a, Role: helpdesk.Requester})
	}
	b.save(t)
	return t
}

func (b *bench) save(t *helpdesk.Ticket) {
	b.t.Helper()
	if err := b.Commit(b.t.Context(), &helpdesk.Change{Account: account, Ticket: t}); err != nil {
		b.t.Error(err)
		return
	}
	stored, err := b.Ticket(b.t.Context(), account, t.ID)
	if err != nil {
		b.t.Error(err)
		return
	}
	t.Rev = stored.Rev
}

func (b *bench) remove(id helpdesk.TicketID) {
	b.t.Helper()
	if _, err := b.etcd.Delete(b.t.Context(), "/postern/test/accounts/"+account+"/ticket/"+id.String()); err != nil {
		b.t.Error(err)
	}
}

func ids(tickets ...*helpdesk.Ticket) []helpdesk.TicketID {
	var all []helpdesk.TicketID
	for _, t := range tickets {
		all = append(all, t.ID)
	}
	return all
}

// list is what the index has of somebody, after all that was written.
func (b *bench) list(x *Index, q Query) []helpdesk.TicketID {
	b.t.Helper()
	if err := x.Await(b.t.Context(), account); err != nil {
		b.t.Fatal(err)
	}
	if q.HelpCenter == "" {
		q.HelpCenter = "acme"
	}
	if q.Limit == 0 {
		q.Limit = 10_000
	}
	var all []helpdesk.TicketID
	for _, f := range x.Find(account, q).Tickets {
		all = append(all, f.ID)
	}
	return all
}

func (b *bench) want(x *Index, q Query, want ...*helpdesk.Ticket) {
	b.t.Helper()
	if diff := cmp.Diff(ids(want...), b.list(x, q)); diff != "" {
		b.t.Errorf("tickets (-want +got):\n%s", diff)
	}
}

var ofAlice = Query{Addresses: []helpdesk.Address{alice}}

// covers: S02
func TestFindsWhoseTicketsTheyAre(t *testing.T) {
	b := newBench(t)
	first := b.make(noon, alice)
	others := b.make(noon, bob)
	both := b.make(noon.Add(time.Hour), bob, alice)
	x := b.run()
	b.want(x, ofAlice, both, first)
	third := b.make(noon.Add(-time.Hour), alice) // read its own write across the watch
	b.want(x, ofAlice, both, first, third)

	first.Said, first.Status = noon.Add(2*time.Hour), helpdesk.Pending
	b.save(first)
	b.want(x, ofAlice, first, both, third)
	b.want(x, Query{Addresses: ofAlice.Addresses, Statuses: []helpdesk.Status{helpdesk.Pending}}, first)
	b.want(x, Query{Addresses: []helpdesk.Address{alice, bob}}, first, both, others, third)

	left := noon
	both.Participants[1].Left = &left
	b.save(both)
	b.want(x, ofAlice, first, third)
	third.HelpCenter = "second"
	b.save(third)
	b.want(x, ofAlice, first)
	page := x.Find(account, Query{Addresses: ofAlice.Addresses, HelpCenter: "acme"})
	if page.Counts[helpdesk.Pending] != 1 || len(page.Counts) != 1 || page.Elsewhere["second"] != 1 {
		t.Errorf("counts %v, elsewhere %v", page.Counts, page.Elsewhere)
	}
	b.remove(first.ID)
	b.want(x, ofAlice)
	if got := b.list(x, Query{}); got != nil {
		t.Errorf("somebody without an address has %v", got)
	}
}

func TestPages(t *testing.T) {
	b := newBench(t)
	var all []*helpdesk.Ticket
	for i := range 7 {
		all = append(all, b.make(noon.Add(-time.Duration(i/2)*time.Hour), alice)) // some at the same time
	}
	x := b.run()
	order := b.list(x, ofAlice)
	if len(order) != len(all) {
		t.Fatalf("%d of %d tickets", len(order), len(all))
	}
	var seen []helpdesk.TicketID
	var before *Place
	for {
		page := x.Find(account, Query{Addresses: ofAlice.Addresses, HelpCenter: "acme", Before: before, Limit: 3})
		for _, f := range page.Tickets {
			seen = append(seen, f.ID)
		}
		if page.Newer != (before != nil) {
			t.Errorf("there are newer ones: %t", page.Newer)
		}
		if !page.Older {
			break
		}
		written := page.Tickets[len(page.Tickets)-1].Place.String()
		place, err := ParsePlace(written)
		if err != nil {
			t.Fatal(err)
		}
		before = &place
	}
	if diff := cmp.Diff(order, seen); diff != "" {
		t.Errorf("pages together (-want +got):\n%s", diff)
	}
	last := x.Find(account, Query{Addresses: ofAlice.Addresses, HelpCenter: "acme", After: before, Limit: 3})
	if got := last.Tickets[0].ID; got != order[2] || len(last.Tickets) != 3 || !last.Newer || !last.Older {
		t.Errorf("going back: %v", last)
	}
	for _, bad := range []string{"", "x", ".", "1.", "!.1", "1.-1", "zzzzzzzzzzzzzzzzzzzzzz.1"} {
		if p, err := ParsePlace(bad); err == nil {
			t.Errorf("%q is the place %v", bad, p)
		}
	}
}

// What comes, changes and goes while everything is listed is neither lost nor
// brought back.
func TestChangesWhileListing(t *testing.T) {
	for _, test := range []struct {
		name  string
		again bool // a listing of later, with the watch running beside it
	}{{"at first", false}, {"again", true}} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			stays, goes, changes := b.make(noon, alice), b.make(noon, alice), b.make(noon, bob)
			var comes *helpdesk.Ticket
			meanwhile := func() {
				comes = b.make(noon.Add(time.Hour), alice)
				b.remove(goes.ID)
				changes.Participants[0].Address, changes.Said = alice, noon.Add(time.Minute)
				b.save(changes)
			}
			var x *Index
			if test.again {
				x = b.run()
				b.want(x, Query{Addresses: []helpdesk.Address{bob}}, changes)
				b.scanning = func() { // and the watch is faster than the listing
					meanwhile()
					b.want(x, ofAlice, comes, changes, stays)
				}
				if err := follow.List(t.Context(), x.options.Source, account, x.sink(account)); err != nil {
					t.Fatal(err)
				}
			} else {
				b.scanning = meanwhile
				x = b.run()
				b.list(x, ofAlice)
			}
			b.want(x, ofAlice, comes, changes, stays)
			b.want(x, Query{Addresses: []helpdesk.Address{bob}})
		})
	}
}

// What a watch lost comes back with the next listing.
func TestListingMendsWhatTheWatchLost(t *testing.T) {
	b := newBench(t)
	goes, changes := b.make(noon, alice), b.make(noon, alice)
	x := b.run()
	b.list(x, ofAlice)
	b.mu.Lock()
	b.deaf = true
	b.mu.Unlock()
	b.remove(goes.ID)
	changes.Status = helpdesk.Closed
	b.save(changes)
	comes := b.make(noon.Add(time.Hour), alice)
	if got := b.list(x, ofAlice); len(got) != 2 || slices.Contains(got, comes.ID) {
		t.Fatalf("the watch was to lose what happened; the index has %v", got)
	}
	if err := follow.List(t.Context(), x.options.Source, account, x.sink(account)); err != nil {
		t.Fatal(err)
	}
	b.want(x, ofAlice, comes, changes)
	b.want(x, Query{Addresses: ofAlice.Addresses, Statuses: []helpdesk.Status{helpdesk.Closed}}, changes)
}

func TestWatchBreaks(t *testing.T) {
	for _, test := range []struct {
		name    string
		compact bool
		scans   int
	}{{"and goes on", false, 1}, {"after what it needs is forgotten", true, 2}} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			first := b.make(noon, alice)
			x := b.run()
			b.want(x, ofAlice, first)
			b.mu.Lock()
			b.breaks()
			second := make(chan *helpdesk.Ticket, 1)
			go func() { second <- b.make(noon.Add(time.Hour), alice) }() // waits until the watch may begin again
			b.mu.Unlock()
			made := <-second
			if test.compact {
				b.mu.Lock() // keeps the next watch from beginning
				resp, err := b.etcd.Get(t.Context(), "x")
				if err == nil {
					b.breaks()
					_, err = b.etcd.Put(t.Context(), "elsewhere", "x")
				}
				if err == nil {
					_, err = b.etcd.Compact(t.Context(), resp.Header.Revision+1)
				}
				b.behind = true
				b.mu.Unlock()
				if err != nil {
					t.Fatal(err)
				}
			}
			for range 200 { // until it has noticed
				if b.list(x, ofAlice); x.Ready(account) && b.scanned() == test.scans {
					break
				}
			}
			b.want(x, ofAlice, made, first)
			if got := b.scanned(); got != test.scans {
				t.Errorf("everything was listed %d times, want %d", got, test.scans)
			}
		})
	}
}

func (b *bench) scanned() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.scans
}

// Many write while watches break and listings run; in the end the index has what
// the store has.
func TestManyAtOnce(t *testing.T) {
	b := newBench(t)
	x := b.run()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var mine []*helpdesk.Ticket
			for range 60 {
				heard := noon.Add(time.Duration(rand.IntN(1000)) * time.Second)
				switch n := rand.IntN(4); {
				case n == 0 && len(mine) > 0:
					b.remove(mine[0].ID)
					mine = mine[1:]
				case n == 1 && len(mine) > 0:
					mine[0].Said = heard
					b.save(mine[0])
				default:
					mine = append(mine, b.make(heard, alice))
				}
			}
		})
	}
	wg.Go(func() {
		for range 5 {
			b.list(x, ofAlice)
			b.mu.Lock()
			if b.breaks != nil {
				b.breaks()
			}
			b.mu.Unlock()
			if err := follow.List(t.Context(), x.options.Source, account, x.sink(account)); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	truth := newTable()
	if _, err := b.Store.ScanTickets(t.Context(), account, func(n store.TicketNews) { _ = truth.see(n, nil) }); err != nil {
		t.Fatal(err)
	}
	var want []helpdesk.TicketID
	for _, h := range truth.of(ofAlice.Addresses) {
		want = append(want, h.id)
	}
	var got []helpdesk.TicketID
	for range 100 { // a broken watch may need a moment to begin again
		if got = b.list(x, ofAlice); slices.Equal(got, want) {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
}

func TestSubscriptions(t *testing.T) {
	b := newBench(t)
	mine, other := b.make(noon, alice), b.make(noon, bob)
	x := b.run()
	b.list(x, ofAlice)
	s, err := x.Subscribe(account, mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := x.Subscribe(account, mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.save(other)
	b.list(x, ofAlice)
	select {
	case <-s.Changed():
		t.Error("told of another ticket")
	default:
	}
	for range 3 { // nobody fetches the tidings meanwhile
		b.save(mine)
	}
	b.list(x, ofAlice)
	for _, one := range []*Subscription{s, second} {
		<-one.Changed()
		select {
		case <-one.Changed():
			t.Error("told more than once")
		default:
		}
	}
	s.Close()
	s.Close()
	b.remove(mine.ID)
	b.list(x, ofAlice)
	<-second.Changed()
	select {
	case <-s.Changed():
		t.Error("told after its end")
	default:
	}
	second.Close()
	if n := len(x.table(account).watchers); n != 0 {
		t.Errorf("%d tickets are still watched", n)
	}
	x.subscribers.most = 2
	for range 2 {
		if _, err := x.Subscribe(account, mine.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.Subscribe(account, mine.ID); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("one too many: %v", err)
	}
}

func TestNotReady(t *testing.T) {
	x := New(Options{Source: newBench(t), Accounts: func() []string { return nil }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if x.Ready(account) {
		t.Error("ready before anything was listed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := x.Await(ctx, account); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("error %v, want Unavailable", err)
	}
}

// BenchmarkTable measures what a ticket costs in memory, and a page of a person
// with 200 tickets among them.
func BenchmarkTable(b *testing.B) {
	const tickets, each = 100_000, 200
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := New(Options{})
	t := x.table(account)
	for i := range tickets {
		person := fmt.Sprintf("person%d@customer.example", i)
		if i < each {
			person = "alice@customer.example"
		}
		read := store.TicketHead{ID: helpdesk.NewTicketID(), Status: helpdesk.Open, HelpCenter: "acme", Said: noon.Add(time.Duration(i) * time.Minute)}
		read.Participants = append(read.Participants, struct {
			Address helpdesk.Address `json:"address"`
			Left    *time.Time       `json:"left"`
		}{Address: helpdesk.MustAddress(person)})
		t.replace(nil, t.head(&read, 1))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	q := ofAlice
	q.HelpCenter, q.Limit = "acme", 20
	for b.Loop() {
		if page := x.Find(account, q); len(page.Tickets) != q.Limit {
			b.Fatalf("%d tickets", len(page.Tickets))
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/tickets, "bytes/ticket")
}
