package actions

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// covers: S40
func TestOpenTicket(t *testing.T) {
	b := newBench(t)
	ada, bob := b.named("Ada Lovelace"), b.named("Bob Noyce")
	billing, _ := b.equip()
	in := NewTicket{
		Mailbox: "billing", Address: "Dora@Customer.example", Name: "Dora  Day", Subject: "Your\r\ninvoice", Text: "Dear Dora,\r\nhere it is.", Nonce: "n",
		Edit: Edit{Assignee: &bob.Agent.ID, Team: &billing, Priority: "high", AddTags: []string{"Invoice"}, Fields: map[string]string{"paid": "yes"}},
	}
	in.Files = []Upload{b.attach(0, "invoice.txt", "17 euros")}
	number, err := b.OpenTicket(t.Context(), operator, in)
	must(t, err)
	if again, err := b.OpenTicket(t.Context(), operator, in); err != nil || again != number {
		t.Errorf("a second click makes #%d, %v", again, err)
	}
	in.Files, in.Nonce = nil, "m"
	if number, err = b.OpenTicket(t.Context(), ada, in); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	head, e := d.Ticket, d.Entries[0]
	if head.Submitter == nil || head.Submitter.ID != ada.Agent.ID || head.Requester().Address.String() != "Dora@customer.example" || head.Requester().Name != "Dora Day" {
		t.Errorf("submitter %+v, requester %+v", head.Submitter, head.Requester())
	}
	if head.Status != helpdesk.Pending || head.Assignee != bob.Agent.ID || head.Team != billing || head.Priority != "High" || !slices.Equal(head.Tags, []string{"invoice"}) ||
		head.Fields["paid"] != "yes" || head.Subject != "Your invoice" || head.Mailbox != "billing" || head.Watchers[0] != ada.Agent.ID {
		t.Errorf("ticket %+v", head)
	}
	if len(d.Entries) != 1 || !e.Public() || e.Author.ID != ada.Agent.ID || e.Text != "Dear Dora,\nhere it is." {
		t.Errorf("%d entries, the first %+v", len(d.Entries), e)
	}
	if diff := cmp.Diff([]string{"Dora@customer.example"}, sentTo(d, helpdesk.AgentReply)); diff != "" || len(d.Deliveries) != 1 {
		t.Errorf("%d mails, replies (-want +got):\n%s", len(d.Deliveries), diff)
	}
	dora := b.contact(helpdesk.MustAddress("dora@customer.example"))
	if dora == nil || dora.Addresses[0].Proven != nil {
		t.Errorf("contact %+v, want one who has proven nothing", dora)
	}
}

// covers: S40
func TestOpenTicketIsRefused(t *testing.T) {
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	late := b.named("Late Riser")
	b.disable(late.Agent.ID)
	good := NewTicket{Mailbox: "support", Address: "dora@customer.example", Subject: "Hello", Text: "Hello"}
	b.unanswered()
	before := b.revision()
	for _, tt := range []struct {
		name   string
		by     Actor
		change func(*NewTicket)
		want   helpdesk.Kind
	}{
		{"nobody", Actor{Account: "support"}, func(*NewTicket) {}, helpdesk.SignIn},
		{"disabled since", late, func(*NewTicket) {}, helpdesk.SignIn},
		{"nowhere", ada, func(in *NewTicket) { in.Mailbox = "" }, helpdesk.Invalid},
		{"no such mailbox", ada, func(in *NewTicket) { in.Mailbox = "gone" }, helpdesk.Invalid},
		{"no such help center", ada, func(in *NewTicket) { in.HelpCenter = "gone" }, helpdesk.Invalid},
		{"no address", ada, func(in *NewTicket) { in.Address = "dora" }, helpdesk.Invalid},
		{"two addresses", ada, func(in *NewTicket) { in.Address = "a@customer.example, b@customer.example" }, helpdesk.Invalid},
		{"ours", ada, func(in *NewTicket) { in.Address = "support+x@acme.example" }, helpdesk.Invalid},
		{"an agent's", ada, func(in *NewTicket) { in.Address = "ada.lovelace@acme.example" }, helpdesk.Invalid},
		{"a blocked contact's", ada, func(in *NewTicket) { in.Address = "blocked@customer.example" }, helpdesk.Invalid},
		{"a deleted contact's", ada, func(in *NewTicket) { in.Address = "deleted@customer.example" }, helpdesk.Invalid},
		{"of one who is being erased", ada, func(in *NewTicket) { in.Address = "erasing@customer.example" }, helpdesk.Invalid},
		{"no subject", ada, func(in *NewTicket) { in.Subject = "\n" }, helpdesk.Invalid},
		{"no text", ada, func(in *NewTicket) { in.Text = " " }, helpdesk.Invalid},
		{"a file of another request", ada, func(in *NewTicket) { in.Files = []Upload{b.attach(7, "a.txt", "a")} }, helpdesk.Invalid},
		{"no such team", ada, func(in *NewTicket) { in.Edit.Team = new(helpdesk.NewID()) }, helpdesk.Invalid},
	} {
		in := good
		tt.change(&in)
		if _, err := b.OpenTicket(t.Context(), tt.by, in); helpdesk.KindOf(err) != tt.want || helpdesk.Public(err) == "" {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	for i := range 60 {
		in := good
		in.Address = fmt.Sprintf("c%d@customer.example", i)
		if _, err := b.OpenTicket(t.Context(), ada, in); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	if _, err := b.OpenTicket(t.Context(), ada, good); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("an agent writes to strangers without end: %v", err)
	}
	if before == b.revision() {
		t.Error("nothing was written")
	}
}

// unanswered makes contacts who are answered no more: blocked@, deleted@ and erasing@.
func (b *bench) unanswered() {
	for address, how := range map[string]func(*helpdesk.Contact){
		"blocked@customer.example": func(c *helpdesk.Contact) { c.Blocked = &helpdesk.Called{At: noon} },
		"deleted@customer.example": func(c *helpdesk.Contact) { c.Deleted = &helpdesk.Called{At: noon} },
		"erasing@customer.example": func(c *helpdesk.Contact) { c.Erasing = new(noon) },
	} {
		c := b.person(address, false).Contact
		if c = b.contact(c.Addresses[0].Address); c == nil {
			b.t.Fatalf("no contact %s", address)
		}
		how(c)
		must(b.t, b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}))
	}
}

// asides is a request of Alice with what only agents may know, and a side thread with
// an outsider. Every word that begins with canary is for agents alone.
func (b *bench) asides(ada Actor, canary string) (number, side int64) {
	t, ctx := b.t, b.t.Context()
	number = b.ticket("n1")
	b.equip()
	bob := b.named("Bob " + canary + "-agent")
	must(t, b.Note(ctx, ada, number, Note{Text: canary + "-note @Bob", Files: []Upload{b.attachAs(ada, number, canary+"-file.txt", canary)}}))
	must(t, b.SetFields(ctx, ada, number, map[string]string{"order": canary + "-field"}, nil))
	must(t, b.SetTags(ctx, ada, number, []string{canary + "-tag"}, nil))
	must(t, b.Snooze(ctx, ada, number, b.time().Add(time.Hour)))
	must(t, b.Watch(ctx, ada, number, bob.Agent.ID))
	side, err := b.OpenSide(ctx, ada, number, NewSide{
		Address: "sam@supplier.example", Name: canary + "-outsider", Subject: canary + "-side subject", Text: canary + "-side text", Quote: []int{1}, Nonce: "s",
	})
	must(t, err)
	return number, side
}

func (b *bench) attachAs(by Actor, number int64, name, content string) Upload {
	b.t.Helper()
	u, err := b.Attach(b.t.Context(), by, number, helpdesk.FileLimits{}, name, "text/plain", strings.NewReader(content))
	must(b.t, err)
	return u
}

// Nothing that only agents may know reaches a page of the request's customers: not a
// note, a field, a tag, who follows, nor that there is a side thread.
//
// covers: P10, S30
func TestCustomersLearnNothing(t *testing.T) {
	const canary = "canary"
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	number, side := b.asides(ada, canary)
	alice := b.proven("alice@customer.example")
	look := func() string {
		seen, err := b.Request(t.Context(), shared(), alice, number, "")
		must(t, err)
		seen.View.Updated = time.Time{} // when agents worked is in no page's words
		all := []any{seen.View, b.requests(alice, RequestsQuery{}), b.requests(alice, RequestsQuery{Words: canary}), b.requests(alice, RequestsQuery{Words: "sam@supplier.example"})}
		raw, err := json.Marshal(all)
		must(t, err)
		return string(raw)
	}
	if page := look(); strings.Contains(page, canary) || strings.Contains(page, "supplier") {
		t.Errorf("a customer reads %s", page)
	}
	if _, err := b.Request(t.Context(), shared(), alice, side, ""); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a customer opens the side thread: %v", err)
	}
	before := look()
	must(t, b.Reply(t.Context(), ada, side, Reply{Text: canary + " more"}))
	must(t, b.Note(t.Context(), ada, number, Note{Text: canary + " more"}))
	must(t, b.CallSpam(t.Context(), ada, side, true))
	if after := look(); after != before {
		t.Errorf("a customer's pages change with what agents do:\n%s\n%s", before, after)
	}
	for _, d := range b.detail(number).Deliveries {
		if d.Agent == "" && d.Entry != 1 {
			t.Errorf("a customer is mailed: %+v", d)
		}
	}
}

// The outsider gets what the agent wrote and chose, and nothing else of the request.
//
// covers: P10
func TestOutsiderGetsWhatWasChosen(t *testing.T) {
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	number, side := b.asides(ada, "canary")
	d := b.detail(side)
	raw, err := json.Marshal(d.Entries)
	must(t, err)
	for _, word := range []string{"canary-note", "canary-file", "canary-field", "canary-tag", "alice@", "#1"} {
		if strings.Contains(string(raw), word) || strings.Contains(d.Ticket.Subject, word) {
			t.Errorf("the outsider reads %q in %s", word, raw)
		}
	}
	if got, want := d.Entries[0].Text, "canary-side text\n\nOn 4 March 2026, Alice wrote:\n> Where is it?"; got != want {
		t.Errorf("the outsider reads %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"sam@supplier.example"}, sentTo(d, helpdesk.AgentReply)); diff != "" || len(d.Deliveries) != 1 {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	if d.Ticket.Side == nil || d.Ticket.Side.Number != number || d.Ticket.Assignee != ada.Agent.ID || d.Ticket.Form != nil || d.Ticket.Fields != nil || d.Ticket.Tags != nil {
		t.Errorf("side thread %+v", d.Ticket)
	}
	parent := b.detail(number)
	if len(parent.Sides) != 1 || parent.Sides[0].Number != side || parent.Sides[0].With != "canary-outsider" || parent.Sides[0].Of != number {
		t.Errorf("side threads %+v", parent.Sides)
	}
	if e := parent.Entries[len(parent.Entries)-1]; e.Kind != helpdesk.Event || e.Text != fmt.Sprintf("Began side thread #%d with sam@supplier.example.", side) {
		t.Errorf("the request tells %+v", e)
	}
	// Their own pages show their own thread.
	sam := b.proven("sam@supplier.example")
	if got := numbers(b.requests(sam, RequestsQuery{})); !slices.Equal(got, []int64{side}) {
		t.Errorf("the outsider has requests %v", got)
	}
	if _, err := b.Request(t.Context(), shared(), sam, number, ""); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("the outsider opens the request: %v", err)
	}
}

// What the outsider answers is told to who follows the request, and to nobody outside.
//
// covers: P10
func TestSideAnswers(t *testing.T) {
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	number, side := b.asides(ada, "canary")
	cid := b.named("Cid Vicious")
	must(t, b.Watch(t.Context(), ada, number, cid.Agent.ID))
	sam := b.proven("sam@supplier.example")
	b.wait(time.Hour)
	at, err := b.AnswerRequest(t.Context(), shared(), sam, side, Answer{Text: "It is here.", Nonce: "a"})
	if err != nil || at != side {
		t.Fatalf("#%d, %v", at, err)
	}
	d := b.detail(side)
	got := sentTo(d, helpdesk.AgentNotice)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"ada.lovelace@acme.example", "bob.canary-agent@acme.example", "cid.vicious@acme.example"}, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if last := b.detail(number).Sides[0].Last; d.Ticket.Status != helpdesk.Open || last == nil || last.Text != "It is here." {
		t.Errorf("status %s, last words %+v", d.Ticket.Status, last)
	}
	// What goes on from a side thread is one too (row P03).
	must(t, b.SetStatus(t.Context(), ada, side, helpdesk.Closed))
	next, err := b.AnswerRequest(t.Context(), shared(), sam, side, Answer{Text: "One more thing", Nonce: "b"})
	must(t, err)
	if d := b.detail(next); d.Ticket.Side == nil || d.Ticket.Side.Number != number || d.Follows != side {
		t.Errorf("#%d is a side thread of %+v and goes on from #%d", next, d.Ticket.Side, d.Follows)
	}
	if got := b.detail(number).Sides; len(got) != 2 || got[1].Number != next {
		t.Errorf("side threads %+v", got)
	}
}

// covers: P10
func TestSidesAreKeptApart(t *testing.T) {
	b := newBench(t)
	ada := b.named("Ada Lovelace")
	number, side := b.asides(ada, "canary")
	other := b.ticket("n2")
	b.unanswered()
	open := func(change func(*NewSide)) error {
		in := NewSide{Address: "tom@supplier.example", Subject: "Hello", Text: "Hello"}
		change(&in)
		_, err := b.OpenSide(t.Context(), ada, number, in)
		return err
	}
	before := b.revision()
	for name, err := range map[string]error{
		"with its requester":     open(func(in *NewSide) { in.Address = "ALICE@customer.example" }),
		"with an agent":          open(func(in *NewSide) { in.Address = "ada.lovelace@acme.example" }),
		"with who is blocked":    open(func(in *NewSide) { in.Address = "blocked@customer.example" }),
		"with who was deleted":   open(func(in *NewSide) { in.Address = "deleted@customer.example" }),
		"with who is erased":     open(func(in *NewSide) { in.Address = "erasing@customer.example" }),
		"with us":                open(func(in *NewSide) { in.Address = "support@acme.example" }),
		"without words":          open(func(in *NewSide) { in.Text, in.Quote = "", []int{1} }),
		"without a subject":      open(func(in *NewSide) { in.Subject = "" }),
		"quoting a note":         open(func(in *NewSide) { in.Quote = []int{2} }),
		"quoting nothing":        open(func(in *NewSide) { in.Quote = []int{99} }),
		"with a file of a note":  open(func(in *NewSide) { in.Forward = []FileRef{{2, 1}} }),
		"with a file of nothing": open(func(in *NewSide) { in.Forward = []FileRef{{1, 1}} }),
		"of a side thread":       second(b.OpenSide(t.Context(), ada, side, NewSide{Address: "tom@supplier.example", Subject: "x", Text: "x"})),
		"merged into it":         b.Merge(t.Context(), ada, side, number),
		"merged into a side":     b.Merge(t.Context(), ada, other, side),
		"joined by its customer": b.AddParticipant(t.Context(), ada, side, "alice@customer.example", "", false),
	} {
		if helpdesk.KindOf(err) != helpdesk.Invalid || helpdesk.Public(err) == "" {
			t.Errorf("%s: %v, want to be refused", name, err)
		}
	}
	if b.revision() != before {
		t.Error("refusals wrote something")
	}
	must(t, b.AddParticipant(t.Context(), ada, side, "tom@supplier.example", "", false))
	for range helpdesk.MaxSides - 1 {
		must(t, open(func(in *NewSide) { in.Nonce = string(helpdesk.NewID()) }))
	}
	if err := open(func(*NewSide) {}); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("side threads without end: %v", err)
	}
}

// covers: P10
func TestSideForwardsFiles(t *testing.T) {
	b := newBench(t)
	ada, number := b.named("Ada Lovelace"), b.ticket("n1")
	must(t, b.Reply(t.Context(), ada, number, Reply{Text: "See", Files: []Upload{b.attachAs(ada, number, "plan.txt", "a plan"), b.attachAs(ada, number, "mail.eml", "From: a@b.example\n\nx")}}))
	side, err := b.OpenSide(t.Context(), ada, number, NewSide{
		Address: "tom@supplier.example", Subject: "Plan", Text: "See", Forward: []FileRef{{2, 1}}, Files: []Upload{b.attachAs(ada, number, "own.txt", "own")},
	})
	must(t, err)
	var names []string
	for i, f := range b.detail(side).Entries[0].Attachments {
		names = append(names, f.Name)
		if _, err := b.File(t.Context(), ada, side, 1, i+1); err != nil {
			t.Errorf("file %d: %v", i+1, err)
		}
	}
	if diff := cmp.Diff([]string{"own.txt", "plan.txt"}, names); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// What goes on from a closed request is filed as that was, and each leads to the other.
//
// covers: P03
func TestGoesOn(t *testing.T) {
	b := newBench(t)
	ada, number := b.named("Ada Lovelace"), b.ticket("n1")
	billing, _ := b.equip()
	_, err := b.Edit(t.Context(), ada, number, Edit{
		Team: &billing, Assignee: &ada.Agent.ID, Priority: "urgent", Fields: map[string]string{"order": "17"}, Status: helpdesk.Closed,
	})
	must(t, err)
	alice := b.proven("alice@customer.example")
	next, err := b.AnswerRequest(t.Context(), shared(), alice, number, Answer{Text: "Again", Nonce: "a"})
	must(t, err)
	d, old := b.detail(next), b.detail(number)
	if d.Follows != number || !slices.Equal(old.GoesOnAs, []int64{next}) || old.Ticket.Status != helpdesk.Closed || old.Ticket.Entries != 2 {
		t.Errorf("#%d follows #%d, which goes on as %v", next, d.Follows, old.GoesOnAs)
	}
	if h := d.Ticket; h.Team != billing || h.Fields["order"] != "17" || !slices.Equal(h.Tags, []string{"form"}) || h.Assignee != "" || h.Priority != "" || h.Form != nil || h.Status != helpdesk.Open {
		t.Errorf("it is filed as %+v", h)
	}
	if _, err := b.AnswerRequest(t.Context(), shared(), alice, number, Answer{Text: "And again", Nonce: "b"}); err != nil || len(b.detail(number).GoesOnAs) != 2 {
		t.Errorf("it goes on as %v, %v", b.detail(number).GoesOnAs, err)
	}
	seen, err := b.Request(t.Context(), shared(), alice, number, "")
	must(t, err)
	if raw, _ := json.Marshal(seen.View); strings.Contains(string(raw), "Billing") {
		t.Errorf("a customer reads %s", raw)
	}
}
