// Package api is the same desk for programs: everything that agents can do on their
// pages, as JSON, on the word of a token.
//
// It answers below /api/v1 on the host of each help center, for that help center's
// account. [operations] is the table of all there is; routes, the checks of who may,
// and the description in docs/openapi.yaml are made of it. Cookies count nothing
// here, and tokens count nothing on pages.
package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Root is the address below which everything is.
const Root = "/api/v1"

// Desk is what programs can do. Every act checks for itself who may.
type Desk interface {
	// Bearer answers SignIn if the token lets nobody in.
	Bearer(ctx context.Context, account, token string) (actions.Actor, error)
	// Once answers [actions.Repeated] if the act was done before under the key.
	Once(ctx context.Context, by actions.Actor, key string, body []byte) (*actions.Once, error)

	Tickets
	Lists
	Writing
	Work
	Contacts
	Held
	Settings
	People
	Access
}

// Limits of one token, and of who tries tokens that let nobody in: no guess of 256
// bits is good, but each costs a read.
const (
	tokenBurst = 200
	tokenEvery = 100 * time.Millisecond
	guessBurst = 20
	guessEvery = 3 * time.Second
)

// Handler answers programs. It belongs behind [web.Site.Handler], at [Root] and below.
type Handler struct {
	desk    Desk
	site    *web.Site
	quotas  *quotas
	guesses *web.Limiter
	mux     *http.ServeMux
	table   []operation
	spec    []byte // the description, as JSON
}

// New makes the answers.
func New(desk Desk, site *web.Site) *Handler {
	h := &Handler{desk: desk, site: site, mux: http.NewServeMux(), quotas: newQuotas(site.Now)}
	h.guesses = web.NewLimiter(guessBurst, guessEvery, site.Now)
	h.table = h.operations()
	h.spec = Document(h.table).JSON()
	for i := range h.table {
		op := &h.table[i]
		h.mux.HandleFunc(op.Method+" "+Root+op.Path, func(w http.ResponseWriter, r *http.Request) { h.serve(w, r, op) })
	}
	h.mux.HandleFunc("GET "+specAt, h.describe)
	h.mux.HandleFunc("/", h.missing)
	return h
}

// specAt is the one address that needs no token.
const specAt = Root + "/openapi.json"

// Patterns lists the routes for tests that walk through all of them.
func (h *Handler) Patterns() []string {
	all := []string{"GET " + specAt}
	for _, op := range h.table {
		all = append(all, op.Method+" "+Root+op.Path)
	}
	return all
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-cache")
	_, _ = w.Write(h.spec) // whoever asked has gone
}

// call is one request of a program.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	op     *operation
	center helpdesk.HelpCenter
	by     actions.Actor
	raw    []byte // the body
	ctx    context.Context
	once   *actions.Once
	secret string // that an answer shows once
}

// serve lets a token in and does what it asks for.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, op *operation) {
	c := &call{w: w, r: r, op: op, ctx: r.Context()}
	err := h.admit(c)
	if err == nil {
		err = h.perform(c)
	}
	if err != nil {
		h.fail(w, r, err)
	}
}

// admit finds out for whom the program acts, and whether the token has the scope.
func (h *Handler) admit(c *call) error {
	center, ok := h.site.Center(c.r)
	if !ok {
		return web.ErrMisdirected
	}
	c.center = center
	from := h.site.Client(c.r)
	token := c.token()
	if token == "" {
		return errNoToken
	}
	by, err := h.desk.Bearer(c.ctx, center.Account, token)
	if helpdesk.KindOf(err) == helpdesk.SignIn {
		if !h.guesses.Allow(from) {
			return web.ErrTooMany
		}
		return errBadToken
	}
	if err != nil {
		return err
	}
	c.by = by
	if by.Token == nil {
		return errBadToken // never: whoever shows a token acts by it
	}
	if wait := h.quotas.take(by.Token.ID); wait > 0 {
		return &tooFast{wait}
	}
	for _, s := range c.op.Scopes {
		if !by.Token.Grants(s) {
			return &lacksScope{s}
		}
	}
	return nil
}

// token that the program shows, in the one header that counts; "" for none.
func (c *call) token() string {
	scheme, token, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || len(c.r.Header.Values("Authorization")) != 1 {
		return ""
	}
	return strings.TrimSpace(token)
}

// missing answers at addresses at which there is nothing, or nothing for this method.
func (h *Handler) missing(w http.ResponseWriter, r *http.Request) {
	var there []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		with := r.Clone(r.Context())
		with.Method = method
		if _, pattern := h.mux.Handler(with); pattern != "/" && pattern != "" {
			there = append(there, method)
		}
	}
	if len(there) == 0 || slices.Contains(there, r.Method) {
		h.fail(w, r, helpdesk.Errorf(helpdesk.NotFound, "there is nothing at this address"))
		return
	}
	w.Header().Set("Allow", strings.Join(there, ", "))
	h.fail(w, r, errMethod)
}
