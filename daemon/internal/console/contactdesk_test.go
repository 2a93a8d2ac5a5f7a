package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"

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

func (d *desk) Contacts(_ context.Context, by actions.Actor, q actions.ContactsQuery) (*actions.ContactsPage, error) {
	d.lookedFor = q
	if d.contacts == nil {
		return &actions.ContactsPage{}, d.check(by)
	}
	return d.contacts, d.check(by)
}

func (d *desk) DeleteContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.didTo(by, "delete %s", id)
}

func (d *desk) RestoreContact(_ context.Context, by actions.Actor, id helpdesk.ID) error {
	return d.didTo(by, "restore %s", id)
}

func (d *desk) EraseContact(_ context.Context, by actions.Actor, id helpdesk.ID, typed string) error {
	return d.didTo(by, "erase %s %q", id, typed)
}

func (d *desk) Erasures(_ context.Context, by actions.Actor) ([]helpdesk.Erasure, error) {
	return []helpdesk.Erasure{{Step: helpdesk.EraseRecords}, {Step: helpdesk.EraseBlobs}}, d.check(by)
}

func (d *desk) MergeContacts(_ context.Context, by actions.Actor, from, into helpdesk.ID) error {
	return d.didTo(by, "merge %s %s", from, into)
}

func (d *desk) ExportContact(_ context.Context, by actions.Actor, id helpdesk.ID, w io.Writer) error {
	if err := d.didTo(by, "export %s", id); err != nil {
		return err
	}
	_, err := io.WriteString(w, "PK")
	return err
}

func (d *desk) WriteContacts(_ context.Context, by actions.Actor, w io.Writer) error {
	if err := d.didTo(by, "export all"); err != nil {
		return err
	}
	_, err := io.WriteString(w, "id,name\n")
	return err
}

func (d *desk) KeepImport(_ context.Context, by actions.Actor, name string, r io.Reader) (actions.Upload, error) {
	text, _ := io.ReadAll(r)
	return actions.Upload{Attachment: helpdesk.Attachment{Name: name}, Seal: "kept"}, d.didTo(by, "keep %s %s", name, text)
}

func (d *desk) ImportKept(_ context.Context, by actions.Actor, token string, do bool) (*actions.Imported, error) {
	return &actions.Imported{Done: do, Counts: map[actions.RowFate]int{actions.RowNew: 2, actions.RowWrong: 1}, Ignored: []string{"Shoe <size>"}, Rows: []actions.ImportRow{
		{Line: 2, Address: "a@b.example", Name: "A <b>", Fate: actions.RowNew}, {Line: 3, Address: "nobody", Fate: actions.RowWrong, Why: "enter a mail address"},
	}}, d.didTo(by, "import %t", do)
}
