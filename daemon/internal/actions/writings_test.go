package actions

import (
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: P10
func TestWriting(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.named("Ada Lovelace"), b.named("Bob Noyce"), b.ticket("n1")
	ctx := t.Context()
	keep := func(by Actor, nonce, text string, rev int64) (*helpdesk.Writing, error) {
		return b.KeepWriting(ctx, by, number, nonce, helpdesk.Writing{Kind: helpdesk.Message, Text: text, Status: helpdesk.Pending, Rev: rev})
	}
	found := func(by Actor) string {
		t.Helper()
		w, err := b.Desk.Writing(ctx, by, number)
		must(t, err)
		if w == nil {
			return ""
		}
		return w.Text
	}
	first, err := keep(ada, "n", "Dear", 0)
	must(t, err)
	second, err := keep(ada, "n", "Dear Alice", first.Rev)
	must(t, err)
	if _, err := keep(ada, "other", "In another window", first.Rev); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("what was written in another window is overwritten: %v", err)
	}
	if _, err := keep(ada, "other", "", first.Rev); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Errorf("what was written in another window is forgotten: %v", err)
	}
	if found(ada) != "Dear Alice" || found(bob) != "" || found(operator) != "" {
		t.Errorf("kept %q, of Bob %q", found(ada), found(bob))
	}
	_, err = keep(bob, "n", "Of Bob", 0)
	must(t, err)
	must(t, b.Reply(ctx, ada, number, Reply{Text: "Dear Alice", Nonce: "n"}))
	if late, err := keep(ada, "n", "Dear Al", second.Rev); err != nil || late != nil || found(ada) != "" || found(bob) != "Of Bob" {
		t.Errorf("after the sending %q is kept (%v); of Bob %q", found(ada), err, found(bob))
	}
	_, err = keep(ada, "n2", "Again", 0)
	must(t, err)
	must(t, b.Note(ctx, ada, number, Note{Text: "x"}))
	if found(ada) != "" {
		t.Errorf("a note leaves %q", found(ada))
	}
	again, err := keep(ada, "n3", "Once more", 0)
	must(t, err)
	if gone, err := keep(ada, "n3", "  ", again.Rev); err != nil || gone != nil || found(ada) != "" {
		t.Errorf("it is not forgotten: %v", err)
	}
	b.wait(helpdesk.WritingLifetime + time.Minute)
	if found(bob) != "" {
		t.Error("it is kept for ever")
	}
	if n, err := b.db.Sweep(ctx, "support", b.time()); err != nil || n == 0 {
		t.Errorf("%d records were swept, %v", n, err)
	}
}

// A refused reply keeps what was written.
func TestWritingStays(t *testing.T) {
	b := newBench(t)
	ada, bob, number := b.named("Ada Lovelace"), b.named("Bob Noyce"), b.ticket("n1")
	_, err := b.KeepWriting(t.Context(), ada, number, "n", helpdesk.Writing{Kind: helpdesk.Message, Text: "Dear"})
	must(t, err)
	must(t, b.Reply(t.Context(), bob, number, Reply{Text: "Mine"}))
	if err := b.Reply(t.Context(), ada, number, Reply{Text: "Dear", Expect: 1, Nonce: "n"}); helpdesk.KindOf(err) != helpdesk.Conflict {
		t.Fatal(err)
	}
	if w, err := b.Desk.Writing(t.Context(), ada, number); err != nil || w == nil || w.Text != "Dear" {
		t.Errorf("%+v, %v", w, err)
	}
	for name, in := range map[string]helpdesk.Writing{
		"an event": {Kind: helpdesk.Event, Text: "x"}, "too long": {Kind: helpdesk.Note, Text: string(make([]byte, MaxText+1))},
		"no status": {Kind: helpdesk.Note, Text: "x", Status: "Lost"},
	} {
		if _, err := b.KeepWriting(t.Context(), ada, number, "n", in); helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.KeepWriting(t.Context(), operator, number, "n", helpdesk.Writing{Kind: helpdesk.Note, Text: "x"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("the operator writes: %v", err)
	}
}
