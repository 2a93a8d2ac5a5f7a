package console_test

import (
	"context"
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

var alice = helpdesk.Author{Role: helpdesk.Customer, ID: "alice", Name: "Alice <A>", Address: helpdesk.MustAddress("alice@customer.example")}

// full is a ticket with one of everything.
func full() *actions.Detail {
	left, sent := webtest.Now, webtest.Now.Add(-time.Hour)
	agent := helpdesk.Author{Role: helpdesk.AgentAs, ID: "robin", Name: "Robin"}
	t := ticket(7)
	t.Subject, t.Status, t.Priority, t.Tags = "My <b>pot</b>", helpdesk.Open, "High", []string{"<refund>"}
	t.Participants = append(t.Participants,
		helpdesk.Participant{Number: 2, Address: helpdesk.MustAddress("bob@customer.example"), Role: helpdesk.Collaborator},
		helpdesk.Participant{Number: 3, Name: "Gone", Address: helpdesk.MustAddress("gone@customer.example"), Role: helpdesk.Collaborator, Left: &left})
	t.Form = &helpdesk.FormAnswer{Values: []helpdesk.FormValue{{Label: "Order <nr>", Text: "ORD-1"}}}
	return &actions.Detail{
		Ticket: t,
		Entries: []helpdesk.Entry{
			{Seq: 1, Kind: helpdesk.Message, Channel: helpdesk.ByPortal, Author: alice, At: sent, Text: "<script>alert(1)</script>",
				Attachments: []helpdesk.Attachment{{Name: "pot<1>.jpg", MediaType: "image/jpeg", Size: 2000}}},
			{Seq: 2, Kind: helpdesk.Note, Channel: helpdesk.ByConsole, Author: agent, At: sent, Text: "Internal words"},
			{Seq: 3, Kind: helpdesk.Message, Channel: helpdesk.ByConsole, Author: agent, At: sent, Text: "See https://track.example/1"},
			{Seq: 4, Kind: helpdesk.Event, Channel: helpdesk.ByConsole, Author: agent, At: sent, Text: "Status set to Open."},
			{Seq: 5, Kind: helpdesk.Message, Channel: helpdesk.ByMail, Author: alice, At: sent, Text: "Proven words", Quoted: "> quoted <words>",
				Recognised: &helpdesk.Recognition{
					Rule: "proven-participant", Token: helpdesk.TokenOwn, Sender: helpdesk.SenderParticipant, Class: helpdesk.ClassMessage,
					Trust:    helpdesk.Trust{Proof: helpdesk.ProofPass, Reasons: []string{"DKIM of <customer.example> passed."}},
					Evidence: []string{"The signed reply address names #7."}, Faults: []string{"charset <x-unknown>"},
				}},
			{Seq: 6, Kind: helpdesk.Message, Channel: helpdesk.ByMail, Author: helpdesk.Author{Role: helpdesk.Customer}, At: sent, Text: "Unproven words", Hidden: true},
			{Seq: 7, Kind: helpdesk.Message, Channel: helpdesk.ByConsole, Author: helpdesk.Author{Role: helpdesk.System, Name: "Operator"}, At: sent, Text: "By hand"},
			{Seq: 8, Kind: helpdesk.Message, Channel: helpdesk.ByMail, Author: alice, At: sent, Text: "Plain words", HTML: true, Raw: "00",
				Attachments: []helpdesk.Attachment{
					{Name: "logo.png", MediaType: "image/png", Size: 100, ContentID: "logo@x", Inline: true},
					{Name: "plan.pdf", MediaType: "application/pdf", Size: 3000},
				}},
		},
		Deliveries: []helpdesk.Delivery{
			{Entry: 3, To: alice.Address, Purpose: helpdesk.AgentReply, State: helpdesk.Sent, Sent: &sent, Created: sent,
				Last: &helpdesk.Attempt{Code: 250, Enhanced: "2.0.0", Words: "Ok: <queued>"}},
			{Entry: 3, To: alice.Address, Purpose: helpdesk.Confirmation, State: helpdesk.Queued, Attempts: 3, ID: "waitswaitswaitswa", Created: sent, Next: webtest.Now.Add(time.Hour),
				Last: &helpdesk.Attempt{Words: "connection refused"}},
			{Entry: 3, To: alice.Address, Purpose: helpdesk.AgentReply, State: helpdesk.Failed, Created: sent, ID: "failedfailedfail", Last: &helpdesk.Attempt{Code: 550, Words: "no such user"}},
			{Entry: 3, To: alice.Address, Purpose: helpdesk.Update, State: helpdesk.Withdrawn, Created: sent},
			{Entry: 3, To: alice.Address, Purpose: helpdesk.AgentReply, State: helpdesk.Queued, Created: sent},
		},
	}
}

// entryHTML cuts one entry out of a page.
func entryHTML(t *testing.T, page, id string) string {
	t.Helper()
	i := strings.Index(page, `id="`+id+`"`)
	if i < 0 {
		t.Fatalf("page has no %s", id)
	}
	start := strings.LastIndex(page[:i], "<li")
	rest := page[start:]
	if next := strings.Index(rest[3:], `<li class="entry`); next >= 0 {
		return rest[:next+3]
	}
	return rest[:strings.Index(rest, `<section class="composer"`)]
}

// covers: M02, M07
func TestTicket(t *testing.T) {
	r := webtest.Get(t, serve(&desk{detail: full()}), base+"/agent/tickets/7", session)
	page := webtest.Page(t, r)
	has(t, page, "#7", "My &lt;b&gt;pot&lt;/b&gt;", "High", "&lt;refund&gt;", "Order &lt;nr&gt;", "ORD-1", "bob@customer.example",
		"Send to Alice &lt;A&gt; and 1 other", `<option value="Pending" selected>Pending</option>`)
	hasNot(t, page, "gone@customer.example", "<script>alert", `role="alert"`, `class="notice good"`)

	for _, test := range []struct {
		name   string
		id     string
		has    []string
		hasNot []string
	}{
		{"customer by form", "entry-1", []string{`class="entry customer"`, "Customer", "By form", "&lt;script&gt;", "pot&lt;1&gt;.jpg", `href="/agent/tickets/7/entries/1/files/1"`, "Picture (JPEG), 2 kB", "proved nothing"}, []string{"Not visible"}},
		{"note", "entry-2", []string{`class="entry note"`, "Note", "Only agents see this", "Internal words"}, []string{"Customer"}},
		{"reply", "entry-3", []string{`class="entry agent"`, "Agent", `<a href="https://track.example/1"`, "signed in"}, []string{"Only agents see this"}},
		{"event", "entry-4", []string{`class="entry event"`, "Status set to Open."}, []string{"Customer"}},
		{"mail", "entry-5", []string{`class="entry customer"`, "By mail", "&gt; quoted &lt;words&gt;", "<summary>Why</summary>", "<code>proven-participant</code>",
			"Who wrote it is proven.", "issued to this sender", "takes part in the request", "from a person", "DKIM of &lt;customer.example&gt; passed.",
			"The signed reply address names #7.", "charset &lt;x-unknown&gt;"}, []string{"Not visible"}},
		{"hidden", "entry-6", []string{`class="entry customer unreleased"`, "Not visible to the customer", "Unproven words", "Nothing was recorded"}, nil},
		{"operator", "entry-7", []string{`class="entry agent"`, "Operator", "By hand"}, []string{"Customer", "<iframe", "/source"}},
		{"HTML mail", "entry-8", []string{"Plain words", "Show original HTML (1 picture)", `src="/agent/tickets/7/entries/8/html"`, `loading="lazy"`,
			`sandbox="allow-popups allow-popups-to-escape-sandbox"`, `href="/agent/tickets/7/entries/8/files/1"`, `href="/agent/tickets/7/entries/8/files/2"`,
			`href="/agent/tickets/7/entries/8/source"`}, []string{"allow-scripts", "allow-same-origin"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			entry := entryHTML(t, page, test.id)
			has(t, entry, test.has...)
			hasNot(t, entry, test.hasNot...)
		})
	}
	has(t, page, "250 2.0.0 Ok: &lt;queued&gt;", "Will be tried again", "tried 3 times", "in 1 hour", "connection refused", "Given up", "550 no such user",
		"Withdrawn", "Waiting to be sent", `class="delivery failed"`)
}

func TestEmptyTicket(t *testing.T) {
	d := &desk{detail: &actions.Detail{Ticket: helpdesk.Ticket{Number: 7, Status: helpdesk.Open}}}
	page := webtest.Page(t, webtest.Get(t, serve(d), base+"/agent/tickets/7", session))
	has(t, page, "No subject", "There is nothing here yet.", "Nobody is recorded.", "No mail was sent yet.", "Save reply", "has no participants")
}

// Nobody answers spam: there is no button that would be refused, and notes stay.
func TestSpamHasNoAnswer(t *testing.T) {
	detail := full()
	detail.Ticket.Spam = &helpdesk.Called{By: alice, At: webtest.Now}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: detail}), base+"/agent/tickets/7", session))
	has(t, page, "Say <strong>No spam</strong> first.", "Save note")
	hasNot(t, page, "Send to", "Save reply", "Then set to")
}

// covers: P10
func TestActs(t *testing.T) {
	for _, test := range []struct {
		name string
		act  string
		form url.Values
		want string
		done string
	}{
		{"reply", "reply", url.Values{"text": {"Hello\r\nAlice"}, "status": {"Resolved"}}, `reply 7 Resolved "Hello\r\nAlice"`, "Your reply is saved and on its way."},
		{"reply that leaves the status", "reply", url.Values{"text": {"Hello"}}, `reply 7  "Hello"`, "Your reply is saved and on its way."},
		{"note", "note", url.Values{"text": {"Called"}}, `note 7 "Called"`, "Your note is saved."},
		{"status", "status", url.Values{"status": {"Closed"}}, `status 7 Closed`, "The status is changed."},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{detail: full()}
			h := serve(d)
			r := webtest.Post(t, h, base+"/agent/tickets/7/"+test.act, test.form, session)
			if got, want := r.Header.Get("Location"), "/agent/tickets/7?done="+test.act; r.StatusCode != http.StatusSeeOther || got != want {
				t.Fatalf("status %d, Location %q, want %q", r.StatusCode, got, want)
			}
			if diff := cmp.Diff([]string{test.want}, d.changes); diff != "" {
				t.Error(diff)
			}
			has(t, webtest.Page(t, webtest.Get(t, h, base+r.Header.Get("Location"), session)), test.done, `class="notice good"`)
		})
	}
	page := webtest.Page(t, webtest.Get(t, serve(&desk{detail: full()}), base+"/agent/tickets/7?done=Your+account+is+locked", session))
	hasNot(t, page, "locked", `class="notice good"`)
}

// What was written stays, whatever went wrong.
func TestActsThatFail(t *testing.T) {
	secret := errors.New("hunter2")
	for _, test := range []struct {
		name  string
		act   string
		text  string
		write error
		read  error
		want  int
		has   []string
	}{
		{"empty reply", "reply", "", helpdesk.Errorf(helpdesk.Invalid, "write something first"), nil, 422, []string{`id="reply-error"`, "Write something first.", `id="as-reply" checked`}},
		{"empty note", "note", "", helpdesk.Errorf(helpdesk.Invalid, "write something first"), nil, 422, []string{`id="note-error"`, `id="as-note" checked`}},
		{"reply, store away", "reply", "My words", helpdesk.Wrap(helpdesk.Unavailable, secret), nil, 503, []string{"My words</textarea>", "This does not work at the moment", "Code <b>"}},
		{"note, raced", "note", "My words", helpdesk.Wrap(helpdesk.Conflict, secret), nil, 409, []string{"My words</textarea>", "Somebody else was faster", `id="as-note" checked`}},
		{"reply, ticket can't be shown either", "reply", "My words", secret, secret, 500, []string{"This was not saved", "My words</textarea>", "Code <b>"}},
		{"note, ticket gone", "note", "My words", helpdesk.Errorf(helpdesk.NotFound, "gone"), helpdesk.Errorf(helpdesk.NotFound, "gone"), 404, []string{"This was not saved", "My words</textarea>"}},
		{"status, store away", "status", "", helpdesk.Wrap(helpdesk.Unavailable, secret), nil, 503, []string{"This does not work at the moment"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := serve(&desk{detail: full(), writeErr: test.write, readErr: test.read})
			r := webtest.Post(t, h, base+"/agent/tickets/7/"+test.act, url.Values{"text": {test.text}, "status": {"Resolved"}}, session)
			page := webtest.Page(t, r)
			if r.StatusCode != test.want {
				t.Errorf("status %d, want %d", r.StatusCode, test.want)
			}
			has(t, page, test.has...)
			hasNot(t, page, "hunter2")
		})
	}
	d := &desk{detail: full()}
	r := webtest.Post(t, serve(d), base+"/agent/tickets/7/reply", url.Values{"text": {"My words"}, "status": {"Done"}}, session)
	if page := webtest.Page(t, r); r.StatusCode != 422 || len(d.changes) != 0 || !strings.Contains(page, "My words</textarea>") {
		t.Errorf("an unknown status: status %d, changes %v", r.StatusCode, d.changes)
	}
}

// A session that ends while an agent writes costs a sign-in, not the text.
func TestDraftSurvivesSignIn(t *testing.T) {
	d := &desk{detail: full()}
	h := serve(d)
	r := webtest.Post(t, h, base+"/agent/tickets/7/note", url.Values{"text": {"My <words>"}})
	page := webtest.Page(t, r)
	has(t, page, "My &lt;words&gt;</textarea>", `name="draft-ticket" value="7"`, `name="draft-act" value="note"`, `name="next" value="/agent/tickets/7"`)

	carried := url.Values{"address": {"robin@acme.example"}, "draft": {"My <words>"}, "draft-ticket": {"7"}, "draft-act": {"note"}, "next": {"/agent/tickets/7"}}
	carried.Set("password", "wrong")
	has(t, webtest.Page(t, webtest.Post(t, h, base+"/agent/sign-in", carried)), "My &lt;words&gt;</textarea>", `value="note"`)

	carried.Set("password", "right")
	r = webtest.Post(t, h, base+"/agent/sign-in", carried)
	page = webtest.Page(t, r)
	has(t, page, "My &lt;words&gt;</textarea>", `id="as-note" checked`, "Save note")
	if !strings.HasPrefix(r.Header.Get("Set-Cookie"), "__Host-postern_agent=good") {
		t.Errorf("Set-Cookie is %q", r.Header.Get("Set-Cookie"))
	}
	if diff := cmp.Diff([]string{"sign in a robin@acme.example", "sign in a robin@acme.example"}, d.changes); diff != "" {
		t.Errorf("signing in did more than that:\n%s", diff)
	}
	carried.Set("draft-ticket", "99")
	has(t, webtest.Page(t, webtest.Post(t, h, base+"/agent/sign-in", carried)), "This was not saved", "My &lt;words&gt;</textarea>")
}

// The same holds for a request that is not begun yet.
func TestNewRequestSurvivesSignIn(t *testing.T) {
	d := &desk{detail: full()}
	h := serve(d)
	typed := url.Values{
		"from": {"mailbox/support"}, "address": {"zoe@customer.example"}, "name": {"Zoë"}, "subject": {"Your <call>"}, "text": {"As we said"}, "status": {"Resolved"}, "nonce": {"once"},
	}
	page := webtest.Page(t, webtest.Post(t, h, base+"/agent/new", typed))
	has(t, page, "As we said</textarea>", "What you wrote comes back", `name="next" value="/agent/new"`, `name="draft-act" value="new"`,
		`name="draft-address" value="zoe@customer.example"`, `name="draft-subject" value="Your &lt;call&gt;"`)
	carried := url.Values{
		"address": {"robin@acme.example"}, "password": {"right"}, "next": {"/agent/new"}, "draft": {"As we said"}, "draft-act": {"new"}, "draft-nonce": {"once"},
		"draft-status": {"Resolved"}, "draft-from": {"mailbox/support"}, "draft-address": {"zoe@customer.example"}, "draft-name": {"Zoë"}, "draft-subject": {"Your <call>"},
	}
	r := webtest.Post(t, h, base+"/agent/sign-in", carried)
	page = webtest.Page(t, r)
	has(t, page, "New request", "As we said</textarea>", `value="zoe@customer.example"`, `value="Zoë"`, `value="Your &lt;call&gt;"`, `value="once"`)
	if !strings.HasPrefix(r.Header.Get("Set-Cookie"), "__Host-postern_agent=good") {
		t.Errorf("Set-Cookie is %q", r.Header.Get("Set-Cookie"))
	}
}

// gone is a desk whose request was erased.
type gone struct{ *desk }

func (gone) Ticket(context.Context, actions.Actor, int64) (*actions.Detail, error) {
	return nil, &helpdesk.Error{Kind: helpdesk.NotFound, Public: "request #7 was erased on 22 November 2026", Err: actions.ErrErased}
}

func TestErasedRequest(t *testing.T) {
	h := serveDesk(gone{&desk{}})
	r := webtest.Get(t, h, base+"/agent/tickets/7", session)
	has(t, webtest.Page(t, r), "Request #7 was erased on 22 November 2026.")
	if r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", r.StatusCode)
	}
}
