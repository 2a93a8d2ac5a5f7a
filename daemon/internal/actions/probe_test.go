package actions

import (
	"cmp"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// arrived opens a ticket as a mail with an id would. A relay on the way wrote
// another one.
func (b *bench) arrived(from, mailbox, messageID string) int64 {
	b.t.Helper()
	number, err := b.db.NextNumber(b.t.Context(), "support")
	if err != nil {
		b.t.Fatal(err)
	}
	contact := &helpdesk.Contact{ID: helpdesk.NewID(), Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress(from)}}}
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: cmp.Or(outbound.ProbeSubject(messageID), "Where is it?"), Status: helpdesk.Open, Mailbox: mailbox, HelpCenter: "acme",
		Participants: []helpdesk.Participant{{Number: 1, Contact: contact.ID, Address: helpdesk.MustAddress(from), Role: helpdesk.Requester, LinkGen: 1}},
	}
	e := helpdesk.Entry{Kind: helpdesk.Message, Text: "Hello.", At: b.time(), MessageID: "<anew@relay.example>", Hidden: true,
		Recognised: &helpdesk.Recognition{Rule: "automatic-new", Trust: helpdesk.Trust{Proof: helpdesk.ProofPass}}}
	t.Append(&e)
	change := &helpdesk.Change{
		Account: "support", Ticket: t, Entries: []helpdesk.Entry{e}, Contact: contact,
	}
	if err := b.db.Commit(b.t.Context(), change); err != nil {
		b.t.Fatal(err)
	}
	return number
}

func TestProbe(t *testing.T) {
	b := newBench(t)
	operator := Actor{Account: "support", Operator: true}
	box, _ := directory{}.Mailbox("support", "support")
	number := b.arrived("support@acme.example", "support", "<doctor.a@acme.example>")
	p, err := b.FindProbe(t.Context(), operator, box, "<doctor.a@acme.example>")
	if err != nil || p.Number != number || p.Recognised.Rule != "automatic-new" || p.NoLink != "the mailbox has no help center" {
		t.Fatalf("found %+v, %v", p, err)
	}
	for range 2 { // once more changes nothing
		if err := b.EndProbe(t.Context(), operator, p); err != nil {
			t.Fatal(err)
		}
	}
	ticket := b.detail(number).Ticket
	if ticket.Status != helpdesk.Closed || len(ticket.Tags) != 1 || ticket.Tags[0] != ProbeTag {
		t.Errorf("it is %s with tags %v", ticket.Status, ticket.Tags)
	}
	if d := b.detail(number).Deliveries; len(d) != 0 {
		t.Errorf("somebody is mailed: %+v", d)
	}
}

func TestHeldProbe(t *testing.T) {
	b := newBench(t)
	operator := Actor{Account: "support", Operator: true}
	box, _ := directory{}.Mailbox("support", "support")
	item := b.hold(b.ticket("1"), func(h *helpdesk.HeldItem) {
		h.Mailbox, h.Cause, h.From, h.Subject = "support", helpdesk.UnprovenSender, box.Address, outbound.ProbeSubject("<doctor.h@acme.example>")
	})
	p, err := b.FindProbe(t.Context(), operator, box, "<doctor.h@acme.example>")
	if err != nil || p.Held != item.ID || p.Cause != helpdesk.UnprovenSender || p.Number != 0 {
		t.Fatalf("found %+v, %v", p, err)
	}
	if err := b.EndProbe(t.Context(), operator, p); err != nil {
		t.Fatal(err)
	}
	if n, err := b.HeldCount(t.Context(), operator); n != 0 || err != nil {
		t.Errorf("%d are held, %v", n, err)
	}
}

// The link of a request is given out for no other mail than a probe.
func TestOnlyProbesAreFound(t *testing.T) {
	b := newBench(t)
	operator := Actor{Account: "support", Operator: true}
	box, _ := directory{}.Mailbox("support", "support")
	b.arrived("alice@customer.example", "support", "<question@customer.example>")
	b.arrived("bob@customer.example", "support", "<doctor.forged@customer.example>")
	b.arrived("billing@acme.example", "billing", "<doctor.other@acme.example>")
	b.arrived("support@acme.example", "support", "<doctor.a@acme.example>")
	for _, test := range []struct {
		name, id string
		by       Actor
		want     helpdesk.Kind
	}{
		{"a customer's mail", "<question@customer.example>", operator, helpdesk.NotFound},
		{"a customer's mail that looks like one", "<doctor.forged@customer.example>", operator, helpdesk.NotFound},
		{"one of another mailbox", "<doctor.other@acme.example>", operator, helpdesk.NotFound},
		{"an id that is broken", "<doctor.", operator, helpdesk.NotFound},
		{"none", "<doctor.none@acme.example>", operator, helpdesk.NotFound},
		{"asked for by nobody", "<doctor.a@acme.example>", Actor{Account: "support"}, helpdesk.SignIn},
		{"asked for by another account", "<doctor.a@acme.example>", Actor{Account: "other", Operator: true}, helpdesk.NotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := b.FindProbe(t.Context(), test.by, box, test.id)
			if helpdesk.KindOf(err) != test.want {
				t.Errorf("found %+v, %v, want %v", p, err, test.want)
			}
		})
	}
}
