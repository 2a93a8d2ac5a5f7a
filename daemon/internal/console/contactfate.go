package console

import (
	"io"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// askingPage asks before something that cannot be undone.
type askingPage struct {
	*contactPage
	Word  string // that has to be typed
	Into  *contactPage
	Typed string // the other contact of a merge, as typed
	Asked string
	Error string
}

func (c *Handler) askToErase(v *visit) error { return c.writeErase(v, nil) }

func (c *Handler) writeErase(v *visit, failure error) error {
	id, err := contactID(v)
	if err != nil {
		return err
	}
	if !v.by.May(helpdesk.RemoveContacts) {
		return helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this")
	}
	page, err := c.contactPage(v, id)
	if err != nil {
		return err
	}
	asking := askingPage{contactPage: page, Word: actions.EraseWord}
	if failure != nil {
		asking.Error = web.Sentence(helpdesk.Public(failure))
	}
	c.write(v, web.Status(failure), "contact-erase", "Erase "+page.Name, c.frame(v, "contacts"), asking)
	return nil
}

func (c *Handler) eraseContact(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	id, err := contactID(v)
	if err != nil {
		return err
	}
	err = c.desk.EraseContact(v.context(), v.by, id, v.r.PostForm.Get("sure"))
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		return c.writeErase(v, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/agent/contacts?done=erasing", http.StatusSeeOther)
	return nil
}

// askToMerge finds the other contact, and shows both before they become one.
func (c *Handler) askToMerge(v *visit) error {
	return c.writeMergeContacts(v, v.r.FormValue("with"), nil)
}

func (c *Handler) writeMergeContacts(v *visit, with string, failure error) error {
	id, err := contactID(v)
	if err != nil {
		return err
	}
	page, err := c.contactPage(v, id)
	if err != nil {
		return err
	}
	asking := askingPage{contactPage: page, Typed: with}
	if with != "" && failure == nil {
		other, err := c.desk.ContactDetail(v.context(), v.by, with)
		switch {
		case err != nil && helpdesk.KindOf(err) != helpdesk.NotFound:
			return err
		case err != nil:
			failure = helpdesk.Errorf(helpdesk.Invalid, "there is no contact %s", with)
		case other.ID == page.ID:
			failure = helpdesk.Errorf(helpdesk.Invalid, "that is this contact: name the other one")
		default:
			if asking.Into, err = c.contactPage(v, other.ID); err != nil {
				return err
			}
		}
	}
	if failure != nil {
		asking.Error = web.Sentence(helpdesk.Public(failure))
	}
	c.write(v, web.Status(failure), "contact-merge", "Merge "+page.Name, c.frame(v, "contacts"), asking)
	return nil
}

func (c *Handler) mergeContacts(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	id, err := contactID(v)
	if err != nil {
		return err
	}
	into, err := helpdesk.ParseID(v.r.PostForm.Get("into"))
	if err != nil {
		return missing()
	}
	err = c.desk.MergeContacts(v.context(), v.by, id, into)
	if helpdesk.KindOf(err) == helpdesk.Invalid {
		return c.writeMergeContacts(v, string(into), err)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, contactPath(into)+"?done=merged", http.StatusSeeOther)
	return nil
}

// exportContact sends all that is held of a person. It is a POST: the audit log has it.
func (c *Handler) exportContact(v *visit) error {
	id, err := contactID(v)
	if err != nil {
		return err
	}
	return web.SendMade(v.w, "contact-"+string(id)+".zip", "application/zip", func(w io.Writer) error {
		return c.desk.ExportContact(v.context(), v.by, id, w)
	})
}

func (c *Handler) writeContacts(v *visit) error {
	return web.SendMade(v.w, "contacts.csv", "text/csv; charset=utf-8", func(w io.Writer) error {
		return c.desk.WriteContacts(v.context(), v.by, w)
	})
}
