package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/etcd"
)

// TestOneReleaseCanBeRolledBack holds the policy: each Schema is read by the program
// before it, and reads what that one wrote.
func TestOneReleaseCanBeRolledBack(t *testing.T) {
	before := max(1, Schema-1)
	if needs > before {
		t.Errorf("what is written needs a program of schema %d; the one before this has %d, and could not be gone back to", needs, before)
	}
	if oldest > before {
		t.Errorf("the oldest schema that is read is %d; the program before this wrote %d", oldest, before)
	}
}

// setVersion writes what another program would have left.
func setVersion(t *testing.T, s *Store, value string) {
	t.Helper()
	if _, err := s.etcd.Put(t.Context(), s.keys.version(), value); err != nil {
		t.Fatal(err)
	}
}

func TestAdmit(t *testing.T) {
	for _, test := range []struct {
		name, found string
		words       []string // of the refusal; none when it is admitted
		want        Version  // what lies there then
	}{
		{name: "new, or from before there was a version", want: Version{Schema: Schema, Needs: needs, Wrote: "v5"}},
		{name: "the same", found: `{"schema":1,"needs":1,"wrote":"v4"}`, want: Version{Schema: 1, Needs: 1, Wrote: "v4"}},
		{name: "newer, and fit for this one", found: `{"schema":9,"needs":1,"wrote":"v6","more":true}`, want: Version{Schema: 9, Needs: 1, Wrote: "v6"}},
		{name: "too new", found: `{"schema":9,"needs":8,"wrote":"v6"}`, words: []string{"postern v6", "version 8", "postern v5", "version 1 at most"}, want: Version{Schema: 9, Needs: 8, Wrote: "v6"}},
		{name: "broken", found: `{"schema":"x"}`, words: []string{"cannot be read"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := openStore(t)
			if test.found != "" {
				setVersion(t, s, test.found)
			}
			err := s.Admit(t.Context(), "v5")
			if refused := len(test.words) > 0; errors.Is(err, ErrVersion) != refused || (err == nil) == refused {
				t.Fatalf("Admit: %v", err)
			}
			for _, words := range test.words {
				if !strings.Contains(err.Error(), words) {
					t.Errorf("%q does not say %q", err, words)
				}
			}
			commit := s.Commit(t.Context(), sample(1, "r1"))
			if (commit == nil) != (err == nil) {
				t.Errorf("Commit after that: %v", commit)
			}
			if _, number := s.NextNumber(t.Context(), account); (number == nil) != (err == nil) {
				t.Errorf("NextNumber after that: %v", number)
			}
			if test.want == (Version{}) {
				return
			}
			found, _, _, err := s.readVersion(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if found.At.IsZero() == (found.Wrote == "v5") {
				t.Errorf("it was written at %v", found.At)
			}
			if found.At = test.want.At; found != test.want {
				t.Errorf("version is %+v, want %+v", found, test.want)
			}
		})
	}
}

// TestManyAreAdmittedAtOnce: replicas that start together agree.
func TestManyAreAdmittedAtOnce(t *testing.T) {
	s := openStore(t)
	errs := make(chan error)
	for range 8 {
		go func() { errs <- s.Admit(t.Context(), "v5") }()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	resp, err := s.etcd.Get(t.Context(), s.keys.version())
	if err != nil || len(resp.Kvs) != 1 || resp.Kvs[0].Version != 1 {
		t.Errorf("the version was written more than once: %v %v", resp, err)
	}
}

// TestOutgrown: a replica that runs hears of one that writes what it cannot read,
// and writes nothing from then on.
func TestOutgrown(t *testing.T) {
	s := openStore(t)
	if err := s.Admit(t.Context(), "v5"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Outgrown(t.Context(), "v5") }()
	newer := func(needs int) string {
		raw, err := json.Marshal(Version{Schema: 9, Needs: needs, Wrote: "v6"})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	setVersion(t, s, newer(Schema))
	if err := s.Commit(t.Context(), sample(1, "r1")); err != nil {
		t.Errorf("the next release is there and fits: %v", err)
	}
	setVersion(t, s, newer(Schema+1))
	if err := <-ended; !errors.Is(err, ErrVersion) {
		t.Errorf("Outgrown: %v", err)
	}
	if err := s.Commit(t.Context(), sample(2, "r2")); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("Commit of who was outgrown: %v", err)
	}
}

// TestNothingIsWrittenBeforeAdmission: a replica that starts without etcd writes
// nothing when etcd is back before it was asked.
func TestNothingIsWrittenBeforeAdmission(t *testing.T) {
	server := etcd.Start(t)
	s, err := New(server.Client(), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	server.Stop()
	if err := s.Admit(t.Context(), "v5"); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Fatalf("Admit without etcd: %v", err)
	}
	server.Start()
	if err := s.Commit(t.Context(), sample(1, "r1")); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("Commit before admission: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Outgrown(ctx, "v5") }()
	etcd.Eventually(t, "commit after admission", func() bool { return s.Commit(t.Context(), sample(1, "r1")) == nil })
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Outgrown at the end: %v", err)
	}
	resp, err := server.Client().Get(t.Context(), s.keys.version(), clientv3.WithCountOnly())
	if err != nil || resp.Count != 1 {
		t.Errorf("there are %v versions, %v", resp, err)
	}
}
