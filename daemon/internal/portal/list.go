package portal

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Listing finds the requests of who is signed in.
type Listing interface {
	// Requests must change nothing, and list what is the customer's alone.
	Requests(ctx context.Context, h helpdesk.HelpCenter, by *actions.Customer, q actions.RequestsQuery) (*actions.Requests, error)
}

// group of statuses that customers tell apart. Its name stands in addresses.
type group struct {
	name     string
	statuses []helpdesk.Status
}

// groups in the order of the page; the first one is all.
var groups = []group{
	{"", nil},
	{"open", []helpdesk.Status{helpdesk.Open}},
	{"waiting", []helpdesk.Status{helpdesk.Pending}},
	{"solved", []helpdesk.Status{helpdesk.Resolved, helpdesk.Closed}},
}

// label is what a group is called. Their words are ours and not the help center's:
// one of them has two statuses.
func (g group) label(v *visit) string {
	switch g.name {
	case "open":
		return v.say.T("In progress")
	case "waiting":
		return v.say.T("Waiting for you")
	case "solved":
		return v.say.T("Done")
	}
	return v.say.T("All")
}

// myRequests is the list of a customer (row S02).
type myRequests struct {
	Groups    []groupLink
	Group     string // "" is all
	Words     string // that are searched for
	Clear     string // the list without a search
	Rows      []requestRow
	Newer     string
	Older     string
	Any       bool // there are requests, if not in this list
	Partly    bool
	Submit    string // label of the button; "" where submitting is hidden
	Address   string
	Elsewhere []actions.Elsewhere
}

type groupLink struct {
	Label, Path string
	Count       int
	Current     bool
}

// requestRow is a request with its status in words.
type requestRow struct {
	actions.RequestRow
	Path, Label string
}

func (p *Handler) requests(v *visit) error {
	if !v.center.PortalOn {
		return missing()
	}
	if v.customer == nil {
		http.Redirect(v.w, v.r, p.signInPath(v), http.StatusFound)
		return nil
	}
	asked := v.r.URL.Query()
	at := groups[0]
	for _, g := range groups {
		if g.name == asked.Get("status") {
			at = g
		}
	}
	words := strings.TrimSpace(asked.Get("q"))
	words = strings.ToValidUTF8(words[:min(len(words), actions.MaxSearch)], "")
	found, err := p.desk.Requests(v.context(), v.center, v.customer, actions.RequestsQuery{
		Statuses: at.statuses, Words: words, Before: asked.Get("before"), After: asked.Get("after"),
	})
	if err != nil {
		return err
	}
	p.write(v, http.StatusOK, "requests", v.say.T("My requests"), p.frame(v), p.list(v, at, words, found))
	return nil
}

func (p *Handler) list(v *visit, at group, words string, found *actions.Requests) myRequests {
	body := myRequests{
		Group: at.name, Words: words, Partly: found.Partly, Elsewhere: found.Elsewhere,
		Submit: p.frame(v).Submit, Address: p.address(v),
	}
	all := 0
	for _, n := range found.Counts {
		all += n
	}
	body.Any = all > 0
	for _, g := range groups {
		link := groupLink{Label: g.label(v), Path: listPath(v, g.name, words, "", ""), Current: g.name == at.name, Count: all}
		if g.statuses != nil {
			link.Count = 0
		}
		for _, s := range g.statuses {
			link.Count += found.Counts[s]
		}
		body.Groups = append(body.Groups, link)
	}
	for _, row := range found.Rows {
		body.Rows = append(body.Rows, newRow(v, row))
	}
	if words != "" {
		body.Clear = listPath(v, at.name, "", "", "")
	}
	if found.Newer != "" {
		body.Newer = listPath(v, at.name, words, "after", found.Newer)
	}
	if found.Older != "" {
		body.Older = listPath(v, at.name, words, "before", found.Older)
	}
	return body
}

func newRow(v *visit, row actions.RequestRow) requestRow {
	return requestRow{
		RequestRow: row, Path: v.path("/requests/") + strconv.FormatInt(row.Number, 10), Label: v.say.T(v.center.StatusLabel(row.Status)),
	}
}

// listPath is the address of a list; what is not asked for is left out of it.
func listPath(v *visit, group, words, side, place string) string {
	query := url.Values{}
	for name, value := range map[string]string{"status": group, "q": words, side: place} {
		if value != "" {
			query.Set(name, value)
		}
	}
	path := v.path("/requests")
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}
