package actions

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// member makes an agent of a role and of teams.
func (b *bench) member(address string, role helpdesk.DeskRole, teams ...helpdesk.ID) Actor {
	b.t.Helper()
	by := b.agent(address)
	by.Role, by.Teams = role, teams
	return by
}

var (
	deskAgent = helpdesk.BuiltIn[1]
	deskAdmin = helpdesk.BuiltIn[0]
	teamwork  = helpdesk.DeskRole{ID: "team", Name: "Of a team", Sees: helpdesk.SeesTeams}
)

func (b *bench) list(by Actor, q ListQuery) *Listing {
	b.t.Helper()
	got, err := b.List(b.t.Context(), by, q)
	if err != nil {
		b.t.Fatalf("list %+v: %v", q, err)
	}
	return got
}

func listed(l *Listing) []int64 {
	var all []int64
	for i := range l.Rows {
		all = append(all, l.Rows[i].Number)
	}
	return all
}

// covers: P10
func TestQueues(t *testing.T) {
	b := newBench(t)
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", teamwork, "red")
	var numbers []int64
	for i := range 8 {
		numbers = append(numbers, b.ticket("n"+strconv.Itoa(i)))
		b.wait(time.Minute)
	}
	for i, change := range []func(*helpdesk.Ticket){
		func(t *helpdesk.Ticket) { t.Assignee = ada.Agent.ID },
		func(t *helpdesk.Ticket) { t.Team = "red" },
		func(t *helpdesk.Ticket) { t.Status, t.Mentioned = helpdesk.Pending, []helpdesk.ID{bob.Agent.ID} },
		func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved },
		func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed },
		func(t *helpdesk.Ticket) { t.Snoozed = &helpdesk.Snooze{Until: b.time().Add(time.Hour)} },
		func(t *helpdesk.Ticket) { t.Spam = &helpdesk.Called{} },
	} {
		b.change(numbers[i], change)
	}
	for _, tt := range []struct {
		name     string
		by       Actor
		queue    Queue
		indicies []int
	}{
		{"mine", ada, MineQueue, []int{0}},
		{"nobody's", ada, UnassignedQueue, []int{7, 1}},
		{"open", ada, OpenQueue, []int{7, 1, 0}},
		{"pending", ada, PendingQueue, []int{2}},
		{"mentions of another", ada, MentionsQueue, nil},
		{"mentions", bob, MentionsQueue, []int{2}},
		{"snoozed", ada, SnoozedQueue, []int{5}},
		{"done", ada, DoneQueue, []int{4, 3}},
		{"spam", ada, SpamQueue, []int{6}},
		{"all", ada, AllQueue, []int{7, 4, 3, 2, 1, 0}},
		{"the operator's", operator, MineQueue, []int{7, 1}}, // who is nobody: what is nobody's
		{"only of teams", bob, AllQueue, []int{2, 1}},
		{"only of teams, nobody's", bob, UnassignedQueue, []int{1}},
	} {
		got := b.list(tt.by, ListQuery{Queue: tt.queue})
		var want []int64
		for _, i := range tt.indicies {
			want = append(want, numbers[i])
		}
		if diff := cmp.Diff(want, listed(got)); diff != "" || got.Total != len(want) {
			t.Errorf("%s: %d in all, requests (-want +got):\n%s", tt.name, got.Total, diff)
		}
		counts, err := b.Counts(t.Context(), tt.by)
		if err != nil || counts[string(tt.queue)] != len(want) {
			t.Errorf("%s: %d counted, %v; want %d", tt.name, counts[string(tt.queue)], err, len(want))
		}
	}
	b.wait(2 * time.Hour) // a snoozed one comes back by itself, as the newest
	if got := listed(b.list(ada, ListQuery{Queue: OpenQueue})); len(got) != 4 || got[0] != numbers[5] {
		t.Errorf("after a snooze: %v", got)
	}
	if got := b.list(ada, ListQuery{Queue: MineQueue}).Rows[0]; got.AssigneeName != "Ada Lovelace" || !got.Unread {
		t.Errorf("row %+v", got)
	}
}

// covers: P10
func TestListsAreRefused(t *testing.T) {
	b := newBench(t)
	ada := b.member("ada@acme.example", deskAgent)
	gone := *ada.Agent
	gone.Disabled = true
	for _, tt := range []struct {
		name string
		by   Actor
		q    ListQuery
		want helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, ListQuery{Queue: OpenQueue}, helpdesk.SignIn},
		{"disabled", Actor{Account: "support", Agent: &gone}, ListQuery{Queue: OpenQueue}, helpdesk.SignIn},
		{"no queue", ada, ListQuery{Queue: "x"}, helpdesk.NotFound},
		{"nothing", ada, ListQuery{}, helpdesk.NotFound},
		{"no view", ada, ListQuery{View: helpdesk.NewID()}, helpdesk.NotFound},
		{"a view out of the way", ada, ListQuery{View: "../../ticket"}, helpdesk.NotFound},
		{"a bad filter", ada, ListQuery{Filter: &helpdesk.Filter{Statuses: []helpdesk.Status{"Lost"}}}, helpdesk.Invalid},
		{"a bad order", ada, ListQuery{Queue: OpenQueue, Order: "subject"}, helpdesk.Invalid},
	} {
		if _, err := b.List(t.Context(), tt.by, tt.q); helpdesk.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// covers: P10
func TestViews(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	ada, bob := b.member("ada@acme.example", deskAgent), b.member("bob@acme.example", teamwork)
	vip, other := b.ticket("n1"), b.ticket("n2")
	b.change(vip, func(t *helpdesk.Ticket) { t.Tags, t.Watchers = []string{"vip"}, []helpdesk.ID{bob.Agent.ID} })

	own, err := b.SaveView(ctx, bob, SavedView{View: helpdesk.View{Name: " Mine\n ", Filter: helpdesk.Filter{Tags: []string{"VIP"}}}}, false)
	if err != nil || own.Owner != bob.Agent.ID || own.Name != "Mine" {
		t.Fatalf("view %+v, %v", own, err)
	}
	if got := listed(b.list(bob, ListQuery{View: own.ID})); !slices.Equal(got, []int64{vip}) {
		t.Errorf("a view of one's own lists %v", got)
	}
	if _, err := b.List(ctx, ada, ListQuery{View: own.ID}); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a view of somebody else: %v", err)
	}
	if _, err := b.SaveView(ctx, bob, SavedView{View: helpdesk.View{Name: "For all"}}, true); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("sharing without the permission: %v", err)
	}
	if _, err := b.SaveView(ctx, bob, *own, true); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("sharing one's own without the permission: %v", err)
	}
	shared, err := b.SaveView(ctx, ada, SavedView{View: helpdesk.View{Name: "For all", Columns: []string{"tags", "field:plan"}}}, true)
	if err != nil || shared.Owner != "" {
		t.Fatalf("shared view %+v, %v", shared, err)
	}
	if got := listed(b.list(bob, ListQuery{View: shared.ID})); !slices.Equal(got, []int64{vip}) {
		t.Errorf("who sees some lists %v by a shared view", got)
	}
	if got := listed(b.list(ada, ListQuery{View: shared.ID})); !slices.Equal(got, []int64{other, vip}) && !slices.Equal(got, []int64{vip, other}) {
		t.Errorf("who sees all lists %v", got)
	}
	if err := b.RemoveView(ctx, bob, shared.ID, shared.Rev); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("removing a shared view: %v", err)
	}
	counts, err := b.Counts(ctx, ada)
	if err != nil || counts[ViewQueue(shared.ID)] != 2 {
		t.Errorf("counts %v, %v", counts, err)
	}
	b.twoEdit(ada, shared)
	b.toOneself(ada, shared.ID)
	var acts []string
	for _, r := range b.audited("view.") {
		acts = append(acts, r.Act)
	}
	if diff := cmp.Diff([]string{"view.share", "view.change", "view.unshare"}, acts); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
}

// Of two who change a view at once, one is told.
func (b *bench) twoEdit(by Actor, v *SavedView) {
	b.t.Helper()
	errs := make([]error, 2)
	atOnce(2, func(i int) {
		mine := *v
		mine.Name = "Changed " + strconv.Itoa(i)
		_, errs[i] = b.SaveView(b.t.Context(), by, mine, true)
	})
	if (errs[0] == nil) == (errs[1] == nil) {
		b.t.Errorf("two changed a view at once: %v, %v", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil && helpdesk.KindOf(err) != helpdesk.Conflict {
			b.t.Error(err)
		}
	}
}

// toOneself takes a shared view for oneself: nobody else has it then.
func (b *bench) toOneself(by Actor, id helpdesk.ID) {
	b.t.Helper()
	v, err := b.View(b.t.Context(), by, id)
	if err == nil {
		v, err = b.SaveView(b.t.Context(), by, *v, false)
	}
	if err != nil || v.Owner != by.Agent.ID {
		b.t.Fatalf("view %+v, %v", v, err)
	}
	if _, err := b.View(b.t.Context(), operator, id); helpdesk.KindOf(err) != helpdesk.NotFound {
		b.t.Errorf("the view is still everybody's: %v", err)
	}
	if err := b.RemoveView(b.t.Context(), by, id, v.Rev-1); helpdesk.KindOf(err) != helpdesk.Conflict {
		b.t.Errorf("an old view was removed: %v", err)
	}
	if err := b.RemoveView(b.t.Context(), by, id, v.Rev); err != nil {
		b.t.Error(err)
	}
}

func TestViewsAreChecked(t *testing.T) {
	b := newBench(t)
	ada := b.member("ada@acme.example", deskAgent)
	long := make([]string, 51)
	for _, tt := range []struct {
		name string
		view helpdesk.View
	}{
		{"no name", helpdesk.View{Name: " \n"}},
		{"long name", helpdesk.View{Name: string(make([]byte, 100))}},
		{"no status", helpdesk.View{Name: "x", Filter: helpdesk.Filter{Statuses: []helpdesk.Status{"x"}}}},
		{"no tag", helpdesk.View{Name: "x", Filter: helpdesk.Filter{Tags: []string{"two words"}}}},
		{"no priority", helpdesk.View{Name: "x", Filter: helpdesk.Filter{Priorities: []string{"x"}}}},
		{"too much", helpdesk.View{Name: "x", Filter: helpdesk.Filter{Mailboxes: long}}},
		{"too long", helpdesk.View{Name: "x", Filter: helpdesk.Filter{Values: map[string]string{"a": string(make([]byte, 999))}}}},
		{"negative age", helpdesk.View{Name: "x", Filter: helpdesk.Filter{OlderThan: -1}}},
		{"no column", helpdesk.View{Name: "x", Columns: []string{"password"}}},
		{"a column twice", helpdesk.View{Name: "x", Columns: []string{"tags", "tags"}}},
		{"no order", helpdesk.View{Name: "x", Order: "x"}},
	} {
		if _, err := b.SaveView(t.Context(), ada, SavedView{View: tt.view}, false); helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	for i := range MaxViews + 1 {
		_, err := b.SaveView(t.Context(), ada, SavedView{View: helpdesk.View{Name: "v" + strconv.Itoa(i)}}, false)
		if (err == nil) != (i < MaxViews) {
			t.Fatalf("view %d: %v", i, err)
		}
	}
}
