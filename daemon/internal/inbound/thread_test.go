package inbound

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	bob   = "Bob <bob@customer.example>" // of Alice's organisation
	first = "<first@customer.example>"
)

// said is an outcome in a line: result, row, token.
func said(o helpdesk.Outcome) string {
	return fmt.Sprint(o.Result, " ", o.Recognised.Rule, " ", o.Recognised.Token)
}

// covers: P02
func TestWeakLocators(t *testing.T) {
	past := "References: <went-past-us@elsewhere.example>"
	for _, tt := range []struct {
		name  string
		first string // opens #1
		then  string
		bare  bool // nothing is proven
		want  string
		maybe bool // agents are told that it may belong to #1
		flags []helpdesk.Flag
	}{
		{"number in the subject", mail(alice, first, "one"), other("Invoice [#1]", alice), false, "appended proven-participant subject", false, nil},
		{"number of a stranger's ticket", mail(alice, first, "one"), other("Invoice [#1]", mary), false, "created proven-new none", true, nil},
		{"number and nothing proven", mail(alice, first, "one"), other("Invoice [#1]", alice), true, "created unproven-new subject", true, nil},
		{"bare number is of an invoice", mail(alice, first, "one"), other("Invoice #1", alice), false, "created proven-new none", false, nil},
		{"number of no ticket", mail(alice, first, "one"), other("Invoice [#99]", alice), false, "created proven-new none", false, nil},
		{"number that is none", mail(alice, first, "one"), other("Invoice [#01]", alice), false, "created proven-new none", false, nil},
		{"sibling", mail(alice, first, "one", past), mail(alice, "<second@x>", "two", past), false, "appended proven-participant sibling", false, []helpdesk.Flag{helpdesk.LowConfidence}},
		{"sibling of a stranger", mail(alice, first, "one", past), mail(mary, "<second@x>", "two", past), false, "created proven-new none", true, nil},
		{"sibling and nothing proven", mail(alice, first, "one", past), mail(alice, "<second@x>", "two", past), true, "created unproven-new sibling", true, []helpdesk.Flag{helpdesk.LowConfidence}},
		{"answer that came before", mail(alice, first, "one", "In-Reply-To: <second@x>"), mail(alice, "<second@x>", "two"), false, "appended proven-participant sibling", false, []helpdesk.Flag{helpdesk.LowConfidence}},
		{"same id, other words", mail(alice, first, "one"), mail(alice, first, "two"), false, "created proven-new none", false, []helpdesk.Flag{helpdesk.SameMessageID}},
		{"same id in another mailbox", strings.Replace(mail(alice, first, "one"), "To: support", "To: billing", 1), mail(alice, first, "two"), false, "created proven-new none", false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			to := "support@acme.example"
			if strings.Contains(tt.first, "To: billing") {
				to = "billing@acme.example"
			}
			opened := b.accept(tt.first, to)
			got, err := b.tryEnvelope(Envelope{From: helpdesk.MustAddress("bounces@customer.example"), Trusted: !tt.bare}, tt.then, "support@acme.example")
			if err != nil {
				t.Fatal(err)
			}
			if said := said(got[0]); said != tt.want {
				t.Errorf("outcome = %s, want %s; %v", said, tt.want, got[0].Recognised.Evidence)
			}
			if !slices.Equal(got[0].Recognised.Flags, tt.flags) {
				t.Errorf("flags = %v, want %v", got[0].Recognised.Flags, tt.flags)
			}
			if maybe := b.ticket(got[0].Number).Maybe == opened.Ticket; maybe != tt.maybe {
				t.Errorf("it may belong to the first: %t, want %t", maybe, tt.maybe)
			}
		})
	}
}

// other is a mail under a subject of its own.
func other(subject, from string) string {
	return strings.Replace(mail(from, "<second@x>", "two"), "Subject: Order", "Subject: "+subject, 1)
}

// Whoever sends a mail with somebody else's Message-ID beforehand draws neither
// that mail nor the answers to it away (A16).
//
// covers: P05
func TestMessageIDTaken(t *testing.T) {
	for range 8 { // ids of tickets are random, and so is the order in which they are found
		b := newBench(t)
		taken := b.accept(mail(mary, first, "I was here before"), "support@acme.example")
		real := b.accept(mail(alice, first, "my question"), "support@acme.example")
		if real.Result != helpdesk.Created || real.Ticket == taken.Ticket {
			t.Fatalf("outcome = %+v, want a ticket of her own", real)
		}
		again := b.accept(mail(alice, "<more@customer.example>", "and more", "In-Reply-To: "+first), "support@acme.example")
		if again.Ticket != real.Ticket {
			t.Errorf("her answer came to #%d, want #%d; %v", again.Number, real.Number, again.Recognised.Evidence)
		}
	}
}

// An answer to two of our reply addresses at once is nobody's to guess.
func TestTwoTickets(t *testing.T) {
	b := newBench(t)
	one := b.accept(mail(alice, first, "one"), "support@acme.example")
	two := b.accept(mail(alice, "<other@customer.example>", "two"), "support@acme.example")
	got := b.accept(mail(alice, "<both@x>", "to both"), b.replyAddress(one.Number, 1), b.replyAddress(two.Number, 1))
	if got.Result != helpdesk.HeldBack || got.Recognised.Rule != "two-tickets" {
		t.Errorf("outcome = %s, want held two-tickets", said(got))
	}
	same := b.accept(mail(alice, "<same@x>", "to one"), b.replyAddress(one.Number, 1), "support@acme.example")
	if same.Result != helpdesk.Appended || same.Ticket != one.Ticket {
		t.Errorf("outcome = %s in #%d, want it in #%d", said(same), same.Number, one.Number)
	}
}

// A copy is a suggestion, whoever sends it and however well they are proven
// (A02).
func TestCopied(t *testing.T) {
	b := newBench(t)
	copies := "Cc: Bob <bob@customer.example>, support@acme.example, noreply@customer.example, Alice <ALICE@customer.example>"
	opened := b.accept(mail(alice, first, "one", copies), "support@acme.example")
	ticket := b.ticket(opened.Number)
	if n := len(ticket.Participants); n != 1 {
		t.Fatalf("%d participants, want Alice alone", n)
	}
	if len(ticket.Suggested) != 1 || ticket.Suggested[0].Address != helpdesk.MustAddress("bob@customer.example") ||
		ticket.Suggested[0].By != helpdesk.MustAddress("alice@customer.example") || ticket.Suggested[0].Name != "Bob" {
		t.Fatalf("suggested %+v, want Bob, by Alice", ticket.Suggested)
	}
	answer := b.accept(mail(bob, "<bob1@customer.example>", "I know more", "In-Reply-To: "+first), "support@acme.example")
	if said := said(answer); said != "held proven-copied known" || answer.Ticket != opened.Ticket {
		t.Errorf("outcome = %s, want held for #%d", said, opened.Number)
	}
	unproven := Envelope{From: helpdesk.MustAddress("alice@customer.example")}
	if _, err := b.tryEnvelope(unproven, mail(alice, "<forged@x>", "hidden", "Cc: eve@evil.example"), b.replyAddress(opened.Number, 1)); err != nil {
		t.Fatal(err)
	}
	if ticket := b.ticket(opened.Number); len(ticket.Suggested) != 1 {
		t.Errorf("suggested %+v, want nobody on the word of a mail that nothing proves", ticket.Suggested)
	}
}

// Whoever takes a known Message-ID over and over does not hide the first mail that
// bore it.
//
// covers: P02
func TestMessageIDTakenOften(t *testing.T) {
	b := newBench(t)
	opened := b.accept(mail(alice, first, "hello"), "support@acme.example")
	for i := range 40 {
		b.accept(mail(fmt.Sprintf("e%d@evil.example", i), first, fmt.Sprint("spam", i)), "support@acme.example")
	}
	for i := range 4 {
		got := b.accept(mail(alice, fmt.Sprintf("<r%d@x>", i), fmt.Sprint("my answer ", i), "In-Reply-To: "+first), "support@acme.example")
		if got.Number != opened.Number {
			t.Errorf("answer %d: %s in #%d, want it in #%d", i, said(got), got.Number, opened.Number)
		}
	}
}
