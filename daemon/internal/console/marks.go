package console

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Sorting is who can be given work.
type Sorting interface {
	Agents(ctx context.Context, by actions.Actor) ([]helpdesk.Agent, error)
}

// pick is something of a request that is chosen from a few, by a button for each.
type pick struct {
	Act     string
	To      string // where it is sent
	Field   string // the name under which the choice is sent
	Label   string
	Was     string // what it is now, behind a sign; see doneEdit
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
		Status: pick{Act: statusAct, Field: "status", Label: "Status", Words: a.settings.StatusLabel(t.Status), Class: "status " + string(t.Status),
			Choices: statusChoices(a.settings, t.Status), Key: "s"},
		Assignee: assigneePick(t, a),
		Priority: priorityPick(t),
		Team:     teamPick(t, a),
		Tags:     t.Tags, Typed: tags, Had: tags,
	}
	m.Status.Was, m.Assignee.Was, m.Priority.Was = noneWas+string(t.Status), noneWas+string(t.Assignee), noneWas+or(t.Priority, "Normal")
	if m.Team != nil {
		m.Team.Was = noneWas + string(t.Team)
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
		m.Open, m.Typed = true, d.Tags.Typed
	}
	return m
}

func statusChoices(s *helpdesk.DeskSettings, now helpdesk.Status) []choice {
	var all []choice
	for _, status := range helpdesk.Statuses {
		all = append(all, choice{Value: string(status), Label: s.StatusLabel(status), Class: "status " + string(status), Now: status == now})
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

// work is who else works on a request, and what it has to do with.
type work struct {
	Watchers  []watcher
	Following bool             // whoever looks follows it
	MayFollow []helpdesk.Agent // others who do not yet
	Submitter string           // the agent who brought it in; "" for nobody
	Follows   int64
	GoesOnAs  []int64
	Maybe     int64
	Side      *helpdesk.Side // it is one of another request
	Sides     []side
	Snoozed   *helpdesk.Snooze
	SnoozedBy string
	Spam      *helpdesk.Called
	Fields    []field
	FieldsSet bool // one has a value
	FieldsBad string
}

// side is a side thread.
type side struct {
	actions.SideThread
	Label string // of the status, as the account calls it
}

// watcher is an agent who follows a request.
type watcher struct {
	ID   helpdesk.ID
	Name string
	You  bool
}

func newWork(detail *actions.Detail, a *about, d draft) work {
	t := &detail.Ticket
	w := work{
		Follows: detail.Follows, Maybe: detail.Maybe, GoesOnAs: detail.GoesOnAs, Side: t.Side,
		Snoozed: t.Snoozed, Spam: t.Spam, Fields: newFields(a.settings.TicketFields, t.Fields, d.Fields),
	}
	for _, s := range detail.Sides {
		w.Sides = append(w.Sides, side{s, a.settings.StatusLabel(s.Status)})
	}
	if t.Submitter != nil {
		w.Submitter = t.Submitter.DisplayName()
	}
	if t.Snoozed != nil {
		if by := a.agent(t.Snoozed.By); by != nil {
			w.SnoozedBy = by.Name
		}
	}
	for _, f := range w.Fields {
		w.FieldsSet = w.FieldsSet || f.Value != ""
	}
	for i := range a.agents {
		one := &a.agents[i]
		switch {
		case slices.Contains(t.Watchers, one.ID):
			w.Watchers = append(w.Watchers, watcher{one.ID, one.Name, one.ID == a.me})
			w.Following = w.Following || one.ID == a.me
		case !one.Disabled && one.ID != a.me:
			w.MayFollow = append(w.MayFollow, *one)
		}
	}
	return w
}
