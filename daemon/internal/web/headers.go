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

	// paperPolicy is for HTML that somebody sent. It was sanitised before; this and
	// the sandbox are the walls behind that. Its pictures are data URLs: a sandboxed
	// document has no origin, so no cookie of ours goes with what it asks for.
	paperPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox; " +
		"frame-ancestors 'self'; base-uri 'none'; form-action 'none'"

	// Two years, as the preload list of browsers asks; subdomains are not ours to
	// promise for.
	transportPolicy = "max-age=63072000"
)

// secure sets the headers that every page has. Where help centers answer over
// TLS, browsers are told to use nothing else. That is said whoever ends the TLS:
// a proxy in front passes it on, and in clear text browsers do not heed it (RFC
// 6797 section 8.1).
func (s *Site) secure(next http.Handler) http.Handler {
	return s.careful(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if center, ok := s.Center(r); ok && strings.HasPrefix(center.BaseURL, "https://") {
			w.Header().Set("Strict-Transport-Security", transportPolicy)
		}
		next.ServeHTTP(w, r)
	}))
}

// careful sets the headers that every response has. Pages narrow them further.
func (s *Site) careful(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
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

// ShowForeign prepares the answer for HTML that somebody sent: it runs nothing
// and loads nothing, in a frame of this site or alone.
func ShowForeign(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", paperPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	// HTML standard section 7.4.5.1: a sandboxed page that asks for isolation is
	// not shown at all.
	h.Del("Cross-Origin-Opener-Policy")
}

// sameOrigin refuses what other sites make a browser send.
func (s *Site) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Fail(w, r, ErrCrossOrigin)
	}))
	return protection.Handler(next)
}
