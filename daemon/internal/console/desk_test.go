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

func (d *desk) List(_ context.Context, by actions.Actor, q actions.ListQuery) (*actions.Listing, error) {
	d.batches++
	d.asked = q
	if err := d.check(by); err != nil {
		return nil, err
	}
	found := &actions.Listing{Look: "look", Total: int(d.newest)}
	for n := d.newest; n > 0 && len(found.Rows) < q.Limit; n-- {
		found.Rows = append(found.Rows, actions.Row{Ticket: ticket(n), Unread: n == 1, AssigneeName: "Robin van Sample", Place: fmt.Sprint(n)})
	}
	if len(found.Rows) < int(d.newest) {
		found.Older = found.Rows[len(found.Rows)-1].Place
	}
	if q.View != "" {
		found.View = &helpdesk.View{ID: q.View, Name: "Angry <customers>"}
	}
	if q.Before != "" {
		found.Newer = q.Before
	}
	return found, nil
}

func (d *desk) Counts(_ context.Context, by actions.Actor) (map[string]int, error) {
	return map[string]int{"mine": 3, "held": len(d.held) + d.more}, d.check(by)
}

func (d *desk) ChangeMany(_ context.Context, by actions.Actor, numbers []int64, in actions.Bulk) (*actions.BulkResult, error) {
	d.changes, d.bulk = append(d.changes, fmt.Sprintf("bulk %v", numbers)), in
	made := &actions.BulkResult{Undo: undoID, Words: "Changed them."}
	for _, n := range numbers {
		if n == d.stuck {
			made.Failed = append(made.Failed, actions.BulkFailure{Number: n, Err: helpdesk.Errorf(helpdesk.Invalid, "it is merged <away>")})
		} else {
			made.Changed = append(made.Changed, n)
		}
	}
	return made, errors.Join(d.check(by), d.writeErr)
}

func (d *desk) UndoMany(_ context.Context, by actions.Actor, id helpdesk.ID) (*actions.BulkResult, error) {
	d.changes = append(d.changes, "undo "+string(id))
	return &actions.BulkResult{Changed: []int64{1}, Words: "Taken back."}, errors.Join(d.check(by), d.writeErr)
}

func (d *desk) FailedMail(_ context.Context, by actions.Actor, _ helpdesk.ID) ([]actions.FailedMail, helpdesk.ID, error) {
	return d.outbox, "", d.check(by)
}

func (d *desk) Views(_ context.Context, by actions.Actor) ([]actions.SavedView, error) {
	return d.views, d.check(by)
}

func (d *desk) View(_ context.Context, by actions.Actor, id helpdesk.ID) (*actions.SavedView, error) {
	for i := range d.views {
		if d.views[i].ID == id {
			return &d.views[i], d.check(by)
		}
	}
	return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such view")
}

func (d *desk) SaveView(_ context.Context, by actions.Actor, in actions.SavedView, shared bool) (*actions.SavedView, error) {
	d.changes, d.saved = append(d.changes, fmt.Sprintf("save view %s %t", in.Name, shared)), in
	if in.ID == "" {
		in.ID = viewID
	}
	return &in, errors.Join(d.check(by), d.writeErr)
}

func (d *desk) RemoveView(_ context.Context, by actions.Actor, id helpdesk.ID, rev int64) error {
	d.changes = append(d.changes, fmt.Sprintf("remove view %s %d", id, rev))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) Senders(_ context.Context, by actions.Actor) (*actions.Senders, error) {
	return &actions.Senders{}, d.check(by)
}
