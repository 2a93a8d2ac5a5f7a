package actions

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/roster"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// RowFate is what becomes of a row of a file of contacts.
type RowFate string

const (
	RowNew     RowFate = "new"
	RowChanged RowFate = "changed"
	RowSame    RowFate = "same" // everything in it is there already
	RowWrong   RowFate = "wrong"
)

// ImportRow is one row of the file.
type ImportRow struct {
	Line    int     `json:"line"`
	Address string  `json:"address,omitempty"`
	Name    string  `json:"name,omitempty"`
	Fate    RowFate `json:"fate"`
	Why     string  `json:"why,omitempty"` // of one that is wrong
}

// Imported is what becomes of a file, or became of it.
type Imported struct {
	Rows    []ImportRow     `json:"rows"`
	Counts  map[RowFate]int `json:"counts"`
	Ignored []string        `json:"ignored,omitempty"` // columns that mean nothing here
	Done    bool            `json:"done"`
}

// importAgain is after how many rows it is asked again whether who imports may.
const importAgain = 50

// ImportContacts reads contacts from CSV. Each row names an address; who has it gets
// the fields that the row has values for, and a name if they have none; nobody else's
// address becomes a contact, who has proven nothing. The same file again changes
// nothing. Without do it only tells what would become of each row. Rows that are
// wrong are left out, and the rest is done.
func (d *Desk) ImportContacts(ctx context.Context, by Actor, r io.Reader, do bool) (*Imported, error) {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return nil, err
	}
	settings, err := d.DeskSettings(ctx, by)
	if err != nil {
		return nil, err
	}
	t, err := readTable(r)
	if err != nil {
		return nil, err
	}
	cols, err := findColumns(t.header, settings.ContactFields)
	if err != nil {
		return nil, err
	}
	out := &Imported{Counts: map[RowFate]int{}, Ignored: cols.ignored, Done: do}
	if do {
		record := d.audit(by, "contact.import", "", "rows", strconv.Itoa(len(t.rows)))
		if err := d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Audit: []helpdesk.AuditRecord{record}}); err != nil {
			return nil, err
		}
	}
	seen := map[string]int{}
	for i := range t.rows {
		if i%importAgain == 0 {
			if by, err = d.still(ctx, by, helpdesk.EditContacts); err != nil {
				return nil, err
			}
		}
		row, err := d.importRow(ctx, by, &t.rows[i], cols, seen, do)
		if err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, *row)
		out.Counts[row.Fate]++
	}
	if do {
		d.log.InfoContext(ctx, "contacts imported", "account", by.Account, "new", out.Counts[RowNew], "changed", out.Counts[RowChanged], "by", by.author().ID)
	}
	return out, nil
}

// importRow does one row, or tells what would become of it.
func (d *Desk) importRow(ctx context.Context, by Actor, r *csvRow, cols *columns, seen map[string]int, do bool) (*ImportRow, error) {
	row := &ImportRow{Line: r.line, Address: clip(r.cell(cols.address)), Name: r.cell(cols.name)}
	if row.Name == "" {
		row.Name = strings.TrimSpace(r.cell(cols.first) + " " + r.cell(cols.last))
	}
	wrong := func(err error) (*ImportRow, error) {
		if kind := helpdesk.KindOf(err); kind != helpdesk.Invalid {
			return nil, err
		}
		row.Fate, row.Why = RowWrong, helpdesk.Public(err)
		return row, nil
	}
	a, err := newAddress(r.cell(cols.address))
	if err != nil {
		return wrong(err)
	}
	if before := seen[a.Key()]; before > 0 {
		return wrong(helpdesk.Errorf(helpdesk.Invalid, "line %d has the same address", before))
	}
	seen[a.Key()] = r.line
	row.Address = a.String()
	if len(row.Name) > MaxName {
		return wrong(helpdesk.Errorf(helpdesk.Invalid, "the name is longer than %d characters", MaxName))
	}
	fields := map[string]string{}
	for i, spec := range cols.fields {
		value, err := spec.Read(r.cell(i))
		if err != nil {
			return wrong(err)
		}
		if value != "" {
			fields[spec.Name] = value
		}
	}
	err = helpdesk.Retry(ctx, func(int) error {
		change, fate, err := d.importOne(ctx, by.Account, a, row.Name, fields)
		if row.Fate = fate; err != nil || change == nil || !do {
			return err
		}
		return d.store.Commit(ctx, change)
	})
	if err != nil {
		return wrong(err)
	}
	return row, nil
}

// importOne is the change that a row asks for; nil for none.
func (d *Desk) importOne(ctx context.Context, account string, a helpdesk.Address, name string, fields map[string]string) (*helpdesk.Change, RowFate, error) {
	found, err := d.store.Lookup(ctx, account, store.Query{Address: a})
	switch {
	case err != nil:
		return nil, "", err
	case d.isOurs(account, a):
		return nil, "", helpdesk.Errorf(helpdesk.Invalid, "it is an address of ours")
	case found.Agent != nil && !found.Agent.Disabled:
		return nil, "", helpdesk.Errorf(helpdesk.Invalid, "it is the address of an agent")
	}
	c := found.Contact
	if c == nil {
		c = newContact(name, a, d.now())
		c.Fields = helpdesk.WithFields(nil, fields)
		return &helpdesk.Change{Account: account, Contact: c}, RowNew, nil
	}
	if c.Deleted != nil || c.Erasing != nil {
		return nil, "", helpdesk.Errorf(helpdesk.Invalid, "it belongs to a contact that was deleted: restore it first")
	}
	merged := helpdesk.WithFields(c.Fields, fields)
	if maps.Equal(merged, c.Fields) && (c.Name != "" || name == "") {
		return nil, RowSame, nil
	}
	c.Fields = merged
	if c.Name == "" {
		c.Name = name
	}
	return &helpdesk.Change{Account: account, Contact: c}, RowChanged, nil
}

// importFile is where a file of contacts waits while an agent looks at what would
// become of it.
func importFile(by Actor) waiting {
	return waiting{
		account: by.Account, audience: links.AudienceOf(by.Account, "Agents", ""), purpose: []any{"contacts", by.author().ID},
		limits: helpdesk.FileLimits{Bytes: MaxImportBytes},
	}
}

// KeepImport keeps a file of contacts until the agent says that it shall be done.
func (d *Desk) KeepImport(ctx context.Context, by Actor, name string, r io.Reader) (Upload, error) {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return Upload{}, err
	}
	return d.keep(ctx, importFile(by), "", name, "text/csv", r)
}

// ImportKept reads the file again that KeepImport kept, see [Desk.ImportContacts].
func (d *Desk) ImportKept(ctx context.Context, by Actor, token string, do bool) (*Imported, error) {
	if err := by.may(helpdesk.EditContacts); err != nil {
		return nil, err
	}
	u, err := d.kept(ctx, importFile(by), token)
	if err != nil {
		return nil, err
	}
	f, err := d.openFile(ctx, waitingRoom(by.Account), u.Blob, u.Name, u.MediaType)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return d.ImportContacts(ctx, by, f, do)
}

// WriteContacts writes all contacts as CSV, in the order of their names, with nothing
// in it that a spreadsheet would take for a formula. It begins when the audit log has
// it.
func (d *Desk) WriteContacts(ctx context.Context, by Actor, w io.Writer) error {
	if err := by.may(helpdesk.ExportData); err != nil {
		return err
	}
	settings, err := d.DeskSettings(ctx, by)
	if err != nil {
		return err
	}
	if err := d.roster.Await(ctx, by.Account); errors.Is(err, roster.ErrBuilding) {
		return helpdesk.Errorf(helpdesk.Unavailable, "the list of contacts is being put together: try again in a moment")
	} else if err != nil {
		return err
	}
	if err := d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Audit: []helpdesk.AuditRecord{d.audit(by, "contacts.export", "")}}); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	header := []string{"id", "name", "address", "other addresses", "proven", "blocked", "created"}
	for _, f := range settings.ContactFields {
		header = append(header, cell(f.Label))
	}
	_ = out.Write(header) // errors come with Error
	for after := helpdesk.ID(""); ; {
		if by, err = d.still(ctx, by, helpdesk.ExportData); err != nil {
			return err
		}
		page := d.roster.Find(by.Account, roster.Query{Before: after, Limit: store.MaxOps})
		contacts, err := d.store.ContactsByID(ctx, by.Account, page.IDs)
		if err != nil {
			return err
		}
		for i := range contacts {
			_ = out.Write(contactCells(&contacts[i], settings.ContactFields))
		}
		if out.Flush(); out.Error() != nil || !page.Older {
			return out.Error()
		}
		after = page.IDs[len(page.IDs)-1]
	}
}

func contactCells(c *helpdesk.Contact, fields []helpdesk.FieldSpec) []string {
	main := c.MainAddress()
	var others, provenOnes []string
	for _, a := range c.Addresses {
		if !a.Address.Same(main) {
			others = append(others, a.Address.String())
		}
		if a.Proven != nil {
			provenOnes = append(provenOnes, a.Address.String())
		}
	}
	blocked := ""
	if c.Blocked != nil {
		blocked = "yes"
	}
	cells := []string{string(c.ID), c.Name, main.String(), strings.Join(others, " "), strings.Join(provenOnes, " "), blocked, c.Created.UTC().Format(time.RFC3339)}
	for _, f := range fields {
		cells = append(cells, c.Fields[f.Name])
	}
	for i := range cells {
		cells[i] = cell(cells[i])
	}
	return cells
}
