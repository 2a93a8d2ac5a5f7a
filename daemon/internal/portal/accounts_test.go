package portal_test

import (
	"context"
	"errors"
	"io"
	"net/http"
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

const (
	goodPass   = "pp1_BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	goodCookie = "aaaabbbbccccdddd.SECRET"
)

// accounts is a Desk of customers that remembers what it was asked to do.
type accounts struct {
	portal.Desk
	did    []string
	err    error // of all that is done
	kind   helpdesk.PassKind
	locale string // in which a pass was asked for
}

func (d *accounts) do(what ...string) error {
	d.did = append(d.did, strings.Join(what, " "))
	return d.err
}

func (d *accounts) enter(what ...string) (*actions.Entered, error) {
	if err := d.do(what...); err != nil {
		return nil, err
	}
	return &actions.Entered{Cookie: goodCookie, Expires: webtest.Now.Add(time.Hour), Next: "/en/requests/7"}, nil
}

func (d *accounts) AskByMail(_ context.Context, h helpdesk.HelpCenter, in actions.Asking) (helpdesk.ID, error) {
	return "ppppqqqqrrrrssss", d.do("ask", h.Name, h.Locale, string(in.Kind), in.Address, in.Next)
}

func (d *accounts) SignInCustomer(_ context.Context, _ helpdesk.HelpCenter, in actions.Credentials) (*actions.Entered, error) {
	return d.enter("sign in", in.Address, in.Password, in.Browser)
}

func (d *accounts) SignInByCode(_ context.Context, _ helpdesk.HelpCenter, in actions.TypedCode) (*actions.Entered, error) {
	return d.enter("code", string(in.Pass), in.Code)
}

func (d *accounts) SignOutCustomer(_ context.Context, account, cookie string) error {
	return d.do("sign out", account, cookie)
}

func (d *accounts) OpenPass(_ context.Context, _ helpdesk.HelpCenter, token string) (*helpdesk.Pass, error) {
	if token != goodPass {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return &helpdesk.Pass{Kind: d.kind, Locale: d.locale, Address: helpdesk.MustAddress("alice@customer.example")}, nil
}

func (d *accounts) UsePass(_ context.Context, _ helpdesk.HelpCenter, token string, in actions.Activation) (*actions.Entered, error) {
	return d.enter("use", in.Name, in.Password)
}

func (d *accounts) ChangePassword(_ context.Context, _ helpdesk.HelpCenter, who *actions.Customer, in actions.NewPassword) (*actions.Entered, error) {
	return d.enter("change", string(who.Contact.ID), in.Old, in.New)
}

func (d *accounts) ChangeName(_ context.Context, _ helpdesk.HelpCenter, who *actions.Customer, name string) error {
	_, err := d.enter("name", string(who.Contact.ID), name)
	return err
}

func (d *accounts) CustomerSessions(context.Context, *actions.Customer) ([]helpdesk.CustomerSession, error) {
	return []helpdesk.CustomerSession{
		{ID: "here", How: actions.ByPassword, Browser: "Firefox, Linux", Created: webtest.Now},
		{ID: "there", How: "google", Browser: "Safari, iPhone", Created: webtest.Now.Add(-time.Hour)},
	}, nil
}

func (d *accounts) EndCustomerSession(_ context.Context, _ *actions.Customer, id string) error {
	return d.do("end", id)
}

func (d *accounts) EndOtherSessions(context.Context, *actions.Customer) error {
	return d.do("end others")
}

func (d *accounts) CustomerSignedIn(_ context.Context, account, cookie string) (*actions.Customer, error) {
	if account != "a" || cookie != goodCookie {
		return nil, helpdesk.Errorf(helpdesk.SignIn, "sign in first")
	}
	return &actions.Customer{Account: account, Session: helpdesk.CustomerSession{ID: "here"}, Contact: &helpdesk.Contact{
		ID: "aaaabbbbccccdddd", Name: "Alice <b>", SignIn: &helpdesk.PortalSignIn{Password: "secret-hash"},
		Addresses: []helpdesk.ContactAddress{{Address: helpdesk.MustAddress("alice@customer.example"), Proven: &webtest.Now}, {Address: helpdesk.MustAddress("alice@home.example")}},
	}}, nil
}

var alicesCookie = &http.Cookie{Name: "__Host-postern_customer", Value: goodCookie}

// open is a help center where everybody may sign up.
func open(change func(*helpdesk.HelpCenter)) helpdesk.HelpCenter {
	h := center(plain)
	h.SignUp = helpdesk.SignUp{Open: true, Password: true, EmailCode: true}
	if change != nil {
		change(&h)
	}
	return h
}

func serveAccounts(d *accounts, h helpdesk.HelpCenter) http.Handler {
	site := webtest.Site(io.Discard, h)
	return site.Handler(portal.New(d, boxes{}, site))
}

// covers: S24, S26, S38
func TestWaysIn(t *testing.T) {
	closed := open(func(h *helpdesk.HelpCenter) { h.SignUp.Open = false })
	codes := open(func(h *helpdesk.HelpCenter) { h.SignUp.Password = false })
	nobody := open(func(h *helpdesk.HelpCenter) { h.SignUp = helpdesk.SignUp{} })
	off := open(func(h *helpdesk.HelpCenter) { h.PortalOn = false })
	for _, tt := range []struct {
		name, path string
		center     helpdesk.HelpCenter
		status     int
		has        []string
		hasNot     []string
	}{
		{"sign-in", "/en/sign-in?next=/en/requests/7", open(nil), 200, []string{
			`name="next" value="/en/requests/7"`, `href="/en/forgot?next=%2Fen%2Frequests%2F7"`, `href="/en/sign-in/code?next=`, `href="/en/sign-up?next=`,
			`autocomplete="username"`, `autocomplete="current-password"`, `href="/agent/sign-in?next=%2Fen%2Frequests%2F7"`,
		}, nil},
		{"next elsewhere", "/en/sign-in?next=https://evil.example/", open(nil), 200, nil, []string{"evil.example"}},
		{"sign-in where sign-up is closed", "/en/sign-in", closed, 200, []string{"by invitation", `action="/en/sign-in"`}, []string{"/en/sign-up"}},
		{"sign-in by code alone", "/en/sign-in", codes, 200, []string{"/en/sign-in/code"}, []string{"password"}},
		{"no way in", "/en/sign-in", nobody, 200, []string{"Nobody can sign in here", "support@acme.example"}, []string{"<form"}},
		{"portal off", "/en/sign-in", off, 404, nil, []string{"<form"}},
		{"sign-up", "/en/sign-up", open(nil), 200, []string{`action="/en/sign-up"`}, []string{"password\""}},
		{"sign-up closed", "/en/sign-up", closed, 404, []string{"Sign-up is by invitation", "support@acme.example"}, []string{`action="/en/sign-up"`}},
		{"sign-up by code alone", "/en/sign-up", codes, 303, nil, nil},
		{"forgot", "/en/forgot", open(nil), 200, []string{`action="/en/forgot"`}, nil},
		{"forgot where there are no passwords", "/en/forgot", codes, 404, nil, []string{"/en/forgot"}},
		{"code", "/en/sign-in/code", open(nil), 200, []string{`action="/en/sign-in/code"`}, nil},
		{"code where there are none", "/en/sign-in/code", open(func(h *helpdesk.HelpCenter) { h.SignUp.EmailCode = false }), 404, nil, nil},
		{"pass with the portal off", "/pass/" + goodPass, off, 404, nil, []string{"<form"}},
		{"account", "/en/account", open(nil), 303, nil, nil},
		{"account where nobody can sign in", "/en/account", nobody, 403, []string{"needs a sign-in"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &accounts{kind: helpdesk.PassSignUp}
			r := webtest.Get(t, serveAccounts(d, tt.center), base+tt.path)
			if r.StatusCode != tt.status || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("status %d, cookie %q", r.StatusCode, r.Header.Get("Set-Cookie"))
			}
			if r.StatusCode == http.StatusSeeOther {
				if to := r.Header.Get("Location"); !strings.HasPrefix(to, "/en/sign-in") {
					t.Errorf("leads to %s", to)
				}
				return
			}
			page := webtest.Page(t, r)
			has(t, page, tt.has...)
			hasNot(t, page, tt.hasNot...)
			if len(d.did) != 0 {
				t.Errorf("looking did %v", d.did)
			}
		})
	}
}

// Whoever has to sign in is led there, and comes back.
// covers: S20, S21
func TestLeadsToSignIn(t *testing.T) {
	h := serveAccounts(&accounts{}, open(nil))
	r := webtest.Get(t, h, base+"/en/account?done=x")
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/en/sign-in?next=%2Fen%2Faccount%3Fdone%3Dx" {
		t.Errorf("status %d, to %s", r.StatusCode, got)
	}
	r = webtest.Post(t, h, base+"/en/account/password", url.Values{"password": {"x"}})
	if page := webtest.Page(t, r); r.StatusCode != http.StatusForbidden {
		t.Errorf("POST: status %d", r.StatusCode)
	} else {
		has(t, page, `href="/en/sign-in`)
	}
	r = webtest.Get(t, h, base+"/en/sign-in?next=/en/account", alicesCookie)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/en/account" {
		t.Errorf("signed in already: status %d, to %s", r.StatusCode, got)
	}
	d := &accounts{}
	r = webtest.Post(t, serveAccounts(d, open(nil)), base+"/en/sign-in", url.Values{"address": {"alice@customer.example"}, "password": {"pw"}, "next": {"/en/requests/9?draft=x"}}, alicesCookie)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/en/requests/9?draft=x" {
		t.Errorf("after signing in: status %d, to %s", r.StatusCode, got)
	}
	c := r.Cookies()
	if len(c) != 1 || c[0].Name != alicesCookie.Name || c[0].Value != goodCookie || !c[0].HttpOnly || !c[0].Secure || c[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("cookies = %v", c)
	}
	if want := []string{"sign in alice@customer.example pw ", "sign out a " + goodCookie}; !slices.Equal(d.did, want) {
		t.Errorf("did %q, want %q: the session before ends", d.did, want)
	}
	r = webtest.Post(t, serveAccounts(&accounts{}, open(nil)), base+"/en/sign-in", url.Values{"next": {"//evil.example"}})
	if got := r.Header.Get("Location"); got != "/en/requests" {
		t.Errorf("next elsewhere leads to %s", got)
	}
}

// Whoever is led to the sign-in reads why.
// covers: S20, S21, S23
func TestSignInSaysWhatItLeadsTo(t *testing.T) {
	h := serveAccounts(&accounts{}, open(nil))
	for _, tt := range []struct{ next, want string }{
		{"/en/requests/9?draft=x", "What you wrote is kept. After signing in you can send it."},
		{"/en/requests/9", "After signing in you come to the request."},
		{"/en/submit/billing", "After signing in you come to the form."},
		{"/en/account", ""},
		{"//evil.example/en/submit", ""},
	} {
		for _, page := range []string{"/en/sign-in", "/en/sign-up"} {
			got := webtest.Page(t, webtest.Get(t, h, base+page+"?"+url.Values{"next": {tt.next}}.Encode()))
			if tt.want != "" {
				has(t, got, tt.want)
			} else {
				hasNot(t, got, "After signing in")
			}
		}
	}
}

// What is answered tells nothing of the address: but for the address itself, it
// is the same to the byte.
// covers: S24
func TestAskingTellsNothing(t *testing.T) {
	for path, kind := range map[string]string{"/en/sign-up": "signup", "/en/forgot": "reset", "/en/sign-in/code": "code"} {
		d := &accounts{}
		h := serveAccounts(d, open(nil))
		answer := func(address string) string {
			r := webtest.Post(t, h, base+path, url.Values{"address": {address}, "next": {"/en/requests/7"}})
			if r.StatusCode != http.StatusOK {
				t.Errorf("%s: status %d", path, r.StatusCode)
			}
			return strings.ReplaceAll(webtest.Page(t, r), address, "ADDRESS")
		}
		if one, two := answer("alice@customer.example"), answer("nobody@customer.example"); one != two {
			t.Errorf("%s answers differ", path)
		}
		if want := "ask acme en " + kind + " alice@customer.example /en/requests/7"; len(d.did) != 2 || d.did[0] != want {
			t.Errorf("%s did %q, want %q", path, d.did, want)
		}
	}
	d := &accounts{err: helpdesk.Errorf(helpdesk.Invalid, "this address and password do not belong together")}
	h := serveAccounts(d, open(nil))
	r := webtest.Post(t, h, base+"/en/sign-in", url.Values{"address": {"alice@customer.example"}, "password": {"typed-secret"}})
	page := webtest.Page(t, r)
	has(t, page, "This address and password do not belong together.", `value="alice@customer.example"`)
	hasNot(t, page, "typed-secret", `id="address-error"`)
	d.err = &helpdesk.Error{Kind: helpdesk.Invalid, Public: "enter a mail address", Err: helpdesk.ErrAddress}
	page = webtest.Page(t, webtest.Post(t, h, base+"/en/sign-in", url.Values{"address": {"alice"}}))
	has(t, page, `id="address-error"`)
	hasNot(t, page, `id="password-error"`)
}

// covers: S24, S28
func TestPass(t *testing.T) {
	for kind, words := range map[helpdesk.PassKind]string{
		helpdesk.PassSignUp: "Sign up", helpdesk.PassInvitation: "Activate your account", helpdesk.PassReset: "Set a new password",
	} {
		d := &accounts{kind: kind}
		h := serveAccounts(d, open(nil))
		r := webtest.Get(t, h, base+"/pass/"+goodPass)
		if r.Header.Get("Referrer-Policy") != "no-referrer" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v", r.Header)
		}
		page := webtest.Page(t, r)
		has(t, page, words, `autocomplete="new-password"`, `value="alice@customer.example" autocomplete="username"`)
		hasNot(t, page, goodPass)
		if strings.Contains(page, `name="name"`) != (kind != helpdesk.PassReset) {
			t.Errorf("%s: name is asked for: %t", kind, kind == helpdesk.PassReset)
		}
		if len(d.did) != 0 {
			t.Fatalf("looking did %v", d.did)
		}
		r = webtest.Post(t, h, base+"/pass/"+goodPass, url.Values{"name": {"Alice"}, "password": {"pw"}})
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/en/requests/7" || len(r.Cookies()) != 1 {
			t.Errorf("status %d, to %s, cookies %v", r.StatusCode, got, r.Cookies())
		}
	}
	d := &accounts{kind: helpdesk.PassSignUp, err: helpdesk.Errorf(helpdesk.Invalid, "a password has at least %d characters; this one has %d", 12, 2)}
	r := webtest.Post(t, serveAccounts(d, open(nil)), base+"/pass/"+goodPass, url.Values{"name": {"Alice <b>"}, "password": {"pw-typed"}})
	page := webtest.Page(t, r)
	has(t, page, "A password has at least 12 characters", "Alice &lt;b&gt;", `aria-invalid="true"`)
	hasNot(t, page, "pw-typed")
	if r.StatusCode != http.StatusUnprocessableEntity || len(r.Cookies()) != 0 {
		t.Errorf("status %d, cookies %v", r.StatusCode, r.Cookies())
	}
	for _, method := range []func() *http.Response{
		func() *http.Response { return webtest.Get(t, serveAccounts(d, open(nil)), base+"/pass/pp1_bad") },
		func() *http.Response { return webtest.Post(t, serveAccounts(d, open(nil)), base+"/pass/pp1_bad", nil) },
	} {
		r := method()
		has(t, webtest.Page(t, r), "This link no longer works", `href="/en/sign-up"`, `href="/en/forgot"`)
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("status %d", r.StatusCode)
		}
	}
}

// A mail that was asked for in German leads to a page in German, whatever the
// browser prefers.
func TestPassSpeaks(t *testing.T) {
	h := serveAccounts(&accounts{kind: helpdesk.PassReset, locale: "de"}, spoken(plain))
	has(t, webtest.Page(t, webtest.Get(t, h, base+"/pass/"+goodPass)), "Neues Passwort festlegen", `lang="de"`)
	has(t, webtest.Page(t, webtest.Get(t, h, base+"/pass/"+goodPass+"?lang=en")), "Set a new password")
}

// Where there are no passwords, an invitation leads to the other ways.
// covers: S28
func TestInvitationWithoutPasswords(t *testing.T) {
	h := serveAccounts(&accounts{kind: helpdesk.PassInvitation}, open(func(h *helpdesk.HelpCenter) { h.SignUp.Password = false }))
	page := webtest.Page(t, webtest.Get(t, h, base+"/pass/"+goodPass))
	has(t, page, `href="/en/sign-in/code"`)
	hasNot(t, page, `type="password"`, "Choose a password")
}

// covers: S24
func TestCode(t *testing.T) {
	d := &accounts{}
	h := serveAccounts(d, open(nil))
	r := webtest.Post(t, h, base+"/en/sign-in/code", url.Values{"address": {"alice@customer.example"}})
	page := webtest.Page(t, r)
	has(t, page, `autocomplete="one-time-code"`, `inputmode="numeric"`, `name="address" value="alice@customer.example"`)
	asked := r.Cookies()
	if len(asked) != 1 || asked[0].Name != "__Host-postern_code" || !strings.HasPrefix(asked[0].Value, "ppppqqqqrrrrssss.") || !asked[0].HttpOnly {
		t.Fatalf("cookies = %v", asked)
	}
	r = webtest.Post(t, h, base+"/en/sign-in/code", url.Values{"code": {"1234 5678"}, "next": {"/en/account"}}, asked[0])
	if r.StatusCode != http.StatusSeeOther || d.did[len(d.did)-1] != "code ppppqqqqrrrrssss 1234 5678" || len(r.Cookies()) != 2 {
		t.Errorf("status %d, did %q, cookies %v", r.StatusCode, d.did, r.Cookies())
	}
	d.err = helpdesk.Errorf(helpdesk.Invalid, "this code is not right")
	r = webtest.Post(t, h, base+"/en/sign-in/code", url.Values{"code": {"1"}, "address": {"alice@customer.example"}}, asked[0])
	has(t, webtest.Page(t, r), "This code is not right.", "alice@customer.example")
	if r.StatusCode != http.StatusUnprocessableEntity || len(r.Cookies()) != 0 {
		t.Errorf("status %d, cookies %v", r.StatusCode, r.Cookies())
	}
}

func TestAccount(t *testing.T) {
	d := &accounts{}
	h := serveAccounts(d, open(func(h *helpdesk.HelpCenter) { h.SignUp.OIDC = []helpdesk.OIDC{{Name: "google", Label: "Google"}} }))
	page := webtest.Page(t, webtest.Get(t, h, base+"/en/account?done=password", alicesCookie))
	has(t, page, "Alice &lt;b&gt;", "alice@customer.example", "alice@home.example", "(not confirmed)", "Firefox, Linux", "(this one)", "Safari, iPhone", "with Google",
		"Your password is set.", `action="/en/account/sessions/there/end"`, `action="/en/account/sessions/end"`, `action="/en/sign-out"`, "Your password now")
	hasNot(t, page, "secret-hash", `sessions/here/end`)
	for _, tt := range []struct{ path, did, to string }{
		{"/en/account/name", "name aaaabbbbccccdddd New Name", "/en/account?done=name"},
		{"/en/account/password", "change aaaabbbbccccdddd old new", "/en/account?done=password"},
		{"/en/account/sessions/there/end", "end there", "/en/account?done=ended"},
		{"/en/account/sessions/end", "end others", "/en/account?done=others"},
		{"/en/sign-out", "sign out a " + goodCookie, "/en/"},
	} {
		d.did = nil
		r := webtest.Post(t, h, base+tt.path, url.Values{"old": {"old"}, "password": {"new"}, "name": {"New Name"}}, alicesCookie)
		if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != tt.to || len(d.did) == 0 || d.did[0] != tt.did {
			t.Errorf("%s: status %d, to %s, did %q", tt.path, r.StatusCode, got, d.did)
		}
	}
	d.err = &helpdesk.Error{Kind: helpdesk.Invalid, Public: "this is not your password", Err: actions.ErrOldPassword}
	r := webtest.Post(t, h, base+"/en/account/password", url.Values{"old": {"old-typed"}, "password": {"new"}}, alicesCookie)
	page = webtest.Page(t, r)
	has(t, page, `id="old-error"`, "This is not your password.")
	hasNot(t, page, "old-typed")
	d.err = helpdesk.Errorf(helpdesk.Invalid, "use a shorter name")
	page = webtest.Page(t, webtest.Post(t, h, base+"/en/account/name", url.Values{"name": {"A long <i>name"}}, alicesCookie))
	has(t, page, `id="name-error"`, "Use a shorter name.", `value="A long &lt;i&gt;name"`)
	hasNot(t, page, `id="password-error"`)
	r = webtest.Post(t, h, base+"/en/sign-out", nil, alicesCookie)
	if r.StatusCode == http.StatusSeeOther {
		t.Error("a sign-out that failed looks done")
	}
}

func TestTriesAreLimited(t *testing.T) {
	d := &accounts{err: helpdesk.Errorf(helpdesk.Invalid, "no")}
	h := serveAccounts(d, open(nil))
	last := 0
	for range 21 {
		last = webtest.Post(t, h, base+"/en/sign-in", url.Values{"address": {"a@b.example"}, "password": {"x"}}).StatusCode
	}
	if last != http.StatusTooManyRequests || len(d.did) != 20 {
		t.Errorf("status %d after %d tries", last, len(d.did))
	}
	d = &accounts{}
	h = serveAccounts(d, open(nil))
	for range 11 {
		last = webtest.Post(t, h, base+"/en/sign-up", url.Values{"address": {"a@b.example"}}).StatusCode
	}
	if last != http.StatusTooManyRequests || len(d.did) != 10 {
		t.Errorf("mails: status %d after %d", last, len(d.did))
	}
	d = &accounts{err: actions.ErrTooMany}
	if r := webtest.Post(t, serveAccounts(d, open(nil)), base+"/en/sign-in", nil); r.StatusCode != http.StatusTooManyRequests {
		t.Errorf("an address that was tried too often: status %d", r.StatusCode)
	}
	d = &accounts{err: errors.New("etcd is away")}
	r := webtest.Post(t, serveAccounts(d, open(nil)), base+"/en/sign-in", url.Values{"address": {"a@b.example"}})
	if page := webtest.Page(t, r); r.StatusCode != http.StatusInternalServerError || strings.Contains(page, "etcd") {
		t.Errorf("our own fault: status %d", r.StatusCode)
	} else {
		has(t, page, `value="a@b.example"`)
	}
}

func TestBrowserNames(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                     "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0":              "Edge, Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15":                      "Safari, Mac",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.0.0 Mobile/15E148 Safari/604.1": "Chrome, iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36":                               "Chrome, Android",
		"something else": "",
	} {
		d := &accounts{}
		form := url.Values{"address": {"a"}, "password": {"p"}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/en/sign-in", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("User-Agent", agent)
		webtest.Do(t, serveAccounts(d, open(nil)), r)
		if len(d.did) != 1 || d.did[0] != "sign in a p "+want {
			t.Errorf("%s is %q, want %q", agent, d.did, want)
		}
	}
}
