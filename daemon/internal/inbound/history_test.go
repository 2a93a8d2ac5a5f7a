package inbound

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

var longAgo = time.Date(2019, 5, 6, 7, 0, 0, 0, time.UTC)

// archive is one mail of the past, written so many days after longAgo.
type archive struct {
	day     int
	from    string
	to      string
	id      string
	answers string // Message-IDs
	text    string
	head    string // another field
	sent    bool   // lies among the sent mail
	mbox    bool   // among others
}

func (a archive) raw() string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\nTo: %s\nSubject: Order\nDate: %s\nMessage-ID: %s\n", a.from, a.to, a.at().Format(time.RFC1123Z), a.id)
	if a.answers != "" {
		fmt.Fprintf(&b, "In-Reply-To: %s\nReferences: %s\n", a.answers[strings.LastIndexByte(a.answers, ' ')+1:], a.answers)
	}
	if a.head != "" {
		b.WriteString(a.head + "\n")
	}
	return b.String() + "\n" + a.text + "\n"
}

func (a archive) at() time.Time { return longAgo.AddDate(0, 0, a.day) }

func (a archive) history() helpdesk.History {
	return helpdesk.History{Status: helpdesk.Closed, At: a.at(), Sent: a.sent, OwnFile: !a.mbox, Ours: []helpdesk.Address{helpdesk.MustAddress("former@acme.example")}}
}

func (b *bench) tryPast(a archive, look bool) (helpdesk.Outcome, error) {
	return b.Import(b.t.Context(), helpdesk.Archived{Account: "support", Mailbox: "support", History: a.history(), Raw: strings.NewReader(a.raw()), Look: look})
}

// past takes in a mail of an archive, having asked first what would become of it.
func (b *bench) past(a archive) string {
	b.t.Helper()
	foreseen, lookErr := b.tryPast(a, true)
	o, err := b.tryPast(a, false)
	if fmt.Sprint(lookErr) != strings.TrimPrefix(fmt.Sprint(err), "take in mail for support: ") || foreseen.Result != o.Result {
		b.t.Errorf("foreseen %s, %v, came to %s, %v", foreseen.Result, lookErr, o.Result, err)
	}
	if err != nil {
		return "refused: " + helpdesk.Public(err)
	}
	if o.Recognised == nil {
		return fmt.Sprintf("%s #%d", o.Result, o.Number)
	}
	said := fmt.Sprintf("%s #%d %s", o.Result, o.Number, o.Recognised.Rule)
	if o.Result == helpdesk.Duplicate {
		return said
	}
	e := b.entry(o)
	if e.Kind != helpdesk.Message {
		said += " " + string(e.Kind)
	}
	if e.Hidden {
		said += " hidden"
	}
	return said + " by " + string(e.Author.Role)
}

func (b *bench) addAgent(name, address string) *helpdesk.Agent {
	b.t.Helper()
	a := &helpdesk.Agent{ID: helpdesk.NewID(), Name: name, Address: helpdesk.MustAddress(address), Mail: helpdesk.MailAll}
	if err := b.db.Commit(b.t.Context(), &helpdesk.Change{Account: "support", Agent: a}); err != nil {
		b.t.Fatal(err)
	}
	return a
}

// silent fails when anything is to go out, be held, be counted or be proven.
type silent struct {
	Store
	t testing.TB
}

func (s silent) Commit(ctx context.Context, c *helpdesk.Change) error {
	if len(c.Deliveries) > 0 || len(c.Budgets) > 0 || len(c.Signatures) > 0 || c.Held != nil || c.Agent != nil {
		s.t.Errorf("a mail of the past causes %+v", c)
	}
	if c.Contact != nil && c.Contact.Rev == 0 && c.Contact.Addresses[0].Proven != nil {
		s.t.Errorf("a mail of the past proves %v", c.Contact.Addresses[0].Address)
	}
	return s.Store.Commit(ctx, c)
}

func newPastBench(t testing.TB) *bench {
	b := newBench(t)
	b.addAgent("Ada", "ada@acme.example")
	return b.with(t, func(p *Pipeline) { p.Store = silent{p.Store, t} })
}

const (
	vendor  = "Vendor <help@vendor.example>"
	support = "Acme Support <support@acme.example>"
	ada     = "Ada <ada@acme.example>"
)

// A conversation of several people as an archive of the inbox and of the sent
// mails holds it.
//
// covers: P01, P02, P04, M02
func TestPast(t *testing.T) {
	b := newPastBench(t)
	for _, tt := range []struct {
		name string
		mail archive
		want string
	}{
		{"first mail", archive{day: 1, from: alice, to: support, id: "<a1@customer.example>", text: "Where is it?"}, "created #1 past-new by customer"},
		{"our answer", archive{day: 2, from: support, to: alice, id: "<s1@acme.example>", answers: "<a1@customer.example>", text: "Which one?"}, "appended #1 past-ours by agent"},
		{"their answer, copied to a friend", archive{day: 3, from: alice, to: support + ", " + mary, id: "<a2@customer.example>", answers: "<a1@customer.example> <s1@acme.example>", text: "The blue one."}, "appended #1 past-participant by customer"},
		{"the friend answers all", archive{day: 4, from: mary, to: alice + ", " + support, id: "<m1@elsewhere.example>", answers: "<a2@customer.example>", text: "I saw it."}, "appended #1 past-copied hidden by customer"},
		{"an agent asks a vendor", archive{day: 5, from: ada, to: vendor, id: "<s2@acme.example>", answers: "<a2@customer.example>", text: "CANARY: who is this?"}, "appended #1 past-ours-elsewhere hidden by agent"},
		{"the vendor answers, a stranger to the request", archive{day: 6, from: vendor, to: ada, id: "<v1@vendor.example>", answers: "<s2@acme.example>", text: "No idea."}, "created #2 past-new by customer"},
		{"the agent answers the vendor", archive{day: 7, from: ada, to: vendor, id: "<s3@acme.example>", answers: "<a2@customer.example> <s2@acme.example> <v1@vendor.example>", text: "Thanks."}, "appended #2 past-ours by agent"},
		{"the agent answers the customer", archive{day: 8, from: ada, to: alice, id: "<s4@acme.example>", answers: "<a2@customer.example>", text: "It is on its way."}, "appended #1 past-ours by agent"},
		{"out of office", archive{day: 8, from: alice, to: support, id: "<o1@customer.example>", answers: "<s4@acme.example>", text: "Away.", head: "Auto-Submitted: auto-replied"}, "appended #1 past-automatic hidden by customer"},
		{"a note among us", archive{day: 9, from: ada, to: support, id: "<n1@acme.example>", answers: "<a2@customer.example>", text: "Watch this one."}, "appended #1 past-ours-elsewhere hidden by agent"},
		{"we write first", archive{day: 10, from: support, to: ada + ", " + mary + ", " + alice, id: "<s5@acme.example>", text: "We have news."}, "created #3 past-ours-new by agent"},
		{"and are answered", archive{day: 11, from: mary, to: support, id: "<m2@elsewhere.example>", answers: "<s5@acme.example>", text: "Good!"}, "appended #3 past-participant by customer"},
		{"newsletter", archive{day: 12, from: "news@shop.example", to: support, id: "<l1@shop.example>", text: "Buy.", head: "List-Id: <news.shop.example>"}, "created #4 past-automatic-new hidden by customer"},
		{"an agent as a customer", archive{day: 13, from: ada, to: support, id: "<c1@acme.example>", text: "My chair squeaks."}, "created #5 past-new by customer"},
		{"is answered", archive{day: 14, from: support, to: ada, id: "<s6@acme.example>", answers: "<c1@acme.example>", text: "Oil it."}, "appended #5 past-ours-elsewhere hidden by agent"},
		{"and answers", archive{day: 15, from: ada, to: support, id: "<c2@acme.example>", answers: "<s6@acme.example>", text: "Thanks."}, "appended #5 past-participant by customer"},
		{"monitoring", archive{day: 16, from: support, to: support, id: "<t1@acme.example>", text: "Test."}, "refused: it is from us to us, and about no request that is here"},
		{"two senders", archive{day: 17, from: alice + ", " + mary, to: support, id: "<two@customer.example>", text: "We."}, "refused: it does not name exactly one sender"},
		{"other system's number of another request", archive{day: 18, from: alice, to: support, id: "<a9@customer.example>", text: "New matter.", head: "Subject: [#1] Re: Ticket"}, "created #6 past-new by customer"},
		{"the same again", archive{day: 1, from: alice, to: support, id: "<a1@customer.example>", text: "Where is it?"}, "duplicate #1 past-new"},
		{"a report about our answer", archive{day: 2, from: "mailer-daemon@relay.example", to: support, id: "<b1@relay.example>", text: bounceOf("<s1@acme.example>"), head: bounceHead}, "appended #1 past-report event hidden by system"},
		{"a report about something else", archive{day: 2, from: "mailer-daemon@relay.example", to: support, id: "<b2@relay.example>", text: bounceOf("<zz@acme.example>"), head: bounceHead}, "refused: it is a report about a mail that is not here"},
		{"a former colleague answers", archive{day: 12, from: "Fay <former@acme.example>", to: mary, id: "<f1@acme.example>", answers: "<m2@elsewhere.example>", text: "Indeed."}, "appended #3 past-ours by agent"},
		{"an old address among the sent mail", archive{day: 12, from: "Old <help@acme-old.example>", to: mary, id: "<f2@acme.example>", answers: "<m2@elsewhere.example>", text: "Once more.", sent: true}, "appended #3 past-ours by agent"},
		{"ours among others", archive{day: 13, from: support, to: mary, id: "<f3@acme.example>", answers: "<m2@elsewhere.example>", text: "CANARY in the text of a mail", mbox: true}, "appended #3 past-ours-claimed hidden by agent"},
		{"ours among others, sent", archive{day: 13, from: support, to: mary, id: "<f4@acme.example>", answers: "<m2@elsewhere.example>", text: "Bye.", mbox: true, sent: true}, "appended #3 past-ours by agent"},
		{"ours that came in", archive{day: 13, from: ada, to: alice + ", " + support, id: "<f5@acme.example>", answers: "<a1@customer.example>", text: "CANARY by a stranger", head: "Received: by mx.acme.example"}, "appended #1 past-ours-claimed hidden by agent"},
		{"ours that came in, about nothing", archive{day: 13, from: ada, to: "victim@elsewhere.example", id: "<f6@acme.example>", text: "CANARY by a stranger", head: "Delivered-To: support@acme.example"}, "created #7 past-ours-claimed-new hidden by agent"},
		{"from nobody", archive{day: 3, from: mary, to: support, id: "<null@elsewhere.example>", text: "Hm.", head: "Return-Path: <>"}, "created #8 past-automatic-new hidden by customer"},
	} {
		if got := b.past(tt.mail); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	b.checkPast(t)
}

const bounceHead = "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b"

func bounceOf(id string) string {
	return "--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n" +
		"Final-Recipient: rfc822; alice@customer.example\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nMessage-ID: " + id + "\n\nx\n--b--"
}

// checkPast looks at what stands in the store afterwards.
func (b *bench) checkPast(t *testing.T) {
	first := b.ticket(1)
	if first.Status != helpdesk.Closed || first.Channel != helpdesk.ByImport || !first.Opened.Equal(longAgo.AddDate(0, 0, 1)) || !first.Updated.Equal(longAgo.AddDate(0, 0, 13)) {
		t.Errorf("ticket = %s by %s, %v to %v", first.Status, first.Channel, first.Opened, first.Updated)
	}
	if n := len(first.Participants); n != 1 || first.Requester().Address.String() != "alice@customer.example" {
		t.Errorf("participants = %+v, want her alone: a copy is no key", first.Participants)
	}
	if r := b.ticket(3).Requester(); r.Address.String() != "mary@elsewhere.example" || r.Contact == "" {
		t.Errorf("requester of what we began = %+v", r)
	}
	if maybe := b.ticket(2).Maybe; maybe != first.ID {
		t.Errorf("the vendor's request may belong to %v, want #1", maybe)
	}
	entries := b.entries(helpdesk.Outcome{Account: "support", Ticket: first.ID})
	view := first.CustomerView(first.Requester(), entries, helpdesk.HelpCenter{})
	var seen []string
	for _, m := range view.Thread {
		seen = append(seen, m.Text)
	}
	if diff := cmp.Diff([]string{"Where is it?", "Which one?", "The blue one.", "It is on its way."}, seen); diff != "" {
		t.Errorf("the customer sees (-want +got):\n%s", diff)
	}
	if e := entries[0]; e.Channel != helpdesk.ByImport || !e.At.Equal(longAgo.AddDate(0, 0, 1)) || e.Recognised.Trust.Proof != helpdesk.ProofImported {
		t.Errorf("entry = %+v", e)
	}
	if a := entries[1].Author; a.Role != helpdesk.AgentAs || a.Address.String() != "support@acme.example" {
		t.Errorf("author of our answer = %+v", a)
	}
	if a := entries[4].Author; a.Name != "Ada" || a.ID == "" {
		t.Errorf("author of the agent's mail = %+v", a)
	}
}

// What came from an archive is found by what comes now, and the other way round.
//
// covers: P02, P03, P05
func TestPastAndPresent(t *testing.T) {
	b := newBench(t)
	first := archive{day: 1, from: alice, to: support, id: "<a1@customer.example>", text: "Where is it?"}
	if got := b.past(first); got != "created #1 past-new by customer" {
		t.Fatal(got)
	}
	crlf := strings.ReplaceAll(first.raw(), "\n", "\r\n")
	if o := b.accept(crlf, "support@acme.example"); o.Result != helpdesk.Duplicate || o.Number != 1 {
		t.Errorf("the same mail by SMTP = %+v, want a duplicate", o)
	}
	reply := b.accept(mail(alice, "<late@customer.example>", "It came!", "In-Reply-To: <a1@customer.example>"), "support@acme.example")
	if second := b.ticket(reply.Number); reply.Result != helpdesk.Created || second.Follows != b.ticket(1).ID || second.Status != helpdesk.Open {
		t.Errorf("a reply to the past = %+v, %+v, want a ticket that follows", reply, second)
	}
	if s := b.ticket(1).Status; s != helpdesk.Closed {
		t.Errorf("status of the past = %s", s)
	}

	live := b.accept(mail(mary, "<new@elsewhere.example>", "Hello"), "support@acme.example")
	again := archive{from: mary, to: support, id: "<new@elsewhere.example>", text: "Hello"}
	raw := mail(mary, "<new@elsewhere.example>", "Hello")
	o, err := b.Import(t.Context(), helpdesk.Archived{Account: "support", Mailbox: "support", History: again.history(), Raw: strings.NewReader(raw)})
	if err != nil || o.Result != helpdesk.Duplicate || o.Number != live.Number {
		t.Errorf("what came live = %+v, %v, want a duplicate", o, err)
	}
	before := b.ticket(live.Number)
	older := archive{day: 3, from: support, to: mary, id: "<s1@acme.example>", answers: "<new@elsewhere.example>", text: "Hello too"}
	if got := b.past(older); got != fmt.Sprintf("appended #%d past-ours by agent", live.Number) {
		t.Error(got)
	}
	if after := b.ticket(live.Number); after.Status != helpdesk.Open || !after.Updated.Equal(before.Updated) || !after.Opened.Equal(before.Opened) {
		t.Errorf("a live ticket became %+v", after)
	}
	theirs := archive{day: 4, from: mary, to: support, id: "<new2@elsewhere.example>", answers: "<s1@acme.example>", text: "Maybe mine"}
	if got := b.past(theirs); got != fmt.Sprintf("appended #%d past-current hidden by customer", live.Number) {
		t.Error(got)
	}
	sent := archive{day: 3, from: support, to: mary, id: b.sentID(live.Number, 1), text: "What the desk sent"}
	if got := b.past(sent); got != fmt.Sprintf("duplicate #%d", live.Number) {
		t.Errorf("a copy of what this desk sent: %s", got)
	}
	forged := archive{day: 3, from: mary, to: support, id: b.sentID(live.Number, 1), text: "A customer's mail with our id"}
	if got := b.past(forged); got != fmt.Sprintf("created #%d past-new by customer", live.Number+1) {
		t.Errorf("a customer's mail that bears our id: %s", got)
	}
}

// covers: P02
func TestPastSignedAddresses(t *testing.T) {
	b := newPastBench(t)
	b.past(archive{day: 1, from: alice, to: support, id: "<a1@customer.example>", text: "one"})
	agent := b.addAgent("Bo", "bo@acme.example")
	var seat uint16
	b.change(1, func(t *helpdesk.Ticket) { seat = t.SeatOf(agent.ID).Number })
	box, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
	to := func(sign func(links.Audience, links.Reply) string) string {
		t := b.ticket(1)
		return "support+" + sign(links.Audience(box.Audience), links.Reply{Ticket: uint64(t.ID), Participant: seat, Gen: uint8(t.Seat(seat).Gen)}) + "@acme.example"
	}
	for _, tt := range []struct {
		name string
		mail archive
		want string
	}{
		{"reply address", archive{day: 2, from: alice, to: b.replyAddress(1, 1), id: "<2@x>", text: "two"}, "appended #1 past-participant by customer"},
		{"reply address, somebody else", archive{day: 2, from: mary, to: b.replyAddress(1, 1), id: "<3@x>", text: "three"}, "appended #1 past-stranger hidden by customer"},
		{"agent's answer, which went out then", archive{day: 2, from: "bo@acme.example", to: to(b.Signer.AgentReplyToken), id: "<4@x>", text: "four"}, "appended #1 past-agent-address hidden by agent"},
		{"agent's note", archive{day: 2, from: "bo@acme.example", to: to(b.Signer.AgentNoteToken), id: "<5@x>", text: "close"}, "appended #1 past-agent-address hidden by agent"},
		{"agent's address, somebody else", archive{day: 2, from: mary, to: to(b.Signer.AgentNoteToken), id: "<6@x>", text: "six"}, "appended #1 past-agent-address hidden by customer"},
	} {
		if got := b.past(tt.mail); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// covers: P04
func TestPastLimits(t *testing.T) {
	b := newBench(t)
	d := directory{box("support", "support", "support@acme.example")}
	d[0].MaxBytes = 1 << 20
	b = b.with(t, func(p *Pipeline) { p.Directory = d })
	a := archive{day: 1, from: alice, to: support, id: "<a@x>"}
	for _, tt := range []struct {
		name  string
		size  int
		dated time.Time
		box   string
		want  helpdesk.Kind
		at    time.Time
	}{
		{"as large as it may be", 1 << 20, longAgo, "support", 0, longAgo},
		{"larger", 1<<20 + 1, longAgo, "support", helpdesk.TooLarge, longAgo},
		{"dated ahead", 1000, noon.Add(time.Hour), "support", 0, noon},
		{"not dated", 2000, time.Time{}, "support", 0, noon},
		{"no such mailbox", 1000, longAgo, "sales", helpdesk.NotFound, longAgo},
	} {
		for _, look := range []bool{true, false} {
			a.text = ""
			a.text = strings.Repeat("x", tt.size-len(a.raw()))
			o, err := b.Import(t.Context(), helpdesk.Archived{
				Account: "support", Mailbox: tt.box, History: helpdesk.History{Status: helpdesk.Resolved, At: tt.dated},
				Raw: strings.NewReader(a.raw()), Look: look,
			})
			if (err != nil) != (tt.want != 0) || helpdesk.KindOf(err) != tt.want {
				t.Errorf("%s, look %t: %v, want %v", tt.name, look, err, tt.want)
			}
			if err == nil && !look {
				if made := b.ticket(o.Number); made.Status != helpdesk.Resolved || !made.Opened.Equal(tt.at) {
					t.Errorf("%s: %s of %v, want Resolved of %v", tt.name, made.Status, made.Opened, tt.at)
				}
			}
		}
	}
}

// Whoever imports an archive in pieces, in the order of time, gets what comes of
// it as a whole; and whoever breaks off and begins again gets nothing twice.
//
// covers: P05
func TestPastInPieces(t *testing.T) {
	mails := conversations(rand.New(rand.NewPCG(1, 2)), 12)
	whole := newBench(t)
	for _, a := range mails {
		whole.past(a)
	}
	pieces := newBench(t)
	for _, end := range []int{5, 3, 20, 11, len(mails)} { // going back now and then
		for _, a := range mails[:min(end, len(mails))] {
			pieces.past(a)
		}
	}
	if diff := cmp.Diff(whole.threads(), pieces.threads()); diff != "" {
		t.Errorf("in pieces (-whole +pieces):\n%s", diff)
	}
}

// Whoever imports what was sent first and what came in later gets the same
// requests, and reads them in the same order.
//
// covers: P02
func TestPastSentFirst(t *testing.T) {
	mails := conversations(rand.New(rand.NewPCG(3, 4)), 12)
	whole, parts := newBench(t), newBench(t)
	for _, a := range mails {
		whole.past(a)
	}
	for _, sent := range []bool{true, false} {
		for _, a := range mails {
			if (a.from == support) == sent {
				parts.past(a)
			}
		}
	}
	want, got := whole.threads(), parts.threads()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sent mail first (-whole +parts):\n%s", diff)
	}
}

// conversations makes threads of customers and us, in the order of time.
func conversations(r *rand.Rand, n int) []archive {
	var all []archive
	for i := range n {
		customer := fmt.Sprintf("c%d@customer.example", i)
		day, refs := r.IntN(100), ""
		for j := range 1 + r.IntN(5) {
			a := archive{day: day, from: customer, to: support, id: fmt.Sprintf("<%d.%d@mail.example>", i, j), answers: refs, text: fmt.Sprint("text ", i, j)}
			if r.IntN(2) == 0 {
				a.from, a.to = support, customer
			}
			all = append(all, a)
			refs = strings.TrimSpace(refs + " " + a.id)
			day += 1 + r.IntN(20)
		}
	}
	slices.SortStableFunc(all, func(a, b archive) int { return a.day - b.day })
	return all
}

// threads are the texts of all tickets, as they are read.
func (b *bench) threads() []string {
	b.t.Helper()
	var all []string
	for n := int64(1); ; n++ {
		t, err := b.db.TicketByNumber(b.t.Context(), "support", n)
		if err != nil {
			return all
		}
		told := t.Requester().Address.String()
		entries := b.entries(helpdesk.Outcome{Account: "support", Ticket: t.ID})
		places := helpdesk.Places(entries)
		slices.SortStableFunc(entries, func(x, y helpdesk.Entry) int { return places[x.Seq-1].Compare(places[y.Seq-1]) })
		for _, e := range entries {
			told += fmt.Sprint(" | ", e.Author.Role, " ", e.At.Format(time.DateOnly), " ", e.Text)
		}
		all = append(all, told)
	}
}

// Whatever the situation, the past is quiet, and customers see only what the
// requester or one of us wrote to them.
func TestPastTable(t *testing.T) {
	facts := [][]fact{nil, {ours}, {ours, elsewhere}, {ours, claimed}, {ours, elsewhere, claimed}, {current}, {ours, current}, {amongUs}}
	for _, class := range append(slices.Clone(reports), append(unwritten, helpdesk.ClassMessage)...) {
		for _, token := range helpdesk.Tokens {
			for _, sender := range helpdesk.Senders {
				for _, is := range facts {
					c := &incoming{env: Envelope{History: &helpdesk.History{}}, class: class, token: token, sender: sender, facts: map[fact]bool{}}
					for _, f := range is {
						c.facts[f] = true
					}
					c.decide()
					s := situation{class: class, token: token, sender: sender, facts: is}
					v := c.verdict
					if v.act != toRecall && v.act != toRecallNew && v.act != toRefuse || v.answer != "" || v.cause != "" || (v.act == toRefuse) != (v.why != "") {
						t.Errorf("%s: %s is not quiet", s, v.name)
					}
					if v.act == toRecall && token == helpdesk.TokenNone {
						t.Errorf("%s: %s joins what nothing names", s, v.name)
					}
					mayShow := class == helpdesk.ClassMessage && (s.is(ours) && !s.is(elsewhere) && !s.is(claimed) || sender == helpdesk.SenderParticipant && !s.is(current))
					if v.act == toRecall && !v.hidden && !mayShow {
						t.Errorf("%s: %s shows it to customers", s, v.name)
					}
					if v.act == toRecallNew && !v.hidden && class != helpdesk.ClassMessage {
						t.Errorf("%s: %s shows what a program wrote", s, v.name)
					}
					if v.act == toRecallNew && !v.hidden && s.is(claimed) {
						t.Errorf("%s: %s shows what only says that it is ours", s, v.name)
					}
				}
			}
		}
	}
}

// The page about importing lists every row, in its order.
func TestPastTableIsWrittenDown(t *testing.T) {
	page, err := os.ReadFile("../../../docs/import.md")
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, r := range pastTable {
		found := strings.Index(string(page)[at:], "| `"+r.name+"`")
		if found < 0 {
			t.Errorf("docs/import.md does not tell the row %s, or not in its place", r.name)
			continue
		}
		at += found
	}
}

// What one of us wrote to one of several who take part is not shown to the others.
//
// covers: P02, M02
func TestPastAnswersAreForWhomTheyWentTo(t *testing.T) {
	for _, tt := range []struct {
		name   string
		joined time.Time
		shown  bool // the history, to who joined
		to     string
		want   string
	}{
		{"to both", longAgo, false, alice + ", " + mary, "appended #1 past-ours by agent"},
		{"to the requester alone", longAgo, false, alice, "appended #1 past-ours-elsewhere hidden by agent"},
		{"to the colleague alone", longAgo, false, mary, "appended #1 past-ours-elsewhere hidden by agent"},
		{"to the requester, before the colleague joined", longAgo.AddDate(1, 0, 0), false, alice, "appended #1 past-ours by agent"},
		{"to the requester, of which the colleague may read", longAgo.AddDate(1, 0, 0), true, alice, "appended #1 past-ours by agent"},
		{"to the colleague, who may read the rest", longAgo, true, mary, "appended #1 past-ours-elsewhere hidden by agent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newPastBench(t)
			b.past(archive{day: 1, from: alice, to: support, id: "<a1@customer.example>", text: "Where is it?"})
			b.change(1, func(t *helpdesk.Ticket) {
				t.Join(helpdesk.NewID(), "Mary", helpdesk.MustAddress("mary@elsewhere.example"), tt.joined).History = tt.shown
			})
			if got := b.past(archive{day: 5, from: support, to: tt.to, id: "<s1@acme.example>", answers: "<a1@customer.example>", text: "Here."}); got != tt.want {
				t.Errorf("came to %s, want %s", got, tt.want)
			}
		})
	}
}

// Asking what would become of a large mail takes no more memory than taking it in.
//
// covers: P04
func TestLargeMailOfThePastIsForeseenInAFile(t *testing.T) {
	b := newBench(t)
	blobs, err := blob.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	b = b.with(t, func(p *Pipeline) { p.Blobs = blobs })
	raw := largeMail("<1@x>", 200_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	o, err := b.Import(t.Context(), helpdesk.Archived{
		Account: "support", Mailbox: "support", History: helpdesk.History{Status: helpdesk.Closed, At: longAgo}, Raw: strings.NewReader(raw), Look: true,
	})
	runtime.ReadMemStats(&after)
	if err != nil || o.Result != helpdesk.Created {
		t.Fatalf("foreseen %s, %v", o.Result, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("looking at %d bytes took %d of memory", len(raw), took)
	}
}
