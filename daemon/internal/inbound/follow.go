package inbound

import (
	"context"
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// follow finds where a ticket goes on that was merged into another one: what
// names the one is for the other.
func (p *Pipeline) follow(ctx context.Context, c *incoming, t *helpdesk.Ticket) (*helpdesk.Ticket, error) {
	end, err := helpdesk.End(t, p.reading(ctx, c))
	if err != nil {
		return nil, fmt.Errorf("follow merged ticket: %w", err)
	}
	if end.ID != t.ID {
		c.note("#%d was merged into #%d.", t.Number, end.Number)
	}
	return end, nil
}

func (p *Pipeline) reading(ctx context.Context, c *incoming) func(helpdesk.TicketID) (*helpdesk.Ticket, error) {
	return func(id helpdesk.TicketID) (*helpdesk.Ticket, error) { return p.Store.Ticket(ctx, c.box.Account, id) }
}

// servedHere reports whether mail to the mailbox may belong to the ticket: it is
// the ticket's own, or that of one that was merged into it. A thread that is
// carried on in any other mailbox is another ticket.
func (p *Pipeline) servedHere(ctx context.Context, c *incoming, t *helpdesk.Ticket) (bool, error) {
	if t.Mailbox == c.box.Name {
		return true, nil
	}
	merged, _, err := helpdesk.Family(t, p.reading(ctx, c))
	if err != nil {
		return false, fmt.Errorf("read merged tickets: %w", err)
	}
	return slices.ContainsFunc(merged, func(m helpdesk.Ticket) bool { return m.Mailbox == c.box.Name }), nil
}

// sender is the mailbox from which a ticket's mail goes out: its own, whichever
// the mail came to.
func (p *Pipeline) sender(c *incoming, t *helpdesk.Ticket) helpdesk.Mailbox {
	if box, ok := p.Directory.Mailbox(c.box.Account, t.Mailbox); ok {
		return box
	}
	return c.box
}
