package api

import (
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// page is a part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"The cursor of the next page; there is none at the end."`
}

func (p page[T]) cursor() string { return p.Next }

// Pages have so many items if nothing else is asked for, and at most.
const (
	pageSize = 30
	pageMost = 60
)

// paging are the parameters of everything that is given in pages.
var paging = []parameter{
	{Name: "limit", Type: "integer", Words: "How many items to give: 1 to 60, 30 if nothing is said."},
	{Name: "cursor", Type: "string", Words: "Where to go on: what “next” of the page before was."},
}

// limit of a page.
func (c *call) limit() (int, error) {
	text := c.query("limit")
	if text == "" {
		return pageSize, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > pageMost {
		return 0, helpdesk.Errorf(helpdesk.Invalid, "limit is a number from 1 to %d", pageMost)
	}
	return n, nil
}

// place is where a page goes on, as next made it; "" at the beginning.
func (c *call) place() (string, error) {
	raw, err := base64.RawURLEncoding.DecodeString(c.query("cursor"))
	if err != nil || len(raw) > 200 {
		return "", helpdesk.Errorf(helpdesk.Invalid, "this is no cursor that a page gave")
	}
	return string(raw), nil
}

// cursorOf makes a cursor of a place; programs must not read it.
func cursorOf(place string) string { return base64.RawURLEncoding.EncodeToString([]byte(place)) }

// next is the address of the next page.
func (c *call) next(cursor string) string {
	q := c.r.URL.Query()
	q.Set("cursor", cursor)
	return c.r.URL.Path + "?" + q.Encode()
}

func (c *call) query(name string) string { return c.r.URL.Query().Get(name) }

func (c *call) flag(name string) bool { return c.query(name) == "true" }

// number is that of the ticket in the address.
func (c *call) number() (int64, error) { return c.numeral("number") }

func (c *call) numeral(name string) (int64, error) {
	n, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil || n < 1 {
		return 0, helpdesk.Errorf(helpdesk.NotFound, "there is no such thing")
	}
	return n, nil
}

// knownQuery refuses parameters that the operation does not have: a slip in a name
// would give more than was asked for.
func (c *call) knownQuery() error {
	for name := range c.r.URL.Query() {
		if !c.op.hasQuery(name) {
			return helpdesk.Errorf(helpdesk.Invalid, "there is no parameter %q here", url.QueryEscape(name))
		}
	}
	return nil
}

func (op *operation) hasQuery(name string) bool {
	for _, p := range op.Query {
		if p.Name == name {
			return true
		}
	}
	return false
}

// ifMatch is the revision that the program has read; it has to be there.
func (c *call) ifMatch() (int64, error) {
	tag := c.r.Header.Get("If-Match")
	if tag == "" {
		return 0, errNoMatch
	}
	rev, err := strconv.ParseInt(strings.Trim(tag, `"`), 10, 64)
	if err != nil || rev < 1 || tag != etagOf(rev) {
		return 0, errPrecondition // another tag than any of ours
	}
	return rev, nil
}

func etagOf(rev int64) string { return `"` + strconv.FormatInt(rev, 10) + `"` }

func revOf(rev int64) string { return strconv.FormatInt(rev, 10) }
