package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// request submits a form as somebody and returns its number.
func (b *bench) request(name, message string) int64 {
	b.t.Helper()
	got, err := b.Submit(b.t.Context(), center(), filled(func(in *Submission) {
		in.Name, in.Address, in.Message, in.Nonce = name, strings.ToLower(name)+"@customer.example", message, name+message
	}))
	if err != nil {
		b.t.Fatal(err)
	}
	return got.Number
}

// says is a mail of somebody to a ticket; change makes it another one.
func (b *bench) says(number int64, name, text string, change func(e *helpdesk.Entry)) {
	b.t.Helper()
	t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
	if err != nil {
		b.t.Fatal(err)
	}
	address := helpdesk.MustAddress(strings.ToLower(name) + "@customer.example")
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: b.time(), Text: text, MessageID: "<" + text + "@customer.example>",
		Author: helpdesk.Author{Role: helpdesk.Customer, Name: name, Address: address},
	}
	if p := t.ParticipantByAddress(address); p != nil {
		e.Author.ID = p.Contact
	}
	if change != nil {
		change(&e)
	}
	t.Append(&e)
	c := &helpdesk.Change{Account: "support", Ticket: t, Entries: []helpdesk.Entry{e}}
	if e.MessageID != "" {
		c.Messages = []helpdesk.MessageRef{{MessageID: e.MessageID, Ticket: t.ID, Entry: e.Seq}}
	}
	if err := b.db.Commit(b.t.Context(), c); err != nil {
		b.t.Fatal(err)
	}
}

// invite makes somebody a collaborator.
func (b *bench) invite(number int64, name string) {
	b.t.Helper()
	b.change(number, func(t *helpdesk.Ticket) {
		t.Join(helpdesk.ID(strings.ToLower(name)), name, helpdesk.MustAddress(strings.ToLower(name)+"@customer.example"), b.time())
	})
}

// seen is what a participant reads of a ticket by their link: one line for the
// head, and one for each message. It is empty if they take no part.
func (b *bench) seen(number int64, name string) []string {
	b.t.Helper()
	t := b.detail(number).Ticket
	p := t.ParticipantByAddress(helpdesk.MustAddress(strings.ToLower(name) + "@customer.example"))
	if p == nil {
		return nil
	}
	view, _, err := b.ViewByLink(b.t.Context(), center(), b.link(center(), number, func(l *links.Link) { l.Participant, l.Gen = p.Number, p.LinkGen }))
	if err != nil {
		b.t.Fatal(err)
	}
	seen := []string{fmt.Sprintf("#%d %s, answers %v, goes on as %d", view.Number, view.Status, view.Form, view.ContinuedAs)}
	for _, m := range view.Thread {
		seen = append(seen, m.Name+": "+m.Text)
	}
	return seen
}

// people of a ticket, those who take part.
func people(t helpdesk.Ticket) []string {
	var names []string
	for _, p := range t.Participants {
		if p.Active() {
			names = append(names, p.Name+" "+string(p.Role))
		}
	}
	return names
}

// told are the events of a ticket.
func told(d *Detail) []string {
	var events []string
	for _, e := range d.Entries {
		if e.Kind == helpdesk.Event {
			events = append(events, e.Text)
		}
	}
	return events
}

// shown is the thread as agents read it.
func shown(d *Detail) []string {
	var lines []string
	for _, item := range d.Thread() {
		text := item.Entry.Text
		if m := item.Entry.MovedTo; m != nil {
			text = fmt.Sprint("moved to #", m.Number)
		}
		lines = append(lines, fmt.Sprintf("#%d %s", item.Ticket.Number, text))
	}
	return lines
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// covers: P10, S30
func TestMerge(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	into := b.request("Carol", "My lamp is dark.")
	b.wait(time.Hour)
	from := b.request("Alice", "The lamp of Carol is dark.")
	b.invite(from, "Bob")
	b.invite(into, "Bob")
	b.change(from, func(t *helpdesk.Ticket) { t.Status = helpdesk.Pending })
	b.wait(time.Hour)
	b.says(into, "Carol", "Still dark.", nil)
	b.wait(time.Hour)

	must(t, b.Merge(t.Context(), ada, from, into))

	a, d := b.detail(from), b.detail(into)
	if m := a.Ticket.Merged; a.Ticket.Status != helpdesk.Closed || m == nil || m.Into != d.Ticket.ID || m.Number != into || m.Status != helpdesk.Pending || m.By.ID != ada.Agent.ID {
		t.Errorf("%s, merged %+v", a.Ticket.Status, m)
	}
	same(t, "events of the one", []string{"Merged into #1."}, told(a))
	same(t, "events of the other", []string{"#2 was merged into this request. Alice takes part from here on."}, told(d))
	same(t, "participants", []string{"Carol requester", "Bob collaborator", "Alice collaborator"}, people(d.Ticket))
	same(t, "thread", []string{
		"#1 My lamp is dark.", "#2 The lamp of Carol is dark.", "#1 Still dark.",
		"#1 #2 was merged into this request. Alice takes part from here on.",
	}, shown(d))

	b.wait(time.Hour)
	must(t, b.Reply(t.Context(), ada, into, Reply{Text: "A new lamp comes."}))
	same(t, "Alice in the one", []string{"#2 Closed, answers [{topic Topic order }], goes on as 1", "Alice: The lamp of Carol is dark."}, b.seen(from, "Alice"))
	same(t, "Alice in the other", []string{"#1 Open, answers [], goes on as 0", "Acme: A new lamp comes."}, b.seen(into, "Alice"))
	same(t, "Carol", []string{"#1 Open, answers [{topic Topic order }], goes on as 0", "Carol: My lamp is dark.", "Carol: Still dark.", "Acme: A new lamp comes."}, b.seen(into, "Carol"))

	for name, err := range map[string]error{
		"reply":  b.Reply(t.Context(), ada, from, Reply{Text: "x"}),
		"note":   b.Note(t.Context(), ada, from, Note{Text: "x"}),
		"status": b.SetStatus(t.Context(), ada, from, helpdesk.Open),
	} {
		if helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), "goes on as #1") {
			t.Errorf("%s on a merged ticket: %v, want Invalid that names #1", name, err)
		}
	}
	// They are a collaborator elsewhere no longer: the old page does not name it.
	b.change(into, func(t *helpdesk.Ticket) {
		t.ParticipantByAddress(helpdesk.MustAddress("alice@customer.example")).Left = &noon
	})
	if got := b.seen(from, "Alice")[0]; !strings.HasSuffix(got, "goes on as 0") {
		t.Errorf("who takes no part reads %q", got)
	}
}

// A requester of both, by two addresses, sees all of both.
func TestMergeOfOneRequester(t *testing.T) {
	b := newBench(t)
	into, from := b.request("Alice", "First."), b.request("Alice2", "Second.")
	contact := b.detail(into).Ticket.Participants[0].Contact
	b.change(from, func(t *helpdesk.Ticket) { t.Participants[0].Contact = contact })
	b.wait(time.Hour)
	must(t, b.Merge(t.Context(), operator, from, into))
	same(t, "view", []string{"#1 Open, answers [{topic Topic order }], goes on as 0", "Alice: First."}, b.seen(into, "Alice2"))
}

func TestMergeIsRefused(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	disabled := *ada.Agent
	disabled.Disabled = true
	one, two, three, full := b.request("Alice", "1"), b.request("Bob", "2"), b.request("Carol", "3"), b.request("Dora", "4")
	must(t, b.Merge(t.Context(), ada, one, two))
	for i := range helpdesk.MaxParticipants - 1 {
		b.invite(full, fmt.Sprint("Guest", i))
	}
	chain := b.request("Link", "0")
	for i := range helpdesk.MaxChain {
		next := b.request("Link", fmt.Sprint(i+1))
		must(t, b.Merge(t.Context(), ada, chain, next))
		chain = next
	}
	before := b.revision()
	for _, tt := range []struct {
		name       string
		by         Actor
		from, into int64
		want       helpdesk.Kind
		words      string
	}{
		{"nobody", Actor{Account: "support"}, two, three, helpdesk.SignIn, "sign in"},
		{"disabled agent", Actor{Account: "support", Agent: &disabled}, two, three, helpdesk.SignIn, "sign in"},
		{"itself", ada, two, two, helpdesk.Invalid, "into itself"},
		{"unknown", ada, 999, two, helpdesk.NotFound, ""},
		{"into unknown", ada, two, 999, helpdesk.NotFound, ""},
		{"of another account", Actor{Account: "other", Agent: ada.Agent}, two, three, helpdesk.NotFound, ""},
		{"merged already", ada, one, three, helpdesk.Invalid, "goes on as #2"},
		{"the same again", ada, one, two, helpdesk.Invalid, "goes on as #2"},
		{"into a merged one", ada, three, one, helpdesk.Invalid, "goes on as #2: choose that"},
		{"into one that was merged into it", ada, two, one, helpdesk.Invalid, "#1 was merged into #2 already"},
		{"too many participants", ada, three, full, helpdesk.Invalid, "30 may take part"},
		{"too long a chain", ada, chain, three, helpdesk.Invalid, "8 merges in a row"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := b.Merge(t.Context(), tt.by, tt.from, tt.into)
			if err == nil || helpdesk.KindOf(err) != tt.want || !strings.Contains(helpdesk.Public(err), tt.words) {
				t.Errorf("error = %v, want %v with %q", err, tt.want, tt.words)
			}
		})
	}
	if after := b.revision(); after != before {
		t.Errorf("refusals wrote to the store: revision %d, was %d", after, before)
	}
	if got := len(b.detail(chain).Merged); got != helpdesk.MaxChain {
		t.Errorf("the end of a chain shows %d merged tickets, want %d", got, helpdesk.MaxChain)
	}
}

// A request takes in so many others as a page can show, and no more.
func TestMergeOfTooMany(t *testing.T) {
	b := newBench(t)
	into := b.request("Alice", "0")
	for i := range helpdesk.MaxFamily - 1 {
		must(t, b.Merge(t.Context(), operator, b.request("Alice", fmt.Sprint(i+1)), into))
	}
	if err := b.Merge(t.Context(), operator, b.request("Alice", "last"), into); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), "32 requests") {
		t.Errorf("error = %v, want Invalid", err)
	}
}

// Whoever merges crosswise, one goes first, and mail never goes in a circle.
//
// covers: P04
func TestMergeCrosswise(t *testing.T) {
	b := newBench(t)
	for round := range 5 {
		one, two := b.request("Alice", fmt.Sprint("one ", round)), b.request("Bob", fmt.Sprint("two ", round))
		errs := make([]error, 4)
		atOnce(len(errs), func(i int) {
			from, into := one, two
			if i%2 == 1 {
				from, into = two, one
			}
			errs[i] = b.Merge(t.Context(), operator, from, into)
		})
		done := 0
		for _, err := range errs {
			switch {
			case err == nil:
				done++
			case helpdesk.KindOf(err) != helpdesk.Invalid:
				t.Errorf("error = %v, want Invalid", err)
			}
		}
		a, c := b.detail(one).Ticket, b.detail(two).Ticket
		if done != 1 || (a.Merged == nil) == (c.Merged == nil) {
			t.Errorf("%d merges were done; %+v and %+v", done, a.Merged, c.Merged)
		}
	}
}

func TestUnmerge(t *testing.T) {
	tests := []struct {
		name  string
		since func(b *bench, from, into, third int64)
		want  []string // who takes part in the other
		event string
	}{
		{"nothing happened since", func(*bench, int64, int64, int64) {}, []string{"Carol requester", "Bob collaborator"}, "The merge of #2 was undone."},
		{"they wrote since", func(b *bench, _, into, _ int64) { b.says(into, "Alice", "It is dark.", nil) },
			[]string{"Carol requester", "Bob collaborator", "Alice collaborator"}, "The merge of #2 was undone. Still taking part, having written here: Alice."},
		{"somebody wrote as them", func(b *bench, _, into, _ int64) {
			b.says(into, "Alice", "It is dark.", func(e *helpdesk.Entry) { e.Hidden = true })
		}, []string{"Carol requester", "Bob collaborator"}, "The merge of #2 was undone."},
		{"another merge brought them too", func(b *bench, _, into, third int64) {
			must(b.t, b.Merge(b.t.Context(), operator, third, into))
		}, []string{"Carol requester", "Bob collaborator", "Alice collaborator"}, "The merge of #2 was undone."},
		{"another merge brought them, and was undone", func(b *bench, _, into, third int64) {
			must(b.t, b.Merge(b.t.Context(), operator, third, into))
			must(b.t, b.Unmerge(b.t.Context(), operator, third))
		}, []string{"Carol requester", "Bob collaborator"}, "The merge of #2 was undone."},
		{"they left by themselves", func(b *bench, _, into, _ int64) {
			b.change(into, func(t *helpdesk.Ticket) {
				t.ParticipantByAddress(helpdesk.MustAddress("alice@customer.example")).Left = &noon
			})
		}, []string{"Carol requester", "Bob collaborator"}, "The merge of #2 was undone."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			into, from, third := b.request("Carol", "1"), b.request("Alice", "2"), b.request("Alice", "3")
			b.invite(from, "Bob")
			b.invite(into, "Bob")
			b.change(into, func(t *helpdesk.Ticket) {
				t.Suggest(helpdesk.Suggestion{Address: helpdesk.MustAddress("alice@customer.example")})
			})
			b.change(from, func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved })
			b.wait(time.Hour)
			must(t, b.Merge(t.Context(), operator, from, into))
			b.wait(time.Hour)
			tt.since(b, from, into, third)
			must(t, b.Unmerge(t.Context(), operator, from))
			a, d := b.detail(from), b.detail(into)
			if a.Ticket.Merged != nil || a.Ticket.Status != helpdesk.Resolved || slices.Contains(d.Ticket.Absorbed, a.Ticket.ID) {
				t.Errorf("ticket = %+v", a.Ticket)
			}
			same(t, "participants", tt.want, people(d.Ticket))
			events := told(d)
			same(t, "event", tt.event, events[len(events)-1])
			if got, want := d.Ticket.IsSuggested(helpdesk.MustAddress("alice@customer.example")), len(tt.want) == 2; got != want {
				t.Errorf("suggested again: %t, want %t", got, want)
			}
			must(t, b.Note(t.Context(), operator, from, Note{Text: "It works again."}))
			must(t, b.Merge(t.Context(), operator, from, into)) // and again
		})
	}
}

func TestUnmergeIsRefused(t *testing.T) {
	b := newBench(t)
	one, two, three := b.request("Alice", "1"), b.request("Bob", "2"), b.request("Carol", "3")
	must(t, b.Merge(t.Context(), operator, one, two))
	must(t, b.Merge(t.Context(), operator, two, three))
	for _, tt := range []struct {
		name   string
		by     Actor
		number int64
		want   helpdesk.Kind
		words  string
	}{
		{"nobody", Actor{Account: "support"}, one, helpdesk.SignIn, "sign in"},
		{"unknown", operator, 99, helpdesk.NotFound, ""},
		{"not merged", operator, three, helpdesk.Invalid, "not merged"},
		{"the other was merged itself", operator, one, helpdesk.Invalid, "#2 was merged into #3 itself: undo that first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := b.Unmerge(t.Context(), tt.by, tt.number); err == nil || helpdesk.KindOf(err) != tt.want || !strings.Contains(helpdesk.Public(err), tt.words) {
				t.Errorf("error = %v, want %v with %q", err, tt.want, tt.words)
			}
		})
	}
	must(t, b.Unmerge(t.Context(), operator, two))
	must(t, b.Unmerge(t.Context(), operator, one))
}

// Merging and undoing leaves everybody with what they saw before.
//
// covers: S30
func TestMergeAndUndoGiveBackTheViews(t *testing.T) {
	b := newBench(t)
	names := []string{"Alice", "Bob", "Carol", "Dora"}
	var numbers []int64
	for i, name := range names {
		numbers = append(numbers, b.request(name, "question of "+name))
		b.invite(numbers[i], names[(i+1)%len(names)])
		b.wait(time.Hour)
		b.says(numbers[i], name, "more of "+name, nil)
	}
	views := func() map[string][]string {
		all := map[string][]string{}
		for _, n := range numbers {
			for _, name := range names {
				all[fmt.Sprint(name, n)] = b.seen(n, name)
			}
		}
		return all
	}
	before := views()
	b.wait(time.Hour)
	merges := [][2]int{{0, 1}, {2, 1}, {1, 3}} // two into one, and that into another
	for _, m := range merges {
		must(t, b.Merge(t.Context(), operator, numbers[m[0]], numbers[m[1]]))
		b.wait(time.Minute)
	}
	for key, seen := range views() {
		if was := before[key]; was == nil && len(seen) > 1 {
			t.Errorf("%s took no part before the merges and reads %q", key, seen)
		}
	}
	for _, m := range slices.Backward(merges) {
		must(t, b.Unmerge(t.Context(), operator, numbers[m[0]]))
	}
	same(t, "views", before, views())
}
