package portal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

const issuersAddress = "https://id.example/authorize?state=s1&code_challenge=c"

// elsewhere is a Desk of customers who sign in at an issuer.
type elsewhere struct {
	accounts
	arrival actions.Arrival
	secret  string // of the browser, as it came with the arrival
}

func (d *elsewhere) Leave(_ context.Context, h helpdesk.HelpCenter, issuer string, in actions.Leaving) (*actions.Left, error) {
	who := ""
	if in.Add != nil {
		who = string(in.Add.Contact.ID)
	}
	err := d.do("leave", h.Locale, issuer, in.Next, in.Pass, who)
	return &actions.Left{Address: issuersAddress, Label: "Acme <ID>", Cookie: "c1", Expires: webtest.Now.Add(10 * time.Minute)}, err
}

func (d *elsewhere) Back(_ helpdesk.HelpCenter, issuer, cookie, state string) (*actions.Way, error) {
	if issuer != "id" || cookie != "c1" || state != "s1" {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "this sign-in was begun in another browser, or too long ago")
	}
	return &actions.Way{Label: "Acme <ID>", Locale: "de", Next: "/de/requests/7"}, nil
}

func (d *elsewhere) Arrive(_ context.Context, h helpdesk.HelpCenter, issuer string, in actions.Arriving) (*actions.Arrived, error) {
	d.secret = in.Secret
	if err := d.do("arrive", h.Locale, issuer, in.Cookie, in.State, in.Returned.Code, in.Returned.Issuer, in.Browser); err != nil {
		return nil, err
	}
	got := &actions.Arrived{What: d.arrival, Label: "Acme <ID>", Next: "/de/requests/7", Address: helpdesk.MustAddress("alice@customer.example")}
	if d.arrival == actions.ArrivedIn {
		got.Entered = &actions.Entered{Cookie: goodCookie, Expires: webtest.Now.Add(time.Hour)}
	}
	return got, nil
}

func (d *elsewhere) LinkIdentity(_ context.Context, _ helpdesk.HelpCenter, token, secret, _ string) (*actions.Entered, error) {
	return d.enter("link", token, secret)
}

func (d *elsewhere) DropIdentity(_ context.Context, _ helpdesk.HelpCenter, who *actions.Customer, issuer string) error {
	return d.do("drop", string(who.Contact.ID), issuer)
}

// OpenPass opens one that is for an issuer's identity, asked for in the browser
// that has the secret.
func (d *elsewhere) OpenPass(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Pass, error) {
	p, err := d.accounts.OpenPass(ctx, h, token)
	if err == nil && d.kind == helpdesk.PassLink {
		sum := sha256.Sum256([]byte("secret"))
		p.Browser = hex.EncodeToString(sum[:])
		p.Subject = &helpdesk.Subject{Issuer: "https://id.example", Subject: "alice", Name: "id"}
	}
	return p, err
}

// issuing is a help center with two issuers and two languages.
func issuing(change func(*helpdesk.HelpCenter)) helpdesk.HelpCenter {
	h := open(change)
	h.SignUp.OIDC = []helpdesk.OIDC{{Name: "id", Issuer: "https://id.example", Label: "Acme <ID>"}, {Name: "google", Issuer: helpdesk.GoogleIssuer, Label: "Google"}}
	h.Locales = []string{"en", "de"}
	in := h
	h.In = func(locale string) helpdesk.HelpCenter {
		spoken := in
		spoken.Locale = locale
		return spoken
	}
	return h
}

func serveElsewhere(d *elsewhere, log io.Writer, h helpdesk.HelpCenter) http.Handler {
	site := webtest.Site(log, h)
	return site.Handler(portal.New(d, boxes{}, site))
}

// covers: S25, S28, S42
func TestButtonsOfIssuers(t *testing.T) {
	d := &elsewhere{}
	d.kind = helpdesk.PassInvitation
	h := serveElsewhere(d, io.Discard, issuing(nil))
	for path, words := range map[string][]string{
		"/en/sign-in?next=/en/requests/7": {`action="/en/sign-in/with/id"`, `action="/en/sign-in/with/google"`, "Continue with Google", "Continue with Acme &lt;ID&gt;", `name="next" value="/en/requests/7"`},
		"/de/sign-up":                     {`action="/de/sign-in/with/google"`, "Weiter mit Google"},
		"/pass/" + goodPass:               {`action="/en/sign-in/with/google"`, `name="pass" value="` + goodPass + `"`},
	} {
		has(t, webtest.Page(t, webtest.Get(t, h, base+path)), words...)
	}
	account := webtest.Page(t, webtest.Get(t, h, base+"/en/account", alicesCookie))
	has(t, account, `action="/en/sign-in/with/google"`, `name="add"`)
	alone := serveElsewhere(d, io.Discard, issuing(func(h *helpdesk.HelpCenter) { h.SignUp.Password, h.SignUp.EmailCode = false, false }))
	for _, path := range []string{"/en/sign-in", "/pass/" + goodPass} {
		page := webtest.Page(t, webtest.Get(t, alone, base+path))
		has(t, page, "Continue with Google")
		hasNot(t, page, `type="password"`, `<p class="either">`)
	}
	d.kind = helpdesk.PassReset
	hasNot(t, webtest.Page(t, webtest.Get(t, h, base+"/pass/"+goodPass)), "Continue with Google")
	without := serveElsewhere(d, io.Discard, open(nil))
	hasNot(t, webtest.Page(t, webtest.Get(t, without, base+"/en/sign-in")), "/sign-in/with/")
}

// covers: S25
func TestLeave(t *testing.T) {
	for _, tt := range []struct {
		name    string
		form    url.Values
		cookies []*http.Cookie
		status  int
		did     []string
	}{
		{"plain", url.Values{}, nil, 200, []string{"leave de id   "}},
		{"and come back", url.Values{"next": {"/de/requests/7?draft=x"}}, nil, 200, []string{"leave de id /de/requests/7?draft=x  "}},
		{"not to elsewhere", url.Values{"next": {"//evil.example/"}}, nil, 200, []string{"leave de id   "}},
		{"with a link", url.Values{"pass": {goodPass}}, nil, 200, []string{"leave de id  " + goodPass + " "}},
		{"to add it", url.Values{"add": {"yes"}}, []*http.Cookie{alicesCookie}, 200, []string{"leave de id   aaaabbbbccccdddd"}},
		{"to add it as nobody", url.Values{"add": {"yes"}}, nil, 403, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &elsewhere{}
			r := webtest.Post(t, serveElsewhere(d, io.Discard, issuing(nil)), base+"/de/sign-in/with/id", tt.form, tt.cookies...)
			page := webtest.Page(t, r) // its policy lets forms go nowhere else
			if r.StatusCode != tt.status || !slices.Equal(d.did, tt.did) {
				t.Fatalf("status %d, did %q", r.StatusCode, d.did)
			}
			if tt.status != http.StatusOK {
				if len(r.Cookies()) != 0 || r.Header.Get("Refresh") != "" {
					t.Errorf("cookies %v, refresh %q", r.Cookies(), r.Header.Get("Refresh"))
				}
				return
			}
			has(t, page, `href="https://id.example/authorize?state=s1&amp;code_challenge=c"`, "Weiter zu Acme &lt;ID&gt;")
			if got := r.Header.Get("Refresh"); got != "0; url="+issuersAddress {
				t.Errorf("refresh %q", got)
			}
			if got := r.Header.Get("Referrer-Policy"); got != "no-referrer" {
				t.Errorf("referrer policy %q", got)
			}
			c := r.Cookies()
			if len(c) != 1 || c[0].Name != "__Host-postern_away" || c[0].Value != "c1" || !c[0].HttpOnly || !c[0].Secure || c[0].SameSite != http.SameSiteLaxMode ||
				!c[0].Expires.Equal(webtest.Now.Add(10*time.Minute)) || c[0].Path != "/" {
				t.Errorf("cookies %+v", c)
			}
		})
	}
}

func TestLeavingTakesAForm(t *testing.T) {
	d := &elsewhere{}
	h := serveElsewhere(d, io.Discard, issuing(nil))
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		r := webtest.Do(t, h, httptest.NewRequestWithContext(t.Context(), method, base+"/de/sign-in/with/id", nil))
		if r.StatusCode < 400 || len(r.Cookies()) != 0 {
			t.Errorf("%s: %d, %v", method, r.StatusCode, r.Cookies())
		}
	}
	for _, path := range []string{"/sign-in/with/id", "/sign-in/back/id", "/account/issuers/id/end"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader("code=x&state=s1"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.AddCookie(awayCookie)
		if got := webtest.Do(t, h, r); got.StatusCode != http.StatusForbidden || len(got.Cookies()) != 0 {
			t.Errorf("%s from another site: %d, %v", path, got.StatusCode, got.Cookies())
		}
	}
	if len(d.did) != 0 {
		t.Errorf("did %q", d.did)
	}
	off := serveElsewhere(d, io.Discard, issuing(func(h *helpdesk.HelpCenter) { h.PortalOn = false }))
	if r := webtest.Post(t, off, base+"/sign-in/with/id", url.Values{}); r.StatusCode != http.StatusNotFound {
		t.Errorf("where the portal is off: %d", r.StatusCode)
	}
	for range 30 {
		webtest.Post(t, h, base+"/sign-in/back/id", comesBack, awayCookie)
	}
	if n := len(d.did); n < 10 || n > 25 {
		t.Errorf("an issuer was asked %d times of 30", n)
	}
	if r := webtest.Post(t, h, base+"/sign-in/back/id", comesBack, awayCookie); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("many times: %d", r.StatusCode)
	}
}

var awayCookie = &http.Cookie{Name: "__Host-postern_away", Value: "c1"}

// Looking at what an issuer leads to does nothing, whoever looks.
//
// covers: M03, S25
func TestTheWayBackIsOnlyLookedAt(t *testing.T) {
	for _, tt := range []struct {
		name, query string
		cookies     []*http.Cookie
		status      int
		has, hasNot []string
	}{
		{"with a code", "?code=secret-code&state=s1&iss=https%3A%2F%2Fid.example", []*http.Cookie{awayCookie}, 200, []string{
			`action="/sign-in/back/id"`, `name="code" value="secret-code"`, `name="state" value="s1"`, `name="iss" value="https://id.example"`, "data-press",
			"Weiter", `<html lang="de">`,
		}, nil},
		{"in another browser", "?code=secret-code&state=s1", nil, 422, []string{"begun in another browser"}, []string{"data-press", "value=\"secret-code\""}},
		{"of another sign-in", "?code=secret-code&state=s2", []*http.Cookie{awayCookie}, 422, []string{"begun in another browser"}, []string{"data-press"}},
		{"they did not want to", "?error=access_denied&state=s1&error_description=%3Cb%3E", []*http.Cookie{awayCookie}, 422, []string{"ohne sich anzumelden", `href="/de/sign-in?next=%2Fde%2Frequests%2F7"`}, []string{"<b>", "data-press"}},
		{"the issuer failed", "?error=server_error&state=s1", []*http.Cookie{awayCookie}, 422, []string{"konnte Sie nicht anmelden"}, []string{"data-press"}},
		{"without a code", "?state=s1", []*http.Cookie{awayCookie}, 422, nil, []string{"data-press"}},
		{"with an endless code", "?state=s1&code=" + strings.Repeat("x", 5000), []*http.Cookie{awayCookie}, 422, nil, []string{"data-press"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &elsewhere{}
			var log bytes.Buffer
			h := serveElsewhere(d, &log, issuing(nil))
			r := webtest.Get(t, h, base+"/sign-in/back/id"+tt.query, tt.cookies...)
			page := webtest.Page(t, r)
			has(t, page, tt.has...)
			hasNot(t, page, tt.hasNot...)
			head := webtest.Do(t, h, httptest.NewRequestWithContext(t.Context(), http.MethodHead, base+"/sign-in/back/id"+tt.query, nil), tt.cookies...)
			if r.StatusCode != tt.status || head.StatusCode != tt.status || len(r.Cookies())+len(head.Cookies()) != 0 || len(d.did) != 0 {
				t.Errorf("status %d and %d, cookies %v, did %q", r.StatusCode, head.StatusCode, r.Cookies(), d.did)
			}
			if r.Header.Get("Referrer-Policy") != "no-referrer" || r.Header.Get("Cache-Control") != "no-store" || strings.Contains(log.String(), "secret-code") {
				t.Errorf("header %v\nlog %s", r.Header, &log)
			}
		})
	}
}

var comesBack = url.Values{"code": {"secret-code"}, "state": {"s1"}, "iss": {"https://id.example"}}

// covers: S25
func TestComingBack(t *testing.T) {
	const arrived = "arrive de id c1 s1 secret-code https://id.example "
	for _, tt := range []struct {
		arrival actions.Arrival
		status  int
		cookies []string // that are set, and those that go, with a minus
		words   string
	}{
		{actions.ArrivedIn, 303, []string{"-postern_away", "postern_customer"}, ""},
		{actions.ArrivedAdded, 303, []string{"-postern_away"}, ""},
		{actions.ArrivedMailed, 200, []string{"-postern_away", "postern_proof"}, "alice@customer.example"},
		{actions.ArrivedUnasked, 403, []string{"-postern_away"}, "Konten richten wir hier selbst ein"},
		{actions.ArrivedUnnamed, 422, []string{"-postern_away"}, "nicht genannt"},
		{actions.ArrivedTaken, 409, []string{"-postern_away"}, "in Gebrauch"},
		{actions.ArrivedRefused, 422, []string{"-postern_away"}, "konnte Sie nicht anmelden"},
	} {
		t.Run(string(tt.arrival), func(t *testing.T) {
			d := &elsewhere{arrival: tt.arrival}
			r := webtest.Post(t, serveElsewhere(d, io.Discard, issuing(nil)), base+"/sign-in/back/id", comesBack, awayCookie)
			if r.StatusCode != tt.status || !slices.Equal(d.did, []string{arrived}) {
				t.Fatalf("status %d, did %q", r.StatusCode, d.did)
			}
			var cookies []string
			for _, c := range r.Cookies() {
				sign := ""
				if c.MaxAge < 0 {
					sign = "-"
				}
				cookies = append(cookies, sign+strings.TrimPrefix(c.Name, "__Host-"))
				if c.Name == "__Host-postern_proof" && (c.Value != d.secret || len(c.Value) < 26 || !c.HttpOnly) {
					t.Errorf("proof %+v", c)
				}
			}
			if !slices.Equal(cookies, tt.cookies) {
				t.Errorf("cookies %q", cookies)
			}
			if to := map[actions.Arrival]string{actions.ArrivedIn: "/de/requests/7", actions.ArrivedAdded: "/de/account?done=connected"}[tt.arrival]; to != "" {
				if got := r.Header.Get("Location"); got != to {
					t.Errorf("goes on to %q", got)
				}
				return
			}
			page := webtest.Page(t, r)
			has(t, page, tt.words)
			hasNot(t, page, "secret-code")
		})
	}
}

func TestComingBackToAnotherBrowser(t *testing.T) {
	d := &elsewhere{arrival: actions.ArrivedIn}
	h := serveElsewhere(d, io.Discard, issuing(nil))
	r := webtest.Post(t, h, base+"/sign-in/back/id", comesBack)
	if r.StatusCode != http.StatusUnprocessableEntity || len(d.did) != 0 || len(r.Cookies()) != 0 {
		t.Errorf("status %d, did %q, cookies %v", r.StatusCode, d.did, r.Cookies())
	}
	d.err = helpdesk.Errorf(helpdesk.Unavailable, "%s does not answer as it should at the moment", "Acme ID")
	r = webtest.Post(t, h, base+"/sign-in/back/id", comesBack, awayCookie)
	if r.StatusCode != http.StatusServiceUnavailable || len(r.Cookies()) != 0 {
		t.Errorf("an issuer that is away: %d, %v", r.StatusCode, r.Cookies())
	}
}

// Who goes back with their browser after they came in is not told that they did
// not.
func TestGoingBackAfterComingIn(t *testing.T) {
	d := &elsewhere{}
	r := webtest.Get(t, serveElsewhere(d, io.Discard, issuing(nil)), base+"/sign-in/back/id?code=secret-code&state=s1", alicesCookie)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/en/requests" || len(r.Cookies()) != 0 || len(d.did) != 0 {
		t.Errorf("status %d, on to %q, did %q", r.StatusCode, r.Header.Get("Location"), d.did)
	}
}

// Who was signed in as somebody else is signed out as that one.
func TestComingBackAsSomebodyElse(t *testing.T) {
	d := &elsewhere{arrival: actions.ArrivedIn}
	webtest.Post(t, serveElsewhere(d, io.Discard, issuing(nil)), base+"/sign-in/back/id", comesBack, awayCookie, alicesCookie)
	if !slices.Contains(d.did, "sign out a "+goodCookie) {
		t.Errorf("did %q", d.did)
	}
}

// The link in the mail that asks whether it was they can be used where it was
// asked for alone, and by pressing its button alone.
//
// covers: M03, S25
func TestProof(t *testing.T) {
	here, there := &http.Cookie{Name: "__Host-postern_proof", Value: "secret"}, &http.Cookie{Name: "__Host-postern_proof", Value: "another"}
	d := &elsewhere{}
	d.kind = helpdesk.PassLink
	h := serveElsewhere(d, io.Discard, issuing(nil))
	for _, tt := range []struct {
		name    string
		cookies []*http.Cookie
		button  bool
	}{
		{"here", []*http.Cookie{here}, true}, {"in another browser", nil, false}, {"after another sign-in", []*http.Cookie{there}, false},
	} {
		page := webtest.Page(t, webtest.Get(t, h, base+"/pass/"+goodPass, tt.cookies...))
		has(t, page, "Was this you?", "Acme &lt;ID&gt;", "alice@customer.example")
		if strings.Contains(page, "Yes, sign me in") != tt.button || strings.Contains(page, `type="password"`) || len(d.did) != 0 {
			t.Errorf("%s: %s\ndid %q", tt.name, page, d.did)
		}
	}
	for _, cookies := range [][]*http.Cookie{nil, {there}} {
		r := webtest.Post(t, h, base+"/pass/"+goodPass, url.Values{"password": {"seven quiet otters sing"}}, cookies...)
		if r.StatusCode != http.StatusOK || len(d.did) != 0 || len(r.Cookies()) != 0 {
			t.Errorf("pressed in another browser: %d, did %q, cookies %v", r.StatusCode, d.did, r.Cookies())
		}
	}
	r := webtest.Post(t, h, base+"/pass/"+goodPass, url.Values{}, here)
	if r.StatusCode != http.StatusSeeOther || !slices.Equal(d.did, []string{"link " + goodPass + " secret"}) || r.Header.Get("Location") != "/en/requests/7" {
		t.Errorf("status %d, did %q, on to %q", r.StatusCode, d.did, r.Header.Get("Location"))
	}
}

func TestDisconnecting(t *testing.T) {
	d := &elsewhere{}
	h := serveElsewhere(d, io.Discard, issuing(nil))
	if r := webtest.Post(t, h, base+"/en/account/issuers/google/end", url.Values{}); r.StatusCode != http.StatusForbidden || len(d.did) != 0 {
		t.Errorf("as nobody: %d, did %q", r.StatusCode, d.did)
	}
	r := webtest.Post(t, h, base+"/en/account/issuers/google/end", url.Values{}, alicesCookie)
	if r.Header.Get("Location") != "/en/account?done=disconnected" || !slices.Equal(d.did, []string{"drop aaaabbbbccccdddd google"}) {
		t.Errorf("on to %q, did %q", r.Header.Get("Location"), d.did)
	}
	d.err = helpdesk.Errorf(helpdesk.Invalid, "this is your only way to sign in; set a password first")
	r = webtest.Post(t, h, base+"/en/account/issuers/google/end", url.Values{}, alicesCookie)
	if r.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the only way: %d", r.StatusCode)
	}
	has(t, webtest.Page(t, r), "This is your only way to sign in; set a password first.")
}
