package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// tagWords tell what became of tags; "" if nothing did.
func tagWords(added, removed []string) string {
	var words []string
	if len(added) > 0 {
		words = append(words, "Tags added: "+strings.Join(added, ", ")+".")
	}
	if len(removed) > 0 {
		words = append(words, "Tags removed: "+strings.Join(removed, ", ")+".")
	}
	return strings.Join(words, " ")
}

func changed(yes bool) error {
	if yes {
		return nil
	}
	return errUnchanged
}

// notify mails the agents who are mailed what customers write. The ticket must
// be part of the change. Who is named in but knows already.
func (d *Desk) notify(ctx context.Context, change *helpdesk.Change, o outbound.Occasion, but ...helpdesk.ID) error {
	agents, err := d.store.AgentsWhoSee(ctx, change.Account, o.Ticket)
	if err != nil {
		return err
	}
	agents = slices.DeleteFunc(agents, func(a helpdesk.Agent) bool { return slices.Contains(but, a.ID) })
	if o.Ticket.Side != nil {
		if o.Parent, err = d.parent(ctx, change.Account, o.Ticket); err != nil {
			return err
		}
	}
	left, err := d.planner.Notify(ctx, change, o, agents)
	if left > 0 {
		d.log.WarnContext(ctx, "agents not mailed, too many mails", "account", change.Account, "ticket", o.Ticket.Number, "agents", left)
	}
	return err
}

// parent is the ticket that one is a side thread of, where it goes on; nil if it is
// gone.
func (d *Desk) parent(ctx context.Context, account string, side *helpdesk.Ticket) (*helpdesk.Ticket, error) {
	read := d.reading(ctx, account)
	t, err := read(side.Side.Ticket)
	if err == nil {
		t, err = helpdesk.End(t, read)
	}
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil
	}
	return t, err
}
