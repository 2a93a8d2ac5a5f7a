package inbound

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// covers: P01, P04, M02
func TestNewTicket(t *testing.T) {
	b := newBench(t)
	raw := mail(alice, "<1@customer.example>", "Where is it?")
	o := b.accept(raw, "support@acme.example")
	ticket := b.ticket(o.Number)
	if o.Result != helpdesk.Created || o.Recognised.Rule != "proven-new" || ticket.Status != helpdesk.Open ||
		ticket.Subject != "Order" || ticket.Mailbox != "support" || ticket.HelpCenter != "acme" {
		t.Errorf("outcome %+v, ticket %+v", o, ticket)
	}
	if r := ticket.Requester(); r == nil || r.Address.String() != "alice@customer.example" || r.Name != "Alice" || r.LinkGen != 1 {
		t.Errorf("requester = %+v", r)
	}
	e := b.entry(o)
	if e.Text != "Where is it?" || e.Hidden || e.Author.ID != ticket.Requester().Contact {
		t.Errorf("entry = %+v", e)
	}
	if diff := cmp.Diff([]string{"acknowledgement alice@customer.example"}, b.deliveries(o)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	hash, err := blob.ParseHash(e.Raw)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := blob.Get(t.Context(), b.Blobs, "support", hash, 1<<20)
	if err != nil || string(kept) != raw {
		t.Errorf("raw = %q, %v, want the mail as it came", kept, err)
	}
}

// covers: P02, M02
func TestReplies(t *testing.T) {
	b := newBench(t)
	known := func(n int64) string { return fmt.Sprintf("In-Reply-To: <first%d@customer.example>", n) }
	for i, tt := range []struct {
		name string
		from string
		to   func(number int64) string // envelope; nil = the plain mailbox
		head func(number int64) string
		bare bool // no trusted relay: nothing is proven
		want string
	}{
		{"signed address", alice, func(n int64) string { return b.replyAddress(n, 1) }, nil, false, "appended proven-participant own"},
		{"signed address, upper case", alice, func(n int64) string { return strings.ToUpper(b.replyAddress(n, 1)) }, nil, false, "appended proven-participant own"},
		{"signed address in the header", alice, nil, func(n int64) string { return "Cc: " + b.replyAddress(n, 1) }, false, "appended proven-participant own"},
		{"our Message-ID", alice, nil, func(n int64) string { return "In-Reply-To: " + b.sentID(n, 1) }, false, "appended proven-participant message"},
		{"our Message-ID in References", alice, nil, func(n int64) string { return "References: <x@y> " + b.sentID(n, 1) + " <z@y>" }, false, "appended proven-participant message"},
		{"known Message-ID", alice, nil, known, false, "appended proven-participant known"},
		{"equal subject is nothing", alice, nil, nil, false, "created proven-new none"},
		{"forged Message-ID", alice, nil, func(n int64) string {
			return "In-Reply-To: " + strings.Replace(b.sentID(n, 1), "@", "a@", 1)
		}, false, "created proven-new none"},
		{"stranger with the address of another", mary, func(n int64) string { return b.replyAddress(n, 1) }, nil, false, "held proven-stranger other"},
		{"stranger with our Message-ID", mary, nil, func(n int64) string { return "In-Reply-To: " + b.sentID(n, 1) }, false, "held proven-stranger message"},
		{"stranger with a known Message-ID", mary, nil, known, false, "created proven-new known"},
		{"unproven with own address", alice, func(n int64) string { return b.replyAddress(n, 1) }, nil, true, "appended unproven-own-address own"},
		{"unproven with our Message-ID", alice, nil, func(n int64) string { return "In-Reply-To: " + b.sentID(n, 1) }, true, "held unproven-answer message"},
		{"unproven with a known Message-ID", alice, nil, known, true, "held unproven-answer known"},
		{"unproven stranger with the address of another", mary, func(n int64) string { return b.replyAddress(n, 1) }, nil, true, "held unproven-answer other"},
		{"two in From", alice + ", " + mary, func(n int64) string { return b.replyAddress(n, 1) }, nil, false, "held no-sender other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := b.with(t, func(*Pipeline) {})
			first := b.accept(mail(alice, fmt.Sprintf("<first%d@customer.example>", i+1), fmt.Sprint("question ", i)), "support@acme.example")
			to, head := "support@acme.example", "X: y"
			if tt.to != nil {
				to = tt.to(first.Number)
			}
			if tt.head != nil {
				head = tt.head(first.Number)
				if strings.Contains(head, "<first") {
					head = fmt.Sprintf("In-Reply-To: <first%d@customer.example>", i+1)
				}
			}
			env := Envelope{From: helpdesk.MustAddress("bounces@customer.example"), Trusted: !tt.bare}
			got, err := b.tryEnvelope(env, mail(tt.from, fmt.Sprintf("<second%d@x>", i), "answer", head), to)
			if err != nil {
				t.Fatal(err)
			}
			o := got[0]
			if said := fmt.Sprint(o.Result, " ", o.Recognised.Rule, " ", o.Recognised.Token); said != tt.want {
				t.Errorf("outcome = %s, want %s; %v", said, tt.want, o.Recognised.Evidence)
			}
			public := 0
			for _, e := range b.entries(first) {
				if e.Public() {
					public++
				}
			}
			if want := 1 + strings.Count(tt.want, "appended proven"); public != want {
				t.Errorf("customers see %d entries, want %d", public, want)
			}
			if n := len(b.ticket(first.Number).Participants); n != 1 {
				t.Errorf("%d participants, want 1: mail adds nobody", n)
			}
		})
	}
}

// covers: P03
func TestReplyChangesStatus(t *testing.T) {
	b := newBench(t)
	for i, tt := range []struct {
		name    string
		status  helpdesk.Status
		program bool
		trusted bool
		want    helpdesk.Status // of the first ticket afterwards
		follows bool            // it becomes a ticket of its own
		answers []string        // of that ticket
	}{
		{"pending", helpdesk.Pending, false, true, helpdesk.Open, false, nil},
		{"resolved", helpdesk.Resolved, false, true, helpdesk.Open, false, nil},
		{"an unproven reply is for agents to look at", helpdesk.Resolved, false, false, helpdesk.Open, false, nil},
		{"out of office reopens nothing", helpdesk.Pending, true, true, helpdesk.Pending, false, nil},
		{"closed", helpdesk.Closed, false, true, helpdesk.Closed, true, []string{"acknowledgement alice@customer.example"}},
		{"closed, unproven", helpdesk.Closed, false, false, helpdesk.Closed, true, nil},
		{"closed, out of office", helpdesk.Closed, true, true, helpdesk.Closed, false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			now := noon.Add(time.Duration(i) * 24 * time.Hour)
			b := b.with(t, func(p *Pipeline) { p.Now = func() time.Time { return now } })
			first := b.accept(mail(alice, fmt.Sprintf("<s%d@customer.example>", i), fmt.Sprint("question ", i)), "support@acme.example")
			now = now.Add(time.Hour) // she may be answered again
			b.change(first.Number, func(t *helpdesk.Ticket) { t.Status = tt.status })
			head := "X: y"
			if tt.program {
				head = "Auto-Submitted: auto-replied"
			}
			env := Envelope{From: helpdesk.MustAddress("alice@customer.example"), Trusted: tt.trusted}
			got, err := b.tryEnvelope(env, mail(alice, fmt.Sprintf("<r%d@customer.example>", i), "more", head), b.replyAddress(first.Number, 1))
			if err != nil {
				t.Fatal(err)
			}
			if s := b.ticket(first.Number).Status; s != tt.want {
				t.Errorf("status = %s, want %s", s, tt.want)
			}
			second := b.ticket(got[0].Number)
			if follows := second.Follows == first.Ticket; follows != tt.follows || follows == (got[0].Ticket == first.Ticket) {
				t.Errorf("ticket %+v, want one that follows the first: %t", second, tt.follows)
			}
			if tt.follows {
				if diff := cmp.Diff(tt.answers, b.deliveries(got[0])); diff != "" {
					t.Errorf("answers (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// covers: P02
func TestOthersAreTold(t *testing.T) {
	b := newBench(t)
	o := b.accept(mail(alice, "<1@customer.example>", "one"), "support@acme.example")
	left := noon
	b.change(o.Number, func(t *helpdesk.Ticket) {
		for i, a := range []string{"bob@customer.example", "eve@customer.example"} {
			t.Participants = append(t.Participants, helpdesk.Participant{Number: uint16(i + 2), Address: helpdesk.MustAddress(a), Role: helpdesk.Collaborator, LinkGen: 1})
		}
		t.Participants[2].Left = &left
	})
	reply := b.accept(mail("bob@customer.example", "<2@customer.example>", "two"), b.replyAddress(o.Number, 1))
	if reply.Result != helpdesk.Appended || reply.Recognised.Token != helpdesk.TokenOther {
		t.Errorf("outcome = %+v, want bob's words appended though the address was alice's", reply)
	}
	if e := b.entry(reply); e.Author.Address.String() != "bob@customer.example" {
		t.Errorf("author = %v, want who wrote", e.Author)
	}
	want := []string{"acknowledgement alice@customer.example", "update alice@customer.example"}
	if diff := cmp.Diff(want, b.deliveries(o)); diff != "" {
		t.Errorf("mail (-want +got):\n%s", diff)
	}
}

// covers: P02
func TestRevokedReplyAddress(t *testing.T) {
	b := newBench(t)
	for i, tt := range []struct {
		name   string
		revoke func(t *helpdesk.Ticket)
	}{
		{"participant left", func(t *helpdesk.Ticket) { t.Participants[0].Left = &noon }},
		{"links were killed", func(t *helpdesk.Ticket) { t.Participants[0].LinkGen++ }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := b.with(t, func(*Pipeline) {})
			o := b.accept(mail(alice, "", fmt.Sprint("question ", i)), "support@acme.example")
			address, id := b.replyAddress(o.Number, 1), b.sentID(o.Number, 1)
			b.change(o.Number, tt.revoke)
			for _, to := range []string{address, "support@acme.example"} {
				got := b.accept(mail(alice, "<"+to+">", "again", "In-Reply-To: "+id), to)
				if got.Ticket == o.Ticket || got.Recognised.Token != helpdesk.TokenNone {
					t.Errorf("to %s: %+v, want nothing to name the old ticket", to, got)
				}
				if !slices.ContainsFunc(got.Recognised.Evidence, func(s string) bool { return strings.Contains(s, "no longer valid") }) {
					t.Errorf("evidence %q does not tell why", got.Recognised.Evidence)
				}
			}
		})
	}
}

// covers: M02
func TestAgentsByMail(t *testing.T) {
	b := newBench(t)
	agent := &helpdesk.Agent{ID: helpdesk.NewID(), Name: "Ada", Address: helpdesk.MustAddress("ada@acme.example")}
	if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Agent: agent}); err != nil {
		t.Fatal(err)
	}
	o := b.accept(mail(alice, "<1@customer.example>", "one"), "support@acme.example")
	got, err := b.tryEnvelope(Envelope{From: agent.Address}, mail("Ada <ADA@acme.example>", "<2@x>", "pay here"), b.replyAddress(o.Number, 1))
	if err != nil || got[0].Result != helpdesk.HeldBack {
		t.Fatalf("outcome = %+v, %v, want it held", got, err)
	}
	item, err := b.db.HeldItem(t.Context(), "support", got[0].Held)
	if err != nil || item.Cause != helpdesk.AgentUnproven || item.Number != o.Number || item.Text != "pay here" {
		t.Errorf("held = %+v, %v", item, err)
	}
	if n := len(b.entries(o)); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

// covers: P01, P04
func TestSeveralMailboxes(t *testing.T) {
	b := newBench(t)
	raw := mail(alice, "<1@customer.example>", "one")
	got, err := b.try(raw, "support@acme.example", "help@other.example", "billing@acme.example", "SUPPORT@acme.example")
	if err != nil {
		t.Fatal(err)
	}
	var boxes []string
	for _, o := range got {
		boxes = append(boxes, o.Account+"/"+o.Mailbox+" "+string(o.Result))
		e := b.entry(o)
		hash, err := blob.ParseHash(e.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := blob.Get(t.Context(), b.Blobs, o.Account, hash, 1<<20); err != nil || string(kept) != raw {
			t.Errorf("%s: raw = %q, %v", o.Account, kept, err)
		}
	}
	want := []string{"support/support created", "support/billing created", "other/help created"}
	if diff := cmp.Diff(want, boxes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// The trouble of one mailbox is no trouble of the others, and the mail sent again
// doubles nothing.
//
// covers: P04, P05
func TestEachMailboxHasItsOwnTrouble(t *testing.T) {
	base := newBench(t)
	for _, trouble := range []flaky{{before: true}, {after: true}} {
		b := base.with(t, func(p *Pipeline) { p.Store = &trouble })
		trouble.Store = base.Store
		env := Envelope{ID: "t1", From: helpdesk.MustAddress("bounces@customer.example"), Peer: "192.0.2.1", Trusted: true}
		for _, to := range []string{"support@acme.example", "billing@acme.example", "help@other.example"} {
			r, err := b.Route(helpdesk.MustAddress(to))
			if err != nil {
				t.Fatal(err)
			}
			env.To = append(env.To, r)
		}
		raw := mail(alice, fmt.Sprintf("<each-%v@customer.example>", trouble.after), "x")
		send := func() (told []string) {
			settled, err := b.AcceptEach(t.Context(), env, strings.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range settled {
				told = append(told, fmt.Sprintf("%s/%s %s %v", one.Account, one.Mailbox, one.Outcome.Result, one.Err != nil))
			}
			return told
		}
		first := []string{"support/support  true", "support/billing created false", "other/help created false"}
		if diff := cmp.Diff(first, send()); diff != "" {
			t.Errorf("first (-want +got):\n%s", diff)
		}
		again := []string{"support/support created false", "support/billing duplicate false", "other/help duplicate false"}
		if strings.Contains(raw, "each-true") { // it was written, and nobody knew
			again[0] = "support/support duplicate false"
		}
		if diff := cmp.Diff(again, send()); diff != "" {
			t.Errorf("again (-want +got):\n%s", diff)
		}
	}
}

// A mail that is too large for one mailbox is taken in for the other.
//
// covers: P04
func TestTooLargeForOneMailbox(t *testing.T) {
	base := newBench(t)
	b := base.with(t, func(p *Pipeline) {
		small := slices.Clone(p.Directory.(directory))
		small[1].MaxBytes = 10
		p.Directory = small
	})
	env := Envelope{ID: "t1", From: helpdesk.MustAddress("bounces@customer.example"), Peer: "192.0.2.1", Trusted: true}
	for _, to := range []string{"billing@acme.example", "support@acme.example"} {
		r, err := b.Route(helpdesk.MustAddress(to))
		if err != nil {
			t.Fatal(err)
		}
		env.To = append(env.To, r)
	}
	settled, err := b.AcceptEach(t.Context(), env, strings.NewReader(mail(alice, "", "x")))
	if err != nil || len(settled) != 2 || helpdesk.KindOf(settled[0].Err) != helpdesk.TooLarge || settled[1].Err != nil {
		t.Errorf("settled %+v, %v", settled, err)
	}
}

func TestNoRecipient(t *testing.T) {
	b := newBench(t)
	if got, err := b.try(mail(alice, "", "x")); err == nil {
		t.Errorf("outcomes = %v, want an error: nil would say that the mail was taken", got)
	}
}

func TestRoute(t *testing.T) {
	b := newBench(t)
	o := b.accept(mail(alice, "", "x"), "support@acme.example")
	good := b.replyAddress(o.Number, 1)
	for _, tt := range []struct {
		name, to string
		want     string // mailbox; "" = NotFound
	}{
		{"mailbox", "Support@ACME.example", "support"},
		{"reply address", good, "support"},
		{"token of another mailbox", strings.Replace(good, "support+", "billing+", 1), ""},
		{"token of another account", strings.Replace(good, "@acme", "@other", 1), ""},
		{"forged token", good[:8] + flip(good[8]) + good[9:], ""},
		{"subaddress without a token", "support+sales@acme.example", ""},
		{"nobody", "ceo@acme.example", ""},
		{"other domain", "support@elsewhere.example", ""},
		{"postmaster of a domain with mailboxes", "Postmaster@ACME.example", "support"},
		{"postmaster of another account's domain", "postmaster@other.example", "help"},
		{"postmaster of no domain of ours", "postmaster@elsewhere.example", ""},
		{"postmaster of a domain below", "postmaster@sub.acme.example", ""},
		{"whom to tell of abuse", "abuse@acme.example", "support"},
		{"a webmaster that nobody declares", "webmaster@acme.example", ""},
		{"postmaster with something behind", "postmaster+x@acme.example", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := b.Route(helpdesk.MustAddress(tt.to))
			if r.Mailbox.Name != tt.want || (err != nil) != (tt.want == "") {
				t.Fatalf("mailbox %q, %v, want %q", r.Mailbox.Name, err, tt.want)
			}
			if err != nil && (helpdesk.KindOf(err) != helpdesk.NotFound || helpdesk.Public(err) != "no such mailbox here") {
				t.Errorf("error = %v, want the same for all that is not here", err)
			}
		})
	}
}

// An address that speaks for its domain is the account's that has the domain's oldest
// mailbox, whoever else declares it.
func TestRouteOfRoles(t *testing.T) {
	for _, tt := range []struct{ name, to, declaredBy, want string }{
		{"not declared", "postmaster@acme.example", "", "oldest"},
		{"declared by the account of the oldest", "Postmaster@acme.example", "acme", "role"},
		{"declared by another account", "postmaster@acme.example", "attacker", "oldest"},
		{"another role that is not declared", "hostmaster@acme.example", "", ""},
		{"another role of the account", "hostmaster@acme.example", "acme", "role"},
		{"another role of another account", "hostmaster@acme.example", "attacker", "oldest"},
		{"no role", "sales@acme.example", "attacker", "role"},
		{"a role where there is no other mailbox", "postmaster@other.example", "attacker", "role"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			boxes := directory{box("acme", "oldest", "support@acme.example")}
			if tt.declaredBy != "" {
				boxes = append(boxes, box(tt.declaredBy, "role", strings.ToLower(tt.to)))
			}
			b.Directory = boxes
			if r, err := b.Route(helpdesk.MustAddress(tt.to)); r.Mailbox.Name != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("mailbox %q, %v, want %q", r.Mailbox.Name, err, tt.want)
			}
		})
	}
}

func flip(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

// Nothing that a program sent is answered, nor shown.
//
// covers: P06
func TestAutomaticMail(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<first@customer.example>", "question"), "support@acme.example")
	reply := b.replyAddress(first.Number, 1)
	m, _ := b.Directory.MailboxByAddress(helpdesk.MustAddress("support@acme.example"))
	bounce := "support+" + b.Signer.BounceToken(m.Audience, b.locator(b.ticket(first.Number), 1)) + "@acme.example"
	report := "Content-Type: multipart/report; report-type=delivery-status; boundary=b"
	receipt := "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"
	complaint := "Content-Type: multipart/report; report-type=feedback-report; boundary=b"
	for i, tt := range []struct {
		name string
		null bool // reverse-path
		from string
		head string
		to   string
		want string
	}{
		{"auto-reply to us", false, alice, "Auto-Submitted: auto-replied", "support@acme.example", "created automatic-new"},
		{"auto-reply to a ticket", false, alice, "Auto-Submitted: auto-replied", reply, "appended automatic-answer"},
		{"auto-reply of a stranger to a ticket", false, mary, "Auto-Submitted: auto-replied", reply, "appended automatic-answer"},
		{"list", false, mary, "List-Id: <x.example>", "support@acme.example", "created automatic-new"},
		{"sign-up code for our address", false, "no-reply@slack.example", "X: y", reply, "appended automatic-answer"},
		{"null sender", true, alice, "X: y", "support@acme.example", "held report-unmatched"},
		{"report for what we sent", true, "mailer-daemon@x.example", report, bounce, "appended report-matched"},
		{"report for nothing", true, "mailer-daemon@x.example", report, "support@acme.example", "held report-unmatched"},
		{"complaint about what we sent", false, "fbl@x.example", complaint, bounce, "appended report-matched"},
		{"receipt for nothing", false, alice, receipt, "support@acme.example", "held report-unmatched"},
		{"somebody is away", false, alice, "Auto-Submitted: auto-replied (vacation)", reply, "appended automatic-answer"},
		{"our own mail comes back", false, "Support <support@acme.example>", "X: y", "support@acme.example", "created automatic-new"},
		{"another mailbox of ours", false, "billing@acme.example", "X: y", "support@acme.example", "created automatic-new"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := b.with(t, func(*Pipeline) {})
			b.change(first.Number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved })
			before := b.deliveries(first)
			env := Envelope{From: helpdesk.MustAddress("x@customer.example"), Trusted: true}
			if tt.null {
				env.From = helpdesk.Address{}
			}
			got, err := b.tryEnvelope(env, mail(tt.from, fmt.Sprintf("<a%d@x>", i), "I am away", tt.head), tt.to)
			if err != nil {
				t.Fatal(err)
			}
			o := got[0]
			if said := string(o.Result) + " " + o.Recognised.Rule; said != tt.want {
				t.Errorf("outcome = %s, want %s", said, tt.want)
			}
			if diff := cmp.Diff(before, b.deliveries(first), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("it made us send (-before +after):\n%s", diff)
			}
			if s := b.ticket(first.Number).Status; s != helpdesk.Resolved {
				t.Errorf("status = %s, want it left alone", s)
			}
			if o.Result == helpdesk.HeldBack {
				return
			}
			if e := b.entry(o); e.Public() {
				t.Errorf("customers see %+v", e)
			}
			if o.Ticket != first.Ticket {
				if told := b.deliveries(o); len(told) != 0 {
					t.Errorf("answered with %v", told)
				}
			}
		})
	}
}

// Mail whose own Message-ID we signed went round, whoever it claims to be from.
//
// covers: P06
func TestOwnMessageID(t *testing.T) {
	b := newBench(t)
	first := b.accept(mail(alice, "<first@customer.example>", "question"), "support@acme.example")
	o := b.accept(mail(mary, b.sentID(first.Number, 1), "we look into it"), "support@acme.example")
	if o.Recognised.Class != helpdesk.ClassAutomatic || len(b.deliveries(o)) != 0 {
		t.Errorf("outcome = %+v, answered with %v; want automatic mail without an answer", o, b.deliveries(o))
	}
}

// brokenDNS answers nothing.
type brokenDNS struct{ noDNS }

func (brokenDNS) LookupTXT(_ context.Context, name string) ([]string, error) {
	return nil, &net.DNSError{Err: "server misbehaving", Name: name, IsTemporary: true}
}

// covers: M02, P04
func TestDNSIsAway(t *testing.T) {
	b := newBench(t).with(t, func(p *Pipeline) {
		p.Auth = mailauth.New(mailauth.Options{Resolver: brokenDNS{}, Now: p.Now})
	})
	env := Envelope{From: helpdesk.MustAddress("alice@customer.example"), Peer: "192.0.2.1"}
	fresh := mail(alice, "<1@x>", "question")
	if _, err := b.tryEnvelope(env, fresh, "support@acme.example"); helpdesk.KindOf(err) != helpdesk.Unavailable {
		t.Errorf("a fresh mail: %v, want a temporary error", err)
	}
	old := strings.Replace(fresh, "4 Mar 2026 11:59:00", "4 Mar 2026 10:59:00", 1)
	outcomes, err := b.tryEnvelope(env, old, "support@acme.example")
	if err != nil {
		t.Fatalf("a mail that was tried for an hour: %v", err)
	}
	if got := outcomes[0].Recognised.Trust.Proof; got != helpdesk.ProofNone {
		t.Errorf("proof = %s, want none", got)
	}
}

// A mail that is dated ahead waits no longer for DNS than any other.
//
// covers: P04
func TestDNSIsAwayAndTheDateAhead(t *testing.T) {
	b := newBench(t).with(t, func(p *Pipeline) { p.Auth = mailauth.New(mailauth.Options{Resolver: brokenDNS{}, Now: p.Now}) })
	raw := strings.Replace(mail(alice, "<1@x>", "hello"), "Wed, 4 Mar 2026", "Thu, 4 Mar 2027", 1)
	env := Envelope{ID: "t", From: helpdesk.MustAddress("alice@customer.example"), Peer: "192.0.2.9"}
	if got, err := b.tryEnvelope(env, raw, "support@acme.example"); err != nil || got[0].Recognised.Trust.Proof != helpdesk.ProofNone {
		t.Errorf("%+v, %v, want it taken in as proven by nothing", got, err)
	}
}

// An address that was only claimed is proven by the first mail that proves it.
func TestKnownAddressBecomesProven(t *testing.T) {
	b := newBench(t)
	proven := func() bool {
		t.Helper()
		found, err := b.db.Lookup(t.Context(), "support", store.Query{Receipt: "none", Address: helpdesk.MustAddress("mary@elsewhere.example")})
		if err != nil || found.Contact == nil {
			t.Fatal(found, err)
		}
		return found.Contact.Addresses[0].Proven != nil
	}
	if _, err := b.tryEnvelope(Envelope{From: helpdesk.MustAddress("x@elsewhere.example")}, mail(mary, "<1@x>", "one"), "support@acme.example"); err != nil {
		t.Fatal(err)
	}
	if proven() {
		t.Error("a mail that nothing proves has proven its address")
	}
	b.accept(mail(mary, "<2@x>", "two"), "support@acme.example")
	if !proven() {
		t.Error("a proven mail has not proven its address")
	}
}
