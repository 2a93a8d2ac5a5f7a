package console

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// editContact saves name and fields, as the page showed them.
func (c *Handler) editContact(v *visit, id helpdesk.ID) error {
	form := v.r.PostForm
	name := form.Get("name")
	in := actions.ContactEdit{Name: &name, If: revision(form), Fields: map[string]string{}}
	settings, err := c.desk.DeskSettings(v.context(), v.by)
	if err != nil {
		return err
	}
	for _, f := range settings.ContactFields {
		in.Fields[f.Name] = form.Get("field-" + f.Name) // a box that is not ticked sends nothing
	}
	return c.desk.EditContact(v.context(), v.by, id, in)
}

// revision is that of the contact when the page was made.
func revision(form url.Values) int64 {
	rev, err := strconv.ParseInt(strings.TrimSpace(form.Get("rev")), 10, 64)
	if err != nil {
		return -1 // a page without one is none of ours: it overwrites nothing
	}
	return rev
}

// changeAddresses adds or removes one.
func (c *Handler) changeAddresses(v *visit, id helpdesk.ID) error {
	address := v.r.PostForm.Get("address")
	switch v.r.PostForm.Get("do") {
	case "add":
		return c.desk.AddAddress(v.context(), v.by, id, address)
	case "remove":
		return c.desk.RemoveAddress(v.context(), v.by, id, address)
	}
	return missing()
}
