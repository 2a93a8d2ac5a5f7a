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
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

const (
	ann   = "Ann Agent <ann@acme.example>"
	boris = "Boris Agent <boris@acme.example>"
)

// office is a bench with a ticket of Alice's, which Ann was mailed about. Boris is
// an agent, too.
type office struct {
	*bench
	ann, boris *helpdesk.Agent
	number     int64
	first      helpdesk.Outcome
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{bench: newBench(t)}
	o.ann, o.boris = o.agent(ann, helpdesk.MailAll), o.agent(boris, helpdesk.MailMine)
	o.open("<1@x>")
	return o
}

// open makes another ticket, which the rest is about from now on.
func (o *office) open(id string) {
	o.t.Helper()
	o.first = o.accept(mail(alice, id, "Hello,\r\n\r\nwhere is the blue lamp that I have ordered last week?"), "support@acme.example")
	o.number = o.first.Number
}

func (b *bench) agent(written string, wants helpdesk.AgentMail) *helpdesk.Agent {
	b.t.Helper()
	name, address, _ := strings.Cut(strings.TrimSuffix(written, ">"), " <")
	a := &helpdesk.Agent{ID: helpdesk.NewID(), Name: name, Address: helpdesk.MustAddress(address), Mail: wants, Created: noon}
	b.save(a)
	return a
}

func (b *bench) save(a *helpdesk.Agent) {
	b.t.Helper()
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Agent: a}); err != nil {
		b.t.Fatal(err)
	}
	fresh, err := b.db.Agent(b.t.Context(), "support", a.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	*a = *fresh
}

// address of an agent for answers, or for notes.
func (o *office) address(a *helpdesk.Agent, note bool) string {
	o.t.Helper()
	var address string
	o.change(o.number, func(t *helpdesk.Ticket) {
		seat := t.SeatOf(a.ID)
		r := links.Reply{Ticket: uint64(t.ID), Participant: seat.Number, Gen: uint8(seat.Gen)}
		m, _ := o.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
		token := o.Signer.AgentReplyToken(links.Audience(m.Audience), r)
		if note {
			token = o.Signer.AgentNoteToken(links.Audience(m.Audience), r)
		}
		address = "support+" + token + "@acme.example"
	})
	return address
}

// notice is the text of the mail that told Ann of an entry.
func (o *office) notice(seq int) string {
	o.t.Helper()
	t := o.ticket(o.number)
	m, _ := o.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
	return strings.ReplaceAll(outbound.SaidToAgent(t, &o.entries(o.first)[seq-1], m), "\n", "\r\n")
}

// noticeID is the Message-ID of a mail to Ann.
func (o *office) noticeID() string {
	o.t.Helper()
	seat := o.ticket(o.number).SeatOf(o.ann.ID)
	m, _ := o.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
	return o.Signer.MessageID(links.Audience(m.Audience), links.Reply{Ticket: uint64(o.first.Ticket), Participant: seat.Number, Gen: 1}, [8]byte{7}, "acme.example")
}

func quoted(text string) string {
	return "> " + strings.ReplaceAll(strings.TrimSpace(text), "\r\n", "\r\n> ") + "\r\n"
}

// copies are the mails of a purpose that a ticket has caused.
func (b *bench) copies(o helpdesk.Outcome, purpose helpdesk.Purpose) []string {
	return slices.DeleteFunc(b.deliveries(o), func(s string) bool { return !strings.HasPrefix(s, string(purpose)+" ") })
}

// covers: P09
func TestAgentsAreTold(t *testing.T) {
	o := newOffice(t)
	if diff := cmp.Diff([]string{"acknowledgement alice@customer.example", "agentnotice ann@acme.example"}, o.deliveries(o.first)); diff != "" {
		t.Fatalf("mails (-want +got):\n%s", diff)
	}
	if _, err := o.try(mail("robot@shop.example", "<r@x>", "Beep", "Auto-Submitted: auto-generated", "In-Reply-To: <1@x>"), o.replyAddress(o.number, 1)); err != nil {
		t.Fatal(err)
	}
	if got := o.copies(o.first, helpdesk.AgentNotice); len(got) != 1 {
		t.Errorf("a program's mail was told: %v", got)
	}
	o.change(o.number, func(t *helpdesk.Ticket) { t.Assignee = o.boris.ID })
	o.accept(mail(alice, "<2@x>", "And the shade?"), o.replyAddress(o.number, 1))
	want := []string{"agentnotice ann@acme.example", "agentnotice boris@acme.example"}
	if diff := cmp.Diff(want, o.copies(o.first, helpdesk.AgentNotice)); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

// covers: P09, P03, S30
func TestAgentAnswersByMail(t *testing.T) {
	o := newOffice(t)
	text := "#resolve\r\n#assign me\r\n\r\nHello Alice,\r\n\r\nit arrives on Monday.\r\n\r\n-- \r\nAnn Agent\r\nann@acme.example\r\n\r\n" +
		"On Wed, Mar 4, 2026 at 12:00 PM Acme Support <support@acme.example> wrote:\r\n\r\n" + quoted(o.notice(1))
	got := o.accept(mail(ann, "<a@laptop.acme.example>", text, "In-Reply-To: <x@y>"), o.address(o.ann, false))
	if got.Result != helpdesk.Appended || got.Number != o.number || got.Recognised.Rule != "agent-answer" {
		t.Fatalf("outcome %+v", got)
	}
	e := o.entry(got)
	if e.Kind != helpdesk.Message || e.Text != "Hello Alice,\n\nit arrives on Monday." || e.Quoted != "" || e.MessageID != "" || e.Author != o.ann.Author() || e.Hidden {
		t.Errorf("entry %+v", e)
	}
	ticket := o.ticket(o.number)
	if ticket.Status != helpdesk.Resolved || ticket.Assignee != o.ann.ID || !slices.Contains(ticket.Watchers, o.ann.ID) {
		t.Errorf("ticket %+v", ticket)
	}
	if slices.Contains(ticket.MessageIDs, "<a@laptop.acme.example>") {
		t.Errorf("customers get the Message-ID of the agent's mail: %v", ticket.MessageIDs)
	}
	event := o.entries(got)[e.Seq]
	if want := "Ann Agent, by mail: the answer was sent to 1 person; status set to Resolved; assigned to Ann Agent."; event.Kind != helpdesk.Event || event.Text != want {
		t.Errorf("event %q, want %q", event.Text, want)
	}
	want := []string{"acknowledgement alice@customer.example", "agentnotice ann@acme.example", "commandreceipt ann@acme.example", "reply alice@customer.example"}
	if diff := cmp.Diff(want, o.deliveries(got)); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	// The customer's answer, in the thread that the agent's own copy began.
	again := o.accept(mail(alice, "<3@x>", "Thank you", "In-Reply-To: <a@laptop.acme.example>"), "support@acme.example")
	if again.Number != o.number {
		t.Errorf("outcome %+v", again)
	}
}

// covers: P09
func TestAgentAnswerLeavesItPending(t *testing.T) {
	o := newOffice(t)
	got := o.accept(mail(ann, "<a@x>", "On Monday."), o.address(o.ann, false))
	if ticket := o.ticket(o.number); ticket.Status != helpdesk.Pending || ticket.Entries != 2 || len(o.copies(got, helpdesk.CommandReceipt)) != 0 {
		t.Errorf("ticket %+v, mails %v", ticket, o.deliveries(got))
	}
	if again := o.accept(mail(ann, "<a@x>", "On Monday."), o.address(o.ann, false)); again.Result != helpdesk.Duplicate || len(o.copies(got, helpdesk.AgentReply)) != 1 {
		t.Errorf("the same mail again: %+v, mails %v", again, o.deliveries(got))
	}
}

// covers: P09, M02
func TestOnlyTheAgentSpeaksForUs(t *testing.T) {
	o := newOffice(t)
	gone := o.agent("Gone Agent <gone@acme.example>", helpdesk.MailAll)
	goneAddress := o.address(gone, false)
	gone.Disabled = true
	o.save(gone)
	o.change(o.number, func(t *helpdesk.Ticket) { t.SeatOf(o.boris.ID).Gen++ })
	stale := o.address(o.boris, false)
	o.change(o.number, func(t *helpdesk.Ticket) { t.SeatOf(o.boris.ID).Gen-- })
	annReply, annNote, borisReply := o.address(o.ann, false), o.address(o.ann, true), o.address(o.boris, false)
	noticeID := o.noticeID()
	disowning := func(p *Pipeline) {
		p.Auth = mailauth.New(mailauth.Options{Resolver: disowned{}, Now: p.Now})
	}
	tests := []struct {
		name, from, to string
		auth           func(*Pipeline) // nil: a trusted relay vouches
		extra          []string
		want           string // result, cause or rule
	}{
		{"spoofed, NONE", ann, annReply, func(*Pipeline) {}, nil, "held AgentUnproven"},
		{"spoofed, FAIL", ann, annReply, disowning, nil, "held AgentUnproven"},
		{"spoofed note", ann, annNote, func(*Pipeline) {}, nil, "held AgentUnproven"},
		{"another agent", boris, annReply, nil, nil, "held NotParticipant"},
		{"another agent's address for notes", boris, annNote, nil, nil, "held NotParticipant"},
		{"a customer with a leaked address", alice, annReply, nil, nil, "held NotParticipant"},
		{"a customer with a leaked address, unproven", alice, annReply, func(*Pipeline) {}, nil, "held AgentUnproven"},
		{"a customer with a leaked address for notes", alice, annNote, nil, nil, "held NotParticipant"},
		{"a customer who answers a forwarded notice", mary, "support@acme.example", nil, []string{"In-Reply-To: " + noticeID}, "held NotParticipant"},
		{"an agent who answers a notice at the plain address", ann, "support@acme.example", nil, []string{"In-Reply-To: " + noticeID}, "held NotParticipant"},
		{"a disabled agent", "Gone Agent <gone@acme.example>", goneAddress, nil, nil, "held NotParticipant"},
		{"an address that was revoked", boris, stale, nil, nil, "created proven-new"},
		{"answers would go elsewhere", ann, annReply, nil, []string{"Reply-To: ann@evil.example"}, "held AgentUnproven"},
		{"answers would go to the agent", ann, annReply, nil, []string{"Reply-To: ANN@acme.example"}, "appended agent-answer"},
		{"answers would go to two", ann, annReply, nil, []string{"Reply-To: ann@acme.example, x@evil.example"}, "held AgentUnproven"},
		{"no sender", "Ann <ann@acme.example>, Boris <boris@acme.example>", annReply, nil, nil, "held NoSender"},
		{"the agent's own", boris, borisReply, nil, nil, "appended agent-answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := o.copies(o.first, helpdesk.AgentReply)
			b, env := o.bench, Envelope{ID: "t", From: helpdesk.MustAddress("x@elsewhere.example"), Peer: "192.0.2.1", Trusted: tt.auth == nil}
			if tt.auth != nil {
				b = o.with(t, tt.auth)
			}
			outcomes, err := b.tryEnvelope(env, mail(tt.from, "<"+tt.name+"@x>", "CANARY", tt.extra...), tt.to)
			if err != nil {
				t.Fatal(err)
			}
			got := outcomes[0]
			what := string(got.Result) + " " + got.Recognised.Rule
			if got.Held != "" {
				item, err := o.db.HeldItem(t.Context(), "support", got.Held)
				if err != nil {
					t.Fatal(err)
				}
				what = "held " + string(item.Cause)
			}
			if what != tt.want {
				t.Errorf("outcome %s, want %s; %v", what, tt.want, got.Recognised.Evidence)
			}
			if after := o.copies(o.first, helpdesk.AgentReply); len(after) != len(before) && !strings.HasSuffix(tt.want, "agent-answer") {
				t.Errorf("it was relayed: %v, before %v", after, before)
			}
		})
	}
}

// disowned is DNS where acme.example says that all of its mail is signed.
type disowned struct{ noDNS }

func (disowned) LookupTXT(_ context.Context, name string) ([]string, error) {
	if strings.TrimSuffix(name, ".") == "_dmarc.acme.example" {
		return []string{"v=DMARC1; p=none"}, nil
	}
	return nil, notFound(name)
}

// covers: P09, P06
func TestAgentsOutOfOfficeIsNotPosted(t *testing.T) {
	o := newOffice(t)
	before := o.deliveries(o.first)
	got := o.accept(mail(ann, "<ooo@x>", "CANARY: I am away", "Auto-Submitted: auto-replied", "Subject: Automatic reply"), o.address(o.ann, false))
	e := o.entry(got)
	if got.Recognised.Rule != "agent-automatic" || e.Kind != helpdesk.Event || e.Public() || strings.Contains(e.Text, "CANARY") || !strings.Contains(e.Quoted, "CANARY") {
		t.Errorf("outcome %+v, entry %+v", got, e)
	}
	if diff := cmp.Diff(before, o.deliveries(got)); diff != "" || o.ticket(o.number).Status != helpdesk.Open {
		t.Errorf("mails (-before +after):\n%s", diff)
	}
}

// covers: P09
func TestAgentNotesByMail(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		note       bool
		want       string
	}{
		{"to the address for notes", "She called before.", true, "She called before."},
		{"by a command", "#note\r\nShe called before.", false, "She called before."},
		{"by a command with words", "#note She called before.\r\nTwice.", false, "She called before.\nTwice."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.accept(mail(ann, "<n0@x>", "CANARY-one stands in an older note of ours."), o.address(o.ann, true))
			got := o.accept(mail(ann, "<n@x>", tt.text+"\r\n\r\nOn Monday, Ann Agent wrote:\r\n> CANARY-one stands in an older note of ours.\r\n"), o.address(o.ann, tt.note))
			e := o.entry(got)
			if e.Kind != helpdesk.Note || e.Text != tt.want || !strings.Contains(e.Quoted, "CANARY-one") {
				t.Errorf("entry %+v", e)
			}
			if o.ticket(o.number).Status != helpdesk.Open || len(o.copies(got, helpdesk.AgentReply)) != 0 {
				t.Errorf("status %s, mails %v", o.ticket(o.number).Status, o.deliveries(got))
			}
		})
	}
	t.Run("to both addresses", func(t *testing.T) {
		o := newOffice(t)
		got := o.accept(mail(ann, "<n@x>", "CANARY", "Cc: "+o.address(o.ann, true)), o.address(o.ann, false))
		if e := o.entry(got); e.Kind != helpdesk.Note {
			t.Errorf("entry %+v", e)
		}
	})
}

// covers: P09
func TestOrdersByMail(t *testing.T) {
	tests := []struct {
		name, text string
		want       string // the event
		posted     bool
		check      func(*helpdesk.Ticket, *office) bool
	}{
		{"commands alone", "#close\r\n#priority high\r\n#tag lamp -none", "status set to Closed; priority set to High; tags added: lamp", false,
			func(t *helpdesk.Ticket, _ *office) bool {
				return t.Status == helpdesk.Closed && t.Priority == "High" && slices.Equal(t.Tags, []string{"lamp"})
			}},
		{"assign to another", "#assign boris@acme.example\r\nHello", "the answer was sent to 1 person; assigned to Boris Agent", true,
			func(t *helpdesk.Ticket, o *office) bool {
				return t.Assignee == o.boris.ID && t.Status == helpdesk.Pending
			}},
		{"assign to nobody known", "#assign eve@acme.example\r\nHello", "the answer was sent to 1 person; refused: #assign eve@acme.example: there is no such agent", true,
			func(t *helpdesk.Ticket, _ *office) bool { return t.Assignee == "" }},
		{"not understood", "#foo\r\n#resolve\r\nHello CANARY", "status set to Resolved; refused: #foo: is not a command; the text was not sent, as not every command was understood", false,
			func(t *helpdesk.Ticket, _ *office) bool { return t.Status == helpdesk.Resolved }},
		{"misplaced", "Hello CANARY,\r\n#note\r\nshe is angry", "refused: #note: commands stand at the top of a mail; the text was not sent, as not every command was understood", false,
			func(t *helpdesk.Ticket, _ *office) bool { return t.Status == helpdesk.Open }},
		{"merge", "#merge 7\r\nHello", "the answer was sent to 1 person; refused: #merge 7: merging by mail is not available", true, nil},
		{"nothing at all", "", "there was no text above the line", false, nil},
		{"an empty note", "#note", "there was no text for a note", false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			text := tt.text + "\r\n\r\nOn Wed, Mar 4, 2026 at 12:00 PM Acme Support <support@acme.example> wrote:\r\n\r\n" + quoted(o.notice(1))
			got := o.accept(mail(ann, "<o@x>", text), o.address(o.ann, false))
			entries := o.entries(got)
			last := entries[len(entries)-1]
			if want := "Ann Agent, by mail: " + tt.want + "."; last.Kind != helpdesk.Event || last.Text != want {
				t.Errorf("event\n%s\nwant\n%s", last.Text, want)
			}
			if strings.Contains(tt.text, "CANARY") != strings.Contains(last.Quoted, "CANARY") {
				t.Errorf("kept %q of %q", last.Quoted, tt.text)
			}
			if sent := len(o.copies(got, helpdesk.AgentReply)) == 1; sent != tt.posted {
				t.Errorf("posted = %v, want %v", sent, tt.posted)
			}
			if n := len(o.copies(got, helpdesk.CommandReceipt)); n != 1 {
				t.Errorf("%d receipts, want 1", n)
			}
			if ticket := o.ticket(o.number); tt.check != nil && !tt.check(ticket, o) {
				t.Errorf("ticket %+v", ticket)
			}
		})
	}
}

// merger refuses every merge but one.
type merger struct{ merged []int64 }

func (m *merger) Merge(_ context.Context, _ string, _ *helpdesk.Agent, from, into int64) error {
	if into != 7 {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no ticket #%d", into)
	}
	m.merged = append(m.merged, from, into)
	return nil
}

// covers: P09
func TestMergeByMail(t *testing.T) {
	o := newOffice(t)
	m := &merger{}
	b := o.with(t, func(p *Pipeline) { p.Merger = m })
	got := b.accept(mail(ann, "<m@x>", "#merge 7"), o.address(o.ann, false))
	if !slices.Equal(m.merged, []int64{o.number, 7}) || o.ticket(o.number).Entries != 2 {
		t.Errorf("merged %v, outcome %+v", m.merged, got)
	}
	b.accept(mail(ann, "<m2@x>", "#merge 8"), o.address(o.ann, false))
	entries := o.entries(got)
	if last := entries[len(entries)-1]; last.Text != "Ann Agent, by mail: refused: #merge 8: there is no ticket #8." || len(o.copies(got, helpdesk.CommandReceipt)) != 3 {
		t.Errorf("event %q, mails %v", last.Text, o.deliveries(got))
	}
}

// covers: P09, M02
func TestCommandsOfOthersAreText(t *testing.T) {
	o := newOffice(t)
	got := o.accept(mail(alice, "<c@x>", "#close\r\n#assign me\r\nHello"), o.replyAddress(o.number, 1))
	if ticket := o.ticket(o.number); ticket.Status != helpdesk.Open || ticket.Assignee != "" || !strings.HasPrefix(o.entry(got).Text, "#close") {
		t.Errorf("ticket %+v, text %q", ticket, o.entry(got).Text)
	}
}

// merges counts what it is asked for, and does it.
type merges struct {
	*office
	n int
}

func (m *merges) Merge(context.Context, string, *helpdesk.Agent, int64, int64) error {
	m.n++
	m.change(m.number, func(t *helpdesk.Ticket) { t.Ordered = nil })
	return nil
}

// An order to merge outlives a commit whose answer is lost, and is done once.
//
// covers: P09, P05
func TestMergeIsDoneOnce(t *testing.T) {
	o := newOffice(t)
	to := o.address(o.ann, false)
	other := o.accept(mail(mary, "<m@x>", "same"), "support@acme.example")
	m := &merges{office: o}
	b := o.bench.with(t, func(p *Pipeline) { p.Merger, p.Store = m, &flaky{Store: p.Store, after: true} })
	raw := mail(ann, "<a@l>", fmt.Sprintf("#merge %d", other.Number))
	if _, err := b.try(raw, to); err == nil || m.n != 0 {
		t.Fatalf("first try: %v, merged %d times", err, m.n)
	}
	for i := range 3 {
		if got, err := b.try(raw, to); err != nil || got[0].Result != helpdesk.Duplicate || m.n != 1 {
			t.Errorf("try %d: %+v, %v, merged %d times, want once", i+2, got, err, m.n)
		}
	}
}

// A command that sets the status by itself is told to who takes part; an answer
// carries it.
//
// covers: S07, P09
func TestStatusByMailIsTold(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		note       bool
		want       int
	}{
		{"alone", "#close", false, 1},
		{"with a note", "#close\r\n#note\r\nshe called", true, 1},
		{"with an answer", "#close\r\n\r\nDone.", false, 0},
		{"as it was", "#open", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			got := o.accept(mail(ann, "<a@x>", tt.text), o.address(o.ann, tt.note))
			if told := o.copies(got, helpdesk.StatusChanged); len(told) != tt.want {
				t.Errorf("told %v, want %d", told, tt.want)
			}
		})
	}
}

// Whom another customer named gets nothing that a customer wrote until they write.
//
// covers: M04, S06
func TestWhoWasOnlyNamedIsToldWhenTheyWrite(t *testing.T) {
	o := newOffice(t)
	bob := helpdesk.MustAddress("bob@customer.example")
	o.change(o.number, func(t *helpdesk.Ticket) { t.Join("bob", "Bob", bob, noon).Unasked = true })
	got := o.accept(mail(alice, "<2@x>", "And the shade?"), o.replyAddress(o.number, 1))
	if told := o.copies(got, helpdesk.Update); len(told) != 0 {
		t.Fatalf("told %v", told)
	}
	o.accept(mail("Bob <bob@customer.example>", "<3@x>", "I take the lamp."), o.replyAddress(o.number, 2))
	if o.ticket(o.number).Participants[1].Unasked {
		t.Error("who wrote, proven, still counts as only named")
	}
	got = o.accept(mail(alice, "<4@x>", "Fine."), o.replyAddress(o.number, 1))
	want := []string{"update alice@customer.example", "update bob@customer.example"}
	if diff := cmp.Diff(want, o.copies(got, helpdesk.Update)); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
}
