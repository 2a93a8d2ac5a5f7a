package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

const settingsPath = "/agent/settings"

// settingsPage is what the agents of the account call things.
type settingsPage struct {
	Tab      string
	MayEdit  bool
	Rev      int64
	Statuses []statusName
	Sets     []fieldSet
	Types    []helpdesk.FieldType
	Done     string
	Error    string
	Trouble  *web.Trouble
}

// statusName is a status with the account's own name, as typed.
type statusName struct {
	Status helpdesk.Status
	Label  string
}

// fieldSet is the fields of requests, or those of contacts.
type fieldSet struct {
	Name, Title, About string
	Fields             []fieldRow
	New                typedField // the form for one more
}

// fieldRow is one of them, and where it can go.
type fieldRow struct {
	helpdesk.FieldSpec
	Choices     string // one a line
	First, Last bool
	Open        bool // its form is being mended
}

// typedField is what was typed into a form of a field.
type typedField struct {
	Set, Do              string
	Name, Label, Choices string
	Type                 helpdesk.FieldType
}

var settingsDone = map[string]string{
	"statuses": "The names are saved.", "add": "The field is there.", "save": "The field is saved.", "up": "The field is further up.", "remove": "The field is gone.",
}

func (c *Handler) showSettings(v *visit) error { return c.writeSettings(v, nil, typedField{}, nil) }

// writeSettings shows the settings, with what was typed and why it could not be saved.
func (c *Handler) writeSettings(v *visit, labels url.Values, typed typedField, failure error) error {
	s, err := c.desk.DeskSettings(v.context(), v.by)
	if err != nil {
		return err
	}
	page := settingsPage{Tab: "names", MayEdit: v.by.May(helpdesk.ManageDesk), Rev: s.Rev, Types: helpdesk.FieldTypes}
	for _, status := range helpdesk.Statuses {
		label := s.StatusLabels[status]
		if labels != nil {
			label = labels.Get(string(status))
		}
		page.Statuses = append(page.Statuses, statusName{status, label})
	}
	page.Sets = []fieldSet{
		newFieldSet("tickets", "Fields of requests", "What agents note about a request. Customers never see it.", s.TicketFields, typed),
		newFieldSet("contacts", "Fields of contacts", "What agents note about a contact. Customers never see it.", s.ContactFields, typed),
	}
	if v.r.Method == http.MethodGet {
		page.Done = settingsDone[v.r.URL.Query().Get("done")]
	}
	page.Error, page.Trouble = c.settingsTrouble(v, failure)
	c.write(v, web.Status(failure), "settings", "Settings", c.frame(v, "settings"), page)
	return nil
}

// settingsTrouble is what a page says of a failure: in its place where it can be mended
// there.
func (c *Handler) settingsTrouble(v *visit, failure error) (string, *web.Trouble) {
	switch helpdesk.KindOf(failure) {
	case helpdesk.Invalid, helpdesk.Conflict:
		if words := helpdesk.Public(failure); failure != nil && words != "" {
			return web.Sentence(words), nil
		}
	}
	if failure == nil {
		return "", nil
	}
	trouble := c.site.Trouble(v.r, failure)
	return "", &trouble
}

func newFieldSet(name, title, about string, fields []helpdesk.FieldSpec, typed typedField) fieldSet {
	set := fieldSet{Name: name, Title: title, About: about}
	for i, f := range fields {
		row := fieldRow{FieldSpec: f, Choices: strings.Join(f.Options, "\n"), First: i == 0, Last: i == len(fields)-1}
		if typed.Set == name && typed.Do == "save" && typed.Name == f.Name {
			row.Open, row.Label, row.Choices = true, typed.Label, typed.Choices
		}
		set.Fields = append(set.Fields, row)
	}
	if typed.Set == name && typed.Do == "add" {
		set.New = typed
	}
	return set
}

// nameStatuses saves the account's own names of statuses.
func (c *Handler) nameStatuses(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	labels := map[helpdesk.Status]string{}
	for _, status := range helpdesk.Statuses {
		labels[status] = v.r.PostForm.Get(string(status))
	}
	err := c.changeSettings(v, func(s *helpdesk.DeskSettings) error {
		s.StatusLabels = labels
		return nil
	})
	if err != nil {
		return c.refuseSettings(v, v.r.PostForm, typedField{}, err)
	}
	http.Redirect(v.w, v.r, settingsPath+"?done=statuses", http.StatusSeeOther)
	return nil
}

// refuseSettings shows the settings with what could not be saved, if that can be mended.
func (c *Handler) refuseSettings(v *visit, labels url.Values, typed typedField, err error) error {
	switch helpdesk.KindOf(err) {
	case helpdesk.SignIn, helpdesk.NotFound, helpdesk.Forbidden:
		return err
	}
	return c.writeSettings(v, labels, typed, err)
}

// changeSettings saves a change of the settings as the page showed them.
func (c *Handler) changeSettings(v *visit, how func(*helpdesk.DeskSettings) error) error {
	s, err := c.desk.DeskSettings(v.context(), v.by)
	if err != nil {
		return err
	}
	if !v.by.May(helpdesk.ManageDesk) {
		return helpdesk.Errorf(helpdesk.Forbidden, "your role does not let you do this")
	}
	if rev, err := strconv.ParseInt(v.r.PostForm.Get("rev"), 10, 64); err != nil || rev != s.Rev {
		return helpdesk.Errorf(helpdesk.Conflict, "somebody else has changed the settings since you read them: look at them again, and save what is still to be changed")
	}
	if err := how(s); err != nil {
		return err
	}
	_, err = c.desk.SaveDeskSettings(v.context(), v.by, *s)
	return err
}

// changeField adds, changes, moves or removes a field of requests or contacts.
func (c *Handler) changeField(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	form := v.r.PostForm
	typed := typedField{
		Set: v.r.PathValue("of"), Do: form.Get("do"), Name: form.Get("name"), Label: form.Get("label"), Choices: form.Get("choices"),
		Type: helpdesk.FieldType(form.Get("type")),
	}
	err := c.changeSettings(v, func(s *helpdesk.DeskSettings) error {
		fields := map[string]*[]helpdesk.FieldSpec{"tickets": &s.TicketFields, "contacts": &s.ContactFields}[typed.Set]
		if fields == nil {
			return missing()
		}
		return typed.apply(fields)
	})
	if err != nil {
		return c.refuseSettings(v, nil, typed, err)
	}
	http.Redirect(v.w, v.r, settingsPath+"?done="+url.QueryEscape(typed.Do)+"#"+typed.Set, http.StatusSeeOther)
	return nil
}

// apply does to fields what was asked for.
func (f typedField) apply(fields *[]helpdesk.FieldSpec) error {
	all := slices.Clone(*fields)
	at := slices.IndexFunc(all, func(o helpdesk.FieldSpec) bool { return o.Name == f.Name })
	if f.Do != "add" && at < 0 {
		return helpdesk.Errorf(helpdesk.Invalid, "that field is not there any more")
	}
	switch f.Do {
	case "add":
		name := f.Name
		if strings.TrimSpace(name) == "" {
			name = nameOf(f.Label, all)
		}
		all = append(all, helpdesk.FieldSpec{Name: name, Label: f.Label, Type: f.Type, Options: choices(f.Choices)})
	case "save":
		all[at].Label, all[at].Options = f.Label, choices(f.Choices)
	case "up":
		if at > 0 {
			all[at-1], all[at] = all[at], all[at-1]
		}
	case "remove":
		all = slices.Delete(all, at, at+1)
	default:
		return missing()
	}
	*fields = all
	return nil
}

// choices are one a line.
func choices(typed string) []string {
	var all []string
	for line := range strings.Lines(typed) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// nameOf makes the name of a field from its label, which nobody has yet.
func nameOf(label string, taken []helpdesk.FieldSpec) string {
	base := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r == ' ', r == '-', r == '_', r == '.', r == '/':
			return '-'
		}
		return -1
	}, strings.ToLower(label)), "-")
	if base == "" || base[0] < 'a' {
		base = strings.TrimRight("field-"+base, "-")
	}
	base = base[:min(len(base), helpdesk.MaxFieldName-3)]
	for n, name := 2, base; ; n++ {
		if !slices.ContainsFunc(taken, func(f helpdesk.FieldSpec) bool { return f.Name == name }) {
			return name
		}
		name = base + "-" + strconv.Itoa(n)
	}
}
