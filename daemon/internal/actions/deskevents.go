package actions

import (
	"context"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Watched is what a page of an agent shows and wants to be told of.
type Watched struct {
	List   *ListQuery // nil for none
	Number int64      // of a request; 0 for none
}

// DeskGlance is what such a page has to know again and again. All of it is as it is
// now: whoever missed some of it misses nothing.
type DeskGlance struct {
	Counts map[string]int // as [Desk.Counts]
	// List is [Listing.Look] of the list; "gone" if it is there no more.
	List string
	// Ticket is another one when the request, or a mail that it caused, is; "gone" if
	// it may be seen no more.
	Ticket string
	// Present are the others who are in front of the request.
	Present []Present
}

// Gone is the look of what is there no more.
const Gone = "gone"

// GlanceAtDesk tells a page whether it still shows what is there.
func (d *Desk) GlanceAtDesk(ctx context.Context, by Actor, w Watched) (*DeskGlance, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if err := d.ready(ctx, by.Account); err != nil {
		return nil, err
	}
	counts, err := d.counts(ctx, by)
	if err != nil {
		return nil, err
	}
	g := &DeskGlance{Counts: counts, Present: []Present{}}
	if w.List != nil {
		if g.List, err = d.listLook(ctx, by, *w.List); err != nil {
			return nil, err
		}
	}
	if w.Number != 0 {
		return g, d.glanceAtTicket(ctx, by, w.Number, g)
	}
	return g, nil
}

func (d *Desk) glanceAtTicket(ctx context.Context, by Actor, number int64, g *DeskGlance) error {
	t, err := d.ticket(ctx, by, number)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		g.Ticket = Gone
		return nil
	}
	if err != nil {
		return err
	}
	rev, err := d.store.TicketLook(ctx, by.Account, t.ID)
	if err != nil {
		return err
	}
	g.Ticket = lookOf(rev)
	g.Present, err = d.present(ctx, by, t.ID)
	return err
}

// listLook is [Listing.Look] of a list as it is now.
func (d *Desk) listLook(ctx context.Context, by Actor, q ListQuery) (string, error) {
	c, _, err := d.choice(ctx, by, q)
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		return d.lists.Choose(by.Account, *c).Look, nil
	case kind == helpdesk.NotFound, kind == helpdesk.Invalid:
		return Gone, nil
	}
	return "", err
}

func lookOf(rev int64) string { return strconv.FormatInt(rev, 36) }

// FollowDesk tells that something may be another by now of what a page watches, until
// it is closed. Unavailable says that too many are told of something.
func (d *Desk) FollowDesk(ctx context.Context, by Actor, w Watched) (Tidings, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	var id helpdesk.TicketID
	if w.Number != 0 {
		t, err := d.ticket(ctx, by, w.Number)
		if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
			return nil, err
		}
		if t != nil {
			id = t.ID
		}
	}
	return d.lists.SubscribeAll(by.Account, id)
}
