package console

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// contactsPage is a page of the list.
type contactsPage struct {
	*actions.ContactsPage
	Rows         []contactRow
	Words        string
	Show         string // "", "blocked" or "deleted"
	Tabs         []contactTab
	Newer, Older string // addresses; "" where there is nothing
	Erasing      int    // erasings that are under way
	Done         string

	MayEdit, MayExport bool
}

type contactRow struct {
	Path, Name, Address string
	Others              int
	Proven, SignIn      bool
	Badge               string
}

type contactTab struct {
	Label, Path string
	Here        bool
}

// contactsDone are what is told above the list.
var contactsDone = map[string]string{
	"erasing": "The erasing has begun. It goes on by itself, also if the program is started anew.",
}

func (c *Handler) listContacts(v *visit) error {
	form := v.r.URL.Query()
	page := contactsPage{Words: strings.TrimSpace(form.Get("q")), Show: form.Get("show"), MayEdit: v.by.May(helpdesk.EditContacts), MayExport: v.by.May(helpdesk.ExportData)}
	q := actions.ContactsQuery{Words: page.Words, Blocked: page.Show == "blocked", Deleted: page.Show == "deleted", Before: helpdesk.ID(form.Get("before")), After: helpdesk.ID(form.Get("after"))}
	var err error
	if page.ContactsPage, err = c.desk.Contacts(v.context(), v.by, q); err != nil {
		return err
	}
	v.w.Header().Add("Vary", "Accept")
	if wantsJSON(v.r) {
		return writeNamed(v, page.Contacts)
	}
	for i := range page.Contacts {
		page.Rows = append(page.Rows, newContactRow(&page.Contacts[i]))
	}
	for _, tab := range []struct{ label, show string }{{"All", ""}, {"Blocked", "blocked"}, {"Deleted", "deleted"}} {
		page.Tabs = append(page.Tabs, contactTab{tab.label, contactsPath(page.Words, tab.show, "", ""), tab.show == page.Show})
	}
	if page.ContactsPage.Newer != "" {
		page.Newer = contactsPath(page.Words, page.Show, "after", page.ContactsPage.Newer)
	}
	if page.ContactsPage.Older != "" {
		page.Older = contactsPath(page.Words, page.Show, "before", page.ContactsPage.Older)
	}
	if v.by.May(helpdesk.RemoveContacts) {
		jobs, err := c.desk.Erasures(v.context(), v.by)
		if err != nil {
			return err
		}
		for _, job := range jobs {
			if job.Step == helpdesk.EraseRecords {
				page.Erasing++
			}
		}
	}
	page.Done = contactsDone[form.Get("done")]
	c.write(v, http.StatusOK, "contacts", "Contacts", c.frame(v, "contacts"), page)
	return nil
}

// mostNamed is how many contacts are offered while an address is typed.
const mostNamed = 8

// named is a contact who is offered.
type named struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// writeNamed tells those who can be written to, for the fields of addresses.
func writeNamed(v *visit, contacts []helpdesk.Contact) error {
	all := []named{}
	for i := range contacts {
		if c := &contacts[i]; c.Blocked == nil && c.Deleted == nil && c.Erasing == nil && len(all) < mostNamed {
			all = append(all, named{c.Name, c.MainAddress().String()})
		}
	}
	v.w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(v.w).Encode(all) // whoever asked has gone
	return nil
}

func contactsPath(words, show, side string, id helpdesk.ID) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": words, "show": show, side: string(id)} {
		if name != "" && value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/agent/contacts"
	}
	return "/agent/contacts?" + q.Encode()
}

func newContactRow(c *helpdesk.Contact) contactRow {
	main := c.MainAddress()
	row := contactRow{Path: contactPath(c.ID), Name: c.DisplayName(), Address: main.String(), Others: len(c.Addresses) - 1, Proven: c.Proves(main), SignIn: c.SignIn != nil}
	switch {
	case c.Deleted != nil:
		row.Badge = "Deleted"
	case c.Blocked != nil:
		row.Badge = "Blocked"
	case c.Spam != nil:
		row.Badge = "Spam"
	}
	return row
}

// newContactPage is the form for somebody who is written down.
type newContactPage struct {
	Name, Address, Error string
}

func (c *Handler) newContact(v *visit) error { return c.writeNewContact(v, newContactPage{}, nil) }

func (c *Handler) writeNewContact(v *visit, page newContactPage, failure error) error {
	if failure != nil {
		page.Error = web.Sentence(helpdesk.Public(failure))
	}
	c.write(v, web.Status(failure), "contact-new", "New contact", c.frame(v, "contacts"), page)
	return nil
}

func (c *Handler) addContact(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	in := actions.NewContact{Name: v.r.PostForm.Get("name"), Address: v.r.PostForm.Get("address")}
	made, err := c.desk.AddContact(v.context(), v.by, in)
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		return c.writeNewContact(v, newContactPage{Name: in.Name, Address: in.Address}, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, contactPath(made.ID)+"?done=added", http.StatusSeeOther)
	return nil
}
