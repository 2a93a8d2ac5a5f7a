package actions

import (
	"context"
	"errors"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Stoppable answers NotFound if the link cannot be used to get no more mail about a
// request. It tells nothing about the request and changes nothing.
func (d *Desk) Stoppable(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	_, _, err := d.stopped(ctx, h, token)
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// Stop lets a collaborator leave a request by the link in a mail to them (RFC 8058):
// they get no more mail about it, and every link and reply address of theirs is dead.
// Who was only named by another customer gets no such mail for a year, about no
// request. Saying it twice is saying it.
func (d *Desk) Stop(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	err := helpdesk.Retry(ctx, func(int) error { return d.tryStop(ctx, h, token) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

func (d *Desk) tryStop(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	t, who, err := d.stopped(ctx, h, token)
	if err != nil {
		return err
	}
	now := d.now()
	e := helpdesk.Entry{
		Kind: helpdesk.Event, Channel: helpdesk.ByPortal, At: now, Author: helpdesk.Author{Role: helpdesk.System},
		Text: who.Address.String() + " wants no more mail about this request, and takes no part in it any more.",
	}
	change := &helpdesk.Change{Account: h.Account, Ticket: t}
	if who.Unasked {
		spent, err := d.planner.Budgets.Budget(ctx, h.Account, outbound.SuppressKey(who.Address))
		if err != nil {
			return err
		}
		change.Budgets = []helpdesk.Budget{outbound.Suppress(who.Address, spent.Rev, now)}
	}
	if err := d.leave(ctx, change, who, e); err != nil {
		return err
	}
	if err := d.store.Commit(ctx, change); err != nil {
		return err
	}
	d.log.InfoContext(ctx, "participant left", "account", h.Account, "ticket", t.Number, "participant", who.Number)
	return nil
}

// stopped reads what the link is about; errUnchanged if they have left by it.
func (d *Desk) stopped(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	t, who, err := d.mailed(ctx, h, token, links.Unsubscribe)
	if err == nil && who.Role != helpdesk.Collaborator {
		return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return t, who, err
}
