package inbound

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// Many mails at once count against the budget of one agent, and none of them is
// lost or left untold for that.
//
// covers: P09, M01
func TestManyMailsAtOnceTellAgents(t *testing.T) {
	const mails = 40
	o := newOffice(t)
	var wg sync.WaitGroup
	outcomes := make([]helpdesk.Outcome, mails)
	for i := range mails {
		wg.Go(func() {
			from := fmt.Sprintf("C%d <c%d@customer.example>", i, i)
			got, err := o.try(mail(from, fmt.Sprintf("<many.%d@x>", i), "Hello"), "support@acme.example")
			if err != nil {
				t.Error(err)
				return
			}
			outcomes[i] = got[0]
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, got := range outcomes {
		if n := len(o.copies(got, helpdesk.AgentNotice)); n != 1 {
			t.Errorf("#%d: %d notices, %v", got.Number, n, o.entry(got).Recognised.Evidence)
		}
	}
}

// covers: P09
func TestALargeTicketFitsATransaction(t *testing.T) {
	o := newOffice(t)
	for i := range 40 {
		o.agent(fmt.Sprintf("Agent %d <a%d@acme.example>", i, i), helpdesk.MailAll)
	}
	o.change(o.number, func(t *helpdesk.Ticket) {
		for i := range helpdesk.MaxParticipants {
			t.Join(helpdesk.NewID(), "", helpdesk.MustAddress(fmt.Sprintf("p%d@customer.example", i)), noon)
		}
	})
	unknown := "References:"
	for i := range 20 {
		unknown += fmt.Sprintf(" <u%d@x>", i)
	}
	got := o.accept(mail(alice, "<large@x>", "Hello", unknown), o.replyAddress(o.number, 1))
	if n := len(o.copies(got, helpdesk.Update)); n != helpdesk.MaxParticipants-1 {
		t.Errorf("%d participants were told", n)
	}
	if n := len(o.copies(got, helpdesk.AgentNotice)); n < 2 || n > 10 {
		t.Errorf("%d agents were told", n)
	}
	if e := o.entry(got); len(e.Recognised.Evidence) == 0 {
		t.Errorf("nothing says that agents were left out: %+v", e.Recognised)
	}
	// An answer by mail reaches all of them, in one transaction too.
	answer := o.accept(mail(ann, "<a@x>", "#resolve\r\nOn Monday."), o.address(o.ann, false))
	if n := len(o.copies(answer, helpdesk.AgentReply)); n != helpdesk.MaxParticipants {
		t.Errorf("%d participants got the answer", n)
	}
}

// covers: P09, M07
func TestAgentsAreToldThatAnAnswerCameBack(t *testing.T) {
	o := newOffice(t)
	id := o.answered(o.number, 1)
	o.change(o.number, func(t *helpdesk.Ticket) { t.Assignee = o.boris.ID })
	for _, tt := range []struct {
		name, action, id string
		want             int // notices to Bob, who has the ticket
	}{
		{"a delay", "delayed", id, 0},
		{"a failure", "failed", id, 1},
		{"a failure of a notice", "failed", o.noticeID(), 1},
	} {
		text, head := deliveryReport(tt.action, "5.1.1", "550 5.1.1 User unknown", tt.id)
		got, err := o.tryEnvelope(Envelope{ID: "t", Peer: "192.0.2.9"}, mail("mailer-daemon@mx.example", "<"+tt.name+"@x>", text, head), "support@acme.example")
		if err != nil || got[0].Result != helpdesk.Appended || o.entry(got[0]).Kind != helpdesk.Event {
			t.Fatalf("%s: %+v, %v; want an event", tt.name, got, err)
		}
		n := 0
		for _, c := range o.copies(o.first, helpdesk.AgentNotice) {
			if c == "agentnotice boris@acme.example" {
				n++
			}
		}
		if n != tt.want {
			t.Errorf("%s: %d notices, want %d", tt.name, n, tt.want)
		}
	}
}

// signed20 is a verdict by many signatures.
type signed20 struct{}

func (signed20) Check(context.Context, mailauth.Mail) (mailauth.Verdict, error) {
	v := mailauth.Verdict{Trust: helpdesk.Trust{Proof: helpdesk.ProofPass}}
	for i := range 20 {
		v.Signatures = append(v.Signatures, fmt.Sprintf("signature%d", i))
	}
	return v, nil
}

// A mail by as many signatures as count, to as many as may be told, is taken in.
//
// covers: P04
func TestManySignaturesOnALargeTicket(t *testing.T) {
	o := newOffice(t)
	for i := range 40 {
		o.agent(fmt.Sprintf("Agent %d <a%d@acme.example>", i, i), helpdesk.MailAll)
	}
	o.change(o.number, func(t *helpdesk.Ticket) {
		for i := range helpdesk.MaxParticipants - 2 {
			t.Join(helpdesk.NewID(), "", helpdesk.MustAddress(fmt.Sprintf("p%d@customer.example", i)), noon)
		}
	})
	to := o.replyAddress(o.number, 1)
	b := o.bench.with(t, func(p *Pipeline) { p.Auth = signed20{} }).under(t, helpdesk.Policy{ColleagueDomains: []string{"customer.example"}})
	unknown := "References:"
	for i := range 20 {
		unknown += fmt.Sprintf(" <u%d@x>", i)
	}
	env := Envelope{ID: "t", From: helpdesk.MustAddress("x@customer.example"), Peer: "192.0.2.9"}
	got, err := b.tryEnvelope(env, mail("Zoe <zoe@customer.example>", "<2@x>", "more", unknown), to)
	if err != nil || got[0].Recognised.Rule != "proven-colleague" {
		t.Errorf("%+v, %v, want Zoe to join", got, err)
	}
}

// In a flood of notices nobody loses the seat that answers by mail need.
//
// covers: P09
func TestManyAgentsLeaveRoomForWhoFollows(t *testing.T) {
	o := newOffice(t)
	var last *helpdesk.Agent
	for i := range 150 {
		last = o.agent(fmt.Sprintf("A%d <a%d@acme.example>", i, i), helpdesk.MailAll)
	}
	got := o.accept(mail(mary, "<m@x>", "hello"), "support@acme.example")
	if n := len(o.ticket(got.Number).Seats); n > 40 {
		t.Errorf("%d seats were given for one mail", n)
	}
	o.change(got.Number, func(t *helpdesk.Ticket) { t.Assign(last.ID) })
	again := o.accept(mail(mary, "<m2@x>", "more"), o.replyAddress(got.Number, 1))
	if told := o.copies(again, helpdesk.AgentNotice); !slices.ContainsFunc(told, func(s string) bool { return strings.Contains(s, last.Address.String()) }) {
		t.Errorf("whose request it is was not told: %v", told)
	}
}
