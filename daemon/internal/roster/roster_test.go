package roster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

const account = "support"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// bench is a store on a real etcd, and what is done to the way there.
type bench struct {
	*store.Store
	t    testing.TB
	etcd *clientv3.Client

	mu     sync.Mutex
	deaf   bool               // the watch loses what it is told
	breaks context.CancelFunc // the watch that runs
	scans  int
}

func newBench(t testing.TB) *bench {
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

func (b *bench) ScanContacts(ctx context.Context, account string, see func(store.ContactNews)) (int64, error) {
	b.mu.Lock()
	b.scans++
	b.mu.Unlock()
	return b.Store.ScanContacts(ctx, account, see)
}

var errBroken = errors.New("the watch was broken by the test")

func (b *bench) WatchContacts(ctx context.Context, account string, after int64, see func(store.ContactNews), reached func(int64)) error {
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	b.mu.Lock()
	b.breaks = cancel
	b.mu.Unlock()
	err := b.Store.WatchContacts(watching, account, after, func(n store.ContactNews) {
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

// run starts a roster, which ends with the test.
func (b *bench) run() *Roster {
	r := New(b, func() []string { return []string{account} }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	b.t.Cleanup(func() { cancel(); <-done })
	return r
}

// make commits a contact with a name and addresses.
func (b *bench) make(name string, addresses ...string) *helpdesk.Contact {
	b.t.Helper()
	c := &helpdesk.Contact{ID: helpdesk.NewID(), Name: name, Created: noon}
	for _, a := range addresses {
		c.Addresses = append(c.Addresses, helpdesk.ContactAddress{Address: helpdesk.MustAddress(a)})
	}
	b.save(c)
	return c
}

// save commits a contact, and reads it again.
func (b *bench) save(c *helpdesk.Contact) {
	b.t.Helper()
	if err := b.Commit(b.t.Context(), &helpdesk.Change{Account: account, Contact: c}); err != nil {
		b.t.Fatal(err)
	}
	stored, err := b.Contact(b.t.Context(), account, c.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	*c = *stored
}

// found are the names of contacts that a query finds, after all that was written.
func (b *bench) found(r *Roster, q Query) []string {
	b.t.Helper()
	if err := r.Await(b.t.Context(), account); err != nil {
		b.t.Fatal(err)
	}
	return b.names(r, q)
}

func (b *bench) names(r *Roster, q Query) []string {
	b.t.Helper()
	q.Limit = 100
	page := r.Find(account, q)
	all, err := b.ContactsByID(b.t.Context(), account, page.IDs)
	if err != nil || len(page.IDs) != len(all) || page.Total != len(all) {
		b.t.Fatalf("%d of %d ids are %d contacts, %v", len(page.IDs), page.Total, len(all), err)
	}
	var names []string
	for i := range all {
		names = append(names, all[i].DisplayName())
	}
	return names
}

func TestOrder(t *testing.T) {
	b := newBench(t)
	b.make("Zoe", "a@customer.example")
	b.make("élan vital", "b@customer.example")
	b.make("", "middle@customer.example")
	b.make("Edgar", "c@customer.example")
	b.make("fritz", "d@customer.example")
	b.make("山田太郎", "e@customer.example")
	want := []string{"Edgar", "élan vital", "fritz", "middle@customer.example", "Zoe", "山田太郎"}
	if got := b.found(b.run(), Query{}); !slices.Equal(got, want) {
		t.Errorf("the order is %q, want %q", got, want)
	}
}

func TestWatch(t *testing.T) {
	b := newBench(t)
	r := b.run()
	if got := b.found(r, Query{}); len(got) != 0 {
		t.Errorf("at first there is %q", got)
	}
	alice, bob := b.make("Alice", "alice@customer.example"), b.make("Bob", "bob@customer.example")
	carol := b.make("Carol", "carol@customer.example")
	steps := []struct {
		name  string
		do    func()
		query Query
		want  []string
	}{
		{"what is new", func() {}, Query{}, []string{"Alice", "Bob", "Carol"}},
		{"a new name moves", func() { alice.Name = "Zoe"; b.save(alice) }, Query{}, []string{"Bob", "Carol", "Zoe"}},
		{"the name before is not found", func() {}, Query{Words: "alice zo"}, []string{"Zoe"}},
		{"blocked", func() { bob.Blocked = &helpdesk.Called{At: noon}; b.save(bob) }, Query{Blocked: true}, []string{"Bob"}},
		{"blocked ones stay in the list", func() {}, Query{}, []string{"Bob", "Carol", "Zoe"}},
		{"unblocked", func() { bob.Blocked = nil; b.save(bob) }, Query{Blocked: true}, nil},
		{"deleted ones are in no list", func() { bob.Deleted = &helpdesk.Called{At: noon}; b.save(bob) }, Query{}, []string{"Carol", "Zoe"}},
		{"but in theirs", func() {}, Query{Deleted: true}, []string{"Bob"}},
		{"and are found by words", func() {}, Query{Words: "bo"}, []string{"Bob"}},
		{"restored", func() { bob.Deleted = nil; b.save(bob) }, Query{}, []string{"Bob", "Carol", "Zoe"}},
		{"merged", func() { carol.MergedInto = bob.ID; b.save(carol) }, Query{}, []string{"Bob", "Zoe"}},
		{"being erased", func() { alice.Erasing = &noon; b.save(alice) }, Query{Words: "alice"}, nil},
		{"gone", func() {
			if _, err := b.etcd.Delete(t.Context(), "/postern/test/accounts/"+account+"/contact/"+string(bob.ID)); err != nil {
				t.Fatal(err)
			}
		}, Query{}, nil},
	}
	for _, tt := range steps {
		tt.do()
		if got := b.found(r, tt.query); !slices.Equal(got, tt.want) {
			t.Errorf("%s: there is %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What the watch missed is there after the next listing.
func TestRelist(t *testing.T) {
	b := newBench(t)
	gone, stays := b.make("Alice", "alice@customer.example"), b.make("Bob", "bob@customer.example")
	r := b.run()
	b.found(r, Query{})
	b.mu.Lock()
	b.deaf = true
	b.mu.Unlock()
	if _, err := b.etcd.Delete(t.Context(), "/postern/test/accounts/"+account+"/contact/"+string(gone.ID)); err != nil {
		t.Fatal(err)
	}
	stays.Name = "Robert"
	b.save(stays)
	b.make("Carol", "carol@customer.example")
	if err := r.Await(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if got := r.Find(account, Query{Words: "robert"}).Total + r.Find(account, Query{Words: "carol"}).Total; got != 0 {
		t.Fatalf("a deaf watch told of %d", got)
	}
	b.mu.Lock()
	b.deaf = false
	b.breaks()
	b.mu.Unlock()
	for end := time.Now().Add(20 * time.Second); ; {
		if r.Find(account, Query{Words: "carol", Limit: 9}).Total > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it was not listed again")
		}
		_ = r.Await(t.Context(), account)
	}
	if got, want := b.names(r, Query{}), []string{"Carol", "Robert"}; !slices.Equal(got, want) {
		t.Errorf("after it was listed again there is %q, want %q", got, want)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.scans < 2 {
		t.Errorf("it was listed %d times", b.scans)
	}
}

func TestFindWords(t *testing.T) {
	b := newBench(t)
	b.make("Élodie O'Brien-Smith", "elodie.obrien@mail.big.example")
	b.make("山田太郎", "yamada@customer.example")
	b.make("علي حسن", "ali@customer.example")
	b.make("Straße, Jörg", "j_strasse@customer.example")
	b.make("Alice", "alice@customer.example", "second@elsewhere.example")
	r := b.run()
	for _, tt := range []struct {
		name, words string
		want        []string
	}{
		{"without its accent", "elodie", []string{"Élodie O'Brien-Smith"}},
		{"with one that it has not", "éLODIÉ", []string{"Élodie O'Brien-Smith"}},
		{"behind an apostrophe", "brien", []string{"Élodie O'Brien-Smith"}},
		{"behind a hyphen", "smi", []string{"Élodie O'Brien-Smith"}},
		{"two words in any order", "smith elo", []string{"Élodie O'Brien-Smith"}},
		{"not within a word", "lodie", nil},
		{"a domain", "big.example", []string{"Élodie O'Brien-Smith"}},
		{"a domain with its at sign", "@mail.big", []string{"Élodie O'Brien-Smith"}},
		{"within a script without blanks", "太郎", []string{"山田太郎"}},
		{"written from the right", "حس", []string{"علي حسن"}},
		{"an umlaut", "jorg", []string{"Straße, Jörg"}},
		{"part of an address", "strasse", []string{"Straße, Jörg"}},
		{"the other address", "second@elsewhere.example", []string{"Alice"}},
		{"one word that fits nobody", "alice bob", nil},
		{"blanks alone", "  ", []string{"Alice", "Straße, Jörg", "Élodie O'Brien-Smith", "علي حسن", "山田太郎"}},
	} {
		got := b.found(r, Query{Words: tt.words})
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q finds %q, want %q", tt.name, tt.words, got, tt.want)
		}
	}
}

// Pages after each other, in both directions, show everybody once.
func TestPages(t *testing.T) {
	b := newBench(t)
	var all []helpdesk.ID
	for i := range 23 {
		all = append(all, b.make(fmt.Sprintf("Twin %d", i/10), fmt.Sprintf("twin%d@customer.example", i)).ID)
	}
	r := b.run()
	b.found(r, Query{})
	var forth []helpdesk.ID
	q := Query{Limit: 5}
	for {
		page := r.Find(account, q)
		if page.Newer != (q.Before != "") || page.Total != len(all) {
			t.Errorf("after %q: %+v", q.Before, page)
		}
		forth = append(forth, page.IDs...)
		if !page.Older {
			break
		}
		q.Before = page.IDs[len(page.IDs)-1]
	}
	var back []helpdesk.ID
	for q = (Query{Limit: 5, After: forth[len(forth)-1]}); ; {
		page := r.Find(account, q)
		back = append(slices.Clone(page.IDs), back...)
		if !page.Newer {
			break
		}
		q.After = page.IDs[0]
	}
	if back = append(back, forth[len(forth)-1]); !slices.Equal(back, forth) {
		t.Errorf("forth %v\nback %v", forth, back)
	}
	slices.Sort(all)
	sorted := slices.Sorted(slices.Values(forth))
	if !slices.Equal(sorted, all) {
		t.Errorf("the pages hold %d of %d", len(forth), len(all))
	}
	if page := r.Find(account, Query{Limit: 5, Before: helpdesk.NewID()}); !slices.Equal(page.IDs, forth[:5]) {
		t.Errorf("after one that is gone there is %v", page.IDs)
	}
}

func TestDeletedBefore(t *testing.T) {
	b := newBench(t)
	old, young := b.make("Old", "old@customer.example"), b.make("Young", "young@customer.example")
	b.make("There", "there@customer.example")
	old.Deleted, young.Deleted = &helpdesk.Called{At: noon}, &helpdesk.Called{At: noon.Add(time.Hour)}
	b.save(old)
	b.save(young)
	r := b.run()
	b.found(r, Query{})
	if got := r.DeletedBefore(account, noon.Add(time.Minute)); !slices.Equal(got, []helpdesk.ID{old.ID}) {
		t.Errorf("deleted before = %v, want %v", got, old.ID)
	}
}

// Whatever happens in whatever order, a table is what a listing would make of it.
func TestTableIsAsListed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		tab, truth := newTable(), map[helpdesk.ID]row{}
		for range 200 {
			id := helpdesk.ID(fmt.Sprint("id", r.IntN(20)))
			if r.IntN(4) == 0 {
				delete(truth, id)
				tab.replace(id, nil)
				continue
			}
			one := row{id: id, key: string(rune('a' + r.IntN(4)))}
			truth[id] = one
			tab.replace(id, &one)
		}
		want := newTable()
		var all []row
		for _, one := range truth {
			all = append(all, one)
		}
		want.replaceAll(all, 1)
		if !slices.Equal(tab.rows, want.rows) || len(tab.keys) != len(want.keys) {
			t.Fatalf("rows = %v\nwant %v", tab.rows, want.rows)
		}
	}
}

func TestNothingBeforeItRuns(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := New(b, func() []string { return nil }, slog.New(slog.DiscardHandler)).Await(ctx, account)
	if !errors.Is(err, ErrBuilding) || helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("before anything was listed: %v", err)
	}
}

// spent is the processor time of this process: other work on the machine does not
// count.
func spent() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkRoster tells what a page of 100,000 contacts takes, and what each contact
// takes of memory.
func BenchmarkRoster(b *testing.B) {
	const contacts = 100_000
	r := rand.New(rand.NewPCG(1, 2))
	syllables := strings.Fields("ka to mi ra sel ben dor lin fa gru hol jen pik")
	word := func() string {
		w := ""
		for range 2 + r.IntN(2) {
			w += syllables[r.IntN(len(syllables))]
		}
		return w
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	roster := New(nil, nil, slog.New(slog.DiscardHandler))
	rows := make([]row, contacts)
	for i := range rows {
		first, last := word(), word()
		address := fmt.Sprintf("%s.%s%d@%s.example", first, last, i, word())
		rows[i] = row{id: helpdesk.NewID(), key: first + " " + last, text: first + " " + last + "\n" + address}
	}
	tab := roster.table(account)
	tab.replaceAll(rows, 1)
	runtime.GC()
	runtime.ReadMemStats(&after)
	middle := roster.Find(account, Query{Limit: contacts}).IDs[contacts/2]
	for _, tt := range []struct {
		name string
		q    Query
	}{
		{"first page", Query{}},
		{"page in the middle", Query{Before: middle}},
		{"blocked", Query{Blocked: true}},
		{"beginning of a name", Query{Words: "ka"}},
		{"two words", Query{Words: "sel ben"}},
		{"address", Query{Words: strings.TrimSpace(tab.rows[contacts/3].text[strings.Index(tab.rows[contacts/3].text, "\n"):])}},
		{"nobody", Query{Words: "zzz"}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			tt.q.Limit = 50
			began := spent()
			for b.Loop() {
				roster.Find(account, tt.q)
			}
			b.ReportMetric(float64((spent()-began).Microseconds())/float64(b.N)/1000, "cpu-ms/op")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/contacts, "bytes/contact")
		})
	}
	b.Run("change", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			one := tab.rows[(i*7919)%contacts]
			one.key = word()
			tab.replace(one.id, &one)
		}
	})
}
