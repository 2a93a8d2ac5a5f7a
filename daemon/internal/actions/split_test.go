package actions

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// prove makes a contact of somebody whose address is proven.
func (b *bench) prove(name string) {
	b.t.Helper()
	proven := noon
	c := &helpdesk.Contact{ID: helpdesk.NewID(), Name: name, Addresses: []helpdesk.ContactAddress{
		{Address: helpdesk.MustAddress(strings.ToLower(name) + "@customer.example"), Proven: &proven},
	}}
	must(b.t, b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}))
}

// found is where a Message-ID leads, as "#number entry".
func (b *bench) found(id string) []string {
	b.t.Helper()
	found, err := b.db.Lookup(b.t.Context(), "support", store.Query{MessageIDs: []string{id}})
	must(b.t, err)
	var refs []string
	for _, r := range found.Refs {
		t, err := b.db.Ticket(b.t.Context(), "support", r.Ticket)
		must(b.t, err)
		refs = append(refs, fmt.Sprintf("#%d %d", t.Number, r.Entry))
	}
	return refs
}

func sent(d *Detail, purpose helpdesk.Purpose) []string {
	var to []string
	for _, x := range d.Deliveries {
		if x.Purpose == purpose {
			to = append(to, x.To.String())
		}
	}
	return to
}

// covers: P10, S30
func TestSplit(t *testing.T) {
	b := newBench(t)
	ada := b.agent("ada@acme.example")
	b.prove("Alice")
	old := b.request("Alice", "My lamp is dark.")
	b.wait(time.Hour)
	b.invite(old, "Bob")
	b.says(old, "Alice", "And my cup is broken.", nil)
	b.says(old, "Alice", "The lamp still is dark.", nil)
	asked := b.time()
	before := [][]string{b.seen(old, "Alice"), b.seen(old, "Bob")}
	b.wait(time.Hour)

	made, err := b.Split(t.Context(), ada, old, 2, "Broken\r\ncup ")
	must(t, err)

	d, was := b.detail(made), b.detail(old)
	if got := d.Ticket; got.Subject != "Broken cup" || got.Status != helpdesk.Open || got.Mailbox != "support" || got.HelpCenter != "acme" || !got.Opened.Equal(asked) ||
		got.SplitFrom == nil || *got.SplitFrom != (helpdesk.EntryRef{Ticket: was.Ticket.ID, Number: old, Seq: 2}) {
		t.Errorf("new ticket = %+v", got)
	}
	same(t, "participants", []string{"Alice requester"}, people(d.Ticket))
	same(t, "their contact", was.Ticket.Participants[0].Contact, d.Ticket.Participants[0].Contact)
	same(t, "new thread", []string{"#2 And my cup is broken.", "#2 Split off from #1, entry 2."}, shown(d))
	same(t, "old thread", []string{"#1 My lamp is dark.", "#1 moved to #2", "#1 The lamp still is dark.", "#1 Entry 2 was split off as #2."}, shown(was))
	same(t, "Alice in the old one", []string{"#1 Open, answers [{topic Topic order }], goes on as 0", "Alice: My lamp is dark.", "Alice: The lamp still is dark."}, b.seen(old, "Alice"))
	same(t, "Bob in the old one", []string{"#1 Open, answers [], goes on as 0", "Alice: The lamp still is dark."}, b.seen(old, "Bob"))
	same(t, "Alice in the new one", []string{"#2 Open, answers [], goes on as 0", "Alice: And my cup is broken."}, b.seen(made, "Alice"))
	same(t, "answers to the mail", []string{"#2 1"}, b.found("<And my cup is broken.@customer.example>"))
	same(t, "References of the old one", []string{"<The lamp still is dark.@customer.example>"}, was.Ticket.MessageIDs)
	same(t, "References of the new one", []string{"<And my cup is broken.@customer.example>"}, d.Ticket.MessageIDs)
	same(t, "acknowledged", []string{"alice@customer.example"}, sent(d, helpdesk.Acknowledgement))

	b.wait(time.Hour)
	b.says(made, "Alice", "The blue cup.", nil)
	back, err := b.Unsplit(t.Context(), ada, made)
	must(t, err)
	d, was = b.detail(made), b.detail(old)
	if back != old || d.Ticket.Merged == nil || d.Ticket.Merged.Into != was.Ticket.ID || d.Ticket.Status != helpdesk.Closed {
		t.Errorf("put back into #%d; %+v", back, d.Ticket)
	}
	same(t, "old thread, undone", []string{
		"#1 My lamp is dark.", "#1 And my cup is broken.", "#1 The lamp still is dark.", "#1 Entry 2 was split off as #2.",
		"#1 Entry 2 is back from #2, which was merged into this request.", "#2 The blue cup.",
	}, shown(was))
	same(t, "new thread, undone", []string{"#2 moved to #1", "#2 Split off from #1, entry 2.", "#2 The blue cup.", "#2 Put back into #1."}, shown(d))
	same(t, "views, undone", before, [][]string{b.seen(old, "Alice"), b.seen(old, "Bob")})
	same(t, "Alice in the new one, undone", []string{"#2 Closed, answers [], goes on as 1", "Alice: The blue cup."}, b.seen(made, "Alice"))
	same(t, "answers to the mail, undone", []string{"#1 2"}, b.found("<And my cup is broken.@customer.example>"))
	same(t, "References, undone", []string{"<And my cup is broken.@customer.example>", "<The lamp still is dark.@customer.example>"}, was.Ticket.MessageIDs)
	same(t, "participants, undone", []string{"Alice requester", "Bob collaborator"}, people(was.Ticket))

	must(t, b.Unmerge(t.Context(), ada, made)) // undoes the undo
	was = b.detail(old)
	same(t, "old thread, split again", []string{
		"#1 My lamp is dark.", "#1 moved to #2", "#1 The lamp still is dark.", "#1 Entry 2 was split off as #2.",
		"#1 Entry 2 is back from #2, which was merged into this request.", "#1 The merge of #2 was undone.",
	}, shown(was))
	same(t, "new ticket, split again", []string{"#2 Open, answers [], goes on as 0", "Alice: And my cup is broken.", "Alice: The blue cup."}, b.seen(made, "Alice"))
	same(t, "answers to the mail, split again", []string{"#2 1"}, b.found("<And my cup is broken.@customer.example>"))

	// What was split off and then merged back stands there once, too.
	must(t, b.Merge(t.Context(), ada, made, old))
	n := 0
	for _, line := range shown(b.detail(old)) {
		if strings.Contains(line, "cup is broken") || strings.Contains(line, "moved to") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the message stands there %d times:\n%s", n, strings.Join(shown(b.detail(old)), "\n"))
	}
}

func TestWhoASplitAsksFor(t *testing.T) {
	class := func(c helpdesk.Class) func(*helpdesk.Entry) {
		return func(e *helpdesk.Entry) {
			e.Recognised, e.Hidden = &helpdesk.Recognition{Class: c}, c != helpdesk.ClassMessage
		}
	}
	for _, tt := range []struct {
		name   string
		proven bool
		change func(e *helpdesk.Entry)
		want   []string // acknowledged
	}{
		{"proven", true, class(helpdesk.ClassMessage), []string{"mary@customer.example"}},
		{"unknown", false, class(helpdesk.ClassMessage), nil},
		{"a program, in a proven name", true, class(helpdesk.ClassAutoReply), nil},
		{"by form", true, nil, []string{"mary@customer.example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			if tt.proven {
				b.prove("Mary")
			}
			old := b.request("Alice", "My lamp is dark.")
			b.says(old, "Mary", "Mine too.", tt.change)
			made, err := b.Split(t.Context(), operator, old, 2, "")
			must(t, err)
			d := b.detail(made)
			same(t, "participants", []string{"Mary requester"}, people(d.Ticket))
			same(t, "acknowledged", tt.want, sent(d, helpdesk.Acknowledgement))
			same(t, "subject", "Order", d.Ticket.Subject)
			if e := d.Entries[0]; e.Hidden != b.detail(old).Entries[1].Hidden || e.Author.ID != d.Ticket.Participants[0].Contact {
				t.Errorf("entry = %+v", e)
			}
			_, err = b.Unsplit(t.Context(), operator, made)
			must(t, err)
			same(t, "participants of the old one, undone", []string{"Alice requester"}, people(b.detail(old).Ticket))

			// Who wrote to the new one takes part in the old one after it is undone.
			must(t, b.Unmerge(t.Context(), operator, made))
			b.says(made, "Mary", "Still dark.", nil)
			b.wait(time.Hour)
			_, err = b.Unsplit(t.Context(), operator, made)
			must(t, err)
			same(t, "participants after they wrote", []string{"Alice requester", "Mary collaborator"}, people(b.detail(old).Ticket))
			same(t, "what they see", []string{"#1 Open, answers [], goes on as 0"}, b.seen(old, "Mary")[:1])
		})
	}
}

func TestSplitSubject(t *testing.T) {
	b := newBench(t)
	old := b.request("Alice", "My lamp is dark.")
	for i, tt := range []struct{ name, subject, want string }{
		{"of the mail", "Re: My cup", "Re: My cup"},
		{"none", "", "Order"},
		{"long", strings.Repeat("ä", MaxSubject), strings.Repeat("ä", MaxSubject/2)},
		{"in two lines", "My\r\n cup", "My cup"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ref, err := blob.Put(t.Context(), b.blobs, "support", []byte("From: a@b.example\r\nSubject: "+tt.subject+"\r\n\r\nx"))
			must(t, err)
			b.says(old, "Alice", tt.name, func(e *helpdesk.Entry) { e.Raw = ref.Hash.String() })
			got, err := b.SplitSubject(t.Context(), operator, old, i+2)
			must(t, err)
			same(t, "subject", tt.want, got)
		})
	}
}

func TestSplitIsRefused(t *testing.T) {
	b := newBench(t)
	lone := b.request("Alice", "1")
	must(t, b.Note(t.Context(), operator, lone, Note{Text: "note"}))
	must(t, b.Reply(t.Context(), operator, lone, Reply{Text: "reply"}))
	old := b.request("Alice", "2")
	b.says(old, "Alice", "more", nil)
	b.says(old, "Alice", "even more", nil)
	b.says(old, "Bob", "nobody", func(e *helpdesk.Entry) { e.Author.Address = helpdesk.Address{} })
	must(t, b.Note(t.Context(), operator, old, Note{Text: "note"}))
	must(t, b.Reply(t.Context(), operator, old, Reply{Text: "reply"}))
	must(t, b.SetStatus(t.Context(), operator, old, helpdesk.Closed))
	made, err := b.Split(t.Context(), operator, old, 2, "x")
	must(t, err)
	merged := b.request("Carol", "3")
	b.says(merged, "Carol", "more of it", nil)
	must(t, b.Merge(t.Context(), operator, merged, lone))
	before := b.revision()
	for _, tt := range []struct {
		name    string
		by      Actor
		number  int64
		seq     int
		subject string
		want    helpdesk.Kind
		words   string
	}{
		{"nobody", Actor{Account: "support"}, old, 3, "x", helpdesk.SignIn, "sign in"},
		{"nobody, no subject", Actor{Account: "support"}, old, 3, "", helpdesk.SignIn, "sign in"},
		{"unknown", operator, 99, 1, "x", helpdesk.NotFound, ""},
		{"of another account", Actor{Account: "other", Operator: true}, old, 3, "x", helpdesk.NotFound, ""},
		{"no such entry", operator, old, 99, "x", helpdesk.NotFound, "no entry 99"},
		{"the only message", operator, lone, 1, "x", helpdesk.Invalid, "only message of a customer in request #1: merge the request, or change its subject"},
		{"moved already", operator, old, 2, "x", helpdesk.Invalid, fmt.Sprintf("was moved to #%d already", made)},
		{"nobody's", operator, old, 4, "x", helpdesk.Invalid, "nothing tells whose"},
		{"note", operator, old, 5, "x", helpdesk.Invalid, "only what a customer wrote"},
		{"reply", operator, old, 6, "x", helpdesk.Invalid, "only what a customer wrote"},
		{"event", operator, old, 7, "x", helpdesk.Invalid, "only what a customer wrote"},
		{"of a merged ticket", operator, merged, 2, "x", helpdesk.Invalid, "goes on as #1"},
		{"long subject", operator, old, 3, strings.Repeat("x", MaxSubject+1), helpdesk.Invalid, "shorter subject"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := b.Split(t.Context(), tt.by, tt.number, tt.seq, tt.subject)
			if err == nil || helpdesk.KindOf(err) != tt.want || !strings.Contains(helpdesk.Public(err), tt.words) {
				t.Errorf("error = %v, want %v with %q", err, tt.want, tt.words)
			}
		})
	}
	for _, tt := range []struct {
		name   string
		by     Actor
		number int64
		want   helpdesk.Kind
		words  string
	}{
		{"nobody", Actor{Account: "support"}, made, helpdesk.SignIn, "sign in"},
		{"was not split off", operator, old, helpdesk.Invalid, "was not split off"},
		{"was merged", operator, merged, helpdesk.Invalid, "goes on as #1"},
	} {
		t.Run("undo: "+tt.name, func(t *testing.T) {
			if _, err := b.Unsplit(t.Context(), tt.by, tt.number); err == nil || helpdesk.KindOf(err) != tt.want || !strings.Contains(helpdesk.Public(err), tt.words) {
				t.Errorf("error = %v, want %v with %q", err, tt.want, tt.words)
			}
		})
	}
	if after := b.revision(); after != before {
		t.Errorf("refusals wrote to the store: revision %d, was %d", after, before)
	}

	// A message that was split off anew can't be split off again by undoing.
	_, err = b.Unsplit(t.Context(), operator, made)
	must(t, err)
	another, err := b.Split(t.Context(), operator, old, 2, "y")
	must(t, err)
	if err := b.Unmerge(t.Context(), operator, made); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), fmt.Sprintf("split off as #%d since", another)) {
		t.Errorf("error = %v, want Invalid", err)
	}
	must(t, b.Merge(t.Context(), operator, old, lone))
	if _, err := b.Unsplit(t.Context(), operator, another); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), "undo that first") {
		t.Errorf("error = %v, want Invalid", err)
	}
}

// Two agents who split off the same message make one ticket.
//
// covers: P04
func TestSplitAtOnce(t *testing.T) {
	b := newBench(t)
	old := b.request("Alice", "1")
	b.says(old, "Alice", "more", nil)
	made := make([]int64, 4)
	atOnce(len(made), func(i int) {
		var err error
		if made[i], err = b.Split(t.Context(), operator, old, 2, "x"); err != nil && helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Error(err)
		}
	})
	if made = slices.DeleteFunc(made, func(n int64) bool { return n == 0 }); len(made) != 1 {
		t.Errorf("made %v, want one", made)
	}
}
