package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P01, P05
func TestFetchedMail(t *testing.T) {
	s := openStore(t)
	ctx := t.Context()
	if c, err := s.Cursor(ctx, "support", "mail"); c != nil || err != nil {
		t.Fatalf("cursor of a mailbox that was never fetched: %v, %v", c, err)
	}
	cursor := &helpdesk.Cursor{Mailbox: "mail", Source: "x", UIDValidity: 7, Numbering: 2, Done: 4}
	must(t, s.SaveCursor(ctx, "support", cursor))
	stale := *cursor
	stale.Rev--
	if err := s.SaveCursor(ctx, "support", &stale); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a stale cursor: %v, want Conflict", err)
	}
	mark := func(account, mailbox string, numbering int64, uid uint32) helpdesk.Mark {
		m := helpdesk.Mark{Mailbox: mailbox, Numbering: numbering, UID: uid, Stay: uid == 9}
		must(t, s.Commit(ctx, &helpdesk.Change{Account: account, Mark: &m}))
		return m
	}
	old, five, nine, ten := mark("support", "mail", 1, 5), mark("support", "mail", 2, 5), mark("support", "mail", 2, 9), mark("support", "mail", 2, 10)
	mark("support", "mail2", 2, 6)
	mark("other", "mail", 2, 7)
	if err := s.Commit(ctx, &helpdesk.Change{Account: "support", Mark: &five}); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a mail marked twice: %v, want Conflict", err)
	}
	marks := func(numbering int64) []helpdesk.Mark {
		t.Helper()
		got, err := s.Marks(ctx, "support", "mail", numbering, 100)
		must(t, err)
		return got
	}
	if diff := cmp.Diff([]helpdesk.Mark{five, nine, ten}, marks(2)); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	must(t, s.ForgetMarks(ctx, "support", "mail", 2))
	if got := marks(old.Numbering); len(got) > 0 {
		t.Errorf("marks of an earlier numbering are left: %v", got)
	}
	cursor.Done = 9
	must(t, s.SaveCursor(ctx, "support", cursor, five, nine))
	if diff := cmp.Diff([]helpdesk.Mark{ten}, marks(2)); diff != "" {
		t.Errorf("marks after the cursor went on (-want +got):\n%s", diff)
	}
	again, err := s.Cursor(ctx, "support", "mail")
	must(t, err)
	if diff := cmp.Diff(cursor, again); diff != "" {
		t.Errorf("cursor (-saved +read):\n%s", diff)
	}
}

// covers: P05
func TestPollIsClaimedOnce(t *testing.T) {
	s := openStore(t)
	ctx := t.Context()
	one, err := s.Poll(ctx, "support", "mail")
	must(t, err)
	two, err := s.Poll(ctx, "support", "mail")
	must(t, err)
	one.Holder, one.Until = "one", time.Now().Add(time.Minute)
	two.Holder = "two"
	must(t, s.SavePoll(ctx, "support", one))
	if err := s.SavePoll(ctx, "support", two); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("the second claim: %v, want Conflict", err)
	}
	one.Waiting = 3
	must(t, s.SavePoll(ctx, "support", one)) // its own revision goes on
	got, err := s.Poll(ctx, "support", "mail")
	must(t, err)
	if got.Holder != "one" || got.Waiting != 3 || !got.Held(time.Now()) || got.Held(time.Now().Add(2*time.Minute)) {
		t.Errorf("got %+v", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
