package actions

import (
	"context"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Detail is a ticket as agents see it. Texts of entries are whole.
type Detail struct {
	Ticket     helpdesk.Ticket
	Look       string // see [DeskGlance.Ticket]
	Entries    []helpdesk.Entry
	Deliveries []helpdesk.Delivery
	// Merged are the tickets that were merged into this one, and into those; they
	// have none in turn.
	Merged []Detail
	// Files are the limits of what agents may send from it.
	Files helpdesk.FileLimits
	// Follows is the number of the ticket that this one goes on from, and Maybe of
	// the one that its first mail may have meant; 0 for none.
	Follows, Maybe int64
	// GoesOnAs are the numbers of the tickets that go on from this one.
	GoesOnAs []int64
	// Sides are its side threads, and those of what was merged into it.
	Sides []SideThread
	// Settings name its fields and statuses.
	Settings helpdesk.DeskSettings
}

// Ticket reads one ticket with its history, and those that were merged into it.
func (d *Desk) Ticket(ctx context.Context, by Actor, number int64) (*Detail, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return nil, err
	}
	detail, err := d.detail(ctx, by.Account, t)
	if err != nil {
		return nil, err
	}
	newest := t.Rev
	for i := range detail.Deliveries {
		newest = max(newest, detail.Deliveries[i].Rev)
	}
	detail.Look = lookOf(newest)
	if box, ok := d.directory.Mailbox(by.Account, t.Mailbox); ok {
		detail.Files = box.Files
	}
	merged, _, err := helpdesk.Family(t, d.reading(ctx, by.Account))
	if err != nil {
		return nil, err
	}
	for i := range merged {
		part, err := d.detail(ctx, by.Account, &merged[i])
		if err != nil {
			return nil, err
		}
		detail.Merged = append(detail.Merged, *part)
	}
	if detail.Follows, err = d.goesBackTo(ctx, by, t, t.Follows); err != nil {
		return nil, err
	}
	if detail.Maybe, err = d.goesBackTo(ctx, by, t, t.Maybe); err != nil {
		return nil, err
	}
	return detail, d.around(ctx, by, detail)
}

// around adds what is beside the ticket: what goes on from it, its side threads, and
// what the account calls its fields.
func (d *Desk) around(ctx context.Context, by Actor, detail *Detail) error {
	for _, id := range detail.Ticket.GoesOnAs {
		number, err := d.goesBackTo(ctx, by, &detail.Ticket, id)
		if err != nil {
			return err
		}
		if number != 0 && !slices.Contains(detail.GoesOnAs, number) {
			detail.GoesOnAs = append(detail.GoesOnAs, number)
		}
	}
	parts := []*helpdesk.Ticket{&detail.Ticket}
	for i := range detail.Merged {
		parts = append(parts, &detail.Merged[i].Ticket)
	}
	var err error
	if detail.Sides, err = d.sidesOf(ctx, by, parts...); err != nil {
		return err
	}
	settings, err := d.settings(ctx, by.Account)
	if err == nil {
		detail.Settings = *settings
	}
	return err
}

// goesBackTo is the number under which the other ticket goes on now; 0 if there
// is none that the actor sees, or if it goes on as this one.
func (d *Desk) goesBackTo(ctx context.Context, by Actor, t *helpdesk.Ticket, other helpdesk.TicketID) (int64, error) {
	if other == 0 {
		return 0, nil
	}
	read := d.reading(ctx, by.Account)
	found, err := read(other)
	if err == nil {
		found, err = helpdesk.End(found, read)
	}
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return 0, nil
	case err != nil:
		return 0, err
	case found.ID == t.ID, !by.sees(found):
		return 0, nil
	}
	return found.Number, nil
}

func (d *Desk) detail(ctx context.Context, account string, t *helpdesk.Ticket) (*Detail, error) {
	entries, err := d.entries(ctx, account, t.ID)
	if err != nil {
		return nil, err
	}
	deliveries, err := d.store.Deliveries(ctx, account, t.ID)
	if err != nil {
		return nil, err
	}
	return &Detail{Ticket: *t, Entries: entries, Deliveries: deliveries}, nil
}

// Item is an entry of a thread, with the ticket that it is an entry of.
type Item struct {
	Ticket *helpdesk.Ticket
	Entry  *helpdesk.Entry
}

// Thread is the history of the ticket with those of the merged ones, in the
// order of time. What was moved from one of them to another stands there only,
// and what two of them tell is told once.
func (d *Detail) Thread() []Item {
	var thread []Item
	at := map[*helpdesk.Entry]time.Time{}
	for _, part := range append([]*Detail{d}, pointers(d.Merged)...) {
		places := helpdesk.Places(part.Entries)
		for i := range part.Entries {
			e := &part.Entries[i]
			if e.MovedTo != nil && d.has(e.MovedTo.Ticket) || e.ToldBy != 0 && d.has(e.ToldBy) {
				continue
			}
			at[e] = places[i]
			thread = append(thread, Item{Ticket: &part.Ticket, Entry: e})
		}
	}
	slices.SortStableFunc(thread, func(a, b Item) int { return at[a.Entry].Compare(at[b.Entry]) })
	return thread
}

// has reports a ticket of the thread.
func (d *Detail) has(id helpdesk.TicketID) bool {
	return d.Ticket.ID == id || slices.ContainsFunc(d.Merged, func(m Detail) bool { return m.Ticket.ID == id })
}

func pointers(all []Detail) []*Detail {
	out := make([]*Detail, len(all))
	for i := range all {
		out[i] = &all[i]
	}
	return out
}
