package upgrade

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/test/peers"
)

// What the release before this one wrote is all there, goes on, and its outbox is
// emptied: each mail goes out once. Then that release works on it again, and this one.
//
// covers: P04, P05, P11
func TestDataOfTheReleaseBefore(t *testing.T) {
	t.Parallel()
	s := startSink(t)
	d, st := written(t, s)
	d.start(t, current(t))
	st.holds(t, d, 0)
	st.goesOn(t, d, "in the new release")
	d.drain(t)
	st.sent(t, s)
	d.end(t, syscall.SIGTERM)

	t.Run("rolled back", func(t *testing.T) {
		d.start(t, earlier(t))
		st.holds(t, d, 1)
		st.goesOn(t, d, "in the old release")
		d.drain(t)
		d.end(t, syscall.SIGTERM)
		d.start(t, current(t))
		st.holds(t, d, 2)
		st.goesOn(t, d, "in the new release again")
		d.drain(t)
		st.sent(t, s)
		d.end(t, syscall.SIGTERM)
	})
}

// Data with members that this program does not know, as the next release may write
// them, is worked on as if they were not there.
//
// covers: P04
func TestMembersOfTheNextRelease(t *testing.T) {
	t.Parallel()
	s := startSink(t)
	d, st := written(t, s)
	d.start(t, current(t))
	d.drain(t)
	s.refusing.Store(true)
	before := len(s.all())
	st.answerLate(t, d, "We are late, too.")
	if changed := d.widen(t); changed < 200 {
		t.Fatalf("only %d records were widened", changed)
	}
	d.end(t, syscall.SIGKILL)
	s.refusing.Store(false)
	d.start(t, current(t))
	st.holds(t, d, 1)
	st.goesOn(t, d, "beside what is not known")
	d.drain(t)
	st.sent(t, s)
	if got := len(s.all()) - before; got < lates {
		t.Errorf("%d mails came of %d that were written before, and one of now", got, lates)
	}
}

// widen adds a member to every record that is JSON, and tells how many they are.
func (d *daemon) widen(t *testing.T) (changed int) {
	t.Helper()
	client := d.etcd(t)
	all, err := client.Get(t.Context(), "/postern/", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range all.Kvs {
		var record map[string]json.RawMessage
		if json.Unmarshal(kv.Value, &record) != nil {
			continue // a number, an id, or what is sealed
		}
		record["ofTheNextRelease"] = json.RawMessage(`{"list": [1, "two"]}`)
		raw, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Put(t.Context(), string(kv.Key), string(raw)); err != nil {
			t.Fatal(err)
		}
		changed++
	}
	return changed
}

// A program does not start on data that needs a newer one, says which, and leaves it
// as it is.
//
// covers: P04
func TestDataOfAMuchNewerRelease(t *testing.T) {
	t.Parallel()
	s := startSink(t)
	d := newDesk(t, s)
	d.start(t, current(t))
	const version = `{"schema":99,"needs":98,"wrote":"v9.1.0"}`
	if _, err := d.etcd(t).Put(t.Context(), "/postern/default/version", version); err != nil {
		t.Fatal(err)
	}
	d.end(t, syscall.SIGTERM)
	d.begin(t, current(t))
	if !d.Ended(peers.Patience) {
		t.Fatalf("it serves what it cannot read:\n%s", d.Log)
	}
	for _, words := range []string{"postern serve: this program does not fit the data in etcd", "v9.1.0", "version 98"} {
		if !strings.Contains(d.Log.String(), words) {
			t.Errorf("it does not say %q:\n%s", words, d.Log)
		}
	}
}
