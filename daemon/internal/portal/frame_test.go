package portal_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

// people is a desk that knows the two cookies below.
type people struct{ desk }

var (
	customersCookie = &http.Cookie{Name: "__Host-postern_customer", Value: "c"}
	agentsCookie    = &http.Cookie{Name: "__Host-postern_agent", Value: "a"}
)

func (*people) CustomerSignedIn(_ context.Context, account, cookie string) (*actions.Customer, error) {
	if cookie != customersCookie.Value {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return &actions.Customer{Account: account, Contact: &helpdesk.Contact{
		Name: "Alice <Doe>", Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("alice@customer.example")}},
	}}, nil
}

// Requests has one of the customer, and none when the desk is broken.
func (d *people) Requests(context.Context, helpdesk.HelpCenter, *actions.Customer, actions.RequestsQuery) (*actions.Requests, error) {
	if d.err != nil {
		return nil, d.err
	}
	return &actions.Requests{Rows: []actions.RequestRow{{Number: 1042, Subject: "Skates", Status: helpdesk.Open, Heard: webtest.Now}}}, nil
}

func (*people) SignedIn(_ context.Context, account, cookie string) (actions.Actor, error) {
	if cookie != agentsCookie.Value {
		return actions.Actor{}, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return actions.Actor{Account: account, Agent: &helpdesk.Agent{Name: "Robin Sample", Address: helpdesk.MustAddress("robin@acme.example")}}, nil
}

// spoken is a help center in English and German, where people can sign in.
func spoken(forms ...helpdesk.Form) helpdesk.HelpCenter {
	h := center(forms...)
	h.Locales, h.SignUp = []string{"en", "de"}, helpdesk.SignUp{Open: true, Password: true}
	h.In = func(locale string) helpdesk.HelpCenter {
		own := h
		own.Locale, own.In = locale, nil
		return own
	}
	return h
}

func servePeople(d *people, h helpdesk.HelpCenter) http.Handler { return serveDesk(d, h) }

func serveDesk(d portal.Desk, h helpdesk.HelpCenter) http.Handler {
	site := webtest.Site(io.Discard, h)
	return site.Handler(portal.New(d, boxes{}, site))
}

// covers: S08, S34, S37, S38
func TestFrame(t *testing.T) {
	closed, off := spoken(plain), spoken(plain)
	closed.SignUp = helpdesk.SignUp{}
	off.PortalOn = false
	const requests, out, signIn, agents = `href="/en/requests"`, `action="/en/sign-out"`, `href="/en/sign-in`, "You are here as an agent"
	for _, test := range []struct {
		name    string
		center  helpdesk.HelpCenter
		cookies []*http.Cookie
		has     []string
		hasNot  []string
	}{
		{"nobody", spoken(plain), nil, []string{requests, signIn, `href="/en/submit"`}, []string{out, agents, "Alice"}},
		{"a customer", spoken(plain), []*http.Cookie{customersCookie}, []string{requests, out, `href="/en/account"`, "Alice &lt;Doe&gt;", "alice@customer.example"}, []string{signIn, agents}},
		{"an agent", spoken(plain), []*http.Cookie{agentsCookie}, []string{agents, "Robin Sample", `href="/agent"`}, []string{requests, out, signIn}},
		{"both", spoken(plain), []*http.Cookie{agentsCookie, customersCookie}, []string{agents, requests, out}, []string{signIn}},
		{"an old cookie", spoken(plain), []*http.Cookie{{Name: customersCookie.Name, Value: "old"}}, []string{signIn}, []string{out}},
		{"nobody can sign in", closed, nil, []string{`href="/en/submit"`}, []string{requests, signIn, out}},
		{"portal off", off, nil, []string{"Write to us"}, []string{requests, signIn, out, `href="/en/submit"`}},
		{"portal off, signed in", off, []*http.Cookie{customersCookie}, []string{out}, []string{requests, signIn}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := webtest.Get(t, servePeople(&people{}, test.center), base+"/en/", test.cookies...)
			page := webtest.Page(t, r)
			has(t, page, test.has...)
			hasNot(t, page, test.hasNot...)
			personal := len(test.cookies) > 0 && test.cookies[0].Value != "old"
			if kept := r.Header.Get("Cache-Control") != "no-store"; kept == personal {
				t.Errorf("Cache-Control is %q", r.Header.Get("Cache-Control"))
			}
		})
	}
}

// An agent finds their own sign-in from the customers' one, and comes back to where
// they were.
// covers: S38
func TestAgentsSignIn(t *testing.T) {
	h := servePeople(&people{}, spoken(plain))
	for path, want := range map[string]string{
		"/en/sign-in": `href="/agent/sign-in?next=%2Fen%2F"`,
		"/en/sign-in?next=%2Fen%2Frequests%3Fq%3Dx":   `href="/agent/sign-in?next=%2Fen%2Frequests%3Fq%3Dx"`,
		"/en/sign-in?next=https%3A%2F%2Fevil.example": `href="/agent/sign-in?next=%2Fen%2F"`,
	} {
		has(t, webtest.Page(t, webtest.Get(t, h, base+path)), want)
	}
	hasNot(t, webtest.Page(t, webtest.Get(t, h, base+"/en/sign-in", agentsCookie)), "/agent/sign-in")
	hasNot(t, webtest.Page(t, webtest.Get(t, h, base+"/en/")), "/agent/sign-in")
}

// covers: S08, S05
func TestHomeOfACustomer(t *testing.T) {
	d := &people{}
	h := servePeople(d, spoken(plain))
	page := webtest.Page(t, webtest.Get(t, h, base+"/en/", customersCookie))
	has(t, page, `href="/en/requests/1042"`, "Skates", "We are looking into it", "All your requests")
	hasNot(t, webtest.Page(t, webtest.Get(t, h, base+"/en/")), "Skates")
	d.err = errors.New("broken")
	r := webtest.Get(t, h, base+"/en/", customersCookie)
	has(t, webtest.Page(t, r), `href="/en/requests"`, "See all your requests")
	if r.StatusCode != http.StatusOK {
		t.Errorf("home without requests answers %d", r.StatusCode)
	}
}

// Every page leads to itself in the other languages, without telling a secret
// address to anybody.
// covers: S08
func TestLanguagesOfAPage(t *testing.T) {
	h := servePeople(&people{desk{view: seen}}, spoken(full, plain))
	for _, test := range []struct {
		name, path string
		has        []string
		hasNot     []string
	}{
		{"start", "/en/", []string{
			`href="/de/" lang="de" hreflang="de"`, `rel="alternate" hreflang="de" href="` + base + `/de/"`, `hreflang="x-default" href="` + base + `/"`,
		}, nil},
		{"German", "/de/", []string{`<html lang="de">`, "Anmelden", `href="/en/" lang="en"`, `href="/de/submit"`}, []string{"Sign in"}},
		{"with a query", "/en/submit?a=b", []string{`href="/de/submit?a=b"`, `href="/en/sign-in?next=%2Fen%2Fsubmit%3Fa%3Db"`}, nil},
		{"a link of a mail", "/t/" + goodLink, []string{`href="?lang=de"`, `href="/en/sign-in"`}, []string{`href="/t/`, "%2Ft%2F", `rel="alternate"`}},
		{"the same in German", "/t/" + goodLink + "?lang=de", []string{`<html lang="de">`, "Anfrage #1042"}, []string{`href="/t/`, "%2Ft%2F"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			page := webtest.Page(t, webtest.Get(t, h, base+test.path))
			has(t, page, test.has...)
			hasNot(t, page, test.hasNot...)
		})
	}
	// What only answers a form can't be asked for again.
	page := webtest.Page(t, webtest.Post(t, h, base+"/en/submit/other", nil))
	has(t, page, `href="/de/submit/other"`)
}

// Home is read on slow lines too.
func TestHomeIsLight(t *testing.T) {
	const most, mostZipped = 60_000, 20_000
	h := servePeople(&people{}, spoken(full, plain))
	all := []string{"/en/"}
	sizes := map[bool]int{}
	for i := 0; i < len(all); i++ {
		for _, zipped := range []bool{false, true} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, base+all[i], nil)
			if zipped {
				r.Header.Set("Accept-Encoding", "gzip")
			}
			body := webtest.Body(t, webtest.Do(t, h, r, customersCookie))
			sizes[zipped] += len(body)
			if i == 0 && !zipped {
				for _, part := range strings.Split(body, `"`) {
					if strings.HasPrefix(part, "/assets/") {
						all = append(all, part)
					}
				}
			}
		}
	}
	if len(all) < 5 {
		t.Fatalf("home loads %q, want style sheets, a script and an icon", all)
	}
	if sizes[false] > most || sizes[true] > mostZipped {
		t.Errorf("home has %d bytes, %d compressed; want %d and %d at most", sizes[false], sizes[true], most, mostZipped)
	}
	t.Logf("home has %d bytes, %d compressed", sizes[false], sizes[true])
}
