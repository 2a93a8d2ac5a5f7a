package portal_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const base = "https://help.acme.example"

// desk is a Desk that remembers what it was asked to change.
type desk struct {
	portal.Desk
	submitted []actions.Submission
	err       error
	view      *helpdesk.CustomerView
	disowned  int
}

func (d *desk) Submit(_ context.Context, _ helpdesk.HelpCenter, in actions.Submission) (actions.Submitted, error) {
	if len(in.Refused) > 0 { // nothing is taken, and all is told at once
		all := actions.Rejected{Problems: in.Refused}
		if rejected, ok := errors.AsType[*actions.Rejected](d.err); ok {
			all.Problems = append(rejected.Problems, in.Refused...)
		}
		return actions.Submitted{}, &all
	}
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

func (d *desk) Disownable(_ context.Context, _ helpdesk.HelpCenter, token string) error {
	if token != goodLink {
		return helpdesk.Errorf(helpdesk.NotFound, "no such link: %s", token)
	}
	return d.err
}

func (d *desk) Disown(ctx context.Context, h helpdesk.HelpCenter, token string) error {
	if err := d.Disownable(ctx, h, token); err != nil {
		return err
	}
	d.disowned++
	return nil
}

// boxes is a Directory with one mailbox.
type boxes struct{}

func (boxes) Mailbox(account, name string) (helpdesk.Mailbox, bool) {
	return helpdesk.Mailbox{Address: helpdesk.MustAddress("support@acme.example")}, account == "a" && name == "support"
}

var everybody = map[helpdesk.Visitor]helpdesk.Access{helpdesk.Anonymous: helpdesk.Granted}

func center(forms ...helpdesk.Form) helpdesk.HelpCenter {
	return helpdesk.HelpCenter{
		Locale: "en", Locales: []string{"en"},
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
		{"on", center(plain), []string{`href="/en/submit"`, "Submit a request", "Look at a request", "support@acme.example"}, nil},
		{"own label", labelled, []string{"Ask &lt;us&gt;"}, []string{"Submit a request"}},
		{"no form", center(), []string{"Write to us", "support@acme.example", "Look at a request"}, []string{"/en/submit"}},
		{"portal off", off, []string{"Write to us", "support@acme.example"}, []string{"/en/submit", "Look at a request"}},
		{"no mailbox", unreachable, []string{"Submit a request"}, []string{"@acme.example"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Get(t, serve(&desk{}, io.Discard, test.center), base+"/en/")
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
			home := webtest.Page(t, webtest.Get(t, h, base+"/en/"))
			if got := strings.Contains(home, `href="/en/submit"`); got != test.button {
				t.Errorf("button is there: %t, want %t", got, test.button)
			}
			r := webtest.Get(t, h, base+"/en/submit")
			if test.button != (r.StatusCode == http.StatusFound) {
				t.Errorf("GET /submit: status %d", r.StatusCode)
			}
			get := webtest.Get(t, h, base+"/en/submit/other")
			post := webtest.Post(t, h, base+"/en/submit/other", url.Values{"message": {"x"}})
			wantGet := test.want
			if wantGet == http.StatusForbidden {
				wantGet = http.StatusSeeOther // to the sign-in, and back
				if to := get.Header.Get("Location"); to != "/en/sign-in?next=%2Fen%2Fsubmit%2Fother" {
					t.Errorf("GET leads to %q", to)
				}
			}
			if get.StatusCode != wantGet || post.StatusCode != test.want {
				t.Errorf("GET %d, POST %d, want %d", get.StatusCode, post.StatusCode, test.want)
			}
			if got := len(d.submitted) == 1; got != (test.want == http.StatusOK) {
				t.Errorf("the desk was asked %d times", len(d.submitted))
			}
			if test.want != http.StatusNotFound {
				return
			}
			if missing := webtest.Page(t, webtest.Get(t, h, base+"/no/such/page")); webtest.Page(t, get) != missing {
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
			page := webtest.Page(t, webtest.Get(t, h, base+"/en/submit"))
			has(t, page, append(test.has, "Billing question", "Invoices and refunds.", `href="/en/submit/billing"`, `href="/en/submit/other"`)...)
			has(t, webtest.Page(t, webtest.Get(t, h, base+"/en/submit/billing")), test.has...)
		})
	}
	h := serve(&desk{}, io.Discard, center(plain))
	r := webtest.Get(t, h, base+"/en/submit")
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusFound || got != "/en/submit/other" {
		t.Errorf("one form: status %d, Location %q", r.StatusCode, got)
	}
	page := webtest.Page(t, webtest.Get(t, h, base+"/en/submit/other"))
	has(t, page, "How can we help?", "Something else")
	hasNot(t, page, "Choose a topic")
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
	for _, path := range []string{"/en/", "/en/requests", "/en/submit", "/en/submit/billing", "/en/submit/none", "/t/" + goodLink, "/t/bad", "/none"} {
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
