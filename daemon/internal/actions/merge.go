package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Merge ends request from in request into, where it goes on: who takes part in
// the one takes part in the other from then on, and mail to the one lands in
// the other. Nothing of either is changed, so [Desk.Unmerge] can undo it.
//
// Invalid says why two requests can't be merged.
func (d *Desk) Merge(ctx context.Context, by Actor, from, into int64) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if from == into {
		return helpdesk.Errorf(helpdesk.Invalid, "a request can't be merged into itself")
	}
	err := helpdesk.Retry(ctx, func(int) error { return d.tryMerge(ctx, by, from, into) })
	if err == nil {
		d.log.InfoContext(ctx, "ticket merged", "account", by.Account, "ticket", from, "into", into, "by", by.author().ID)
	}
	return err
}

func (d *Desk) tryMerge(ctx context.Context, by Actor, from, into int64) error {
	a, err := d.unmerged(ctx, by, from)
	if err != nil {
		return err
	}
	b, err := d.ticket(ctx, by, into)
	if err != nil {
		return err
	}
	if b.Merged != nil {
		end, err := helpdesk.End(b, d.reading(ctx, by.Account))
		switch {
		case err != nil:
			return err
		case end.ID == a.ID:
			return helpdesk.Errorf(helpdesk.Invalid, "request #%d was merged into #%d already", into, from)
		}
		return helpdesk.Errorf(helpdesk.Invalid, "request #%d was merged itself and goes on as #%d: choose that", into, end.Number)
	}
	change, err := d.join(ctx, by, a, b, nil)
	if err != nil {
		return err
	}
	d.tell(change, by, a, b.ID, "Merged into #%d.", b.Number)
	d.tell(change, by, b, 0, "#%d was merged into this request.%s", a.Number, newcomers(a, b))
	change.Audit = append(change.Audit, d.audit(by, "ticket.merge", ticketSubject(a), "into", numeral(b.Number)))
	return d.store.Commit(ctx, change)
}

// join merges a into b within the limits of what mail and pages follow. Of the
// participants of a, those become some of b whom joins names; nil is all.
func (d *Desk) join(ctx context.Context, by Actor, a, b *helpdesk.Ticket, joins func(*helpdesk.Participant) bool) (*helpdesk.Change, error) {
	if err := mayMerge(a, b); err != nil {
		return nil, err
	}
	mine, height, err := helpdesk.Family(a, d.reading(ctx, by.Account))
	if err != nil {
		return nil, err
	}
	others, _, err := helpdesk.Family(b, d.reading(ctx, by.Account))
	switch {
	case err != nil:
		return nil, err
	case height >= helpdesk.MaxChain:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "request #%d is the end of %d merges in a row; more are not followed", a.Number, helpdesk.MaxChain)
	case len(mine)+len(others)+2 > helpdesk.MaxFamily:
		return nil, helpdesk.Errorf(helpdesk.Invalid, "at most %d requests can become one", helpdesk.MaxFamily)
	}
	if err := a.MergeInto(b, direct(b, others), joins, by.author(), d.now()); err != nil {
		return nil, err
	}
	return &helpdesk.Change{Account: by.Account, Ticket: a, Also: b}, nil
}

// mayMerge is Invalid for side threads: who takes part in one request would take part
// in the other, and neither is to know of the other.
func mayMerge(a, b *helpdesk.Ticket) error {
	for _, t := range []*helpdesk.Ticket{a, b} {
		if t.Side != nil {
			return helpdesk.Errorf(helpdesk.Invalid, "request #%d is a side thread of #%d, of which customers must not know: it can't be merged", t.Number, t.Side.Number)
		}
	}
	return nil
}

// direct are those of merged that were merged into t itself.
func direct(t *helpdesk.Ticket, merged []helpdesk.Ticket) []helpdesk.Ticket {
	return slices.DeleteFunc(slices.Clone(merged), func(m helpdesk.Ticket) bool { return m.Merged == nil || m.Merged.Into != t.ID })
}

// newcomers say who sees b from now on.
func newcomers(a, b *helpdesk.Ticket) string {
	var names []string
	for _, number := range a.Merged.Joined {
		if p := b.Participant(number); p != nil && !p.Joined.Before(a.Merged.At) {
			names = append(names, p.DisplayName())
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return " " + names[0] + " takes part from here on."
	}
	last := len(names) - 1
	return fmt.Sprintf(" %s and %s take part from here on.", strings.Join(names[:last], ", "), names[last])
}

// Unmerge undoes the merge of a request: it is what it was, and so is the one
// that it was merged into, but for what was written there since. Who joined
// that one with it leaves, unless they wrote there.
func (d *Desk) Unmerge(ctx context.Context, by Actor, number int64) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	err := helpdesk.Retry(ctx, func(int) error { return d.tryUnmerge(ctx, by, number) })
	if err == nil {
		d.log.InfoContext(ctx, "merge undone", "account", by.Account, "ticket", number, "by", by.author().ID)
	}
	return err
}

func (d *Desk) tryUnmerge(ctx context.Context, by Actor, number int64) error {
	a, err := d.ticket(ctx, by, number)
	if err != nil {
		return err
	}
	if a.Merged == nil {
		return helpdesk.Errorf(helpdesk.Invalid, "request #%d is not merged", number)
	}
	b, err := d.store.Ticket(ctx, by.Account, a.Merged.Into)
	switch {
	case err != nil:
		return err
	case !by.sees(b):
		return helpdesk.Errorf(helpdesk.NotFound, "there is no request #%d", number)
	case b.Merged != nil:
		return helpdesk.Errorf(helpdesk.Invalid, "request #%d was merged into #%d itself: undo that first", b.Number, b.Merged.Number)
	}
	entries, err := d.store.Entries(ctx, by.Account, b.ID)
	if err != nil {
		return err
	}
	others, _, err := helpdesk.Family(b, d.reading(ctx, by.Account))
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(direct(b, others), func(t helpdesk.Ticket) bool { return t.ID == a.ID })
	change := &helpdesk.Change{Account: by.Account, Ticket: a, Also: b}
	if a.Merged.Returned {
		if err := d.splitAgain(ctx, change, a, b, entries); err != nil {
			return err
		}
	}
	merged := a.Merged.At
	stayed := a.Unmerge(b, others, func(p *helpdesk.Participant) bool { return wroteSince(entries, p, merged) }, d.now())
	d.tell(change, by, a, b.ID, "The merge into #%d was undone.", b.Number)
	d.tell(change, by, b, 0, "The merge of #%d was undone.%s", a.Number, stay(stayed))
	change.Audit = append(change.Audit, d.audit(by, "ticket.unmerge", ticketSubject(a), "from", numeral(b.Number)))
	return d.store.Commit(ctx, change)
}

func wroteSince(entries []helpdesk.Entry, p *helpdesk.Participant, since time.Time) bool {
	return slices.ContainsFunc(entries, func(e helpdesk.Entry) bool {
		return !e.At.Before(since) && wrote(&e, p)
	})
}

// wrote reports a message of the participant that others may read: what nothing
// proves to be theirs is not counted as theirs.
func wrote(e *helpdesk.Entry, p *helpdesk.Participant) bool {
	return e.Public() && e.FromCustomer() && (e.Author.ID != "" && e.Author.ID == p.Contact || e.Author.Address.Same(p.Address))
}

func stay(who []helpdesk.Participant) string {
	if len(who) == 0 {
		return ""
	}
	names := make([]string, len(who))
	for i := range who {
		names[i] = who[i].DisplayName()
	}
	return " Still taking part, having written here: " + strings.Join(names, ", ") + "."
}

// unmerged reads a ticket on which something is to be done: Invalid names the
// one where it goes on.
func (d *Desk) unmerged(ctx context.Context, by Actor, number int64) (*helpdesk.Ticket, error) {
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return nil, err
	}
	return t, d.goesOn(ctx, by.Account, t)
}

// goesOn is Invalid for a ticket that was merged, and names the one where it
// goes on.
func (d *Desk) goesOn(ctx context.Context, account string, t *helpdesk.Ticket) error {
	if t.Merged == nil {
		return nil
	}
	end, err := helpdesk.End(t, d.reading(ctx, account))
	if err != nil {
		return err
	}
	return helpdesk.Errorf(helpdesk.Invalid, "request #%d was merged and goes on as #%d: do it there", t.Number, end.Number)
}

// reading is how merges are followed.
func (d *Desk) reading(ctx context.Context, account string) func(helpdesk.TicketID) (*helpdesk.Ticket, error) {
	return func(id helpdesk.TicketID) (*helpdesk.Ticket, error) { return d.store.Ticket(ctx, account, id) }
}

// tell adds an event to a ticket that the change writes; toldBy is the ticket
// that tells of it too, 0 for none.
func (d *Desk) tell(change *helpdesk.Change, by Actor, t *helpdesk.Ticket, toldBy helpdesk.TicketID, format string, args ...any) {
	e := helpdesk.Entry{
		Kind: helpdesk.Event, Channel: helpdesk.ByConsole, At: d.now(), Author: by.author(), Text: fmt.Sprintf(format, args...), ToldBy: toldBy,
	}
	t.Append(&e)
	change.Entries = append(change.Entries, e)
}
