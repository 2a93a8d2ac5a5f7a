package eml

import (
	"html"
	"strings"
)

// MaxTextBytes is how much of one text part is decoded for display, and the
// length of a text after which no further part is. Longer texts are logs that
// belong into an attachment; the bytes stay in the part.
const MaxTextBytes = 4 << 20

// TextSource tells what the text of a mail was made from.
type TextSource int

// Sources of [Mail.Text].
const (
	TextNone  TextSource = iota // no text, or nothing but blanks
	TextPlain                   // text/plain only
	TextHTML                    // at least partly converted from text/html
)

func (s TextSource) String() string { return [...]string{"none", "plain", "html"}[s] }

// Text is the text of the mail with LF line ends, in UTF-8, without control
// characters. All text parts that are not attachments are joined in order; of
// alternatives the plain one is taken unless it is blank; HTML is converted to
// text that keeps the targets of links. A mail without any such text is told by
// what else can be read: the body inside a winmail.dat, the dates of an
// invitation, the first piece of a mail in pieces. It is made when it is first
// asked for, and kept.
func (m *Mail) Text() (string, TextSource) {
	t := m.text()
	return t.text, t.source
}

// TextStarts are the offsets in the text of [Mail.Text] at which its second and
// every later part begins, [maxStarts] at most. The words below a signature count
// as a part, too.
func (m *Mail) TextStarts() []int { return m.text().starts }

// maxStarts is how many parts of a text are told apart; each signature of an HTML
// mail costs a copy of the text.
const maxStarts = 50

// wholeText is the text of a mail.
type wholeText struct {
	text   string
	source TextSource
	starts []int // of the parts but the first
}

func (m *Mail) makeText() wholeText {
	if t := textOf(m.layout.sections); t.source != TextNone {
		return t
	}
	for _, sec := range m.layout.spare {
		if t := textOf([]section{sec}); t.source != TextNone {
			return t
		}
	}
	return wholeText{}
}

func textOf(sections []section) wholeText {
	var t wholeText
	var out []string
	length := 0
	for _, sec := range sections {
		if length >= MaxTextBytes {
			break
		}
		text, from := sec.text()
		if isBlankText(text) {
			continue
		}
		if len(out) > 0 {
			length++ // the line end between
			if len(t.starts) < maxStarts {
				t.starts = append(t.starts, length)
			}
		}
		text = t.cutMarks(strings.Trim(text, "\n"), length)
		out = append(out, text)
		length += len(text)
		t.source = max(t.source, from)
	}
	t.text = strings.Join(out, "\n")
	return t
}

// cutMarks takes the marks out of a text that begins at offset, and remembers
// where they stood.
func (t *wholeText) cutMarks(text string, offset int) string {
	for {
		i := strings.IndexRune(text, partMark)
		if i < 0 {
			return text
		}
		if len(t.starts) >= maxStarts {
			return strings.ReplaceAll(text, string(partMark), "")
		}
		t.starts = append(t.starts, offset+i)
		text = text[:i] + text[i+len(string(partMark)):]
	}
}

// shown are the sections that [Mail.Text] is made from.
func (m *Mail) shown() []section {
	if len(m.layout.spare) > 0 {
		if textOf(m.layout.sections).source == TextNone {
			for i, sec := range m.layout.spare {
				if textOf([]section{sec}).source != TextNone {
					return m.layout.spare[i : i+1]
				}
			}
		}
	}
	return m.layout.sections
}

// HTML is the HTML of the mail in UTF-8, as the sender wrote it: it must be
// sanitised before it is shown. Of alternatives the HTML is taken; where plain
// parts stand beside HTML ones they are put in, escaped. It is false when the
// mail has no HTML.
func (m *Mail) HTML() (string, bool) {
	var out strings.Builder
	found := false
	for _, sec := range m.shown() {
		parts := sec.html
		if len(parts) == 0 {
			parts = sec.plain
		}
		for _, p := range parts {
			if out.Len() >= MaxTextBytes {
				break
			}
			found = found || p.MediaType == "text/html"
			out.WriteString(asHTML(p))
		}
	}
	if !found {
		return "", false
	}
	return out.String(), true
}

// HTMLParts counts the HTML parts that are shown as the text of the mail.
func (m *Mail) HTMLParts() int {
	n := 0
	for _, sec := range m.shown() {
		for _, p := range append(sec.plain, sec.html...) {
			if p.MediaType == "text/html" {
				n++
			}
		}
	}
	return n
}

// Text is the body of a text part in UTF-8 with LF line ends and without
// control characters, at most [MaxTextBytes] of it. Paragraphs of format=flowed
// are joined; files that stand in a plain text are left out; HTML is left as it
// is.
func (p *Part) Text() string {
	raw := p.textBytes()
	charset := p.Charset
	if _, known := findCharset(charset); p.MediaType == "text/html" && (charset == "" || !known) {
		charset = metaCharset(raw)
	}
	text := cleanText(decodeCharset(raw, charset, ""))
	if p.MediaType != "text/plain" {
		return text
	}
	if equalFold(p.Params["format"], "flowed") {
		text = unflow(text, equalFold(p.Params["delsp"], "yes"))
	}
	if p.Params["hp-legacy-display"] == "1" { // RFC 9788 section 4.5.3.2: fields for readers that do not know it
		if fields, rest, ok := strings.Cut(text, "\n\n"); ok && fieldName([]byte(fields)) > 0 {
			text = rest
		}
	}
	return text
}

// textBytes is what is read of the body as text.
func (p *Part) textBytes() []byte {
	var raw []byte
	switch {
	case len(p.inside.cut) > 0:
		raw = without(p.inside.whole, p.inside.cut, MaxTextBytes)
	case p.encoded():
		r := p.Decoded().(chunkReader)
		for chunk := r.chunk(); len(chunk) > 0 && len(raw) < MaxTextBytes; chunk = r.chunk() {
			raw = append(raw, chunk...)
		}
		if len(p.inside.tail) > 0 {
			raw = append(append(raw, '\n'), p.inside.tail[:min(len(p.inside.tail), MaxTextBytes)]...)
		}
	default:
		raw = p.source()
	}
	return raw[:min(len(raw), MaxTextBytes)]
}

// cleanText makes all line ends LF and removes what no text has: NUL and other
// control characters, which could steer a terminal, and byte order marks. s must
// be valid UTF-8. What may stay is copied in runs, because whole logs come this
// way.
func cleanText(s string) string {
	var out strings.Builder // empty as long as nothing had to change
	start := 0              // of the run that is not yet copied
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\t' || c > 0xc2 && c != 0xef {
			i++
			continue
		}
		n, with := unclean(s[i:])
		if n == 0 {
			i++
			continue
		}
		if start == 0 {
			out.Grow(len(s))
		}
		out.WriteString(s[start:i])
		out.WriteString(with)
		i += n
		start = i
	}
	if start == 0 {
		return s
	}
	out.WriteString(s[start:])
	return out.String()
}

// unclean returns how many bytes at the beginning of s have to go, none if they
// may stay, and what comes in their place.
func unclean(s string) (n int, with string) {
	c := s[0]
	switch {
	case c == '\r':
		for n < len(s) && s[n] == '\r' && n < 2 {
			n++
		}
		if n < len(s) && s[n] == '\n' { // CRLF, or CRCRLF, which two conversions in a row make
			return n + 1, "\n"
		}
		return 1, "\n"
	case c == '\f', c == '\v', strings.HasPrefix(s, "\u0085"):
		return 1 + int(c>>7), "\n"
	case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
		return 1, ""
	case c == 0xc2 && len(s) > 1 && s[1] < 0xa0: // C1
		return 2, ""
	case strings.HasPrefix(s, "\ufeff"):
		return len("\ufeff"), ""
	}
	return 0, ""
}

func isBlankText(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || r == '\u00a0' || r == '\u200b' || r == '\ufeff' }) == ""
}

// section is one piece of what is displayed: the same text as plain, as HTML,
// or both.
type section struct {
	plain, html []*Part
}

func (s section) text() (string, TextSource) {
	if text := joinParts(s.plain, asText); !isBlankText(text) || len(s.html) == 0 {
		return text, TextPlain
	}
	return joinParts(s.html, asText), TextHTML
}

func asText(p *Part) string {
	switch p.MediaType {
	case "text/html":
		return htmlText(p.Text())
	case "text/calendar", "application/ics":
		return calendarText(p.Text())
	case "text/enriched", "text/richtext":
		return enrichedText(p.Text(), p.MediaType == "text/richtext")
	case "message/external-body":
		return externalText(p)
	}
	return p.Text()
}

// rendered reports a part that is an attachment, but is told in words when the
// mail has no text.
func (p *Part) rendered() bool {
	switch p.MediaType {
	case "text/calendar", "application/ics", "text/enriched", "text/richtext", "message/external-body":
		return true
	}
	return false
}

// externalText says where the body of a message/external-body is kept (RFC
// 2046 section 5.2.3, RFC 2017).
func externalText(p *Part) string {
	var out []string
	for _, name := range []string{"access-type", "url", "site", "directory", "name", "server", "subject", "expiration"} {
		if v := cleanLine(validUTF8(p.Params[name])); v != "" {
			out = append(out, name+": "+v)
		}
	}
	return strings.Join(out, "\n")
}

func asHTML(p *Part) string {
	text := p.Text()
	if p.rendered() {
		text = asText(p)
	}
	switch {
	case isBlankText(text):
		return ""
	case p.MediaType == "text/html":
		return text + "\n"
	}
	return "<pre>" + html.EscapeString(text) + "</pre>\n"
}

func joinParts(parts []*Part, text func(*Part) string) string {
	var out []string
	for _, p := range parts {
		if t := text(p); !isBlankText(t) {
			out = append(out, strings.Trim(t, "\n"))
		}
	}
	return strings.Join(out, "\n")
}
