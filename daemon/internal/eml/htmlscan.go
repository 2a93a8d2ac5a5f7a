package eml

import (
	"html"
	"strings"

	"golang.org/x/net/html/atom"
)

// tokenKind is what a token of HTML is.
type tokenKind int

const (
	tokenText tokenKind = iota
	tokenStart
	tokenEnd
	tokenNone // the end of the source
)

// htmlToken is a piece of HTML. Everything in it is a slice of the source, so
// that a document of a million tags costs no memory.
type htmlToken struct {
	kind       tokenKind
	atom       atom.Atom // 0 for names that HTML does not know
	name       string    // as written
	attributes string    // as written
	empty      bool      // "<br/>"
	text       string    // of a text, entities not yet decoded
}

// htmlScanner divides HTML into tokens as section 13.2.5 of the HTML standard
// does, as far as it matters for text: attributes are looked at only when
// somebody asks, and what is never closed ends at the next ">".
type htmlScanner struct {
	src        string
	pos        int
	raw        string // name of the element whose content is no markup
	lastDouble int    // the last double quote: one that opens after it closes nowhere
	lastSingle int
	lastClose  int // the last ">"
}

func newHTMLScanner(src string) *htmlScanner {
	return &htmlScanner{
		src: src, lastDouble: strings.LastIndexByte(src, '"'), lastSingle: strings.LastIndexByte(src, '\''),
		lastClose: strings.LastIndexByte(src, '>'),
	}
}

// next returns the next token. Comments and declarations are passed over.
func (z *htmlScanner) next() htmlToken {
	for z.pos < len(z.src) {
		if z.raw != "" {
			if t, ok := z.rawText(); ok {
				return t
			}
			continue
		}
		rest := z.src[z.pos:]
		lt := strings.IndexByte(rest, '<')
		switch {
		case lt < 0:
			z.pos = len(z.src)
			return htmlToken{text: rest}
		case lt > 0:
			z.pos += lt
			return htmlToken{text: rest[:lt]}
		}
		if t, ok := z.markup(rest); ok {
			return t
		}
	}
	return htmlToken{kind: tokenNone}
}

// markup reads what begins with "<"; it is false for what says nothing.
func (z *htmlScanner) markup(rest string) (htmlToken, bool) {
	next := byte(0)
	if len(rest) > 1 {
		next = rest[1]
	}
	switch {
	case isLetter(next):
		return z.tag(1, tokenStart)
	case next == '/' && len(rest) > 2 && isLetter(rest[2]):
		return z.tag(2, tokenEnd)
	case strings.HasPrefix(rest, "<!--"):
		z.comment(rest)
	case next == '!', next == '?', next == '/':
		z.pos = z.after('>', z.pos)
	default:
		z.pos++
		return htmlToken{text: "<"}, true
	}
	return htmlToken{}, false
}

// comment passes over a comment; one that is never closed takes the rest.
func (z *htmlScanner) comment(rest string) {
	for _, short := range []string{"<!-->", "<!--->"} {
		if strings.HasPrefix(rest, short) {
			z.pos += len(short)
			return
		}
	}
	z.pos += len("<!--")
	for {
		i := strings.Index(z.src[z.pos:], "--")
		if i < 0 {
			z.pos = len(z.src)
			return
		}
		z.pos += i
		for _, end := range []string{"-->", "--!>"} {
			if strings.HasPrefix(z.src[z.pos:], end) {
				z.pos += len(end)
				return
			}
		}
		z.pos++
	}
}

// after is the offset behind the next c.
func (z *htmlScanner) after(c byte, from int) int {
	if i := strings.IndexByte(z.src[from:], c); i >= 0 {
		return from + i + 1
	}
	return len(z.src)
}

func (z *htmlScanner) tag(skip int, kind tokenKind) (htmlToken, bool) {
	start := z.pos + skip
	if start > z.lastClose { // a tag that the end of the document cuts off
		z.pos = len(z.src)
		return htmlToken{}, false
	}
	end := start
	for z.src[end] != '>' && z.src[end] != '/' && !isHTMLBlank(z.src[end]) {
		end++
	}
	t := htmlToken{kind: kind, name: z.src[start:end]}
	t.atom = lookupAtom(t.name)
	i := end
	for i < len(z.src) && z.src[i] != '>' {
		if z.src[i] == '=' {
			i = z.skipValue(i + 1)
			continue
		}
		i++
	}
	if i >= len(z.src) {
		z.pos = len(z.src)
		return htmlToken{}, false
	}
	t.attributes = z.src[end:i]
	t.empty = strings.HasSuffix(t.attributes, "/")
	z.pos = i + 1
	if kind == tokenStart && isRawText(t.atom) {
		z.raw = t.name
	}
	return t, true
}

// skipValue returns where the attribute value that begins at i ends.
func (z *htmlScanner) skipValue(i int) int {
	for i < len(z.src) && isHTMLBlank(z.src[i]) {
		i++
	}
	if i >= len(z.src) {
		return i
	}
	switch {
	case z.src[i] == '"' && i < z.lastDouble, z.src[i] == '\'' && i < z.lastSingle:
		return z.after(z.src[i], i+1)
	}
	return i
}

// rawText is the content of a script and the like, up to its end tag, which
// takes the rest when it is missing.
func (z *htmlScanner) rawText() (htmlToken, bool) {
	start := z.pos
	for at := start; ; {
		i := strings.Index(z.src[at:], "</")
		if i < 0 {
			z.pos, z.raw = len(z.src), ""
			break
		}
		at += i
		name := z.src[at+2 : min(len(z.src), at+2+len(z.raw))]
		if equalFold(name, z.raw) {
			z.pos, z.raw = at, ""
			break
		}
		at += 2
	}
	return htmlToken{text: z.src[start:z.pos]}, z.pos > start
}

func isRawText(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Title, atom.Textarea, atom.Iframe, atom.Noembed, atom.Noframes, atom.Xmp:
		return true
	}
	return false
}

func isLetter(c byte) bool { return lower(c) >= 'a' && lower(c) <= 'z' }

func isHTMLBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

// lookupAtom is atom.Lookup for names in any case.
func lookupAtom(name string) atom.Atom {
	var buf [32]byte // the longest name that HTML knows is shorter
	if len(name) > len(buf) {
		return 0
	}
	for i := range len(name) {
		buf[i] = lower(name[i])
	}
	return atom.Lookup(buf[:len(name)])
}

// has reports that the tag may have that attribute, without taking it apart.
func (t *htmlToken) has(name string) bool {
	return len(t.attributes) >= len(name) && t.attribute(name) != noAttribute
}

// noAttribute is told apart from an empty value.
const noAttribute = "\x00"

// get is the decoded value of an attribute, "" when there is none.
func (t *htmlToken) get(name string) string {
	if v := t.attribute(name); v != noAttribute {
		return html.UnescapeString(v)
	}
	return ""
}

// attribute finds the first attribute of that name.
func (t *htmlToken) attribute(name string) string {
	s := t.attributes
	for i := 0; i < len(s); {
		for i < len(s) && (isHTMLBlank(s[i]) || s[i] == '/') {
			i++
		}
		start := i
		for i < len(s) && !isHTMLBlank(s[i]) && s[i] != '/' && (s[i] != '=' || i == start) {
			i++
		}
		key := s[start:i]
		for i < len(s) && isHTMLBlank(s[i]) {
			i++
		}
		value := ""
		if i < len(s) && s[i] == '=' {
			value, i = attributeValue(s, i+1)
		}
		if equalFold(key, name) {
			return value
		}
	}
	return noAttribute
}

// attributeValue reads the value at i and returns where it ends.
func attributeValue(s string, i int) (string, int) {
	for i < len(s) && isHTMLBlank(s[i]) {
		i++
	}
	if i < len(s) && (s[i] == '"' || s[i] == '\'') {
		if end := strings.IndexByte(s[i+1:], s[i]); end >= 0 {
			return s[i+1 : i+1+end], i + end + 2
		}
		i++
	}
	start := i
	for i < len(s) && !isHTMLBlank(s[i]) {
		i++
	}
	return s[start:i], i
}
