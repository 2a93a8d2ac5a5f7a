// Package web is what all pages share: the outermost handler with its security
// headers, limits and log, the stylesheet, the templates' functions, and the
// one place where errors become HTTP statuses.
//
// Portal, console and the other edges make their pages with [Site.Pages] and
// hand errors to [Site.Fail]; whoever starts the program puts their handlers
// behind [Site.Handler].
package web

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Directory knows which help center answers at a host.
type Directory interface {
	// HelpCenterByHost takes a host in lower case, with its port if it has one.
	HelpCenterByHost(host string) (helpdesk.HelpCenter, bool)
}

// Options of a Site. Log and Now must be set.
type Options struct {
	Log *slog.Logger
	Now func() time.Time
	// TrustedProxies may say in X-Forwarded-For whom they speak for.
	TrustedProxies []netip.Prefix
	// Code makes what finds an error in the log; nil makes codes that nobody guesses.
	Code func() string
}

// Site is what the pages of all help centers share. It is safe for concurrent
// use.
type Site struct {
	directory Directory
	log       *slog.Logger
	now       func() time.Time
	proxies   []netip.Prefix
	code      func() string
	assets    *assets
	plain     *Pages
}

// NewSite makes a Site.
func NewSite(d Directory, o Options) *Site {
	s := &Site{directory: d, log: o.Log, now: o.Now, proxies: o.TrustedProxies, code: o.Code, assets: loadAssets()}
	if s.code == nil {
		s.code = func() string { return strings.ToLower(rand.Text()[:8]) }
	}
	s.plain = s.Pages(templates, "templates")
	return s
}

// Handler is the outermost handler around the routes of all edges. It answers
// for assets itself, and 421 for a host that is no help center's.
func (s *Site) Handler(routes http.Handler) http.Handler { return s.around(s.known(routes)) }

// Away is the outermost handler while there are no routes yet: whatever is asked
// for is answered with the error.
func (s *Site) Away(err error) http.Handler {
	return s.around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Fail(w, r, err) }))
}

func (s *Site) around(routes http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{hash}/{name}", s.assets.serve)
	mux.Handle("/", routes)

	var h http.Handler = mux
	h = s.sameOrigin(h)
	h = limitBody(h)
	h = inTime(h)
	h = s.secure(h)
	h = s.recover(h)
	return s.logged(h)
}

// Center is the help center at the host that was asked for. Links are never
// built from that host: it only chooses.
func (s *Site) Center(r *http.Request) (helpdesk.HelpCenter, bool) {
	return s.directory.HelpCenterByHost(strings.ToLower(r.Host))
}

// known refuses hosts that are no help center's before anything else can take
// them for its own (RFC 9110 section 15.5.20).
func (s *Site) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := s.Center(r); !ok {
			s.Fail(w, r, ErrMisdirected)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Now is the time that pages are told.
func (s *Site) Now() time.Time { return s.now() }

// Log is where edges log.
func (s *Site) Log() *slog.Logger { return s.log }
