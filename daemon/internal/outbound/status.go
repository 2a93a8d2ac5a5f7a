package outbound

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// StatusChanged adds a mail for everybody who takes part, where an agent's act has
// made the status another one in the words of customers. o names mailbox, ticket, the
// entry that tells of it and the time; center is the ticket's, nil for none.
//
// An answer carries the status by itself, and needs no second mail.
func (p *Planner) StatusChanged(ctx context.Context, change *helpdesk.Change, o Occasion, center *helpdesk.HelpCenter, before helpdesk.Status) error {
	say := words.For(o.Ticket.Locale)
	if statusLabel(say, center, before) == statusLabel(say, center, o.Ticket.Status) {
		return nil
	}
	o.Purpose, o.ByAgent, o.Agent = helpdesk.StatusChanged, true, nil
	for i := range o.Ticket.Participants {
		o.To = &o.Ticket.Participants[i]
		if o.To.Address.Same(o.Mailbox.Address) || len(change.Deliveries) >= maxCopies {
			continue // the mailbox writes to itself when its way is tried
		}
		if err := p.Automatic(ctx, change, o); err != nil {
			return err
		}
	}
	return nil
}

// PeopleChanged adds a mail that tells the requester of whom an agent added: o.To is
// who that is.
func (p *Planner) PeopleChanged(ctx context.Context, change *helpdesk.Change, o Occasion) error {
	requester := o.Ticket.Requester()
	if requester == nil || requester.Number == o.To.Number {
		return nil
	}
	o.Purpose, o.ByAgent, o.To = helpdesk.PeopleChanged, true, requester
	return p.Automatic(ctx, change, o)
}
