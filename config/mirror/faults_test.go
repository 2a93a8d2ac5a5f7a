package mirror

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/test/etcd"
)

// covers: K02
func TestCompactedWhileAway(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "a", "1")
	mustPut(t, client, "b", "1")
	f := follow(t, client)
	f.run()
	f.mustEqual(client)
	f.end()
	mustPut(t, client, "a", "2")
	mustDelete(t, client, "b")
	mustPut(t, client, "c", "1")
	server.Compact()
	f.run()
	f.mustEqual(client)
	if !strings.Contains(f.logged(), "compacted") {
		t.Error("nothing was compacted: this proves nothing")
	}
	last := f.told()[len(f.told())-1]
	if !last.Listed || len(last.Changes) != 3 {
		t.Errorf("told %+v, want the three differences", last)
	}
}

// covers: K02
func TestCompactedWhileDisconnected(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "a", "1")
	proxy := server.Proxy()
	f := follow(t, proxy.Client())
	f.run()
	f.mustEqual(client)
	proxy.Silence()
	proxy.Break()
	mustDelete(t, client, "a")
	mustPut(t, client, "b", "1")
	server.Compact()
	proxy.Speak()
	f.mustEqual(client)
}

// TestQuietPrefixIsNotLeftBehind has all be written elsewhere and compacted: who
// knows the progress of its watch goes on after a restart without listing.
func TestQuietPrefixIsNotLeftBehind(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "a", "1")
	f := follow(t, client)
	f.run()
	f.mustEqual(client)
	for range 10 {
		if _, err := client.Put(t.Context(), "/elsewhere", "x"); err != nil {
			t.Fatal(err)
		}
	}
	server.Compact()
	r, err := client.Get(t.Context(), "/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	etcd.Eventually(t, "progress without anybody waiting", func() bool { return f.mirror.Revision() >= r.Header.Revision })
	server.Restart()
	mustPut(t, client, "a", "2")
	f.mustEqual(client)
	if strings.Contains(f.logged(), "compacted") {
		t.Errorf("it was left behind:\n%s", f.logged())
	}
}

// covers: K05
func TestRestart(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	f := follow(t, client)
	f.run()
	for i := range 3 {
		mustPut(t, client, fmt.Sprint(i), "1")
		server.Restart()
		mustDelete(t, client, fmt.Sprint(i))
		mustPut(t, client, "last", fmt.Sprint(i))
		f.mustEqual(client)
	}
}

// covers: K02
func TestRestoredFromBackup(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "kept", "1")
	mustPut(t, client, "deleted later", "1")
	f := follow(t, client)
	f.run()
	f.mustEqual(client)
	backup := server.Backup()
	for i := range 20 {
		mustPut(t, client, "kept", fmt.Sprint(i))
		mustPut(t, client, fmt.Sprint("lost ", i), "1")
	}
	f.mirror.Note(mustDelete(t, client, "deleted later"), []Change{{Key: prefix + "deleted later"}})
	f.mustEqualButNoted(client)

	server.Restore(backup)
	mustPut(t, client, "after", "1") // far below the revision that the watch waits for
	f.mustEqual(client)
	if f.mirror.Revision() > 20 {
		t.Errorf("it still waits for revision %d", f.mirror.Revision())
	}
}

// TestRestoredFromSnapshot puts etcd back with the tool that is made for it: by itself
// revisions go back, with a bump they go on from far beyond, and the past is compacted.
//
// covers: K02
func TestRestoredFromSnapshot(t *testing.T) {
	for name, bump := range map[string]uint64{"revisions go back": 0, "revisions are bumped": 1_000_000_000} {
		t.Run(name, func(t *testing.T) {
			server := etcd.Start(t)
			client := server.Client()
			mustPut(t, client, "kept", "1")
			mustPut(t, client, "deleted later", "1")
			f := follow(t, client)
			f.run()
			f.mustEqual(client)
			snapshot := server.Snapshot()
			for i := range 20 {
				mustPut(t, client, "kept", fmt.Sprint(i))
				mustPut(t, client, fmt.Sprint("lost ", i), "1")
			}
			mustDelete(t, client, "deleted later")
			f.mustEqual(client)

			server.RestoreSnapshot(snapshot, bump)
			f.mustEqual(client)
			if value, _, ok := f.mirror.Get(prefix + "deleted later"); !ok || string(value) != "1" {
				t.Errorf("what is back is %q, %t", value, ok)
			}
			revision := mustPut(t, client, "after", "1")
			f.mustEqual(client)
			if reached := f.mirror.Revision(); reached < revision || bump > 0 && uint64(reached) < bump {
				t.Errorf("it has reached revision %d, of %d", reached, revision)
			}
		})
	}
}

// TestRestoredAndWrittenPast has as many revisions as before when somebody looks
// again, so only its past gives it away: an update, and by itself a deletion.
//
// covers: K02
func TestRestoredAndWrittenPast(t *testing.T) {
	for name, lost := range map[string]func(t *testing.T, client *clientv3.Client){
		"an update":  func(t *testing.T, client *clientv3.Client) { mustPut(t, client, "a", "lost") },
		"a deletion": func(t *testing.T, client *clientv3.Client) { mustDelete(t, client, "b") },
	} {
		for _, connected := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, connected %t", name, connected), func(t *testing.T) {
				server := etcd.Start(t)
				client := server.Client()
				mustPut(t, client, "a", "1")
				mustPut(t, client, "b", "1")
				proxy := server.Proxy()
				f := follow(t, proxy.Client())
				f.run()
				f.mustEqual(client)
				backup := server.Backup()
				lost(t, client)
				f.mustEqual(client)
				if !connected {
					f.end()
				}
				proxy.Break() // until it is asked again
				server.Restore(backup)
				for i := range 20 {
					if _, err := client.Put(t.Context(), "elsewhere", fmt.Sprint(i)); err != nil {
						t.Fatal(err)
					}
				}
				if !connected {
					f.run()
				}
				f.mustEqual(client)
			})
		}
	}
}

// mustEqualButNoted waits for the mirror alone: who was told was not told of notes.
func (f *follower) mustEqualButNoted(client *clientv3.Client) {
	f.t.Helper()
	want := listing(f.t, client)
	etcd.Eventually(f.t, "the mirror has all", func() bool {
		n := 0
		f.mirror.Each(prefix, func(key string, value []byte, _ int64) {
			if want[key] == string(value) {
				n++
			}
		})
		return n == len(want)
	})
}

// TestAnotherEtcdInItsPlace has more revisions than the watch waits for, so only its
// identity gives it away.
func TestAnotherEtcdInItsPlace(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "a", "1")
	f := follow(t, client)
	f.mirror.o.Progress = time.Hour // it is not looked at in time
	f.run()
	f.mustEqual(client)
	server.Renew()
	for i := range 20 {
		mustPut(t, client, fmt.Sprint(i), "new")
	}
	f.mustEqual(client)
}

// TestBacklog breaks the watch after the first of several responses that a server
// needs for 2,500 revisions; each of them is told exactly once.
//
// covers: K02
func TestBacklog(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	f := follow(t, client)
	f.run()
	mustAwait(t, f.mirror, 1)
	f.end()
	const revisions = 2500
	for i := range revisions {
		mustPut(t, client, fmt.Sprint(i), "1")
	}
	f.onBatch = func(Batch) { f.stop() }
	f.run()
	f.wait()
	f.onBatch = nil
	if b := f.told()[1]; len(b.Changes) >= revisions {
		t.Fatal("the first response had all: this proves nothing")
	}
	if f.mirror.Revision() >= revisions {
		t.Fatalf("after one response it thinks that it has all up to %d", f.mirror.Revision())
	}
	f.run()
	f.mustEqual(client)
	n := 0
	for _, b := range f.told() {
		n += len(b.Changes)
	}
	if n != revisions {
		t.Errorf("told %d changes, want %d", n, revisions)
	}
}

// covers: K05
func TestSilentServer(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	proxy := server.Proxy()
	f := follow(t, proxy.Client())
	f.run()
	mustAwait(t, f.mirror, 1)
	proxy.Silence()
	mustPut(t, client, "a", "1")
	etcd.Eventually(t, "it notices that nothing comes", func() bool { return f.logged() != "" })
	proxy.Speak()
	f.mustEqual(client)
}

func TestRelistFindsWhatWatchMissed(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	mustPut(t, client, "missed deletion", "1")
	mustPut(t, client, "missed change", "1")
	mustPut(t, client, "missed", "1")
	f := follow(t, client)
	f.mirror.o.Relist = 300 * time.Millisecond
	f.run()
	f.mustEqual(client)
	f.mirror.held.mu.Lock() // as if it had never heard of it
	f.mirror.held.remove(prefix + "missed")
	f.mirror.held.put(prefix+"missed change", item{[]byte("0"), 1})
	f.mirror.held.put(prefix+"missed deletion 2", item{[]byte("0"), 1})
	f.mirror.held.mu.Unlock()
	f.mu.Lock()
	delete(f.has, prefix+"missed")
	f.mu.Unlock()
	f.mustEqual(client)
	last := f.told()[len(f.told())-1]
	if !last.Listed || len(last.Changes) != 3 {
		t.Errorf("told %+v, want three differences", last)
	}
}

// TestFaults breaks all at random, and compares with a plain listing.
//
// covers: K02
func TestFaults(t *testing.T) {
	for _, seed := range []uint64{1, 1796024075926991560, uint64(time.Now().UnixNano())} { // the second one restores and writes past what was known
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { faults(t, rand.New(rand.NewPCG(seed, 0))) })
	}
}

func faults(t *testing.T, r *rand.Rand) {
	server := etcd.Start(t)
	proxy, client := server.Proxy(), server.Client()
	f := follow(t, proxy.Client())
	f.mirror.page = 3
	f.run()
	backup := server.Backup()
	for range 100 {
		key := fmt.Sprint(r.IntN(12))
		switch r.IntN(30) {
		case 0:
			server.Restart()
		case 1:
			backup = server.Backup()
		case 2:
			server.Restore(backup)
		case 3:
			server.Compact()
		case 4, 5:
			proxy.Break()
		case 6:
			proxy.Silence()
		case 7, 8:
			proxy.Speak()
		case 9:
			f.end()
		case 10, 11:
			f.end()
			f.run()
		case 12, 13, 14, 15, 16, 17:
			mustDelete(t, client, key)
		case 18, 19:
			several(t, client, r)
		default:
			mustPut(t, client, key, fmt.Sprint(r.IntN(4)))
		}
	}
	proxy.Speak()
	f.end()
	f.run()
	f.mustEqual(client)
}

func several(t *testing.T, client *clientv3.Client, r *rand.Rand) {
	t.Helper()
	var ops []clientv3.Op
	for i := range 12 {
		key := fmt.Sprint(prefix, i)
		switch r.IntN(3) {
		case 0:
			ops = append(ops, clientv3.OpDelete(key))
		case 1:
			ops = append(ops, clientv3.OpPut(key, "several"))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), etcd.Patience)
	defer cancel()
	if _, err := client.Txn(ctx).Then(ops...).Commit(); err != nil {
		t.Fatal(err)
	}
}
