package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const heldURL = base + "/agent/held/abcdefghijklmnop"

// A held mail asks a question, and each button says what it does.
//
// covers: P10
func TestHeldAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		but    func(h *helpdesk.HeldItem)
		hasNot []string
		want   []string
	}{
		{"proven stranger", nil, nil, []string{
			"Accept once", "Shown in request #7, and who takes part gets it by mail. The writer does not take part.",
			"Add as collaborator", "carol@elsewhere.example gets its mails from now on, and reads what is written from now on.",
			"New request", "They get its number by mail.", "Spam", "What comes from carol@elsewhere.example is held from now on.", "Drop",
			`name="verdict" value="accept"`, `href="/agent/held/abcdefghijklmnop/files/1"`, "list&lt;1&gt;.csv", `href="/agent/held/abcdefghijklmnop/source"`,
			"&gt; &lt;old&gt;", "its source has it all", "dave@elsewhere.example", "goes <time",
		}},
		{"unproven", func(h *helpdesk.HeldItem) {
			h.Cause, h.Recognised.Trust.Proof = helpdesk.UnprovenSender, helpdesk.ProofNone
		},
			nil, []string{"They get a short confirmation, at most one a day."}},
		{"participant", func(h *helpdesk.HeldItem) {
			h.Cause, h.Recognised.Trust.Proof, h.Recognised.Sender = helpdesk.UnprovenSender, helpdesk.ProofFail, helpdesk.SenderParticipant
		}, []string{"Add as collaborator", `value="spam"`}, []string{"as an answer of carol@elsewhere.example"}},
		{"program", func(h *helpdesk.HeldItem) { h.Recognised.Class = helpdesk.ClassAutomatic }, nil,
			[]string{"Nobody gets a mail about it.", "They get no answer"}},
		{"report", func(h *helpdesk.HeldItem) { h.Cause = helpdesk.UnmatchedReport }, []string{"<b>New request</b>"},
			[]string{"An event in the history of request #7. Customers do not see it."}},
		{"claims an agent", func(h *helpdesk.HeldItem) { h.Cause = helpdesk.AgentUnproven }, []string{"Accept once", `value="spam"`}, []string{"<b>New request</b>", "Drop"}},
		{"called spam", func(h *helpdesk.HeldItem) { h.Cause = helpdesk.CalledSpam }, []string{`value="spam"`}, []string{"Their mail counts as spam no longer."}},
		{"older version", func(h *helpdesk.HeldItem) { h.Entry = nil }, []string{"Accept once", "/files/1"}, []string{"An older version held this mail", "/source", "Drop"}},
		{"decided", func(h *helpdesk.HeldItem) {
			h.Decision = &helpdesk.Decision{Verdict: helpdesk.AcceptOnce, By: robin.Author(), At: webtest.Now, Number: 7, Entry: 9}
		}, []string{"What shall become of it?", "<button class=\"answer"}, []string{"Robin &lt;Sample&gt; accepted it into request #7", `href="/agent/tickets/7#entry-9"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			item := heldItem
			if tt.but != nil {
				tt.but(&item)
			}
			page := webtest.Page(t, webtest.Get(t, serve(&desk{held: []helpdesk.HeldItem{item}}), heldURL, session))
			has(t, page, tt.want...)
			hasNot(t, page, tt.hasNot...)
		})
	}
}

// covers: P10
func TestDecideHeld(t *testing.T) {
	for _, tt := range []struct {
		verdict helpdesk.Verdict
		want    string
		done    string
	}{
		{helpdesk.AcceptOnce, "/agent/tickets/7?done=accept#entry-9", "The mail is in the request now."},
		{helpdesk.AddCollaborator, "/agent/tickets/7?done=collaborator#entry-9", "its writer takes part from now on."},
		{helpdesk.NewTicket, "/agent/tickets/7?done=new-ticket#entry-9", "a request of its own now"},
		{helpdesk.Spam, "/agent/held?done=spam", "The mail was called spam."},
		{helpdesk.Drop, "/agent/held?done=drop", "The mail was dropped."},
	} {
		t.Run(string(tt.verdict), func(t *testing.T) {
			d := &desk{held: []helpdesk.HeldItem{heldItem}, detail: full()}
			h := serve(d)
			r := webtest.Post(t, h, heldURL, url.Values{"verdict": {string(tt.verdict)}}, session)
			if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != tt.want {
				t.Fatalf("status %d, Location %q, want %q", r.StatusCode, got, tt.want)
			}
			if diff := cmp.Diff([]string{"decide abcdefghijklmnop " + string(tt.verdict)}, d.changes); diff != "" {
				t.Error(diff)
			}
			path, _, _ := strings.Cut(tt.want, "#")
			has(t, webtest.Page(t, webtest.Get(t, h, base+path, session)), tt.done, `role="status"`)
		})
	}
}

// What went wrong is told on the page of the mail.
func TestDecideHeldFails(t *testing.T) {
	for _, tt := range []struct {
		name    string
		verdict string
		err     error
		want    int
		has     []string
	}{
		{"no verdict", "erase", nil, 422, []string{"is no answer"}},
		{"somebody else was faster", "accept", helpdesk.Errorf(helpdesk.Conflict, "Kim called it spam already"), 409,
			[]string{"Somebody else was faster", "Kim called it spam already."}},
		{"request is full", "collaborator", helpdesk.Errorf(helpdesk.Invalid, "at most 30 take part"), 422, []string{"At most 30 take part.", "Nothing was changed."}},
		{"store away", "drop", helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), 503, []string{"This does not work at the moment", "Code <b>"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{held: []helpdesk.HeldItem{heldItem}, writeErr: tt.err}
			r := webtest.Post(t, serve(d), heldURL, url.Values{"verdict": {tt.verdict}}, session)
			page := webtest.Page(t, r)
			if r.StatusCode != tt.want {
				t.Errorf("status %d, want %d", r.StatusCode, tt.want)
			}
			has(t, page, append(tt.has, "Carol &lt;C&gt;", `role="alert"`)...)
			hasNot(t, page, "hunter2")
		})
	}
	r := webtest.Post(t, serve(&desk{}), base+"/agent/held/bbbbbbbbbbbbbbbb", url.Values{"verdict": {"erase"}}, session)
	if r.StatusCode != http.StatusNotFound {
		t.Errorf("a mail that is gone: status %d", r.StatusCode)
	}
}

func TestHeldDecidedList(t *testing.T) {
	item := heldItem
	item.Decision = &helpdesk.Decision{Verdict: helpdesk.Spam, By: robin.Author(), At: webtest.Now}
	h := serve(&desk{decided: []helpdesk.HeldItem{item}})
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/held?show=decided", session))
	has(t, page, "Robin &lt;Sample&gt; called it spam", `href="/agent/held/abcdefghijklmnop"`, "Decided mails stay for a month")
	hasNot(t, page, " waiting")
	hasNot(t, webtest.Page(t, webtest.Get(t, h, base+"/agent/held", session)), "abcdefghijklmnop")
	has(t, webtest.Page(t, webtest.Get(t, serve(&desk{}), base+"/agent/held?show=decided", session)), "Nothing was decided")
}

func TestLiftSpam(t *testing.T) {
	item := heldItem
	item.Decision = &helpdesk.Decision{Verdict: helpdesk.Spam, By: robin.Author(), At: webtest.Now}
	d := &desk{held: []helpdesk.HeldItem{item}}
	h := serve(d)
	has(t, webtest.Page(t, webtest.Get(t, h, heldURL, session)), "Let mail of <bdi>carol@elsewhere.example</bdi> in again")
	r := webtest.Post(t, h, heldURL+"/lift", nil, session)
	if r.StatusCode != http.StatusSeeOther || !slices.Equal(d.changes, []string{"lift carol@elsewhere.example"}) {
		t.Errorf("status %d, changes %v", r.StatusCode, d.changes)
	}
	has(t, webtest.Page(t, webtest.Get(t, h, base+r.Header.Get("Location"), session)), "no longer held as spam")
	d.writeErr = helpdesk.Errorf(helpdesk.NotFound, "mail of carol was not called spam")
	has(t, webtest.Page(t, webtest.Post(t, h, heldURL+"/lift", nil, session)), "Mail of carol was not called spam.", `role="alert"`)
	hasNot(t, webtest.Page(t, webtest.Get(t, serve(&desk{held: []helpdesk.HeldItem{heldItem}}), heldURL, session)), "in again")
}

// covers: P04, P12
func TestHeldFiles(t *testing.T) {
	h := serve(&desk{held: []helpdesk.HeldItem{heldItem}})
	for path, want := range map[string]string{"/files/1": "list<1>.csv", "/source": "held.eml"} {
		r := webtest.Get(t, h, heldURL+path, session)
		if got := r.Header.Get("Content-Disposition"); r.StatusCode != http.StatusOK || !strings.HasPrefix(got, "attachment") {
			t.Errorf("%s: status %d, %q, want %s as a download", path, r.StatusCode, got, want)
		}
		if body := webtest.Body(t, r); body != "bytes" {
			t.Errorf("%s is %q", path, body)
		}
	}
	for _, path := range []string{"/files/2", "/files/x", "/files/0"} {
		if r := webtest.Get(t, h, heldURL+path, session); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}

// covers: P10
func TestRelease(t *testing.T) {
	d := &desk{detail: full()}
	h := serve(d)
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7", session))
	has(t, entryHTML(t, page, "entry-6"), `action="/agent/tickets/7/entries/6/release"`, "Show to customers")
	hasNot(t, entryHTML(t, page, "entry-5"), "Show to customers", "Released")
	r := webtest.Post(t, h, base+"/agent/tickets/7/entries/6/release", nil, session)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/agent/tickets/7?done=release#entry-6" {
		t.Errorf("status %d, Location %q", r.StatusCode, got)
	}
	if diff := cmp.Diff([]string{"release 7 6"}, d.changes); diff != "" {
		t.Error(diff)
	}
	d.detail.Entries[5].Hidden, d.detail.Entries[5].Released = false, &helpdesk.Release{By: robin.Author(), At: webtest.Now}
	page = webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7?done=release", session))
	has(t, entryHTML(t, page, "entry-6"), "Released by <bdi>Robin &lt;Sample&gt;</bdi>")
	hasNot(t, entryHTML(t, page, "entry-6"), "Show to customers", "Not visible")
	has(t, page, "Customers see the message now.")

	d.writeErr = helpdesk.Errorf(helpdesk.Invalid, "only messages can be shown to customers")
	r = webtest.Post(t, h, base+"/agent/tickets/7/entries/6/release", nil, session)
	has(t, webtest.Page(t, r), "Only messages can be shown to customers.", `role="alert"`)
	if r = webtest.Post(t, h, base+"/agent/tickets/7/entries/x/release", nil, session); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", r.StatusCode)
	}
}

// people is a ticket with somebody who was copied, and somebody who was
// dismissed.
func people() *actions.Detail {
	d := full()
	d.Ticket.Suggested = []helpdesk.Suggestion{
		{Address: helpdesk.MustAddress("dave@elsewhere.example"), Name: "Dave <D>", By: alice.Address, At: webtest.Now},
		{Address: helpdesk.MustAddress("eve@elsewhere.example"), By: alice.Address, At: webtest.Now, Dismissed: true},
	}
	return d
}

// covers: S06, P10
func TestPeople(t *testing.T) {
	d := &desk{detail: people()}
	h := serve(d)
	page := webtest.Page(t, webtest.Get(t, h, base+"/agent/tickets/7", session))
	has(t, page, "Dave &lt;D&gt;", "dave@elsewhere.example", "Remove <bdi>bob@customer.example</bdi>", `name="participant" value="2"`, "May read what came before", "Add somebody")
	hasNot(t, page, "eve@elsewhere.example", `name="participant" value="1"`, "gone@customer.example", `id="person-error"`)
	for _, tt := range []struct {
		name string
		form url.Values
		want string
		done string
	}{
		{"add", url.Values{"do": {"add"}, "address": {"x@y.example"}, "name": {"X"}}, `add 7 x@y.example "X" false`, "They take part from now on."},
		{"add with history", url.Values{"do": {"add"}, "address": {"x@y.example"}, "history": {"yes"}}, `add 7 x@y.example "" true`, "They take part from now on."},
		{"remove", url.Values{"do": {"remove"}, "participant": {"2"}}, `remove 7 2`, "They take no part any more."},
		{"dismiss", url.Values{"do": {"dismiss"}, "address": {"dave@elsewhere.example"}}, `dismiss 7 dave@elsewhere.example`, "They are not suggested again."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.changes = nil
			r := webtest.Post(t, h, base+"/agent/tickets/7/participants", tt.form, session)
			if r.StatusCode != http.StatusSeeOther {
				t.Fatalf("status %d", r.StatusCode)
			}
			if diff := cmp.Diff([]string{tt.want}, d.changes); diff != "" {
				t.Error(diff)
			}
			has(t, webtest.Page(t, webtest.Get(t, h, base+r.Header.Get("Location"), session)), tt.done)
		})
	}
}

func TestPeopleThatFail(t *testing.T) {
	for _, tt := range []struct {
		name string
		form url.Values
		err  error
		want int
		has  []string
	}{
		{"no address", url.Values{"do": {"add"}, "address": {"nob<ody"}, "name": {"N"}, "history": {"yes"}}, helpdesk.Errorf(helpdesk.Invalid, "enter a mail address"), 422,
			[]string{`id="person-error"`, "Enter a mail address.", `value="nob&lt;ody"`, `value="N"`, `value="yes" checked`, `<details class="ask" open>`}},
		{"requester", url.Values{"do": {"remove"}, "participant": {"1"}}, helpdesk.Errorf(helpdesk.Invalid, "a request stays with who asked it"), 422,
			[]string{"A request stays with who asked it.", `role="alert"`}},
		{"store away", url.Values{"do": {"add"}, "address": {"x@y.example"}}, helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), 503,
			[]string{"This does not work at the moment", `value="x@y.example"`}},
		{"no number", url.Values{"do": {"remove"}, "participant": {"99999"}}, nil, 404, nil},
		{"nothing to do", url.Values{"do": {"erase"}}, nil, 404, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{detail: people(), writeErr: tt.err}
			r := webtest.Post(t, serve(d), base+"/agent/tickets/7/participants", tt.form, session)
			page := webtest.Page(t, r)
			if r.StatusCode != tt.want || tt.err == nil && len(d.changes) != 0 {
				t.Errorf("status %d, want %d; changes %v", r.StatusCode, tt.want, d.changes)
			}
			has(t, page, tt.has...)
			hasNot(t, page, "hunter2")
		})
	}
}
