package console_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) DeskSettings(_ context.Context, by actions.Actor) (*helpdesk.DeskSettings, error) {
	if d.settings == nil {
		return &helpdesk.DeskSettings{}, d.check(by)
	}
	return d.settings, d.check(by)
}

func (d *desk) TeamList(_ context.Context, by actions.Actor) ([]helpdesk.Team, error) {
	return d.teams, d.check(by)
}

func (d *desk) Writing(_ context.Context, by actions.Actor, _ int64) (*helpdesk.Writing, error) {
	return d.writing, d.check(by)
}

func (d *desk) KeepWriting(_ context.Context, by actions.Actor, number int64, nonce string, in helpdesk.Writing) (*helpdesk.Writing, error) {
	d.changes = append(d.changes, fmt.Sprintf("keep %d %s %s %q after %d", number, nonce, in.Kind, in.Text, in.Rev))
	in.Rev++
	return &in, errors.Join(d.check(by), d.writeErr)
}

func (d *desk) FillCanned(_ context.Context, by actions.Actor, id helpdesk.ID, number int64) (string, error) {
	if id != thanks.ID {
		return "", helpdesk.Errorf(helpdesk.NotFound, "there is no such canned reply")
	}
	return fmt.Sprintf("Thank you for #%d.", number), d.check(by)
}

// Edit remembers what was to be changed, in the order of the members.
func (d *desk) Edit(_ context.Context, by actions.Actor, number int64, in actions.Edit) (*actions.Edited, error) {
	did := func(format string, args ...any) { d.changes = append(d.changes, fmt.Sprintf(format, args...)) }
	switch {
	case in.Subject != nil:
		did("subject %d %q", number, *in.Subject)
	case in.Status != "":
		did("status %d %s", number, in.Status)
	case in.Assignee != nil:
		did("assign %d %q", number, *in.Assignee)
	case in.Team != nil:
		did("team %d %q", number, *in.Team)
	case in.Priority != "":
		did("priority %d %s", number, in.Priority)
	case in.Fields != nil:
		did("fields %d %v had %v", number, in.Fields, in.Had)
	case in.Snooze != nil && in.Snooze.IsZero():
		did("wake %d", number)
	case in.Snooze != nil:
		did("snooze %d %s", number, in.Snooze.UTC().Format(time.RFC3339))
	case in.Spam != nil:
		did("spam %d %t", number, *in.Spam)
	default:
		did("tags %d +%q -%q", number, in.AddTags, in.RemoveTags)
	}
	if err := errors.Join(d.check(by), d.writeErr); err != nil {
		return nil, err
	}
	return &actions.Edited{Before: d.before}, nil
}

func (d *desk) Watch(_ context.Context, by actions.Actor, number int64, agent helpdesk.ID) error {
	d.changes = append(d.changes, fmt.Sprintf("watch %d %q", number, agent))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) Unwatch(_ context.Context, by actions.Actor, number int64, agent helpdesk.ID) error {
	d.changes = append(d.changes, fmt.Sprintf("unwatch %d %q", number, agent))
	return errors.Join(d.check(by), d.writeErr)
}
