package console_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// didTo remembers an act on a contact.
func (d *desk) didTo(by actions.Actor, format string, args ...any) error {
	d.changes = append(d.changes, fmt.Sprintf(format, args...))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) AddContact(_ context.Context, by actions.Actor, in actions.NewContact) (*helpdesk.Contact, error) {
	return &helpdesk.Contact{ID: aliceID}, d.didTo(by, "add contact %s %s", in.Name, in.Address)
}

func (d *desk) EditContact(_ context.Context, by actions.Actor, id helpdesk.ID, in actions.ContactEdit) error {
	return d.didTo(by, "edit %s %q %v %d", id, *in.Name, in.Fields, in.If)
}

func (d *desk) AddAddress(_ context.Context, by actions.Actor, id helpdesk.ID, address string) error {
	return d.didTo(by, "address %s +%s", id, address)
}

func (d *desk) RemoveAddress(_ context.Context, by actions.Actor, id helpdesk.ID, address string) error {
	return d.didTo(by, "address %s -%s", id, address)
}

func (d *desk) SignOutContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.didTo(by, "sign out %s", id)
}

func (d *desk) BlockContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.didTo(by, "block %s", id)
}

func (d *desk) UnblockContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.didTo(by, "unblock %s", id)
}
