package actions

import (
	"context"
	"errors"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// request is a ticket with the customer who may work on it. Only [Desk.request]
// makes one, so whatever has one need not ask again.
type request struct {
	center   helpdesk.HelpCenter
	customer *Customer
	ticket   *helpdesk.Ticket
	self     *helpdesk.Participant // part of the ticket
}

// request finds the ticket of a signed-in customer. It is NotFound, whatever the
// reason, for who takes no part in it by an address that they have proven, for a
// ticket of another help center, and where the portal is off; SignIn for nobody.
func (d *Desk) request(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64) (*request, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	switch {
	case !h.PortalOn:
		return nil, missing
	case by == nil || by.Contact == nil:
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request")
	case by.Account != h.Account:
		return nil, missing
	}
	t, err := d.store.TicketByNumber(ctx, h.Account, number)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return partIn(h, by, t)
}

// partIn is the one place that says who may work on a ticket.
func partIn(h helpdesk.HelpCenter, by *Customer, t *helpdesk.Ticket) (*request, error) {
	self := t.PartOf(by.Contact)
	if self == nil || t.HelpCenter != h.Name || by.Account != h.Account {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return &request{center: h, customer: by, ticket: t, self: self}, nil
}

// asked reports whether the request is the customer's own.
func (r *request) asked() bool { return r.self.Role == helpdesk.Requester }

func (r *request) author() helpdesk.Author {
	name := r.self.Name
	if name == "" {
		name = r.customer.Contact.Name
	}
	return helpdesk.Author{Role: helpdesk.Customer, ID: r.self.Contact, Name: name, Address: r.self.Address}
}

// Request is a ticket as the customer sees it who takes part in it.
type Request struct {
	View helpdesk.CustomerView
	As   helpdesk.Participant
	// Files are the limits of what may be attached to an answer.
	Files helpdesk.FileLimits
	// What else the customer may do. Answering is possible unless it was merged.
	MayClose, MayAdd, MayRemove, MayLeave bool
	// Draft is what was being written before signing in; "" for nothing.
	Draft string
}

// Request shows a ticket to who takes part in it. It changes nothing. draft names
// an answer that waits for a sign-in; one that is not there any more is no error.
func (d *Desk) Request(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, draft string) (*Request, error) {
	r, err := d.request(ctx, h, by, number)
	if err != nil {
		return nil, err
	}
	view, err := d.view(ctx, h, r.ticket, r.self)
	if err != nil {
		return nil, err
	}
	out := &Request{View: *view, As: *r.self}
	if box, ok := d.directory.Mailbox(h.Account, r.ticket.Mailbox); ok {
		out.Files = box.Files
	}
	if !view.Merged {
		active := r.ticket.Status == helpdesk.Open || r.ticket.Status == helpdesk.Pending
		out.MayClose = r.asked() && active
		out.MayAdd = r.mayAdd() && r.ticket.HasRoom()
		out.MayRemove = r.asked()
		out.MayLeave = !r.asked()
	}
	kept, err := d.draft(ctx, r, draft)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		out.Draft = kept.Text
	}
	return out, nil
}

// view is a ticket as a participant sees it, with where it goes on.
func (d *Desk) view(ctx context.Context, h helpdesk.HelpCenter, t *helpdesk.Ticket, viewer *helpdesk.Participant) (*helpdesk.CustomerView, error) {
	entries, err := d.entries(ctx, h.Account, t.ID)
	if err != nil {
		return nil, err
	}
	view := t.CustomerView(viewer, entries, h)
	if view.Follows, err = d.follows(ctx, h, t, viewer); err != nil {
		return nil, err
	}
	if t.Merged == nil {
		return &view, nil
	}
	end, err := helpdesk.End(t, d.reading(ctx, h.Account))
	if err != nil {
		return nil, err
	}
	if end.ID != t.ID && end.ParticipantByAddress(viewer.Address) != nil && end.HelpCenter == h.Name {
		view.ContinuedAs = end.Number
	}
	return &view, nil
}

// follows is the number of the ticket that this one goes on from, if the viewer
// takes part in both.
func (d *Desk) follows(ctx context.Context, h helpdesk.HelpCenter, t *helpdesk.Ticket, viewer *helpdesk.Participant) (int64, error) {
	if t.Follows == 0 {
		return 0, nil
	}
	before, err := d.store.Ticket(ctx, h.Account, t.Follows)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return 0, nil
	case err != nil:
		return 0, err
	case before.HelpCenter != h.Name || before.ParticipantByAddress(viewer.Address) == nil:
		return 0, nil
	}
	return before.Number, nil
}

// RequestFile opens a file of a message that the customer sees: file index, from
// 1, of entry seq. NotFound too if there is none, or if it is not for them.
func (d *Desk) RequestFile(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, seq, index int) (*File, error) {
	r, err := d.request(ctx, h, by, number)
	if err != nil {
		return nil, err
	}
	view, err := d.view(ctx, h, r.ticket, r.self)
	if err != nil {
		return nil, err
	}
	return d.shownFile(ctx, h.Account, view, seq, index)
}

func (d *Desk) shownFile(ctx context.Context, account string, view *helpdesk.CustomerView, seq, index int) (*File, error) {
	a := view.File(seq, index)
	if a == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return d.openFile(ctx, account, a.Blob, a.Name, a.MediaType)
}

// CloseRequest takes the requester's word that their problem is solved. Writing
// again opens it again. A request that is solved or closed is left as it is.
func (d *Desk) CloseRequest(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64) error {
	return d.actOn(ctx, h, by, number, "request closed by customer", func(r *request, change *helpdesk.Change) error {
		switch {
		case !r.asked():
			return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
		case r.ticket.Status == helpdesk.Resolved || r.ticket.Status == helpdesk.Closed:
			return errUnchanged
		}
		box, err := d.mailbox(h.Account, r.ticket.Mailbox)
		if err != nil {
			return err
		}
		now := d.now()
		r.ticket.Status = helpdesk.Resolved
		seq := noteBy(change, r.ticket, r.author(), helpdesk.ByPortal, now, r.author().DisplayName()+" says that it is solved.")
		if r.customer.Contact.Blocked != nil { // it wakes nobody
			return nil
		}
		for i := range r.ticket.Participants {
			to := &r.ticket.Participants[i]
			if to.Number == r.self.Number {
				continue
			}
			if err := d.planner.Automatic(ctx, change, outbound.Occasion{
				Mailbox: box, Ticket: r.ticket, Entry: seq, To: to, Purpose: helpdesk.StatusChanged, Now: now,
			}); err != nil {
				return err
			}
		}
		return d.notify(ctx, change, outbound.Occasion{Mailbox: box, Ticket: r.ticket, Entry: seq, Now: now})
	})
}

// actOn commits one change of a customer to a request that goes on here.
func (d *Desk) actOn(ctx context.Context, h helpdesk.HelpCenter, by *Customer, number int64, what string, how func(*request, *helpdesk.Change) error) error {
	err := helpdesk.Retry(ctx, func(int) error {
		r, err := d.request(ctx, h, by, number)
		if err != nil {
			return err
		}
		if r.ticket.Merged != nil {
			return d.elsewhere(ctx, r)
		}
		change := &helpdesk.Change{Account: h.Account, Ticket: r.ticket}
		if err := how(r, change); err != nil {
			return err
		}
		return d.store.Commit(ctx, change)
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		d.log.InfoContext(ctx, what, "account", h.Account, "ticket", number, "by", by.Contact.ID)
	}
	return err
}

// elsewhere is Invalid and says where a merged request goes on, if that is the
// customer's to know.
func (d *Desk) elsewhere(ctx context.Context, r *request) error {
	end, err := helpdesk.End(r.ticket, d.reading(ctx, r.center.Account))
	if err != nil {
		return err
	}
	if _, err := partIn(r.center, r.customer, end); err != nil {
		return helpdesk.Errorf(helpdesk.Invalid, "this request goes on in another one that you take no part in")
	}
	return helpdesk.Errorf(helpdesk.Invalid, "this request goes on as #%s: do it there", fmt.Sprint(end.Number))
}
