package console_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) HeldDecided(_ context.Context, by actions.Actor) ([]helpdesk.HeldItem, error) {
	return d.decided, d.check(by)
}

func (d *desk) HeldFile(_ context.Context, by actions.Actor, id string, index int) (*actions.File, error) {
	return d.sent(by, id == string(heldItem.ID) && index == 1, "list<1>.csv", "text/csv")
}

func (d *desk) HeldSource(_ context.Context, by actions.Actor, id string) (*actions.File, error) {
	return d.sent(by, id == string(heldItem.ID), "held.eml", "text/plain")
}

func (d *desk) DecideHeld(_ context.Context, by actions.Actor, id string, verdict helpdesk.Verdict) (*helpdesk.Decision, error) {
	d.changes = append(d.changes, fmt.Sprintf("decide %s %s", id, verdict))
	if err := errors.Join(d.check(by), d.writeErr); err != nil {
		return nil, err
	}
	made := &helpdesk.Decision{Verdict: verdict, By: robin.Author()}
	if verdict != helpdesk.Spam && verdict != helpdesk.Drop {
		made.Number, made.Entry = 7, 9
	}
	return made, nil
}

func (d *desk) LiftSpam(_ context.Context, by actions.Actor, address string) error {
	d.changes = append(d.changes, "lift "+address)
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) Release(_ context.Context, by actions.Actor, number int64, seq int) error {
	d.changes = append(d.changes, fmt.Sprintf("release %d %d", number, seq))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) TryAgain(_ context.Context, by actions.Actor, delivery string) error {
	d.changes = append(d.changes, "retry "+delivery)
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) AddParticipant(_ context.Context, by actions.Actor, number int64, address, name string, history bool) error {
	d.changes = append(d.changes, fmt.Sprintf("add %d %s %q %t", number, address, name, history))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) RemoveParticipant(_ context.Context, by actions.Actor, number int64, participant uint16) error {
	d.changes = append(d.changes, fmt.Sprintf("remove %d %d", number, participant))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) DismissSuggestion(_ context.Context, by actions.Actor, number int64, address string) error {
	d.changes = append(d.changes, fmt.Sprintf("dismiss %d %s", number, address))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) HeldCount(ctx context.Context, by actions.Actor) (int, error) {
	items, err := d.Held(ctx, by)
	return len(items) + d.more, err
}
