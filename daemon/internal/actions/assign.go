package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Assign gives the ticket to an agent, or to nobody with "". A ticket that is
// theirs already is left as it is.
func (d *Desk) Assign(ctx context.Context, by Actor, number int64, agent helpdesk.ID) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	words := "Assigned to nobody."
	if agent != "" {
		a, err := d.store.Agent(ctx, by.Account, agent)
		if err != nil {
			return err
		}
		if a.Disabled {
			return helpdesk.Errorf(helpdesk.Invalid, "%s is disabled and can't be given work", a.Name)
		}
		words = "Assigned to " + a.Name + "."
	}
	return d.write(ctx, by, number, writing{kind: helpdesk.Event, text: words}, func(t *helpdesk.Ticket, _ *helpdesk.Change, _ int) error {
		return changed(t.Assign(agent))
	})
}

// SetPriority changes the priority; a ticket that has it already is left as it is.
func (d *Desk) SetPriority(ctx context.Context, by Actor, number int64, priority string) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	priority, err := helpdesk.ParsePriority(priority)
	if err != nil {
		return err
	}
	w := writing{kind: helpdesk.Event, text: "Priority set to " + priority + "."}
	return d.write(ctx, by, number, w, func(t *helpdesk.Ticket, _ *helpdesk.Change, _ int) error {
		was := t.Priority
		t.Priority = priority
		return changed(was != priority)
	})
}

// SetTags adds and removes tags; a ticket whose tags stay the same is left as it is.
func (d *Desk) SetTags(ctx context.Context, by Actor, number int64, add, remove []string) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	for _, tags := range [][]string{add, remove} {
		for i := range tags {
			var err error
			if tags[i], err = helpdesk.ParseTag(tags[i]); err != nil {
				return err
			}
		}
	}
	w := writing{kind: helpdesk.Event, text: "Tags changed."}
	return d.write(ctx, by, number, w, func(t *helpdesk.Ticket, change *helpdesk.Change, _ int) error {
		added, removed, err := t.Retag(add, remove)
		if err != nil {
			return err
		}
		e := &change.Entries[0]
		e.Text = tagWords(added, removed)
		return changed(e.Text != "")
	})
}

// tagWords tell what became of tags; "" if nothing did.
func tagWords(added, removed []string) string {
	var words []string
	if len(added) > 0 {
		words = append(words, "Tags added: "+strings.Join(added, ", ")+".")
	}
	if len(removed) > 0 {
		words = append(words, "Tags removed: "+strings.Join(removed, ", ")+".")
	}
	return strings.Join(words, " ")
}

func changed(yes bool) error {
	if yes {
		return nil
	}
	return errUnchanged
}

// notify mails the agents who are mailed what customers write. The ticket must
// be part of the change. Who is named in but knows already.
func (d *Desk) notify(ctx context.Context, change *helpdesk.Change, o outbound.Occasion, but ...helpdesk.ID) error {
	agents, err := d.store.AgentsWhoSee(ctx, change.Account, o.Ticket)
	if err != nil {
		return err
	}
	agents = slices.DeleteFunc(agents, func(a helpdesk.Agent) bool { return slices.Contains(but, a.ID) })
	left, err := d.planner.Notify(ctx, change, o, agents)
	if left > 0 {
		d.log.WarnContext(ctx, "agents not mailed, too many mails", "account", change.Account, "ticket", o.Ticket.Number, "agents", left)
	}
	return err
}
