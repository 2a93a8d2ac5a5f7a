package inbound

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// under is the same bench with a policy for its mailboxes.
func (b *bench) under(t *testing.T, policy helpdesk.Policy) *bench {
	return b.with(t, func(p *Pipeline) {
		boxes := append(directory{}, p.Directory.(directory)...)
		for i := range boxes {
			boxes[i].Policy = policy
		}
		p.Directory = boxes
	})
}

// covers: M02
func TestPolicies(t *testing.T) {
	answer := "In-Reply-To: " + first
	colleagues := helpdesk.Policy{ColleagueDomains: []string{"customer.example"}}
	for _, tt := range []struct {
		name   string
		policy helpdesk.Policy
		mail   string
		reply  bool // to Alice's reply address
		bare   bool // nothing is proven
		want   string
	}{
		{"proven writers only, proven", helpdesk.Policy{NewTickets: helpdesk.FromProven}, mail(mary, "<n@x>", "new"), false, false, "created proven-new none"},
		{"proven writers only, unproven", helpdesk.Policy{NewTickets: helpdesk.FromProven}, mail(mary, "<n@x>", "new"), false, true, "held unproven-uninvited none"},
		{"nobody", helpdesk.Policy{NewTickets: helpdesk.FromNobody}, mail(mary, "<n@x>", "new"), false, false, "held proven-uninvited none"},
		{"nobody, but an answer", helpdesk.Policy{NewTickets: helpdesk.FromNobody}, mail(alice, "<n@x>", "more"), true, false, "appended proven-participant own"},
		{"nobody, a program", helpdesk.Policy{NewTickets: helpdesk.FromNobody}, mail(mary, "<n@x>", "news", "Precedence: bulk"), false, false, "held automatic-uninvited none"},
		{"domains, of one", helpdesk.Policy{NewTicketDomains: []string{"elsewhere.example"}}, mail(mary, "<n@x>", "new"), false, false, "created proven-new none"},
		{"domains, of another", helpdesk.Policy{NewTicketDomains: []string{"customer.example"}}, mail(mary, "<n@x>", "new"), false, false, "held proven-uninvited none"},
		{"colleague by reply address", colleagues, mail(bob, "<n@x>", "I too"), true, false, "appended proven-colleague other"},
		{"colleague by the thread", colleagues, mail(bob, "<n@x>", "I too", answer), false, false, "appended proven-colleague known"},
		{"colleague by a number only", colleagues, strings.Replace(mail(bob, "<n@x>", "I too"), "Order", "Order [#1]", 1), false, false, "created proven-new none"},
		{"colleague, unproven", colleagues, mail(bob, "<n@x>", "I too"), true, true, "held unproven-answer other"},
		{"of another organisation", colleagues, mail(mary, "<n@x>", "I too"), true, false, "held proven-stranger other"},
		{"unproven answers shown", helpdesk.Policy{ShowUnproven: true}, mail(alice, "<n@x>", "more"), true, true, "appended unproven-shown own"},
		{"other subject, by default", helpdesk.Policy{}, other("A cat", alice), true, false, "appended proven-participant own"},
		{"other subject, fork", helpdesk.Policy{ChangedSubject: helpdesk.ForkChanged}, other("A cat", alice), true, false, "created proven-other-subject own"},
		{"other subject, suggest", helpdesk.Policy{ChangedSubject: helpdesk.SuggestChanged}, other("A cat", alice), true, false, "appended proven-participant own other-subject"},
		{"same subject, fork", helpdesk.Policy{ChangedSubject: helpdesk.ForkChanged}, other("AW: [ext] Re: order", alice), true, false, "appended proven-participant own"},
		{"no subject, fork", helpdesk.Policy{ChangedSubject: helpdesk.ForkChanged}, other("", alice), true, false, "appended proven-participant own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			opened := b.accept(mail(alice, first, "one"), "support@acme.example")
			b = b.under(t, tt.policy)
			to := "support@acme.example"
			if tt.reply {
				to = b.replyAddress(opened.Number, 1)
			}
			got, err := b.tryEnvelope(Envelope{From: helpdesk.MustAddress("bounces@customer.example"), Trusted: !tt.bare}, tt.mail, to)
			if err != nil {
				t.Fatal(err)
			}
			o := got[0]
			said := said(o)
			for _, f := range o.Recognised.Flags {
				said += " " + string(f)
			}
			if said != tt.want {
				t.Errorf("outcome = %s, want %s; %v", said, tt.want, o.Recognised.Evidence)
			}
			joined := b.ticket(opened.Number).ParticipantByAddress(helpdesk.MustAddress("bob@customer.example")) != nil
			if want := strings.Contains(tt.want, "colleague"); joined != want {
				t.Errorf("Bob takes part: %t, want %t", joined, want)
			}
			if forked := o.Ticket != opened.Ticket && b.db != nil && o.Result == helpdesk.Created && b.ticket(o.Number).Follows == opened.Ticket; forked != strings.Contains(tt.want, "other-subject own") {
				t.Errorf("goes on from the first: %t", forked)
			}
		})
	}
}

// published is a verdict as DNS would give it.
type published struct{ policy string }

func (p published) Check(context.Context, mailauth.Mail) (mailauth.Verdict, error) {
	return mailauth.Verdict{Trust: helpdesk.Trust{Proof: helpdesk.ProofFail, Policy: p.policy}}, nil
}

func TestFailedProof(t *testing.T) {
	for _, tt := range []struct {
		name      string
		published string
		follow    bool // the mailbox goes by what is published
		behind    bool // a relay is between us and the writer's server
		both      bool // to two mailboxes
		want      string
	}{
		{"reject, held", "reject", false, false, false, "held failed none"},
		{"reject, followed", "reject", true, false, false, "refused"},
		{"reject, behind a relay", "reject", true, true, false, "held failed none"},
		{"reject, two mailboxes", "reject", true, false, true, "held failed none"},
		{"quarantine, followed", "quarantine", true, false, false, "held failed none"},
		{"none, held", "none", false, false, false, "held failed none"},
		{"none, followed", "none", true, false, false, "created unproven-new none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t).under(t, helpdesk.Policy{AsPublished: tt.follow})
			b.Auth = published{tt.published}
			to := []string{"support@acme.example"}
			if tt.both {
				to = append(to, "billing@acme.example")
			}
			got, err := b.tryEnvelope(Envelope{From: helpdesk.MustAddress("mary@elsewhere.example"), Refusable: !tt.behind}, mail(mary, "<n@x>", "new"), to...)
			outcome := "refused"
			if helpdesk.KindOf(err) != helpdesk.Refused {
				if err != nil {
					t.Fatal(err)
				}
				outcome = said(got[0])
			}
			if outcome != tt.want {
				t.Errorf("outcome = %s, want %s", outcome, tt.want)
			}
		})
	}
}

// What one address writes beyond its limit is held, until the hour is over; what
// others write, and what nothing proves, counts for itself.
//
// covers: P06
func TestTooManyMails(t *testing.T) {
	b := newBench(t).under(t, helpdesk.Policy{MostPerHour: 3})
	now := noon
	b.Now = func() time.Time { return now }
	n := 0
	send := func(from string, trusted bool) string {
		n++
		got, err := b.tryEnvelope(Envelope{From: helpdesk.MustAddress("x@customer.example"), Trusted: trusted}, mail(from, fmt.Sprintf("<%d@x>", n), fmt.Sprint("mail ", n)), "support@acme.example")
		if err != nil {
			t.Fatal(err)
		}
		return got[0].Recognised.Rule
	}
	for i, want := range []string{"proven-new", "proven-new", "proven-new", "too-many", "too-many"} {
		if got := send(alice, true); got != want {
			t.Errorf("mail %d: %s, want %s", i+1, got, want)
		}
	}
	if got := send(mary, true); got != "proven-new" {
		t.Errorf("mail of somebody else: %s, want proven-new", got)
	}
	if got := send(alice, false); got != "unproven-new" {
		t.Errorf("mail in her name: %s, want unproven-new: it must not count as hers", got)
	}
	now = noon.Add(floodWindow + time.Minute)
	if got := send(alice, true); got != "proven-new" {
		t.Errorf("mail after the hour: %s, want proven-new", got)
	}
}

// What comes from an address that an agent called spam waits for agents. If it was
// not proven to be theirs, it is no reason against what is; and whoever takes part
// is heard.
func TestCalledSpam(t *testing.T) {
	for _, tt := range []struct {
		name   string
		proven bool // that the spam was theirs
		bare   bool // nothing proves this mail
		answer bool // to their own request
		want   string
	}{
		{"proven, as the spam was", true, false, false, "held called-spam none"},
		{"unproven", true, true, false, "held called-spam none"},
		{"proven, which the spam was not", false, false, false, "created proven-new none"},
		{"unproven, as the spam was", false, true, false, "held called-spam none"},
		{"a participant's answer", true, false, true, "appended proven-participant own"},
		{"an answer that nothing proves", true, true, true, "held called-spam own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			opened := b.accept(mail(mary, "<1@x>", "buy this"), "support@acme.example")
			found, err := b.db.Lookup(t.Context(), "support", store.Query{Receipt: "none", Address: helpdesk.MustAddress("mary@elsewhere.example")})
			if err != nil {
				t.Fatal(err)
			}
			when := noon
			found.Contact.Spam, found.Contact.SpamProven = &when, tt.proven
			if err := b.db.Commit(t.Context(), &helpdesk.Change{Account: "support", Contact: found.Contact}); err != nil {
				t.Fatal(err)
			}
			to := "support@acme.example"
			if tt.answer {
				to = b.replyAddress(opened.Number, 1)
			}
			got, err := b.tryEnvelope(Envelope{From: helpdesk.MustAddress("x@elsewhere.example"), Trusted: !tt.bare}, mail(mary, "<2@x>", "buy that"), to)
			if err != nil {
				t.Fatal(err)
			}
			if said := said(got[0]); said != tt.want {
				t.Errorf("outcome = %s, want %s", said, tt.want)
			}
		})
	}
}
