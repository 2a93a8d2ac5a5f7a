package web

import (
	"net/http"
	"strings"
)

// Policies of the pages. There is no inline style or script anywhere, and
// nothing comes from another host.
const (
	contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	framingPolicy = contentPolicy + "; frame-src 'self'"

	// Two years, as the preload list of browsers asks; subdomains are not ours to
	// promise for.
	transportPolicy = "max-age=63072000"
)

// secure sets the headers that every response has. Pages narrow them further.
func (s *Site) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if center, ok := s.Center(r); ok && strings.HasPrefix(center.BaseURL, "https://") {
			h.Set("Strict-Transport-Security", transportPolicy)
		}
		if holdsLink(r.URL.Path) {
			KeepSecret(w)
		}
		next.ServeHTTP(w, r)
	})
}

// KeepSecret is for pages whose address is a secret: neither other sites nor
// search engines hear of it.
func KeepSecret(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
}

// AllowCache lets the browser keep a page that shows nothing personal, so that
// going back to a form finds what was typed.
func AllowCache(w http.ResponseWriter) { w.Header().Set("Cache-Control", "private, no-cache") }

// AllowFrames lets a page show frames of this site.
func AllowFrames(w http.ResponseWriter) { w.Header().Set("Content-Security-Policy", framingPolicy) }

// sameOrigin refuses what other sites make a browser send.
func (s *Site) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Fail(w, r, ErrCrossOrigin)
	}))
	return protection.Handler(next)
}
