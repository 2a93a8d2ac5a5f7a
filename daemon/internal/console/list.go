package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// listRows is how many requests one page of a list has.
const listRows = 50

// queueLook is how a queue is called and what stands there while it is empty.
type queueLook struct {
	label, icon  string
	empty, blank string
}

var queueLooks = map[actions.Queue]queueLook{
	actions.MineQueue:       {"Mine", "person", "Nothing waits for you", "Open requests that are assigned to you stand here. Take one from Unassigned."},
	actions.UnassignedQueue: {"Unassigned", "inbox", "Everything has somebody", "Open requests that nobody has taken stand here. Mail to a support address and forms that customers send come in here first."},
	actions.OpenQueue:       {"All open", "list", "Nothing is open", "Every request that waits for an answer from your desk stands here."},
	actions.PendingQueue:    {"Pending", "wait", "Nothing is pending", "Requests that were answered and wait for their customer stand here."},
	actions.MentionsQueue:   {"Mentions", "at", "Nobody asks for you", "When a colleague names you in a note, its request stands here until you have looked."},
	actions.SnoozedQueue:    {"Snoozed", "clock", "Nothing sleeps", "Requests that were put aside until a time stand here. They come back then, or when their customer writes."},
	actions.DoneQueue:       {"Resolved and closed", "done", "Nothing is done yet", "Requests that were resolved or closed stand here."},
	actions.SpamQueue:       {"Spam", "ban", "No spam", "Requests that an agent called spam stand here."},
	actions.AllQueue:        {"Everything", "filter", "No requests yet", "Mail to a support address and forms that customers send will stand here."},
}

func queuePath(q actions.Queue) string { return "/agent/q/" + string(q) }

// listPage shows a list of requests, alone or beside one of them.
type listPage struct {
	Title        string
	Name         string // of the place: a queue, or "view:ID"
	Path         string
	Here         string // this very page of it, for forms that lead back
	Rows         []row
	Newer, Older string // addresses of the pages beside; "" if there is none
	First        bool   // nothing newer was left out
	Total        string
	Look         string
	Order        string
	MayExport    bool
	Orders       []orderChoice
	Edit         string // address where the view is changed; "" if it can't be
	Empty, Blank string // title and words of an empty list
	Shown        int64  // the request that is open beside; 0 for none
	Alone        bool
	Done         string
	Undo         string // id of what can be taken back
	Failures     []failure
	Bulk         bulkForm
	Trouble      *web.Trouble
	settings     *helpdesk.DeskSettings
}

// orderChoice is an order of a list, as a link.
type orderChoice struct {
	Label, Path string
	Chosen      bool
}

// row is one request in a list.
type row struct {
	Number    int64
	Path      string
	Subject   string
	Requester string
	Words     string // what the customer said last
	Status    helpdesk.Status
	Label     string // of the status
	Priority  string // "" if normal
	Unread    bool
	Snoozed   time.Time // until when; zero if it is not
	Assignee  string
	Initials  string
	Team      string
	Tags      []string
	Merged    int64
	At        time.Time
	Extra     []cell // columns of the view
}

// cell is one more thing that stands in a row.
type cell struct {
	Name, Label, Text string
	At                time.Time
}

// source is a list that can be asked for.
type source struct {
	name, title, path string
	query             actions.ListQuery
}

// queueSource finds a queue by its name.
func queueSource(name string) (source, error) {
	q := actions.Queue(name)
	look, ok := queueLooks[q]
	if !ok {
		return source{}, missing()
	}
	return source{name: name, title: look.label, path: queuePath(q), query: actions.ListQuery{Queue: q}}, nil
}

func viewSource(id string) (source, error) {
	parsed, err := helpdesk.ParseID(id)
	if err != nil {
		return source{}, missing()
	}
	return source{name: "view:" + id, path: viewPath(parsed), query: actions.ListQuery{View: parsed}}, nil
}

// parseSource reads the name of a place: that of a queue, or "view:ID".
func parseSource(name string) (source, error) {
	if id, ok := strings.CutPrefix(name, "view:"); ok {
		return viewSource(id)
	}
	return queueSource(name)
}

// firstList is the page that the console begins with.
func (c *Handler) firstList(v *visit) error { return c.showList(v, string(actions.MineQueue)) }

func (c *Handler) showQueue(v *visit) error { return c.showList(v, v.r.PathValue("queue")) }

func (c *Handler) showView(v *visit) error { return c.showList(v, "view:"+v.r.PathValue("id")) }

// showList shows a list alone.
func (c *Handler) showList(v *visit, name string) error {
	src, err := parseSource(name)
	if err != nil {
		return err
	}
	page, err := c.list(v, src, v.r.URL.Query())
	if err != nil {
		return err
	}
	c.tellBulk(v, page)
	return c.writeList(v, http.StatusOK, page)
}

func (c *Handler) writeList(v *visit, status int, page *listPage) error {
	f := c.frame(v, page.Name)
	page.Alone, f.List, f.Alone = true, page, true
	c.write(v, status, "list", page.Title, f, page)
	return nil
}

// beside is the frame of a request, with the list that it was opened from.
func (c *Handler) beside(v *visit, number int64) frame {
	name := cmp.Or(v.r.URL.Query().Get("in"), string(actions.MineQueue))
	src, err := parseSource(name)
	if err != nil || v.onePane() {
		return c.frame(v, "")
	}
	f := c.frame(v, src.name)
	page, err := c.list(v, src, url.Values{})
	if err != nil { // the request is worth more than what stands beside it
		return f
	}
	page.Shown, f.List = number, page
	return f
}

// list reads one page of a list.
func (c *Handler) list(v *visit, src source, asked url.Values) (*listPage, error) {
	query := src.query
	query.Before, query.After, query.Limit = asked.Get("before"), asked.Get("after"), listRows
	if order := asked.Get("order"); order != "" {
		if !isOrder(order) {
			return nil, missing()
		}
		query.Order = order
	}
	found, err := c.desk.List(v.context(), v.by, query)
	if err != nil {
		return nil, err
	}
	settings := c.settings(v)
	page := &listPage{
		Title: src.title, Name: src.name, Path: src.path, Look: found.Look, First: query.Before == "" && query.After == "",
		Order: query.Order, MayExport: v.by.May(helpdesk.ExportData), Total: totalWords(found.Total), settings: settings,
	}
	var columns []string
	if view := found.View; view != nil {
		page.Title, columns = view.Name, view.Columns
		page.Order = cmp.Or(page.Order, view.Order)
		if mayChange(v.by, view) {
			page.Edit = viewPath(view.ID) + "/edit"
		}
	}
	page.Empty, page.Blank = emptyWords(src, page.First)
	page.Rows = slices.Grow(page.Rows, len(found.Rows))
	for i := range found.Rows {
		page.Rows = append(page.Rows, newRow(&found.Rows[i], src.name, columns, settings))
	}
	page.link(found, query)
	page.Bulk = c.bulkForm(v, page)
	return page, nil
}

// link sets the addresses of what is beside this page of the list.
func (p *listPage) link(found *actions.Listing, query actions.ListQuery) {
	at := func(order, name, place string) string {
		values := url.Values{}
		if order != "" {
			values.Set("order", order)
		}
		if place != "" {
			values.Set(name, place)
		}
		if len(values) == 0 {
			return p.Path
		}
		return p.Path + "?" + values.Encode()
	}
	if found.Newer != "" {
		p.Newer = at(query.Order, "after", found.Newer)
	}
	if found.Older != "" {
		p.Older = at(query.Order, "before", found.Older)
	}
	p.Here = at(query.Order, "before", query.Before)
	if query.After != "" {
		p.Here = at(query.Order, "after", query.After)
	}
	for _, o := range orders {
		p.Orders = append(p.Orders, orderChoice{Label: o.label, Path: at(o.value, "", ""), Chosen: o.value == cmp.Or(p.Order, "newest")})
	}
}

// orders of a list. The first is what a queue has.
var orders = []struct{ value, label string }{{"newest", "Newest first"}, {"oldest", "Oldest first"}, {"priority", "Most urgent first"}}

func isOrder(s string) bool { return s == "newest" || s == "oldest" || s == "priority" }

func totalWords(n int) string {
	if n >= actions.MostCounted {
		return strconv.Itoa(actions.MostCounted) + "+"
	}
	return strconv.Itoa(n)
}

func emptyWords(src source, first bool) (title, words string) {
	switch {
	case !first:
		return "Nothing more", "There are no more requests in this list."
	case src.query.View != "":
		return "Nothing fits this view", "Requests that fit what the view asks for will stand here."
	}
	look := queueLooks[src.query.Queue]
	return look.empty, look.blank
}

func newRow(r *actions.Row, in string, columns []string, settings *helpdesk.DeskSettings) row {
	t := &r.Ticket
	out := row{
		Number: t.Number, Path: draft{Number: t.Number}.path() + "?in=" + url.QueryEscape(in), Subject: or(strings.TrimSpace(t.Subject), "No subject"),
		Requester: "Nobody", Status: t.Status, Label: settings.StatusLabel(t.Status), Unread: r.Unread, Assignee: r.AssigneeName, Initials: initials(r.AssigneeName),
		Team: r.TeamName, Tags: t.Tags, At: t.Updated,
	}
	if requester := t.Requester(); requester != nil {
		out.Requester = requester.DisplayName()
	}
	if t.Priority != "Normal" {
		out.Priority = t.Priority
	}
	if t.Last != nil {
		out.Words = t.Last.Text
	}
	if t.Snoozed != nil {
		out.Snoozed = t.Snoozed.Until
	}
	if t.Merged != nil {
		out.Merged = t.Merged.Number
	}
	for _, name := range columns {
		if c := newCell(r, name, settings); !c.empty() {
			out.Extra = append(out.Extra, c)
		}
	}
	return out
}

// initials of a name: of its first and its last word.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 {
		return ""
	}
	short := firstRune(words[0])
	if len(words) > 1 {
		short += firstRune(words[len(words)-1])
	}
	return short
}

func firstRune(word string) string {
	for _, r := range word {
		return string(unicode.ToUpper(r))
	}
	return ""
}
