package store

import (
	"slices"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// The newest held mails come first and are counted; a decided one waits no more
// and is found all the same.
//
// covers: P04
func TestHeld(t *testing.T) {
	db, ctx := openStore(t), t.Context()
	var ids []helpdesk.ID
	for i := range 5 {
		h := &helpdesk.HeldItem{ID: helpdesk.NewTimedID(noon.Add(time.Duration(i) * time.Minute)), Cause: helpdesk.NoSender, At: noon, Expires: noon.Add(time.Hour)}
		if err := db.Commit(ctx, &helpdesk.Change{Account: "a", Held: h}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, h.ID)
	}
	waiting := func(limit int) (found []helpdesk.ID) {
		t.Helper()
		items, err := db.Held(ctx, "a", false, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range items {
			found = append(found, h.ID)
		}
		return found
	}
	if got, want := waiting(3), []helpdesk.ID{ids[4], ids[3], ids[2]}; !slices.Equal(got, want) {
		t.Errorf("the newest are %v, want %v", got, want)
	}
	item, err := db.HeldItem(ctx, "a", ids[3])
	if err != nil {
		t.Fatal(err)
	}
	again := *item
	item.Decision = &helpdesk.Decision{Verdict: helpdesk.Drop, At: noon}
	if err := db.Commit(ctx, &helpdesk.Change{Account: "a", Held: item}); err != nil {
		t.Fatal(err)
	}
	again.Decision = &helpdesk.Decision{Verdict: helpdesk.Spam, At: noon}
	if err := db.Commit(ctx, &helpdesk.Change{Account: "a", Held: &again}); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("a second decision: %v, want a conflict", err)
	}
	if got, want := waiting(10), []helpdesk.ID{ids[4], ids[2], ids[1], ids[0]}; !slices.Equal(got, want) {
		t.Errorf("%v wait, want %v", got, want)
	}
	if n, err := db.HeldCount(ctx, "a"); n != 4 || err != nil {
		t.Errorf("%d wait, %v, want 4", n, err)
	}
	if h, err := db.HeldItem(ctx, "a", ids[3]); err != nil || h.Decision == nil || h.Decision.Verdict != helpdesk.Drop {
		t.Errorf("decided item = %+v, %v", h, err)
	}
	if decided, err := db.Held(ctx, "a", true, 10); len(decided) != 1 || err != nil {
		t.Errorf("%d decided, %v, want 1", len(decided), err)
	}
	if gone, err := db.Sweep(ctx, "a", noon.Add(2*time.Hour)); gone != 5 || err != nil {
		t.Errorf("%d lapsed, %v, want all 5", gone, err)
	}
}
