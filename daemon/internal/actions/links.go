package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// ViewByLink shows the ticket that a signed link names, read-only, as its
// participant sees it. It changes nothing: mail scanners open every link.
//
// Whatever is wrong with the link, the answer is the same NotFound; SignIn
// says that this help center shows tickets only to who is signed in.
func (d *Desk) ViewByLink(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.CustomerView, *helpdesk.Participant, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	link, err := d.signer.ParseLink(links.Audience(h.Audience), token, d.now())
	if err != nil || !link.Scope.Has(links.View) || !h.PortalOn {
		return nil, nil, missing
	}
	t, err := d.store.Ticket(ctx, h.Account, helpdesk.TicketID(link.Ticket))
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil, missing
	}
	if err != nil {
		return nil, nil, err
	}
	viewer := t.Participant(link.Participant)
	if viewer == nil || viewer.LinkGen != link.Gen || t.HelpCenter != h.Name {
		return nil, nil, missing
	}
	if h.View != helpdesk.ViewWithLink {
		return nil, nil, helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request")
	}
	entries, err := d.entries(ctx, h.Account, t.ID)
	if err != nil {
		return nil, nil, err
	}
	view := t.CustomerView(viewer, entries, h)
	if t.Merged != nil {
		end, err := helpdesk.End(t, d.reading(ctx, h.Account))
		if err != nil {
			return nil, nil, err
		}
		if end.ParticipantByAddress(viewer.Address) != nil {
			view.ContinuedAs = end.Number
		}
	}
	return &view, viewer, nil
}

// FileByLink opens a file of a message that the holder of the link sees: file
// index, from 1, of entry seq. It changes nothing, and answers as [Desk.ViewByLink]
// does, NotFound too if there is no such file or if it is not for them.
func (d *Desk) FileByLink(ctx context.Context, h helpdesk.HelpCenter, token string, seq, index int) (*File, error) {
	view, _, err := d.ViewByLink(ctx, h, token)
	if err != nil {
		return nil, err
	}
	a := view.File(seq, index)
	if a == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return d.openFile(ctx, h.Account, a.Blob, a.Name, a.MediaType)
}
