// Package safehtml makes HTML that somebody sent fit to be shown: text, tables,
// links and pictures that are part of the mail stay, everything that could run,
// load, send or cover goes.
//
// There are two walls. The first, of our own, reads tokens and writes well nested
// tags within limits; it knows mail, fetches pictures out of it and rewrites
// styles. The second is a bluemonday policy, which lets through nothing but an
// allow-list of elements and attributes. Neither ever builds a tree, so no
// nesting makes them slow. Whoever shows the result adds a third wall, a
// sandboxed frame with a policy of its own.
package safehtml

import (
	"html/template"
	"strings"
	"unicode/utf8"
)

const (
	// MaxBytes is how much of the source is shown. Gmail clips at 100 KiB; what is
	// longer than ten times that is a report, and its bytes are kept.
	MaxBytes = 1 << 20

	// MaxTags is the most tags that are read, and that are written, start and end. A pasted spreadsheet
	// of ten thousand cells has half of it; browsers lay out as many in a second.
	MaxTags = 50_000

	// MaxDepth is how deep elements are nested. Newsletters reach 60, a thread of
	// thirty quotes 120; browsers flatten at 512. Deeper ones lose their tags, not
	// their text.
	MaxDepth = 200

	// MaxImageBytes is the sum of all pictures as data URLs: some photos from a
	// phone. One picture shown twice counts twice, so that a kilobyte of HTML can't
	// make a gigabyte of it.
	MaxImageBytes = 8 << 20
)

// Options of one document. Both may be nil.
type Options struct {
	// Image returns the picture with a Content-ID (without angle brackets) as a
	// data URL, or "" if the mail has none. It is asked again for each use.
	Image func(contentID string) string

	// Redact is given every text and every attribute that is shown. It must
	// leave alone what it returned before.
	Redact func(string) string
}

// Document is HTML that is safe to show inside a body element. It loads nothing
// by itself. Sanitising it again changes nothing, as long as it is within the
// limits.
type Document struct {
	HTML template.HTML

	RemoteImages  int  // pictures and backgrounds that would have been fetched from somewhere
	MissingImages int  // pictures that the mail refers to and does not have, or that are too large
	Active        int  // scripts, forms, frames and the like that were taken out
	Cut           bool // a limit was reached; the rest is left out
}

// Sanitise makes src safe. It takes any bytes, and time linear in their number.
func Sanitise(src string, o Options) Document {
	d := Document{Cut: len(src) > MaxBytes}
	src = strings.ToValidUTF8(clip(src, MaxBytes), "\uFFFD")
	t := newTidy(src, o, &d)
	t.run()
	d.HTML = template.HTML(policy.SanitizeReader(strings.NewReader(t.out.String())).String())
	return d
}

// clip cuts at a rune.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
