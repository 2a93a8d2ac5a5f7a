package portal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const base = "https://help.acme.example"

// desk is a Desk that remembers what it was asked to change.
type desk struct {
	submitted []actions.Submission
	err       error
	view      *helpdesk.CustomerView
}

func (d *desk) Submit(_ context.Context, _ helpdesk.HelpCenter, in actions.Submission) (actions.Submitted, error) {
	d.submitted = append(d.submitted, in)
	if d.err != nil {
		return actions.Submitted{}, d.err
	}
	return actions.Submitted{Number: 1042, Address: helpdesk.MustAddress("alice@customer.example")}, nil
}

const goodLink = "pl1_AQIBazbsgAAHASNFZ4mrze8AA5LkjEdXf-Cr50Mzo2CdBhM"

func (d *desk) ViewByLink(_ context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.CustomerView, *helpdesk.Participant, error) {
	switch {
	case d.err != nil:
		return nil, nil, d.err
	case token != goodLink:
		return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "no such link: %s", token)
	case h.View != helpdesk.ViewWithLink:
		return nil, nil, helpdesk.Errorf(helpdesk.SignIn, "sign in")
	}
	return d.view, &helpdesk.Participant{Number: 1, Address: helpdesk.MustAddress("alice@customer.example")}, nil
}

// boxes is a Directory with one mailbox.
type boxes struct{}

func (boxes) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	return helpdesk.Mailbox{Address: helpdesk.MustAddress("support@acme.example")}, account == "a" && name == "support"
}

var everybody = map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.Granted}

func center(forms ...helpdesk.Form) helpdesk.HelpCenter {
	return helpdesk.HelpCenter{
		Account: "a", Name: "acme", DisplayName: "Acme Help", BaseURL: base, Mailbox: "support", Color: "#0a7a5c",
		PortalOn: true, View: helpdesk.ViewWithLink, Forms: forms,
	}
}

// full is a form with a field of every type.
var full = helpdesk.Form{Name: "billing", Title: "Billing question", Description: "Invoices and refunds.", Access: everybody, Fields: []helpdesk.Field{
	{Name: "topic", Type: "Select", Label: "Topic", Required: true, Options: []helpdesk.Option{{Value: "refund", Label: "Refund"}, {Value: "copy", Label: "Invoice copy"}}},
	{Name: "order", Type: "ShortText", Label: "Order number", Help: "It looks like ORD-12345."},
	{Name: "story", Type: "LongText", Label: "What happened"},
	{Name: "count", Type: "Integer", Label: "How many"},
	{Name: "price", Type: "Decimal", Label: "Price"},
	{Name: "day", Type: "Date", Label: "Day"},
	{Name: "urgent", Type: "Checkbox", Label: "It is urgent"},
	{Name: "parts", Type: "MultiSelect", Label: "Parts", Help: "All that apply.", Options: []helpdesk.Option{{Value: "lid", Label: "Lid"}, {Value: "pot", Label: "Pot"}}},
	{Name: "place", Type: "Tree", Label: "Place", Options: []helpdesk.Option{{Value: "berlin", Label: "Berlin"}}},
	{Name: "mail", Type: "Email", Label: "Other address"},
	{Name: "site", Type: "URL", Label: "Web address"},
	{Name: "phone", Type: "Phone", Label: "Telephone"},
	{Name: "file", Type: "File", Label: "Photo"},
	{Name: "agree", Type: "Consent", Required: true, Label: "I agree to the terms.", Text: "I agree to the terms."},
	{Name: "info", Type: "Info", Label: "Refunds take five days.", Text: "Refunds take five days."},
	{Name: "source", Type: "Hidden"},
}}

var plain = helpdesk.Form{Name: "other", Title: "Something else", Access: everybody}

func serve(d *desk, log io.Writer, h helpdesk.HelpCenter) http.Handler {
	site := webtest.Site(log, h)
	return site.Handler(portal.New(d, boxes{}, site))
}

// has fails unless the page says all of the words.
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

// covers: S08, S34
func TestHome(t *testing.T) {
	labelled := center(plain)
	labelled.ButtonLabel = "Ask <us>"
	off, unreachable := center(plain), center(plain)
	off.PortalOn = false
	unreachable.Mailbox = "gone"
	for _, test := range []struct {
		name   string
		center helpdesk.HelpCenter
		has    []string
		hasNot []string
	}{
		{"on", center(plain), []string{`href="/submit"`, "Submit a request", "Look at a request", "support@acme.example"}, nil},
		{"own label", labelled, []string{"Ask &lt;us&gt;"}, []string{"Submit a request"}},
		{"no form", center(), []string{"Write to us", "support@acme.example", "Look at a request"}, []string{"/submit"}},
		{"portal off", off, []string{"Write to us", "support@acme.example"}, []string{"/submit", "Look at a request"}},
		{"no mailbox", unreachable, []string{"Submit a request"}, []string{"@acme.example"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Get(t, serve(&desk{}, io.Discard, test.center), base+"/")
			page := webtest.Page(t, r)
			if r.StatusCode != http.StatusOK {
				t.Errorf("status %d", r.StatusCode)
			}
			has(t, page, "Acme Help")
			has(t, page, test.has...)
			hasNot(t, page, test.hasNot...)
		})
	}
}

// Submission is live only if the portal is on and a published form is connected;
// otherwise there is no button, no page, and a POST is refused.
// covers: S18, S41, S15, S33, S19, S20
func TestSubmissionIsHidden(t *testing.T) {
	withAccess := func(a helpdesk.Access) helpdesk.HelpCenter {
		f := plain
		f.Access = map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: a, helpdesk.AgentVisitor: helpdesk.Granted}
		return center(f)
	}
	off := center(plain)
	off.PortalOn = false
	for _, test := range []struct {
		name   string
		center helpdesk.HelpCenter
		button bool
		want   int // of the form and of a POST to it
	}{
		{"on with a form", center(plain), true, http.StatusOK},
		{"on without a form", center(), false, http.StatusNotFound},
		{"off with a form", off, false, http.StatusNotFound},
		{"form for agents only", withAccess(helpdesk.NotOffered), false, http.StatusNotFound},
		{"form behind a sign-in", withAccess(helpdesk.NeedsSignIn), true, http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &desk{}
			h := serve(d, io.Discard, test.center)
			home := webtest.Page(t, webtest.Get(t, h, base+"/"))
			if got := strings.Contains(home, `href="/submit"`); got != test.button {
				t.Errorf("button is there: %t, want %t", got, test.button)
			}
			r := webtest.Get(t, h, base+"/submit")
			if test.button != (r.StatusCode == http.StatusFound) {
				t.Errorf("GET /submit: status %d", r.StatusCode)
			}
			get := webtest.Get(t, h, base+"/submit/other")
			post := webtest.Post(t, h, base+"/submit/other", url.Values{"message": {"x"}})
			if get.StatusCode != test.want || post.StatusCode != test.want {
				t.Errorf("GET %d, POST %d, want %d", get.StatusCode, post.StatusCode, test.want)
			}
			if got := len(d.submitted) == 1; got != (test.want == http.StatusOK) {
				t.Errorf("the desk was asked %d times", len(d.submitted))
			}
			missing := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page"))
			if page := webtest.Page(t, get); test.want == http.StatusNotFound && page != missing {
				t.Error("a hidden form does not look like a missing page")
			}
		})
	}
}

// covers: S35, S36
func TestFormSelector(t *testing.T) {
	own := center(full, plain)
	own.PageTitle, own.FormLabel = "What is it about?", "Pick one"
	for _, test := range []struct {
		name   string
		center helpdesk.HelpCenter
		has    []string
	}{
		{"own words", own, []string{"What is it about?", "Pick one"}},
		{"default words", center(full, plain), []string{"How can we help?", "Choose a topic"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := serve(&desk{}, io.Discard, test.center)
			page := webtest.Page(t, webtest.Get(t, h, base+"/submit"))
			has(t, page, append(test.has, "Billing question", "Invoices and refunds.", `href="/submit/billing"`, `href="/submit/other"`)...)
			has(t, webtest.Page(t, webtest.Get(t, h, base+"/submit/billing")), test.has...)
		})
	}
	h := serve(&desk{}, io.Discard, center(plain))
	r := webtest.Get(t, h, base+"/submit")
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusFound || got != "/submit/other" {
		t.Errorf("one form: status %d, Location %q", r.StatusCode, got)
	}
	page := webtest.Page(t, webtest.Get(t, h, base+"/submit/other"))
	has(t, page, "How can we help?", "Something else")
	hasNot(t, page, "Choose a topic")
}

// covers: S31
func TestFormFields(t *testing.T) {
	h := serve(&desk{}, io.Discard, center(full))
	r := webtest.Get(t, h, base+"/submit/billing")
	page := webtest.Page(t, r)
	has(t, page,
		`type="email" id="address" name="address"`, `id="subject"`, `<textarea class="input" id="message"`, `id="name"`,
		`<select class="input" id="field.topic"`, `<option value="refund">Refund</option>`, `<select class="input" id="field.place"`,
		`type="text" id="field.order"`, `aria-describedby="field.order-help"`, `<textarea class="input" id="field.story"`,
		`id="field.count" name="field.count" value="" inputmode="numeric"`, `inputmode="decimal"`, `type="date" id="field.day"`,
		`type="checkbox" id="field.urgent"`, `name="field.parts" value="lid"`, `<legend>Parts`, `type="email" id="field.mail"`,
		`type="url" id="field.site"`, `type="tel" id="field.phone"`, `type="checkbox" id="field.agree"`, "I agree to the terms.",
		`<p class="told">Refunds take five days.</p>`, `<input type="hidden" name="field.source" value="">`)
	hasNot(t, page, "field.file", "autofocus", `role="alert"`)
	if got := r.Header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("Cache-Control is %q: going back would lose what was typed", got)
	}
	fixed := full
	fixed.Subject, fixed.MessageLabel = "Refund", "Your story"
	page = webtest.Page(t, webtest.Get(t, serve(&desk{}, io.Discard, center(fixed)), base+"/submit/billing"))
	hasNot(t, page, `id="subject"`)
	has(t, page, "Your story")
}

var nonce = regexp.MustCompile(`name="nonce" value="([A-Z2-7]{26})"`)

// covers: S03
func TestSubmit(t *testing.T) {
	d := &desk{}
	h := serve(d, io.Discard, center(full))
	var nonces []string
	for range 2 {
		m := nonce.FindStringSubmatch(webtest.Page(t, webtest.Get(t, h, base+"/submit/billing")))
		if m == nil {
			t.Fatal("page has no nonce")
		}
		nonces = append(nonces, m[1])
	}
	if nonces[0] == nonces[1] {
		t.Error("two pages have one nonce")
	}
	typed := url.Values{
		"nonce": {nonces[0]}, "name": {"Alice"}, "address": {"alice@customer.example"}, "subject": {"Pot"}, "message": {"Broken\r\nin two"},
		"field.topic": {"refund"}, "field.parts": {"lid", "pot"}, "field.unknown": {"x"}, "form": {"other"}, "visitor": {"agent"},
	}
	r := webtest.Post(t, h, base+"/submit/billing", typed)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d, Cache-Control %q", r.StatusCode, r.Header.Get("Cache-Control"))
	}
	has(t, page, "#1042", "alice@customer.example", "What happens next")
	want := []actions.Submission{{
		Visitor: helpdesk.Anonymous, Form: "billing", Nonce: nonces[0], Name: "Alice", Address: "alice@customer.example", Subject: "Pot",
		Message: "Broken\r\nin two", Fields: map[string][]string{"topic": {"refund"}, "parts": {"lid", "pot"}},
	}}
	if diff := cmp.Diff(want, d.submitted); diff != "" {
		t.Errorf("submitted (-want +got):\n%s", diff)
	}
	// A reload sends the same again; the desk knows it by its nonce.
	webtest.Post(t, h, base+"/submit/billing", typed)
	if diff := cmp.Diff(d.submitted[0], d.submitted[1]); diff != "" {
		t.Errorf("a reload is another submission:\n%s", diff)
	}
	// No address shows a number, so there is nothing to count up.
	if r := webtest.Get(t, h, base+"/submit/sent?n=1042"); r.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", r.StatusCode)
	}
}

// covers: S31
func TestSubmitRejected(t *testing.T) {
	d := &desk{err: &actions.Rejected{Problems: []helpdesk.FieldProblem{
		{Field: "field.order", Message: "Looks like <ORD>"}, {Field: "field.agree", Message: "Tick this."},
		{Field: "field.parts", Message: "Choose at least one."}, {Field: "field.file", Message: "Add a file."},
	}}}
	h := serve(d, io.Discard, center(full))
	r := webtest.Post(t, h, base+"/submit/billing", url.Values{
		"nonce": {"N"}, "name": {`"><script>alert(1)</script>`}, "address": {"alice"}, "subject": {"S&S"}, "message": {"\nfirst line\nsecond"},
		"field.topic": {"copy"}, "field.parts": {"pot"}, "field.urgent": {"true"}, "field.count": {"many"}, "field.source": {"shop"},
	})
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422", r.StatusCode)
	}
	has(t, page,
		`value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`, `value="alice"`, `value="S&amp;S"`, "\n\nfirst line\nsecond</textarea>",
		`<option value="copy" selected>`, `value="pot" checked`, `id="field.urgent" name="field.urgent" value="true" checked`, `value="many"`,
		`name="field.source" value="shop"`, `name="nonce" value="N"`,
		`id="field.order-error"`, "Looks like &lt;ORD&gt;", `aria-describedby="field.order-error"`,
		"3 answers need another look.", "Everything you typed is still here.", "<li>Add a file.</li>")
	hasNot(t, page, "<script>alert", `value="lid" checked`)
	if n := strings.Count(page, " autofocus"); n != 1 || !strings.Contains(page, `aria-describedby="field.order-error" autofocus`) {
		t.Errorf("%d fields are focused, want the first wrong one alone", n)
	}
}

// A part of ours that fails loses nothing of what was typed.
func TestSubmitFails(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want int
		kept bool
	}{
		{"away", helpdesk.Wrap(helpdesk.Unavailable, errors.New("hunter2")), http.StatusServiceUnavailable, true},
		{"broken", fmt.Errorf("commit: %w", errors.New("hunter2")), http.StatusInternalServerError, true},
		{"raced", helpdesk.Wrap(helpdesk.Conflict, errors.New("hunter2")), http.StatusConflict, true},
		{"withdrawn meanwhile", helpdesk.Errorf(helpdesk.NotFound, "gone"), http.StatusNotFound, false},
		{"closed to visitors meanwhile", helpdesk.Errorf(helpdesk.SignIn, "sign in"), http.StatusForbidden, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := serve(&desk{err: test.err}, io.Discard, center(plain))
			r := webtest.Post(t, h, base+"/submit/other", url.Values{"nonce": {"N"}, "message": {"My long story"}})
			page := webtest.Page(t, r)
			if r.StatusCode != test.want {
				t.Errorf("status %d, want %d", r.StatusCode, test.want)
			}
			if got := strings.Contains(page, "My long story") && strings.Contains(page, `value="N"`); got != test.kept {
				t.Errorf("what was typed is there: %t, want %t", got, test.kept)
			}
			hasNot(t, page, "hunter2")
		})
	}
	h := serve(&desk{}, io.Discard, center(plain))
	r := webtest.Post(t, h, base+"/submit/other", url.Values{"message": {strings.Repeat("x", 2<<20)}})
	if r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB: status %d", r.StatusCode)
	}
}

var seen = &helpdesk.CustomerView{
	Number: 1042, Subject: "My <b>pot</b>", Status: helpdesk.Pending, Opened: webtest.Now.Add(-48 * time.Hour),
	Form: []helpdesk.FormValue{{Label: "Order <number>", Text: "ORD-1<i>"}},
	Thread: []helpdesk.PublicMessage{
		{Seq: 1, Mine: true, Name: "Alice", At: webtest.Now.Add(-48 * time.Hour), Text: "It broke.\n<script>alert(1)</script>", Attachments: []helpdesk.Attachment{
			{Name: "pot<1>.jpg", MediaType: "image/jpeg", Size: 1_843_200, Blob: "secret-hash"}, {MediaType: "text/plain", Size: 5},
		}},
		{Seq: 2, FromAgent: true, Name: "Robin", At: webtest.Now.Add(-time.Hour), Text: "See https://track.example/1?a=b&c=d", Quoted: "> It broke."},
		{Seq: 3, Name: "Bob", At: webtest.Now.Add(-time.Minute), Text: "Me too."},
	},
}

// covers: S22, S05, S09
func TestTicket(t *testing.T) {
	own := center(plain)
	own.StatusLabels = map[helpdesk.Status]string{helpdesk.Pending: "Your turn"}
	h := serve(&desk{view: seen}, io.Discard, own)
	r := webtest.Get(t, h, base+"/t/"+goodLink)
	page := webtest.Page(t, r)
	for header, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Set-Cookie": "",
	} {
		if got := r.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	has(t, page, "#1042", "My &lt;b&gt;pot&lt;/b&gt;", "Your turn", "Order &lt;number&gt;", "ORD-1&lt;i&gt;",
		"&lt;script&gt;alert(1)&lt;/script&gt;", "pot&lt;1&gt;.jpg", "image/jpeg, 1.8 MB", "Unnamed file", ">You<", ">Robin<", ">Bob<",
		`<a href="https://track.example/1?a=b&amp;c=d" rel="noopener noreferrer nofollow"`, `<details class="quoted">`,
		"alice@customer.example", "reply to the mail you got", `<time datetime="2026-11-20T12:00:00Z"`)
	hasNot(t, page, "<script>alert", "secret-hash", "<form", goodLink)

	page = webtest.Page(t, webtest.Get(t, serve(&desk{view: &helpdesk.CustomerView{Number: 7, Status: helpdesk.Closed}}, io.Discard, center()), base+"/t/"+goodLink))
	has(t, page, "#7", "Your request", "Closed", "There are no messages yet.", "opens a new one")
	hasNot(t, page, "/submit")
}

// Whatever is wrong with a link, the answer is the same page.
// covers: S22
func TestBadLinks(t *testing.T) {
	h := serve(&desk{view: seen}, io.Discard, center(plain))
	want := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page"))
	for _, path := range []string{"/t/1042", "/t/pl1_x", "/t/" + goodLink + "x", "/t/" + goodLink + "/more", "/t/", "/t", "/t/%00", "/t/%2e%2e%2fsubmit"} {
		r := webtest.Get(t, h, base+path)
		if page := webtest.Page(t, r); r.StatusCode != http.StatusNotFound || page != want {
			t.Errorf("%s: status %d, same page: %t", path, r.StatusCode, page == want)
		}
	}
	off := center(plain)
	off.PortalOn = false
	if r := webtest.Get(t, serve(&desk{view: seen}, io.Discard, off), base+"/t/"+goodLink); r.StatusCode != http.StatusNotFound {
		t.Errorf("portal off: status %d", r.StatusCode)
	}
}

// covers: S21
func TestTicketNeedsSignIn(t *testing.T) {
	closed := center(plain)
	closed.View = helpdesk.ViewSignedIn
	r := webtest.Get(t, serve(&desk{view: seen}, io.Discard, closed), base+"/t/"+goodLink)
	page := webtest.Page(t, r)
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", r.StatusCode)
	}
	has(t, page, "This needs a sign-in", "reply to the mail")
	hasNot(t, page, "#1042", "pot")
}

// Programs that look for viruses open every address with GET and HEAD.
// covers: M03, S22
func TestReadingChangesNothing(t *testing.T) {
	d := &desk{view: seen}
	server := httptest.NewServer(nil)
	defer server.Close()
	here := center(full, plain)
	here.BaseURL = server.URL
	server.Config.Handler = serve(d, io.Discard, here)
	for _, path := range []string{"/", "/submit", "/submit/billing", "/submit/none", "/t/" + goodLink, "/t/bad", "/none"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path+"?name=x&address=a@b.example&subject=s&message=m", nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body := webtest.Body(t, answer)
			_ = answer.Body.Close()
			if answer.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s sets a cookie", method, path)
			}
			if (body == "") != (method == http.MethodHead) {
				t.Errorf("%s %s has %d bytes of body", method, path, len(body))
			}
		}
	}
	if len(d.submitted) != 0 {
		t.Errorf("reading submitted %v", d.submitted)
	}
}

func TestLogHoldsNoToken(t *testing.T) {
	var log bytes.Buffer
	h := serve(&desk{err: errors.New("broken")}, &log, center(plain))
	webtest.Get(t, h, base+"/t/"+goodLink)
	if strings.Contains(log.String(), goodLink[4:]) || !strings.Contains(log.String(), "/t/pl1_") {
		t.Errorf("log is %s", &log)
	}
}
