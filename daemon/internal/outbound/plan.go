package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// Budgets tells what automatic mail was already caused.
type Budgets interface {
	Budget(ctx context.Context, account, key string) (helpdesk.Budget, error)
}

// Contacts tells whose an address was shown to be.
type Contacts interface {
	Contact(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error)
}

// proves reports whether a participant has shown that the address is theirs.
func proves(ctx context.Context, contacts Contacts, account string, p *helpdesk.Participant) (bool, error) {
	who, err := contacts.Contact(ctx, account, p.Contact)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read contact: %w", err)
	}
	return who.Proves(p.Address), nil
}

// unanswered reports whether a participant is one who gets no automatic mail: an
// agent blocked them, or took the contact away. What the change itself makes of them
// counts.
func (p *Planner) unanswered(ctx context.Context, change *helpdesk.Change, to *helpdesk.Participant) (bool, error) {
	if to.Contact == "" {
		return false, nil
	}
	if c := change.Contact; c != nil && c.ID == to.Contact {
		return c.Unanswered(), nil
	}
	who, err := p.Contacts.Contact(ctx, change.Account, to.Contact)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read contact: %w", err)
	}
	return who.Unanswered(), nil
}

// Answerable refuses an answer to a request in which somebody takes part whom agents
// have blocked or taken away: whoever answers has to say first that they are heard
// again.
func (p *Planner) Answerable(ctx context.Context, account string, t *helpdesk.Ticket) error {
	for i := range t.Participants {
		to := &t.Participants[i]
		if !to.Active() || to.Contact == "" {
			continue
		}
		who, err := p.Contacts.Contact(ctx, account, to.Contact)
		switch {
		case helpdesk.KindOf(err) == helpdesk.NotFound:
		case err != nil:
			return fmt.Errorf("read contact: %w", err)
		case who.Blocked != nil:
			return helpdesk.Errorf(helpdesk.Invalid, "%s is blocked: unblock them before you answer", to.DisplayName())
		case who.Erasing != nil:
			return helpdesk.Errorf(helpdesk.Invalid, "everything about %s is being erased: there is nobody to answer", to.DisplayName())
		case who.Deleted != nil:
			return helpdesk.Errorf(helpdesk.Invalid, "%s was deleted: restore the contact before you answer", to.DisplayName())
		}
	}
	return nil
}

// Planner decides which copies go out. What it decides becomes part of the
// change that causes it; nothing is sent before that is committed.
type Planner struct {
	Budgets  Budgets
	Contacts Contacts
	Signer   *links.Signer
}

// Occasion is one copy that may go out.
type Occasion struct {
	Mailbox helpdesk.Mailbox
	Ticket  *helpdesk.Ticket
	Entry   int // seq of the entry that the mail tells about
	To      *helpdesk.Participant
	Agent   *helpdesk.Agent // to whom it goes instead
	// Parent is the ticket that this one is a side thread of: who follows it is told
	// too. nil for none.
	Parent  *helpdesk.Ticket
	Purpose helpdesk.Purpose
	// ByAgent says that an agent's act causes the mail, which no robot can go round
	// with: an acknowledgement then counts as any other mail.
	ByAgent bool
	Now     time.Time
}

// Automatic adds an automatic mail to the change if the gate lets it through.
// It is the only way by which automatic mail about a ticket comes to be. Who left
// gets none, and who was only named by another customer gets fixed words alone until
// the address was proven. A mail to an agent gives them a seat in the ticket, which
// is part of the change.
func (p *Planner) Automatic(ctx context.Context, change *helpdesk.Change, o Occasion) error {
	var spent []helpdesk.Budget
	var err error
	switch {
	case o.Agent != nil && o.Ticket.SeatOf(o.Agent.ID) == nil:
	case o.Agent != nil:
		spent, err = p.allowAgent(ctx, change, o)
	case o.To.Active():
		if no, err := p.unanswered(ctx, change, o.To); no || err != nil {
			return err
		}
		if o.To.Unasked && !o.Purpose.Fixed() {
			var proven bool
			if proven, err = proves(ctx, p.Contacts, change.Account, o.To); !proven {
				break
			}
		}
		spent, err = p.allow(ctx, change, o, limitsOf(o.Purpose, o.ByAgent))
	}
	if err != nil {
		return fmt.Errorf("read budget of automatic mail: %w", err)
	}
	if spent == nil {
		return nil
	}
	change.Budgets = withSpent(change.Budgets, spent)
	change.Deliveries = append(change.Deliveries, p.delivery(o))
	return nil
}

// allow counts one mail against each limit; nil says that one is used up.
func (p *Planner) allow(ctx context.Context, change *helpdesk.Change, o Occasion, limits []limit) ([]helpdesk.Budget, error) {
	var spent []helpdesk.Budget
	for _, l := range limits {
		b, err := p.spent(ctx, change, l.key(o))
		if err != nil {
			return nil, err
		}
		if o.Now.After(b.Until) {
			b.Used, b.Until = 0, o.Now.Add(l.window)
		}
		if b.Used >= l.most {
			return nil, nil
		}
		b.Used++
		spent = append(spent, b)
	}
	return spent, nil
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
	var files int64
	for _, e := range change.Entries {
		if e.Seq == o.Entry {
			for _, f := range e.Attachments {
				files += f.Size
			}
		}
	}
	for i := range o.Ticket.Participants {
		if o.To = &o.Ticket.Participants[i]; o.To.Active() {
			d := p.delivery(o)
			d.Files = files
			change.Deliveries = append(change.Deliveries, d)
		}
	}
}

// delivery names one copy: its own recipient, reply address and Message-ID.
func (p *Planner) delivery(o Occasion) helpdesk.Delivery {
	d := helpdesk.Delivery{
		ID: helpdesk.NewID(), Ticket: o.Ticket.ID, Entry: o.Entry,
		Purpose: o.Purpose, Mailbox: o.Mailbox.Name, MessageID: p.messageID(o), Created: o.Now,
		State: helpdesk.Queued, Next: o.Now,
	}
	if o.Agent != nil {
		d.Agent, d.To = o.Agent.ID, o.Agent.Address
	} else {
		d.Participant, d.To = o.To.Number, o.To.Address
	}
	return d
}

// messageID is signed, so that a mail that answers it finds its ticket.
func (p *Planner) messageID(o Occasion) string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails since Go 1.24
	return p.Signer.MessageID(links.Audience(o.Mailbox.Audience), o.locator(), random, o.Mailbox.Address.Domain())
}

func (o *Occasion) locator() links.Reply {
	if o.Agent != nil {
		return seatLocator(o.Ticket, *o.Ticket.SeatOf(o.Agent.ID))
	}
	return locator(o.Ticket, o.To)
}

// locator is what reply addresses and Message-IDs of a participant carry.
func locator(t *helpdesk.Ticket, to *helpdesk.Participant) links.Reply {
	return links.Reply{Ticket: uint64(t.ID), Participant: to.Number, Gen: uint8(to.LinkGen)}
}
