package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// Budgets tells what automatic mail was already caused.
type Budgets interface {
	Budget(ctx context.Context, account, key string) (helpdesk.Budget, error)
}

// Planner decides which copies go out. What it decides becomes part of the
// change that causes it; nothing is sent before that is committed.
type Planner struct {
	Budgets Budgets
	Signer  *links.Signer
}

// Occasion is one copy that may go out.
type Occasion struct {
	Mailbox helpdesk.Mailbox
	Ticket  *helpdesk.Ticket
	Entry   int // seq of the entry that the mail tells about
	To      *helpdesk.Participant
	Purpose helpdesk.Purpose
	// ByAgent says that an agent's act causes the mail, which no robot can go round
	// with: an acknowledgement then counts as any other mail.
	ByAgent bool
	Now     time.Time
}

// Automatic adds an automatic mail to the change if the gate lets it through.
// It is the only way by which automatic mail comes to be. Who left gets none.
func (p *Planner) Automatic(ctx context.Context, change *helpdesk.Change, o Occasion) error {
	if !o.To.Active() {
		return nil
	}
	var spent []helpdesk.Budget
	for _, l := range limitsOf(o.Purpose, o.ByAgent) {
		b, err := p.spent(ctx, change, l.key(o))
		if err != nil {
			return fmt.Errorf("read budget of automatic mail: %w", err)
		}
		if o.Now.After(b.Until) {
			b.Used, b.Until = 0, o.Now.Add(l.window)
		}
		if b.Used >= l.most {
			return nil
		}
		b.Used++
		spent = append(spent, b)
	}
	for _, b := range spent {
		change.Budgets = append(slices.DeleteFunc(change.Budgets, func(old helpdesk.Budget) bool { return old.Key == b.Key }), b)
	}
	change.Deliveries = append(change.Deliveries, p.delivery(o))
	return nil
}

// spent looks into the change first: what it causes for the same address counts
// together, as one transaction can write a record only once.
func (p *Planner) spent(ctx context.Context, change *helpdesk.Change, key string) (helpdesk.Budget, error) {
	for _, b := range change.Budgets {
		if b.Key == key {
			return b, nil
		}
	}
	return p.Budgets.Budget(ctx, change.Account, key)
}

// Reply adds an agent's answer to every active participant. It is not
// automatic mail: a person wrote it.
func (p *Planner) Reply(change *helpdesk.Change, o Occasion) {
	for i := range o.Ticket.Participants {
		if o.To = &o.Ticket.Participants[i]; o.To.Active() {
			change.Deliveries = append(change.Deliveries, p.delivery(o))
		}
	}
}

// delivery names one copy: its own recipient, reply address and Message-ID.
func (p *Planner) delivery(o Occasion) helpdesk.Delivery {
	return helpdesk.Delivery{
		ID: helpdesk.NewID(), Ticket: o.Ticket.ID, Entry: o.Entry, Participant: o.To.Number, To: o.To.Address,
		Purpose: o.Purpose, Mailbox: o.Mailbox.Name, MessageID: p.messageID(o), Created: o.Now,
		State: helpdesk.Queued, Next: o.Now,
	}
}

// messageID is signed, so that a mail that answers it finds its ticket.
func (p *Planner) messageID(o Occasion) string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return p.Signer.MessageID(links.Audience(o.Mailbox.Audience), locator(o.Ticket, o.To), random, o.Mailbox.Address.Domain())
}

// locator is what reply addresses and Message-IDs of a participant carry.
func locator(t *helpdesk.Ticket, to *helpdesk.Participant) links.Reply {
	return links.Reply{Ticket: uint64(t.ID), Participant: to.Number, Gen: uint8(to.LinkGen)}
}
