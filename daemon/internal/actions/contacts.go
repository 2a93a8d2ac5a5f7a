package actions

import (
	"context"
	"errors"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
)

// ContactDetail is a contact as agents see one.
type ContactDetail struct {
	helpdesk.Contact
	// InvitedUntil is how long the link of their invitation holds; zero for none.
	InvitedUntil time.Time
	Sessions     int // browsers in which they are signed in
	Browsers     []helpdesk.CustomerSession
	// Erases is when everything about a deleted contact is erased; zero otherwise.
	Erases time.Time
}

// ContactDetail reads a contact by its id, or by an address of it; NotFound if
// there is none. One that was merged is found as the one that it is part of.
func (d *Desk) ContactDetail(ctx context.Context, by Actor, idOrAddress string) (*ContactDetail, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	c, err := d.findContact(ctx, by.Account, idOrAddress)
	if err != nil {
		return nil, err
	}
	detail := &ContactDetail{Contact: *c}
	if c.Deleted != nil {
		detail.Erases = c.Deleted.At.Add(helpdesk.DeletedFor)
	}
	now := d.now()
	if c.Invited != "" {
		p, err := d.store.Pass(ctx, by.Account, c.Invited, now)
		if err == nil {
			detail.InvitedUntil = p.Expires
		} else if helpdesk.KindOf(err) != helpdesk.NotFound {
			return nil, err
		}
	}
	sessions, err := d.store.CustomerSessions(ctx, by.Account, c.ID)
	for _, s := range sessions {
		if now.Before(s.Expires) {
			detail.Sessions++
			detail.Browsers = append(detail.Browsers, s)
		}
	}
	return detail, err
}

func (d *Desk) findContact(ctx context.Context, account, idOrAddress string) (*helpdesk.Contact, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no contact %s", idOrAddress)
	if isID(idOrAddress) {
		return d.liveContact(ctx, account, helpdesk.ID(idOrAddress))
	}
	a, err := typedAddress(idOrAddress)
	if err != nil {
		return nil, missing
	}
	c, err := d.contactByAddress(ctx, account, a)
	if err == nil && (c == nil || c.Erasing != nil) {
		return nil, missing
	}
	return c, err
}

// ContactTickets are requests in which a contact takes part by any of their
// addresses.
type ContactTickets struct {
	Newest    []helpdesk.Ticket // at most [RequestsOnPage], what was last heard of first
	Here      int               // how many there are in the help center that was asked
	Elsewhere int               // how many in the others of the account
}

// ContactTickets lists the requests of a contact in a help center for an agent.
// While the list is being put together there are none.
func (d *Desk) ContactTickets(ctx context.Context, by Actor, c *helpdesk.Contact, helpCenter string) (*ContactTickets, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if err := d.lists.Await(ctx, by.Account); errors.Is(err, index.ErrBuilding) {
		return &ContactTickets{}, nil
	} else if err != nil {
		return nil, err
	}
	find := index.Query{HelpCenter: helpCenter, Limit: RequestsOnPage}
	for _, a := range c.Addresses {
		find.Addresses = append(find.Addresses, a.Address)
	}
	page := d.lists.Find(by.Account, find)
	out := &ContactTickets{}
	for _, n := range page.Counts {
		out.Here += n
	}
	for _, n := range page.Elsewhere {
		out.Elsewhere += n
	}
	ids := make([]helpdesk.TicketID, len(page.Tickets))
	for i := range page.Tickets {
		ids[i] = page.Tickets[i].ID
	}
	listed, err := d.store.Listed(ctx, by.Account, ids, 1)
	for i := range listed {
		if by.sees(&listed[i].Ticket) {
			out.Newest = append(out.Newest, listed[i].Ticket)
		}
	}
	if !by.seesAll() {
		out.Here, out.Elsewhere = len(out.Newest), 0
	}
	return out, err
}
