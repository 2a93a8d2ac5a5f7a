package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// hostPrefix makes browsers refuse the cookie from a subdomain or over plain
// HTTP (RFC 6265bis section 4.1.3.2). It needs Secure, which http://localhost
// does not have in all browsers.
const hostPrefix = "__Host-"

// Cookie returns the value of a cookie of the help center, "" if there is none.
func Cookie(r *http.Request, h helpdesk.HelpCenter, name string) string {
	c, err := r.Cookie(cookieName(h, name))
	if err != nil {
		return ""
	}
	return c.Value
}

// SetCookie sets a cookie of the help center that no script can read.
func SetCookie(w http.ResponseWriter, h helpdesk.HelpCenter, name, value string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(h, name), Value: value, Path: "/", Expires: expires,
		Secure: overTLS(h), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// DropCookie makes the browser forget a cookie.
func DropCookie(w http.ResponseWriter, h helpdesk.HelpCenter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(h, name), Path: "/", MaxAge: -1,
		Secure: overTLS(h), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func cookieName(h helpdesk.HelpCenter, name string) string {
	if overTLS(h) {
		return hostPrefix + name
	}
	return name
}

// KeptAt is where the page at a path has to be opened for its cookies to be kept; "" if
// that is wherever it is.
func KeptAt(h helpdesk.HelpCenter, path string) string {
	if !overTLS(h) {
		return ""
	}
	return h.BaseURL + path
}

func overTLS(h helpdesk.HelpCenter) bool { return strings.HasPrefix(h.BaseURL, "https://") }
