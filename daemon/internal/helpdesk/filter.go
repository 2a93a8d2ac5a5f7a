package helpdesk

import (
	"slices"
	"strings"
	"time"
)

// Filter chooses requests for a list of agents. Each member that is empty lets
// everything through; all that are not have to hold, and of a member's values one
// has to (of Tags and Values: all).
type Filter struct {
	Statuses    []Status          `json:"statuses,omitempty"`
	Priorities  []string          `json:"priorities,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Assignees   []string          `json:"assignees,omitempty"` // ids of agents, "me" or "nobody"
	Teams       []string          `json:"teams,omitempty"`     // ids of teams, "mine" or "none"
	Mailboxes   []string          `json:"mailboxes,omitempty"`
	HelpCenters []string          `json:"helpCenters,omitempty"`
	Forms       []string          `json:"forms,omitempty"`
	Values      map[string]string `json:"values,omitempty"` // answers of forms ("form.NAME") and the account's own fields ("NAME")
	// OlderThan and NewerThan say how long ago something was last said or done.
	OlderThan time.Duration `json:"olderThan,omitempty"`
	NewerThan time.Duration `json:"newerThan,omitempty"`
	Mentioned bool          `json:"mentioned,omitempty"` // whoever asks was named and has not looked
	Snoozed   bool          `json:"snoozed,omitempty"`   // only those out of sight; otherwise they are left out
	Spam      bool          `json:"spam,omitempty"`      // only spam; otherwise it is left out
}

// Viewer is for whom requests are chosen, and when.
type Viewer struct {
	Agent ID
	Teams []ID // of the agent
	Now   time.Time
}

// Words of filters that mean something else for each viewer.
const (
	FilterMe     = "me"     // whoever asks
	FilterNobody = "nobody" // without an assignee
	FilterMine   = "mine"   // the teams of whoever asks
	FilterNone   = "none"   // without a team
)

// Matches reports whether the filter lets a request through. One that goes on in
// another is never let through: it is found there.
func (f *Filter) Matches(t *Ticket, v Viewer) bool {
	age := v.Now.Sub(t.Updated)
	switch {
	case t.Merged != nil,
		(t.Spam != nil) != f.Spam,
		(t.Snoozed != nil && v.Now.Before(t.Snoozed.Until)) != f.Snoozed,
		f.Mentioned && !slices.Contains(t.Mentioned, v.Agent),
		f.OlderThan > 0 && age < f.OlderThan,
		f.NewerThan > 0 && age >= f.NewerThan,
		!anyOf(f.Statuses, t.Status),
		!anyOf(f.Priorities, t.Urgency()),
		!anyOf(f.Mailboxes, t.Mailbox),
		!anyOf(f.HelpCenters, t.HelpCenter),
		len(f.Forms) > 0 && (t.Form == nil || !slices.Contains(f.Forms, t.Form.Form)),
		len(f.Assignees) > 0 && !slices.ContainsFunc(f.Assignees, func(s string) bool { return v.assignee(s) == t.Assignee }),
		len(f.Teams) > 0 && !slices.ContainsFunc(f.Teams, func(s string) bool { return slices.Contains(v.teams(s), t.Team) }):
		return false
	}
	for _, tag := range f.Tags {
		if !slices.Contains(t.Tags, tag) {
			return false
		}
	}
	if len(f.Values) == 0 {
		return true
	}
	keys := ValueKeys(t.Form, t.Fields)
	for name, value := range f.Values {
		if !slices.Contains(keys, ValueKey(name, value)) {
			return false
		}
	}
	return true
}

func anyOf[T comparable](wanted []T, is T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, is)
}

// AssigneesOf are the agents that a filter names, "" for nobody.
func (f *Filter) AssigneesOf(v Viewer) []ID {
	var all []ID
	for _, s := range f.Assignees {
		all = append(all, v.assignee(s))
	}
	return all
}

// TeamsOf are the teams that a filter names, "" for none.
func (f *Filter) TeamsOf(v Viewer) []ID {
	var all []ID
	for _, s := range f.Teams {
		all = append(all, v.teams(s)...)
	}
	return all
}

func (v *Viewer) assignee(s string) ID {
	switch s {
	case FilterMe:
		return v.Agent
	case FilterNobody:
		return ""
	}
	return ID(s)
}

func (v *Viewer) teams(s string) []ID {
	switch s {
	case FilterMine:
		return v.Teams
	case FilterNone:
		return []ID{""}
	}
	return []ID{ID(s)}
}

// Limits of a filter: more than that is no list that somebody works with.
const (
	maxFilterValues = 50
	maxFilterText   = 200
	maxFilterAge    = 20 * 365 * 24 * time.Hour
)

// Check finds what is wrong with a filter from outside, and brings tags and
// priorities into the form that tickets have them in.
func (f *Filter) Check() error {
	for _, s := range f.Statuses {
		if _, err := ParseStatus(string(s)); err != nil {
			return err
		}
	}
	for i, s := range f.Priorities {
		var err error
		if f.Priorities[i], err = ParsePriority(s); err != nil {
			return err
		}
	}
	for i, s := range f.Tags {
		var err error
		if f.Tags[i], err = ParseTag(s); err != nil {
			return err
		}
	}
	for name, value := range f.Values {
		if name == "" || len(name) > maxFilterText || len(value) > maxFilterText {
			return Errorf(Invalid, "a filter takes names and values of at most %d bytes", maxFilterText)
		}
	}
	for _, all := range [][]string{f.Priorities, f.Tags, f.Assignees, f.Teams, f.Mailboxes, f.HelpCenters, f.Forms} {
		if len(all) > maxFilterValues || slices.ContainsFunc(all, func(s string) bool { return len(s) > maxFilterText }) {
			return Errorf(Invalid, "a filter takes at most %d values of each kind", maxFilterValues)
		}
	}
	switch {
	case len(f.Statuses) > len(Statuses), len(f.Values) > maxFilterValues:
		return Errorf(Invalid, "a filter takes at most %d values of each kind", maxFilterValues)
	case f.OlderThan < 0, f.NewerThan < 0, f.OlderThan > maxFilterAge, f.NewerThan > maxFilterAge:
		return Errorf(Invalid, "the age of requests is between nothing and 20 years")
	}
	return nil
}

// Urgency is the priority; a ticket without one has Normal.
func (t *Ticket) Urgency() string {
	if t.Priority == "" {
		return "Normal"
	}
	return t.Priority
}

// Limits of what lists choose by: more answers than that, or longer ones, are found
// by searching.
const (
	maxValueKeys = 40
	maxValueText = 100
)

// ValueKey is how an answer is compared: by name and text, in any case.
func ValueKey(name, value string) string {
	return name + "=" + strings.ToLower(strings.TrimSpace(value))
}

// ValueKeys are those of the answers of a form, as they were shown and as programs
// write them, and of the account's own fields. Long texts have none.
func ValueKeys(form *FormAnswer, fields map[string]string) []string {
	var keys []string
	add := func(name, value string) {
		if value == "" || len(value) > maxValueText || len(keys) >= maxValueKeys {
			return
		}
		if key := ValueKey(name, value); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	for name, value := range fields {
		add(name, value)
	}
	if form == nil {
		return keys
	}
	for _, v := range form.Values {
		add("form."+v.Name, v.Text)
		switch raw := form.Raw[v.Name].(type) {
		case string:
			add("form."+v.Name, raw)
		case []any: // of several choices
			for _, one := range raw {
				if s, ok := one.(string); ok {
					add("form."+v.Name, s)
				}
			}
		}
	}
	return keys
}

// View is a list of requests that somebody made for themselves or for everybody.
type View struct {
	ID      ID       `json:"id"`
	Name    string   `json:"name"`
	Owner   ID       `json:"owner,omitempty"` // the agent whose own it is; "" is everybody's
	Filter  Filter   `json:"filter"`
	Columns []string `json:"columns,omitempty"` // what stands in a row besides; none: what a queue shows
	Order   string   `json:"order,omitempty"`   // "" newest first, "oldest", "priority"
}

// Undo is what a change of many was before, so that it can be taken back.
type Undo struct {
	By    ID         `json:"by"`
	Words string     `json:"words"` // what was done
	Was   []WasState `json:"was"`
	Until time.Time  `json:"until"`
}

// WasState is a request before and after a change. What somebody else has changed
// since is left alone.
type WasState struct {
	Ticket TicketID          `json:"ticket"`
	Number int64             `json:"number"`
	Before map[string]string `json:"before"` // status, assignee, team, priority, tags, snoozed, spam
	After  map[string]string `json:"after"`
}

// UndoLifetime is how long a change of many can be taken back.
const UndoLifetime = time.Hour

// MaxBulk is how many requests one change of many may be about.
const MaxBulk = 200
