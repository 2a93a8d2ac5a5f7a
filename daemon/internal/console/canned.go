package console

import (
	"net/http"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

const cannedPath = settingsPath + "/canned"

// cannedPage lists canned replies, or shows one of them in its form.
type cannedPage struct {
	Tab          string
	All          []helpdesk.Canned
	Form         bool
	Canned       helpdesk.Canned // in the form, as typed
	Own          bool            // the agent's, not everybody's
	MayShare     bool
	MaySave      bool
	Path         string // of the form
	Placeholders []helpdesk.Placeholder
	Done         string
	Error        string
	Trouble      *web.Trouble
}

var cannedDone = map[string]string{"saved": "The reply is saved.", "removed": "The reply is gone."}

func (c *Handler) newCannedPage(v *visit) cannedPage {
	return cannedPage{Tab: "canned", MayShare: v.by.May(helpdesk.ShareThings), Placeholders: helpdesk.Placeholders}
}

func (c *Handler) listCanned(v *visit) error {
	page := c.newCannedPage(v)
	var err error
	if page.All, err = c.desk.CannedReplies(v.context(), v.by); err != nil {
		return err
	}
	page.Done = cannedDone[v.r.URL.Query().Get("done")]
	c.write(v, http.StatusOK, "canned", "Canned replies", c.frame(v, "settings"), page)
	return nil
}

func (c *Handler) newCanned(v *visit) error {
	return c.writeCanned(v, helpdesk.Canned{Owner: "me"}, nil)
}

func (c *Handler) showCanned(v *visit) error {
	id, err := helpdesk.ParseID(v.r.PathValue("id"))
	if err != nil {
		return missing()
	}
	canned, err := c.desk.CannedReply(v.context(), v.by, id)
	if err != nil {
		return err
	}
	return c.writeCanned(v, *canned, nil)
}

// writeCanned shows a canned reply in its form, and why it could not be saved.
func (c *Handler) writeCanned(v *visit, canned helpdesk.Canned, failure error) error {
	page := c.newCannedPage(v)
	page.Form, page.Canned, page.Own, page.Path = true, canned, canned.Owner != "", cannedPath
	title := "New canned reply"
	if canned.ID != "" {
		page.Path, title = cannedPath+"/"+string(canned.ID), "Canned reply"
	}
	page.MaySave = page.Own || page.MayShare
	page.Error, page.Trouble = c.settingsTrouble(v, failure)
	c.write(v, web.Status(failure), "canned", title, c.frame(v, "settings"), page)
	return nil
}

// saveCanned makes, changes or removes a canned reply.
func (c *Handler) saveCanned(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	form := v.r.PostForm
	canned := helpdesk.Canned{Name: form.Get("name"), Text: form.Get("text")}
	if form.Get("whose") != "all" {
		canned.Owner = "me"
	}
	if id := v.r.PathValue("id"); id != "" {
		parsed, err := helpdesk.ParseID(id)
		if err != nil {
			return missing()
		}
		canned.ID = parsed
		if canned.Rev, err = strconv.ParseInt(form.Get("rev"), 10, 64); err != nil {
			canned.Rev = -1 // a page without one is none of ours: it overwrites nothing
		}
	}
	done := "saved"
	var err error
	if canned.ID != "" && form.Get("do") == "remove" {
		done = "removed"
		err = c.desk.RemoveCanned(v.context(), v.by, canned.ID, canned.Rev)
	} else {
		_, err = c.desk.SaveCanned(v.context(), v.by, canned)
	}
	switch helpdesk.KindOf(err) {
	case helpdesk.SignIn, helpdesk.NotFound, helpdesk.Forbidden:
		return err
	}
	if err != nil {
		return c.writeCanned(v, canned, err)
	}
	http.Redirect(v.w, v.r, cannedPath+"?done="+done, http.StatusSeeOther)
	return nil
}
