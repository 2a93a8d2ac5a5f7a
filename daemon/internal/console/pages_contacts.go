package console

import (
	"context"
	"io"

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
	Contacts(ctx context.Context, by actions.Actor, q actions.ContactsQuery) (*actions.ContactsPage, error)
	DeleteContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	RestoreContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	EraseContact(ctx context.Context, by actions.Actor, id helpdesk.ID, typed string) error
	Erasures(ctx context.Context, by actions.Actor) ([]helpdesk.Erasure, error)
	MergeContacts(ctx context.Context, by actions.Actor, from, into helpdesk.ID) error
	ExportContact(ctx context.Context, by actions.Actor, id helpdesk.ID, w io.Writer) error
	WriteContacts(ctx context.Context, by actions.Actor, w io.Writer) error
	KeepImport(ctx context.Context, by actions.Actor, name string, r io.Reader) (actions.Upload, error)
	ImportKept(ctx context.Context, by actions.Actor, token string, do bool) (*actions.Imported, error)
	BlockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	UnblockContact(ctx context.Context, by actions.Actor, id helpdesk.ID) error
}

// contactsPages registers them.
func (c *Handler) contactsPages() {
	c.handle("GET /agent/contacts", c.listContacts)
	c.handle("GET /agent/contacts/new", c.newContact)
	c.handle("POST /agent/contacts/new", c.addContact)
	c.handle("GET /agent/contacts/import", c.showImport)
	c.handle("POST /agent/contacts/import", c.importContacts)
	c.handle("POST /agent/contacts/export", c.writeContacts)
	c.handle("GET /agent/contacts/{id}", c.showContact)
	c.handle("POST /agent/contacts/{id}/delete", c.contactAct("deleted", func(v *visit, id helpdesk.ID) error { return c.desk.DeleteContact(v.context(), v.by, id) }))
	c.handle("POST /agent/contacts/{id}/restore", c.contactAct("restored", func(v *visit, id helpdesk.ID) error { return c.desk.RestoreContact(v.context(), v.by, id) }))
	c.handle("GET /agent/contacts/{id}/erase", c.askToErase)
	c.handle("POST /agent/contacts/{id}/erase", c.eraseContact)
	c.handle("GET /agent/contacts/{id}/merge", c.askToMerge)
	c.handle("POST /agent/contacts/{id}/merge", c.mergeContacts)
	c.handle("POST /agent/contacts/{id}/export", c.exportContact)
	c.handle("POST /agent/contacts/{id}/invite", c.contactAct("invited", c.invite))
	c.handle("POST /agent/contacts/{id}/edit", c.contactAct("edited", c.editContact))
	c.handle("POST /agent/contacts/{id}/addresses", c.contactAct("addresses", c.changeAddresses))
	c.handle("POST /agent/contacts/{id}/sign-out", c.contactAct("signed-out", func(v *visit, id helpdesk.ID) error { return c.desk.SignOutContact(v.context(), v.by, id) }))
	c.handle("POST /agent/contacts/{id}/block", c.contactAct("blocked", func(v *visit, id helpdesk.ID) error { return c.desk.BlockContact(v.context(), v.by, id) }))
	c.handle("POST /agent/contacts/{id}/unblock", c.contactAct("unblocked", func(v *visit, id helpdesk.ID) error { return c.desk.UnblockContact(v.context(), v.by, id) }))
}
