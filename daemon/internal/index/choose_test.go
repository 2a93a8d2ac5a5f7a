package index

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

// anyTicket is one of few possible ones, so that filters meet some.
func anyTicket(r *rand.Rand, n int) *helpdesk.Ticket {
	heard := noon.Add(-time.Duration(r.IntN(50)) * time.Hour)
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: int64(n), Status: pick(r, helpdesk.Statuses), Said: heard, Updated: heard.Add(time.Duration(r.IntN(5)) * time.Hour),
		Priority: pick(r, append(helpdesk.Priorities, "")), Mailbox: pick(r, []string{"support", "billing"}), HelpCenter: pick(r, []string{"acme", "second"}),
		Assignee: pick(r, []helpdesk.ID{"", "ada", "bob"}), Team: pick(r, []helpdesk.ID{"", "red", "blue"}),
	}
	for _, tag := range []string{"vip", "late", "refund"} {
		if r.IntN(3) == 0 {
			t.Tags = append(t.Tags, tag)
		}
	}
	if r.IntN(3) == 0 {
		t.Watchers = append(t.Watchers, "ada")
	}
	if r.IntN(5) == 0 {
		t.Mentioned = append(t.Mentioned, pick(r, []helpdesk.ID{"ada", "bob"}))
	}
	if r.IntN(5) == 0 {
		t.Snoozed = &helpdesk.Snooze{Until: noon.Add(time.Duration(r.IntN(5)-2) * time.Hour)}
	}
	if r.IntN(8) == 0 {
		t.Spam = &helpdesk.Called{}
	}
	if r.IntN(8) == 0 {
		t.Merged = &helpdesk.Merge{}
	}
	if r.IntN(3) == 0 {
		t.Form = &helpdesk.FormAnswer{
			Form: "contact", Values: []helpdesk.FormValue{{Name: "topic", Text: pick(r, []string{"A refund", "Something else"})}},
			Raw: map[string]any{"topic": pick(r, []string{"refund", "other"})},
		}
	}
	if r.IntN(3) == 0 {
		t.Fields = map[string]string{"plan": pick(r, []string{"Gold", "Lead"})}
	}
	return t
}

func anyFilter(r *rand.Rand) helpdesk.Filter {
	var f helpdesk.Filter
	some := func(yes func()) {
		if r.IntN(5) == 0 {
			yes()
		}
	}
	some(func() { f.Statuses = []helpdesk.Status{pick(r, helpdesk.Statuses), helpdesk.Open} })
	some(func() { f.Priorities = []string{"Urgent", "Normal"} })
	some(func() { f.Tags = []string{pick(r, []string{"vip", "late"}), "refund"} })
	some(func() { f.Assignees = []string{pick(r, []string{"me", "nobody", "bob"})} })
	some(func() { f.Teams = []string{pick(r, []string{"mine", "none", "blue"})} })
	some(func() { f.Mailboxes = []string{"billing"} })
	some(func() { f.HelpCenters = []string{"acme"} })
	some(func() { f.Forms = []string{"contact"} })
	some(func() { f.Values = map[string]string{"form.topic": pick(r, []string{" REFUND", "a refund"})} })
	some(func() { f.Values = map[string]string{"plan": "gold"} })
	some(func() { f.OlderThan = 20 * time.Hour })
	some(func() { f.NewerThan = 30 * time.Hour })
	some(func() { f.Mentioned = true })
	some(func() { f.Snoozed = true })
	some(func() { f.Spam = true })
	return f
}

// tableOf holds tickets as if a listing had told of them.
func tableOf(tb testing.TB, x *Index, tickets []*helpdesk.Ticket) {
	tb.Helper()
	t := x.table(account)
	for i, one := range tickets {
		raw, err := json.Marshal(one)
		if err != nil {
			tb.Fatal(err)
		}
		var read store.TicketHead
		if err := json.Unmarshal(raw, &read); err != nil {
			tb.Fatal(err)
		}
		t.replace(t.heads[one.ID], t.head(&read, int64(i)+1))
	}
}

func rankOf(t *helpdesk.Ticket) int64 {
	if t.Snoozed != nil {
		return max(t.Said.UnixNano(), t.Snoozed.Until.UnixNano())
	}
	return t.Said.UnixNano()
}

// ordered is what a list should be, found the slow way.
func ordered(tickets []*helpdesk.Ticket, c *Choice) []helpdesk.TicketID {
	ada := helpdesk.Agent{ID: c.Viewer.Agent}
	var all []*helpdesk.Ticket
	for _, t := range tickets {
		sees := c.All || ada.Follows(t) || slices.Contains(t.Mentioned, ada.ID) || t.Team != "" && slices.Contains(c.Viewer.Teams, t.Team)
		if sees && c.Filter.Matches(t, c.Viewer) {
			all = append(all, t)
		}
	}
	newest := func(a, b *helpdesk.Ticket) int {
		return cmp.Or(cmp.Compare(rankOf(b), rankOf(a)), cmp.Compare(b.ID, a.ID))
	}
	slices.SortFunc(all, func(a, b *helpdesk.Ticket) int {
		switch c.Order {
		case OldestFirst:
			return newest(b, a)
		case UrgentFirst:
			urgency := func(t *helpdesk.Ticket) int { return slices.Index(helpdesk.Priorities, t.Urgency()) }
			return cmp.Or(cmp.Compare(urgency(b), urgency(a)), newest(a, b))
		}
		return newest(a, b)
	})
	return ids(all...)
}

// Whatever is asked, pages together are the list, in its order, forwards and back.
// covers: P10
func TestListsOfAgents(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := New(Options{})
	var tickets []*helpdesk.Ticket
	for n := range 1500 {
		tickets = append(tickets, anyTicket(r, n))
	}
	tableOf(t, x, tickets)
	for i := range tickets { // and some change
		if r.IntN(3) == 0 {
			id := tickets[i].ID
			tickets[i] = anyTicket(r, i)
			tickets[i].ID = id
		}
	}
	tableOf(t, x, tickets)
	met := 0
	for n := range 300 {
		c := Choice{
			Filter: anyFilter(r), Viewer: helpdesk.Viewer{Agent: "ada", Teams: []helpdesk.ID{"red"}, Now: noon}, All: r.IntN(2) == 0,
			Order: pick(r, []string{NewestFirst, OldestFirst, UrgentFirst}), Limit: 1 + r.IntN(60), Count: 9999,
		}
		if n%3 == 0 { // what is counted without a look at each
			c.All, c.Filter = true, helpdesk.Filter{Statuses: c.Filter.Statuses, Assignees: pick(r, [][]string{nil, {"me"}, {"nobody"}, {"bob", "ada", "me"}, {"zoe"}})}
		}
		want := ordered(tickets, &c)
		met += min(len(want), 1)
		name := fmt.Sprintf("%d: %+v", n, c)
		if got := x.Tally(account, []Choice{c})[0]; got != len(want) {
			t.Fatalf("%s: %d counted, want %d", name, got, len(want))
		}
		forwards(t, x, c, want, name)
	}
	if met < 100 {
		t.Errorf("only %d filters found something", met)
	}
}

// forwards walks through all pages, and back from the last.
func forwards(t *testing.T, x *Index, c Choice, want []helpdesk.TicketID, name string) {
	t.Helper()
	var got []helpdesk.TicketID
	for {
		page := x.Choose(account, c)
		if page.Total != len(want) || page.Newer != (len(got) > 0) || page.Older != (len(got)+len(page.Tickets) < len(want)) {
			t.Fatalf("%s: page after %d: %d in all, newer %t, older %t; want %d", name, len(got), page.Total, page.Newer, page.Older, len(want))
		}
		for _, f := range page.Tickets {
			got = append(got, f.ID)
		}
		if !page.Older {
			break
		}
		c.Before = reread(t, page.Tickets[len(page.Tickets)-1].Place)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: tickets %v, want %v", name, got, want)
	}
	if len(want) == 0 {
		return
	}
	c.Before, c.After, c.Limit = nil, reread(t, x.last(c)), len(want)
	back := x.Choose(account, c)
	if len(back.Tickets) != len(want)-1 || back.Newer || len(want) > 1 && !back.Older {
		t.Fatalf("%s: %d before the last of %d, newer %t, older %t", name, len(back.Tickets), len(want), back.Newer, back.Older)
	}
	for i, f := range back.Tickets {
		if f.ID != want[i] {
			t.Fatalf("%s: back, number %d is %s, want %s", name, i, f.ID, want[i])
		}
	}
}

// last is where a list ends.
func (x *Index) last(c Choice) Place {
	c.Before, c.After, c.Limit = nil, nil, 1<<20
	all := x.Choose(account, c).Tickets
	return all[len(all)-1].Place
}

func reread(t *testing.T, p Place) *Place {
	t.Helper()
	read, err := ParsePlace(p.String())
	if err != nil || read != p {
		t.Fatalf("place %v was read as %v, %v", p, read, err)
	}
	return &read
}

// A list looks the same until something in it changes, and on every replica.
func TestLook(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var tickets []*helpdesk.Ticket
	for n := range 20 {
		one := anyTicket(r, n)
		one.Merged, one.Spam, one.Snoozed, one.Status = nil, nil, nil, helpdesk.Open
		tickets = append(tickets, one)
	}
	first, second := New(Options{}), New(Options{})
	tableOf(t, first, tickets)
	tableOf(t, second, tickets)
	c := Choice{All: true, Viewer: helpdesk.Viewer{Now: noon}, Limit: 10, Count: 100}
	look := first.Choose(account, c).Look
	if again, other := first.Choose(account, c).Look, second.Choose(account, c).Look; again != look || other != look {
		t.Errorf("looks %s, again %s, elsewhere %s", look, again, other)
	}
	c.Limit = 1 << 20
	whole := first.Choose(account, c)
	shown := whole.Tickets[5].ID
	c.Limit = 10
	table := first.table(account)
	changed := *table.heads[shown]
	changed.rev += 100
	table.replace(table.heads[shown], slot{head: &changed, urgency: normal})
	if got := first.Choose(account, c).Look; got == look {
		t.Error("the look is the same after a change")
	}
}

func TestRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var all ranks
	var want []*head
	for i := range 5000 {
		if len(want) > 0 && r.IntN(3) == 0 {
			at := r.IntN(len(want))
			all.remove(want[at])
			all.remove(want[at]) // which is not there
			want = slices.Delete(want, at, at+1)
			continue
		}
		h := &head{id: helpdesk.TicketID(i + 1), rank: int64(r.IntN(1000))}
		all.insert(slot{head: h})
		at, _ := slices.BinarySearchFunc(want, h, byRank)
		want = slices.Insert(want, at, h)
	}
	var got []*head
	for _, c := range all.chunks {
		if len(c) == 0 || len(c) > chunkRoom {
			t.Fatalf("a chunk of %d", len(c))
		}
		for i := range c {
			got = append(got, c[i].head)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d heads in another order than the %d that should be there", len(got), len(want))
	}
}

// BenchmarkAgentsLists measures what an agent's page costs among 100,000 requests
// that all are open, and what a request with what agents sort by costs in memory.
func BenchmarkAgentsLists(b *testing.B) {
	const tickets = 100_000
	r := rand.New(rand.NewPCG(7, 8))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := New(Options{})
	for i := range tickets {
		one := anyTicket(r, i)
		one.Merged, one.Spam, one.Status = nil, nil, helpdesk.Open
		one.Said = noon.Add(-time.Duration(r.IntN(1e9)) * time.Microsecond)
		one.Participants = []helpdesk.Participant{{Address: helpdesk.MustAddress(fmt.Sprintf("person%d@customer.example", i))}}
		tableOf(b, x, []*helpdesk.Ticket{one})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	viewer := helpdesk.Viewer{Agent: "ada", Teams: []helpdesk.ID{"red"}, Now: noon}
	open := helpdesk.Filter{Statuses: []helpdesk.Status{helpdesk.Open}}
	rare := helpdesk.Filter{Values: map[string]string{"plan": "none has it"}}
	for _, bench := range []struct {
		name string
		c    Choice
	}{
		{"open", Choice{Filter: open, All: true}},
		{"urgent-first", Choice{Filter: open, All: true, Order: UrgentFirst}},
		{"teams", Choice{Filter: open}},
		{"no-match", Choice{Filter: rare, All: true}},
	} {
		bench.c.Viewer, bench.c.Limit, bench.c.Count = viewer, 60, 9999
		b.Run(bench.name, func(b *testing.B) {
			for b.Loop() {
				x.Choose(account, bench.c)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/tickets, "bytes/ticket")
		})
	}
	b.Run("counts-of-all", func(b *testing.B) {
		all := []Choice{{Filter: open}, {}, {Filter: helpdesk.Filter{Assignees: []string{"me"}}}}
		for i := range all {
			all[i].All, all[i].Viewer, all[i].Count = true, viewer, 9999
		}
		for b.Loop() {
			x.Tally(account, all)
		}
	})
	b.Run("counts", func(b *testing.B) {
		all := make([]Choice, 20)
		for i := range all {
			all[i] = Choice{Filter: open, Viewer: viewer, Count: 9999}
			if i%2 == 0 {
				all[i].Filter = rare
			}
		}
		for b.Loop() {
			x.Tally(account, all)
		}
	})
}
