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

// sort sets priority and tags. Tags are checked first: a slip in one changes
// nothing.
func (c *Handler) sort(v *visit, d draft) error {
	want, had := splitTags(d.Sorted.Tags), splitTags(d.Sorted.Had)
	if err := c.desk.SetTags(v.context(), v.by, d.Number, without(want, had), without(had, want)); err != nil {
		return err
	}
	return c.desk.SetPriority(v.context(), v.by, d.Number, d.Sorted.Priority)
}

// splitTags reads tags with blanks or commas between.
func splitTags(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

// work is what the side panel says of who works on a request.
type work struct {
	Path       string
	Agents     []helpdesk.Agent // who can be given it, and who has it
	Assignee   helpdesk.ID
	Has        string // the name of who has it; "" for nobody
	Watchers   []string
	Submitter  string // the agent who brought it in; "" for nobody
	Follows    int64
	Maybe      int64
	Priority   string
	Priorities []string
	Tags       string // to be changed
	Had        string
	Error      string // about the tags
	Open       bool   // priority and tags could not be saved: they are still there
}

func newWork(detail *actions.Detail, agents []helpdesk.Agent, d draft) work {
	t := &detail.Ticket
	w := work{
		Path: draft{Number: t.Number}.path(), Assignee: t.Assignee, Follows: detail.Follows, Maybe: detail.Maybe,
		Priority: or(t.Priority, "Normal"), Priorities: helpdesk.Priorities, Tags: strings.Join(t.Tags, " "), Had: strings.Join(t.Tags, " "),
	}
	if t.Submitter != nil {
		w.Submitter = t.Submitter.DisplayName()
	}
	for i := range agents {
		a := &agents[i]
		if a.ID == t.Assignee {
			w.Has = a.Name
		}
		if !a.Disabled || a.ID == t.Assignee {
			w.Agents = append(w.Agents, *a)
		}
		if slices.Contains(t.Watchers, a.ID) {
			w.Watchers = append(w.Watchers, a.Name)
		}
	}
	if t.Assignee != "" && w.Has == "" {
		w.Has = "An agent who is gone"
		w.Agents = append(w.Agents, helpdesk.Agent{ID: t.Assignee, Name: w.Has})
	}
	if d.Act == sortAct {
		w.Open, w.Priority, w.Tags = true, d.Sorted.Priority, d.Sorted.Tags
	}
	return w
}
