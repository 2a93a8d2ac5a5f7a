package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// A signature is written once: who does not know of it loses, and it goes when it
// has lapsed.
//
// covers: M02
func TestSignatures(t *testing.T) {
	s := openStore(t)
	one := helpdesk.Signature{Key: "aa", Mail: "m1", Until: noon.Add(time.Hour)}
	write := func(account string, signature helpdesk.Signature) error {
		return s.Commit(t.Context(), &helpdesk.Change{Account: account, Signatures: []helpdesk.Signature{signature}})
	}
	if err := write(account, one); err != nil {
		t.Fatal(err)
	}
	other := helpdesk.Signature{Key: "aa", Mail: "m2", Until: noon.Add(time.Hour)}
	if err := write(account, other); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("written again: %v, want a conflict", err)
	}
	known, err := s.Signatures(t.Context(), account, []string{"bb", "aa"})
	if err != nil || len(known) != 2 || known[1].Rev == 0 {
		t.Fatalf("known = %+v, %v", known, err)
	}
	one.Rev = known[1].Rev
	if diff := cmp.Diff([]helpdesk.Signature{{Key: "bb"}, one}, known); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	if err := write("sales", other); err != nil {
		t.Errorf("in another account: %v", err)
	}
	known[1].Mail = "m3"
	if err := write(account, known[1]); err != nil {
		t.Errorf("written as it was read: %v", err)
	}
	if n, err := s.Sweep(t.Context(), account, one.Until); n != 0 || err != nil {
		t.Errorf("at its end sweep removed %d, %v; want none", n, err)
	}
	if n, err := s.Sweep(t.Context(), account, one.Until.Add(1)); n != 1 || err != nil {
		t.Errorf("after it sweep removed %d, %v; want one, and none of another account", n, err)
	}
}
