package actions

import (
	"context"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Watch lets an agent follow a request: they are mailed what customers write in it.
// "" is who asks.
func (d *Desk) Watch(ctx context.Context, by Actor, number int64, agent helpdesk.ID) error {
	return d.following(ctx, by, number, agent, func(t *helpdesk.Ticket, a *helpdesk.Agent) (string, error) {
		switch {
		case slices.Contains(t.Watchers, a.ID):
			return "", errUnchanged
		case len(t.Watchers) >= helpdesk.MaxWatchers:
			return "", helpdesk.Errorf(helpdesk.Invalid, "at most %d agents follow a request", helpdesk.MaxWatchers)
		case a.Disabled:
			return "", helpdesk.Errorf(helpdesk.Invalid, "%s is disabled and can't follow anything", a.Name)
		}
		t.Watch(a.ID)
		return a.Name + " follows the request from now on.", nil
	})
}

// Unwatch ends that an agent follows a request; "" is who asks.
func (d *Desk) Unwatch(ctx context.Context, by Actor, number int64, agent helpdesk.ID) error {
	return d.following(ctx, by, number, agent, func(t *helpdesk.Ticket, a *helpdesk.Agent) (string, error) {
		if !t.Unwatch(a.ID) {
			return "", errUnchanged
		}
		return a.Name + " does not follow the request any more.", nil
	})
}

// following changes who follows a request. What agents do about themselves is not in
// its history: that tells of the request.
func (d *Desk) following(ctx context.Context, by Actor, number int64, agent helpdesk.ID, how func(*helpdesk.Ticket, *helpdesk.Agent) (string, error)) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	self := by.Agent != nil && (agent == "" || agent == by.Agent.ID)
	if !self && agent == "" {
		return helpdesk.Errorf(helpdesk.Invalid, "choose an agent")
	}
	return d.changePeople(ctx, by, number, "followers changed", func(t *helpdesk.Ticket, change *helpdesk.Change) error {
		who := by.Agent
		if !self {
			var err error
			if who, err = d.store.Agent(ctx, by.Account, agent); err != nil {
				return err
			}
		}
		if err := d.goesOn(ctx, by.Account, t); err != nil {
			return err
		}
		words, err := how(t, who)
		if err == nil && !self {
			noteEvent(change, t, by, d.now(), words)
		}
		return err
	})
}

// LookedAt notes that who asks has read a request in which a note named them.
func (d *Desk) LookedAt(ctx context.Context, by Actor, number int64) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if by.Agent == nil {
		return nil
	}
	return d.changePeople(ctx, by, number, "mention read", func(t *helpdesk.Ticket, _ *helpdesk.Change) error {
		return changed(t.Looked(by.Agent.ID))
	})
}
