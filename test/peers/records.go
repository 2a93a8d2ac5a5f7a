package peers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Settled waits until nothing is left to be done in the background and no record
// has changed between two looks, and returns the revision of all records then.
func (d *Dev) Settled(t testing.TB) int64 {
	t.Helper()
	client := d.Etcd(t)
	last := revision(t, client)
	Eventually(t, Patience, func() error {
		since := last
		last = revision(t, client)
		if changed := changes(t, client, since, last); len(changed) > 0 {
			return fmt.Errorf("records still change: %q", changed)
		}
		if due := work(t, client); len(due) > 0 {
			return fmt.Errorf("work is still to be done: %q", due)
		}
		return nil
	})
	return last
}

// ChangedSince names the records that were written or deleted after a revision, by
// their keys, in the order in which it happened. What changes though nobody asks for
// anything is left out: see own.
func (d *Dev) ChangedSince(t testing.TB, since int64) []string {
	t.Helper()
	client := d.Etcd(t)
	return changes(t, client, since, revision(t, client))
}

// Keys are those of all records.
func (d *Dev) Keys(t testing.TB) []string {
	t.Helper()
	got, err := d.Etcd(t).Get(t.Context(), "", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, kv := range got.Kvs {
		keys = append(keys, string(kv.Key))
	}
	return keys
}

// revision is that of all records.
func revision(t testing.TB, client *clientv3.Client) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	got, err := client.Get(ctx, "revision") // no such record: only the header counts
	if err != nil {
		t.Fatal(err)
	}
	return got.Header.Revision
}

// changes are the keys of what was written or deleted after one revision, up to
// another one.
func changes(t testing.TB, client *clientv3.Client, since, until int64) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	var keys []string
	seen := since
	history := client.Watch(ctx, "", clientv3.WithPrefix(), clientv3.WithRev(since+1), clientv3.WithPrevKV())
	for seen < until { // each revision has an event at least
		resp, ok := <-history
		if err := resp.Err(); err != nil || !ok {
			t.Fatalf("read what changed after revision %d: %v (until %d, seen %d)", since, err, until, seen)
		}
		for _, e := range resp.Events {
			seen = e.Kv.ModRevision
			if seen <= until && !own(ctx, t, client, e) {
				keys = append(keys, string(e.Kv.Key))
			}
		}
	}
	return keys
}

// tellerClaim is the key of the claim on telling hooks, which one replica renews
// every ten seconds as long as it runs. Nothing else is ever kept there, and nothing
// that answers a request can write it: only that replica's own loop does.
var tellerClaim = func() string {
	sum := sha256.Sum256([]byte("hooks"))
	return "/claim/" + hex.EncodeToString(sum[:16])
}()

// own tells what the program and etcd do by themselves: renewing that claim, and
// removing a record whose time is over. A record that somebody deletes before that
// leaves its lease behind.
func own(ctx context.Context, t testing.TB, client *clientv3.Client, e *clientv3.Event) bool {
	t.Helper()
	if strings.HasSuffix(string(e.Kv.Key), tellerClaim) {
		return true
	}
	if e.Type != clientv3.EventTypeDelete || e.PrevKv == nil || e.PrevKv.Lease == 0 {
		return false
	}
	lease, err := client.TimeToLive(ctx, clientv3.LeaseID(e.PrevKv.Lease))
	if err != nil {
		t.Fatalf("look whether the time of %s was over: %v", e.Kv.Key, err)
	}
	return lease.TTL < 0
}

// work are the keys of what is to be done in the background: mails whose turn it
// is, news that hooks are to be told of, and requests that are being erased.
func work(t testing.TB, client *clientv3.Client) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	got, err := client.Get(ctx, "", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, kv := range got.Kvs {
		key := string(kv.Key)
		mail := strings.Contains(key, "/outbox/") && soon(t, key, kv.Value)
		if mail || slices.ContainsFunc([]string{"/desk/news/", "/desk/erase/"}, func(kind string) bool { return strings.Contains(key, kind) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// soon tells whether it is a mail's turn, or will be before anybody has waited for
// it in vain.
func soon(t testing.TB, key string, value []byte) bool {
	t.Helper()
	var due struct {
		Next time.Time `json:"next"`
	}
	if err := json.Unmarshal(value, &due); err != nil {
		t.Fatalf("read %s: %v", key, err)
	}
	return time.Until(due.Next) < Patience/2
}
