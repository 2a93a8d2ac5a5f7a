package api

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Lists is how programs find requests, and change many.
type Lists interface {
	List(ctx context.Context, by actions.Actor, q actions.ListQuery) (*actions.Listing, error)
	Counts(ctx context.Context, by actions.Actor) (map[string]int, error)
	ChangeMany(ctx context.Context, by actions.Actor, numbers []int64, in actions.Bulk) (*actions.BulkResult, error)
	UndoMany(ctx context.Context, by actions.Actor, id helpdesk.ID) (*actions.BulkResult, error)
	Export(ctx context.Context, by actions.Actor, q actions.ListQuery) (*actions.Export, error)
	FailedMail(ctx context.Context, by actions.Actor, after helpdesk.ID) (list []actions.FailedMail, next helpdesk.ID, err error)
	Find(ctx context.Context, by actions.Actor, q actions.FindQuery) (*actions.Finding, error)
	Views(ctx context.Context, by actions.Actor) ([]actions.SavedView, error)
	View(ctx context.Context, by actions.Actor, id helpdesk.ID) (*actions.SavedView, error)
	SaveView(ctx context.Context, by actions.Actor, in actions.SavedView, shared bool) (*actions.SavedView, error)
	RemoveView(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error
}

// row is one request of a list.
type row struct {
	Ticket ticket `json:"ticket"`
	Unread bool   `json:"unread,omitempty" doc:"A customer said something that the agent has not seen."`
}

// listing is a page of a list.
type listing struct {
	Items []row  `json:"items"`
	Total int    `json:"total" doc:"How many are in the whole list, at most 9999."`
	Look  string `json:"look" doc:"Another one when anything in the list is."`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; there is none at the end."`
}

func (l listing) cursor() string { return l.Next }

func (h *Handler) list(c *call, q actions.ListQuery) (out listing, err error) {
	if q.Limit, err = c.limit(); err != nil {
		return out, err
	}
	if q.After, err = c.place(); err != nil {
		return out, err
	}
	found, err := h.desk.List(c.ctx, c.by, q)
	if err != nil {
		return out, err
	}
	out = listing{Items: []row{}, Total: found.Total, Look: found.Look}
	for i := range found.Rows {
		out.Items = append(out.Items, row{ticketOf(&found.Rows[i].Ticket), found.Rows[i].Unread})
	}
	if found.Older != "" {
		out.Next = cursorOf(found.Older)
	}
	return out, nil
}

func (h *Handler) listQueue(c *call) (listing, error) {
	return h.list(c, actions.ListQuery{Queue: actions.Queue(c.r.PathValue("queue")), Order: c.query("order")})
}

func (h *Handler) listView(c *call) (listing, error) {
	return h.list(c, actions.ListQuery{View: helpdesk.ID(c.r.PathValue("view")), Order: c.query("order")})
}

// listFiltered lists what a filter that is sent along lets through.
func (h *Handler) listFiltered(c *call, in filter) (out listing, err error) {
	f, err := in.filter()
	if err != nil {
		return out, err
	}
	return h.list(c, actions.ListQuery{Filter: &f, Order: c.query("order")})
}

var ordered = append([]parameter{{Name: "order", Type: "string", Enum: []string{"oldest", "priority"}, Words: "Newest first, if nothing is said."}}, paging...)

// counts of lists.
type counts struct {
	Counts map[string]int `json:"counts" doc:"By the name of a queue, or view:ID; held and failed count mail."`
}

func (h *Handler) counts(c *call) (out counts, err error) {
	out.Counts, err = h.desk.Counts(c.ctx, c.by)
	return out, err
}

// filter chooses requests. Each member that is empty lets everything through.
type filter struct {
	Statuses    []helpdesk.Status `json:"statuses,omitempty"`
	Priorities  []string          `json:"priorities,omitempty"`
	Tags        []string          `json:"tags,omitempty" doc:"All of them have to be there."`
	Assignees   []string          `json:"assignees,omitempty" doc:"Ids of agents, me or nobody."`
	Teams       []string          `json:"teams,omitempty" doc:"Ids of teams, mine or none."`
	Mailboxes   []string          `json:"mailboxes,omitempty"`
	HelpCenters []string          `json:"helpCenters,omitempty"`
	Forms       []string          `json:"forms,omitempty"`
	Values      map[string]string `json:"values,omitempty" doc:"Answers of forms (form.NAME) and the account's own fields (NAME)."`
	OlderThan   string            `json:"olderThan,omitempty" doc:"How long nothing was said or done, as in 36h."`
	NewerThan   string            `json:"newerThan,omitempty"`
	Mentioned   bool              `json:"mentioned,omitempty"`
	Snoozed     bool              `json:"snoozed,omitempty"`
	Spam        bool              `json:"spam,omitempty"`
}

func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "a time is written as in 36h or 90m")
	}
	return d, nil
}

func (f filter) filter() (out helpdesk.Filter, err error) {
	out = helpdesk.Filter{
		Statuses: f.Statuses, Priorities: f.Priorities, Tags: f.Tags, Assignees: f.Assignees, Teams: f.Teams, Mailboxes: f.Mailboxes,
		HelpCenters: f.HelpCenters, Forms: f.Forms, Values: f.Values, Mentioned: f.Mentioned, Snoozed: f.Snoozed, Spam: f.Spam,
	}
	if out.OlderThan, err = duration(f.OlderThan); err != nil {
		return out, err
	}
	out.NewerThan, err = duration(f.NewerThan)
	return out, err
}

func filterOf(f helpdesk.Filter) filter {
	out := filter{
		Statuses: f.Statuses, Priorities: f.Priorities, Tags: f.Tags, Assignees: f.Assignees, Teams: f.Teams, Mailboxes: f.Mailboxes,
		HelpCenters: f.HelpCenters, Forms: f.Forms, Values: f.Values, Mentioned: f.Mentioned, Snoozed: f.Snoozed, Spam: f.Spam,
	}
	if f.OlderThan > 0 {
		out.OlderThan = f.OlderThan.String()
	}
	if f.NewerThan > 0 {
		out.NewerThan = f.NewerThan.String()
	}
	return out
}

// view is a list that somebody made.
type view struct {
	ID      helpdesk.ID `json:"id"`
	Name    string      `json:"name"`
	Shared  bool        `json:"shared" doc:"It is everybody's."`
	Filter  filter      `json:"filter"`
	Columns []string    `json:"columns,omitempty"`
	Order   string      `json:"order,omitempty"`
	Rev     string      `json:"rev"`
}

func (v view) etag() string { return `"` + v.Rev + `"` }

func viewOf(v *actions.SavedView) view {
	return view{v.ID, v.Name, v.Owner == "", filterOf(v.Filter), v.Columns, v.Order, revOf(v.Rev)}
}

func (h *Handler) listViews(c *call) (out page[view], err error) {
	found, err := h.desk.Views(c.ctx, c.by)
	out.Items = []view{}
	for i := range found {
		out.Items = append(out.Items, viewOf(&found[i]))
	}
	return out, err
}

func (h *Handler) getView(c *call) (out view, err error) {
	v, err := h.desk.View(c.ctx, c.by, helpdesk.ID(c.r.PathValue("view")))
	if err != nil {
		return out, err
	}
	return viewOf(v), nil
}

type newView struct {
	Name    string   `json:"name"`
	Shared  bool     `json:"shared,omitempty"`
	Filter  filter   `json:"filter"`
	Columns []string `json:"columns,omitempty"`
	Order   string   `json:"order,omitempty"`
}

func (h *Handler) saveView(c *call, in newView, id helpdesk.ID, rev int64) (*actions.SavedView, error) {
	f, err := in.Filter.filter()
	if err != nil {
		return nil, err
	}
	v := actions.SavedView{View: helpdesk.View{ID: id, Name: in.Name, Filter: f, Columns: in.Columns, Order: in.Order}, Rev: rev}
	return h.desk.SaveView(c.ctx, c.by, v, in.Shared)
}

func (h *Handler) addView(c *call, in newView) error {
	_, err := h.saveView(c, in, "", 0)
	return err
}

func (h *Handler) putView(c *call, in newView) (out view, err error) {
	rev, err := c.ifMatch()
	if err != nil {
		return out, err
	}
	v, err := h.saveView(c, in, helpdesk.ID(c.r.PathValue("view")), rev)
	if err != nil {
		return out, err
	}
	return h.viewAgain(c, v.ID)
}

func (h *Handler) viewAgain(c *call, id helpdesk.ID) (out view, err error) {
	v, err := h.desk.View(c.ctx, c.by, id)
	if err != nil {
		return out, err
	}
	return viewOf(v), nil
}

func (h *Handler) removeView(c *call) error {
	rev, err := c.ifMatch()
	if err != nil {
		return err
	}
	return h.desk.RemoveView(c.ctx, c.by, helpdesk.ID(c.r.PathValue("view")), rev)
}

// bulk changes many requests.
type bulk struct {
	Numbers []int64 `json:"numbers" doc:"At most 200."`
	Change  changes `json:"change" doc:"Without subject, fields and watching."`
}

type bulkResult struct {
	Changed []int64       `json:"changed"`
	Failed  []bulkFailure `json:"failed"`
	Undo    helpdesk.ID   `json:"undo,omitempty" doc:"By which it can be taken back, for an hour."`
	Words   string        `json:"words"`
}

type bulkFailure struct {
	Number int64  `json:"number"`
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

func bulkOf(r *actions.BulkResult) bulkResult {
	out := bulkResult{Changed: or(r.Changed, []int64{}), Failed: []bulkFailure{}, Undo: r.Undo, Words: r.Words}
	for _, f := range r.Failed {
		p := problemOf(f.Err)
		out.Failed = append(out.Failed, bulkFailure{f.Number, p.Code, p.Detail})
	}
	return out
}

func (h *Handler) changeMany(c *call, in bulk) (out bulkResult, err error) {
	x := in.Change
	if x.Subject != nil || x.Fields != nil || x.Had != nil {
		return out, helpdesk.Errorf(helpdesk.Invalid, "subject and fields are changed one request at a time")
	}
	e := x.edit()
	r, err := h.desk.ChangeMany(c.ctx, c.by, in.Numbers, actions.Bulk{
		Status: e.Status, Assignee: e.Assignee, Team: e.Team, Priority: e.Priority, AddTags: e.AddTags, RemoveTags: e.RemoveTags, Snooze: e.Snooze, Spam: e.Spam,
	})
	if err != nil {
		return out, err
	}
	return bulkOf(r), nil
}

func (h *Handler) undoMany(c *call) (out bulkResult, err error) {
	r, err := h.desk.UndoMany(c.ctx, c.by, helpdesk.ID(c.r.PathValue("undo")))
	if err != nil {
		return out, err
	}
	return bulkOf(r), nil
}

// failedMail is mail that was given up.
type failedMail struct {
	Delivery delivery `json:"delivery"`
	Number   int64    `json:"number,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Relay    string   `json:"relay,omitempty"`
}

func (h *Handler) listFailed(c *call) (out page[failedMail], err error) {
	after, err := c.place()
	if err != nil {
		return out, err
	}
	found, next, err := h.desk.FailedMail(c.ctx, c.by, helpdesk.ID(after))
	out.Items = []failedMail{}
	for i := range found {
		f := &found[i]
		out.Items = append(out.Items, failedMail{deliveryOf(&f.Delivery), f.Number, f.Subject, f.Relay})
	}
	if next != "" {
		out.Next = cursorOf(string(next))
	}
	return out, err
}

// hit is a request that was found.
type hit struct {
	Ticket  ticket             `json:"ticket"`
	Unread  bool               `json:"unread,omitempty"`
	Snippet []piece            `json:"snippet,omitempty" doc:"Where the words stand."`
	Entry   int                `json:"entry,omitempty" doc:"In which entry."`
	Kind    helpdesk.EntryKind `json:"kind,omitempty"`
	By      string             `json:"by,omitempty"`
}

type piece struct {
	Text string `json:"text"`
	Hit  bool   `json:"hit,omitempty" doc:"It was looked for."`
}

// hits is a page of what was found.
type hits struct {
	Items    []hit  `json:"items"`
	Total    int    `json:"total" doc:"How many were found from here on, at most 200, where counting ends; -1 where nobody can tell."`
	Partly   bool   `json:"partly,omitempty" doc:"There is more than could be looked through."`
	Building bool   `json:"building,omitempty" doc:"The index is being made, and lacks some."`
	Next     string `json:"next,omitempty" doc:"The cursor of the next page; there is none at the end."`
}

func (x hits) cursor() string { return x.Next }

func (h *Handler) search(c *call) (out hits, err error) {
	before, err := c.place()
	if err != nil {
		return out, err
	}
	found, err := h.desk.Find(c.ctx, c.by, actions.FindQuery{Typed: c.query("q"), Best: c.query("order") == "best", Before: before})
	if err != nil {
		return out, err
	}
	out = hits{Items: []hit{}, Total: found.Total, Partly: found.Partly, Building: found.Building}
	for i := range found.Rows {
		r := &found.Rows[i]
		one := hit{Ticket: ticketOf(&r.Ticket), Unread: r.Unread, Entry: r.Seq, Kind: r.Kind, By: r.By}
		for _, p := range r.Snippet {
			one.Snippet = append(one.Snippet, piece(p))
		}
		out.Items = append(out.Items, one)
	}
	if found.Older != "" {
		out.Next = cursorOf(found.Older)
	}
	return out, nil
}
