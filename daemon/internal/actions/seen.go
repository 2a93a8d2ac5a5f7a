package actions

import (
	"context"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MarkSeen notes that who asks has read a request up to an entry, and has looked at
// it where a note named them. What was read before stays read.
func (d *Desk) MarkSeen(ctx context.Context, by Actor, number int64, entry int) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil || by.Agent == nil {
		return err
	}
	entry = min(entry, t.Entries)
	err = d.seeing(ctx, by, t, func(seen *helpdesk.Seen) bool {
		yes := entry > seen.Entry
		seen.Entry = max(seen.Entry, entry)
		return yes
	})
	if err != nil || !slices.Contains(t.Mentioned, by.Agent.ID) {
		return err
	}
	return d.LookedAt(ctx, by, number)
}

// MarkUnread makes the last words of a customer count as unread for who asks.
func (d *Desk) MarkUnread(ctx context.Context, by Actor, number int64) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil || by.Agent == nil || t.Last == nil {
		return err
	}
	return d.seeing(ctx, by, t, func(seen *helpdesk.Seen) bool {
		yes := seen.Entry >= t.Last.Seq
		seen.Entry = min(seen.Entry, t.Last.Seq-1)
		return yes
	})
}

// seeing changes what an agent has seen, if how says that it is a change. Two pages of
// one agent may do it at once.
func (d *Desk) seeing(ctx context.Context, by Actor, t *helpdesk.Ticket, how func(*helpdesk.Seen) bool) error {
	id := helpdesk.SeenID(by.Agent.ID, t.ID)
	return helpdesk.Retry(ctx, func(int) error {
		seen, rev, err := record[helpdesk.Seen](ctx, d, by.Account, helpdesk.SeenRecord, id)
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			seen, err = &helpdesk.Seen{}, nil
		}
		if err != nil || !how(seen) {
			return err
		}
		seen.Until = d.now().Add(helpdesk.SeenLifetime)
		return d.store.Commit(ctx, &helpdesk.Change{
			Account: by.Account, Records: []helpdesk.Record{{Kind: helpdesk.SeenRecord, ID: id, Value: seen, Rev: rev}},
		})
	})
}
