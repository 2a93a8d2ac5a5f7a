package actions

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Disownable answers NotFound if the link cannot be used to say "this was not
// me". It tells nothing about the request and changes nothing.
func (d *Desk) Disownable(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	_, _, err := d.disowned(ctx, h, token)
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// Disown takes the word of whom a confirmation was sent to that they asked for
// nothing: their address gets no more confirmations for a year, nor mail about a
// sign-in as long as nobody has proven it; they take no
// part in the request any more, and it is closed. Saying it twice is saying it.
func (d *Desk) Disown(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	err := helpdesk.Retry(ctx, func(int) error { return d.tryDisown(ctx, h, token) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

func (d *Desk) tryDisown(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	t, who, err := d.disowned(ctx, h, token)
	if err != nil {
		return err
	}
	spent, err := d.planner.Budgets.Budget(ctx, h.Account, outbound.SuppressKey(who.Address))
	if err != nil {
		return err
	}
	now := d.now()
	e := helpdesk.Entry{
		Kind: helpdesk.Event, Channel: helpdesk.ByPortal, At: now, Author: helpdesk.Author{Role: helpdesk.System},
		Text: "The owner of " + who.Address.String() + " says that this request is not theirs. They get no more mail about it, and for a year no confirmation.",
	}
	change := &helpdesk.Change{
		Account: h.Account, Ticket: t, Budgets: []helpdesk.Budget{outbound.Suppress(who.Address, spent.Rev, now)},
	}
	t.Status = helpdesk.Closed
	if t.Merged != nil {
		t.Merged.Status = helpdesk.Closed // undoing the merge must not open it again
	}
	if err := d.leave(ctx, change, who, e); err != nil {
		return err
	}
	err = d.store.Commit(ctx, change)
	if err == nil {
		d.log.InfoContext(ctx, "request disowned", "account", h.Account, "ticket", t.Number)
	}
	return err
}

// disowned reads what the link is about; errUnchanged if it was said before.
func (d *Desk) disowned(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	return d.mailed(ctx, h, token, links.Disown)
}
