package actions

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/index"
)

// Queue names a list of requests that every agent has.
type Queue string

const (
	MineQueue       Queue = "mine"       // open, assigned to who asks
	UnassignedQueue Queue = "unassigned" // open, nobody's
	OpenQueue       Queue = "open"
	PendingQueue    Queue = "pending"
	MentionsQueue   Queue = "mentions"
	SnoozedQueue    Queue = "snoozed"
	DoneQueue       Queue = "done" // resolved and closed
	SpamQueue       Queue = "spam"
	AllQueue        Queue = "all"
)

// Queues in the order in which they stand.
var Queues = []Queue{MineQueue, UnassignedQueue, OpenQueue, PendingQueue, MentionsQueue, SnoozedQueue, DoneQueue, SpamQueue, AllQueue}

// ListQuery asks for a page of a list of requests.
type ListQuery struct {
	Queue  Queue            // "" with a Filter or a View
	View   helpdesk.ID      // of a saved view
	Filter *helpdesk.Filter // of its own
	Order  string           // as in [helpdesk.View]; "" is the view's
	// Before and After are places in the list, as [Listing] gives them.
	Before, After string
	Limit         int // at most [MostListed]
}

// MostListed is the most rows of one page.
const MostListed = 60

// Row is one request of a list.
type Row struct {
	helpdesk.Ticket
	AssigneeName string
	TeamName     string
	Unread       bool // a customer said something that who asks has not seen
	Place        string
}

// Listing is a page of a list.
type Listing struct {
	Rows         []Row
	Newer, Older string // places to ask for with After and Before; "" where there is nothing
	Total        int    // in the whole list, at most [MostCounted]
	View         *helpdesk.View
	Look         string // changes when anything in the list does
	At           time.Time
}

// MostCounted is where counting ends.
const MostCounted = 9999

// filters of queues.
var filters = map[Queue]helpdesk.Filter{
	MineQueue:       {Statuses: []helpdesk.Status{helpdesk.Open}, Assignees: []string{helpdesk.FilterMe}},
	UnassignedQueue: {Statuses: []helpdesk.Status{helpdesk.Open}, Assignees: []string{helpdesk.FilterNobody}},
	OpenQueue:       {Statuses: []helpdesk.Status{helpdesk.Open}},
	PendingQueue:    {Statuses: []helpdesk.Status{helpdesk.Pending}},
	MentionsQueue:   {Mentioned: true},
	SnoozedQueue:    {Snoozed: true},
	DoneQueue:       {Statuses: []helpdesk.Status{helpdesk.Resolved, helpdesk.Closed}},
	SpamQueue:       {Spam: true},
	AllQueue:        {},
}

// List answers a page of a list: the requests that who asks may see, each read
// from the truth again. NotFound says that there is no such queue or view.
func (d *Desk) List(ctx context.Context, by Actor, q ListQuery) (*Listing, error) {
	c, view, err := d.choice(ctx, by, q)
	if err != nil {
		return nil, err
	}
	if err := d.ready(ctx, by.Account); err != nil {
		return nil, err
	}
	chosen := d.lists.Choose(by.Account, *c)
	out := &Listing{Total: chosen.Total, View: view, Look: chosen.Look, At: c.Viewer.Now}
	if out.Rows, err = d.rows(ctx, by, c, chosen.Tickets); err != nil {
		return nil, err
	}
	if n := len(chosen.Tickets); n > 0 {
		if chosen.Newer {
			out.Newer = chosen.Tickets[0].Place.String()
		}
		if chosen.Older {
			out.Older = chosen.Tickets[n-1].Place.String()
		}
	}
	return out, nil
}

// ready waits until the index has what was written before now.
func (d *Desk) ready(ctx context.Context, account string) error {
	err := d.lists.Await(ctx, account)
	if errors.Is(err, index.ErrBuilding) {
		return &helpdesk.Error{Kind: helpdesk.Unavailable, Public: "the list is being put together", Err: err}
	}
	return err
}

// choice makes of what is asked what the index can answer. It says as well whether
// who asks may, and with which view.
func (d *Desk) choice(ctx context.Context, by Actor, q ListQuery) (*index.Choice, *helpdesk.View, error) {
	if err := by.mayWork(); err != nil {
		return nil, nil, err
	}
	filter, order, view := helpdesk.Filter{}, q.Order, (*helpdesk.View)(nil)
	switch {
	case q.View != "":
		saved, err := d.View(ctx, by, q.View)
		if err != nil {
			return nil, nil, err
		}
		view, filter, order = &saved.View, saved.Filter, cmp.Or(order, saved.Order)
	case q.Filter != nil:
		filter = *q.Filter
		if err := filter.Check(); err != nil {
			return nil, nil, err
		}
	default:
		known, ok := filters[q.Queue]
		if !ok {
			return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such list")
		}
		filter = known
	}
	order, err := parseOrder(order)
	if err != nil {
		return nil, nil, err
	}
	c, err := d.choose(ctx, by, filter)
	if err != nil {
		return nil, nil, err
	}
	c.Order, c.Limit = order, cmp.Or(min(max(q.Limit, 0), MostListed), MostListed)
	if place, err := index.ParsePlace(q.Before); err == nil {
		c.Before = &place
	} else if place, err := index.ParsePlace(q.After); err == nil {
		c.After = &place
	}
	return c, view, nil
}

// NewestOrder is the order of lists that ask for none by its name: one that differs
// from the order of a view has to be asked for.
const NewestOrder = "newest"

func parseOrder(s string) (string, error) {
	switch s {
	case index.NewestFirst, index.OldestFirst, index.UrgentFirst:
		return s, nil
	case NewestOrder:
		return index.NewestFirst, nil
	}
	return "", helpdesk.Errorf(helpdesk.Invalid, "%q is not an order of lists; use newest, oldest or priority", s)
}

// choose is a choice of what who asks may see.
func (d *Desk) choose(ctx context.Context, by Actor, filter helpdesk.Filter) (*index.Choice, error) {
	c := &index.Choice{Filter: filter, All: by.seesAll(), Count: MostCounted}
	c.Viewer = helpdesk.Viewer{Teams: by.Teams, Now: d.now()}
	if by.Agent == nil {
		return c, nil
	}
	c.Viewer.Agent = by.Agent.ID
	if len(by.Teams) > 0 || !slices.Contains(filter.Teams, helpdesk.FilterMine) {
		return c, nil
	}
	var err error
	c.Viewer.Teams, err = d.teamsOf(ctx, by.Account, by.Agent.ID)
	return c, err
}

// rows reads what was found, and leaves out what who asks may not see and what is
// another by now.
func (d *Desk) rows(ctx context.Context, by Actor, c *index.Choice, found []index.Found) ([]Row, error) {
	ids := make([]helpdesk.TicketID, len(found))
	places := make(map[helpdesk.TicketID]string, len(found))
	for i, f := range found {
		ids[i], places[f.ID] = f.ID, f.Place.String()
	}
	read, err := d.store.DeskRows(ctx, by.Account, c.Viewer.Agent, ids)
	if err != nil {
		return nil, err
	}
	names, err := d.names(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	rows := slices.Grow([]Row(nil), len(read))
	for i := range read {
		t := &read[i].Ticket
		if !by.sees(t) || !c.Filter.Matches(t, c.Viewer) {
			continue
		}
		rows = append(rows, Row{
			Ticket: *t, AssigneeName: names[t.Assignee], TeamName: names[t.Team], Place: places[t.ID], Unread: unread(t, read[i].Seen, c.Viewer.Now),
		})
	}
	return rows, nil
}

// unread reports whether a customer said something that was not seen. What is older
// than it is known what was seen does not count.
func unread(t *helpdesk.Ticket, seen helpdesk.Seen, now time.Time) bool {
	return t.Last != nil && t.Last.Seq > seen.Entry && now.Sub(t.Last.At) < helpdesk.SeenLifetime
}

// names of agents and teams, by their ids.
func (d *Desk) names(ctx context.Context, account string) (map[helpdesk.ID]string, error) {
	names := map[helpdesk.ID]string{}
	agents, err := d.store.Agents(ctx, account)
	if err != nil {
		return nil, err
	}
	for i := range agents {
		names[agents[i].ID] = agents[i].Name
	}
	teams, err := records[helpdesk.Team](ctx, d, account, helpdesk.TeamRecord, "")
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	delete(names, "")
	return names, err
}

// Counts are how many requests stand in each queue, and in each view that who asks
// has ("view:ID"); "held" and "failed" count mail.
func (d *Desk) Counts(ctx context.Context, by Actor) (map[string]int, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	if err := d.ready(ctx, by.Account); err != nil {
		return nil, err
	}
	return d.counts(ctx, by)
}

func (d *Desk) counts(ctx context.Context, by Actor) (map[string]int, error) {
	views, err := d.Views(ctx, by)
	if err != nil {
		return nil, err
	}
	var names []string
	var choices []index.Choice
	add := func(name string, f helpdesk.Filter) error {
		c, err := d.choose(ctx, by, f)
		if err == nil {
			names, choices = append(names, name), append(choices, *c)
		}
		return err
	}
	for _, q := range Queues {
		err = errors.Join(err, add(string(q), filters[q]))
	}
	for i := range views {
		err = errors.Join(err, add(ViewQueue(views[i].ID), views[i].Filter))
	}
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for i, n := range d.lists.Tally(by.Account, choices) {
		counts[names[i]] = n
	}
	return counts, d.countMail(ctx, by, counts)
}

// countMail adds the mail that waits for agents.
func (d *Desk) countMail(ctx context.Context, by Actor, counts map[string]int) (err error) {
	if by.May(helpdesk.DecideHeld) {
		if counts["held"], err = d.HeldCount(ctx, by); err != nil {
			return err
		}
	}
	if by.seesAll() {
		counts["failed"], err = d.store.FailedCount(ctx, by.Account)
		return err
	}
	failed, _, err := d.FailedMail(ctx, by, "")
	counts["failed"] = len(failed)
	return err
}
