package inbound

import (
	"context"
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// noticeTries is how many lost races still let agents be told. Taking the mail in
// comes first: the desk shows it to everybody.
const noticeTries = 20

// notify mails the agents who want it what came to the ticket of the change: what
// a person wrote, and that an answer of ours came back. What programs write can
// wait until somebody looks.
func (p *Pipeline) notify(ctx context.Context, c *incoming, change *helpdesk.Change) error {
	told := c.entry.Recognised // the entry shares it
	bounced := c.reported != nil && c.reported.State == helpdesk.Bounced && !c.reported.Purpose.Automatic()
	if c.class != helpdesk.ClassMessage && !bounced {
		return nil
	}
	if c.try >= noticeTries {
		told.Evidence = append(told.Evidence, "Agents were not mailed: too many mails at once.")
		return nil
	}
	agents, err := p.Store.AgentsWhoSee(ctx, c.box.Account, change.Ticket)
	if err != nil {
		return err
	}
	if self := c.agent(); self != nil { // they know
		agents = slices.DeleteFunc(agents, func(a helpdesk.Agent) bool { return a.ID == self.ID })
	}
	o := outbound.Occasion{Mailbox: p.sender(c, change.Ticket), Ticket: change.Ticket, Entry: c.entry.Seq, Now: c.now}
	if o.Ticket.Side != nil {
		if o.Parent, err = p.parent(ctx, c, o.Ticket); err != nil {
			return err
		}
	}
	left, err := p.Planner.Notify(ctx, change, o, agents)
	if left > 0 {
		told.Evidence = append(told.Evidence, fmt.Sprintf("%d agents were not mailed: too many mails.", left))
	}
	return err
}

// parent is the ticket that one is a side thread of, where it goes on; nil if it is
// gone.
func (p *Pipeline) parent(ctx context.Context, c *incoming, side *helpdesk.Ticket) (*helpdesk.Ticket, error) {
	read := p.reading(ctx, c)
	t, err := read(side.Side.Ticket)
	if err == nil {
		t, err = helpdesk.End(t, read)
	}
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	return t, err
}
