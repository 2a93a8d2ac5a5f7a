package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

// funcs are what templates may call, in a locale.
func (s *Site) funcs(locale string) template.FuncMap {
	w := words.For(locale)
	return template.FuncMap{
		"t":       w.T,
		"th":      w.HTML,
		"tn":      w.N,
		"path":    func(p string) string { return Path(locale, p) },
		"icon":    icon,
		"when":    func(t time.Time) template.HTML { return when(w, s.now(), t) },
		"age":     func(t time.Time) template.HTML { return age(w, s.now(), t) },
		"due":     func(t time.Time) template.HTML { return due(w, s.now(), t) },
		"linkify": linkify,
		"size":    func(bytes int64) string { return size(w, bytes) },
		"initial": initial,
		"number":  func(n int64) string { return "#" + strconv.FormatInt(n, 10) },
		"bdi": func(text any) template.HTML {
			return template.HTML("<bdi>" + template.HTMLEscapeString(fmt.Sprint(text)) + "</bdi>")
		},
		"strong": func(text any) template.HTML {
			return template.HTML("<strong>" + template.HTMLEscapeString(fmt.Sprint(text)) + "</strong>")
		},
		"mailto": mailto,
		"key": func(n int64) template.HTML {
			return template.HTML(`<strong class="key">#` + strconv.FormatInt(n, 10) + `</strong>`)
		},
	}
}

// mailto is a link for writing to an address, for use in a sentence.
func mailto(address string) template.HTML {
	safe := template.HTMLEscapeString(address)
	return template.HTML(`<a href="mailto:` + safe + `">` + safe + `</a>`)
}

// size is a number of bytes, with the unit and the decimal mark of the language.
func size(w *words.Words, bytes int64) string {
	number, unit, _ := strings.Cut(helpdesk.SizeWords(bytes), " ")
	return w.Decimal(number) + " " + w.T(unit)
}

// when is a time as people say it, with the exact one in the title. The page's
// script turns both into the reader's own zone and language.
func when(w *words.Words, now, t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	exact := w.T("%[1]s, %[2]d %[3]s %[4]d, %[5]s UTC", w.T(t.Weekday().String()), t.Day(), w.T(t.Month().String()), t.Year(), t.Format("15:04"))
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`,
		t.Format(time.RFC3339), template.HTMLEscapeString(exact), template.HTMLEscapeString(relative(w, now.UTC(), t))))
}

// age is how long ago t was, for a list: as short as it can be said. The exact time
// is in the title.
func age(w *words.Words, now, t time.Time) template.HTML {
	long := string(when(w, now, t))
	start := strings.IndexByte(long, '>')
	if start < 0 {
		return template.HTML(long)
	}
	return template.HTML(strings.Replace(long[:start+1], "<time ", `<time class="brief" `, 1) + brief(now.UTC(), t.UTC()) + "</time>")
}

func brief(now, t time.Time) string {
	switch d := now.Sub(t); {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h"
	case d < 7*24*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " d"
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("Jan 2006")
}

// due is when something is to happen. What is a moment ahead, or late, has not
// happened "just now".
func due(w *words.Words, now, t time.Time) template.HTML {
	if t.Sub(now) < time.Minute {
		return template.HTML(template.HTMLEscapeString(w.T("within a minute")))
	}
	return when(w, now, t)
}

// relative says how long ago t was, and from a week on which day.
func relative(w *words.Words, now, t time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		if d > -time.Minute {
			return w.T("just now") // clocks of two machines
		}
		return ahead(w, -d)
	}
	switch {
	case d < time.Minute:
		return w.T("just now")
	case d < time.Hour:
		return w.N(int(d/time.Minute), "1 minute ago", "%d minutes ago")
	case d < 24*time.Hour:
		return w.N(int(d/time.Hour), "1 hour ago", "%d hours ago")
	case d < 7*24*time.Hour:
		return w.N(int(d/(24*time.Hour)), "1 day ago", "%d days ago")
	case t.Year() == now.Year():
		return w.T("%[1]d %[2]s", t.Day(), w.T(t.Month().String()))
	}
	return w.T("%[1]d %[2]s %[3]d", t.Day(), w.T(t.Month().String()), t.Year())
}

func ahead(w *words.Words, d time.Duration) string {
	switch {
	case d < time.Hour:
		return w.N(int(d/time.Minute), "in 1 minute", "in %d minutes")
	case d < 24*time.Hour:
		return w.N(int(d/time.Hour), "in 1 hour", "in %d hours")
	}
	return w.N(int(d/(24*time.Hour)), "in 1 day", "in %d days")
}

// initial is the letter that stands for a name.
func initial(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "•"
}
