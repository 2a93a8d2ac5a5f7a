package actions

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
	"github.com/posterndesk/postern/daemon/internal/roster"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// lists are those of a store, and end with the test.
func lists(t *testing.T, db *store.Store) *index.Index {
	x := index.New(index.Options{Source: db, Accounts: func() []string { return []string{"support"} }, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return x
}

// rosterOf is a roster of the accounts, which ends with the test.
func rosterOf(t *testing.T, db *store.Store) *roster.Roster {
	x := roster.New(db, func() []string { return []string{"support"} }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); x.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return x
}

// person is who has the address, which is proven or not.
func (b *bench) person(address string, isProven bool) *Customer {
	b.t.Helper()
	found, err := b.db.Lookup(b.t.Context(), "support", store.Query{Address: helpdesk.MustAddress(address)})
	if err != nil {
		b.t.Fatal(err)
	}
	c := found.Contact
	if c == nil {
		c = &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress(address)}}}
	}
	if isProven {
		c.Prove(helpdesk.MustAddress(address), "test", noon)
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
		b.t.Fatal(err)
	}
	return &Customer{Account: "support", Contact: c}
}

// submitted is a request of Alice, sent by the form.
func (b *bench) submitted(subject, message string) int64 {
	b.t.Helper()
	b.wait(time.Minute)
	got, err := b.Submit(b.t.Context(), center(), filled(func(in *Submission) { in.Nonce, in.Subject, in.Message = subject, subject, message }))
	if err != nil {
		b.t.Fatal(err)
	}
	return got.Number
}

func (b *bench) requests(by *Customer, q RequestsQuery) *Requests {
	b.t.Helper()
	got, err := b.Requests(b.t.Context(), center(), by, q)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func numbers(r *Requests) []int64 {
	var all []int64
	for _, row := range r.Rows {
		all = append(all, row.Number)
	}
	return all
}

// covers: S02, S05
func TestRequests(t *testing.T) {
	b := newBench(t)
	first := b.submitted("Order", "Where is it?")
	second := b.submitted("Bill", "Too much.")
	alice := b.person("alice@customer.example", true)
	if got := numbers(b.requests(alice, RequestsQuery{})); !slices.Equal(got, []int64{second, first}) {
		t.Fatalf("requests %v", got)
	}
	third := b.submitted("Third", "At once.") // it is listed at once
	agent := b.agent("ada@acme.example")
	b.wait(time.Minute)
	if err := b.Reply(t.Context(), agent, first, Reply{Text: "It is\non its way, " + strings.Repeat("long ", 60), Status: helpdesk.Pending}); err != nil {
		t.Fatal(err)
	}
	b.wait(time.Minute)
	if err := b.Note(t.Context(), agent, second, Note{Text: "secret"}); err != nil { // moves nothing
		t.Fatal(err)
	}
	got := b.requests(alice, RequestsQuery{})
	if diff := cmp.Diff([]int64{first, third, second}, numbers(got)); diff != "" {
		t.Fatalf("requests (-want +got):\n%s", diff)
	}
	row, other := got.Rows[0], got.Rows[2]
	if !strings.HasPrefix(row.Words, "It is on its way, long") || !strings.HasSuffix(row.Words, " long…") || len(row.Words) > maxLastWords+3 || row.Mine || row.By == "" {
		t.Errorf("last words of an agent: %+v", row)
	}
	if other.Words != "Too much." || !other.Mine || other.Subject != "Bill" {
		t.Errorf("last words of the customer, behind a note: %+v", other)
	}
	if row.Status != helpdesk.Pending || got.Counts[helpdesk.Pending] != 1 || got.Counts[helpdesk.Open] != 2 {
		t.Errorf("status %s, counts %v", row.Status, got.Counts)
	}
	if got := numbers(b.requests(alice, RequestsQuery{Statuses: []helpdesk.Status{helpdesk.Pending}})); !slices.Equal(got, []int64{first}) {
		t.Errorf("waiting for the customer: %v", got)
	}
}

// Nobody gets a request by an address that they have not proven, or that is not
// theirs any more; reading writes nothing.
// covers: S02, S22
func TestRequestsOfOthers(t *testing.T) {
	b := newBench(t)
	number := b.submitted("Order", "Where is it?")
	pretender := b.person("alice@customer.example", false)
	stranger := b.person("mallory@customer.example", true)
	before := b.revision()
	for name, by := range map[string]*Customer{"who proved nothing": pretender, "a stranger": stranger} {
		if got := b.requests(by, RequestsQuery{}); got.Rows != nil || len(got.Counts) != 0 {
			t.Errorf("%s sees %v of %v", name, numbers(got), got.Counts)
		}
		if got := b.requests(by, RequestsQuery{Words: "order"}); got.Rows != nil {
			t.Errorf("%s finds %v", name, numbers(got))
		}
	}
	if after := b.revision(); after != before {
		t.Errorf("looking wrote to the store: revision %d, was %d", after, before)
	}
	// The address is proven, but by another contact than the one on the ticket.
	thief := &Customer{Account: "support", Contact: &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{
		{Address: helpdesk.MustAddress("alice@customer.example"), Proven: &noon},
	}}}
	if got := b.requests(thief, RequestsQuery{}); got.Rows != nil {
		t.Errorf("another contact of the address sees %v", numbers(got))
	}
	alice := b.person("alice@customer.example", true)
	if got := numbers(b.requests(alice, RequestsQuery{})); !slices.Equal(got, []int64{number}) {
		t.Errorf("the owner sees %v", got)
	}
	b.change(number, func(t *helpdesk.Ticket) { t.Participants[0].Left = &noon })
	if got := b.requests(alice, RequestsQuery{}); got.Rows != nil {
		t.Errorf("who left sees %v", numbers(got))
	}
	off, other := center(), center()
	off.PortalOn = false
	other.Account = "elsewhere"
	for name, try := range map[string]struct {
		h    helpdesk.HelpCenter
		by   *Customer
		want helpdesk.Kind
	}{
		"portal off":      {off, alice, helpdesk.NotFound},
		"nobody":          {center(), nil, helpdesk.SignIn},
		"another account": {other, alice, helpdesk.SignIn},
	} {
		if got, err := b.Requests(t.Context(), try.h, try.by, RequestsQuery{}); helpdesk.KindOf(err) != try.want || err == nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// Each help center lists its own; the page tells of the others that have a portal.
// covers: S02, S43
func TestRequestsOfTwoHelpCenters(t *testing.T) {
	b := newBench(t)
	here := b.submitted("Order", "Where is it?")
	for i, name := range []string{"second", "hidden", "gone"} {
		number := b.submitted(fmt.Sprint("Other ", i), "x")
		b.change(number, func(t *helpdesk.Ticket) { t.HelpCenter = name })
	}
	got := b.requests(b.person("alice@customer.example", true), RequestsQuery{})
	if diff := cmp.Diff([]int64{here}, numbers(got)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Elsewhere{{Name: "Second", URL: "https://second.example", Count: 1}}, got.Elsewhere); diff != "" {
		t.Errorf("elsewhere (-want +got):\n%s", diff)
	}
}

func TestRequestsByPages(t *testing.T) {
	b := newBench(t)
	var want []int64
	for i := range RequestsOnPage + 3 {
		want = append(want, b.submitted(fmt.Sprint("Order ", i), "x"))
	}
	slices.Reverse(want)
	alice := b.person("alice@customer.example", true)
	first := b.requests(alice, RequestsQuery{})
	second := b.requests(alice, RequestsQuery{Before: first.Older})
	if diff := cmp.Diff(want, append(numbers(first), numbers(second)...)); diff != "" || len(first.Rows) != RequestsOnPage {
		t.Errorf("two pages (-want +got):\n%s", diff)
	}
	if first.Newer != "" || first.Older == "" || second.Newer == "" || second.Older != "" {
		t.Errorf("places: %q %q, %q %q", first.Newer, first.Older, second.Newer, second.Older)
	}
	back := b.requests(alice, RequestsQuery{After: second.Newer})
	if diff := cmp.Diff(numbers(first), numbers(back)); diff != "" {
		t.Errorf("and back (-want +got):\n%s", diff)
	}
	if got := b.requests(alice, RequestsQuery{Before: "no place"}); !slices.Equal(numbers(got), numbers(first)) {
		t.Errorf("from nowhere: %v", numbers(got))
	}
}

func TestSearch(t *testing.T) {
	b := newBench(t)
	pot := b.submitted("Müller's Töpfe", "The ﬁrst one broke in the STRASSE. 100% of it_")
	lid := b.submitted("Lid", "Ça va? Ελλάς")
	agent := b.agent("ada@acme.example")
	if err := b.Note(t.Context(), agent, lid, Note{Text: "secret words"}); err != nil {
		t.Fatal(err)
	}
	if err := b.Reply(t.Context(), agent, lid, Reply{Text: "We send another lid", Status: helpdesk.Pending}); err != nil {
		t.Fatal(err)
	}
	hidden := b.submitted("Third", "x")
	b.change(hidden, func(t *helpdesk.Ticket) { // nobody sees what was written before they joined
		t.Participants[0].Role, t.Participants[0].Joined = helpdesk.Collaborator, b.time().Add(time.Hour)
		t.Form.Values[0].Text = "innermost"
	})
	alice := b.person("alice@customer.example", true)
	for _, tt := range []struct {
		name, words string
		want        []int64
	}{
		{"subject", "müller", []int64{pot}},
		{"without accents", "muller", []int64{pot}},
		{"accents where there are none", "LÍD", []int64{lid}},
		{"sharp s", "straße", []int64{pot}},
		{"ligature", "first", []int64{pot}},
		{"final sigma", "ΕΛΛΆΣ", []int64{lid}},
		{"all words", "broke töpfe", []int64{pot}},
		{"not all words", "broke lid", nil},
		{"number", fmt.Sprint(pot), []int64{pot}},
		{"number with its sign", "#" + fmt.Sprint(lid), []int64{lid}},
		{"an agent's answer", "another", []int64{lid}},
		{"a note", "secret", nil},
		{"what was hidden", "innermost", nil},
		{"signs are themselves", "100%", []int64{pot}},
		{"and no language", `% _ * .* " OR 1=1`, nil},
		{"underscore", "it_", []int64{pot}},
		{"many", strings.Repeat("broke ", 1000), []int64{pot}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := b.requests(alice, RequestsQuery{Words: tt.words})
			if diff := cmp.Diff(tt.want, numbers(got)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			if got.Partly {
				t.Error("it says that it was not everything")
			}
		})
	}
	if got := b.requests(alice, RequestsQuery{Words: "\xff\xfe"}); len(got.Rows) != 3 {
		t.Errorf("what is no text finds %v", numbers(got))
	}
	if got := b.requests(alice, RequestsQuery{Words: "lid", Statuses: []helpdesk.Status{helpdesk.Open}}); got.Rows != nil {
		t.Errorf("of another status: %v", numbers(got))
	}
}

// A search looks at so much, and says when that was not all.
func TestSearchIsBounded(t *testing.T) {
	b := newBench(t)
	number := b.submitted("Long", "needle in the beginning")
	agent := b.agent("ada@acme.example")
	for i := range searchedEntries {
		if err := b.Note(t.Context(), agent, number, Note{Text: fmt.Sprint("note ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	alice := b.person("alice@customer.example", true)
	if got := b.requests(alice, RequestsQuery{Words: "needle"}); got.Rows != nil || !got.Partly {
		t.Errorf("found %v, partly: %t", numbers(got), got.Partly)
	}
	if got := b.requests(alice, RequestsQuery{Words: "long"}); len(got.Rows) != 1 || !got.Partly {
		t.Errorf("found %v, partly: %t", numbers(got), got.Partly)
	}
}
