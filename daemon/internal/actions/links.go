package actions

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// ViewByLink shows the ticket that a signed link names, read-only, as its
// participant sees it. It changes nothing: mail scanners open every link.
//
// Whatever is wrong with the link, the answer is the same NotFound; SignIn
// says that this help center shows tickets only to who is signed in.
func (d *Desk) ViewByLink(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.CustomerView, *helpdesk.Participant, error) {
	t, viewer, err := d.linked(ctx, h, token)
	if err != nil {
		return nil, nil, err
	}
	if h.View != helpdesk.ViewWithLink {
		return nil, nil, helpdesk.Errorf(helpdesk.SignIn, "sign in to see this request")
	}
	view, err := d.view(ctx, h, t, viewer)
	if err != nil {
		return nil, nil, err
	}
	return view, viewer, nil
}

// linked is what a link names that is good now: its ticket, and whose it is.
func (d *Desk) linked(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	link, t, err := d.named(ctx, h, token, false)
	if err != nil {
		return nil, nil, err
	}
	viewer := t.Participant(link.Participant)
	if viewer == nil || viewer.LinkGen != link.Gen {
		return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	switch who, err := d.store.Contact(ctx, h.Account, viewer.Contact); {
	case helpdesk.KindOf(err) == helpdesk.NotFound: // of a record that is broken, or of a test mail
	case err != nil:
		return nil, nil, err
	case who.Deleted != nil || who.Erasing != nil:
		return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return t, viewer, nil
}

// named reads the ticket that an authentic link names. With expired, one whose
// time is over will do, and in any case one that was revoked: who it belongs to
// is not looked at.
func (d *Desk) named(ctx context.Context, h helpdesk.HelpCenter, token string, expired bool) (links.Link, *helpdesk.Ticket, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	link, err := d.signer.ParseLink(links.Audience(h.Audience), token, d.now())
	if expired && errors.Is(err, links.ErrExpired) {
		err = nil
	}
	if err != nil || !link.Scope.Has(links.View) || !h.PortalOn {
		return link, nil, missing
	}
	t, err := d.store.Ticket(ctx, h.Account, helpdesk.TicketID(link.Ticket))
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return link, nil, missing
	case err != nil:
		return link, nil, err
	case t.HelpCenter != h.Name:
		return link, nil, missing
	}
	return link, t, nil
}

// FileByLink opens a file of a message that the holder of the link sees: file
// index, from 1, of entry seq. It changes nothing, and answers as [Desk.ViewByLink]
// does, NotFound too if there is no such file or if it is not for them.
func (d *Desk) FileByLink(ctx context.Context, h helpdesk.HelpCenter, token string, seq, index int) (*File, error) {
	view, _, err := d.ViewByLink(ctx, h, token)
	if err != nil {
		return nil, err
	}
	return d.shownFile(ctx, h.Account, view, seq, index)
}

// Target is where a link leads who is signed in.
type Target struct {
	Number int64
	// TakesPart: it is a request of the customer who is signed in.
	TakesPart bool
}

// LinkTarget tells which request an authentic link names, also when its time is
// over: who is signed in has rights of their own. by may be nil. It gives no right,
// and changes nothing; NotFound for everything else.
func (d *Desk) LinkTarget(ctx context.Context, h helpdesk.HelpCenter, token string, by *Customer) (Target, error) {
	_, t, err := d.named(ctx, h, token, true)
	if err != nil {
		return Target{}, err
	}
	to := Target{Number: t.Number}
	if by != nil {
		_, err := partIn(h, by, t)
		to.TakesPart = err == nil
	}
	return to, nil
}

// IsLink reports what has the shape of a link. Nothing says that it is one.
func IsLink(token string) bool { return len(token) == links.LinkTokenLen }

// MailNewLink mails another link to whom the link was sent to, at the address that
// is stored, if they still take part; the old one may be over or revoked. Whether
// it did, whoever asked must not learn: the error is never about the link.
func (d *Desk) MailNewLink(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	err := helpdesk.Retry(ctx, func(int) error {
		link, t, err := d.named(ctx, h, token, true)
		if err != nil {
			return err
		}
		to := t.Participant(link.Participant)
		box, ok := d.directory.Mailbox(h.Account, t.Mailbox)
		if to == nil || !ok || t.Entries == 0 {
			return errUnchanged
		}
		change := &helpdesk.Change{Account: h.Account}
		if err := d.planner.Automatic(ctx, change, outbound.Occasion{
			Mailbox: box, Ticket: t, Entry: t.Entries, To: to, Purpose: helpdesk.NewLink, Now: d.now(),
		}); err != nil {
			return err
		}
		if len(change.Deliveries) == 0 {
			return errUnchanged
		}
		return d.store.Commit(ctx, change)
	})
	switch {
	case errors.Is(err, errUnchanged), helpdesk.KindOf(err) == helpdesk.NotFound:
		return nil
	case err == nil:
		d.log.InfoContext(ctx, "new link mailed", "account", h.Account)
	}
	return err
}
