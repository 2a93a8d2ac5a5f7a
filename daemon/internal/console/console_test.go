package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/safehtml"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const base = "https://help.acme.example"

var center = helpdesk.HelpCenter{Account: "a", Name: "acme", DisplayName: "Acme Help", BaseURL: base, Color: "#0a7a5c"}

// desk is a Desk with tickets counted down from newest, that remembers what it
// was asked to change.
type desk struct {
	console.Desk // what no page of these tests asks for

	changes  []string
	writeErr error // of reply, note and status
	readErr  error // of everything that is shown
	signErr  error
	newest   int64
	detail   *actions.Detail
	held     []helpdesk.HeldItem
	decided  []helpdesk.HeldItem
	more     int // held mails beyond those
	batches  int

	uploads   []string // beginnings of files
	attachErr error
	contact   *actions.ContactDetail
	contacts  *actions.ContactsPage
	lookedFor actions.ContactsQuery
	teams     []helpdesk.Team
	settings  *helpdesk.DeskSettings
	writing   *helpdesk.Writing
	before    helpdesk.Ticket // as it was before an edit

	asked  actions.ListQuery // last
	bulk   actions.Bulk      // last
	stuck  int64             // cannot be changed
	outbox []actions.FailedMail
	views  []actions.SavedView
	saved  actions.SavedView // last
}

const (
	undoID = helpdesk.ID("undoundoundoundo")
	viewID = helpdesk.ID("viewviewviewview")
)

var robin = &helpdesk.Agent{ID: "robin", Name: "Robin <Sample>"}

// session is the cookie that the desk knows.
var session = &http.Cookie{Name: "__Host-postern_agent", Value: "good"}

func (d *desk) SignIn(_ context.Context, account string, in actions.AgentTry) (*actions.AgentEntered, error) {
	d.changes = append(d.changes, "sign in "+account+" "+in.Address)
	switch {
	case d.signErr != nil:
		return nil, d.signErr
	case in.Password != "right":
		return nil, helpdesk.Errorf(helpdesk.Invalid, "this address and password do not belong together")
	}
	return &actions.AgentEntered{Cookie: "good", Expires: webtest.Now.Add(time.Hour)}, nil
}

func (d *desk) SignedIn(_ context.Context, account, cookie string) (actions.Actor, error) {
	if cookie != "good" || account != "a" {
		return actions.Actor{}, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return actions.Actor{Account: account, Agent: robin, Role: helpdesk.BuiltIn[0]}, nil
}

func (d *desk) SignOut(_ context.Context, _, cookie string) error {
	d.changes = append(d.changes, "sign out "+cookie)
	return d.writeErr
}

func (d *desk) Tickets(_ context.Context, by actions.Actor, before int64, limit int) ([]helpdesk.Ticket, error) {
	d.batches++
	if before == 0 {
		before = d.newest + 1
	}
	var found []helpdesk.Ticket
	for n := before - 1; n > 0 && len(found) < limit; n-- {
		found = append(found, ticket(n))
	}
	return found, d.check(by)
}

func ticket(n int64) helpdesk.Ticket {
	return helpdesk.Ticket{
		Number: n, Subject: fmt.Sprintf("Subject <%d>", n), Status: helpdesk.Statuses[n%4], Channel: helpdesk.ByMail, Updated: webtest.Now.Add(-time.Hour),
		Participants: []helpdesk.Participant{{Number: 1, Name: "Alice <A>", Address: helpdesk.MustAddress("alice@customer.example"), Role: helpdesk.Requester}},
	}
}

func (d *desk) Ticket(_ context.Context, by actions.Actor, number int64) (*actions.Detail, error) {
	if err := d.check(by); err != nil {
		return nil, err
	}
	if d.detail == nil || d.detail.Ticket.Number != number {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no such ticket")
	}
	return d.detail, nil
}

func (d *desk) MailHTML(_ context.Context, by actions.Actor, number int64, seq int) (*actions.MailHTML, error) {
	if err := d.check(by); err != nil {
		return nil, err
	}
	if number != 7 || seq != 8 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no such file")
	}
	return &actions.MailHTML{Document: safehtml.Document{HTML: "<p>Printed <b>words</b></p>", RemoteImages: 2, MissingImages: 1, Active: 3, Cut: true}}, nil
}

func (d *desk) File(_ context.Context, by actions.Actor, number int64, seq, index int) (*actions.File, error) {
	return d.sent(by, number == 7 && seq == 1 && index == 1, "pot<1>.jpg", "image/jpeg")
}

func (d *desk) Source(_ context.Context, by actions.Actor, number int64, seq int) (*actions.File, error) {
	return d.sent(by, number == 7 && seq == 8, "request-7-8.eml", "text/plain")
}

func (d *desk) sent(by actions.Actor, ok bool, name, mediaType string) (*actions.File, error) {
	if err := d.check(by); err != nil {
		return nil, err
	}
	if !ok {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "no such file")
	}
	return &actions.File{ReadSeekCloser: content{strings.NewReader("bytes")}, Name: name, MediaType: mediaType}, nil
}

// content is a file that needs no closing.
type content struct{ *strings.Reader }

func (content) Close() error { return nil }

func (d *desk) Reply(_ context.Context, by actions.Actor, number int64, in actions.Reply) error {
	d.changes = append(d.changes, fmt.Sprintf("reply %d %s %q", number, in.Status, in.Text)+named(in.Files))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) Note(_ context.Context, by actions.Actor, number int64, in actions.Note) error {
	d.changes = append(d.changes, fmt.Sprintf("note %d %q", number, in.Text)+named(in.Files))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) Held(_ context.Context, by actions.Actor) ([]helpdesk.HeldItem, error) {
	return d.held, d.check(by)
}

func (d *desk) HeldItem(_ context.Context, by actions.Actor, id string) (*helpdesk.HeldItem, error) {
	for i := range d.held {
		if string(d.held[i].ID) == id {
			return &d.held[i], d.check(by)
		}
	}
	return nil, helpdesk.Errorf(helpdesk.NotFound, "no such mail")
}

// check is what every act of the real desk begins with.
func (d *desk) check(by actions.Actor) error {
	if by.Agent != robin || by.Account != "a" {
		return errors.New("asked on nobody's authority")
	}
	return d.readErr
}

func serve(d *desk) http.Handler { return serveDesk(d) }

// serveSignUp is a help center where customers can sign in.
func serveSignUp(d console.Desk) http.Handler {
	open := center
	open.PortalOn, open.SignUp = true, helpdesk.SignUp{Password: true}
	site := webtest.Site(io.Discard, open)
	return site.Handler(console.New(d, site))
}

func serveDesk(d console.Desk) http.Handler {
	site := webtest.Site(io.Discard, center)
	return site.Handler(console.New(d, site))
}

func has(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("page does not have %q", w)
		}
	}
}

func hasNot(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(page, w) {
			t.Errorf("page has %q", w)
		}
	}
}

// Nothing is shown or done without a session that is good now.
func TestEveryPageNeedsASession(t *testing.T) {
	for _, test := range []struct{ method, path string }{
		{"GET", "/agent"}, {"GET", "/agent/contacts/" + aliceID}, {"POST", "/agent/contacts/" + aliceID + "/invite"}, {"GET", "/agent/q/mine"}, {"GET", "/agent/views/viewviewviewview"}, {"GET", "/agent/views/new"}, {"POST", "/agent/views"}, {"POST", "/agent/views/viewviewviewview"}, {"GET", "/agent/views/viewviewviewview/edit"}, {"POST", "/agent/views/viewviewviewview/remove"}, {"POST", "/agent/bulk"}, {"POST", "/agent/bulk/undo"}, {"GET", "/agent/failed"}, {"POST", "/agent/failed/x/retry"}, {"POST", "/agent/me/density"}, {"GET", "/agent/tickets/7"}, {"POST", "/agent/tickets/7/reply"},
		{"POST", "/agent/tickets/7/note"}, {"POST", "/agent/tickets/7/status"}, {"POST", "/agent/tickets/7/assign"}, {"POST", "/agent/tickets/7/tags"}, {"GET", "/agent/held"}, {"GET", "/agent/held/x"},
		{"POST", "/agent/held/x"}, {"POST", "/agent/held/x/lift"}, {"GET", "/agent/held/x/source"}, {"GET", "/agent/held/x/files/1"}, {"POST", "/agent/tickets/7/participants"},
		{"POST", "/agent/tickets/7/entries/6/release"},
		{"GET", "/agent/tickets/7/merge"}, {"POST", "/agent/tickets/7/merge"}, {"POST", "/agent/tickets/7/unmerge"}, {"POST", "/agent/tickets/7/unsplit"},
		{"GET", "/agent/tickets/7/entries/5/split"}, {"POST", "/agent/tickets/7/entries/5/split"},
	} {
		for name, cookies := range map[string][]*http.Cookie{
			"no cookie": nil, "ended": {{Name: session.Name, Value: "ended"}}, "cookie without the prefix": {{Name: "postern_agent", Value: "good"}},
		} {
			t.Run(test.method+" "+test.path+" "+name, func(t *testing.T) {
				d := &desk{detail: full()}
				r := httptest.NewRequest(test.method, base+test.path, strings.NewReader("text=x&status=Open"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				answer := webtest.Do(t, serve(d), r, cookies...)
				want := "/agent/sign-in?next=" + url.QueryEscape(test.path)
				if test.method == http.MethodGet && (answer.StatusCode != http.StatusSeeOther || answer.Header.Get("Location") != want) {
					t.Errorf("status %d, Location %q, want %q", answer.StatusCode, answer.Header.Get("Location"), want)
				}
				if test.method == http.MethodPost {
					has(t, webtest.Page(t, answer), "Agent sign-in", "Your session has ended")
				}
				if len(d.changes) != 0 || d.batches != 0 {
					t.Errorf("the desk was asked: %v", d.changes)
				}
			})
		}
	}
}

func TestSignIn(t *testing.T) {
	typed := url.Values{"address": {"robin@acme.example"}, "password": {"right"}, "next": {"/agent/tickets/7?x=1"}}
	r := webtest.Post(t, serve(&desk{}), base+"/agent/sign-in", typed)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/agent/tickets/7?x=1" {
		t.Errorf("status %d, Location %q", r.StatusCode, got)
	}
	want := "__Host-postern_agent=good; Path=/; Expires=Sun, 22 Nov 2026 13:00:00 GMT; HttpOnly; Secure; SameSite=Lax"
	if got := r.Header.Get("Set-Cookie"); got != want {
		t.Errorf("Set-Cookie is %q, want %q", got, want)
	}
	typed.Set("next", "//evil.example/")
	if got := webtest.Post(t, serve(&desk{}), base+"/agent/sign-in", typed).Header.Get("Location"); got != "/agent" {
		t.Errorf("led to %q", got)
	}
	r = webtest.Get(t, serve(&desk{}), base+"/agent/sign-in?next=/agent/held", session)
	if got := r.Header.Get("Location"); got != "/agent/held" {
		t.Errorf("who is signed in is led to %q", got)
	}
}

func TestSignInRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want int
		has  string
	}{
		{"wrong password", nil, http.StatusUnprocessableEntity, "This address and password do not belong together."},
		{"store away", helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), http.StatusServiceUnavailable, "This does not work at the moment"},
		{"broken", errors.New("hunter2"), http.StatusInternalServerError, "Something went wrong here"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Post(t, serve(&desk{signErr: test.err}), base+"/agent/sign-in",
				url.Values{"address": {`robin"@acme.example`}, "password": {"hunter3"}, "next": {"/agent/held"}})
			page := webtest.Page(t, r)
			if r.StatusCode != test.want || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("status %d, want %d; Set-Cookie %q", r.StatusCode, test.want, r.Header.Get("Set-Cookie"))
			}
			has(t, page, test.has, `value="robin&#34;@acme.example"`, `value="/agent/held"`)
			hasNot(t, page, "hunter2", "hunter3")
		})
	}
}

func TestSignInIsLimited(t *testing.T) {
	d := &desk{}
	h := serve(d)
	for i := range 25 {
		r := webtest.Post(t, h, base+"/agent/sign-in", url.Values{"address": {"robin@acme.example"}, "password": {"guess"}})
		want := http.StatusUnprocessableEntity
		if i >= 20 {
			want = http.StatusTooManyRequests
		}
		if r.StatusCode != want {
			t.Errorf("try %d: status %d, want %d", i+1, r.StatusCode, want)
		}
	}
	if len(d.changes) != 20 {
		t.Errorf("%d passwords were checked, want 20", len(d.changes))
	}
	has(t, webtest.Page(t, webtest.Post(t, h, base+"/agent/sign-in", url.Values{"password": {"right"}})), "Wait a minute")
	r := httptest.NewRequest(http.MethodPost, base+"/agent/sign-in", strings.NewReader("password=right"))
	r.RemoteAddr = "198.51.100.7:1"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := webtest.Do(t, h, r); got.StatusCode != http.StatusSeeOther {
		t.Errorf("another network: status %d", got.StatusCode)
	}
}

func TestSignOut(t *testing.T) {
	d := &desk{}
	r := webtest.Post(t, serve(d), base+"/agent/sign-out", nil, session)
	if r.Header.Get("Location") != "/agent/sign-in?done=out" || !strings.Contains(r.Header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("Location %q, Set-Cookie %q", r.Header.Get("Location"), r.Header.Get("Set-Cookie"))
	}
	if diff := cmp.Diff([]string{"sign out good"}, d.changes); diff != "" {
		t.Error(diff)
	}
	has(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/sign-in?done=out")), "You are signed out.")
	hasNot(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/sign-in?done=hacked")), "hacked")
	// A session that could not be ended is not forgotten by the browser alone.
	r = webtest.Post(t, serve(&desk{writeErr: helpdesk.Wrap(helpdesk.Unavailable, errors.New("away"))}), base+"/agent/sign-out", nil, session)
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Set-Cookie") != "" {
		t.Errorf("status %d, Set-Cookie %q", r.StatusCode, r.Header.Get("Set-Cookie"))
	}
}

func TestBadAddresses(t *testing.T) {
	h := serve(&desk{detail: full(), newest: 9})
	want := webtest.Page(t, webtest.Get(t, h, base+"/agent/none", session))
	for _, path := range []string{
		"/agent/q/none", "/agent/q/mine?order=none", "/agent/views/x", "/agent/tickets/8", "/agent/tickets/x", "/agent/tickets/0",
		"/agent/tickets/99999999999999999999", "/agent/held/x", "/agent/held/../tickets/8", "/agent/",
	} {
		r := webtest.Get(t, h, base+path, session)
		if r.StatusCode == http.StatusTemporaryRedirect { // the router's, to a clean path
			continue
		}
		if page := webtest.Page(t, r); r.StatusCode != http.StatusNotFound || page != want {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
	for _, path := range []string{"/agent/tickets/x/note", "/agent/tickets/7/erase", "/agent", "/agent/held/x"} {
		if r := webtest.Post(t, h, base+path, url.Values{}, session); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}

// Every address of the console is read by GET and HEAD without any change.
// covers: M03
func TestReadingChangesNothing(t *testing.T) {
	d := &desk{detail: full(), newest: 9, held: []helpdesk.HeldItem{heldItem}}
	h := serve(d)
	for _, path := range []string{
		"/agent", "/agent/q/all", "/agent/bulk", "/agent/bulk/undo", "/agent/failed", "/agent/failed/x/retry", "/agent/me/density", "/agent/views/new", "/agent/views", "/agent/views/viewviewviewview/edit", "/agent/views/viewviewviewview/remove", "/agent/tickets/7", "/agent/tickets/7/reply", "/agent/tickets/7/note", "/agent/tickets/7/status", "/agent/held",
		"/agent/held/" + string(heldItem.ID), "/agent/held/" + string(heldItem.ID) + "/lift", "/agent/tickets/7/participants", "/agent/tickets/7/entries/6/release", "/agent/sign-in", "/agent/sign-out", "/agent/none",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := httptest.NewRequest(method, base+path+"?text=x&status=Open&address=a&password=right", nil)
			answer := webtest.Do(t, h, r, session)
			if answer.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s sets a cookie", method, path)
			}
			for header, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"} {
				if got := answer.Header.Get(header); got != want {
					t.Errorf("%s %s: %s is %q, want %q", method, path, header, got, want)
				}
			}
		}
	}
	if len(d.changes) != 0 {
		t.Errorf("reading changed %v", d.changes)
	}
}
