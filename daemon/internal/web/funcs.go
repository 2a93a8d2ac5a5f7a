package web

import (
	"fmt"
	"html/template"
	"strconv"
	"time"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// funcs are what templates may call.
func (s *Site) funcs() template.FuncMap {
	return template.FuncMap{
		"icon":    icon,
		"when":    func(t time.Time) template.HTML { return when(s.now(), t) },
		"due":     func(t time.Time) template.HTML { return due(s.now(), t) },
		"linkify": linkify,
		"size":    helpdesk.SizeWords,
		"initial": initial,
		"number":  func(n int64) string { return "#" + strconv.FormatInt(n, 10) },
	}
}

// when is a time as people say it, with the exact one in the title. The page's
// script turns both into the reader's own zone and language.
func when(now, t time.Time) template.HTML {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`,
		t.Format(time.RFC3339), t.Format("Monday, 2 January 2006, 15:04 UTC"), relative(now.UTC(), t)))
}

// due is when something is to happen. What is a moment ahead, or late, has not
// happened "just now".
func due(now, t time.Time) template.HTML {
	if t.Sub(now) < time.Minute {
		return "within a minute"
	}
	return when(now, t)
}

// relative says how long ago t was, and from a week on which day.
func relative(now, t time.Time) string {
	d := now.Sub(t)
	if d < 0 {
		if d > -time.Minute {
			return "just now" // clocks of two machines
		}
		return "in " + span(-d)
	}
	switch {
	case d < time.Minute:
		return "just now"
	case d < 7*24*time.Hour:
		return span(d) + " ago"
	case t.Year() == now.Year():
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
}

func span(d time.Duration) string {
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(d / unit.size); n == 1 {
			return "1 " + unit.name
		} else if n > 1 {
			return strconv.Itoa(n) + " " + unit.name + "s"
		}
	}
	return "a moment"
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
