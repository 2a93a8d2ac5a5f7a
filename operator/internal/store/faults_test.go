package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
	"github.com/posterndesk/postern/test/etcd"
)

// covers: K02
func TestLostAnswer(t *testing.T) {
	server := etcd.Start(t)
	direct, proxy := server.Client(), server.Proxy()
	s := lead(t, proxy.Client())
	there := func(key string) func() bool {
		return func() bool {
			r, err := direct.Get(t.Context(), key, clientv3.WithCountOnly())
			return err == nil && r.Count == 1
		}
	}
	proxy.LoseAnswer(keys.Account("acme"), there(keys.Account("acme")))
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	_, before := dump(t, direct)
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	if _, after := dump(t, direct); after != before {
		t.Error("it was written twice")
	}

	proxy.LoseAnswer(keys.Account("acme"), func() bool { return !there(keys.Account("acme"))() })
	s.mustWrite("acme", plan.Desired{})
	if n := s.Stored("acme", nil, nil); n.Account != nil {
		t.Errorf("still there: %+v", n)
	}
	if n := testutil.ToFloat64(s.drifted); n != 0 {
		t.Errorf("its own transactions count as drift: %v", n)
	}
}

// TestNoAnswer has a server that takes nothing in: the write is an error, nothing is
// assumed, and the same succeeds later.
func TestNoAnswer(t *testing.T) {
	server := etcd.Start(t)
	proxy := server.Proxy()
	s := lead(t, proxy.Client())
	s.timeout = 300 * time.Millisecond
	proxy.Silence()
	err := s.Write(t.Context(), "acme", helpCenter("acme", "a.example"), noSecrets)
	if err == nil || errors.Is(err, ErrFenced) || errors.Is(err, ErrChanged) {
		t.Errorf("error %v", err)
	}
	if s.Stored("acme", nil, nil).Account != nil {
		t.Error("it is taken for written")
	}
	proxy.Break()
	proxy.Speak()
	etcd.Eventually(t, "it is written", func() bool {
		return s.Write(t.Context(), "acme", helpCenter("acme", "a.example"), noSecrets) == nil
	})
}

// covers: K02
func TestRestoredFromBackup(t *testing.T) {
	server := etcd.Start(t)
	client := server.Client()
	s := lead(t, client)
	s.mustWrite("acme", helpCenter("acme", "a.example"))
	backup := server.Backup()
	last := lead(t, client)
	last.mustWrite("acme", helpCenter("acme", "b.example"))
	last.mustWrite("new", helpCenter("new", "new.example"))
	server.Restore(backup)
	if err := <-last.ended; !errors.Is(err, ErrFenced) {
		t.Fatalf("it ended with %v", err)
	}
	next := lead(t, client)
	next.mustWrite("acme", helpCenter("acme", "b.example"))
	next.mustWrite("new", helpCenter("new", "new.example"))
	all, _ := dump(t, client)
	if !strings.Contains(all["declared/acme/helpcenters/main"], "b.example") || all["operator/host/a.example"] != "" || all["declared/new/account"] == "" {
		t.Errorf("after the restore there is %v", all)
	}
}

// A store that leads goes on when etcd is put back to a snapshot with the tool that is
// made for it, and brings what was lost: nobody else has led since. One that has led
// only after the snapshot ends.
//
// covers: K02
func TestRestoredFromSnapshot(t *testing.T) {
	for name, bump := range map[string]uint64{"revisions go back": 0, "revisions are bumped": 1_000_000_000} {
		t.Run(name, func(t *testing.T) {
			server := etcd.Start(t)
			client := server.Client()
			s := lead(t, client)
			s.mustWrite("acme", helpCenter("acme", "a.example"))
			s.mustWrite("gone", helpCenter("gone", "gone.example"))
			snapshot := server.Snapshot()
			s.mustWrite("acme", helpCenter("acme", "b.example"))
			s.mustWrite("new", helpCenter("new", "new.example"))
			s.mustWrite("gone", plan.Desired{})
			want := s.declared.Revision()

			server.RestoreSnapshot(snapshot, bump)
			desired := map[string]plan.Desired{"acme": helpCenter("acme", "b.example"), "new": helpCenter("new", "new.example"), "gone": {}}
			etcd.Eventually(t, "it has what was restored", func() bool {
				_, there, _ := s.declared.Get(keys.Account("gone"))
				_, _, claimed := s.operator.Get(keys.Host("gone.example")) // the mirrors come one after the other
				return there > 0 && claimed && s.declared.Revision() != want
			})
			for account, d := range desired {
				etcd.Eventually(t, "it is written anew", func() bool {
					err := s.Write(t.Context(), account, d, noSecrets)
					if errors.Is(err, ErrFenced) {
						t.Fatal(err)
					}
					return err == nil
				})
			}
			all, _ := dump(t, client)
			if !strings.Contains(all["declared/acme/helpcenters/main"], "b.example") || all["operator/host/a.example"] != "" ||
				all["declared/new/account"] == "" || all["declared/gone/account"] != "" {
				t.Errorf("after the restore there is %v", all)
			}

			last := lead(t, client)
			if err := <-s.ended; !errors.Is(err, ErrFenced) {
				t.Errorf("the former one ended with %v", err)
			}
			server.RestoreSnapshot(snapshot, 2*bump)
			if err := <-last.ended; !errors.Is(err, ErrFenced) {
				t.Errorf("one that led after the snapshot ended with %v", err)
			}
			lead(t, client).mustWrite("acme", helpCenter("acme", "b.example"))
		})
	}
}

func TestEpochThatIsNoNumber(t *testing.T) {
	client := etcd.Start(t).Client()
	if _, err := client.Put(t.Context(), keys.Epoch(), "x"); err != nil {
		t.Fatal(err)
	}
	if err := run(t, client).Lead(t.Context()); err == nil || !strings.Contains(err.Error(), keys.Epoch()) {
		t.Errorf("error %v", err)
	}
}

// covers: K02
func TestManyDocuments(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	var documents []wire.Document
	for _, name := range names(260) {
		documents = append(documents, document("acme", config.KindTicketForm, name, "x"))
	}
	watch := client.Watch(t.Context(), keys.Declared(), clientv3.WithPrefix())
	s.mustWrite("acme", desired("acme", documents...))
	mustBeInOrder(t, watch, 261, func(seen []string, key string, put bool) bool {
		return key != keys.Account("acme") || len(seen) == 260
	})
	_, before := dump(t, client)
	s.mustWrite("acme", desired("acme", documents...))
	if _, after := dump(t, client); after != before {
		t.Error("equal was written")
	}
	s.mustWrite("acme", desired("acme", documents[0]))
	mustBeInOrder(t, watch, 260, func(seen []string, key string, put bool) bool {
		return put == (key == keys.Account("acme")) && put == (len(seen) == 0)
	})
	if all, _ := dump(t, client); len(all) != 3 {
		t.Errorf("%d keys are left", len(all))
	}
}

// mustBeInOrder reads n changes, each of which must be right after those before. Keys
// of one transaction come in the order of its operations.
func mustBeInOrder(t *testing.T, watch clientv3.WatchChan, n int, right func(seen []string, key string, put bool) bool) {
	t.Helper()
	var seen []string
	for len(seen) < n {
		select {
		case r := <-watch:
			for _, e := range r.Events {
				if !right(seen, string(e.Kv.Key), e.Type == clientv3.EventTypePut) {
					t.Fatalf("%s comes after %d others", e.Kv.Key, len(seen))
				}
				seen = append(seen, string(e.Kv.Key))
			}
		case <-time.After(etcd.Patience):
			t.Fatalf("only %d of %d changes came", len(seen), n)
		}
	}
}

func TestBigDocumentsAreSplitByBytes(t *testing.T) {
	client := etcd.Start(t).Client()
	s := lead(t, client)
	big := strings.Repeat("x", 700<<10)
	var documents []wire.Document
	for _, name := range names(4) {
		documents = append(documents, document("acme", config.KindTicketForm, name, big))
	}
	_, before := dump(t, client)
	s.mustWrite("acme", desired("acme", documents...))
	if _, after := dump(t, client); after-before != 4 {
		t.Errorf("it took %d transactions, want one for each document", after-before)
	}
	if got := len(s.Stored("acme", nil, nil).Documents); got != 4 {
		t.Errorf("%d documents are stored", got)
	}
	tooBig := document("acme", config.KindTicketForm, "f", strings.Repeat("x", wire.MaxDocument))
	if err := s.Write(t.Context(), "acme", desired("acme", tooBig), noSecrets); err == nil || !strings.Contains(err.Error(), "ticketforms/f") {
		t.Errorf("error %v", err)
	}
}

func TestSplit(t *testing.T) {
	many := make([]op, 101)
	double := make([]op, 51)
	for i := range double {
		double[i].from = "x"
	}
	big := op{value: make([]byte, wire.MaxDocument)}
	for _, test := range []struct {
		name string
		ops  []op
		want []int
	}{
		{"nothing", nil, nil},
		{"as many as fit", many[:100], []int{100}},
		{"one more", many, []int{100, 1}},
		{"two guards each", double, []int{50, 1}},
		{"bytes", []op{{}, big, big, {}}, []int{2, 2}},
	} {
		var got []int
		for _, chunk := range split(test.ops) {
			got = append(got, len(chunk))
		}
		if len(got) != len(test.want) || len(got) > 0 && got[0] != test.want[0] {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
