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
	address := who.Address
	who.Left = &now
	who.LinkGen++
	change := &helpdesk.Change{Account: h.Account, Ticket: t}
	t.Status = helpdesk.Closed
	if t.Merged != nil {
		t.Merged.Status = helpdesk.Closed // undoing the merge must not open it again
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
	err = d.store.Commit(ctx, &helpdesk.Change{
		Account: h.Account, Ticket: t, Also: change.Also, Entries: change.Entries,
		Budgets: []helpdesk.Budget{outbound.Suppress(who.Address, spent.Rev, now)},
	})
	if err == nil {
		d.log.InfoContext(ctx, "request disowned", "account", h.Account, "ticket", t.Number)
	}
	return err
}

// disowned reads what the link is about; errUnchanged if it was said before.
func (d *Desk) disowned(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	link, err := d.signer.ParseLink(links.Audience(h.Audience), token, d.now())
	if err != nil || !link.Scope.Has(links.Disown) {
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
		case p.Number != link.Participant:
		case p.Active() && p.LinkGen == link.Gen:
			return t, p, nil
		case !p.Active() && p.LinkGen == link.Gen+1:
			return nil, nil, errUnchanged
		}
	}
	return nil, nil, missing
}
