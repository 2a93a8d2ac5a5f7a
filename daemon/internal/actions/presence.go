package actions

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Present is an agent in front of a request.
type Present struct {
	Agent  helpdesk.ID        `json:"agent"`
	Name   string             `json:"name"`
	Typing helpdesk.EntryKind `json:"typing,omitempty"` // what they are writing; "" for nothing
}

// mostPresent is how many are told of: more than that work on nothing together.
const mostPresent = 20

// BeThere says that who asks is in front of a request, and what they are writing: a
// message, a note, or "" for nothing. It lapses after [helpdesk.PresenceLifetime].
func (d *Desk) BeThere(ctx context.Context, by Actor, number int64, typing helpdesk.EntryKind) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	if typing != "" && typing != helpdesk.Message && typing != helpdesk.Note {
		return helpdesk.Errorf(helpdesk.Invalid, "what is being written is a message or a note")
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil || by.Agent == nil {
		return err
	}
	now := d.now()
	id := helpdesk.PresenceID(t.ID, by.Agent.ID)
	was, _, err := record[helpdesk.Presence](ctx, d, by.Account, helpdesk.PresenceRecord, id)
	if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
		return err
	}
	is := helpdesk.Presence{Name: by.Agent.Name, Typing: typing, Until: now.Add(helpdesk.PresenceLifetime)}
	if err := d.putPresence(ctx, by, helpdesk.Record{Kind: helpdesk.PresenceRecord, ID: id, Value: is}); err != nil {
		return err
	}
	if was == nil || was.Typing != typing || !now.Before(was.Until) {
		d.lists.Nudge(by.Account, t.ID)
	}
	return nil
}

// BeGone says that who asks is in front of a request no more.
func (d *Desk) BeGone(ctx context.Context, by Actor, number int64) error {
	if err := by.mayWork(); err != nil {
		return err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil || by.Agent == nil {
		return err
	}
	id := helpdesk.PresenceID(t.ID, by.Agent.ID)
	if err := d.putPresence(ctx, by, helpdesk.Record{Kind: helpdesk.PresenceRecord, ID: id, Gone: true}); err != nil {
		return err
	}
	d.lists.Nudge(by.Account, t.ID)
	return nil
}

// putPresence writes what only the agent's own pages write. Of two that write at once,
// either may be right.
func (d *Desk) putPresence(ctx context.Context, by Actor, r helpdesk.Record) error {
	r.Any = true
	return d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Records: []helpdesk.Record{r}})
}

// Presence lists the others who are in front of a request, by name.
func (d *Desk) Presence(ctx context.Context, by Actor, number int64) ([]Present, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return nil, err
	}
	return d.present(ctx, by, t.ID)
}

func (d *Desk) present(ctx context.Context, by Actor, id helpdesk.TicketID) ([]Present, error) {
	under := helpdesk.PresenceID(id, "")
	found, _, err := d.store.Records(ctx, by.Account, helpdesk.PresenceRecord, under, "", mostPresent)
	if err != nil {
		return nil, err
	}
	all := []Present{}
	for _, r := range found {
		var p helpdesk.Presence
		if err := json.Unmarshal(r.Raw, &p); err != nil {
			return nil, fmt.Errorf("read presence %s: %w", r.ID, err)
		}
		who := helpdesk.ID(strings.TrimPrefix(r.ID, under))
		if !d.now().Before(p.Until) || by.Agent != nil && who == by.Agent.ID {
			continue
		}
		all = append(all, Present{Agent: who, Name: p.Name, Typing: p.Typing})
	}
	slices.SortFunc(all, func(a, b Present) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Agent, b.Agent)) })
	return all, nil
}
