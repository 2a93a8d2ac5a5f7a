package outbound

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// ledger is what changes have spent.
type ledger map[string]helpdesk.Budget

func (l ledger) Budget(_ context.Context, _, key string) (helpdesk.Budget, error) {
	b := l[key]
	b.Key = key
	return b, nil
}

func (l ledger) commit(c *helpdesk.Change) {
	for _, b := range c.Budgets {
		l[b.Key] = b
	}
}

// covers: M04, P06
func TestAutomaticBudget(t *testing.T) {
	for _, tt := range []struct {
		name    string
		purpose helpdesk.Purpose
		every   time.Duration
		tries   int
		want    int
	}{
		{"unproven gets one", helpdesk.Confirmation, time.Minute, 30, 1},
		{"unproven gets one a day", helpdesk.Confirmation, time.Hour, 24, 1},
		{"and another the next day", helpdesk.Confirmation, 25 * time.Hour, 3, 3},
		{"acknowledged once in ten minutes", helpdesk.Acknowledgement, 10 * time.Second, 60, 1},
		{"and again after them", helpdesk.Acknowledgement, 11 * time.Minute, 3, 3},
		{"four times a day", helpdesk.Acknowledgement, 61 * time.Minute, 20, 4},
		{"and again the next day", helpdesk.Acknowledgement, 61 * time.Minute, 26, 6},
		{"twenty updates an hour", helpdesk.Update, time.Second, 50, 20},
		{"and twenty more in the next", helpdesk.Update, 2 * time.Minute, 60, 40},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spent := ledger{}
			p := &Planner{Budgets: spent, Contacts: nobody{}, Signer: newSigner(t)}
			ticket, got := sampleTicket(), 0
			for i := range tt.tries {
				change := &helpdesk.Change{Account: account}
				err := p.Automatic(t.Context(), change, Occasion{
					Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, To: &ticket.Participants[0], Purpose: tt.purpose,
					Now: noon.Add(time.Duration(i) * tt.every),
				})
				if err != nil {
					t.Fatal(err)
				}
				if want := len(change.Deliveries) * len(limitsOf(tt.purpose, false)); len(change.Budgets) != want {
					t.Fatalf("%d mails cost %d budgets, want %d", len(change.Deliveries), len(change.Budgets), want)
				}
				got += len(change.Deliveries)
				spent.commit(change)
			}
			if got != tt.want {
				t.Errorf("%d mails went out, want %d", got, tt.want)
			}
		})
	}
}

// covers: M04
func TestAutomaticBudgetIsPerAddress(t *testing.T) {
	p := &Planner{Budgets: ledger{}, Contacts: nobody{}, Signer: newSigner(t)}
	ticket, change := sampleTicket(), &helpdesk.Change{Account: account}
	ticket.Participants[1].Address = helpdesk.MustAddress("ALICE@Customer.example")
	ticket.Participants = append(ticket.Participants, helpdesk.Participant{Number: 4, Address: helpdesk.MustAddress("dora@customer.example")})
	for i := range ticket.Participants {
		err := p.Automatic(t.Context(), change, Occasion{
			Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, To: &ticket.Participants[i], Purpose: helpdesk.Confirmation, Now: noon,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var got []uint16
	for _, d := range change.Deliveries {
		got = append(got, d.Participant)
	}
	// 2 is the same mailbox as 1, 3 left.
	if diff := cmp.Diff([]uint16{1, 4}, got); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
	keys := map[string]bool{}
	for _, b := range change.Budgets {
		if keys[b.Key] {
			t.Errorf("budget %s stands twice in one change", b.Key)
		}
		keys[b.Key] = true
	}
}

// covers: P06
func TestAutomaticCountsWithinOneChange(t *testing.T) {
	p := &Planner{Budgets: ledger{}, Contacts: nobody{}, Signer: newSigner(t)}
	ticket, change := sampleTicket(), &helpdesk.Change{Account: account}
	for range 30 {
		if err := p.Automatic(t.Context(), change, Occasion{
			Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, To: &ticket.Participants[0], Purpose: helpdesk.Update, Now: noon,
		}); err != nil {
			t.Fatal(err)
		}
	}
	if len(change.Deliveries) != 20 || len(change.Budgets) != 2 || change.Budgets[0].Used != 20 || change.Budgets[1].Used != 20 {
		t.Errorf("%d mails with budgets %+v, want 20 in one for the address and one for the ticket", len(change.Deliveries), change.Budgets)
	}
}

// covers: P06
func TestBudgetOfATicket(t *testing.T) {
	spent := ledger{}
	p := &Planner{Budgets: spent, Contacts: nobody{}, Signer: newSigner(t)}
	ticket, sent := sampleTicket(), 0
	for i := range 100 { // each to another address
		change := &helpdesk.Change{Account: account}
		to := helpdesk.Participant{Number: uint16(i), Address: helpdesk.MustAddress(fmt.Sprintf("c%d@customer.example", i))}
		if err := p.Automatic(t.Context(), change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, To: &to, Purpose: helpdesk.Update, Now: noon}); err != nil {
			t.Fatal(err)
		}
		spent.commit(change)
		sent += len(change.Deliveries)
	}
	if sent != ticketAnHour.most {
		t.Errorf("%d mails of one ticket within an hour, want %d", sent, ticketAnHour.most)
	}
}

func TestSuppressed(t *testing.T) {
	spent := ledger{}
	p := &Planner{Budgets: spent, Contacts: nobody{}, Signer: newSigner(t)}
	ticket := sampleTicket()
	to := &ticket.Participants[0]
	spent.commit(&helpdesk.Change{Budgets: []helpdesk.Budget{Suppress(to.Address, 0, noon)}})
	for _, tt := range []struct {
		name    string
		purpose helpdesk.Purpose
		after   time.Duration
		want    int
	}{
		{"no confirmation the next month", helpdesk.Confirmation, 30 * 24 * time.Hour, 0},
		{"what is proven is another matter", helpdesk.Acknowledgement, 0, 1},
		{"a confirmation after a year", helpdesk.Confirmation, unwanted + time.Hour, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := &helpdesk.Change{Account: account}
			if err := p.Automatic(t.Context(), change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, To: to, Purpose: tt.purpose, Now: noon.Add(tt.after)}); err != nil {
				t.Fatal(err)
			}
			if got := len(change.Deliveries); got != tt.want {
				t.Errorf("%d mails, want %d", got, tt.want)
			}
		})
	}
}

type brokenLedger struct{}

var errLedger = errors.New("no ledger")

func (brokenLedger) Budget(context.Context, string, string) (helpdesk.Budget, error) {
	return helpdesk.Budget{}, errLedger
}

func TestAutomaticWithoutLedger(t *testing.T) {
	p := &Planner{Budgets: brokenLedger{}, Contacts: nobody{}, Signer: newSigner(t)}
	ticket, change := sampleTicket(), &helpdesk.Change{Account: account}
	err := p.Automatic(t.Context(), change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, To: &ticket.Participants[0], Purpose: helpdesk.Update, Now: noon})
	if !errors.Is(err, errLedger) || len(change.Deliveries) != 0 {
		t.Errorf("%v with %d mails, want the ledger's error and none", err, len(change.Deliveries))
	}
}

// covers: S07, S09
func TestReplyReachesEveryActiveParticipant(t *testing.T) {
	signer := newSigner(t)
	p := &Planner{Budgets: brokenLedger{}, Contacts: nobody{}, Signer: signer} // never asked
	ticket, change := sampleTicket(), &helpdesk.Change{Account: account, Entries: []helpdesk.Entry{
		{Seq: 2, Attachments: []helpdesk.Attachment{{Size: 1000}, {Size: 234}}}, {Seq: 3, Attachments: []helpdesk.Attachment{{Size: 9}}},
	}}
	p.Reply(change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 2, Purpose: helpdesk.AgentReply, Now: noon})
	type copyFor struct {
		Participant uint16
		To          string
	}
	var got []copyFor
	ids := map[string]bool{}
	for _, d := range change.Deliveries {
		got = append(got, copyFor{d.Participant, d.To.String()})
		if d.State != helpdesk.Queued || d.Entry != 2 || d.Ticket != ticket.ID || !d.Next.Equal(noon) || d.Files != 1234 || d.Purpose != helpdesk.AgentReply {
			t.Errorf("delivery %+v is not ready to go", d)
		}
		if ids[d.MessageID] || ids[string(d.ID)] {
			t.Errorf("delivery %+v shares an id with another", d)
		}
		ids[d.MessageID], ids[string(d.ID)] = true, true
		r, err := signer.ParseMessageID(sampleMailbox().Audience, d.MessageID)
		if err != nil || r.Participant != d.Participant || r.Ticket != uint64(ticket.ID) {
			t.Errorf("Message-ID %s says %+v, %v, want participant %d", d.MessageID, r, err, d.Participant)
		}
	}
	if diff := cmp.Diff([]copyFor{{1, "alice@customer.example"}, {2, "bob@customer.example"}}, got); diff != "" {
		t.Errorf("copies (-want +got):\n%s", diff)
	}
}

// covers: P06
func TestBudgetNeverOverspends(t *testing.T) {
	signer := newSigner(t)
	rapid.Check(t, func(t *rapid.T) {
		spent, now := ledger{}, noon
		p := &Planner{Budgets: spent, Contacts: nobody{}, Signer: signer}
		purpose := rapid.SampledFrom([]helpdesk.Purpose{helpdesk.Confirmation, helpdesk.Acknowledgement}).Draw(t, "purpose")
		most := limitsOf(purpose, false)[0]
		ticket := sampleTicket()
		var sent []time.Time
		for range rapid.IntRange(1, 100).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(most.window)/5).Draw(t, "pause")))
			change := &helpdesk.Change{Account: account}
			if err := p.Automatic(context.Background(), change, Occasion{
				Mailbox: helpdesk.Mailbox{Address: helpdesk.MustAddress("s@acme.example"), Audience: links.Audience{1}}, Ticket: ticket,
				To: &ticket.Participants[0], Purpose: purpose, Now: now,
			}); err != nil {
				t.Fatal(err)
			}
			spent.commit(change)
			for range change.Deliveries {
				sent = append(sent, now)
			}
		}
		// A window begins with its first mail, so no span of its length has more
		// than two windows' worth, and none of a length of zero more than one.
		for i := range sent {
			if j := i + 2*most.most; j < len(sent) && sent[j].Sub(sent[i]) <= most.window {
				t.Fatalf("%d mails within %v", j-i+1, sent[j].Sub(sent[i]))
			}
		}
	})
}

// Addresses that differ behind a plus are one person's.
//
// covers: M04
func TestPlusAddressesShareABudget(t *testing.T) {
	spent := ledger{}
	p := &Planner{Budgets: spent, Contacts: nobody{}, Signer: newSigner(t)}
	ticket, sent := sampleTicket(), 0
	for i := range 20 {
		change := &helpdesk.Change{Account: account}
		to := helpdesk.Participant{Number: 1, Address: helpdesk.MustAddress(fmt.Sprintf("Victim+buy%d@customer.example", i))}
		if err := p.Automatic(t.Context(), change, Occasion{Mailbox: sampleMailbox(), Ticket: ticket, Entry: 1, To: &to, Purpose: helpdesk.Confirmation, Now: noon}); err != nil {
			t.Fatal(err)
		}
		spent.commit(change)
		sent += len(change.Deliveries)
	}
	if sent != 1 {
		t.Errorf("%d confirmations to one person within a moment, want 1", sent)
	}
}

// nobody is known.
type nobody struct{}

func (nobody) Contact(context.Context, string, helpdesk.ID) (*helpdesk.Contact, error) {
	return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such contact")
}

// covers: P10
func TestNoAutomaticMailToWhomAgentsShutOut(t *testing.T) {
	at := &helpdesk.Called{}
	for _, tt := range []struct {
		name    string
		contact helpdesk.Contact
		change  *helpdesk.Contact // what the change makes of them
		refuses bool              // an agent's answer
		want    int
	}{
		{"somebody", helpdesk.Contact{}, nil, false, 1},
		{"called spam", helpdesk.Contact{Spam: &time.Time{}}, nil, false, 1},
		{"blocked", helpdesk.Contact{Blocked: at}, nil, true, 0},
		{"deleted", helpdesk.Contact{Deleted: at}, nil, true, 0},
		{"being erased", helpdesk.Contact{Erasing: &time.Time{}}, nil, true, 0},
		{"deleted, and restored by the change", helpdesk.Contact{Deleted: at}, &helpdesk.Contact{}, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ticket := sampleTicket()
			ticket.Participants[0].Contact = "alice"
			tt.contact.ID = "alice"
			change := &helpdesk.Change{Account: "support", Contact: tt.change}
			if tt.change != nil {
				tt.change.ID = "alice"
			}
			p := &Planner{Budgets: ledger{}, Contacts: known{tt.contact}, Signer: newSigner(t)}
			for _, purpose := range []helpdesk.Purpose{helpdesk.Acknowledgement, helpdesk.Confirmation, helpdesk.Update, helpdesk.StatusChanged, helpdesk.NewLink} {
				change.Deliveries, change.Budgets = nil, nil
				if err := p.Automatic(t.Context(), change, Occasion{Ticket: ticket, To: &ticket.Participants[0], Purpose: purpose, Now: noon}); err != nil {
					t.Fatal(err)
				}
				if len(change.Deliveries) != tt.want {
					t.Errorf("%s: %d mails, want %d", purpose, len(change.Deliveries), tt.want)
				}
			}
			err := p.Answerable(t.Context(), "support", ticket)
			if refused := helpdesk.KindOf(err) == helpdesk.Invalid; refused != tt.refuses || err != nil && !refused {
				t.Errorf("answering: %v, want refused = %t", err, tt.refuses)
			}
		})
	}
}

// known is the one contact that there is.
type known struct{ who helpdesk.Contact }

func (k known) Contact(_ context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error) {
	if id != k.who.ID {
		return nobody{}.Contact(context.Background(), account, id)
	}
	return &k.who, nil
}
