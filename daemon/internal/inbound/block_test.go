package inbound

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// whose reads the contact of an address, which must be there.
func (b *bench) whose(address string) *helpdesk.Contact {
	b.t.Helper()
	found, err := b.db.Lookup(b.t.Context(), "support", store.Query{Address: helpdesk.MustAddress(address)})
	if err != nil || found.Contact == nil {
		b.t.Fatalf("nobody has %s: %v", address, err)
	}
	return found.Contact
}

// alter writes a contact anew, as agents would.
func (b *bench) alter(address string, how func(c *helpdesk.Contact)) {
	b.t.Helper()
	c := b.whose(address)
	how(c)
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Contact: c}); err != nil {
		b.t.Fatal(err)
	}
}

// covers: P10, M02, P09
func TestWhoIsBlockedIsNotHeard(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<1@x>", "Where is it?"), "support@acme.example")
	b.change(first.Number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Pending })
	before := b.deliveries(first)
	b.alter("alice@customer.example", func(c *helpdesk.Contact) { c.Blocked = &helpdesk.Called{At: noon} })
	reply := b.replyAddress(first.Number, 1)
	unproven := Envelope{ID: "t2", From: helpdesk.MustAddress("alice@customer.example"), Peer: "192.0.2.1"}
	trusted := unproven
	trusted.Trusted = true
	for _, tt := range []struct {
		name string
		env  Envelope
		raw  string
		to   string
	}{
		{"a new mail", trusted, mail(alice, "<2@x>", "Something else"), "support@acme.example"},
		{"an answer", trusted, mail(alice, "<3@x>", "And?", "In-Reply-To: <1@x>"), reply},
		{"an answer that nothing proves", unproven, mail(alice, "<4@x>", "And now?", "In-Reply-To: <1@x>"), reply},
		{"a new mail that nothing proves", unproven, mail(alice, "<5@x>", "Hello"), "support@acme.example"},
		{"an absence note", trusted, mail(alice, "<6@x>", "I am away", "Auto-Submitted: auto-replied", "In-Reply-To: <1@x>"), reply},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := b.tryEnvelope(tt.env, tt.raw, tt.to)
			if err != nil {
				t.Fatal(err)
			}
			item, err := b.db.HeldItem(t.Context(), "support", got[0].Held)
			if err != nil {
				t.Fatal(err)
			}
			if got[0].Result != helpdesk.HeldBack || item.Cause != helpdesk.FromBlocked || got[0].Recognised.Rule != "blocked" {
				t.Errorf("outcome = %+v, cause %s", got[0], item.Cause)
			}
			if !slices.ContainsFunc(item.Recognised.Evidence, func(s string) bool { return strings.Contains(s, "blocked") }) {
				t.Errorf("evidence %q does not tell why", item.Recognised.Evidence)
			}
		})
	}
	if diff := cmp.Diff(before, b.deliveries(first)); diff != "" {
		t.Errorf("mail went out (-before +now):\n%s", diff)
	}
	if got := b.ticket(first.Number); got.Status != helpdesk.Pending || got.Entries != 1 {
		t.Errorf("the request was touched: %+v", got)
	}
	if _, err := b.db.TicketByNumber(t.Context(), "support", first.Number+1); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("another request was opened: %v", err)
	}
}

// covers: P10
func TestAgentByMailDoesNotAnswerWhoIsBlocked(t *testing.T) {
	o := newOffice(t)
	o.alter("alice@customer.example", func(c *helpdesk.Contact) { c.Blocked = &helpdesk.Called{At: noon} })
	o.accept(mail(ann, "<9@x>", "It is on its way to you."), o.address(o.ann, false))
	entries := o.entries(o.first)
	last := entries[len(entries)-1]
	if last.Kind != helpdesk.Event || !strings.Contains(last.Text, "was not sent") || !strings.Contains(last.Text, "blocked") || !strings.Contains(last.Quoted, "on its way") {
		t.Errorf("receipt = %+v", last)
	}
	for _, d := range o.deliveries(o.first) {
		if strings.HasPrefix(d, string(helpdesk.AgentReply)) {
			t.Errorf("an answer went out: %s", d)
		}
	}
}

// What was called spam is answered by who takes that back, and by nobody who does not
// know of it; a note is written all the same.
//
// covers: P09, P10
func TestAgentByMailAnswersSpam(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		answers    int
		spam       bool
		receipt    string // how it begins, with what the agent gets back
		back       string
	}{
		{"not knowing", "It is on its way.", 0, true, "Ann Agent, by mail: the answer was not sent: Boris Agent called request #1 spam; begin with #notspam", "It is on its way."},
		{"taking it back", "#notspam\r\nIt is on its way.", 1, false, "Ann Agent, by mail: the answer was sent to 1 person; no spam after all: mail of who asked comes in again.", ""},
		{"taking it back alone", "# not-spam", 0, false, "Ann Agent, by mail: no spam after all", ""},
		{"with words behind", "#notspam please\r\nIt is on its way.", 0, true, "Ann Agent, by mail: refused: #notspam please: takes no words behind it", "It is on its way."},
		{"closing it", "#close", 0, true, "Ann Agent, by mail: status set to Closed.", ""},
		{"a note", "#note\r\nIt is on its way.", 0, true, "Ann Agent, by mail: a note was written.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			head := o.ticket(o.number)
			head.Spam = &helpdesk.Called{By: o.boris.Author(), At: noon}
			who := o.whose("alice@customer.example")
			who.Spam = &noon
			if err := o.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Ticket: head, Contact: who}); err != nil {
				t.Fatal(err)
			}
			got := o.accept(mail(ann, "<s@x>", tt.text), o.address(o.ann, false))
			entries := o.entries(got)
			last := entries[len(entries)-1]
			if !strings.HasPrefix(last.Text, tt.receipt) || !strings.Contains(last.Quoted, tt.back) {
				t.Errorf("receipt %q gives back %q", last.Text, last.Quoted)
			}
			if n := len(o.copies(got, helpdesk.AgentReply)); n != tt.answers {
				t.Errorf("%d answers went out, want %d", n, tt.answers)
			}
			if n := len(o.copies(got, helpdesk.StatusChanged)); n != 0 {
				t.Errorf("%d mails told of a status", n)
			}
			head, who = o.ticket(o.number), o.whose("alice@customer.example")
			if (head.Spam != nil) != tt.spam || (who.Spam != nil) != tt.spam {
				t.Errorf("spam: request %t, mail of who asked %t, want %t", head.Spam != nil, who.Spam != nil, tt.spam)
			}
			audit, err := o.db.Audit(t.Context(), "support", 0, true, 1)
			if err != nil || (len(audit) == 1 && audit[0].Act == "ticket.unspam") == tt.spam {
				t.Errorf("audit %+v, %v", audit, err)
			}
		})
	}
}

// covers: P10
func TestWhoWasDeletedComesBack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		extra []string
		by    *helpdesk.Called // blocked
		back  bool
	}{
		{"by writing", nil, nil, true},
		{"not by an absence note", []string{"Auto-Submitted: auto-replied"}, nil, false},
		{"not while they are blocked", nil, &helpdesk.Called{At: noon}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.accept(mail(alice, "<1@x>", "Where is it?"), "support@acme.example")
			b.alter("alice@customer.example", func(c *helpdesk.Contact) { c.Deleted, c.Blocked = &helpdesk.Called{At: noon}, tt.by })
			got := b.accept(mail(alice, "<2@x>", "Hello again", tt.extra...), "support@acme.example")
			if back := b.whose("alice@customer.example").Deleted == nil; back != tt.back {
				t.Errorf("back = %t, want %t (%+v)", back, tt.back, got)
			}
			audit, err := b.db.Audit(t.Context(), "support", 0, false, 10)
			if err != nil || (len(audit) == 1) != tt.back {
				t.Errorf("audit = %+v, %v", audit, err)
			}
		})
	}
}

// covers: P10
func TestMailWhileItsWriterIsErased(t *testing.T) {
	b := newBench(t)
	b.accept(mail(alice, "<1@x>", "Where is it?"), "support@acme.example")
	b.alter("alice@customer.example", func(c *helpdesk.Contact) { c.Erasing = &noon })
	if _, err := b.try(mail(alice, "<2@x>", "Hello"), "support@acme.example"); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("%v, want it to be put off", err)
	}
	if again := b.accept(mail(alice, "<1@x>", "Where is it?"), "support@acme.example"); again.Result != helpdesk.Duplicate {
		t.Errorf("the first again: %+v", again)
	}
}

// gone takes a request away as erasing does: its head goes, and its ids are hashes.
type gone struct{ store.Sieve }

func (gone) Needles() []string                         { return []string{"alice@customer.example"} }
func (gone) Asked(*helpdesk.Ticket) bool               { return true }
func (gone) Repeats(helpdesk.TicketID) bool            { return false }
func (gone) Free(...string)                            {}
func (gone) Freed() []string                           { return nil }
func (gone) Receipt(r *helpdesk.Receipt) helpdesk.Fate { return helpdesk.Keeps }
func (gone) Delivery(*helpdesk.Delivery) helpdesk.Fate { return helpdesk.Goes }
func (gone) Held(*helpdesk.HeldItem) helpdesk.Fate     { return helpdesk.Goes }

// covers: P10
func TestLateMailAboutWhatWasErased(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<1@x>", "Where is it?"), "support@acme.example")
	sent, reply := b.sentID(first.Number, 1), b.replyAddress(first.Number, 1)
	if _, _, err := b.db.Sift(t.Context(), "support", "aaaabbbbccccdddd", gone{}, helpdesk.Tomb{At: noon}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, raw, to string
		want          helpdesk.Result
	}{
		{"the first mail again", mail(alice, "<1@x>", "Where is it?"), "support@acme.example", helpdesk.Duplicate},
		{"an absence note to a reply address", mail(alice, "<2@x>", "Away", "Auto-Submitted: auto-replied"), reply, helpdesk.Forgotten},
		{"an absence note that names our mail", mail(alice, "<3@x>", "Away", "Auto-Submitted: auto-replied", "In-Reply-To: "+sent), "support@acme.example", helpdesk.Forgotten},
		{"one that names theirs", mail(alice, "<4@x>", "Away", "Auto-Submitted: auto-replied", "In-Reply-To: <1@x>"), "support@acme.example", helpdesk.Forgotten},
		{"the same again", mail(alice, "<4@x>", "Away", "Auto-Submitted: auto-replied", "In-Reply-To: <1@x>"), "support@acme.example", helpdesk.Duplicate},
		{"an answer of a person", mail(alice, "<5@x>", "But I want it", "In-Reply-To: "+sent), reply, helpdesk.Created},
	} {
		got := b.accept(tt.raw, tt.to)
		if got.Result != tt.want || tt.want == helpdesk.Created && got.Number == first.Number {
			t.Errorf("%s: %+v, want %s", tt.name, got, tt.want)
		}
	}
}
