package actions

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// many makes n requests.
func (b *bench) many(n int) []int64 {
	b.t.Helper()
	var numbers []int64
	for i := range n {
		numbers = append(numbers, b.ticket("many"+strconv.Itoa(i)))
	}
	return numbers
}

func (b *bench) head(number int64) *helpdesk.Ticket {
	b.t.Helper()
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	return t
}

func failedNumbers(r *BulkResult) []int64 {
	var all []int64
	for _, f := range r.Failed {
		all = append(all, f.Number)
	}
	return all
}

// covers: P10
func TestChangeMany(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", teamwork)
	numbers := b.many(4)
	b.change(numbers[2], func(t *helpdesk.Ticket) { t.Status = helpdesk.Pending })
	b.change(numbers[3], func(t *helpdesk.Ticket) {
		t.Status, t.Assignee, t.Priority, t.Tags = helpdesk.Resolved, ada.Agent.ID, "Urgent", []string{"vip"}
	})
	in := Bulk{Status: helpdesk.Resolved, Assignee: &ada.Agent.ID, Priority: "urgent", AddTags: []string{"VIP"}, RemoveTags: []string{"form"}}
	before := make(map[int64]map[string]string)
	for _, n := range numbers {
		before[n] = state(b.head(n))
	}
	got, err := b.ChangeMany(ctx, ada, append(slices.Clone(numbers), 999, numbers[0]), in)
	if err != nil || !slices.Equal(got.Changed, numbers[:3]) || !slices.Equal(failedNumbers(got), []int64{999}) || got.Undo == "" {
		t.Fatalf("result %+v, %v", got, err)
	}
	if want := "3 requests are now Resolved, assigned to Ada Lovelace, of priority Urgent, tagged vip, without the tag form."; got.Words != want {
		t.Errorf("words %q, want %q", got.Words, want)
	}
	for _, n := range numbers[:3] {
		head, entries := b.head(n), b.detail(n).Entries
		if head.Status != helpdesk.Resolved || head.Assignee != ada.Agent.ID || head.Priority != "Urgent" || !slices.Equal(head.Tags, []string{"vip"}) {
			t.Errorf("request %d: %+v", n, head)
		}
		if e := entries[len(entries)-1]; e.Kind != helpdesk.Event || !strings.Contains(e.Text, "Status set to Resolved. Assigned to Ada Lovelace.") {
			t.Errorf("request %d: event %+v", n, e)
		}
	}
	if _, err := b.UndoMany(ctx, bob, got.Undo); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("somebody else takes it back: %v", err)
	}
	back, err := b.UndoMany(ctx, ada, got.Undo)
	if err != nil || !slices.Equal(back.Changed, numbers[:3]) || len(back.Failed) != 0 || back.Words != "3 requests are as before." {
		t.Fatalf("undo %+v, %v", back, err)
	}
	for _, n := range numbers {
		if is := state(b.head(n)); !equal(is, before[n]) {
			t.Errorf("request %d is %v, was %v", n, is, before[n])
		}
	}
	if _, err := b.UndoMany(ctx, ada, got.Undo); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("it is taken back twice: %v", err)
	}
}

func equal(a, b map[string]string) bool {
	for key := range union(a, b) {
		if a[key] != b[key] {
			return false
		}
	}
	return true
}

// What somebody else has changed since stays, each thing for itself.
// covers: P10
func TestUndoLeavesWhatOthersDid(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", deskAgent)
	numbers := b.many(4)
	got, err := b.ChangeMany(ctx, ada, numbers, Bulk{Status: helpdesk.Pending, Assignee: &ada.Agent.ID, AddTags: []string{"vip", "late"}})
	if err != nil || len(got.Changed) != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, err := range []error{
		b.SetStatus(ctx, bob, numbers[0], helpdesk.Closed),
		b.SetTags(ctx, bob, numbers[1], []string{"more"}, []string{"late"}), // which is as it was
		b.Assign(ctx, bob, numbers[2], bob.Agent.ID),
		b.SetStatus(ctx, bob, numbers[2], helpdesk.Resolved),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	back, err := b.UndoMany(ctx, ada, got.Undo)
	if err != nil || !slices.Equal(back.Changed, numbers) || !slices.Equal(failedNumbers(back), []int64{numbers[0], numbers[2]}) {
		t.Fatalf("undo %+v, %v", back, err)
	}
	if want := "somebody has changed its assignee and its status since"; helpdesk.Public(back.Failed[1].Err) != want {
		t.Errorf("told %q, want %q", helpdesk.Public(back.Failed[1].Err), want)
	}
	for i, want := range []struct {
		status   helpdesk.Status
		assignee helpdesk.ID
		tags     []string
	}{
		{helpdesk.Closed, "", []string{"form"}},
		{helpdesk.Open, "", []string{"form", "more"}},
		{helpdesk.Resolved, bob.Agent.ID, []string{"form"}},
		{helpdesk.Open, "", []string{"form"}},
	} {
		if h := b.head(numbers[i]); h.Status != want.status || h.Assignee != want.assignee || !slices.Equal(h.Tags, want.tags) {
			t.Errorf("request %d is %s, of %q, tagged %v; want %+v", i, h.Status, h.Assignee, h.Tags, want)
		}
	}
}

// covers: P10
func TestUndoOfSnoozeAndSpam(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada := b.member("ada@acme.example", deskAgent)
	number := b.ticket("n1")
	until := b.time().Add(time.Hour)
	for _, in := range []Bulk{{Snooze: &until}, {Spam: new(true)}, {Status: helpdesk.Closed}} {
		before := state(b.head(number))
		got, err := b.ChangeMany(ctx, ada, []int64{number}, in)
		if err != nil || len(got.Changed) != 1 {
			t.Fatalf("%+v: %+v, %v", in, got, err)
		}
		if in.Snooze != nil { // and one over what is out of sight already
			later := until.Add(time.Hour)
			again, err := b.ChangeMany(ctx, ada, []int64{number}, Bulk{Snooze: &later})
			if err == nil {
				_, err = b.UndoMany(ctx, ada, again.Undo)
			}
			if err != nil || !b.head(number).Snoozed.Until.Equal(until) {
				t.Errorf("snoozed until %v, %v; want %v", b.head(number).Snoozed, err, until)
			}
		}
		back, err := b.UndoMany(ctx, ada, got.Undo)
		if is := state(b.head(number)); err != nil || len(back.Failed) > 0 || !equal(is, before) {
			t.Errorf("%+v: %+v, %v; request is %v, was %v", in, back, err, is, before)
		}
	}
	// Closing was told; that it was taken back within seconds is not.
	if told := sentTo(b.detail(number), helpdesk.StatusChanged); len(told) != 1 {
		t.Errorf("told of a status: %v", told)
	}
	got, err := b.ChangeMany(ctx, ada, []int64{number}, Bulk{Priority: "Low"})
	if err != nil {
		t.Fatal(err)
	}
	b.wait(helpdesk.UndoLifetime)
	if _, err := b.UndoMany(ctx, ada, got.Undo); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("after its time: %v", err)
	}
}

// Two agents change the same requests at once: each change is whole, and no undo takes
// what is the other's.
// covers: P10
func TestManyAtOnce(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	by := []Actor{b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", deskAgent)}
	numbers := b.many(6)
	results := make([]*BulkResult, 2)
	atOnce(2, func(i int) {
		var err error
		if results[i], err = b.ChangeMany(ctx, by[i], numbers, Bulk{Assignee: &by[i].Agent.ID, AddTags: []string{"by-" + strconv.Itoa(i)}}); err != nil {
			t.Error(err)
		}
	})
	for _, n := range numbers {
		h := b.head(n)
		if !slices.Contains(h.Tags, "by-0") || !slices.Contains(h.Tags, "by-1") || h.Assignee == "" {
			t.Errorf("request %d lost something: %v, %q", n, h.Tags, h.Assignee)
		}
	}
	if _, err := b.UndoMany(ctx, by[0], results[0].Undo); err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		if h := b.head(n); slices.Contains(h.Tags, "by-0") || !slices.Contains(h.Tags, "by-1") || h.Assignee == by[0].Agent.ID {
			t.Errorf("after an undo request %d is %v, of %q", n, h.Tags, h.Assignee)
		}
	}
}

func TestChangeManyIsRefused(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", teamwork)
	number := b.ticket("n1")
	before := b.revision()
	for _, tt := range []struct {
		name    string
		by      Actor
		numbers []int64
		in      Bulk
		want    helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, []int64{number}, Bulk{Status: helpdesk.Open}, helpdesk.SignIn},
		{"nothing", ada, nil, Bulk{Status: helpdesk.Open}, helpdesk.Invalid},
		{"no status", ada, []int64{number}, Bulk{Status: "Lost"}, helpdesk.Invalid},
		{"no tag", ada, []int64{number}, Bulk{AddTags: []string{"a b"}}, helpdesk.Invalid},
		{"no team", ada, []int64{number}, Bulk{Team: new(helpdesk.NewID())}, helpdesk.Invalid},
		{"no agent", ada, []int64{number}, Bulk{Assignee: new(helpdesk.NewID())}, helpdesk.NotFound},
	} {
		if _, err := b.ChangeMany(ctx, tt.by, tt.numbers, tt.in); helpdesk.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	var all []int64
	for i := range helpdesk.MaxBulk + 1 {
		all = append(all, int64(i+1))
	}
	if _, err := b.ChangeMany(ctx, ada, all, Bulk{Priority: "Low"}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("more than the limit: %v", err)
	}
	hidden, err := b.ChangeMany(ctx, bob, []int64{number}, Bulk{Priority: "Low"})
	if err != nil || len(hidden.Changed) != 0 || len(hidden.Failed) != 1 || helpdesk.KindOf(hidden.Failed[0].Err) != helpdesk.NotFound {
		t.Errorf("what is not seen: %+v, %v", hidden, err)
	}
	if b.revision() != before {
		t.Error("something was written")
	}
}
