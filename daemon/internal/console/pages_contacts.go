package console

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// ContactPages is what the pages of contacts ask of the desk.
type ContactPages interface {
	ContactDetail(ctx context.Context, by actions.Actor, idOrAddress string) (*actions.ContactDetail, error)
	ContactTickets(ctx context.Context, by actions.Actor, c *helpdesk.Contact, helpCenter string) (*actions.ContactTickets, error)
	InviteContact(ctx context.Context, by actions.Actor, in actions.Invitation) (*actions.Invited, error)
	AddContact(ctx context.Context, by actions.Actor, in actions.NewContact) (*helpdesk.Contact, error)
	EditContact(ctx context.Context, by actions.Actor, id helpdesk.ID, in actions.ContactEdit) error
	AddAddress(ctx context.Context, by actions.Actor, id helpdesk.ID, address string) error
	RemoveAddress(ctx context.Context, by actions.Actor, id helpdesk.ID, address string) error
	SignOutContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	BlockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	UnblockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
}

// contactsPages registers them.
func (c *Handler) contactsPages() {
	c.handle("GET /agent/contacts/{id}", c.showContact)
	c.handle("POST /agent/contacts/{id}/invite", c.contactAct("invited", c.invite))
	c.handle("POST /agent/contacts/{id}/edit", c.contactAct("edited", c.editContact))
	c.handle("POST /agent/contacts/{id}/addresses", c.contactAct("addresses", c.changeAddresses))
	c.handle("POST /agent/contacts/{id}/sign-out", c.contactAct("signed-out", func(v *visit, id helpdesk.ID) error { return c.desk.SignOutContact(v.context(), v.by, id) }))
	c.handle("POST /agent/contacts/{id}/block", c.contactAct("blocked", func(v *visit, id helpdesk.ID) error { return c.desk.BlockContact(v.context(), v.by, id) }))
	c.handle("POST /agent/contacts/{id}/unblock", c.contactAct("unblocked", func(v *visit, id helpdesk.ID) error { return c.desk.UnblockContact(v.context(), v.by, id) }))
}
