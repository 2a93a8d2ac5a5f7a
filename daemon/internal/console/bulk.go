package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// bulkForm is what can be done with the requests that are ticked in a list.
type bulkForm struct {
	Spam       bool // the list is that of spam
	Statuses   []option
	Agents     []option
	Teams      []option
	Priorities []option
	Sleeps     []option
}

// option of a select; the first one of each leaves things as they are.
type option struct {
	Value, Label string
	Chosen       bool
}

// Values of selects that are no ids.
const (
	keepValue   = ""
	nobodyValue = "nobody"
	meValue     = "me"
	wakeValue   = "wake"
)

// sleeps are how long requests can be put aside from a list: lengths of time, as
// the daemon does not know what morning is to the agent.
var sleeps = []option{{Value: "3h", Label: "for 3 hours"}, {Value: "24h", Label: "for a day"}, {Value: "72h", Label: "for 3 days"}, {Value: "168h", Label: "for a week"}}

// bulkForm offers what there is to choose. What can't be read is left out.
func (c *Handler) bulkForm(v *visit, page *listPage) bulkForm {
	keep := option{Value: keepValue, Label: "Leave as it is"}
	form := bulkForm{
		Spam: page.Name == string(actions.SpamQueue), Statuses: []option{keep}, Priorities: []option{keep},
		Agents: []option{keep}, Teams: []option{keep}, Sleeps: append([]option{keep}, sleeps...),
	}
	form.Sleeps = append(form.Sleeps, option{Value: wakeValue, Label: "Wake now"})
	for _, s := range helpdesk.Statuses {
		form.Statuses = append(form.Statuses, option{Value: string(s), Label: page.settings.StatusLabel(s)})
	}
	for _, p := range helpdesk.Priorities {
		form.Priorities = append(form.Priorities, option{Value: p, Label: p})
	}
	if v.by.Agent != nil {
		form.Agents = append(form.Agents, option{Value: meValue, Label: "Me"})
	}
	form.Agents = append(form.Agents, option{Value: nobodyValue, Label: "Nobody"})
	agents, _ := c.desk.Agents(v.context(), v.by)
	for i := range agents {
		if a := &agents[i]; !a.Disabled && (v.by.Agent == nil || a.ID != v.by.Agent.ID) {
			form.Agents = append(form.Agents, option{Value: string(a.ID), Label: a.Name})
		}
	}
	teams, _ := c.desk.TeamList(v.context(), v.by)
	for i := range teams {
		form.Teams = append(form.Teams, option{Value: string(teams[i].ID), Label: teams[i].Name})
	}
	if len(teams) > 0 {
		form.Teams = append(form.Teams, option{Value: nobodyValue, Label: "No team"})
	}
	return form
}

// Buttons of the bar; what they do needs no other field.
const (
	takeDo    = "take"
	resolveDo = "resolve"
	closeDo   = "close"
	spamDo    = "spam"
	hamDo     = "not-spam"
	changeDo  = "change"
)

// readBulk reads what shall become of the requests.
func readBulk(form url.Values, by actions.Actor, now time.Time) (actions.Bulk, error) {
	yes, no := true, false
	switch do := form.Get("do"); do {
	case takeDo:
		if by.Agent == nil {
			return actions.Bulk{}, helpdesk.Errorf(helpdesk.Invalid, "only an agent can take a request")
		}
		return actions.Bulk{Assignee: &by.Agent.ID}, nil
	case resolveDo:
		return actions.Bulk{Status: helpdesk.Resolved}, nil
	case closeDo:
		return actions.Bulk{Status: helpdesk.Closed}, nil
	case spamDo:
		return actions.Bulk{Spam: &yes}, nil
	case hamDo:
		return actions.Bulk{Spam: &no}, nil
	case changeDo:
		return readChange(form, by, now)
	}
	return actions.Bulk{}, helpdesk.Errorf(helpdesk.Invalid, "choose what shall become of them")
}

func readChange(form url.Values, by actions.Actor, now time.Time) (actions.Bulk, error) {
	in := actions.Bulk{
		Status: helpdesk.Status(form.Get("status")), Priority: form.Get("priority"),
		AddTags: splitTags(form.Get("add-tags")), RemoveTags: splitTags(form.Get("remove-tags")),
	}
	in.Assignee, in.Team = chosen(form.Get("assignee"), by), chosen(form.Get("team"), by)
	switch sleep := form.Get("snooze"); sleep {
	case keepValue:
	case wakeValue:
		in.Snooze = &time.Time{}
	default:
		length, err := time.ParseDuration(sleep)
		if err != nil || length <= 0 || length > 366*24*time.Hour {
			return in, helpdesk.Errorf(helpdesk.Invalid, "that is no time to put something aside for")
		}
		until := now.Add(length)
		in.Snooze = &until
	}
	if in.Status == "" && in.Priority == "" && in.Assignee == nil && in.Team == nil && in.Snooze == nil && len(in.AddTags)+len(in.RemoveTags) == 0 {
		return in, helpdesk.Errorf(helpdesk.Invalid, "choose what shall be changed")
	}
	return in, nil
}

// chosen is who or what was chosen in a select: nil leaves things as they are.
func chosen(value string, by actions.Actor) *helpdesk.ID {
	id := helpdesk.ID(value)
	switch {
	case value == keepValue:
		return nil
	case value == nobodyValue:
		id = ""
	case value == meValue && by.Agent != nil:
		id = by.Agent.ID
	}
	return &id
}

// failure is one request that could not be changed, and why.
type failure struct {
	Number int64  `json:"number"`
	Why    string `json:"why"`
}

// told is what became of a change of many, for the script of the list.
type told struct {
	Changed []int64   `json:"changed"`
	Failed  []failure `json:"failed"`
	Undo    string    `json:"undo,omitempty"`
	Words   string    `json:"words"`
}

// bulk changes the requests that were ticked.
func (c *Handler) bulk(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	numbers, err := readNumbers(v.r.PostForm["n"])
	var in actions.Bulk
	if err == nil {
		in, err = readBulk(v.r.PostForm, v.by, c.site.Now())
	}
	var made *actions.BulkResult
	if err == nil {
		made, err = c.desk.ChangeMany(v.context(), v.by, numbers, in)
	}
	return c.answerBulk(v, made, err)
}

// undoBulk takes a change of many back.
func (c *Handler) undoBulk(v *visit) error {
	if err := web.ReadForm(v.r); err != nil {
		return err
	}
	id, err := helpdesk.ParseID(v.r.PostForm.Get("undo"))
	if err != nil {
		return missing()
	}
	made, err := c.desk.UndoMany(v.context(), v.by, id)
	return c.answerBulk(v, made, err)
}

// readNumbers reads which requests are meant.
func readNumbers(given []string) ([]int64, error) {
	if len(given) == 0 {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "tick the requests first that are meant")
	}
	if len(given) > helpdesk.MaxBulk {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "at most %d requests can be changed at once", helpdesk.MaxBulk)
	}
	var numbers []int64
	for _, s := range given {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "that is no number of a request")
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// answerBulk tells what became of it: the script as JSON, everybody else with the
// list that they came from.
func (c *Handler) answerBulk(v *visit, made *actions.BulkResult, err error) error {
	kind := helpdesk.KindOf(err)
	if err != nil && kind == helpdesk.SignIn {
		return err
	}
	if wantsJSON(v.r) {
		return c.tellJSON(v, made, err)
	}
	back := web.LocalPath(v.r.PostForm.Get("back"), home)
	if err == nil && len(made.Failed) == 0 {
		http.Redirect(v.w, v.r, withQuery(back, bulkQuery(made)), http.StatusSeeOther)
		return nil
	}
	src, asked, ok := listAt(back)
	if !ok {
		return err
	}
	page, listErr := c.list(v, src, asked)
	if listErr != nil {
		return listErr
	}
	if err != nil {
		trouble := c.site.Trouble(v.r, err)
		page.Trouble = &trouble
	} else {
		page.Done, page.Undo, page.Failures = made.Words, string(made.Undo), failures(made)
	}
	status := web.Status(err)
	if err == nil {
		status = http.StatusConflict
	}
	return c.writeList(v, status, page)
}

func (c *Handler) tellJSON(v *visit, made *actions.BulkResult, err error) error {
	answer, status := told{Changed: []int64{}, Failed: []failure{}}, http.StatusOK
	if err != nil {
		trouble := c.site.Trouble(v.r, err)
		status, answer.Words = web.Status(err), trouble.Happened
		if words := helpdesk.Public(err); words != "" {
			answer.Words = web.Sentence(words)
		}
	} else {
		answer = told{Changed: made.Changed, Failed: failures(made), Undo: string(made.Undo), Words: made.Words}
	}
	v.w.Header().Set("Content-Type", "application/json")
	v.w.WriteHeader(status)
	_ = json.NewEncoder(v.w).Encode(answer) // whoever asked has gone
	return nil
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

func failures(made *actions.BulkResult) []failure {
	all := []failure{}
	for _, f := range made.Failed {
		all = append(all, failure{Number: f.Number, Why: web.Sentence(or(helpdesk.Public(f.Err), "it could not be changed"))})
	}
	return all
}

// bulkQuery is what the next page is told: ids and numbers, no words, so that
// nobody can make the page say something.
func bulkQuery(made *actions.BulkResult) url.Values {
	query := url.Values{"done": {"bulk"}, "n": {strconv.Itoa(len(made.Changed))}}
	if made.Undo != "" {
		query.Set("undo", string(made.Undo))
	}
	return query
}

// tellBulk puts on a list what was done before.
func (c *Handler) tellBulk(v *visit, page *listPage) {
	query := v.r.URL.Query()
	switch done := query.Get("done"); done {
	case "bulk":
		n, err := strconv.Atoi(query.Get("n"))
		if err != nil || n < 0 || n > helpdesk.MaxBulk {
			return
		}
		page.Done = fmt.Sprintf("%d requests were changed.", n)
		if n == 1 {
			page.Done = "1 request was changed."
		}
		if id, err := helpdesk.ParseID(query.Get("undo")); err == nil {
			page.Undo = string(id)
		}
	default:
		page.Done = doneWords[done]
	}
}

// listAt finds the list at a path.
func listAt(path string) (source, url.Values, bool) {
	u, err := url.Parse(path)
	if err != nil {
		return source{}, nil, false
	}
	name, isQueue := strings.CutPrefix(u.Path, "/agent/q/")
	if id, isView := strings.CutPrefix(u.Path, "/agent/views/"); isView {
		name, isQueue = "view:"+id, true
	}
	if u.Path == home {
		name, isQueue = string(actions.MineQueue), true
	}
	if !isQueue {
		return source{}, nil, false
	}
	src, err := parseSource(name)
	return src, u.Query(), err == nil
}

// withQuery adds to the query of a path.
func withQuery(path string, add url.Values) string {
	u, err := url.Parse(path)
	if err != nil {
		return home
	}
	query := u.Query()
	for _, name := range []string{"done", "n", "undo"} {
		query.Del(name)
	}
	for name, values := range add {
		query[name] = values
	}
	u.RawQuery = query.Encode()
	return u.String()
}
