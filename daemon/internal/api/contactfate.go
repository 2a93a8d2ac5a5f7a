package api

import (
	"io"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// contactPage is a part of the list of contacts.
type contactPage struct {
	Items []contact `json:"items"`
	Total int       `json:"total" doc:"How many are in the whole list."`
	Next  string    `json:"next,omitempty" doc:"The cursor of the next page; there is none at the end."`
}

func (p contactPage) cursor() string { return p.Next }

func (h *Handler) listContacts(c *call) (out contactPage, err error) {
	q := actions.ContactsQuery{Words: c.query("q")}
	switch c.query("only") {
	case "":
	case "blocked":
		q.Blocked = true
	case "deleted":
		q.Deleted = true
	default:
		return out, helpdesk.Errorf(helpdesk.Invalid, "only is blocked or deleted")
	}
	if q.Limit, err = c.limit(); err != nil {
		return out, err
	}
	q.Limit = min(q.Limit, actions.ContactsOnPage)
	place, err := c.place()
	if err != nil {
		return out, err
	}
	if place != "" {
		if q.Before, err = helpdesk.ParseID(place); err != nil {
			return out, helpdesk.Errorf(helpdesk.Invalid, "this is no cursor that a page gave")
		}
	}
	found, err := h.desk.Contacts(c.ctx, c.by, q)
	if err != nil {
		return out, err
	}
	if found.Building {
		return out, helpdesk.Errorf(helpdesk.Unavailable, "the list of contacts is being put together: try again in a moment")
	}
	out = contactPage{Items: []contact{}, Total: found.Total}
	for i := range found.Contacts {
		out.Items = append(out.Items, contactOf(&found.Contacts[i]))
	}
	if found.Older != "" {
		out.Next = cursorOf(string(found.Older))
	}
	return out, nil
}

func (h *Handler) deleteContact(c *call) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	return h.desk.DeleteContact(c.ctx, c.by, id)
}

func (h *Handler) restoreContact(c *call) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	return h.desk.RestoreContact(c.ctx, c.by, id)
}

type eraseOrder struct {
	Sure string `json:"sure" doc:"The word “erase”, or one of the contact's addresses: it can't be undone."`
}

func (h *Handler) eraseContact(c *call, in eraseOrder) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	return h.desk.EraseContact(c.ctx, c.by, id, in.Sure)
}

// erasures are under way.
type erasures struct {
	Items []erasure `json:"items"`
}

type erasure struct {
	Contact helpdesk.ID        `json:"contact"`
	Begun   time.Time          `json:"begun"`
	Step    helpdesk.EraseStep `json:"step" doc:"What is written about them comes first, then the files that nothing names any more."`
}

func (h *Handler) listErasures(c *call) (erasures, error) {
	all, err := h.desk.Erasures(c.ctx, c.by)
	out := erasures{Items: []erasure{}}
	for i := range all {
		out.Items = append(out.Items, erasure{all[i].Contact, all[i].Begun, all[i].Step})
	}
	return out, err
}

type contactMerge struct {
	Into string `json:"into" doc:"The contact that stays, by its id or by an address."`
}

func (h *Handler) mergeContacts(c *call, in contactMerge) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	into, err := h.desk.ContactDetail(c.ctx, c.by, in.Into)
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return helpdesk.Errorf(helpdesk.Invalid, "there is no contact %s", in.Into)
	}
	if err != nil {
		return err
	}
	return h.desk.MergeContacts(c.ctx, c.by, id, into.ID)
}

func (h *Handler) exportContact(c *call) error {
	id, err := h.contactID(c)
	if err != nil {
		return err
	}
	return web.SendMade(c.w, "contact-"+string(id)+".zip", "application/zip", func(w io.Writer) error {
		return h.desk.ExportContact(c.ctx, c.by, id, w)
	})
}

func (h *Handler) exportContacts(c *call) error {
	return web.SendMade(c.w, "contacts.csv", "text/csv; charset=utf-8", func(w io.Writer) error {
		return h.desk.WriteContacts(c.ctx, c.by, w)
	})
}

// imported tells what would become of a file, or became of it.
type imported struct {
	Token   string        `json:"token,omitempty" doc:"Names the file that waits, for 24 hours."`
	Rows    []importedRow `json:"rows"`
	Ignored []string      `json:"ignored,omitempty" doc:"Columns that mean nothing here."`
	Done    bool          `json:"done" doc:"It was imported."`
}

type importedRow struct {
	Line    int             `json:"line"`
	Address string          `json:"address,omitempty"`
	Name    string          `json:"name,omitempty"`
	Fate    actions.RowFate `json:"fate"`
	Why     string          `json:"why,omitempty" doc:"What is wrong with one that is left out."`
}

func importedOf(x *actions.Imported) imported {
	out := imported{Rows: []importedRow{}, Ignored: x.Ignored, Done: x.Done}
	for _, r := range x.Rows {
		out.Rows = append(out.Rows, importedRow{r.Line, r.Address, r.Name, r.Fate, r.Why})
	}
	return out
}

// checkImport keeps the first file that is sent, and tells what would become of it.
func (h *Handler) checkImport(c *call) (out imported, err error) {
	var kept *actions.Upload
	var wrong error
	err = web.ReadParts(c.w, c.r, func(name, _ string, content io.Reader) {
		if kept != nil || wrong != nil {
			return
		}
		u, err := h.desk.KeepImport(c.ctx, c.by, name, content)
		if wrong = err; err == nil {
			kept = &u
		}
	})
	switch {
	case wrong != nil:
		return out, wrong
	case err != nil:
		return out, err
	case kept == nil:
		return out, helpdesk.Errorf(helpdesk.Invalid, "send a file as multipart/form-data, with its name")
	}
	found, err := h.desk.ImportKept(c.ctx, c.by, kept.Token(), false)
	if err != nil {
		return out, err
	}
	out = importedOf(found)
	out.Token = kept.Token()
	return out, nil
}

type importOrder struct {
	Token string `json:"token" doc:"What was answered when the file was kept."`
}

// runImport imports it; the same again changes nothing.
func (h *Handler) runImport(c *call, in importOrder) (out imported, err error) {
	done, err := h.desk.ImportKept(c.ctx, c.by, in.Token, true)
	if err != nil {
		return out, err
	}
	return importedOf(done), nil
}
