package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// mailed reads who may leave a ticket by a link of some scope that a mail brought
// them. errUnchanged says that they left by it before; whatever is wrong with the
// link, the answer is the same NotFound.
func (d *Desk) mailed(ctx context.Context, h helpdesk.HelpCenter, token string, scope links.Scope) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	link, err := d.signer.ParseLink(links.Audience(h.Audience), token, d.now())
	if err != nil || !link.Scope.Has(scope) {
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

// leave ends that who takes part in the ticket of the change, and in the one that
// it was merged into if they were taken along there, and has both tell of it by e.
func (d *Desk) leave(ctx context.Context, change *helpdesk.Change, who *helpdesk.Participant, e helpdesk.Entry) error {
	t, address := change.Ticket, who.Address
	who.Left = &e.At
	who.LinkGen++
	if t.Merged != nil {
		end, err := helpdesk.End(t, d.reading(ctx, change.Account))
		if err != nil {
			return err
		}
		if p := end.ParticipantByAddress(address); p != nil && p.Role == helpdesk.Collaborator && end.ID != t.ID {
			p.Left = &e.At
			p.LinkGen++
			there := e
			end.Append(&there)
			change.Also, change.Entries = end, append(change.Entries, there)
		}
	}
	t.Append(&e)
	change.Entries = append(change.Entries, e)
	return nil
}
