package portal_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// shelf is a Desk with one customer and their requests.
type shelf struct {
	portal.Desk
	found *actions.Requests
	asked []actions.RequestsQuery
}

const shelfCookie = "cookie-of-alice"

func (s *shelf) CustomerSignedIn(_ context.Context, _, cookie string) (*actions.Customer, error) {
	if cookie != shelfCookie {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return &actions.Customer{Account: "a", Contact: &helpdesk.Contact{Name: "Alice"}}, nil
}

func (s *shelf) Requests(_ context.Context, _ helpdesk.HelpCenter, by *actions.Customer, q actions.RequestsQuery) (*actions.Requests, error) {
	if by == nil {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	s.asked = append(s.asked, q)
	return s.found, nil
}

func shelfOf(s *shelf, h helpdesk.HelpCenter) http.Handler {
	site := webtest.Site(io.Discard, h)
	return site.Handler(portal.New(s, boxes{}, site))
}

var signedIn = &http.Cookie{Name: "__Host-postern_customer", Value: shelfCookie}

var two = &actions.Requests{
	Rows: []actions.RequestRow{
		{Number: 1042, Subject: "My <b>pot</b>", Status: helpdesk.Pending, Heard: webtest.Now.Add(-time.Hour), Words: "Which <i>one</i>?", By: "Robin <x>"},
		{Number: 7, Status: helpdesk.Closed, Heard: webtest.Now, Words: "Thanks", Mine: true},
	},
	Counts: map[helpdesk.Status]int{helpdesk.Pending: 1, helpdesk.Closed: 2, helpdesk.Resolved: 3},
	Older:  "b.c", Newer: "a.b",
	Elsewhere: []actions.Elsewhere{{Name: "Acme <Two>", URL: "https://second.example", Count: 4}},
}

// covers: S02, S05, S08
func TestMyRequests(t *testing.T) {
	s := &shelf{found: two}
	own := center(plain)
	own.StatusLabels = map[helpdesk.Status]string{helpdesk.Pending: "Your turn"}
	h := shelfOf(s, own)
	r := webtest.Get(t, h, base+"/en/requests?status=waiting&q=pot+%3Cb%3E&before=x.y", signedIn)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Set-Cookie") != "" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d, headers %v", r.StatusCode, r.Header)
	}
	has(t, page, `href="/en/requests/1042"`, "#1042", "My &lt;b&gt;pot&lt;/b&gt;", "Your turn", "Which &lt;i&gt;one&lt;/i&gt;?", "Robin &lt;x&gt;", "1 hour ago",
		`href="/en/requests/7"`, "Your request", "You</bdi>:", "Closed", `value="pot &lt;b&gt;"`,
		`href="/en/requests?before=b.c&amp;q=pot&#43;%3Cb%3E&amp;status=waiting"`, `href="/en/requests?after=a.b&amp;q=pot&#43;%3Cb%3E&amp;status=waiting"`,
		`<a href="/en/requests?q=pot&#43;%3Cb%3E&amp;status=waiting" aria-current="page">Waiting for you <span class="count">1</span>`,
		`Done <span class="count">5</span>`, `All <span class="count">6</span>`, "2 requests have all of these words.",
		`href="https://second.example/requests"`, "Acme &lt;Two&gt;", "4 requests")
	want := actions.RequestsQuery{Statuses: []helpdesk.Status{helpdesk.Pending}, Words: "pot <b>", Before: "x.y"}
	if got := s.asked[0]; got.Words != want.Words || got.Before != want.Before || len(got.Statuses) != 1 || got.Statuses[0] != helpdesk.Pending {
		t.Errorf("asked for %+v, want %+v", got, want)
	}
	webtest.Page(t, webtest.Get(t, h, base+"/en/requests?status=nonsense&q="+strings.Repeat("%C3%A4", 500), signedIn))
	if got := s.asked[1]; got.Statuses != nil || len(got.Words) > actions.MaxSearch || strings.Trim(got.Words, "ä") != "" {
		t.Errorf("asked for %+v", got)
	}
}

// covers: S02, S08
func TestNoRequests(t *testing.T) {
	members := plain
	members.Access = map[helpdesk.Visitor]helpdesk.Access{helpdesk.SignedIn: helpdesk.Granted}
	for _, test := range []struct {
		name, query string
		found       actions.Requests
		has, hasNot []string
	}{
		{"none at all", "", actions.Requests{}, []string{"You have no requests here yet.", "support@acme.example", `href="/en/submit"`}, []string{`type="search"`}},
		{"none of the status", "?status=waiting", actions.Requests{Counts: map[helpdesk.Status]int{helpdesk.Open: 1}}, []string{"Nothing waits for your answer.", `type="search"`}, []string{"no requests here"}},
		{"none found", "?q=pot", actions.Requests{Counts: map[helpdesk.Status]int{helpdesk.Open: 1}}, []string{"No request has all of these words.", "End the search"}, []string{"no requests here", "Not everything"}},
		{"not all looked at", "?q=pot", actions.Requests{Partly: true}, []string{"Not everything was searched"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := webtest.Page(t, webtest.Get(t, shelfOf(&shelf{found: &test.found}, center(members)), base+"/en/requests"+test.query, signedIn))
			has(t, page, test.has...)
			hasNot(t, page, test.hasNot...)
		})
	}
	german := center(plain)
	german.Locales = []string{"en", "de"}
	has(t, webtest.Page(t, webtest.Get(t, shelfOf(&shelf{found: two}, german), base+"/de/requests", signedIn)), "Meine Anfragen", "Wartet auf Sie", "Erledigt", "Suchen")
}

// covers: S02, S20
func TestRequestsNeedSignIn(t *testing.T) {
	s := &shelf{found: two}
	h := shelfOf(s, center(plain))
	for _, cookies := range [][]*http.Cookie{nil, {{Name: signedIn.Name, Value: "of nobody"}}} {
		r := webtest.Get(t, h, base+"/en/requests?status=open", cookies...)
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusFound || got != "/en/sign-in?next=%2Fen%2Frequests%3Fstatus%3Dopen" {
			t.Errorf("status %d, Location %q", r.StatusCode, got)
		}
	}
	off := center(plain)
	off.PortalOn = false
	if r := webtest.Get(t, shelfOf(s, off), base+"/en/requests", signedIn); r.StatusCode != http.StatusNotFound {
		t.Errorf("portal off: status %d", r.StatusCode)
	}
	if len(s.asked) != 0 {
		t.Errorf("the list was read %d times", len(s.asked))
	}
}
