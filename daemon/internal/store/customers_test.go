package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// signedUp makes a contact with a sign-in.
func signedUp(t *testing.T, s *Store) *helpdesk.Contact {
	t.Helper()
	c := &helpdesk.Contact{
		ID: helpdesk.NewID(), Created: noon, SignIn: &helpdesk.PortalSignIn{Since: noon},
		Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("alice@customer.example"), Proven: &noon}},
	}
	if err := s.Commit(t.Context(), &helpdesk.Change{Account: account, Contact: c}); err != nil {
		t.Fatal(err)
	}
	c, err := s.Contact(t.Context(), account, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A pass is asked for, is granted and is used: each once.
func TestPassesMoveOn(t *testing.T) {
	s := openStore(t)
	commit := func(passes ...helpdesk.Pass) error {
		return s.Commit(t.Context(), &helpdesk.Change{Account: account, Passes: passes})
	}
	asked := helpdesk.Pass{ID: helpdesk.NewID(), Kind: helpdesk.PassSignUp, Asked: true, Created: noon, Expires: noon.Add(time.Hour)}
	if err := commit(asked); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pass(t.Context(), account, asked.ID, noon); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("what is only asked for opens something: %v", err)
	}
	waiting, err := s.Asked(t.Context(), account, 10)
	if err != nil || len(waiting) != 1 || waiting[0].Rev == 0 {
		t.Fatalf("waiting = %+v, %v", waiting, err)
	}
	if others, err := s.Asked(t.Context(), "other", 10); err != nil || len(others) != 0 {
		t.Errorf("another account sees %+v, %v", others, err)
	}
	gone, granted := waiting[0], waiting[0]
	gone.Used, granted.Asked, granted.Rev = true, false, 0
	if err := commit(gone, granted); err != nil {
		t.Fatal(err)
	}
	if err := commit(gone, granted); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("granted by another replica too: %v", err)
	}
	if _, err := s.AskedPass(t.Context(), account, asked.ID); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("it still waits: %v", err)
	}
	pass, err := s.Pass(t.Context(), account, asked.ID, noon)
	if err != nil || pass.Asked {
		t.Fatalf("pass = %+v, %v", pass, err)
	}
	if _, err := s.Pass(t.Context(), account, asked.ID, pass.Expires); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("at its end: %v", err)
	}
	pass.Used = true
	if err := commit(*pass); err != nil {
		t.Fatal(err)
	}
	if err := commit(*pass); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("used twice: %v", err)
	}
	late := helpdesk.Pass{ID: helpdesk.NewID(), Asked: true, Created: noon, Expires: noon.Add(time.Minute)}
	if err := commit(late); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(t.Context(), account, late.Expires.Add(time.Second)); n != 1 || err != nil {
		t.Errorf("sweep removed %d, %v; want what nobody looked at in time", n, err)
	}
}

func TestCustomerSessions(t *testing.T) {
	s := openStore(t)
	c := signedUp(t, s)
	put := func(hash string, rev int64) error {
		session := helpdesk.CustomerSession{ID: helpdesk.ID("id-" + hash), Contact: c.ID, Created: noon, Expires: noon.Add(time.Hour)}
		return s.PutCustomerSession(t.Context(), account, hash, session, rev)
	}
	for i := range 5 {
		if err := put(fmt.Sprint(i), c.Rev); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndCustomerSessions(t.Context(), account, c.ID, func(one helpdesk.CustomerSession) bool { return one.ID != "id-3" }); err != nil {
		t.Fatal(err)
	}
	if left, err := s.CustomerSessions(t.Context(), account, c.ID); err != nil || len(left) != 1 || left[0].ID != "id-3" {
		t.Errorf("left = %+v, %v", left, err)
	}
	if _, _, err := s.CustomerSession(t.Context(), "other", c.ID, "3", noon); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("in another account: %v", err)
	}
	// The password is changed: all sessions end with it, and none can begin from
	// what was read before.
	read := c.Rev
	c.SignIn.Password = "other"
	if err := s.Commit(t.Context(), &helpdesk.Change{Account: account, Contact: c, SignedOut: c.ID}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CustomerSession(t.Context(), account, c.ID, "3", noon); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a session from before: %v", err)
	}
	if err := put("late", read); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a session from what was read before: %v", err)
	}
}
