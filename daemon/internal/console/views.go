package console

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Views are lists that agents make themselves.
type Views interface {
	Views(ctx context.Context, by actions.Actor) ([]actions.SavedView, error)
	View(ctx context.Context, by actions.Actor, id helpdesk.ID) (*actions.SavedView, error)
	SaveView(ctx context.Context, by actions.Actor, in actions.SavedView, shared bool) (*actions.SavedView, error)
	RemoveView(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error
}

func (c *Handler) viewsPages() {
	c.handle("GET /agent/views/new", func(v *visit) error { return c.showViewForm(v, actions.SavedView{}) })
	c.handle("POST /agent/views", func(v *visit) error { return c.saveView(v, "") })
	c.handle("GET /agent/views/{id}", c.showView)
	c.handle("GET /agent/views/{id}/edit", c.editView)
	c.handle("POST /agent/views/{id}", func(v *visit) error { return c.saveView(v, helpdesk.ID(v.r.PathValue("id"))) })
	c.handle("POST /agent/views/{id}/remove", c.removeView)
}

func viewPath(id helpdesk.ID) string { return "/agent/views/" + string(id) }

// mayChange reports whether the agent may change a view: their own, and with the
// right role everybody's.
func mayChange(by actions.Actor, view *helpdesk.View) bool {
	if view.Owner != "" {
		return by.Agent != nil && view.Owner == by.Agent.ID
	}
	return by.May(helpdesk.ShareThings)
}

// views are the lists that the agent and others made. The rail goes without those
// that can't be read.
func (c *Handler) views(v *visit) []place {
	var all []place
	saved, _ := c.desk.Views(v.context(), v.by)
	for i := range saved {
		icon := "filter"
		if saved[i].Owner == "" {
			icon = "people"
		}
		all = append(all, place{Name: actions.ViewQueue(saved[i].ID), Label: saved[i].Name, Path: viewPath(saved[i].ID), Icon: icon})
	}
	return all
}

// viewForm is the page where a view is made or changed.
type viewForm struct {
	ID     helpdesk.ID // "" while it is made
	Rev    int64
	Path   string // where it is sent
	Name   string
	Shared bool
	MayAll bool // the agent may make it everybody's
	viewChoices
	Tags      string
	Values    []viewValue
	Quiet     viewAge // nothing has happened for
	Fresh     viewAge // something has happened within
	Which     string
	Mentioned bool
	Order     string
	NameError string
	Trouble   *web.Trouble
	Looked    bool // what fits is shown
	Fits      []row
	Total     string
}

// viewValue asks for an answer of a form or a field.
type viewValue struct {
	ID     int
	Fields []option
	Text   string
}

// viewAge is a length of time as it is typed.
type viewAge struct {
	N    string
	Unit string // h or d
}

// Values of "which".
const (
	whichSnoozed = "snoozed"
	whichSpam    = "spam"
)

func (c *Handler) editView(v *visit) error {
	saved, err := c.desk.View(v.context(), v.by, helpdesk.ID(v.r.PathValue("id")))
	if err != nil {
		return err
	}
	if !mayChange(v.by, &saved.View) {
		return helpdesk.Errorf(helpdesk.Forbidden, "this view is everybody's, and your role does not let you change it")
	}
	return c.showViewForm(v, *saved)
}

// showViewForm shows a view to be changed; the address may hold another filter, whose
// requests are shown then.
func (c *Handler) showViewForm(v *visit, saved actions.SavedView) error {
	query := v.r.URL.Query()
	shared := saved.ID != "" && saved.Owner == ""
	if len(query) == 0 {
		return c.writeViewForm(v, saved, shared, nil, false)
	}
	typed, err := readView(query)
	typed.ID, typed.Rev = saved.ID, cmp.Or(typed.Rev, saved.Rev)
	return c.writeViewForm(v, typed, query.Get("shared") != "", err, err == nil)
}

func (c *Handler) saveView(v *visit, id helpdesk.ID) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	shared := v.r.PostForm.Get("shared") != ""
	typed, err := readView(v.r.PostForm)
	typed.ID = id
	var saved *actions.SavedView
	if err == nil {
		saved, err = c.desk.SaveView(v.context(), v.by, typed, shared)
	}
	switch kind := helpdesk.KindOf(err); {
	case err == nil:
		http.Redirect(v.w, v.r, viewPath(saved.ID)+"?done=view", http.StatusSeeOther)
		return nil
	case kind == helpdesk.SignIn, kind == helpdesk.NotFound:
		return err
	}
	return c.writeViewForm(v, typed, shared, err, false)
}

func (c *Handler) removeView(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	rev, err := strconv.ParseInt(v.r.PostForm.Get("rev"), 10, 64)
	if err != nil {
		return missing()
	}
	id := helpdesk.ID(v.r.PathValue("id"))
	err = c.desk.RemoveView(v.context(), v.by, id, rev)
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		saved, readErr := c.desk.View(v.context(), v.by, id)
		if readErr != nil {
			return readErr
		}
		return c.writeViewForm(v, *saved, saved.Owner == "", err, false)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, queuePath(actions.MineQueue)+"?done=view-removed", http.StatusSeeOther)
	return nil
}

// writeViewForm shows a view as it was typed, with why it could not be saved, or
// with the requests that fit it.
func (c *Handler) writeViewForm(v *visit, view actions.SavedView, shared bool, failure error, look bool) error {
	page := viewForm{
		ID: view.ID, Rev: view.Rev, Path: "/agent/views", Name: view.Name, Shared: shared, MayAll: v.by.May(helpdesk.ShareThings),
		Tags: strings.Join(view.Filter.Tags, " "), Quiet: ageWords(view.Filter.OlderThan), Fresh: ageWords(view.Filter.NewerThan),
		Mentioned: view.Filter.Mentioned, Order: cmp.Or(view.Order, actions.NewestOrder),
	}
	switch {
	case view.Filter.Snoozed:
		page.Which = whichSnoozed
	case view.Filter.Spam:
		page.Which = whichSpam
	}
	title, here := "New view", "new-view"
	if view.ID != "" {
		title, here, page.Path = "Change a view", actions.ViewQueue(view.ID), viewPath(view.ID)
	}
	page.viewChoices = c.viewChoices(v, &view.View)
	page.Values = page.values(view.Filter.Values)
	if look {
		failure = c.lookAt(v, &page, view)
	}
	if failure != nil {
		page.tell(c, v, failure)
	}
	c.write(v, web.Status(failure), "view", title, c.frame(v, here), page)
	return nil
}

// lookAt finds what fits a view that is not saved yet.
func (c *Handler) lookAt(v *visit, page *viewForm, view actions.SavedView) error {
	const shown = 10
	found, err := c.desk.List(v.context(), v.by, actions.ListQuery{Filter: &view.Filter, Order: view.Order, Limit: shown})
	if err != nil {
		return err
	}
	page.Looked, page.Total = true, totalWords(found.Total)
	for i := range found.Rows {
		page.Fits = append(page.Fits, newRow(&found.Rows[i], "all", view.Columns, page.settings))
	}
	return nil
}

func (p *viewForm) tell(c *Handler, v *visit, failure error) {
	words := helpdesk.Public(failure)
	if helpdesk.KindOf(failure) == helpdesk.Invalid && strings.Contains(words, "name of at most") {
		p.NameError = web.Sentence(words)
		return
	}
	trouble := c.site.Trouble(v.r, failure)
	switch helpdesk.KindOf(failure) {
	case helpdesk.Conflict:
		trouble.Happened, trouble.Next = web.Sentence(words), "What you typed is still here. Open the view in another tab to see how it is now."
	case helpdesk.Invalid:
		trouble.Happened, trouble.Next = web.Sentence(words), ""
	}
	p.Trouble = &trouble
}

// readView reads what was typed. What it could not read is as it is without it.
func readView(form url.Values) (actions.SavedView, error) {
	rev, _ := strconv.ParseInt(form.Get("rev"), 10, 64) // 0 if there is none
	saved := actions.SavedView{Rev: rev, View: helpdesk.View{Name: form.Get("name"), Columns: form["column"], Order: form.Get("order")}}
	f := &saved.Filter
	for _, s := range form["status"] {
		f.Statuses = append(f.Statuses, helpdesk.Status(s))
	}
	f.Priorities, f.Assignees, f.Teams = form["priority"], form["assignee"], form["team"]
	f.Mailboxes, f.HelpCenters, f.Forms = form["mailbox"], form["help-center"], form["form"]
	if tags := splitTags(form.Get("tags")); len(tags) > 0 {
		f.Tags = tags
	}
	f.Mentioned, f.Snoozed, f.Spam = form.Get("mentioned") != "", form.Get("which") == whichSnoozed, form.Get("which") == whichSpam
	names, texts := form["field"], form["value"]
	for i, name := range names {
		if i < len(texts) && name != "" && strings.TrimSpace(texts[i]) != "" {
			if f.Values == nil {
				f.Values = map[string]string{}
			}
			f.Values[name] = strings.TrimSpace(texts[i])
		}
	}
	var err error
	if f.OlderThan, err = readAge(form.Get("quiet"), form.Get("quiet-unit")); err != nil {
		return saved, err
	}
	f.NewerThan, err = readAge(form.Get("fresh"), form.Get("fresh-unit"))
	return saved, err
}

func readAge(n, unit string) (time.Duration, error) {
	if n = strings.TrimSpace(n); n == "" {
		return 0, nil
	}
	count, err := strconv.Atoi(n)
	if err != nil || count < 1 || count > 100_000 {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "the age of requests is a whole number of hours or days")
	}
	if unit == "h" {
		return time.Duration(count) * time.Hour, nil
	}
	return time.Duration(count) * 24 * time.Hour, nil
}

func ageWords(d time.Duration) viewAge {
	switch {
	case d <= 0:
		return viewAge{Unit: "d"}
	case d%(24*time.Hour) == 0:
		return viewAge{N: strconv.Itoa(int(d / (24 * time.Hour))), Unit: "d"}
	}
	return viewAge{N: strconv.Itoa(int(d / time.Hour)), Unit: "h"}
}

// values are lines to ask for answers with: those that there are, and two more.
func (p *viewForm) values(asked map[string]string) []viewValue {
	var lines []viewValue
	add := func(name, text string) {
		line := viewValue{ID: len(lines) + 1, Text: text, Fields: []option{{Value: "", Label: "Choose a field"}}}
		known := name == ""
		for _, f := range p.fields {
			f.Chosen = f.Value == name
			known = known || f.Chosen
			line.Fields = append(line.Fields, f)
		}
		if !known {
			line.Fields = append(line.Fields, option{Value: name, Label: name, Chosen: true})
		}
		lines = append(lines, line)
	}
	var names []string
	for name := range asked {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		add(name, asked[name])
	}
	if len(p.fields) > 0 {
		add("", "")
		add("", "")
	}
	return lines
}
