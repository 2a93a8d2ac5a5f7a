package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

var addresses = cmpopts.EquateComparable(helpdesk.Address{})

var carol = helpdesk.MustAddress("carol@elsewhere.example")

// hold keeps back an answer of carol's to a ticket, 0 for none, as inbound does.
func (b *bench) hold(number int64, change func(*helpdesk.HeldItem)) *helpdesk.HeldItem {
	b.t.Helper()
	recognised := helpdesk.Recognition{
		Rule: "proven-stranger", Class: helpdesk.ClassMessage, Sender: helpdesk.SenderStranger, Trust: helpdesk.Trust{Proof: helpdesk.ProofPass},
	}
	at := b.time()
	item := &helpdesk.HeldItem{
		ID: helpdesk.NewID(), Cause: helpdesk.NotParticipant, Mailbox: "support", From: carol, FromName: "Carol",
		Subject: "Re: Order", Text: "me too", Raw: strings.Repeat("0", 64), At: at, Recognised: recognised, Expires: at.Add(helpdesk.HeldFor),
		Entry: &helpdesk.Entry{
			Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: at, Text: "me too", MessageID: "<carol@elsewhere.example>", Recognised: &recognised,
			Author: helpdesk.Author{Role: helpdesk.Customer, Name: "Carol", Address: carol},
		},
		Copied: []helpdesk.Suggestion{{Address: helpdesk.MustAddress("dave@elsewhere.example"), By: carol, At: at}},
	}
	if number != 0 {
		t, err := b.db.TicketByNumber(b.t.Context(), "support", number)
		if err != nil {
			b.t.Fatal(err)
		}
		item.Ticket, item.Number = t.ID, number
	}
	if change != nil {
		change(item)
	}
	if item.Entry != nil {
		item.Entry.Author.Address, item.Entry.Recognised = item.From, &item.Recognised
	}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Held: item}); err != nil {
		b.t.Fatal(err)
	}
	return item
}

func (b *bench) verdict(by Actor, item *helpdesk.HeldItem, v helpdesk.Verdict) *helpdesk.Decision {
	b.t.Helper()
	got, err := b.DecideHeld(b.t.Context(), by, string(item.ID), v)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// sentTo are the addresses that got mail of a purpose.
func sentTo(d *Detail, purpose helpdesk.Purpose) []string {
	var to []string
	for _, x := range d.Deliveries {
		if x.Purpose == purpose {
			to = append(to, x.To.String())
		}
	}
	slices.Sort(to)
	return to
}

func (b *bench) contact(a helpdesk.Address) *helpdesk.Contact {
	b.t.Helper()
	c, err := b.contactByAddress(b.t.Context(), "support", a)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// covers: P04, P10, S07
func TestAcceptOnce(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	item := b.hold(number, nil)
	b.wait(time.Hour)
	b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed }) // meanwhile
	got := b.verdict(ada, item, helpdesk.AcceptOnce)
	if got.Number != number || got.Entry != 2 || got.By.ID != ada.Agent.ID || !got.At.Equal(b.time()) {
		t.Errorf("decision = %+v", got)
	}
	d := b.detail(number)
	e := d.Entries[1]
	if d.Ticket.Status != helpdesk.Open || !d.Ticket.Updated.Equal(b.time()) || len(d.Ticket.Participants) != 1 || len(d.Ticket.Suggested) != 0 {
		t.Errorf("ticket = %+v, want it open, with nobody new", d.Ticket)
	}
	if !e.Public() || e.Text != "me too" || e.Author.Role != helpdesk.Customer || !e.Author.Address.Same(carol) || e.Author.ID != "" ||
		e.Released == nil || e.Released.By.ID != ada.Agent.ID || !e.At.Equal(noon) || e.Recognised.Rule != "proven-stranger" {
		t.Errorf("entry = %+v", e)
	}
	if diff := cmp.Diff([]string{"alice@customer.example"}, sentTo(d, helpdesk.Update)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if !slices.Contains(d.Ticket.MessageIDs, "<carol@elsewhere.example>") || b.contact(carol) != nil {
		t.Errorf("thread %v, contact %v; want the id in it, and nobody made", d.Ticket.MessageIDs, b.contact(carol))
	}
	held, err := b.Held(t.Context(), ada)
	decided, err2 := b.HeldDecided(t.Context(), ada)
	if err != nil || err2 != nil || len(held) != 0 || len(decided) != 1 || decided[0].Decision.Number != number {
		t.Errorf("%d wait, %d are decided, %v, %v", len(held), len(decided), err, err2)
	}
}

// covers: S06, S07, P10
func TestAddCollaborator(t *testing.T) {
	for _, tt := range []struct {
		name  string
		proof helpdesk.Proof
		cause helpdesk.Cause
		named string
		want  bool // the address counts as proven
	}{
		{"proven", helpdesk.ProofPass, helpdesk.NotParticipant, "Carol", true},
		{"unproven, so the name may be anybody's words", helpdesk.ProofNone, helpdesk.UnprovenSender, "", false},
		{"called spam before", helpdesk.ProofPass, helpdesk.CalledSpam, "Carol", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			ada, number := b.agent("ada@acme.example"), b.ticket("n1")
			if tt.cause == helpdesk.CalledSpam {
				known := newContact("Carol", carol, noon)
				known.Spam = &noon
				if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Contact: known}); err != nil {
					t.Fatal(err)
				}
			}
			item := b.hold(number, func(h *helpdesk.HeldItem) { h.Cause, h.Recognised.Trust.Proof = tt.cause, tt.proof })
			b.wait(time.Hour)
			if err := b.Reply(t.Context(), ada, number, Reply{Text: "between us"}); err != nil {
				t.Fatal(err)
			}
			b.wait(time.Hour)
			b.verdict(ada, item, helpdesk.AddCollaborator)
			d, known := b.detail(number), b.contact(carol)
			if known == nil || known.Spam != nil || (known.Addresses[0].Proven != nil) != tt.want {
				t.Fatalf("contact = %+v, want proven: %t, and heard", known, tt.want)
			}
			p := d.Ticket.ParticipantByAddress(carol)
			if p == nil || p.Role != helpdesk.Collaborator || p.Contact != known.ID || p.Name != tt.named || !d.Ticket.IsSuggested(helpdesk.MustAddress("dave@elsewhere.example")) {
				t.Fatalf("participant = %+v, suggested %+v", p, d.Ticket.Suggested)
			}
			var texts []string
			for _, m := range d.Ticket.CustomerView(p, d.Entries, center()).Thread {
				texts = append(texts, m.Text)
			}
			if diff := cmp.Diff([]string{"me too"}, texts); diff != "" {
				t.Errorf("she sees (-want +got):\n%s", diff)
			}
			if e := d.Entries[3]; e.Kind != helpdesk.Event || e.Text != "Added carol@elsewhere.example to the request." || e.Author.ID != ada.Agent.ID {
				t.Errorf("event = %+v", e)
			}
			if diff := cmp.Diff([]string{"carol@elsewhere.example"}, sentTo(d, helpdesk.Joined)); diff != "" {
				t.Errorf("told of joining (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"alice@customer.example"}, sentTo(d, helpdesk.Update)); diff != "" {
				t.Errorf("updates (-want +got):\n%s", diff)
			}
		})
	}
}

// covers: P03, P04, P10
func TestNewTicketOfHeldMail(t *testing.T) {
	for _, tt := range []struct {
		name  string
		proof helpdesk.Proof
		class helpdesk.Class
		want  helpdesk.Purpose // "" for no mail
	}{
		{"proven", helpdesk.ProofPass, helpdesk.ClassMessage, helpdesk.Acknowledgement},
		{"unproven", helpdesk.ProofNone, helpdesk.ClassMessage, helpdesk.Confirmation},
		{"of a program", helpdesk.ProofPass, helpdesk.ClassAutomatic, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			number := b.ticket("n1")
			item := b.hold(number, func(h *helpdesk.HeldItem) { h.Recognised.Trust.Proof, h.Recognised.Class = tt.proof, tt.class })
			got := b.verdict(b.agent("ada@acme.example"), item, helpdesk.NewTicket)
			d := b.detail(got.Number)
			requester := d.Ticket.Requester()
			if got.Number == number || requester == nil || !requester.Address.Same(carol) || d.Ticket.Maybe != item.Ticket || d.Ticket.Subject != "Re: Order" || d.Ticket.HelpCenter != "acme" {
				t.Fatalf("ticket = %+v", d.Ticket)
			}
			if e := d.Entries[0]; e.Hidden != (tt.want == "") || e.Author.ID != requester.Contact {
				t.Errorf("entry = %+v", e)
			}
			var purposes []helpdesk.Purpose
			for _, x := range d.Deliveries {
				purposes = append(purposes, x.Purpose)
				if x.Entry != 1 {
					t.Errorf("the %s is about entry %d, want 1", x.Purpose, x.Entry)
				}
			}
			if (tt.want == "") != (len(purposes) == 0) || tt.want != "" && !slices.Equal(purposes, []helpdesk.Purpose{tt.want}) {
				t.Errorf("answered with %v, want %q", purposes, tt.want)
			}
			if len(b.detail(number).Entries) != 1 {
				t.Error("it joined the other ticket too")
			}
		})
	}
}

// covers: P10
func TestSpamAndDrop(t *testing.T) {
	b := newBench(t)
	ada, number := b.agent("ada@acme.example"), b.ticket("n1")
	before := b.detail(number)
	b.verdict(ada, b.hold(number, nil), helpdesk.Drop)
	if b.contact(carol) != nil {
		t.Error("dropping made a contact")
	}
	b.verdict(ada, b.hold(number, func(h *helpdesk.HeldItem) { h.Expires = time.Time{} }), helpdesk.Spam)
	if c := b.contact(carol); c == nil || c.Spam == nil {
		t.Errorf("contact = %+v, want their mail held", c)
	}
	b.verdict(ada, b.hold(number, func(h *helpdesk.HeldItem) {
		h.From, h.Recognised.Sender = helpdesk.MustAddress("alice@customer.example"), helpdesk.SenderParticipant
	}), helpdesk.Spam) // proven, and known
	if c := b.contact(helpdesk.MustAddress("alice@customer.example")); c == nil || c.Spam == nil {
		t.Errorf("contact = %+v, want their mail held", c)
	}
	if diff := cmp.Diff(before, b.detail(number), addresses); diff != "" {
		t.Errorf("the ticket changed (-want +got):\n%s", diff)
	}
	decided, err := b.HeldDecided(t.Context(), ada)
	if err != nil || len(decided) != 3 {
		t.Fatalf("%d decided, %v", len(decided), err)
	}
	for _, h := range decided {
		if !h.Expires.Equal(noon.Add(helpdesk.HeldFor)) {
			t.Errorf("it goes %v, want in a month", h.Expires)
		}
	}

	if err := b.LiftSpam(t.Context(), ada, carol.String()); err != nil || b.contact(carol).Spam != nil {
		t.Errorf("lifting: %v", err)
	}
	for address, want := range map[string]helpdesk.Kind{"carol@elsewhere.example": helpdesk.NotFound, "x@y.example": helpdesk.NotFound, "nobody": helpdesk.Invalid} {
		if err := b.LiftSpam(t.Context(), ada, address); err == nil || helpdesk.KindOf(err) != want {
			t.Errorf("lifting %s: %v, want %v", address, err, want)
		}
	}
}

// An agent's address goes on working even if it became one after the mail came.
func TestSpamNeverBlocksAnAgent(t *testing.T) {
	b := newBench(t)
	item := b.hold(b.ticket("n1"), nil)
	ada := b.agent(carol.String())
	if _, err := b.DecideHeld(t.Context(), ada, string(item.ID), helpdesk.Spam); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("error = %v, want Invalid", err)
	}
}

// covers: P06
func TestAcceptWakesNobodyForPrograms(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved })
	b.verdict(operator, b.hold(number, func(h *helpdesk.HeldItem) { h.Recognised.Class = helpdesk.ClassOutOfOffice }), helpdesk.AcceptOnce)
	b.verdict(operator, b.hold(number, func(h *helpdesk.HeldItem) {
		h.Cause, h.Recognised.Class = helpdesk.UnmatchedReport, helpdesk.ClassBounce
	}), helpdesk.AcceptOnce)
	d := b.detail(number)
	if d.Ticket.Status != helpdesk.Resolved || len(sentTo(d, helpdesk.Update)) != 0 {
		t.Errorf("status %s, updates %v", d.Ticket.Status, sentTo(d, helpdesk.Update))
	}
	if !d.Entries[1].Public() || d.Entries[2].Kind != helpdesk.Event || d.Entries[2].Author.Role != helpdesk.System {
		t.Errorf("entries = %+v, want a message and an event", d.Entries[1:])
	}
}

// Of many who decide at once one does, and the others learn who it was.
//
// covers: P05, P10
func TestDecidingAtOnce(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	item := b.hold(number, nil)
	agents := []Actor{b.agent("ada@acme.example"), b.agent("bea@acme.example")}
	verdicts := []helpdesk.Verdict{helpdesk.AcceptOnce, helpdesk.AddCollaborator, helpdesk.NewTicket, helpdesk.Spam}
	errs := make([]error, 8)
	atOnce(len(errs), func(i int) {
		_, errs[i] = b.DecideHeld(t.Context(), agents[i%2], string(item.ID), verdicts[i/2])
	})
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case helpdesk.KindOf(err) != helpdesk.Conflict || !strings.HasPrefix(helpdesk.Public(err), "Ada Lovelace ") || !strings.HasSuffix(helpdesk.Public(err), " already"):
			t.Errorf("error = %v, want who decided", err)
		}
	}
	tickets, err := b.Tickets(t.Context(), operator, 0, 100)
	if err != nil || won != 1 || len(tickets)+len(b.detail(number).Entries) > 2+2 {
		t.Errorf("%d decided; %d tickets, %d entries; %v", won, len(tickets), len(b.detail(number).Entries), err)
	}
}

// covers: P05
func TestDecidingAgain(t *testing.T) {
	b := newBench(t)
	ada, bea := b.agent("ada@acme.example"), b.agent("bea@acme.example")
	number := b.ticket("n1")
	item := b.hold(number, nil)
	first := b.verdict(ada, item, helpdesk.AcceptOnce)
	before := b.revision()
	again := b.verdict(ada, item, helpdesk.AcceptOnce)
	if diff := cmp.Diff(first, again, addresses); diff != "" {
		t.Errorf("the second click (-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name string
		by   Actor
		v    helpdesk.Verdict
	}{
		{"another", bea, helpdesk.AcceptOnce}, {"another verdict", ada, helpdesk.Drop}, {"operator", operator, helpdesk.AcceptOnce},
	} {
		_, err := b.DecideHeld(t.Context(), tt.by, string(item.ID), tt.v)
		if want := "Ada Lovelace accepted it into request #1 already"; helpdesk.KindOf(err) != helpdesk.Conflict || helpdesk.Public(err) != want {
			t.Errorf("%s: %v, want %q", tt.name, err, want)
		}
	}
	if after := b.revision(); after != before || len(b.detail(number).Entries) != 2 {
		t.Errorf("deciding again wrote: revision %d, was %d", after, before)
	}
}

func TestDecidingIsRefused(t *testing.T) {
	b := newBench(t)
	number := b.ticket("n1")
	full := b.ticket("n2")
	b.change(full, func(t *helpdesk.Ticket) {
		for i := uint16(2); i <= helpdesk.MaxParticipants; i++ {
			t.Participants = append(t.Participants, helpdesk.Participant{Number: i, Role: helpdesk.Collaborator})
		}
	})
	away := b.ticket("n3")
	b.change(away, func(t *helpdesk.Ticket) { t.Mailbox = "gone" })
	for _, tt := range []struct {
		name    string
		by      Actor
		item    *helpdesk.HeldItem
		verdict helpdesk.Verdict
		want    helpdesk.Kind
		words   string
	}{
		{"nobody", Actor{Account: "support"}, b.hold(number, nil), helpdesk.Drop, helpdesk.SignIn, "sign in"},
		{"another account", Actor{Account: "other", Operator: true}, b.hold(number, nil), helpdesk.Drop, helpdesk.NotFound, "no such held mail"},
		{"no verdict", operator, b.hold(number, nil), "erase", helpdesk.Invalid, "is no answer"},
		{"older version", operator, b.hold(number, func(h *helpdesk.HeldItem) { h.Entry = nil }), helpdesk.AcceptOnce, helpdesk.Invalid, "older version"},
		{"request is full", operator, b.hold(full, nil), helpdesk.AddCollaborator, helpdesk.Invalid, "at most 30"},
		{"request is gone", operator, b.hold(0, func(h *helpdesk.HeldItem) { h.Ticket, h.Number = 99, 99 }), helpdesk.AcceptOnce, helpdesk.Invalid, "#99 is gone"},
		{"no mailbox", operator, b.hold(away, nil), helpdesk.AcceptOnce, helpdesk.Invalid, "not declared"},
		{"no mailbox to open in", operator, b.hold(0, func(h *helpdesk.HeldItem) { h.Mailbox = "gone" }), helpdesk.NewTicket, helpdesk.Invalid, "not declared"},
		{"claims an agent", operator, b.hold(number, func(h *helpdesk.HeldItem) { h.Cause = helpdesk.AgentUnproven }), helpdesk.AcceptOnce, helpdesk.Invalid, "agent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := b.revision()
			_, err := b.DecideHeld(t.Context(), tt.by, string(tt.item.ID), tt.verdict)
			if err == nil || helpdesk.KindOf(err) != tt.want || !strings.Contains(helpdesk.Public(err), tt.words) {
				t.Errorf("error = %v, want %v with %q", err, tt.want, tt.words)
			}
			// A ticket number may be taken and lost; nothing else may be written.
			if item, err := b.db.HeldItem(t.Context(), "support", tt.item.ID); err != nil || item.Decision != nil || b.revision() != before {
				t.Errorf("item = %+v, %v; revision %d, was %d", item, err, b.revision(), before)
			}
		})
	}
	if _, err := b.DecideHeld(t.Context(), operator, "../../ticket/1", helpdesk.Drop); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("a path as id: %v, want NotFound", err)
	}
}

// Whose address became an agent's since is no customer.
func TestHeldMailOfAnAgentSince(t *testing.T) {
	b := newBench(t)
	one := b.request("Alice", "secret")
	item := b.hold(one, nil)
	b.agent("carol@elsewhere.example")
	for _, v := range []helpdesk.Verdict{helpdesk.AcceptOnce, helpdesk.AddCollaborator} {
		if _, err := b.DecideHeld(t.Context(), operator, string(item.ID), v); helpdesk.KindOf(err) != helpdesk.Invalid {
			t.Errorf("%s: %v, want it refused", v, err)
		}
	}
}

// As many files as an entry holds, with the longest names, fit.
//
// covers: P04
func TestHeldMailWithManyFiles(t *testing.T) {
	b := newBench(t)
	one := b.request("Alice", "secret")
	item := b.hold(one, func(h *helpdesk.HeldItem) {
		for range 100 {
			h.Entry.Attachments = append(h.Entry.Attachments, helpdesk.Attachment{
				Name: strings.Repeat("&", 255), MediaType: strings.Repeat("a", 255), ContentID: strings.Repeat("&", 998), Blob: strings.Repeat("0", 64),
			})
		}
	})
	b.verdict(operator, item, helpdesk.AcceptOnce)
	if d := b.detail(one); len(d.Entries[len(d.Entries)-1].Attachments) != 100 {
		t.Errorf("entry %+v has lost files", d.Entries[len(d.Entries)-1])
	}
}

// Spam in somebody's name is no word about them.
func TestForgedSpam(t *testing.T) {
	b := newBench(t)
	b.request("Alice", "mine")
	two := b.request("Bob", "other")
	alice := helpdesk.MustAddress("alice@customer.example")
	item := b.hold(two, func(h *helpdesk.HeldItem) {
		h.From, h.Cause = alice, helpdesk.UnprovenSender
		h.Recognised.Trust.Proof, h.Recognised.Rule = helpdesk.ProofFail, "failed"
	})
	b.verdict(operator, item, helpdesk.Spam)
	if c := b.contact(alice); c.Spam == nil || c.SpamProven {
		t.Errorf("contact %+v, want spam that is not proven", c)
	}
}
