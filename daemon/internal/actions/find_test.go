package actions

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/search"
)

// finding is a bench with an index of words.
type finding struct {
	*bench
	words *search.Index
}

func newFinding(t *testing.T) *finding {
	t.Helper()
	b := newBench(t)
	x := search.New(search.Options{Source: b.db, Dir: t.TempDir(), Accounts: func() []string { return []string{"support"} }, Log: slog.New(slog.DiscardHandler), Now: b.time})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	b.Desk.words = x
	return &finding{bench: b, words: x}
}

// find searches when everything that was written is in.
func (f *finding) find(by Actor, q FindQuery) *Finding {
	f.t.Helper()
	if err := f.words.Await(f.t.Context(), "support"); err != nil {
		f.t.Fatal(err)
	}
	got, err := f.Find(f.t.Context(), by, q)
	if err != nil {
		f.t.Fatalf("find %q: %v", q.Typed, err)
	}
	return got
}

func foundNumbers(f *Finding) []int64 {
	var all []int64
	for i := range f.Rows {
		all = append(all, f.Rows[i].Number)
	}
	return all
}

// covers: P10
func TestFindRequests(t *testing.T) {
	f := newFinding(t)
	ada, bob := f.member("ada@acme.example", deskAgent), f.member("bob@acme.example", teamwork, "red")
	team := helpdesk.Team{ID: "red", Name: "Red team"}
	if err := f.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Records: []helpdesk.Record{{Kind: helpdesk.TeamRecord, ID: "red", Value: team}}}); err != nil {
		t.Fatal(err)
	}
	var n []int64
	for i := range 8 {
		got, err := f.Submit(t.Context(), center(), filled(func(in *Submission) {
			in.Nonce, in.Subject = string(rune('a'+i)), "Order "+strings.Repeat("x", i+1)
			in.Message = "Where is my parcel number " + strings.Repeat("y", i+1) + "?"
		}))
		if err != nil {
			t.Fatal(err)
		}
		n = append(n, got.Number)
		f.wait(24 * time.Hour)
	}
	for i, change := range []func(*helpdesk.Ticket){
		func(t *helpdesk.Ticket) { t.Assignee, t.Tags = ada.Agent.ID, []string{"refund", "vip"} },
		func(t *helpdesk.Ticket) { t.Team, t.Priority = "red", "Urgent" },
		func(t *helpdesk.Ticket) { t.Status, t.Mentioned = helpdesk.Pending, []helpdesk.ID{bob.Agent.ID} },
		func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved },
		func(t *helpdesk.Ticket) { t.Fields = map[string]string{"tier": "Gold"} },
		func(t *helpdesk.Ticket) { t.Snoozed = &helpdesk.Snooze{Until: f.time().Add(time.Hour)} },
		func(t *helpdesk.Ticket) { t.Spam = &helpdesk.Called{} },
		func(t *helpdesk.Ticket) { t.Merged = &helpdesk.Merge{Number: n[0]} },
	} {
		f.change(n[i], change)
	}
	for _, tt := range []struct {
		name, typed string
		by          Actor
		indices     []int
	}{
		{"nothing", "", ada, nil},
		{"words", "parcel", ada, []int{7, 5, 4, 3, 2, 1, 0}},
		{"a word of one", "yyy ", ada, []int{2}},
		{"only what they may see", "parcel", bob, []int{2, 1}},
		{"only what they may see, by number", "#1", bob, nil},
		{"the operator", "parcel", operator, []int{7, 5, 4, 3, 2, 1, 0}},
		{"by number", "#1", ada, []int{0}},
		{"status", "parcel status:pending", ada, []int{2}},
		{"two of them", "status:pending status:RESOLVED", ada, []int{3, 2}},
		{"a status without words", "is:resolved", ada, []int{3}},
		{"tag", "tag:refund parcel", ada, []int{0}},
		{"two tags", "tag:refund tag:none", ada, nil},
		{"without a tag", "parcel -tag:refund is:open", ada, []int{7, 5, 4, 1}},
		{"priority", "priority:urgent", ada, []int{1}},
		{"mine", "assignee:me", ada, []int{0}},
		{"of somebody", "assignee:ada@acme.example parcel", bob, nil},
		{"nobody's", "parcel assignee:nobody status:open", ada, []int{5, 4, 1}},
		{"team", "team:red", ada, []int{1}},
		{"teams of the agent", "team:mine", bob, []int{1}},
		{"a field", "field.tier:gold", ada, []int{4}},
		{"a field by its word", "gold", ada, []int{4}},
		{"an answer", "form.topic:order is:pending", ada, []int{2}},
		{"snoozed", "is:snoozed", ada, []int{5}},
		{"spam", "is:spam parcel", ada, []int{6}},
		{"spam without what has a tag", "is:spam -tag:vip", ada, []int{6}},
		{"no spam", "yyyyyyyy -is:spam", ada, []int{7}},
		{"mentioned", "is:mentioned", bob, []int{2}},
		{"unread", "is:unread status:resolved", ada, []int{3}},
		{"not unread", "-is:unread status:resolved", ada, nil},
		{"since", "parcel after:" + noon.Add(3*24*time.Hour).Format(time.DateOnly), ada, []int{5, 4, 3}},
		{"before", "parcel before:" + noon.Add(2*24*time.Hour).Format(time.DateOnly), ada, []int{1, 0}},
		{"from", "from:alice@ yyyy ", ada, []int{3}},
		{"mailbox", "mailbox:support@acme.example yyyy ", ada, []int{3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.t = t
			got := f.find(tt.by, FindQuery{Typed: tt.typed})
			var want []int64
			for _, i := range tt.indices {
				want = append(want, n[i])
			}
			if diff := cmp.Diff(want, foundNumbers(got)); diff != "" || got.Total != len(want) {
				t.Errorf("%d in all, found (-want +got):\n%s", got.Total, diff)
			}
		})
	}
}

func TestFindIsRefused(t *testing.T) {
	f := newFinding(t)
	ada := f.member("ada@acme.example", deskAgent)
	gone := *ada.Agent
	gone.Disabled = true
	for _, tt := range []struct {
		name  string
		by    Actor
		typed string
		kind  helpdesk.Kind
		want  string
	}{
		{"nobody", Actor{Account: "support"}, "x", helpdesk.SignIn, "sign in as an agent first"},
		{"disabled", Actor{Account: "support", Agent: &gone}, "x", helpdesk.SignIn, "sign in as an agent first"},
		{"status", ada, "status:opne", helpdesk.Invalid, `"opne" is not a status; use open, pending, resolved or closed`},
		{"priority", ada, "priority:x", helpdesk.Invalid, `"x" is not a priority; use low, normal, high or urgent`},
		{"tag", ada, `tag:"a b"`, helpdesk.Invalid, `"a b" is not a tag; use one word of at most 50 letters, digits, -, _, ., : and /`},
		{"agent", ada, "assignee:zoe", helpdesk.Invalid, `no agent is called "zoe"; use a name, an address, me or nobody`},
		{"team", ada, "team:zoe", helpdesk.Invalid, `no team is called "zoe"; use a name, mine or none`},
		{"is", ada, "is:late", helpdesk.Invalid, `"late" is nothing that requests are; use mentioned, mine, snoozed, spam, unassigned, unread, or a status`},
		{"has", ada, "has:time", helpdesk.Invalid, `"time" is nothing that requests have; use has:attachment`},
		{"day", ada, "before:yesterday", helpdesk.Invalid, `"yesterday" is not a day; write it as in before:2026-01-01`},
		{"number", ada, "number:x", helpdesk.Invalid, `"x" is not a number of a request`},
		{"mailbox", ada, "mailbox:x", helpdesk.Invalid, `there is no mailbox "x"; use its name or its address`},
		{"without a word", ada, "status:", helpdesk.Invalid, "say what behind status:, as in status:open"},
		{"only without", ada, "-x", helpdesk.Invalid, "say what to look for, too, not only what to leave out"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := f.Find(t.Context(), tt.by, FindQuery{Typed: tt.typed})
			if helpdesk.KindOf(err) != tt.kind || helpdesk.Public(err) != tt.want {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
	if err := f.RebuildSearch(t.Context(), ada); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("an agent throws the index away: %v", err)
	}
}

func TestFindPages(t *testing.T) {
	f := newFinding(t)
	ada := f.member("ada@acme.example", deskAgent)
	const many = FoundOnPage + 10
	var want []int64
	for i := range many {
		n := f.ticket("n" + string(rune('0'+i)))
		want = append([]int64{n}, want...)
		f.wait(time.Minute)
	}
	var got []int64
	q := FindQuery{Typed: "order is:unread"}
	for range 5 {
		page := f.find(ada, q)
		got = append(got, foundNumbers(page)...)
		if q.Before = page.Older; q.Before == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if total := f.find(ada, FindQuery{Typed: "order"}).Total; total != many {
		t.Errorf("%d in all, want %d", total, many)
	}
}

// Counting ends early, and what was not counted is found all the same.
func TestFindCountsToItsLimit(t *testing.T) {
	f := newFinding(t)
	ada := f.member("ada@acme.example", deskAgent)
	const many = MostCountedFound + 10
	for i := range many {
		ticket := &helpdesk.Ticket{ID: helpdesk.NewTicketID(), Number: int64(i + 1), Subject: "A plain order", Status: helpdesk.Open, Said: noon.Add(time.Duration(i) * time.Minute)}
		must(t, f.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Ticket: ticket}))
	}
	seen := map[int64]bool{}
	for q := (FindQuery{Typed: "order "}); ; {
		page := f.find(ada, q)
		if q.Before == "" && page.Total != MostCountedFound {
			t.Errorf("%d in all, want %d", page.Total, MostCountedFound)
		}
		for _, n := range foundNumbers(page) {
			seen[n] = true
		}
		if q.Before = page.Older; q.Before == "" {
			break
		}
	}
	if len(seen) != many {
		t.Errorf("%d were found, want %d", len(seen), many)
	}
}

// covers: P10
func TestFindMarksWords(t *testing.T) {
	f := newFinding(t)
	ada := f.member("ada@acme.example", deskAgent)
	n := f.ticket("n1")
	if err := f.Note(t.Context(), ada, n, Note{Text: "The  pärcel\nof <b>Alice</b> is *here*, an order of hers"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, typed, subject, snippet, by string }{
		{"newest entry that has one", "parcel", "Order", "The [pärcel] of <b>Alice</b> is *here*, an order of hers", "Ada Lovelace"},
		{"an older one", "where", "Order", "[Where] is it?", "Alice"},
		{"subject and text", "ord", "[Order]", "The pärcel of <b>Alice</b> is *here*, an [order] of hers", "Ada Lovelace"},
		{"in no text", "customer", "Order", "", ""},
		{"no words", "is:open", "Order", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f.t = t
			got := f.find(ada, FindQuery{Typed: tt.typed})
			if len(got.Rows) != 1 {
				t.Fatalf("%d rows", len(got.Rows))
			}
			r := got.Rows[0]
			if diff := cmp.Diff([]string{tt.subject, tt.snippet, tt.by}, []string{spelled(r.Subject), spelled(r.Snippet), r.By}); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
		})
	}
}

// spelled puts what was looked for in brackets.
func spelled(all []Piece) string {
	var b strings.Builder
	for _, p := range all {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
