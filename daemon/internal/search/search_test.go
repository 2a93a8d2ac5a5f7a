package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

const account = "support"

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// bench is a store on a real etcd, and an index of it.
type bench struct {
	*store.Store
	t    *testing.T
	etcd *clientv3.Client
	dir  string

	mu     sync.Mutex
	read   []helpdesk.TicketID // what was read for documents
	number int64
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
	return &bench{Store: db, t: t, etcd: server.Client(), dir: filepath.Join(t.TempDir(), "search")}
}

func (b *bench) Listed(ctx context.Context, account string, ids []helpdesk.TicketID, entries int) ([]store.Listed, error) {
	b.mu.Lock()
	b.read = append(b.read, ids...)
	b.mu.Unlock()
	return b.Store.Listed(ctx, account, ids, entries)
}

// reads tells how many tickets were read since the last time.
func (b *bench) reads() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.read)
	b.read = nil
	return n
}

// run keeps an index until stop.
func (b *bench) run() (x *Index, stop func()) {
	b.t.Helper()
	x = New(Options{Source: b, Dir: b.dir, Accounts: func() []string { return []string{account} }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan struct{})
	go func() { x.Run(ctx); close(done) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	b.t.Cleanup(stop)
	b.await(x)
	return x, stop
}

// await waits until the index has what the store has.
func (b *bench) await(x *Index) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	if err := x.Await(ctx, account); err != nil {
		b.t.Fatal(err)
	}
}

// say makes a ticket, or goes on with one.
func (b *bench) say(t *helpdesk.Ticket, subject string, texts ...string) *helpdesk.Ticket {
	b.t.Helper()
	if t == nil {
		b.number++
		t = &helpdesk.Ticket{ID: helpdesk.NewTicketID(), Number: b.number, Subject: subject, Status: helpdesk.Open, Mailbox: "support",
			Participants: []helpdesk.Participant{{Number: 1, Name: "Alice Ames", Address: helpdesk.MustAddress("alice@customer.example"), Role: helpdesk.Requester}}}
	}
	change := &helpdesk.Change{Account: account, Ticket: t}
	for _, text := range texts {
		e := helpdesk.Entry{Kind: helpdesk.Message, Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Alice Ames", Address: helpdesk.MustAddress("alice@customer.example")},
			At: noon.Add(time.Duration(t.Entries)*time.Second + time.Duration(t.Number)*time.Minute), Text: text}
		t.Append(&e)
		change.Entries = append(change.Entries, e)
	}
	b.commit(change)
	return t
}

func (b *bench) commit(change *helpdesk.Change) {
	b.t.Helper()
	if err := b.Commit(b.t.Context(), change); err != nil {
		b.t.Fatal(err)
	}
	if change.Ticket != nil {
		fresh, err := b.Ticket(b.t.Context(), account, change.Ticket.ID)
		if err != nil {
			b.t.Fatal(err)
		}
		*change.Ticket = *fresh
	}
}

// remove takes a ticket and its entries out of the store.
func (b *bench) remove(t *helpdesk.Ticket) {
	b.t.Helper()
	for _, prefix := range []string{"ticket/", "entry/"} {
		if _, err := b.etcd.Delete(b.t.Context(), "/postern/test/accounts/"+account+"/"+prefix+t.ID.String(), clientv3.WithPrefix()); err != nil {
			b.t.Fatal(err)
		}
	}
}

func all(helpdesk.TicketID) bool { return true }

// find gives the numbers of the tickets that are found.
func (b *bench) find(x *Index, typed string, more ...func(*Query)) []int64 {
	b.t.Helper()
	terms, err := Parse(typed)
	if err != nil {
		b.t.Fatal(err)
	}
	m, err := NewMatch(terms)
	if err != nil {
		b.t.Fatal(err)
	}
	q := Query{Match: m, Keep: all, Limit: 10, Count: 100}
	for _, change := range more {
		change(&q)
	}
	found, err := x.Find(b.t.Context(), account, q)
	if err != nil {
		b.t.Fatalf("find %q: %v", typed, err)
	}
	var numbers []int64
	for _, h := range found.Hits {
		t, err := b.Ticket(b.t.Context(), account, h.ID)
		if err != nil {
			numbers = append(numbers, -1)
			continue
		}
		numbers = append(numbers, t.Number)
	}
	return numbers
}

func best(q *Query) { q.Best = true }

// covers: P10
func TestFind(t *testing.T) {
	b := newBench(t)
	parcel := b.say(nil, "Where is my parcel?", "It was to come on Monday. Order ORD-12345.")
	money := b.say(nil, "Geld zurück", "Bitte überweisen Sie mir das Geld für die Straßenkarte.", "Und zwar bald")
	china := b.say(nil, "退款申请", "我想申请退款,谢谢。")
	parcel.Tags = []string{"late one", "vip"}
	parcel.Fields = map[string]string{"tier": "Gold"}
	parcel.Form = &helpdesk.FormAnswer{Form: "order", Values: []helpdesk.FormValue{{Name: "topic", Text: "Delivery"}}}
	change := &helpdesk.Change{Account: account, Ticket: parcel}
	for _, e := range []helpdesk.Entry{
		{Kind: helpdesk.Note, Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Robin Sample"}, Text: "Ask the warehouse", Quoted: "something quoted"},
		{Kind: helpdesk.Event, Author: helpdesk.Author{Role: helpdesk.System}, Text: "bookkeeping"},
		{Kind: helpdesk.Message, Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Bob", Address: helpdesk.MustAddress("bob@sub.other.example")}, Text: "see file",
			Attachments: []helpdesk.Attachment{{Name: "invoice_2026.pdf"}}},
		{Kind: helpdesk.Message, Author: helpdesk.Author{Role: helpdesk.Customer}, Text: "elsewhere now", MovedTo: &helpdesk.EntryRef{}},
	} {
		e.At = noon
		parcel.Append(&e)
		change.Entries = append(change.Entries, e)
	}
	b.commit(change)
	b.say(nil, "Money", "nothing about a parcel but the word")
	x, _ := b.run()
	for _, tt := range []struct {
		name, typed string
		want        []int64
	}{
		{"everything", "", []int64{4, 3, 2, 1}},
		{"newest first", "parcel", []int64{4, 1}},
		{"all words", "parcel monday", []int64{1}},
		{"in subject and text", "geld strassenkarte", []int64{2}},
		{"without accents", "zuruck ", []int64{2}},
		{"beginning of the last word", "war", []int64{1}},
		{"beginning of another word", "war ask", nil},
		{"a phrase", `"my parcel"`, []int64{1}},
		{"no phrase", `"parcel my"`, nil},
		{"not over the end of a text", `"geld bald"`, nil},
		{"not from one entry to the next", `"strassenkarte und"`, nil},
		{"Chinese", "退款", []int64{3}},
		{"Chinese, one letter", "谢", []int64{3}},
		{"Chinese, one letter between others", "想", []int64{3}},
		{"Chinese, not so", "款退", nil},
		{"an order number", "ord-12345", []int64{1}},
		{"its digits", "12345", []int64{1}},
		{"number", "#2", []int64{2}},
		{"number as a word", "2 ", []int64{2}},
		{"a note", "warehouse", []int64{1}},
		{"not what is quoted", "quoted", nil},
		{"not events", "bookkeeping", nil},
		{"not what was moved away", "elsewhere", nil},
		{"an agent", "robin", []int64{1}},
		{"not from an agent", "from:robin", nil},
		{"from a name", "from:ames", []int64{4, 3, 2, 1}},
		{"from an address", "from:bob@sub.other.example", []int64{1}},
		{"an address whole", "bob@sub.other.example ", []int64{1}},
		{"not the end of an address", "ob@sub.other.example", nil},
		{"not the beginning of a domain", "bob@sub.other.example.evil", nil},
		{"a domain", "@sub.other.example", []int64{1}},
		{"a part of a domain", "other.example", []int64{1}},
		{"a tag", "vip", []int64{1}},
		{"a tag of two words", `"late one"`, []int64{1}},
		{"an answer", "delivery", []int64{1}},
		{"a field", "gold", []int64{1}},
		{"a file", "invoice_2026.pdf", []int64{1}},
		{"a part of its name", "pdf", []int64{1}},
		{"with a file", "has:attachment", []int64{1}},
		{"a mark that is typed", "has:file", []int64{1}},
		{"in the subject", "subject:parcel", []int64{1}},
		{"without", "parcel -monday", []int64{4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			if diff := cmp.Diff(tt.want, b.find(x, tt.typed)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
	b.t = t
	if got := b.find(x, "parcel", best); !slices.Equal(got, []int64{1, 4}) {
		t.Errorf("best first: %v", got)
	}
	_, _ = money, china
}

// What changes is found as it is now, where it belongs.
func TestFollows(t *testing.T) {
	b := newBench(t)
	one, two := b.say(nil, "one", "apple"), b.say(nil, "two", "apple")
	x, _ := b.run()
	for _, tt := range []struct {
		name, typed string
		do          func()
		want        []int64
	}{
		{"before", "apple", func() {}, []int64{2, 1}},
		{"another", "apple", func() { b.say(nil, "three", "apple") }, []int64{3, 2, 1}},
		{"heard of again", "apple", func() {
			e := helpdesk.Entry{Kind: helpdesk.Message, Author: helpdesk.Author{Role: helpdesk.Customer}, At: noon.Add(time.Hour), Text: "banana"}
			one.Append(&e)
			b.commit(&helpdesk.Change{Account: account, Ticket: one, Entries: []helpdesk.Entry{e}})
		}, []int64{1, 3, 2}},
		{"a new word", "banana", func() {}, []int64{1}},
		{"a tag more", "vip", func() { two.Tags = []string{"vip"}; b.say(two, "") }, []int64{2}},
		{"a tag less", "vip", func() { two.Tags = nil; b.say(two, "") }, nil},
		{"gone", "apple", func() { b.remove(two) }, []int64{1, 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			tt.do()
			b.await(x)
			if diff := cmp.Diff(tt.want, b.find(x, tt.typed)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPages(t *testing.T) {
	b := newBench(t)
	for i := range 7 {
		subject := "other"
		if i%2 == 0 {
			subject = "apple"
		}
		b.say(nil, subject, "apple tree")
	}
	x, _ := b.run()
	for _, tt := range []struct {
		name string
		q    func(*Query)
		want []int64
	}{
		{"newest", func(*Query) {}, []int64{7, 6, 5, 4, 3, 2, 1}},
		{"best", best, []int64{7, 5, 3, 1, 6, 4, 2}},
		{"kept", func(q *Query) {
			odd := map[helpdesk.TicketID]bool{}
			q.Keep = func(id helpdesk.TicketID) bool { odd[id] = len(odd)%2 == 0 || odd[id]; return odd[id] }
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			if tt.want == nil {
				return
			}
			var got []int64
			before := ""
			for range 10 {
				var found *Found
				got = append(got, b.find(x, "apple", func(q *Query) { tt.q(q); q.Limit, q.Before = 3, before })...)
				terms, _ := Parse("apple")
				q := Query{Keep: all, Limit: 3, Count: 100, Before: before}
				q.Match, _ = NewMatch(terms)
				tt.q(&q)
				found, err := x.Find(t.Context(), account, q)
				if err != nil {
					t.Fatal(err)
				}
				if !found.Older {
					break
				}
				before = found.Hits[len(found.Hits)-1].Place
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
		})
	}
	q := Query{Keep: all, Limit: 2, Count: 5}
	if found, err := x.Find(t.Context(), account, q); err != nil || found.Total != 5 || len(found.Hits) != 2 || !found.Older {
		t.Errorf("found %+v, %v; want 2 of 5", found, err)
	}
	for _, place := range []string{"x1", "a", "s!", "\xff"} {
		if _, err := x.Find(t.Context(), account, Query{Keep: all, Limit: 1, Count: 1, Before: place}); err == nil {
			t.Errorf("the place %q is taken", place)
		}
	}
}

// A restart goes on where it was and reads only what changed meanwhile; after the
// store has forgotten what changed, it is found out by a listing.
func TestRestart(t *testing.T) {
	b := newBench(t)
	one, two := b.say(nil, "one", "apple"), b.say(nil, "two", "apple")
	b.say(nil, "three", "apple")
	_, stop := b.run()
	stop()
	if n := b.reads(); n < 3 {
		t.Fatalf("%d tickets were read", n)
	}
	for _, tt := range []struct {
		name string
		do   func()
		want []int64
		read int // tickets, at most
	}{
		{"nothing happened", func() {}, []int64{3, 2, 1}, 0},
		{"one changed", func() { b.say(two, "", "banana") }, []int64{3, 2, 1}, 1},
		{"one is gone, and all is forgotten", func() {
			b.remove(one)
			b.say(two, "", "cherry")
			rev, err := b.Store.Revision(t.Context())
			if err == nil {
				_, err = b.etcd.Compact(t.Context(), rev, clientv3.WithCompactPhysical())
			}
			if err != nil {
				t.Fatal(err)
			}
		}, []int64{3, 2}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			tt.do()
			x, stop := b.run()
			defer stop()
			if diff := cmp.Diff(tt.want, b.find(x, "apple")); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if n := b.reads(); n > tt.read {
				t.Errorf("%d tickets were read, want at most %d", n, tt.read)
			}
		})
	}
}

// A file that is of no use is thrown away and built again while the program runs.
func TestThrownAway(t *testing.T) {
	b := newBench(t)
	for range 300 {
		b.say(nil, "one", "apple "+strings.Repeat("pear ", 20))
	}
	x, stop := b.run()
	path := filepath.Join(b.dir, account, "words.db")
	damage := func(do func(f *file)) func() {
		return func() {
			stop()
			f, err := openFile(t.Context(), filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			do(f)
			f.close()
		}
	}
	for _, tt := range []struct {
		name string
		do   func()
	}{
		{"somebody asks for it", func() {}},
		{"another version", damage(func(f *file) { _, _ = f.write.Exec("PRAGMA user_version = 77") })},
		{"no table", damage(func(f *file) { _, _ = f.write.Exec("DROP TABLE words") })},
		{"of the future", damage(func(f *file) { _ = f.setMeta(t.Context(), metaRev, 1<<40) })},
		{"no database", func() {
			stop()
			if err := os.WriteFile(path, bytes.Repeat([]byte("nonsense"), 4096), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"an empty file", func() {
			stop()
			if err := os.Truncate(path, 0); err != nil {
				t.Fatal(err)
			}
		}},
		{"broken pages", func() {
			stop()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 4096; i < len(raw); i++ {
				raw[i] = 0xA5
			}
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			b.reads()
			tt.do()
			x, stop = b.run()
			if tt.name == "somebody asks for it" {
				b.reads()
				x.Rebuild(account)
			}
			for n, read := 0, 0; n != 300 || read < 300; read += b.reads() {
				state, err := x.State(t.Context(), account)
				if err != nil && !errors.Is(err, errUnusable) {
					t.Fatal(err)
				}
				n = state.Tickets
				if t.Context().Err() != nil {
					t.Fatal("it is not built again")
				}
			}
			b.await(x)
			if got := b.find(x, "apple"); len(got) != 10 {
				t.Errorf("found %d, want 10", len(got))
			}
		})
	}
}

// What is gone, or was said in other words, leaves nothing in the files.
func TestNothingIsLeft(t *testing.T) {
	b := newBench(t)
	erased := b.say(nil, "xylosecretsubject", "the zephyrsecrettext of mallory.secretperson@hidden.example")
	changed := b.say(nil, "kept", "something")
	changed.Tags = []string{"quuxsecrettag"}
	b.say(changed, "")
	for i := range 400 {
		b.say(nil, fmt.Sprintf("subject number%d", i), "filler words are here")
	}
	x, stop := b.run()
	secrets := []string{"secretsubject", "secrettext", "secretperson", "secrettag"}
	left := func() (found []string) {
		files, err := filepath.Glob(filepath.Join(b.dir, account, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files: %v", err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range secrets {
				if bytes.Contains(raw, []byte(s)) {
					found = append(found, s)
				}
			}
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	if n := len(left()); n != len(secrets) {
		t.Fatalf("%d of the words are there to begin with", n)
	}
	b.remove(erased)
	changed.Tags = nil
	b.say(changed, "")
	b.await(x)
	if got := b.find(x, "xylosecretsubject "); len(got) != 0 {
		t.Errorf("found %v", got)
	}
	s := x.shelf(account)
	if err := s.file.purgeIfDue(t.Context(), time.Now().Add(purgeAfter-time.Hour), purgeAfter, 0); err != nil {
		t.Fatal(err)
	}
	if n := len(left()); n == 0 {
		t.Error("words were removed before it was time: the next step shows nothing")
	}
	if err := s.file.purgeIfDue(t.Context(), time.Now().Add(purgeAfter+time.Minute), purgeAfter, 0); err != nil {
		t.Fatal(err)
	}
	if found := left(); len(found) > 0 {
		t.Errorf("left in the files: %v", found)
	}
	if got := b.find(x, "filler"); len(got) != 10 {
		t.Errorf("found %d of what was kept, want 10", len(got))
	}
	stop()
}

func TestNotThere(t *testing.T) {
	x := New(Options{Source: newBench(t), Dir: t.TempDir(), Accounts: func() []string { return nil }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if found, err := x.Find(t.Context(), account, Query{Keep: all, Limit: 1, Count: 1}); err != nil || len(found.Hits) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
	if state, err := x.State(t.Context(), account); err != nil || state != (State{}) {
		t.Errorf("state %+v, %v", state, err)
	}
}
