package web

import (
	"net/http"
	"net/url"
	"strings"
)

// Redirect is for the listener without TLS when there is one with it: it leads
// to the same page at the declared host, and takes in nothing. A form that was
// sent in clear text is refused, not led on: whoever sees the page would never
// learn that what they typed could be read on the way.
func (s *Site) Redirect() http.Handler {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		center, ok := s.Center(r)
		switch {
		case !ok:
			s.Fail(w, r, ErrMisdirected)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Connection", "close") // the rest of the form is not waited for
			s.Fail(w, r, ErrClearText)
		default:
			http.Redirect(w, r, center.BaseURL+pathOf(r.URL), http.StatusPermanentRedirect)
		}
	})
	h = inTime(h)
	// Without Strict-Transport-Security: RFC 6797 section 7.2 wants it over TLS alone.
	h = s.careful(h)
	h = s.recover(h)
	return s.logged(h)
}

// pathOf is what stands behind the host. A request line may hold something else
// (RFC 9112 section 3.2) that would go on where the host ends: with
// "foo:@evil.example/" ours would be the name of somebody at another one.
func pathOf(u *url.URL) string {
	if u.Opaque != "" || !strings.HasPrefix(u.Path, "/") {
		return "/"
	}
	return u.RequestURI()
}
