package console

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Sorting is whose work a request is, how urgent it is and what it is about.
type Sorting interface {
	Agents(ctx context.Context, by actions.Actor) ([]helpdesk.Agent, error)
	Assign(ctx context.Context, by actions.Actor, number int64, agent helpdesk.ID) error
	SetPriority(ctx context.Context, by actions.Actor, number int64, priority string) error
	SetTags(ctx context.Context, by actions.Actor, number int64, add, remove []string) error
}

// sorted is what an agent chose.
type sorted struct {
	Assignee helpdesk.ID
	Priority string
	Tags     string // as typed
	Had      string // the tags that the page showed: others may have come since
}

func readSorted(form url.Values) sorted {
	return sorted{
		Assignee: helpdesk.ID(form.Get("assignee")), Priority: form.Get("priority"), Tags: form.Get("tags"), Had: form.Get("had"),
	}
}

// setTags makes the tags what was typed: what somebody else added since the page
// was shown stays.
func (c *Handler) setTags(v *visit, d draft) error {
	want, had := splitTags(d.Sorted.Tags), splitTags(d.Sorted.Had)
	return c.desk.SetTags(v.context(), v.by, d.Number, without(want, had), without(had, want))
}

// splitTags reads tags with blanks or commas between.
func splitTags(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

// pick is something of a request that is chosen from a few, by a button for each.
type pick struct {
	Act     string
	To      string // where it is sent
	Field   string // the name under which the choice is sent
	Label   string
	Words   string // of what it is now
	Class   string // how that looks
	Icon    string
	Choices []choice
	Key     string // on the keyboard
}

// choice is one of them.
type choice struct {
	Value, Label, Class string
	Now                 bool
}

// marks are what stands below the subject: each is changed where it stands.
type marks struct {
	Status, Assignee, Priority pick
	Team                       *pick  // nil where there are no teams
	Take                       string // whose it becomes by a press; "" if it is somebody's
	Tags                       []string
	Typed                      string // tags to be changed
	Had                        string
	Error                      string // about the tags
	Open                       bool   // the tags could not be saved: they are still there
}

func newMarks(t *helpdesk.Ticket, a *about, d draft) marks {
	tags := strings.Join(t.Tags, " ")
	m := marks{
		Status: pick{Act: statusAct, Field: "status", Label: "Status", Words: statusLabel(a.settings, t.Status), Class: "status " + string(t.Status),
			Choices: statusChoices(a.settings, t.Status), Key: "s"},
		Assignee: assigneePick(t, a),
		Priority: priorityPick(t),
		Team:     teamPick(t, a),
		Tags:     t.Tags, Typed: tags, Had: tags,
	}
	for _, p := range []*pick{&m.Status, &m.Assignee, &m.Priority, m.Team} {
		if p != nil {
			p.To = draft{Number: t.Number}.path() + "/" + p.Act + a.in
		}
	}
	if me := a.agent(a.me); me != nil && t.Assignee == "" {
		m.Take = string(a.me)
	}
	if d.Act == tagsAct {
		m.Open, m.Typed = true, d.Sorted.Tags
	}
	return m
}

// statusLabel is the account's own name of a status.
func statusLabel(s *helpdesk.DeskSettings, status helpdesk.Status) string {
	return or(s.StatusLabels[status], string(status))
}

func statusChoices(s *helpdesk.DeskSettings, now helpdesk.Status) []choice {
	var all []choice
	for _, status := range helpdesk.Statuses {
		all = append(all, choice{Value: string(status), Label: statusLabel(s, status), Class: "status " + string(status), Now: status == now})
	}
	return all
}

// goneAgent is the name of an agent of whom there is no record.
const goneAgent = "An agent who is gone"

// assigneePick offers whoever looks first, and those who can be given work.
func assigneePick(t *helpdesk.Ticket, a *about) pick {
	p := pick{Act: assignAct, Field: "assignee", Label: "Assigned to", Words: "Nobody", Class: "nobody", Icon: "person", Key: "a"}
	p.Choices = append(p.Choices, choice{Label: "Nobody", Now: t.Assignee == ""})
	if me := a.agent(a.me); me != nil {
		p.Choices = slices.Insert(p.Choices, 0, choice{Value: string(me.ID), Label: me.Name + " (you)", Now: t.Assignee == me.ID})
	}
	for i := range a.agents {
		if one := &a.agents[i]; one.ID != a.me && (!one.Disabled || one.ID == t.Assignee) {
			p.Choices = append(p.Choices, choice{Value: string(one.ID), Label: one.Name, Now: one.ID == t.Assignee})
		}
	}
	if t.Assignee == "" {
		return p
	}
	p.Words, p.Class = goneAgent, ""
	if has := a.agent(t.Assignee); has != nil {
		p.Words = has.Name
	} else {
		p.Choices = append(p.Choices, choice{Value: string(t.Assignee), Label: goneAgent, Now: true})
	}
	return p
}

func teamPick(t *helpdesk.Ticket, a *about) *pick {
	if len(a.teams) == 0 && t.Team == "" {
		return nil
	}
	p := &pick{Act: teamAct, Field: "team", Label: "Team", Words: "No team", Class: "nobody", Icon: "people"}
	p.Choices = append(p.Choices, choice{Label: "No team", Now: t.Team == ""})
	if t.Team != "" {
		p.Words, p.Class = "A team that is gone", ""
	}
	for _, team := range a.teams {
		p.Choices = append(p.Choices, choice{Value: string(team.ID), Label: team.Name, Now: team.ID == t.Team})
		if team.ID == t.Team {
			p.Words = team.Name
		}
	}
	return p
}

func priorityPick(t *helpdesk.Ticket) pick {
	now := or(t.Priority, "Normal")
	p := pick{Act: priorityAct, Field: "priority", Label: "Priority", Words: now, Class: "priority " + now, Icon: "flag"}
	for _, one := range slices.Backward(helpdesk.Priorities) {
		p.Choices = append(p.Choices, choice{Value: one, Label: one, Class: "priority " + one, Now: one == now})
	}
	return p
}

// work is what the side panel says of who works on a request.
type work struct {
	Watchers  []string
	Submitter string // the agent who brought it in; "" for nobody
	Follows   int64
	Maybe     int64
}

func newWork(detail *actions.Detail, a *about) work {
	t := &detail.Ticket
	w := work{Follows: detail.Follows, Maybe: detail.Maybe}
	if t.Submitter != nil {
		w.Submitter = t.Submitter.DisplayName()
	}
	for i := range a.agents {
		if one := &a.agents[i]; slices.Contains(t.Watchers, one.ID) {
			w.Watchers = append(w.Watchers, one.Name)
		}
	}
	return w
}
