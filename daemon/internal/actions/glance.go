package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Glance is what a page that is open has to know again and again: that it still may
// be seen, which the error says, and whether it still shows what is there.
type Glance struct {
	Account string
	Ticket  helpdesk.TicketID
	// Look is another one when what the viewer sees may be; see [helpdesk.Ticket.Look].
	Look string
}

// Tidings say that a ticket may have changed. They carry nothing of it.
type Tidings interface {
	Changed() <-chan struct{}
	Close()
}

// GlanceByLink is [Desk.ViewByLink] without its view.
func (d *Desk) GlanceByLink(ctx context.Context, h helpdesk.HelpCenter, token string) (Glance, error) {
	t, viewer, err := d.linked(ctx, h, token)
	if err != nil {
		return Glance{}, err
	}
	if h.View != helpdesk.ViewWithLink {
		return Glance{}, helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request")
	}
	return Glance{Account: h.Account, Ticket: t.ID, Look: t.Look(viewer)}, nil
}

// GlanceAtRequest is [Desk.Request] without what it shows.
func (d *Desk) GlanceAtRequest(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64) (Glance, error) {
	r, err := d.request(ctx, h, by, number)
	if err != nil {
		return Glance{}, err
	}
	return Glance{Account: h.Account, Ticket: r.ticket.ID, Look: r.ticket.Look(r.self)}, nil
}

// Follow tells of changes of the ticket, until it is closed. Unavailable says that
// too many are told of something.
func (d *Desk) Follow(g Glance) (Tidings, error) { return d.lists.Subscribe(g.Account, g.Ticket) }
