package actions

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Release shows a hidden message of a ticket to its customers. The others who
// take part are told of what a person wrote; what a program sent wakes nobody
// (row P06). A message that customers see already is left as it is.
func (d *Desk) Release(ctx context.Context, by Actor, number int64, seq int) error {
	if err := by.may(helpdesk.DecideHeld); err != nil {
		return err
	}
	err := helpdesk.Retry(ctx, func(int) error { return d.tryRelease(ctx, by, number, seq) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err == nil {
		d.log.InfoContext(ctx, "entry released", "account", by.Account, "ticket", number, "entry", seq, "by", by.author().ID)
	}
	return err
}

func (d *Desk) tryRelease(ctx context.Context, by Actor, number int64, seq int) error {
	// The head is read first: its revision guards the entry too.
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return err
	}
	e, err := d.store.Entry(ctx, by.Account, t.ID, seq)
	if err != nil {
		return err
	}
	switch {
	case e.Kind != helpdesk.Message:
		return helpdesk.Errorf(helpdesk.Invalid, "only messages can be shown to customers")
	case e.MovedTo != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "it was moved to request #%d: show it there", e.MovedTo.Number)
	case !e.Hidden:
		return errUnchanged
	}
	now := d.now()
	t.Release(e, helpdesk.Release{By: by.author(), At: now})
	change := &helpdesk.Change{Account: by.Account, Ticket: t, Entries: []helpdesk.Entry{*e}}
	if e.Recognised == nil || e.Recognised.Class == helpdesk.ClassMessage {
		t.CustomerReplied()
		box, err := d.mailbox(by.Account, t.Mailbox)
		if err != nil {
			return err
		}
		if err := d.mailOthers(ctx, change, box, t, e, now); err != nil {
			return err
		}
	}
	change.Audit = append(change.Audit, d.audit(by, "entry.release", ticketSubject(t), "entry", strconv.Itoa(seq)))
	return d.store.Commit(ctx, change)
}

// mailOthers adds a mail about a customer's entry for everybody else who takes part.
func (d *Desk) mailOthers(ctx context.Context, change *helpdesk.Change, box helpdesk.Mailbox, t *helpdesk.Ticket, e *helpdesk.Entry, now time.Time) error {
	for i := range t.Participants {
		to := &t.Participants[i]
		if to.Address.Same(e.Author.Address) {
			continue
		}
		if err := d.planner.Automatic(ctx, change, outbound.Occasion{
			Mailbox: box, Ticket: t, Entry: e.Seq, To: to, Purpose: helpdesk.Update, Now: now,
		}); err != nil {
			return err
		}
	}
	return nil
}
