package console_test

import (
	"context"
	"errors"
	"fmt"
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

func (d *desk) did(by actions.Actor, format string, args ...any) error {
	d.changes = append(d.changes, fmt.Sprintf(format, args...))
	return errors.Join(d.check(by), d.writeErr)
}

func (d *desk) Merge(_ context.Context, by actions.Actor, from, into int64) error {
	return d.did(by, "merge %d into %d", from, into)
}

func (d *desk) Unmerge(_ context.Context, by actions.Actor, number int64) error {
	return d.did(by, "unmerge %d", number)
}

func (d *desk) SplitSubject(_ context.Context, by actions.Actor, number int64, seq int) (string, error) {
	if number != 7 || seq != 1 && seq != 5 {
		return "", helpdesk.Errorf(helpdesk.Invalid, "only what a customer wrote can be split off")
	}
	return "Re: <cup>", d.check(by)
}

func (d *desk) Split(_ context.Context, by actions.Actor, number int64, seq int, subject string) (int64, error) {
	return 12, d.did(by, "split %d %d %q", number, seq, subject)
}

func (d *desk) Unsplit(_ context.Context, by actions.Actor, number int64) (int64, error) {
	return 7, d.did(by, "unsplit %d", number)
}

// family is full, with #3 merged into it and entry 8 moved to #12.
func family() *actions.Detail {
	d := full()
	d.Ticket.ID = 7
	d.Entries[7].MovedTo = &helpdesk.EntryRef{Ticket: 12, Number: 12, Seq: 1}
	sent := webtest.Now.Add(-time.Minute)
	d.Merged = []actions.Detail{{
		Ticket: helpdesk.Ticket{ID: 3, Number: 3, Subject: "Pot <2>", Merged: &helpdesk.Merge{Into: 7, Number: 7}},
		Entries: []helpdesk.Entry{
			{Seq: 1, Kind: helpdesk.Message, Channel: helpdesk.ByMail, Author: alice, At: sent, Text: "Words of the other", Raw: "00", HTML: true,
				Attachments: []helpdesk.Attachment{{Name: "lid.jpg"}}},
			{Seq: 2, Kind: helpdesk.Event, Author: alice, At: sent, Text: "Merged into #7."},
		},
		Deliveries: []helpdesk.Delivery{{Entry: 1, To: alice.Address, Purpose: helpdesk.Acknowledgement, State: helpdesk.Bounced, Created: sent}},
	}}
	return d
}

// covers: P10
func TestTicketWithMergedOnes(t *testing.T) {
	h := serve(&desk{detail: family()})
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7", session))
	has(t, page, "Merged into this", "Pot &lt;2&gt;", `action="/agent/tickets/3/unmerge"`, `action="/agent/tickets/7/merge"`, `href="#entry-3-1"`, "Came back")
	other := entryHTML(t, page, "entry-3-1")
	has(t, other, "Words of the other", `from <a href="/agent/tickets/3">#3</a>`, `src="/agent/tickets/3/entries/1/html"`, `href="/agent/tickets/3/entries/1/files/1"`, `href="/agent/tickets/3/entries/1/source"`)
	hasNot(t, other, "Split off", "Forward…")
	has(t, entryHTML(t, page, "entry-1"), `href="/agent/tickets/7/forward?entry=1"`)
	has(t, entryHTML(t, page, "entry-3"), `href="/agent/tickets/7/forward?entry=3"`)
	for _, id := range []string{"entry-2", "entry-4", "entry-8"} { // note, event, moved
		hasNot(t, entryHTML(t, page, id), "/forward")
	}
	has(t, entryHTML(t, page, "entry-3-2"), "Merged into #7.", `from <a href="/agent/tickets/3">#3</a>`)
	has(t, entryHTML(t, page, "entry-1"), `href="/agent/tickets/7/entries/1/split"`)
	for _, id := range []string{"entry-2", "entry-3", "entry-4", "entry-8"} { // note, reply, event, moved
		hasNot(t, entryHTML(t, page, id), "/split")
	}
	moved := entryHTML(t, page, "entry-8")
	has(t, moved, `class="entry moved"`, "was moved to", `href="/agent/tickets/12#entry-1"`)
	hasNot(t, moved, "Plain words", "plan.pdf", "/html")
	if i, j := strings.Index(page, "Internal words"), strings.Index(page, "Words of the other"); i > j {
		t.Error("the histories are not in the order of time")
	}

	// Where one message is left there is nothing to split off.
	one := family()
	one.Entries = one.Entries[:4]
	hasNot(t, webtest.Page(t, webtest.Get(t, serve(&desk{detail: one}), base+"/agent/tickets/7", session)), "/split")
}

func TestMergedTicket(t *testing.T) {
	d := family()
	d.Ticket.Status, d.Ticket.SplitFrom = helpdesk.Closed, &helpdesk.EntryRef{Ticket: 5, Number: 5, Seq: 9}
	d.Ticket.Merged = &helpdesk.Merge{Into: 9, Number: 9, At: webtest.Now.Add(-time.Hour), By: helpdesk.Author{Name: "Robin <R>"}}
	fake := &desk{detail: d}
	h := serve(fake)
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7", session))
	has(t, page, `Merged into <a href="/agent/tickets/9">#9</a>`, `action="/agent/tickets/7/unmerge"`, "Robin &lt;R&gt;", "1 hour ago", `href="/agent/tickets/5#entry-9"`)
	hasNot(t, page, `class="composer"`, "/status", "/split", "/unsplit", `action="/agent/tickets/7/merge"`, `action="/agent/tickets/3/unmerge"`)

	// What was being written when somebody else merged it is not lost.
	fake.writeErr = helpdesk.Errorf(helpdesk.Invalid, "request #7 was merged and goes on as #9: do it there")
	r := webtest.Post(t, h, base+"/agent/tickets/7/reply", url.Values{"text": {"My <words>"}}, session)
	page = webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422", r.StatusCode)
	}
	has(t, page, "My &lt;words&gt;</textarea>", "Request #7 was merged and goes on as #9: do it there.")
}

func TestMergedTicketInTheList(t *testing.T) {
	page := webtest.Page(t, webtest.Get(t, serveDesk(&mergedOnes{&desk{newest: 1}}), base+"/agent", session))
	has(t, page, `<span class="tag">In #9</span>`)
}

// mergedOnes are a desk where every ticket was merged.
type mergedOnes struct{ *desk }

func (m *mergedOnes) List(ctx context.Context, by actions.Actor, q actions.ListQuery) (*actions.Listing, error) {
	found, err := m.desk.List(ctx, by, q)
	for i := range found.Rows {
		found.Rows[i].Merged = &helpdesk.Merge{Number: 9}
	}
	return found, err
}

// covers: P10
func TestMergePages(t *testing.T) {
	free := func() *actions.Detail { d := full(); d.Ticket.ID = 7; return d }
	refused := helpdesk.Errorf(helpdesk.Invalid, "at most 32 requests can become one")
	for _, tt := range []struct {
		name   string
		method string
		path   string
		form   url.Values
		write  error
		status int
		has    []string
		hasNot []string
	}{
		{"asks for a number", "GET", "7/merge", nil, nil, 200, []string{"Merge <span", "My &lt;b&gt;pot&lt;/b&gt;", "becomes part of"}, []string{"aria-invalid", `method="post" action="/agent/tickets`}},
		{"no number", "GET", "7/merge?into=x", nil, nil, 422, []string{"Enter the number of a request", `value="x"`}, nil},
		{"itself", "GET", "7/merge?into=%237", nil, nil, 422, []string{"That is this request"}, nil},
		{"unknown", "GET", "7/merge?into=99", nil, nil, 422, []string{"There is no request #99.", `value="99"`}, nil},
		{"of unknown", "GET", "98/merge", nil, nil, 404, nil, []string{"Merge"}},
		{"refused", "POST", "7/merge", url.Values{"into": {"8"}}, refused, 422, []string{"At most 32 requests", `value="8"`}, nil},
		{"no number sent", "POST", "7/merge", url.Values{"into": {""}}, nil, 422, []string{"Enter the number"}, nil},
		{"store is away", "POST", "7/merge", url.Values{"into": {"8"}}, helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), 503, []string{"does not work at the moment"}, []string{"hunter2"}},
		{"undo refused", "POST", "7/unmerge", nil, helpdesk.Errorf(helpdesk.Invalid, "request #7 is not merged"), 422, []string{"Request #7 is not merged.", `role="alert"`, `class="composer"`}, nil},
		{"split asks for a subject", "GET", "7/entries/5/split", nil, nil, 200, []string{"Proven words", `value="Re: &lt;cup&gt;"`, `action="/agent/tickets/7/entries/5/split"`, `maxlength="200"`}, nil},
		{"split of a note", "GET", "7/entries/2/split", nil, nil, 422, []string{"Only what a customer wrote can be split off."}, []string{"Internal words", "<form class=\"fields\""}},
		{"split of nothing", "GET", "7/entries/x/split", nil, nil, 404, nil, nil},
		{"split refused", "POST", "7/entries/5/split", url.Values{"subject": {"My <cup>"}}, helpdesk.Errorf(helpdesk.Invalid, "use a shorter subject"), 422,
			[]string{"Use a shorter subject.", `value="My &lt;cup&gt;"`, "Proven words"}, nil},
		{"undo of split refused", "POST", "7/unsplit", nil, helpdesk.Errorf(helpdesk.Invalid, "request #7 was not split off from another one"), 422, []string{"Request #7 was not split off"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := serve(&desk{detail: free(), writeErr: tt.write})
			var r *http.Response
			if tt.method == "GET" {
				r = webtest.Get(t, h, base+"/agent/tickets/"+tt.path, session)
			} else {
				r = webtest.Post(t, h, base+"/agent/tickets/"+tt.path, tt.form, session)
			}
			page := webtest.Page(t, r)
			if r.StatusCode != tt.status {
				t.Errorf("status %d, want %d", r.StatusCode, tt.status)
			}
			has(t, page, tt.has...)
			hasNot(t, page, tt.hasNot...)
		})
	}
}

// The page asks before it merges; looking changes nothing.
func TestMergeIsConfirmed(t *testing.T) {
	d := &desk{detail: full()}
	two := &both{desk: d, other: &actions.Detail{Ticket: ticket(9)}}
	page := webtest.Page(t, webtest.Get(t, serveDesk(two), base+"/agent/tickets/7/merge?into=9", session))
	has(t, page, "Subject &lt;9&gt;", "Alice &lt;A&gt;", "alice@customer.example", `name="into" value="9"`, "Merge into #9")
	if len(d.changes) != 0 {
		t.Errorf("looking did %v", d.changes)
	}
	two.other.Ticket.Merged = &helpdesk.Merge{Number: 11}
	has(t, webtest.Page(t, webtest.Get(t, serveDesk(two), base+"/agent/tickets/7/merge?into=9", session)), "Request #9 was merged itself and goes on as #11.")
}

// both is a desk with another ticket.
type both struct {
	*desk
	other *actions.Detail
}

func (b *both) Ticket(ctx context.Context, by actions.Actor, number int64) (*actions.Detail, error) {
	if number == b.other.Ticket.Number {
		return b.other, b.check(by)
	}
	return b.desk.Ticket(ctx, by, number)
}

// covers: P10
func TestMergeActs(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		form       url.Values
		did, leads string
	}{
		{"merge", "3/merge", url.Values{"into": {" #7"}}, "merge 3 into 7", "7?done=merge&of=3"},
		{"unmerge", "3/unmerge", nil, "unmerge 3", "3?done=unmerge"},
		{"split", "7/entries/5/split", url.Values{"subject": {"Cup"}}, `split 7 5 "Cup"`, "12?done=split"},
		{"unsplit", "12/unsplit", nil, "unsplit 12", "7?done=unsplit&of=12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{detail: family()}
			r := webtest.Post(t, serve(d), base+"/agent/tickets/"+tt.path, tt.form, session)
			if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/agent/tickets/"+tt.leads {
				t.Errorf("status %d, Location %q", r.StatusCode, got)
			}
			if diff := cmp.Diff([]string{tt.did}, d.changes); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The notice after an act offers to undo it, if the records say that it was done.
func TestNoticeOffersUndo(t *testing.T) {
	split := full()
	split.Ticket.SplitFrom = &helpdesk.EntryRef{Number: 5, Seq: 9}
	for _, tt := range []struct {
		name, query string
		detail      *actions.Detail
		want        string // address in the notice
	}{
		{"merged", "done=merge&of=3", family(), "/agent/tickets/3/unmerge"},
		{"merged, another one", "done=merge&of=4", family(), ""},
		{"merged, no number", "done=merge", family(), ""},
		{"put back", "done=unsplit&of=3", family(), "/agent/tickets/3/unmerge"},
		{"split off", "done=split", split, "/agent/tickets/7/unsplit"},
		{"not split off", "done=split", family(), ""},
		{"undone", "done=unmerge", family(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: tt.detail}), base+"/agent/tickets/7?"+tt.query, session))
			_, notice, _ := strings.Cut(page, `class="notice good"`)
			notice, _, _ = strings.Cut(notice, "</div>")
			if got := strings.Contains(notice, "<form"); got != (tt.want != "") || !strings.Contains(notice, tt.want) {
				t.Errorf("notice = %q, want %q in it", notice, tt.want)
			}
		})
	}
}
