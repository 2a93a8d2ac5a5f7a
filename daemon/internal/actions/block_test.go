package actions

import (
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// in is somebody who works here, with one of the roles that are always there.
func (b *bench) in(role helpdesk.ID, address string) Actor {
	b.t.Helper()
	a, _, err := b.AddAgent(b.t.Context(), operator, NewAgent{Name: "Ada Lovelace", Address: address, Password: "correct horse battery", Role: string(role)})
	must(b.t, err)
	return b.again(a)
}

// acts are what the audit log tells of contacts, oldest first.
func (b *bench) acts() []string {
	b.t.Helper()
	records, err := b.db.Audit(b.t.Context(), "support", 0, false, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	var acts []string
	for _, r := range records {
		if strings.HasPrefix(r.Act, "contact.") {
			acts = append(acts, r.Act)
		}
	}
	return acts
}

func (b *bench) idOf(address string) helpdesk.ID {
	b.t.Helper()
	return b.contact(helpdesk.MustAddress(address)).ID
}

// covers: P10
func TestBlock(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AgentRole, "ada@acme.example")
	number := b.ticket("n1")
	id := b.idOf("alice@customer.example")
	if err := b.BlockContact(ctx, Actor{Account: "support", Agent: ada.Agent}, id); helpdesk.KindOf(err) != helpdesk.Forbidden {
		t.Errorf("without the permission: %v", err)
	}
	for range 2 { // the second one changes nothing
		if err := b.BlockContact(ctx, ada, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Reply(ctx, ada, number, Reply{Text: "Here it is"}); helpdesk.KindOf(err) != helpdesk.Invalid || !strings.Contains(helpdesk.Public(err), "unblock") {
		t.Errorf("answer: %v", err)
	}
	if err := b.Note(ctx, ada, number, Note{Text: "They shout"}); err != nil {
		t.Errorf("note: %v", err)
	}
	if err := b.UnblockContact(ctx, ada, id); err != nil {
		t.Fatal(err)
	}
	if err := b.Reply(ctx, ada, number, Reply{Text: "Here it is"}); err != nil {
		t.Errorf("answer afterwards: %v", err)
	}
	if got := b.acts(); !slices.Equal(got, []string{"contact.block", "contact.unblock"}) {
		t.Errorf("audit = %v", got)
	}
	if err := b.BlockContact(ctx, ada, "aaaabbbbccccdddd"); helpdesk.KindOf(err) != helpdesk.NotFound {
		t.Errorf("nobody: %v", err)
	}
}

// covers: P10
func TestNobodyBlocksAnAgent(t *testing.T) {
	b := newBench(t)
	ada := b.in(helpdesk.AgentRole, "ada@acme.example")
	b.known(false, "eve@acme.example", "eve@home.example")
	b.in(helpdesk.AgentRole, "eve@home.example")
	if err := b.BlockContact(t.Context(), ada, b.idOf("eve@acme.example")); helpdesk.KindOf(err) != helpdesk.Invalid {
		t.Errorf("an agent's: %v", err)
	}
}

// What somebody who is blocked does on pages looks to them as it always did, and
// reaches nobody.
//
// covers: P10, S04
func TestBlockedCustomerOnPages(t *testing.T) {
	b := newBench(t)
	ctx, ada := t.Context(), b.in(helpdesk.AgentRole, "ada@acme.example")
	number, closed := b.ticket("n1"), b.ticket("n2")
	alice := b.proven("alice@customer.example")
	for _, n := range []int64{number, closed} {
		if err := b.Assign(ctx, ada, n, ada.Agent.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.change(number, func(t *helpdesk.Ticket) { t.Status = helpdesk.Resolved })
	b.change(closed, func(t *helpdesk.Ticket) { t.Status = helpdesk.Closed })
	if err := b.AddParticipant(ctx, ada, number, "bob@customer.example", "", false); err != nil {
		t.Fatal(err)
	}
	bob := b.proven("bob@customer.example")
	if err := b.BlockContact(ctx, ada, alice.Contact.ID); err != nil {
		t.Fatal(err)
	}
	alice.Contact = b.contact(helpdesk.MustAddress("alice@customer.example"))
	mails := len(b.detail(number).Deliveries)

	if _, err := b.AnswerRequest(ctx, shared(), alice, number, Answer{Text: "Hear me", Nonce: "x"}); err != nil {
		t.Fatal(err)
	}
	d := b.detail(number)
	if d.Ticket.Status != helpdesk.Resolved || len(d.Deliveries) != mails {
		t.Errorf("the request is %s, and %d mails went out", d.Ticket.Status, len(d.Deliveries)-mails)
	}
	seen, err := b.Request(ctx, shared(), alice, number, "")
	if err != nil || seen.View.Thread[len(seen.View.Thread)-1].Text != "Hear me" || seen.View.Status != helpdesk.Open {
		t.Errorf("alice sees %+v; %v", seen, err)
	}
	others, err := b.Request(ctx, shared(), bob, number, "")
	if err != nil || slices.ContainsFunc(others.View.Thread, func(m helpdesk.PublicMessage) bool { return m.Text == "Hear me" }) || others.View.Status != helpdesk.Resolved {
		t.Errorf("bob sees %+v; %v", others, err)
	}

	at, err := b.AnswerRequest(ctx, shared(), alice, closed, Answer{Text: "Hear me there", Nonce: "y"})
	if err != nil {
		t.Fatal(err)
	}
	h := shared()
	h.Forms[0].Access[helpdesk.SignedIn] = helpdesk.Granted
	sent, err := b.Submit(ctx, h, filled(func(in *Submission) { in.Nonce, in.Customer, in.Address = "n3", alice, "" }))
	if err != nil {
		t.Fatal(err)
	}
	anonymous, err := b.Submit(ctx, shared(), filled(func(in *Submission) { in.Nonce = "n4" }))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{at, sent.Number, anonymous.Number} {
		d := b.detail(n)
		if d.Ticket.Spam == nil || len(d.Deliveries) != 0 {
			t.Errorf("#%d: spam %v, %d mails", n, d.Ticket.Spam, len(d.Deliveries))
		}
		if _, err := b.Request(ctx, shared(), alice, n, ""); err != nil {
			t.Errorf("alice does not see #%d: %v", n, err)
		}
	}
}
