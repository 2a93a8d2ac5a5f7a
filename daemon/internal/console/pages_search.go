package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Searching is what the pages of this file ask of the desk.
type Searching interface {
	Find(ctx context.Context, by actions.Actor, q actions.FindQuery) (*actions.Finding, error)
}

// searchPath is where agents search.
const searchPath = "/agent/search"

// searchPages registers them.
func (c *Handler) searchPages() { c.handle("GET "+searchPath, c.search) }

// searchPage shows what was found.
type searchPage struct {
	Typed   string
	Best    bool
	Wrong   string // what of the search is wrong
	Asked   bool   // something was looked for
	Rows    []foundRow
	Filters []searchFilter
	Orders  []orderChoice
	Total   string
	Older   string // address of the next page; "" if there is none
	First   bool   // nothing newer was left out
	Partly  bool
	State   string // what is not in the index yet, in words
	Keys    []searchKey
}

// foundRow is one request that was found.
type foundRow struct {
	row
	Marked  []actions.Piece // the subject
	Snippet []actions.Piece
	By      string
	Note    bool
}

// searchFilter is one that was understood.
type searchFilter struct{ Words, Without string }

// searchKey is one word that filters, and what it does.
type searchKey struct{ Example, Path, Words string }

// searchKeys are shown while nothing is looked for. Each is tried by a click.
var searchKeys = []searchKey{
	{"status:open", "", "by status; also is:open"},
	{"assignee:me", "", "by agent: me, nobody, a name or an address"},
	{"is:unread", "", "is:unread, is:mentioned, is:snoozed, is:spam"},
	{"tag:refund", "", "by tag; several have to be there all"},
	{"from:alice@customer.example", "", "by customer: an address, its beginning, a domain or a name"},
	{"subject:parcel", "", "a word in the subject"},
	{"has:attachment", "", "with a file"},
	{"before:2026-01-01", "", "last changed before a day; after: since a day"},
	{"priority:high", "", "by priority"},
	{"team:mine", "", "by team: mine, none or a name"},
	{"mailbox:support", "", "by mailbox; center: and form: likewise"},
	{"field.NAME:value", "", "by a field of your desk; form.NAME: by an answer of a form"},
	{"#1042", "", "by number"},
	{`"late parcel"`, "", "words that stand together"},
	{"parcel -gift", "", "without a word or a filter"},
}

func (c *Handler) search(v *visit) error {
	query := v.r.URL.Query()
	typed := strings.TrimRight(query.Get("q"), "\r\n")
	page := &searchPage{Typed: typed, Best: query.Get("order") == "best", First: query.Get("before") == ""}
	status := http.StatusOK
	found, err := c.desk.Find(v.context(), v.by, actions.FindQuery{Typed: typed, Best: page.Best, Before: query.Get("before")})
	switch {
	case helpdesk.KindOf(err) == helpdesk.Invalid:
		page.Wrong, status = sentence(helpdesk.Public(err)), http.StatusUnprocessableEntity
	case err != nil:
		return err
	default:
		page.fill(c, v, found)
	}
	if !page.Asked {
		for _, k := range searchKeys {
			if !strings.Contains(k.Example, "NAME") {
				k.Path = searchAddress(k.Example, false, "")
			}
			page.Keys = append(page.Keys, k)
		}
	}
	title := "Search"
	if typed != "" && page.Wrong == "" {
		title = "Search: " + typed
	}
	c.write(v, status, "search", title, c.frame(v, "search"), page)
	return nil
}

// fill puts what was found into the page.
func (p *searchPage) fill(c *Handler, v *visit, found *actions.Finding) {
	settings, err := c.desk.DeskSettings(v.context(), v.by)
	if err != nil {
		settings = &helpdesk.DeskSettings{}
	}
	p.Asked = strings.TrimSpace(p.Typed) != ""
	for i := range found.Rows {
		p.Rows = append(p.Rows, newFoundRow(&found.Rows[i], settings))
	}
	for _, f := range found.Filters {
		p.Filters = append(p.Filters, searchFilter{Words: f.Words, Without: searchAddress(f.Without, p.Best, "")})
	}
	p.Orders = []orderChoice{
		{Label: "Newest first", Path: searchAddress(p.Typed, false, ""), Chosen: !p.Best},
		{Label: "In the subject first", Path: searchAddress(p.Typed, true, ""), Chosen: p.Best},
	}
	if found.Older != "" {
		p.Older = searchAddress(p.Typed, p.Best, found.Older)
	}
	switch n := found.Total; {
	case !p.First: // it would count what comes from here on
	case n >= actions.MostCountedFound:
		p.Total = strconv.Itoa(actions.MostCountedFound) + " requests or more"
	case n == 1:
		p.Total = "1 request"
	case n >= 0:
		p.Total = strconv.Itoa(n) + " requests"
	}
	p.Partly = found.Partly
	switch {
	case found.Building:
		p.State = "The index is being built: " + strconv.Itoa(found.In) + " requests are in it, the newest first, and more come in by themselves. What is missing here may be there in a minute."
	case found.Missing > behind:
		p.State = "The index is catching up: " + strconv.Itoa(found.Missing) + " requests have to be read yet."
	}
}

// behind is how many changes may wait before the page says so: a few always do.
const behind = 50

func newFoundRow(r *actions.FoundRow, settings *helpdesk.DeskSettings) foundRow {
	out := foundRow{row: newRow(&r.Row, "", nil, settings), Marked: r.Subject, Snippet: r.Snippet, By: r.By, Note: r.Kind == helpdesk.Note}
	out.Path = draft{Number: r.Number}.path()
	if r.Seq > 0 {
		out.Path += "#" + anchor(0, r.Seq)
	}
	return out
}

func searchAddress(typed string, best bool, before string) string {
	query := url.Values{"q": {typed}}
	if best {
		query.Set("order", "best")
	}
	if before != "" {
		query.Set("before", before)
	}
	return searchPath + "?" + query.Encode()
}

// sentence makes one of what is said of a mistake.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:] + "."
}
