package outbound

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
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
	Now     time.Time
}

// limit is how many automatic mails one address may get in a window.
type limit struct {
	most   int
	window time.Duration
}

// limits of automatic mail to one address (rows P06, M04). Anyone can make us
// mail an unproven address by writing its name in a form, so it gets one fixed
// text a day. A proven one got through checks; 20 an hour is more than a person
// causes, and lets a loop of two robots die out within minutes.
var limits = map[bool]limit{
	false: {most: 1, window: 24 * time.Hour},
	true:  {most: 20, window: time.Hour},
}

// Automatic adds an automatic mail to the change if the gate lets it through.
// It is the only way by which automatic mail comes to be. Who left gets none.
func (p *Planner) Automatic(ctx context.Context, change *helpdesk.Change, o Occasion) error {
	if !o.To.Active() {
		return nil
	}
	proven := o.Purpose != helpdesk.Confirmation
	key := budgetKey(proven, o.To.Address)
	spent, err := p.spent(ctx, change, key)
	if err != nil {
		return fmt.Errorf("read budget of automatic mail: %w", err)
	}
	allowed := limits[proven]
	if o.Now.After(spent.Until) {
		spent.Used, spent.Until = 0, o.Now.Add(allowed.window)
	}
	if spent.Used >= allowed.most {
		return nil
	}
	spent.Used++
	change.Budgets = append(slices.DeleteFunc(change.Budgets, func(b helpdesk.Budget) bool { return b.Key == key }), spent)
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

// budgetKey does not show whom it counts: it outlives the contact.
func budgetKey(proven bool, a helpdesk.Address) string {
	sum := sha256.Sum256([]byte(a.Key()))
	kind := "unproven/"
	if proven {
		kind = "proven/"
	}
	return kind + hex.EncodeToString(sum[:12])
}
