package portal

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// route is one page, or one thing to do.
type route struct {
	pattern string // of [http.ServeMux], without the language
	// mailed marks what a link in a mail leads to: no language in its address.
	mailed bool
	serve  func(*visit) error
}

// routes are all of them. Whoever adds one adds its row to the tests that walk
// through all: headers, authority, and that reading changes nothing.
func (p *Handler) routes() []route {
	return []route{
		{"GET /{$}", false, p.home},
		{"GET /submit", false, p.chooseForm},
		{"GET /submit/{form}", false, p.showForm},
		{"POST /submit/{form}", false, p.submit},
		{"POST /submit/{form}/state", false, p.formState},
		{"GET /api/v1/forms", true, p.listForms},
		{"POST /api/v1/forms/{form}/requests", true, p.apiSubmit},
		{"GET /requests", false, p.requests},
		{"GET /requests/{number}", false, p.request},
		{"GET /requests/{number}/events", false, p.requestEvents},
		{"POST /requests/{number}/reply", false, p.reply},
		{"POST /requests/{number}/close", false, p.closeRequest},
		{"POST /requests/{number}/people", false, p.addPerson},
		{"POST /requests/{number}/people/{participant}/remove", false, p.removePerson},
		{"GET /t/{token}", true, p.ticket},
		{"GET /t/{token}/events", true, p.ticketEvents},
		{"POST /t/{token}/reply", true, p.replyByLink},
		{"POST /new-link/{token}", true, p.mailNewLink},
		{"GET /not-me/{token}", true, p.showDisown},
		{"POST /not-me/{token}", true, p.disown},
		{"GET /stop/{token}", true, p.showStop},
		{"POST /stop/{token}", true, p.stop},
		{"GET /sign-in", false, p.needsPortal(p.showSignIn)},
		{"POST /sign-in", false, p.needsPortal(p.signIn)},
		{"GET /sign-in/code", false, p.needsPortal(p.showCode)},
		{"POST /sign-in/code", false, p.needsPortal(p.code)},
		{"GET /sign-up", false, p.needsPortal(p.showSignUp)},
		{"POST /sign-up", false, p.needsPortal(p.signUp)},
		{"GET /forgot", false, p.needsPortal(p.showForgot)},
		{"POST /forgot", false, p.needsPortal(p.forgot)},
		{"GET /pass/{token}", true, p.needsPortal(p.showPass)},
		{"POST /pass/{token}", true, p.needsPortal(p.usePass)},
		{"POST /sign-in/with/{issuer}", false, p.needsPortal(p.leave)},
		{"GET /sign-in/back/{issuer}", true, p.needsPortal(p.showReturn)},
		{"POST /sign-in/back/{issuer}", true, p.needsPortal(p.takeReturn)},
		{"POST /sign-out", false, p.signOut},
		{"GET /account", false, p.needsPortal(p.account)},
		{"POST /account/name", false, p.needsPortal(p.changeName)},
		{"POST /account/password", false, p.needsPortal(p.changePassword)},
		{"POST /account/issuers/{issuer}/end", false, p.needsPortal(p.dropIdentity)},
		{"POST /account/sessions/end", false, p.needsPortal(p.endOthers)},
		{"POST /account/sessions/{session}/end", false, p.needsPortal(p.endSession)},
		{"/", true, func(*visit) error { return missing() }},
	}
}

// Patterns lists the routes for tests that walk through all of them.
func (p *Handler) Patterns() []string {
	var all []string
	for _, r := range p.routes() {
		all = append(all, r.pattern)
	}
	return all
}

// handle registers a page. What it can't do itself becomes a page that says so.
func (p *Handler) handle(route route) {
	p.mux.HandleFunc(route.pattern, func(w http.ResponseWriter, r *http.Request) {
		v := r.Context().Value(visitKey{}).(*visit)
		v.r, v.w = r, w
		if !route.mailed && !v.prefixed && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			w.Header().Set("Vary", "Accept-Language")
			to := url.URL{Path: v.path(r.URL.Path), RawQuery: r.URL.RawQuery}
			http.Redirect(w, r, to.String(), http.StatusFound)
			return
		}
		if err := p.recognise(v); err != nil {
			p.fail(v, err)
			return
		}
		if err := route.serve(v); err != nil {
			p.fail(v, err)
		}
	})
}

// ServeHTTP implements [http.Handler]: it takes the language off the address and
// hands the rest to the routes.
func (p *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	center, ok := p.site.Center(r)
	if !ok {
		p.site.Fail(w, r, web.ErrMisdirected)
		return
	}
	prefix, rest := web.SplitLocale(center, r.URL.Path)
	locale := cmp.Or(prefix, web.Locale(r, center))
	center = center.Speaking(locale)
	center.Locale = locale
	inner := web.Speaking(r.WithContext(withVisit(r.Context(), newVisit(center, prefix != ""))), locale)
	address := *r.URL
	if prefix != "" {
		address.Path, address.RawPath = rest, strings.TrimPrefix(address.RawPath, "/"+prefix)
	}
	inner.URL = &address
	p.mux.ServeHTTP(w, inner)
}

func missing() error { return helpdesk.Errorf(helpdesk.NotFound, "there is no such page") }
