package inbound

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// merge merges tickets as agents would.
func (b *bench) merge(from, into int64) {
	b.t.Helper()
	t, other := b.ticket(from), b.ticket(into)
	if err := t.MergeInto(other, nil, nil, helpdesk.Author{}, noon); err != nil {
		b.t.Fatal(err)
	}
	b.commitBoth(t, other)
}

func (b *bench) unmerge(from int64) {
	b.t.Helper()
	t := b.ticket(from)
	other := b.ticket(t.Merged.Number)
	t.Unmerge(other, nil, func(*helpdesk.Participant) bool { return false }, noon)
	b.commitBoth(t, other)
}

func (b *bench) commitBoth(t, other *helpdesk.Ticket) {
	b.t.Helper()
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Ticket: t, Also: other}); err != nil {
		b.t.Fatal(err)
	}
}

// chain opens a ticket of Alice, one of Mary and one of Bob, and merges each
// into the next.
func (b *bench) chain() [3]int64 {
	b.t.Helper()
	var numbers [3]int64
	for i, from := range []string{alice, mary, bob} {
		numbers[i] = b.accept(mail(from, "<first"+from[:3]+"@x>", "question"), "support@acme.example").Number
	}
	b.merge(numbers[0], numbers[1])
	b.merge(numbers[1], numbers[2])
	b.change(numbers[2], func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved })
	return numbers
}

// covers: M02, P02, P03
func TestMailToMergedTickets(t *testing.T) {
	type outcome struct {
		Said   string // result and rule
		Number int64
		Shown  bool
		Status helpdesk.Status // of the last ticket
	}
	reply := func(b *bench, n [3]int64) string { return b.replyAddress(n[0], 1) }
	plain := func(*bench, [3]int64) string { return "support@acme.example" }
	tests := []struct {
		name   string
		before func(b *bench, n [3]int64)
		from   string
		to     func(b *bench, n [3]int64) string
		answer func(b *bench, n [3]int64) string // In-Reply-To
		proven bool
		want   outcome
	}{
		{"to the reply address", nil, alice, reply, nil, true, outcome{"appended proven-participant", 3, true, helpdesk.Open}},
		{"to our Message-ID", nil, alice, plain, func(b *bench, n [3]int64) string { return b.sentID(n[0], 1) }, true,
			outcome{"appended proven-participant", 3, true, helpdesk.Open}},
		{"to a mail that was taken in", nil, alice, plain, func(*bench, [3]int64) string { return "<firstAli@x>" }, true,
			outcome{"appended proven-participant", 3, true, helpdesk.Open}},
		{"to the one in between", nil, mary, plain, func(*bench, [3]int64) string { return "<firstMar@x>" }, true,
			outcome{"appended proven-participant", 3, true, helpdesk.Open}},
		{"unproven, to their own reply address", nil, alice, reply, nil, false, outcome{"appended unproven-own-address", 3, false, helpdesk.Open}},
		{"by another participant of the last one", nil, bob, reply, nil, true, outcome{"appended proven-participant", 3, true, helpdesk.Open}},
		{"by a stranger", nil, "eve@evil.example", reply, nil, true, outcome{"held proven-stranger", 3, false, helpdesk.Resolved}},
		{"by who left the last one", func(b *bench, n [3]int64) {
			left := noon
			b.change(n[2], func(t *helpdesk.Ticket) {
				t.ParticipantByAddress(helpdesk.MustAddress("alice@customer.example")).Left = &left
			})
		}, alice, reply, nil, true, outcome{"held proven-stranger", 3, false, helpdesk.Resolved}},
		{"to a reply address that was revoked", func(b *bench, n [3]int64) {
			b.change(n[0], func(t *helpdesk.Ticket) { t.Participants[0].LinkGen++ })
		}, alice, func(b *bench, n [3]int64) string {
			t := b.ticket(n[0])
			t.Participants[0].LinkGen--
			m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
			return "support+" + b.Signer.ReplyToken(links.Audience(m.Audience), b.locator(t, 1)) + "@acme.example"
		}, nil, true, outcome{"created proven-new", 4, true, helpdesk.Resolved}},
		{"after the second merge was undone", func(b *bench, n [3]int64) { b.unmerge(n[1]) }, alice, reply, nil, true,
			outcome{"appended proven-participant", 2, true, helpdesk.Resolved}},
		{"after both were undone", func(b *bench, n [3]int64) { b.unmerge(n[1]); b.unmerge(n[0]) }, alice, reply, nil, true,
			outcome{"appended proven-participant", 1, true, helpdesk.Resolved}},
		{"when the last one is closed", func(b *bench, n [3]int64) {
			b.change(n[2], func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed })
		}, alice, reply, nil, true, outcome{"created proven-participant", 4, true, helpdesk.Closed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			n := b.chain()
			if tt.before != nil {
				tt.before(b, n)
			}
			var extra []string
			if tt.answer != nil {
				extra = append(extra, "In-Reply-To: "+tt.answer(b, n))
			}
			env := Envelope{ID: "t", From: helpdesk.MustAddress("x@customer.example"), Peer: "192.0.2.9", Trusted: tt.proven}
			got, err := b.tryEnvelope(env, mail(tt.from, "<second@x>", "more", extra...), tt.to(b, n))
			if err != nil {
				t.Fatal(err)
			}
			o := got[0]
			have := outcome{string(o.Result) + " " + o.Recognised.Rule, o.Number, false, b.ticket(n[2]).Status}
			if o.Result != helpdesk.HeldBack {
				e := b.entry(o)
				have.Shown = e.Public()
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("outcome (-want +got):\n%s%q", diff, o.Recognised.Evidence)
			}
			followed := slices.ContainsFunc(o.Recognised.Evidence, func(s string) bool { return strings.Contains(s, "was merged into #") })
			if want := tt.want.Number == 3; tt.want.Number < 4 && followed != (want || tt.want.Number == 2) {
				t.Errorf("evidence = %q", o.Recognised.Evidence)
			}
			if a := b.ticket(n[0]); a.Merged != nil && (a.Status != helpdesk.Closed || a.Entries != 1) {
				t.Errorf("the merged ticket is %s with %d entries, want it left alone", a.Status, a.Entries)
			}
		})
	}
}

// Records that no merge of ours can make do not send mail round for ever.
func TestMergesInACircle(t *testing.T) {
	b := newBench(t)
	one := b.accept(mail(alice, "<1@x>", "one"), "support@acme.example").Number
	two := b.accept(mail(alice, "<2@x>", "two"), "support@acme.example").Number
	b.merge(one, two)
	b.change(two, func(t *helpdesk.Ticket) { t.Merged = &helpdesk.Merge{Into: b.ticket(one).ID, Number: one} })
	if o := b.accept(mail(alice, "<3@x>", "three"), b.replyAddress(one, 1)); o.Number == 0 {
		t.Errorf("outcome = %+v", o)
	}
	b.change(one, func(t *helpdesk.Ticket) { t.Merged.Into = helpdesk.NewTicketID() })
	if o := b.accept(mail(alice, "<4@x>", "four"), b.replyAddress(one, 1)); o.Number == 0 {
		t.Errorf("outcome = %+v", o)
	}
}

// A ticket that was merged into one of another mailbox is answered from there,
// and mail to either mailbox finds it.
func TestMergedIntoAnotherMailbox(t *testing.T) {
	b := newBench(t)
	from := b.accept(mail(alice, "<1@x>", "one"), "support@acme.example")
	into := b.accept(mail(mary, "<2@x>", "two"), "billing@acme.example")
	b.merge(from.Number, into.Number)
	o := b.accept(mail(alice, "<3@x>", "three"), b.replyAddress(from.Number, 1))
	if o.Ticket != into.Ticket || o.Result != helpdesk.Appended {
		t.Fatalf("outcome = %+v", o)
	}
	all, err := b.db.Deliveries(t.Context(), "support", into.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	told := false
	for _, d := range all {
		if d.Purpose == helpdesk.Update {
			told = d.To.String() == "mary@elsewhere.example" && d.Mailbox == "billing"
		}
	}
	if !told {
		t.Errorf("deliveries = %+v, want an update to Mary from billing", all)
	}
	for _, to := range []string{"support@acme.example", "billing@acme.example"} {
		if o := b.accept(mail(alice, "<4"+to+">", "four", "In-Reply-To: <3@x>"), to); o.Ticket != into.Ticket {
			t.Errorf("an answer to that mail at %s: %+v", to, o)
		}
	}
	b.unmerge(from.Number)
	if o := b.accept(mail(alice, "<5@x>", "five", "In-Reply-To: <3@x>"), "support@acme.example"); o.Ticket == into.Ticket {
		t.Errorf("after the merge was undone: %+v", o)
	}
}

// What comes back about a copy of a merged ticket marks that copy, and wakes
// agents where the ticket goes on.
//
// covers: P06, P11
func TestBounceOfAMergedTicket(t *testing.T) {
	b := newBench(t)
	from := b.accept(mail(alice, "<1@x>", "My lamp is dark."), "support@acme.example")
	into := b.accept(mail(alice, "<2@x>", "The lamp is dark."), "support@acme.example")
	id := b.answered(from.Number, 1)
	other := b.answered(into.Number, 1)
	b.merge(from.Number, into.Number)
	b.change(into.Number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Pending })
	m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
	to := "support+" + b.Signer.BounceToken(links.Audience(m.Audience), b.locator(b.ticket(from.Number), 1)) + "@acme.example"
	text, head := deliveryReport("failed", "5.1.1", "550 5.1.1 User unknown", id)
	outcomes, err := b.tryEnvelope(Envelope{ID: "t", Peer: "192.0.2.9"}, mail("mailer-daemon@mx.example", "<r@mx.example>", text, head), to)
	if err != nil {
		t.Fatal(err)
	}
	o := outcomes[0]
	states := map[string]helpdesk.DeliveryState{}
	for _, ticket := range []helpdesk.Outcome{from, into} {
		all, err := b.db.Deliveries(t.Context(), "support", ticket.Ticket)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			states[d.MessageID] = d.State
			if d.MessageID == id && (d.Report == nil || d.Report.Entry != o.Entry) {
				t.Errorf("report = %+v, want event %d", d.Report, o.Entry)
			}
		}
	}
	if states[id] != helpdesk.Bounced || states[other] != helpdesk.Sent {
		t.Errorf("copies are %s and %s, want bounced and sent", states[id], states[other])
	}
	if e := b.entry(o); o.Ticket != into.Ticket || e.Kind != helpdesk.Event || !strings.Contains(e.Text, "alice@customer.example could not be delivered") {
		t.Errorf("event %q on #%d", e.Text, o.Number)
	}
	if a, c := b.ticket(from.Number), b.ticket(into.Number); a.Status != helpdesk.Closed || c.Status != helpdesk.Open {
		t.Errorf("tickets are %s and %s, want the one left alone and the other open", a.Status, c.Status)
	}
}

// busy does something just before the first commit, as another replica may.
type busy struct {
	Store
	first func()
}

func (s *busy) Commit(ctx context.Context, c *helpdesk.Change) error {
	if s.first != nil {
		first := s.first
		s.first = nil
		first()
	}
	return s.Store.Commit(ctx, c)
}

// A merge, or its undoing, while a mail is taken in: the mail lands where it
// would have, had it come a moment later.
//
// covers: P04
func TestMailWhileTicketsAreMerged(t *testing.T) {
	b := newBench(t)
	one := b.accept(mail(alice, "<1@x>", "one"), "support@acme.example").Number
	two := b.accept(mail(mary, "<2@x>", "two"), "support@acme.example").Number
	for i, tt := range []struct {
		name  string
		first func()
		want  int64
	}{
		{"merge", func() { b.merge(one, two) }, two},
		{"undo", func() { b.unmerge(one) }, one},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := b.with(t, func(p *Pipeline) { p.Store = &busy{Store: b.db, first: tt.first} })
			if o := b.accept(mail(alice, fmt.Sprintf("<more%d@x>", i), "more"), b.replyAddress(one, 1)); o.Number != tt.want || o.Result != helpdesk.Appended {
				t.Errorf("outcome = %+v, want #%d", o, tt.want)
			}
		})
	}
}

// What goes on in the request of another mailbox is answered from there.
//
// covers: P09
func TestAgentAnswersFromTheMailboxOfTheRequest(t *testing.T) {
	o := newOffice(t)
	to := o.address(o.ann, false)
	second := o.accept(strings.Replace(mail(mary, "<m@x>", "bill?"), "To: support@", "To: billing@", 1), "billing@acme.example")
	o.merge(o.number, second.Number)
	o.accept(mail(ann, "<a@l>", "Here is the answer."), to)
	o.accept(mail(alice, "<2@x>", "more"), o.replyAddress(o.number, 1))
	all, err := o.db.Deliveries(t.Context(), "support", second.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	purposes := map[helpdesk.Purpose]bool{}
	for _, d := range all {
		purposes[d.Purpose] = true
		if d.Mailbox != "billing" {
			t.Errorf("%s to %s goes out from %s", d.Purpose, d.To, d.Mailbox)
		}
	}
	if !purposes[helpdesk.AgentReply] || !purposes[helpdesk.AgentNotice] {
		t.Errorf("purposes %v, want an answer and a notice among them", purposes)
	}
}

// An answer under the subject of the mail that it answers is no other matter,
// whatever the request is called that it goes on in.
func TestAnswerToAMergedRequestForksNothing(t *testing.T) {
	b := newBench(t)
	one := b.accept(mail(alice, "<1@x>", "hello"), "support@acme.example")
	two := b.accept(strings.Replace(mail(mary, "<2@x>", "hi"), "Subject: Order", "Subject: A cat", 1), "support@acme.example")
	reply := b.replyAddress(one.Number, 1)
	b.merge(one.Number, two.Number)
	b = b.under(t, helpdesk.Policy{ChangedSubject: helpdesk.ForkChanged})
	got := b.accept(strings.Replace(mail(alice, "<3@x>", "more"), "Subject: Order", "Subject: Re: Order", 1), reply)
	if got.Number != two.Number {
		t.Errorf("outcome = %s in #%d, want it in #%d", said(got), got.Number, two.Number)
	}
}
