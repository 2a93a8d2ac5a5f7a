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
	address := who.Address
	who.Left = &now
	who.LinkGen++
	if t.Merged != nil { // they were taken along into the other one
		end, err := helpdesk.End(t, d.reading(ctx, h.Account))
		if err != nil {
			return err
		}
		if p := end.ParticipantByAddress(address); p != nil && p.Role == helpdesk.Collaborator && end.ID != t.ID {
			p.Left = &now
			p.LinkGen++
			there := e
			end.Append(&there)
			change.Also, change.Entries = end, append(change.Entries, there)
		}
	}
	t.Append(&e)
	change.Entries = append(change.Entries, e)
	if err := d.store.Commit(ctx, change); err != nil {
		return err
	}
	d.log.InfoContext(ctx, "participant left", "account", h.Account, "ticket", t.Number, "participant", who.Number)
	return nil
}

// stopped reads what the link is about; errUnchanged if they have left by it.
func (d *Desk) stopped(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	link, err := d.signer.ParseLink(links.Audience(h.Audience), token, d.now())
	if err != nil || !link.Scope.Has(links.Unsubscribe) {
		return nil, nil, missing
	}
	t, err := d.store.Ticket(ctx, h.Account, helpdesk.TicketID(link.Ticket))
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return nil, nil, missing
	}
	if err != nil {
		return nil, nil, err
	}
	if t.HelpCenter != h.Name {
		return nil, nil, missing
	}
	for i := range t.Participants {
		p := &t.Participants[i]
		switch {
		case p.Number != link.Participant || p.Role != helpdesk.Collaborator:
		case p.Active() && p.LinkGen == link.Gen:
			return t, p, nil
		case !p.Active() && p.LinkGen == link.Gen+1:
			return nil, nil, errUnchanged
		}
	}
	return nil, nil, missing
}
