package mirror

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/test/etcd"
)

const prefix = "/p/"

// follower is somebody who has only what a mirror tells.
type follower struct {
	t      *testing.T
	mirror *Mirror
	stop   context.CancelFunc
	wait   func()
	// onBatch is called with each batch; set before it runs.
	onBatch func(Batch)

	mu      sync.Mutex
	has     map[string]string
	batches []Batch
	log     bytes.Buffer
}

// follow makes one that does not run yet.
func follow(t *testing.T, client *clientv3.Client) *follower {
	f := &follower{t: t, has: map[string]string{}, stop: func() {}, wait: func() {}}
	f.mirror = New(Options{Client: client, Prefix: prefix, Progress: 100 * time.Millisecond, See: f.see, Log: slog.New(slog.NewTextHandler(f, nil))})
	f.mirror.askTimeout = time.Second
	t.Cleanup(func() { f.end() })
	return f
}

// Write takes in what is logged.
func (f *follower) Write(line []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(line)
}

func (f *follower) logged() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

func (f *follower) run() {
	ctx, cancel := context.WithCancel(f.t.Context())
	var loop sync.WaitGroup
	f.stop, f.wait = cancel, loop.Wait // before, as what sees a batch may stop it
	loop.Go(func() { f.mirror.Run(ctx) })
}

func (f *follower) end() { f.stop(); f.wait() }

func (f *follower) see(b Batch) {
	f.mu.Lock()
	for _, c := range b.Changes {
		if c.Value == nil {
			delete(f.has, c.Key)
		} else {
			f.has[c.Key] = string(c.Value)
		}
	}
	f.batches = append(f.batches, b)
	f.mu.Unlock()
	if f.onBatch != nil {
		f.onBatch(b)
	}
}

func (f *follower) told() []Batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.batches)
}

func (f *follower) count(key string) (n int) {
	for _, b := range f.told() {
		for _, c := range b.Changes {
			if c.Key == key {
				n++
			}
		}
	}
	return n
}

// mustEqual waits until both the mirror and who was told of it have what lies in etcd.
func (f *follower) mustEqual(client *clientv3.Client) {
	f.t.Helper()
	want := listing(f.t, client)
	held, told := map[string]string{}, map[string]string{}
	deadline := time.Now().Add(etcd.Patience)
	for ; time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		held = map[string]string{}
		f.mirror.Each(prefix, func(key string, value []byte, _ int64) { held[key] = string(value) })
		f.mu.Lock()
		told = maps.Clone(f.has)
		f.mu.Unlock()
		if maps.Equal(held, want) && maps.Equal(told, want) {
			return
		}
	}
	f.t.Fatalf("held (-) and what is there (+):\n%s\ntold (-) and what is there (+):\n%s\n%s", cmp.Diff(held, want), cmp.Diff(told, want), f.logged())
}

func listing(t *testing.T, client *clientv3.Client) map[string]string {
	t.Helper()
	r, err := client.Get(t.Context(), prefix, clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, kv := range r.Kvs {
		all[string(kv.Key)] = string(kv.Value)
	}
	return all
}

func mustPut(t *testing.T, client *clientv3.Client, key, value string) int64 {
	t.Helper()
	r, err := client.Put(t.Context(), prefix+key, value)
	if err != nil {
		t.Fatal(err)
	}
	return r.Header.Revision
}

func mustDelete(t *testing.T, client *clientv3.Client, key string) int64 {
	t.Helper()
	r, err := client.Delete(t.Context(), prefix+key)
	if err != nil {
		t.Fatal(err)
	}
	return r.Header.Revision
}

func mustAwait(t *testing.T, m *Mirror, revision int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), etcd.Patience)
	defer cancel()
	if err := m.Await(ctx, revision); err != nil {
		t.Fatal(err)
	}
}

func TestTellsFirstListingEvenIfEmpty(t *testing.T) {
	server := etcd.Start(t)
	f := follow(t, server.Client())
	if f.mirror.Revision() != 0 {
		t.Error("it has listed before it runs")
	}
	f.run()
	mustAwait(t, f.mirror, 1)
	want := []Batch{{Revision: 1, Listed: true}}
	if diff := cmp.Diff(want, f.told()); diff != "" {
		t.Error(diff)
	}
}

func TestTellsChanges(t *testing.T) {
	t.Run("by socket", func(t *testing.T) { tellsChanges(t, etcd.Start(t).Client()) })
	t.Run("in process", func(t *testing.T) { tellsChanges(t, etcd.Start(t).InProcess()) })
}

func tellsChanges(t *testing.T, client *clientv3.Client) {
	first := mustPut(t, client, "old", "1")
	if _, err := client.Put(t.Context(), "/q/elsewhere", "1"); err != nil {
		t.Fatal(err)
	}
	f := follow(t, client)
	f.run()
	mustAwait(t, f.mirror, first)
	second := mustPut(t, client, "old", "")
	third := mustDelete(t, client, "old")
	mustAwait(t, f.mirror, third)
	var got []Change
	for _, b := range f.told() {
		got = append(got, b.Changes...)
	}
	want := []Change{
		{prefix + "old", []byte("1"), first},
		{prefix + "old", []byte{}, second}, // empty, and there
		{prefix + "old", nil, third},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, _, ok := f.mirror.Get(prefix + "old"); ok {
		t.Error("what was deleted is held")
	}
}

func TestTransactionIsOneBatch(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	f := follow(t, client)
	f.run()
	mustAwait(t, f.mirror, 1)
	var puts []clientv3.Op
	for i := range 100 {
		puts = append(puts, clientv3.OpPut(fmt.Sprint(prefix, i), "x"))
	}
	r, err := client.Txn(t.Context()).Then(puts...).Commit()
	if err != nil {
		t.Fatal(err)
	}
	mustAwait(t, f.mirror, r.Header.Revision)
	told := f.told()
	if len(told) != 2 || len(told[1].Changes) != 100 || told[1].Revision != r.Header.Revision {
		t.Errorf("told %d batches: %+v", len(told), told)
	}
}

func TestListsInPages(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	for i := range 50 {
		mustPut(t, client, strconv.Itoa(i), "1")
	}
	f := follow(t, client)
	f.mirror.page = 7
	f.run()
	f.mustEqual(client)
	if told := f.told(); len(told) != 1 || len(told[0].Changes) != 50 {
		t.Errorf("the listing is told in %d batches", len(told))
	}
}

func TestEach(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	for _, key := range []string{"b/2", "a", "b/1", "b", "bc", "c"} {
		mustPut(t, client, key, "1")
	}
	f := follow(t, client)
	f.run()
	f.mustEqual(client)
	var got []string
	f.mirror.Each(prefix+"b/", func(key string, _ []byte, revision int64) {
		if _, again, ok := f.mirror.Get(key); !ok || again != revision {
			t.Errorf("%s: revision %d, and %d by Get", key, revision, again)
		}
		got = append(got, strings.TrimPrefix(key, prefix))
	})
	if want := []string{"b/1", "b/2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNote(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "kept", "1")
	mustPut(t, client, "gone", "1")
	f := follow(t, server.Proxy().Client())
	f.run()
	f.mustEqual(client)
	f.end() // so that what is noted is ahead of the watch

	older := mustPut(t, client, "gone", "2")
	kept, gone := mustPut(t, client, "kept", "3"), mustDelete(t, client, "gone")
	f.mirror.Note(kept, []Change{{Key: prefix + "kept", Value: []byte("3")}})
	f.mirror.Note(gone, []Change{{Key: prefix + "gone"}})
	f.mirror.Note(older, []Change{{Key: prefix + "gone", Value: []byte("2")}, {Key: prefix + "kept", Value: []byte("2")}})
	if value, revision, _ := f.mirror.Get(prefix + "kept"); string(value) != "3" || revision != kept {
		t.Errorf("noted is %q of %d", value, revision)
	}
	if _, _, ok := f.mirror.Get(prefix + "gone"); ok {
		t.Error("what was noted as deleted is there again with an older note")
	}

	f.run()
	mustAwait(t, f.mirror, gone)
	if n := f.count(prefix+"kept") + f.count(prefix+"gone"); n != 2 {
		t.Errorf("what was noted is told as well: %+v", f.told())
	}
	again := mustPut(t, client, "gone", "4")
	mustAwait(t, f.mirror, again)
	if value, _, _ := f.mirror.Get(prefix + "gone"); string(value) != "4" {
		t.Errorf("what was made anew is %q", value)
	}
}

func TestPause(t *testing.T) {
	for _, test := range []struct {
		tries    int
		min, max time.Duration
	}{
		{0, 50 * time.Millisecond, 100 * time.Millisecond},
		{1, 100 * time.Millisecond, 200 * time.Millisecond},
		{5, 1600 * time.Millisecond, 3200 * time.Millisecond},
		{9, 15 * time.Second, 30 * time.Second},
		{1000, 15 * time.Second, 30 * time.Second},
	} {
		for range 100 {
			if d := pause(test.tries); d < test.min || d > test.max {
				t.Errorf("after %d tries it waits %s, want %s to %s", test.tries, d, test.min, test.max)
			}
		}
	}
}

// TestQuietStore has nothing to tell for many intervals of progress, which is no
// fault; and mirrors that share a client do not wait for each other.
func TestQuietStore(t *testing.T) {
	client := etcd.Start(t).Client()
	early := follow(t, client)
	early.mirror.o.Progress = 200 * time.Millisecond
	early.run()
	mustAwait(t, early.mirror, 1)
	r, err := client.Put(t.Context(), "/elsewhere", "x")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // each waits for a revision that is still to come
		late := follow(t, client)
		late.run()
		mustAwait(t, late.mirror, r.Header.Revision)
	}
	mustAwait(t, early.mirror, r.Header.Revision)
	time.Sleep(time.Second) // five intervals: that nothing happens has no other sign
	if early.logged() != "" {
		t.Error(early.logged())
	}
}
