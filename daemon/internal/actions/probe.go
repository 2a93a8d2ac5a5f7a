package actions

import (
	"context"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Probe is what became of a mail that a mailbox sent to itself.
type Probe struct {
	Number     int64          // of the ticket; 0 when it was held
	Held       helpdesk.ID    // of the held item; "" when it is a ticket
	Cause      helpdesk.Cause // of holding it
	Subject    string
	Recognised helpdesk.Recognition
	Link       string // of its requester, as a mail would have it; "" with NoLink
	NoLink     string // why there is none
}

// errNoProbe is also the answer for every mail that is no probe: the link of a
// customer's ticket is not given out.
var errNoProbe = helpdesk.Errorf(helpdesk.NotFound, "no such mail has come in")

// FindProbe looks for a mail that a mailbox sent to itself, by its Message-ID or by
// its subject, which is made of it; NotFound while it has not come in.
func (d *Desk) FindProbe(ctx context.Context, by Actor, box helpdesk.Mailbox, messageID string) (*Probe, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if !by.Operator {
		return nil, errNoProbe // it looks at the newest requests of all
	}
	subject := outbound.ProbeSubject(messageID)
	if subject == "" {
		return nil, errNoProbe
	}
	candidates, err := d.probeTickets(ctx, by, messageID)
	if err != nil {
		return nil, err
	}
	for i := range candidates {
		if p, err := d.probed(ctx, by, box, &candidates[i], subject); p != nil || err != nil {
			return p, err
		}
	}
	items, err := d.Held(ctx, by)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(items, func(item helpdesk.HeldItem) bool {
		return item.Mailbox == box.Name && item.From.Same(box.Address) && item.Subject == subject
	})
	if i < 0 {
		return nil, errNoProbe
	}
	return &Probe{Held: items[i].ID, Cause: items[i].Cause, Subject: subject, Recognised: items[i].Recognised, NoLink: "it is held, so it has no ticket"}, nil
}

// recentTickets are looked through for a probe whose Message-ID a relay wrote anew,
// as Amazon's does. More hardly come in while one is waited for.
const recentTickets = 100

// probeTickets are those that a probe may have opened.
func (d *Desk) probeTickets(ctx context.Context, by Actor, messageID string) ([]helpdesk.Ticket, error) {
	found, err := d.store.Lookup(ctx, by.Account, store.Query{MessageIDs: []string{messageID}})
	if err != nil {
		return nil, err
	}
	var all []helpdesk.Ticket
	for _, ref := range found.Refs {
		t, err := d.store.Ticket(ctx, by.Account, ref.Ticket)
		if err != nil {
			return nil, err
		}
		all = append(all, *t)
	}
	recent, err := d.store.Tickets(ctx, by.Account, 0, recentTickets)
	return append(all, recent...), err
}

// probed tells of a ticket that a probe opened; nil if another mail did.
func (d *Desk) probed(ctx context.Context, by Actor, box helpdesk.Mailbox, t *helpdesk.Ticket, subject string) (*Probe, error) {
	requester := t.Requester()
	if t.Mailbox != box.Name || requester == nil || !requester.Address.Same(box.Address) || t.Subject != subject {
		return nil, nil
	}
	entry, err := d.store.Entry(ctx, by.Account, t.ID, 1)
	if err != nil {
		return nil, err
	}
	p := &Probe{Number: t.Number, Subject: t.Subject}
	if entry.Recognised != nil {
		p.Recognised = *entry.Recognised
	}
	center, ok := d.directory.HelpCenter(by.Account, t.HelpCenter)
	switch {
	case !ok:
		p.NoLink = "the mailbox has no help center"
	case !center.PortalOn:
		p.NoLink = "the portal of help center " + center.Name + " is off"
	case center.View != helpdesk.ViewWithLink:
		p.NoLink = "help center " + center.Name + " shows requests only to who is signed in"
	default:
		p.Link = outbound.Link(d.signer, center, t, requester, d.now())
	}
	return p, nil
}

// ProbeTag marks the tickets of probes.
const ProbeTag = "doctor"

// EndProbe puts a probe away: its ticket is closed and marked, a held one dropped.
func (d *Desk) EndProbe(ctx context.Context, by Actor, p *Probe) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if !by.Operator {
		return errNoProbe
	}
	if p.Held != "" {
		_, err := d.DecideHeld(ctx, by, string(p.Held), helpdesk.Drop)
		return err
	}
	if err := d.SetTags(ctx, by, p.Number, []string{ProbeTag}, nil); err != nil {
		return err
	}
	return d.SetStatus(ctx, by, p.Number, helpdesk.Closed)
}
