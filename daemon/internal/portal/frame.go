package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// frame is what stands around each page: ways to go, who is here, and the
// languages.
type frame struct {
	Submit   string // label of the button; "" where submitting is hidden
	Requests bool   // there are requests to be listed, or would be after a sign-in
	SignIn   string // where to sign in, and come back; "" for nowhere
	Person   string // who is signed in; "" for nobody
	Address  string // of the person
	Agent    string // the agent who is here
	// AgentsSignIn is their way in from a page that asks for a sign-in (row S38).
	AgentsSignIn string
	Here         string // the way that the visitor took: submit, requests, account, sign-in
	Languages    []tongue
}

// tongue is this page in a language.
type tongue struct {
	Locale, Name, Path string
	Current            bool
}

// ways of the navigation, by where their pages begin.
var ways = map[string]string{"/submit": "submit", "/requests": "requests", "/account": "account", "/sign-in": "sign-in"}

func (p *Handler) frame(v *visit) frame {
	f := frame{Here: here(v.r.URL.Path), Languages: p.tongues(v)}
	if len(v.center.FormsFor(v.visitor)) > 0 {
		f.Submit = or(v.center.ButtonLabel, v.say.T("Submit a request"))
	}
	canSignIn := v.center.PortalOn && v.center.SignUp.Any()
	if v.agent != nil {
		f.Agent = or(v.agent.Agent.Name, v.agent.Agent.Address.String())
	}
	switch {
	case v.customer != nil:
		f.Requests = v.center.PortalOn
		f.Person, f.Address = nameOf(v), addressOf(v)
	case v.agent == nil && canSignIn:
		f.Requests = true
		f.SignIn = p.signInPath(v)
	}
	if v.agent == nil && (v.r.URL.Path == "/sign-in" || v.turnedAway) {
		f.AgentsSignIn = "/agent/sign-in" + nextQuery(or(p.back(v), v.path("/")))
	}
	return f
}

func here(path string) string {
	for start, way := range ways {
		if path == start || strings.HasPrefix(path, start+"/") {
			return way
		}
	}
	return ""
}

// nameOf is what to call the customer who is signed in.
func nameOf(v *visit) string { return or(v.customer.Contact.Name, addressOf(v)) }

func addressOf(v *visit) string {
	known := v.customer.Contact.Addresses
	if len(known) == 0 {
		return ""
	}
	if i := slices.IndexFunc(known, func(a helpdesk.ContactAddress) bool { return a.Proven != nil }); i > 0 {
		return known[i].Address.String()
	}
	return known[0].Address.String()
}

// signingIn are pages on the way to a sign-in: nobody wants to come back to them,
// but to where they came from.
var signingIn = []string{"/sign-in", "/sign-up", "/forgot", "/pass"}

// back is where to go after signing in; "" for the start. It never is the address
// of a page that a mail leads to: that is a secret, which the sign-in would carry
// into records and other mails.
func (p *Handler) back(v *visit) string {
	for _, start := range signingIn {
		if v.r.URL.Path == start || strings.HasPrefix(v.r.URL.Path, start+"/") {
			return web.LocalPath(or(v.r.PostForm.Get("next"), v.r.URL.Query().Get("next")), "")
		}
	}
	address := p.readable(v)
	if !v.prefixed && address.Path != v.path("/") {
		return ""
	}
	if address.Path == v.path("/") {
		return ""
	}
	return address.RequestURI()
}

// signInPath leads to the sign-in and back to this page.
func (p *Handler) signInPath(v *visit) string { return signInFor(v, p.back(v)) }

// signInFor leads to the sign-in and on to next.
func signInFor(v *visit, next string) string { return v.path("/sign-in") + nextQuery(next) }

func nextQuery(next string) string {
	if next == "" {
		return ""
	}
	return "?" + url.Values{"next": {next}}.Encode()
}

// readable is the address of this page as it can be asked for again: what only
// answers a form leads to the start.
func (p *Handler) readable(v *visit) url.URL {
	address := url.URL{Path: v.r.URL.Path, RawPath: v.r.URL.RawPath, RawQuery: v.r.URL.RawQuery}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if _, pattern := p.mux.Handler(&http.Request{Method: http.MethodGet, URL: &address, Host: v.r.Host}); pattern == "/" {
			address = url.URL{Path: "/"}
		}
		address.RawQuery = ""
	}
	if v.prefixed || address.Path == "/" {
		return url.URL{Path: v.path(address.Path), RawPath: v.path(address.EscapedPath()), RawQuery: address.RawQuery}
	}
	return address
}

// tongues are this page in all languages; none where there is no choice. Where the
// address names no language, the link asks for it.
func (p *Handler) tongues(v *visit) []tongue {
	if len(v.center.Locales) < 2 {
		return nil
	}
	address := p.readable(v)
	var all []tongue
	for _, locale := range v.center.Locales {
		t := tongue{Locale: locale, Name: words.Name(locale), Current: locale == v.center.Locale}
		if rest, ok := strings.CutPrefix(address.EscapedPath(), v.path("/")); ok {
			t.Path = web.Path(locale, "/") + rest
			if address.RawQuery != "" {
				t.Path += "?" + address.RawQuery
			}
		} else {
			query := address.Query()
			query.Set("lang", locale)
			t.Path = "?" + query.Encode() // need not repeat what may be a secret
		}
		all = append(all, t)
	}
	return all
}

// alternates tell search engines of the other languages of a page that anybody
// may read.
func (p *Handler) alternates(v *visit, f frame) []web.Alternate {
	if !v.prefixed || v.r.Method != http.MethodGet || len(f.Languages) == 0 {
		return nil
	}
	var all []web.Alternate
	for _, t := range f.Languages {
		all = append(all, web.Alternate{Locale: t.Locale, URL: v.center.BaseURL + t.Path})
	}
	return append(all, web.Alternate{Locale: "x-default", URL: v.center.BaseURL + v.r.URL.EscapedPath()})
}
