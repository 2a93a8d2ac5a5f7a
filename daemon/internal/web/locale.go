package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// Path is the address of a customers' page in a language: /de/submit.
func Path(locale, p string) string { return "/" + locale + p }

// SplitLocale takes the language off a path: "/de/submit" is "de" and "/submit".
// Without one of the help center's languages the locale is "".
func SplitLocale(h helpdesk.HelpCenter, p string) (locale, rest string) {
	first, rest, found := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	if !slices.Contains(h.Locales, first) {
		return "", p
	}
	if !found {
		return first, "/"
	}
	return first, "/" + rest
}

// Locale is the language in which a visitor is answered: that of the address,
// else the one that the address asks for, else what their browser prefers.
func Locale(r *http.Request, h helpdesk.HelpCenter) string {
	if locale, ok := r.Context().Value(localeKey{}).(string); ok {
		return locale
	}
	if locale, _ := SplitLocale(h, r.URL.Path); locale != "" {
		return locale
	}
	if asked := r.URL.Query().Get("lang"); slices.Contains(h.Locales, asked) {
		return asked
	}
	otherwise := words.English
	if len(h.Locales) > 0 {
		otherwise = h.Locales[0]
	}
	return words.Best(r.Header.Get("Accept-Language"), h.Locales, otherwise)
}

type localeKey struct{}

// Speaking is a request that is answered in a language, whatever its address says:
// routes see it without the language that the address began with.
func Speaking(r *http.Request, locale string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), localeKey{}, locale))
}
