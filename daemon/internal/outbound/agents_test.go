package outbound

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

var (
	ann = helpdesk.Agent{ID: "annannannannanna", Name: "Ann Agent", Address: helpdesk.MustAddress("ann@acme.example"), Mail: helpdesk.MailAll}
	bob = helpdesk.Agent{ID: "bobbobbobbobbobb", Name: "Bob Agent", Address: helpdesk.MustAddress("bob@acme.example")}
)

// agentSample is a usual mail to Ann.
func agentSample(t *testing.T, purpose helpdesk.Purpose) occasion {
	t.Helper()
	o := sampleOccasion(t, helpdesk.Update)
	o.to, o.agent, o.assignee = nil, &ann, "nobody"
	o.seat = *o.ticket.SeatOf(ann.ID)
	o.delivery.Participant, o.delivery.Agent, o.delivery.To, o.delivery.Purpose = 0, ann.ID, ann.Address, purpose
	o.delivery.MessageID = newSigner(t).MessageID(o.box.Audience, seatLocator(o.ticket, o.seat), [8]byte{1}, "acme.example")
	o.entry.Recognised = &helpdesk.Recognition{Trust: helpdesk.Trust{Proof: helpdesk.ProofPass, Reasons: []string{"DKIM by customer.example."}}}
	if purpose == helpdesk.CommandReceipt {
		o.entry = &helpdesk.Entry{
			Seq: 3, Kind: helpdesk.Event, At: noon, MessageID: "<cmd@laptop.example>", Text: "Ann Agent, by mail: status set to Resolved; refused: #foo is not a command.",
			Quoted: "Hello Alice,\n\n<b>bye</b>",
		}
	}
	if purpose == helpdesk.MentionMail {
		o.entry = &helpdesk.Entry{
			Seq: 4, Kind: helpdesk.Note, At: noon, Text: "@Ann, is it true?\n\n<b>Bob</b>", Author: helpdesk.Author{Role: helpdesk.AgentAs, Name: "Bob", Address: bob.Address},
		}
	}
	return o
}

var agentTwists = []struct {
	name  string
	twist func(o *occasion)
}{
	{"plain", func(*occasion) {}},
	{"bare", func(o *occasion) {
		o.center, o.entry.Quoted = nil, ""
		o.box.Address = helpdesk.MustAddress(strings.Repeat("s", 24) + "@acme.example") // no room for a token
	}},
	{"hidden", func(o *occasion) {
		o.entry.Hidden, o.entry.Recognised = true, &helpdesk.Recognition{Trust: helpdesk.Trust{Proof: helpdesk.ProofNone}}
		o.ticket.Assignee, o.assignee = bob.ID, bob.Name
		o.ticket.Watch(ann.ID)
	}},
	{"form", func(o *occasion) {
		o.entry.Recognised = nil
		o.ticket.Form = &helpdesk.FormAnswer{Form: "f", Values: []helpdesk.FormValue{{Label: "Topic", Text: "Refund"}, {Label: "Order", Text: "ORD-1\r\nX: y"}}}
		o.entry.Attachments = []helpdesk.Attachment{{Name: "a.pdf"}, {Name: "b\r\n.png"}}
	}},
	{"side", func(o *occasion) { o.ticket.Side = &helpdesk.Side{Ticket: 7, Number: 1001} }},
	{"names", func(o *occasion) {
		agent := ann
		agent.Name = "Änn \"A\"\r\nBcc: evil@attacker.example\r\n\r\n"
		o.agent = &agent
		o.entry.Author.Name = "Zoë\r\nX-Evil: 1"
		o.ticket.Subject = "Größe\r\nBcc: evil@attacker.example"
	}},
}

// covers: P09
func TestAgentMailGolden(t *testing.T) {
	for _, purpose := range []helpdesk.Purpose{helpdesk.AgentNotice, helpdesk.CommandReceipt, helpdesk.MentionMail} {
		for _, tw := range agentTwists {
			name := string(purpose) + "-" + tw.name
			t.Run(name, func(t *testing.T) {
				o := agentSample(t, purpose)
				tw.twist(&o)
				p, err := newComposer(t).compose(o)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name, p)
				checkAgentMail(t, o, p)
			})
		}
	}
}

// checkAgentMail is what holds for every mail to an agent.
func checkAgentMail(t *testing.T, o occasion, p Parcel) {
	t.Helper()
	m := eml.Read(written(t, p))
	if len(m.Faults) > 0 {
		t.Errorf("our own reader finds %v", m.Faults)
	}
	std, err := mail.ReadMessage(bytes.NewReader(written(t, p)))
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"To": 1, "From": 1, "Reply-To": 1, "Auto-Submitted": 1, "X-Auto-Response-Suppress": 1, "Cc": 0, "Bcc": 0, "X-Evil": 0} {
		if got := len(std.Header[name]); got != n {
			t.Errorf("%d fields %s, want %d", got, name, n)
		}
	}
	if !p.From.IsZero() || !p.To.Same(ann.Address) {
		t.Errorf("envelope from <%s> to <%s>, want the null sender, and Ann", p.From, p.To)
	}
	if refs := m.References(); len(refs) == 0 || refs[0] != fmt.Sprintf("<a1.%s.1001@acme.example>", o.ticket.ID) {
		t.Errorf("References %v", refs)
	}
	text, markup := alternatives(t, std)
	text = strings.NewReplacer("See the request:", "See the request", "-- \r\n", "", "-- \n", "").Replace(text)
	if o.center != nil {
		text = strings.Replace(text, "<https://help.acme.example/agent/tickets/"+fmt.Sprint(o.ticket.Number)+">", "", 1)
	}
	words, links := markupWords(t, markup)
	link := ""
	if len(links) > 0 {
		link = links[len(links)-1]
	}
	text = strings.Replace(text, " <"+link+">", "", 1)
	if diff := cmp.Diff(strings.Join(strings.Fields(text), " "), words); diff != "" {
		t.Errorf("text and HTML differ (-text +html):\n%s", diff)
	}
	if o.delivery.Purpose == helpdesk.AgentNotice && o.center != nil && !strings.HasPrefix(link, "mailto:support+") {
		t.Errorf("the last link is %q, want the address for notes", link)
	}
	if !strings.HasPrefix(text, AgentMark) {
		t.Errorf("the mark is not the first line:\n%s", text)
	}
}

// covers: P09
func TestAgentAddressesAreTheirOwn(t *testing.T) {
	signer, o := newSigner(t), agentSample(t, helpdesk.AgentNotice)
	token := func(a helpdesk.Address) string { return a.Local()[len(a.Local())-40:] }
	m := composer{signer: signer}
	reply := token(m.agentAddress(o, signer.AgentReplyToken))
	if r, err := signer.ParseAgentReplyToken(o.box.Audience, reply); err != nil || r.Participant != o.seat.Number || r.Gen != 1 || r.Ticket != uint64(o.ticket.ID) {
		t.Errorf("reply address says %+v, %v", r, err)
	}
	if _, err := signer.ParseReplyToken(o.box.Audience, reply); err == nil {
		t.Error("an agent's address is a customer's, too")
	}
	if _, err := signer.ParseAgentReplyToken(o.box.Audience, token(m.agentAddress(o, signer.AgentNoteToken))); err == nil {
		t.Error("the address for notes is one for answers, too")
	}
}

// covers: P09
func TestNotify(t *testing.T) {
	off := bob
	off.ID, off.Disabled, off.Mail = "off", true, helpdesk.MailAll
	for _, tt := range []struct {
		name   string
		change func(*helpdesk.Ticket)
		want   []string
	}{
		{"nobody's", func(*helpdesk.Ticket) {}, []string{"ann@acme.example"}},
		{"assigned", func(t *helpdesk.Ticket) { t.Assignee = bob.ID }, []string{"bob@acme.example"}},
		{"who follows comes first", func(t *helpdesk.Ticket) { t.Watch(bob.ID) }, []string{"bob@acme.example", "ann@acme.example"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ticket, change := sampleTicket(), &helpdesk.Change{Account: account}
			tt.change(ticket)
			p := &Planner{Budgets: ledger{}, Contacts: nobody{}, Signer: newSigner(t)}
			left, err := p.Notify(t.Context(), change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, Now: noon}, []helpdesk.Agent{ann, off, bob})
			if err != nil || left != 0 {
				t.Fatalf("%d left out, %v", left, err)
			}
			var got []string
			for _, d := range change.Deliveries {
				got = append(got, d.To.String())
				if d.Purpose != helpdesk.AgentNotice || d.Participant != 0 || d.Agent == "" {
					t.Errorf("delivery %+v", d)
				}
				if r, err := p.Signer.ParseMessageID(sampleMailbox().Audience, d.MessageID); err != nil || ticket.Seat(r.Participant).Agent != d.Agent {
					t.Errorf("Message-ID says %+v, %v", r, err)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mailed (-want +got):\n%s", diff)
			}
		})
	}
}

// covers: P09, P06
func TestAgentBudgets(t *testing.T) {
	for _, tt := range []struct {
		purpose     helpdesk.Purpose
		least, most int
	}{
		{helpdesk.AgentNotice, 200, noticesPerHour},
		{helpdesk.CommandReceipt, receiptsPerHour, receiptsPerHour},
		{helpdesk.MentionMail, mentionsPerHour, mentionsPerHour},
	} {
		spent := ledger{}
		p, ticket, got := &Planner{Budgets: spent, Contacts: nobody{}, Signer: newSigner(t)}, sampleTicket(), 0
		for i := range 1000 {
			change := &helpdesk.Change{Account: account}
			o := Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, Agent: &ann, Purpose: tt.purpose, Now: noon.Add(time.Duration(i) * time.Second)}
			if err := p.Automatic(t.Context(), change, o); err != nil {
				t.Fatal(err)
			}
			got += len(change.Deliveries)
			spent.commit(change)
		}
		if got < tt.least || got > tt.most {
			t.Errorf("%d mails %s went out in an hour, want %d to %d", got, tt.purpose, tt.least, tt.most)
		}
	}
}

// covers: P09
func TestNotifyFitsATransaction(t *testing.T) {
	var agents []helpdesk.Agent
	for i := range 60 {
		a := ann
		a.ID = helpdesk.ID(fmt.Sprint(i))
		agents = append(agents, a)
	}
	ticket, change := sampleTicket(), &helpdesk.Change{Account: account}
	p := &Planner{Budgets: ledger{}, Contacts: nobody{}, Signer: newSigner(t)}
	left, err := p.Notify(t.Context(), change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, Now: noon}, agents)
	if err != nil || len(change.Deliveries) != maxCopies || left != len(agents)-maxCopies {
		t.Errorf("%d copies, %d left out, %v; want %d copies", len(change.Deliveries), left, err, maxCopies)
	}
}

// covers: P09
func TestDisabledAgentsAreMailedNothing(t *testing.T) {
	for _, tt := range []struct {
		name  string
		agent *helpdesk.Agent
		want  helpdesk.DeliveryState
	}{
		{"works", &ann, helpdesk.Sent},
		{"disabled", &helpdesk.Agent{ID: ann.ID, Name: "Ann", Address: ann.Address, Disabled: true}, helpdesk.Withdrawn},
		{"gone", nil, helpdesk.Withdrawn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, &relay{})
			if tt.agent != nil {
				copied := *tt.agent
				d.commit(t, &helpdesk.Change{Account: account, Agent: &copied})
			}
			delivery := (&Planner{Contacts: nobody{}, Signer: newSigner(t)}).delivery(Occasion{
				Mailbox: d.boxes["support"], Ticket: d.ticket, Entry: 1, Agent: &ann, Purpose: helpdesk.AgentNotice, Now: noon,
			})
			d.commit(t, &helpdesk.Change{Account: account, Ticket: d.ticket, Deliveries: []helpdesk.Delivery{delivery}})
			run(t, d.queue(t, "a"))
			d.await(t, delivery.ID, string(tt.want), isState(tt.want))
		})
	}
}
