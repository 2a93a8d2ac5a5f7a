package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// covers: P10
func TestFiling(t *testing.T) {
	over := helpdesk.Ticket{Status: helpdesk.Closed, Assignee: "kim"}
	for _, test := range []struct {
		name   string
		act    string
		form   url.Values
		before helpdesk.Ticket
		done   string
		want   string
	}{
		{"subject", "subject", url.Values{"subject": {"Cup"}}, over, "The subject is changed.", `subject 7 "Cup"`},
		{"team", "team", url.Values{"team": {"billing"}, "was": {"="}}, helpdesk.Ticket{}, "The team is saved.", `team 7 "billing"`},
		{"status", "status", url.Values{"status": {"Open"}, "was": {"=Closed"}}, over, "The status is changed.", "status 7 Open"},
		{"status, changed meanwhile", "status", url.Values{"status": {"Open"}, "was": {"=Pending"}}, over, "Somebody else had changed it since you saw it", "status 7 Open"},
		{"status, changed to the same meanwhile", "status", url.Values{"status": {"Closed"}, "was": {"=Pending"}}, over, "The status is changed.", "status 7 Closed"},
		{"nobody's, taken meanwhile", "assign", url.Values{"assignee": {"robin"}, "was": {"="}}, over, "Somebody else had given it away", `assign 7 "robin"`},
		{"fields that were changed", "fields", url.Values{"field-order": {"ORD-2"}, "had-order": {"ORD-1"}, "field-size": {"L"}, "had-size": {"L"}, "had-vip": {"yes"}}, over,
			"The fields are saved.", "fields 7 map[order:ORD-2 vip:] had map[order:ORD-1 size:L vip:yes]"},
		{"spam", "spam", url.Values{"spam": {"yes"}}, over, "The request is spam.", "spam 7 true"},
		{"no spam", "spam", url.Values{"spam": {"no"}}, over, "The request is no spam any more.", "spam 7 false"},
		{"back again", "snooze", url.Values{"until": {"now"}}, over, "The request is back.", "wake 7"},
		{"follow", "follow", url.Values{}, over, "is mailed what customers write in it", `watch 7 ""`},
		{"have somebody follow", "follow", url.Values{"agent": {"kim"}}, over, "is mailed what customers write in it", `watch 7 "kim"`},
		{"follow no more", "unfollow", url.Values{}, over, "not mailed what customers write here", `unwatch 7 ""`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{detail: full(), before: test.before}
			h := serve(d)
			r := webtest.Post(t, h, base+"/agent/tickets/7/"+test.act+"?in=view:abc", test.form, session)
			at := r.Header.Get("Location")
			if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/agent/tickets/7?in=view%3Aabc&done=") {
				t.Fatalf("status %d, Location %q", r.StatusCode, at)
			}
			page := webtest.Page(t, webtest.Get(t, h, base+at, session))
			has(t, page, test.done)
			if over := strings.Contains(page, "since you saw it"); over != strings.Contains(test.done, "Somebody") {
				t.Errorf("tells of somebody else: %t", over)
			}
			if diff := cmp.Diff([]string{test.want}, d.changes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The clock of the tests stands at 12:00 UTC on a Sunday.
func TestSnooze(t *testing.T) {
	for _, test := range []struct {
		name string
		form url.Values
		want string // until when; "" if it is refused
	}{
		{"later", url.Values{"until": {"later"}}, "2026-11-22T15:00:00Z"},
		{"tomorrow", url.Values{"until": {"tomorrow"}}, "2026-11-23T09:00:00Z"},
		{"tomorrow in Tokyo, where it is Sunday too", url.Values{"until": {"tomorrow"}, "zone": {"540"}}, "2026-11-23T00:00:00Z"},
		{"next week is on Monday", url.Values{"until": {"week"}, "zone": {"60"}}, "2026-11-23T08:00:00Z"},
		{"a day and a time", url.Values{"until": {"date"}, "date": {"2026-12-24T18:30"}, "zone": {"60"}}, "2026-12-24T17:30:00Z"},
		{"no such zone", url.Values{"until": {"tomorrow"}, "zone": {"99999"}}, "2026-11-23T09:00:00Z"},
		{"no time", url.Values{"until": {"date"}}, ""},
		{"no date", url.Values{"until": {"date"}, "date": {"<soon>"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{detail: full()}
			r := webtest.Post(t, serve(d), base+"/agent/tickets/7/snooze", test.form, session)
			if test.want == "" {
				if r.StatusCode != http.StatusUnprocessableEntity || len(d.changes) > 0 {
					t.Errorf("status %d, changes %v", r.StatusCode, d.changes)
				}
				return
			}
			if diff := cmp.Diff([]string{"snooze 7 " + test.want}, d.changes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Who answers what somebody else has answered meanwhile is asked first, and keeps
// what they wrote. Sent again it is stopped only by something newer.
func TestAnsweredMeanwhile(t *testing.T) {
	kim := helpdesk.Author{Role: helpdesk.AgentAs, ID: "kim", Name: "Kim <K>"}
	for _, test := range []struct {
		name string
		err  *actions.Meanwhile
		want string
	}{
		{"an agent", &actions.Meanwhile{By: kim, At: webtest.Now.Add(-time.Minute), Seq: 7, Answers: 1, Entries: 8}, "Kim &lt;K&gt; answered"},
		{"the customer", &actions.Meanwhile{By: alice, At: webtest.Now.Add(-time.Minute), Seq: 8, Customer: true, Messages: 1, Entries: 8}, "Alice &lt;A&gt; wrote again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{detail: full(), writeErr: test.err}
			r := webtest.Post(t, serve(d), base+"/agent/tickets/7/reply", url.Values{"text": {"My <words>"}, "expect": {"6"}, "nonce": {"once"}, "status": {"Resolved"}}, session)
			page := webtest.Page(t, r)
			if r.StatusCode != http.StatusConflict {
				t.Errorf("status %d", r.StatusCode)
			}
			has(t, page, test.want, "My &lt;words&gt;</textarea>", "Send anyway", `name="expect" value="8"`, `name="nonce" value="once"`, `<option value="Resolved" selected>`)
			hasNot(t, page, "Send to Alice")
		})
	}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: full()}), base+"/agent/tickets/7", session))
	has(t, page, `name="expect" value="0"`)
}

// What was begun comes back in every browser, where it was begun.
func TestWritingComesBack(t *testing.T) {
	for _, test := range []struct {
		name    string
		writing *helpdesk.Writing
		has     []string
	}{
		{"nothing", nil, []string{`id="as-reply" checked`, `name="kept-rev" value="0"`}},
		{"a reply", &helpdesk.Writing{Kind: helpdesk.Message, Text: "Half <a>", Status: helpdesk.Resolved, At: webtest.Now, Rev: 12},
			[]string{`id="as-reply" checked`, "Half &lt;a&gt;</textarea>", `<option value="Resolved" selected>`, `name="kept-rev" value="12"`, "Kept <time"}},
		{"a note", &helpdesk.Writing{Kind: helpdesk.Note, Text: "Half <a>", At: webtest.Now, Rev: 12},
			[]string{`id="as-note" checked`, "Half &lt;a&gt;</textarea>", `<option value="Pending" selected>`, `name="kept-rev" value="12"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: full(), writing: test.writing}), base+"/agent/tickets/7", session))
			has(t, page, test.has...)
			hasNot(t, page, "autofocus")
		})
	}
	old := &helpdesk.Writing{Kind: helpdesk.Note, Text: "Kept before", Rev: 12}
	d := &desk{detail: full(), writing: old, writeErr: errors.New("broken")}
	page := webtest.Page(t, webtest.Post(t, serve(d), base+"/agent/tickets/7/reply", url.Values{"text": {"Newer"}}, session))
	has(t, page, "Newer</textarea>", `id="as-reply" checked`)
	hasNot(t, page, "Kept before")
}

func TestKeepWriting(t *testing.T) {
	for _, test := range []struct {
		name   string
		form   url.Values
		err    error
		status int
		answer string
		want   string
	}{
		{"reply", url.Values{"text": {"Half"}, "nonce": {"n"}, "kept-rev": {"3"}}, nil, 200, `{"rev":4}`, `keep 7 n message "Half" after 3`},
		{"note", url.Values{"kind": {"note"}, "text": {"Half"}, "nonce": {"n"}}, nil, 200, `{"rev":1}`, `keep 7 n note "Half" after 0`},
		{"written elsewhere", url.Values{"text": {"Half"}}, helpdesk.Errorf(helpdesk.Conflict, "you wrote in another window"), 409,
			`{"rev":0,"words":"You wrote in another window."}`, `keep 7  message "Half" after 0`},
		{"store away", url.Values{"text": {"Half"}}, helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), 503, "", `keep 7  message "Half" after 0`},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{detail: full(), writeErr: test.err}
			r := webtest.Post(t, serve(d), base+"/agent/tickets/7/writing", test.form, session)
			if r.StatusCode != test.status {
				t.Errorf("status %d, want %d", r.StatusCode, test.status)
			}
			if got := strings.TrimSpace(webtest.Body(t, r)); test.answer != "" && got != test.answer || strings.Contains(got, "hunter2") {
				t.Errorf("answer %q, want %q", got, test.answer)
			}
			if diff := cmp.Diff([]string{test.want}, d.changes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A canned reply is put behind what is written, for being read: nothing is sent.
func TestCannedReply(t *testing.T) {
	d := &desk{detail: full()}
	h := serve(d)
	has(t, webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7", session)), `name="canned" value="aaaaaaaaaaaaaaaa"`, "Thanks &lt;you&gt;", "<small>yours</small>")
	r := webtest.Post(t, h, base+"/agent/tickets/7/reply", url.Values{"text": {"Hello,\r\n"}, "canned": {string(thanks.ID)}}, session)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || len(d.changes) > 0 {
		t.Errorf("status %d, changes %v", r.StatusCode, d.changes)
	}
	has(t, page, "Hello,\n\nThank you for #7.</textarea>")
	r = webtest.Get(t, h, base+"/agent/tickets/7/canned/"+string(thanks.ID), session)
	if got := webtest.Body(t, r); got != "Thank you for #7." || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("answer %q of %q", got, r.Header.Get("Content-Type"))
	}
	if r := webtest.Get(t, h, base+"/agent/tickets/7/canned/other", session); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", r.StatusCode)
	}
}

// Beside the history stands what the account asks for, and what else there is.
func TestAround(t *testing.T) {
	d := full()
	d.Settings = helpdesk.DeskSettings{
		StatusLabels: map[helpdesk.Status]string{helpdesk.Open: "To do <now>", helpdesk.Pending: "Waiting <long>"},
		TicketFields: []helpdesk.FieldSpec{{Name: "order", Label: "Order <nr>", Type: helpdesk.TextField}, {Name: "vip", Label: "Big customer", Type: helpdesk.TickField},
			{Name: "size", Label: "Size", Type: helpdesk.SelectField, Options: []string{"S", "<L>"}}, {Name: "due", Label: "Due", Type: helpdesk.DateField}},
	}
	d.Ticket.Fields = map[string]string{"order": "ORD-<1>", "vip": "yes", "size": "<L>"}
	d.Ticket.Snoozed = &helpdesk.Snooze{Until: webtest.Now.Add(time.Hour), By: "kim"}
	d.Ticket.Spam = &helpdesk.Called{By: helpdesk.Author{Name: "Jo <J>"}, At: webtest.Now}
	d.Ticket.Side = &helpdesk.Side{Number: 5}
	d.Sides = []actions.SideThread{{Number: 9, Subject: "Side <s>", With: "maker@elsewhere.example", Status: helpdesk.Pending}}
	d.GoesOnAs = []int64{12}
	for i := range 9 {
		d.Ticket.Participants = append(d.Ticket.Participants, helpdesk.Participant{Number: uint16(10 + i), Address: helpdesk.MustAddress("p" + string(rune('a'+i)) + "@customer.example"), Role: helpdesk.Collaborator})
	}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7?in=mine", session))
	has(t, page, "To do &lt;now&gt;", "ORD-&lt;1&gt;", "<dd dir=\"auto\">Yes</dd>", `<option selected>&lt;L&gt;</option>`, `type="date"`, `name="had-order" value="ORD-&lt;1&gt;"`,
		"Out of sight until", `id="snooze-zone">In UTC<`, "Kim", "Called spam by <bdi>Jo &lt;J&gt;</bdi>", `Side thread of <a href="/agent/tickets/5">`, "Side &lt;s&gt;", `<span class="status Pending">Waiting &lt;long&gt;</span>`, "maker@elsewhere.example",
		`Goes on as <a href="/agent/tickets/12">`, "<summary>4 more</summary>", "and 7 others</summary>", `action="/agent/tickets/7/reply?in=mine"`)
	merged := full()
	merged.Ticket.Merged = &helpdesk.Merge{Number: 9}
	page = webtest.Page(t, webtest.Get(t, serve(&desk{detail: merged}), base+"/agent/tickets/7", session))
	hasNot(t, page, "7/follow", "7/snooze", "7/forward", "7/fields", "7/subject")
}

// A long history has an end, and events in a row are one line.
func TestLongHistory(t *testing.T) {
	d := full()
	d.Entries = nil
	for i := range 60 {
		d.Entries = append(d.Entries, helpdesk.Entry{Seq: i + 1, Kind: helpdesk.Note, Author: robin.Author(), At: webtest.Now, Text: "Note"})
	}
	for i := range 7 {
		d.Entries = append(d.Entries, helpdesk.Entry{Seq: 61 + i, Kind: helpdesk.Event, Author: robin.Author(), At: webtest.Now, Text: "Event"})
	}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
	has(t, page, "Show 36 earlier entries", "7 changes", `id="from-entry-61"`, `id="entry-1"`, `id="entry-67"`)
	if before, after, _ := strings.Cut(page, `id="from-entry-61"`); strings.Count(before, `class="entry note"`) != 60 || strings.Count(after, `class="entry event"`) != 7 {
		t.Error("entries are missing or stand elsewhere")
	}
	d.Entries = d.Entries[:20]
	hasNot(t, webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session)), "earlier entries")
}

// Each answer tells what became of its mails.
func TestSentTo(t *testing.T) {
	mail := func(to string, participant uint16, state helpdesk.DeliveryState) helpdesk.Delivery {
		return helpdesk.Delivery{Entry: 3, To: helpdesk.MustAddress(to), Participant: participant, Purpose: helpdesk.AgentReply, State: state, Created: webtest.Now}
	}
	for _, test := range []struct {
		name   string
		copies []helpdesk.Delivery
		want   string
	}{
		{"one", []helpdesk.Delivery{mail("alice@customer.example", 1, helpdesk.Sent)}, "Sent to Alice &lt;A&gt;"},
		{"two", []helpdesk.Delivery{mail("alice@customer.example", 1, helpdesk.Sent), mail("bob@customer.example", 2, helpdesk.Sent)}, "Sent to Alice &lt;A&gt; and bob@customer.example"},
		{"on its way", []helpdesk.Delivery{mail("alice@customer.example", 1, helpdesk.Sent), mail("bob@customer.example", 2, helpdesk.Queued)}, "On its way to bob@customer.example"},
		{"came back", []helpdesk.Delivery{mail("alice@customer.example", 1, helpdesk.Sent), mail("bob@customer.example", 2, helpdesk.Bounced)}, "Did not reach bob@customer.example"},
		{"to many", []helpdesk.Delivery{mail("alice@customer.example", 1, helpdesk.Sent), mail("bob@customer.example", 2, helpdesk.Sent), mail("c@customer.example", 9, helpdesk.Sent)},
			"Sent to Alice &lt;A&gt; and 2 others"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := full()
			d.Deliveries = test.copies
			page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: d}), base+"/agent/tickets/7", session))
			entry := entryHTML(t, page, "entry-3")
			has(t, entry, test.want)
			hasNot(t, entryHTML(t, page, "entry-2"), "Sent to", "copies")
		})
	}
}
