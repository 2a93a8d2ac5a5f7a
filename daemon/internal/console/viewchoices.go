package console

import (
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// viewChoices are what a view can ask for, in words.
type viewChoices struct {
	Groups []tickGroup
	InRows tickGroup

	fields   []option // answers of forms and the account's own fields
	settings *helpdesk.DeskSettings
}

// tickGroup is a field of which several values can be ticked.
type tickGroup struct {
	Label, Name string
	Options     []option
}

// add appends a field that has anything to be ticked.
func (out *viewChoices) add(label, name string, all []option, chosen []string) {
	if all = ticked(all, chosen); len(all) > 0 {
		out.Groups = append(out.Groups, tickGroup{Label: label, Name: name, Options: all})
	}
}

// viewChoices offers what there is, with what the view asks for ticked. What can't
// be read is left out, but for what the view asks for.
func (c *Handler) viewChoices(v *visit, view *helpdesk.View) viewChoices {
	f := &view.Filter
	out := viewChoices{settings: c.settings(v)}
	var statuses []option
	var asked []string
	for _, s := range helpdesk.Statuses {
		statuses = append(statuses, option{Value: string(s), Label: out.settings.StatusLabel(s)})
	}
	for _, s := range f.Statuses {
		asked = append(asked, string(s))
	}
	out.add("Status", "status", statuses, asked)
	out.add("Priority", "priority", plain(helpdesk.Priorities), f.Priorities)
	people := []option{{Value: helpdesk.FilterMe, Label: "Whoever looks at it"}, {Value: helpdesk.FilterNobody, Label: "Nobody"}}
	agents, _ := c.desk.Agents(v.context(), v.by)
	for i := range agents {
		if a := &agents[i]; !a.Disabled || slices.Contains(f.Assignees, string(a.ID)) {
			people = append(people, option{Value: string(a.ID), Label: a.Name})
		}
	}
	out.add("Assigned to", "assignee", people, f.Assignees)
	var teams []option
	if all, _ := c.desk.TeamList(v.context(), v.by); len(all) > 0 {
		teams = []option{{Value: helpdesk.FilterMine, Label: "The teams of whoever looks"}, {Value: helpdesk.FilterNone, Label: "No team"}}
		for i := range all {
			teams = append(teams, option{Value: string(all[i].ID), Label: all[i].Name})
		}
	}
	out.add("Team", "team", teams, f.Teams)
	out.declared(c, v, f)
	out.InRows = tickGroup{Label: "Also in each row", Name: "column", Options: ticked(columnChoices(out.settings), without(view.Columns, alwaysShown))}
	return out
}

func (c *Handler) settings(v *visit) *helpdesk.DeskSettings {
	if s, err := c.desk.DeskSettings(v.context(), v.by); err == nil {
		return s
	}
	return &helpdesk.DeskSettings{}
}

// declared are mailboxes, help centers, forms and their questions.
func (out *viewChoices) declared(c *Handler, v *visit, f *helpdesk.Filter) {
	for _, field := range out.settings.TicketFields {
		out.fields = append(out.fields, option{Value: field.Name, Label: field.Label})
	}
	var boxes, centers, forms []option
	if known, err := c.desk.Senders(v.context(), v.by); err == nil {
		for i := range known.Mailboxes {
			boxes = append(boxes, option{Value: known.Mailboxes[i].Name, Label: known.Mailboxes[i].Address.String()})
		}
		for i := range known.HelpCenters {
			h := &known.HelpCenters[i]
			centers = append(centers, option{Value: h.Name, Label: h.DisplayName})
			for j := range h.Forms {
				if form := &h.Forms[j]; !hasValue(forms, form.Name) {
					forms = append(forms, option{Value: form.Name, Label: form.Title})
					out.questions(form)
				}
			}
		}
	}
	out.add("Help center", "help-center", centers, f.HelpCenters)
	out.add("Mailbox", "mailbox", boxes, f.Mailboxes)
	out.add("Form", "form", forms, f.Forms)
}

// questions of a form whose answers are short enough to be asked for.
func (out *viewChoices) questions(form *helpdesk.Form) {
	for i := range form.Fields {
		field := &form.Fields[i]
		if slices.Contains([]string{"File", "Info", "LongText"}, field.Type) || hasValue(out.fields, "form."+field.Name) {
			continue
		}
		out.fields = append(out.fields, option{Value: "form." + field.Name, Label: form.Title + ": " + or(field.Label, field.Name)})
	}
}

func hasValue(all []option, value string) bool {
	return slices.ContainsFunc(all, func(o option) bool { return o.Value == value })
}

func plain(values []string) []option {
	var all []option
	for _, v := range values {
		all = append(all, option{Value: v, Label: v})
	}
	return all
}

// ticked ticks what is chosen. What is chosen and is not there any more stays, so
// that saving the form again takes nothing away unseen.
func ticked(all []option, chosen []string) []option {
	for i := range all {
		all[i].Chosen = slices.Contains(chosen, all[i].Value)
	}
	for _, value := range chosen {
		if !hasValue(all, value) {
			all = append(all, option{Value: value, Label: value + " (gone)", Chosen: true})
		}
	}
	return all
}

// columnWords are the columns that a view can have.
var columnWords = map[string]string{
	"priority": "Priority", "tags": "Tags", "assignee": "Assigned to", "team": "Team", "mailbox": "Mailbox", "helpCenter": "Help center",
	"form": "Form", "opened": "Opened", "status": "Status",
}

// alwaysShown stand in each row anyway.
var alwaysShown = []string{"priority", "tags", "status"}

const fieldColumn = "field:"

func columnChoices(settings *helpdesk.DeskSettings) []option {
	var all []option
	for _, name := range actions.ViewColumns {
		if !slices.Contains(alwaysShown, name) {
			all = append(all, option{Value: name, Label: columnWords[name]})
		}
	}
	for _, f := range settings.TicketFields {
		all = append(all, option{Value: fieldColumn + f.Name, Label: f.Label})
	}
	return all
}

// newCell is a column of a view in a row.
func newCell(r *actions.Row, name string, settings *helpdesk.DeskSettings) cell {
	t := &r.Ticket
	out := cell{Label: columnWords[name]}
	switch name {
	case "assignee":
		out.Text = r.AssigneeName
	case "mailbox":
		out.Text = t.Mailbox
	case "helpCenter":
		out.Text = t.HelpCenter
	case "form":
		if t.Form != nil {
			out.Text = t.Form.Form
		}
	case "opened":
		out.At = t.Opened
	}
	if field, ok := strings.CutPrefix(name, fieldColumn); ok {
		out.Label = field
		if spec := helpdesk.FieldNamed(settings.TicketFields, field); spec != nil {
			out.Label = spec.Label
		}
		out.Text = t.Fields[field]
	}
	return out
}

// empty reports that there is nothing to show.
func (c cell) empty() bool { return c.Text == "" && c.At.Equal(time.Time{}) }
