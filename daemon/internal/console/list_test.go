package console_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// covers: P10
func TestList(t *testing.T) {
	h := serve(&desk{
		newest: 3, held: make([]helpdesk.HeldItem, 2), teams: []helpdesk.Team{{ID: "teamteamteamteam", Name: "Billing <b>"}},
		settings: &helpdesk.DeskSettings{StatusLabels: map[helpdesk.Status]string{helpdesk.Pending: "Waiting <you>"}},
	})
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/q/unassigned", session))
	has(t, page, "Subject &lt;3&gt;", "Alice &lt;A&gt;", "#3", `<span class="status Closed" title="Closed">Closed</span>`, "Waiting &lt;you&gt;", ">1 h</time>",
		`href="/agent/tickets/1?in=unassigned"`, `class="row unread" data-number="1"`, `title="Assigned to Robin van Sample"`, ">RS<",
		`href="/agent/held"`, "Robin &lt;Sample&gt;", `href="/agent/q/unassigned" data-place="unassigned" aria-current="page"`, "Billing &lt;b&gt;", `id="main" hidden`)
	hasNot(t, page, "Older", "Newer")
	has(t, webtest.Page(t, webtest.Get(t, serve(&desk{newest: 80}), base+"/agent/q/all?before=31", session)),
		`href="/agent/q/all?before=31" rel="next"`, `href="/agent/q/all?after=31" rel="prev"`)
}

// What is asked for is what the desk is asked.
func TestListAsksFor(t *testing.T) {
	for _, test := range []struct {
		path string
		want actions.ListQuery
	}{
		{"/agent", actions.ListQuery{Queue: "mine", Limit: 50}},
		{"/agent/q/done?before=x", actions.ListQuery{Queue: "done", Before: "x", Limit: 50}},
		{"/agent/q/spam?after=x&order=oldest", actions.ListQuery{Queue: "spam", After: "x", Order: "oldest", Limit: 50}},
		{"/agent/views/viewviewviewview", actions.ListQuery{View: "viewviewviewview", Limit: 50}},
		{"/agent/tickets/7?in=pending", actions.ListQuery{Queue: "pending", Limit: 50}},
		{"/agent/tickets/7", actions.ListQuery{Queue: "mine", Limit: 50}},
		{"/agent/tickets/7?in=view:viewviewviewview", actions.ListQuery{View: "viewviewviewview", Limit: 50}},
	} {
		t.Run(test.path, func(t *testing.T) {
			d := &desk{newest: 3, detail: full()}
			webtest.Page(t, webtest.Get(t, serve(d), base+test.path, session))
			if diff := cmp.Diff(test.want, d.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEmptyLists(t *testing.T) {
	seen := map[string]actions.Queue{}
	for _, q := range actions.Queues {
		page := webtest.Page(t, webtest.Get(t, serve(&desk{}), base+"/agent/q/"+string(q), session))
		_, empty, found := strings.Cut(page, `<div class="empty">`)
		if words, _, _ := strings.Cut(empty, "</div>"); !found || seen[words] != "" {
			t.Errorf("%s says the same as %s: %s", q, seen[words], words)
		} else {
			seen[words] = q
		}
	}
}

// A request is shown beside the list that it was opened from, and alone to the script
// that has the list already.
func TestBeside(t *testing.T) {
	h := serve(&desk{detail: full(), newest: 9})
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7?in=open", session))
	has(t, page, `class="shell beside"`, `data-in="open"`, `<h2 id="list-title">`, "#7")
	for _, in := range []string{"none", "view:x", "held"} {
		hasNot(t, webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7?in="+in, session)), `id="list"`)
	}
	d := &desk{detail: full(), newest: 9}
	r := httptest.NewRequest(http.MethodGet, base+"/agent/tickets/7?in=open", nil)
	r.Header.Set("Postern-Pane", "main")
	hasNot(t, webtest.Page(t, webtest.Do(t, serve(d), r, session)), `id="list"`, "data-place")
	if d.batches != 0 {
		t.Errorf("the list was read %d times for nothing", d.batches)
	}
}

func TestDensity(t *testing.T) {
	h := serve(&desk{newest: 1})
	r := webtest.Post(t, h, base+"/agent/me/density", url.Values{"rows": {"compact"}, "back": {"/agent/q/open?order=oldest"}}, session)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/agent/q/open?order=oldest" || len(r.Cookies()) != 1 {
		t.Fatalf("status %d, Location %q, cookies %v", r.StatusCode, got, r.Cookies())
	}
	has(t, webtest.Page(t, webtest.Get(t, h, base+"/agent/q/open", session, r.Cookies()[0])), `class="shell alone compact"`)
	r = webtest.Post(t, h, base+"/agent/me/density", url.Values{"rows": {"comfortable"}, "back": {"//evil.example"}}, session)
	if got := r.Header.Get("Location"); got != "/agent" || r.Cookies()[0].MaxAge >= 0 {
		t.Errorf("Location %q, cookies %v", got, r.Cookies())
	}
}

func ptr[T any](v T) *T { return &v }

// covers: P10
func TestBulk(t *testing.T) {
	until := webtest.Now.AddDate(0, 0, 1)
	for _, test := range []struct {
		name string
		form url.Values
		want actions.Bulk
	}{
		{"take", url.Values{"do": {"take"}}, actions.Bulk{Assignee: &robin.ID}},
		{"resolve", url.Values{"do": {"resolve"}, "status": {"Open"}}, actions.Bulk{Status: helpdesk.Resolved}},
		{"close", url.Values{"do": {"close"}}, actions.Bulk{Status: helpdesk.Closed}},
		{"spam", url.Values{"do": {"spam"}}, actions.Bulk{Spam: ptr(true)}},
		{"no spam", url.Values{"do": {"not-spam"}}, actions.Bulk{Spam: ptr(false)}},
		{"nobody's", url.Values{"do": {"change"}, "assignee": {"nobody"}, "team": {"nobody"}}, actions.Bulk{Assignee: ptr(helpdesk.ID("")), Team: ptr(helpdesk.ID(""))}},
		{"all fields", url.Values{
			"do": {"change"}, "status": {"Pending"}, "assignee": {"me"}, "team": {"teamteamteamteam"}, "priority": {"High"},
			"add-tags": {"VIP, refund"}, "remove-tags": {"new"}, "snooze": {"24h"},
		}, actions.Bulk{
			Status: helpdesk.Pending, Assignee: &robin.ID, Team: ptr(helpdesk.ID("teamteamteamteam")), Priority: "High",
			AddTags: []string{"vip", "refund"}, RemoveTags: []string{"new"}, Snooze: &until,
		}},
		{"wake", url.Values{"do": {"change"}, "snooze": {"wake"}}, actions.Bulk{Snooze: &time.Time{}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{newest: 3}
			test.form["n"], test.form["back"] = []string{"1", "3"}, []string{"/agent/q/open?order=oldest"}
			r := webtest.Post(t, serve(d), base+"/agent/bulk", test.form, session)
			if got, want := r.Header.Get("Location"), "/agent/q/open?done=bulk&n=2&order=oldest&undo="+string(undoID); got != want {
				t.Errorf("Location %q, want %q", got, want)
			}
			if diff := cmp.Diff([]string{"bulk [1 3]"}, d.changes); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.want, d.bulk, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			page := webtest.Page(t, webtest.Get(t, serve(d), base+r.Header.Get("Location"), session))
			has(t, page, "2 requests were changed.", `name="undo" value="`+string(undoID)+`"`)
		})
	}
}

func TestBulkRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		form url.Values
		want string
	}{
		{"nothing ticked", url.Values{"do": {"take"}}, "Tick the requests first"},
		{"no number", url.Values{"do": {"take"}, "n": {"x"}}, "no number of a request"},
		{"nothing chosen", url.Values{"do": {"change"}, "n": {"1"}}, "Choose what shall be changed"},
		{"unknown", url.Values{"do": {"erase"}, "n": {"1"}}, "Choose what shall become of them"},
		{"no time", url.Values{"do": {"change"}, "n": {"1"}, "snooze": {"-3h"}}, "no time to put something aside"},
		{"too many", url.Values{"do": {"take"}, "n": strings.Split(strings.Repeat("1 ", 201), " ")}, "at most 200"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{newest: 3}
			test.form.Set("back", "/agent/q/open")
			r := webtest.Post(t, serve(d), base+"/agent/bulk", test.form, session)
			if r.StatusCode != http.StatusUnprocessableEntity || len(d.changes) > 0 {
				t.Errorf("status %d, changes %v", r.StatusCode, d.changes)
			}
			if page := webtest.Page(t, r); !strings.Contains(strings.ToLower(page), strings.ToLower(test.want)) {
				t.Errorf("page does not say %q", test.want)
			}
		})
	}
}

// Whoever has no script is shown what could not be changed, and so is the script.
func TestBulkInPart(t *testing.T) {
	d := &desk{newest: 3, stuck: 2}
	form := url.Values{"do": {"close"}, "n": {"1", "2"}, "back": {"/agent/q/open"}}
	r := webtest.Post(t, serve(d), base+"/agent/bulk", form, session)
	if r.StatusCode != http.StatusConflict {
		t.Errorf("status %d", r.StatusCode)
	}
	has(t, webtest.Page(t, r), "Changed them.", "It is merged &lt;away&gt;.", `name="undo"`)

	ask := httptest.NewRequest(http.MethodPost, base+"/agent/bulk", strings.NewReader(form.Encode()))
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ask.Header.Set("Accept", "application/json")
	var got map[string]any
	if err := json.Unmarshal([]byte(webtest.Body(t, webtest.Do(t, serve(d), ask, session))), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"changed": []any{1.0}, "failed": []any{map[string]any{"number": 2.0, "why": "It is merged <away>."}}, "undo": string(undoID), "words": "Changed them.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestUndo(t *testing.T) {
	d := &desk{newest: 3}
	r := webtest.Post(t, serve(d), base+"/agent/bulk/undo", url.Values{"undo": {string(undoID)}, "back": {"/agent/q/open?done=bulk&undo=x"}}, session)
	if got := r.Header.Get("Location"); got != "/agent/q/open?done=bulk&n=1" {
		t.Errorf("Location %q", got)
	}
	if diff := cmp.Diff([]string{"undo " + string(undoID)}, d.changes); diff != "" {
		t.Error(diff)
	}
	if r := webtest.Post(t, serve(d), base+"/agent/bulk/undo", url.Values{"undo": {"../x"}}, session); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", r.StatusCode)
	}
	// What a page says comes from the desk, not from its address.
	hasNot(t, webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/q/open?done=bulk&n=999999&undo=x", session)), "were changed", `name="undo"`)
}

func TestFailed(t *testing.T) {
	d := &desk{outbox: []actions.FailedMail{{Number: 7, Subject: "Lost <it>", Relay: "smtp.acme.example:465", Delivery: helpdesk.Delivery{
		ID: "deliverydelivery", To: helpdesk.MustAddress("alice@customer.example"), State: helpdesk.Failed, Purpose: helpdesk.AgentReply, Entry: 2, Created: webtest.Now,
	}}}}
	page := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/failed", session))
	has(t, page, "alice@customer.example", "Given up", "Lost &lt;it&gt;", `href="/agent/tickets/7#entry-2"`, "smtp.acme.example:465", `action="/agent/failed/deliverydelivery/retry"`)
	has(t, webtest.Page(t, webtest.Get(t, serve(&desk{}), base+"/agent/failed", session)), "All mail went out")
	r := webtest.Post(t, serve(d), base+"/agent/failed/deliverydelivery/retry", nil, session)
	if r.Header.Get("Location") != "/agent/failed?done=retry" || len(d.changes) != 1 {
		t.Errorf("Location %q, changes %v", r.Header.Get("Location"), d.changes)
	}
	d.writeErr = helpdesk.Errorf(helpdesk.Invalid, "its address does not exist")
	has(t, webtest.Page(t, webtest.Post(t, serve(d), base+"/agent/failed/deliverydelivery/retry", nil, session)), "Its address does not exist.")
}
