package eml

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Attachment is a part that is not shown as text, or a file that was found
// inside a part: uuencoded in a text, in a winmail.dat. The Part of such a file
// is not in the tree of [Mail.Root]; its Path is that of the part around it, "/"
// and a number.
type Attachment struct {
	Filename  string // never empty: made up where none was declared
	MediaType string
	ContentID string // without angle brackets
	Inline    bool   // meant to be shown inside the text
	Part      *Part
}

// Attachments returns everything that is not shown as text, in order. A mail
// inside the mail is one attachment, named after its subject; what is attached
// to it is not listed. A winmail.dat is listed itself only when it held nothing
// or could not be read to its end; a signed envelope is listed beside what it
// holds.
func (m *Mail) Attachments() []Attachment { return m.layout.attachments }

// layout divides the leaves of a mail into text and attachments by the rules
// of RFC 8621 section 4.1.4.
type layout struct {
	sections    []section
	spare       []section // shown when nothing in sections is, the first that says something
	attachments []Attachment
}

func layOut(root *Part, fs *faults) layout {
	var l layout
	l.part(root, root, 0)
	if len(l.sections) == 0 {
		l.promote()
	}
	before := 0 // bytes of text, encoded, in earlier sections
	for _, sec := range l.sections {
		plain, html := 0, 0
		for i, p := range append(sec.plain, sec.html...) {
			n := p.end - p.body
			if (n > MaxTextBytes || before >= MaxTextBytes) && len(p.inside.files) == 0 {
				fs.at(FaultTextLimit, p.Path)
			}
			if i < len(sec.plain) {
				plain += n
			} else {
				html += n
			}
		}
		before += max(plain, html)
	}
	return l
}

// promote makes a formatted text of before HTML the text of a mail that has no
// other one. It is no attachment then.
func (l *layout) promote() {
	for i, a := range l.attachments {
		if (a.MediaType == "text/enriched" || a.MediaType == "text/richtext") && a.Part.Disposition != "attachment" {
			l.sections = append(l.sections, section{plain: []*Part{a.Part}})
			l.attachments = slices.Delete(l.attachments, i, i+1)
			return
		}
	}
}

// charset is the declared charset of the text, a hint for header fields that
// hold 8-bit bytes without saying which.
func (l *layout) charset() string {
	for _, sec := range l.sections {
		for _, p := range append(sec.plain, sec.html...) {
			if enc, _ := findCharset(p.Charset); enc != nil {
				return p.Charset
			}
		}
	}
	return ""
}

// part places p, which is child i of parent (of itself at the root).
func (l *layout) part(p, parent *Part, i int) {
	switch {
	case !p.IsMultipart() || len(p.Children) == 0:
		l.leaf(p, parent, i)
	case p.MediaType == "multipart/alternative":
		l.alternative(p)
	case p.MediaType == "multipart/related":
		root := relatedRoot(p)
		for j, c := range p.Children {
			if j == root {
				l.part(c, p, 0)
			} else {
				l.part(c, p, j+1)
			}
		}
	default:
		for j, c := range p.Children {
			l.part(c, p, j)
		}
	}
}

// leaf is text when it has a type that can be shown and is not declared an
// attachment; a named text after the first part is a file.
func (l *layout) leaf(p, parent *Part, i int) {
	related := parent.MediaType == "multipart/related"
	in := p.inside
	switch {
	case (p.IsText() || p.partless) && p.Disposition != "attachment" && (i == 0 || !related && p.Filename == ""):
		if p.MediaType == "text/html" {
			l.sections = append(l.sections, section{html: []*Part{p}})
		} else {
			l.sections = append(l.sections, section{plain: []*Part{p}})
		}
	case !in.replaced:
		l.attach(p, related)
	}
	for _, f := range in.files {
		l.attach(f, false)
	}
	if in.entity != nil {
		l.part(in.entity, in.entity, 0)
	}
	switch {
	case len(in.spare.plain)+len(in.spare.html) > 0:
		l.spare = append(l.spare, in.spare)
	case p.rendered():
		l.spare = append(l.spare, section{plain: []*Part{p}})
	}
}

func (l *layout) attach(p *Part, related bool) {
	l.attachments = append(l.attachments, Attachment{
		Filename:  l.filename(p),
		MediaType: p.MediaType,
		ContentID: p.ContentID,
		Inline:    p.Disposition == "inline" || p.Disposition == "" && (related || p.ContentID != ""),
		Part:      p,
	})
}

// alternative makes one section of all alternatives. Those that hold HTML
// anywhere are the HTML form, the others the plain form.
func (l *layout) alternative(p *Part) {
	var both section
	var other []Attachment
	for j, c := range p.Children {
		sub := layout{attachments: l.attachments, spare: l.spare}
		sub.part(c, p, min(j, 1))
		l.spare = sub.spare
		var plain, html []*Part
		for _, s := range sub.sections {
			plain, html = append(plain, s.plain...), append(html, s.html...)
		}
		switch {
		case len(html) == 0:
			both.plain = append(both.plain, plain...)
		default:
			both.html = append(both.html, inOrder(sub.sections)...)
		}
		added := sub.attachments[len(l.attachments):]
		if c.MediaType == "text/x-amp-html" || c.MediaType == "text/watch-html" {
			other = append(other, added...) // for clients that run it; nobody misses it
			continue
		}
		l.attachments = sub.attachments
	}
	if len(both.plain)+len(both.html) == 0 {
		l.attachments = append(l.attachments, other...)
		return
	}
	l.sections = append(l.sections, both)
}

// inOrder lists every part of the sections; plain parts between HTML ones are
// part of the HTML form.
func inOrder(sections []section) []*Part {
	var all []*Part
	for _, s := range sections {
		if len(s.html) > 0 {
			all = append(all, s.html...)
		} else {
			all = append(all, s.plain...)
		}
	}
	return all
}

// relatedRoot is the index of the part that refers to the others: the one that
// "start" names (RFC 2387 section 3.2), else the first that can be shown.
func relatedRoot(p *Part) int {
	if start := strings.Trim(p.Params["start"], "<> "); start != "" {
		for j, c := range p.Children {
			if c.ContentID == start {
				return j
			}
		}
	}
	for j, c := range p.Children {
		if c.IsText() || c.IsMultipart() {
			return j
		}
	}
	return 0
}

const (
	// MaxFilename is the longest file name in bytes that file systems take.
	MaxFilename = 255

	// longestExtension is what is kept of a name that is too long; what is longer
	// is no extension but a dot in a sentence.
	longestExtension = 20
)

// filename is the declared name, or the subject of the mail inside, or a
// number with the usual extension.
func (l *layout) filename(p *Part) string {
	switch {
	case p.Filename != "":
		return p.Filename
	case p.IsMessage() || p.MediaType == "message/rfc822-headers":
		const ext = ".eml"
		if len(p.Children) > 0 {
			if subject := cleanFilename(p.Children[0].Header.Decoded("Subject")); subject != "" {
				return strings.TrimSpace(clipBytes(subject, MaxFilename-len(ext))) + ext
			}
		}
		return "message" + ext
	}
	return "attachment-" + strconv.Itoa(len(l.attachments)+1) + extension(p.MediaType)
}

// Filename makes a name that somebody gave a file safe to show and to store, as
// declared names of attachments are made: see [Attachment]. It may leave nothing.
func Filename(s string) string {
	return cleanFilename(strings.Join(strings.Fields(cleanLine(validUTF8(s))), " "))
}

// cleanFilename makes a declared name safe to show and to store: one line, no
// path, no control or direction characters, no leading dots, at most
// [MaxFilename] bytes with its extension kept.
func cleanFilename(s string) string {
	s = cleanLine(validUTF8(s))
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "..") || len(s) > 2 && s[1] == ':' && s[2] == '\\' {
		s = s[strings.LastIndexAny(s, `/\`)+1:] // a whole path
	}
	s = strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == 0 {
			return '_'
		}
		return r
	}, s)
	s = trimEnd(strings.TrimLeft(s, ". "))
	if len(s) <= MaxFilename {
		return s
	}
	ext := extensionOf(s)
	return trimEnd(clipBytes(s[:len(s)-len(ext)], MaxFilename-len(ext)) + ext)
}

// trimEnd takes off what some systems drop at the end of a name: what it ends in
// then must be what we went by.
func trimEnd(s string) string {
	return strings.TrimRightFunc(s, func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
}

// extensionOf is what must stay of a name that is cut.
func extensionOf(name string) string {
	if ext := path.Ext(name); len(ext) <= longestExtension {
		return ext
	}
	return ""
}
