package eml

import (
	"html"
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

const (
	// maxIndent bounds the quote marks on each line, which otherwise grow with the
	// square of the nesting.
	maxIndent = 12

	// maxListIndent bounds the levels of lists that are indented; the mark of an
	// item is shorter than the element that asks for it, the indentation is not.
	maxListIndent = 6

	// maxPad bounds runs of non-breaking blanks, which stand for an indentation.
	maxPad = 40

	// metaWindow is where HTML must declare its charset, HTML standard section
	// 4.2.5.4.
	metaWindow = 1024
)

// htmlText renders HTML as text: paragraphs, lists, quotes with ">", and links
// with their target in angle brackets behind them. It works on tokens, not on a
// tree, so it takes linear time whatever the nesting. Hidden elements are left
// out unless nothing else is there.
func htmlText(src string) string {
	r := htmlRenderer{hide: true}
	text := r.render(src)
	if r.hid && isBlankText(text) {
		r = htmlRenderer{}
		text = r.render(src)
	}
	return text
}

func (r *htmlRenderer) render(src string) string {
	for z := newHTMLScanner(src); r.out.Len() < MaxTextBytes; {
		switch t := z.next(); t.kind {
		case tokenText:
			if r.skip == 0 {
				r.text(html.UnescapeString(t.text))
			}
		case tokenStart:
			r.start(t)
		case tokenEnd:
			r.end(t)
		case tokenNone:
			r.closeLink()
			return strings.TrimSpace(r.out.String())
		}
	}
	return r.out.String()
}

// htmlRenderer holds the state between two tokens.
type htmlRenderer struct {
	out  strings.Builder
	hide bool // leave out what is hidden by style
	hid  bool // something was

	breaks int  // line ends owed before the next text
	space  bool // a blank owed before the next text
	pad    int  // hard blanks owed before the next text on this line
	begun  bool // something stands on the current line
	quote  int
	marks  bool // the quote marks of the current line are written
	marked int  // how many
	pre    int
	lists  []int // the number of the next item, -1 for bullets
	links  int
	joined bool // the next block begins on this line: behind the mark of an item, in the next cell of a row
	row    bool // the current cell is not the first one of its row
	cell   int  // where the current cell begins in out

	href     string
	hrefFrom int // where the text of the link begins in out

	skip     int    // open elements inside the one that is passed over
	skipName string // its name, as it was written

	indents []bool // open blockquotes, true for those that only indent

	signature string // name of the element that holds the signature; "" outside
	inside    int    // open elements of that name within it
	signed    bool   // the signature is over, and no word came since
}

// text writes character data, with blanks collapsed outside pre.
func (r *htmlRenderer) text(s string) {
	if r.pre > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				r.lineBreak()
			}
			if line != "" {
				r.put(line)
			}
		}
		return
	}
	for s != "" {
		i := strings.IndexFunc(s, isHTMLSpace)
		if i < 0 {
			r.put(s)
			return
		}
		if i > 0 {
			r.put(s[:i])
		}
		r.space = r.begun
		s = strings.TrimLeftFunc(s[i:], isHTMLSpace)
	}
}

func isHTMLSpace(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

// put writes a word after the line ends and blanks that are owed.
func (r *htmlRenderer) put(s string) {
	if strings.HasPrefix(s, "\u200c") || strings.HasPrefix(s, "\u00a0\u200c") {
		if strings.Trim(s, "\u200c\u200d\u00a0\u034f\ufeff") == "" { // pads the preview of a newsletter
			return
		}
	}
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\u00a0':
			return ' '
		case c < ' ' && c != '\t', c >= 0x7f && c < 0xa0, c == '\u200b', c == '\ufeff', c == '\u00ad', c == '\u034f':
			return -1 // character references can name what cleanText took out
		}
		return c
	}, s)
	if s == "" {
		return
	}
	r.newLine()
	r.joined = false
	word := strings.TrimRight(s, " ")
	if word != "" {
		if !r.begun || r.pad > 0 {
			r.space = false
		}
		if !r.marks {
			r.out.WriteString(marks(r.quote))
			r.marks, r.marked = true, r.quote
		}
		for range r.pad {
			r.out.WriteByte(' ')
		}
		if r.space {
			r.out.WriteByte(' ')
		}
		if r.signed {
			r.out.WriteRune(partMark)
			r.signed = false
		}
		r.out.WriteString(word)
		r.space, r.pad = false, 0
	}
	r.begun = true
	r.pad = min(r.pad+len(s)-len(word), maxPad)
}

// newLine writes the line ends that are owed. Blanks at the end of a line are
// never written.
func (r *htmlRenderer) newLine() {
	if r.breaks == 0 {
		return
	}
	for ; r.breaks > 0 && r.out.Len() > 0; r.breaks-- {
		r.out.WriteByte('\n')
		if r.breaks > 1 {
			r.out.WriteString(strings.TrimRight(marks(min(r.quote, r.marked)), " "))
		}
	}
	r.breaks, r.pad, r.space, r.begun, r.marks = 0, 0, false, false, false
}

const allMarks = "> > > > > > > > > > > > " // maxIndent of them

func marks(depth int) string { return allMarks[:len("> ")*min(depth, maxIndent)] }

// owe asks for at least n line ends before the next text.
func (r *htmlRenderer) owe(n int) {
	if n == 0 || r.joined {
		return
	}
	r.space = false
	if r.begun || r.breaks > 0 {
		r.breaks = max(r.breaks, n)
	}
}

// lineBreak is <br>: each one counts, up to two blank lines.
func (r *htmlRenderer) lineBreak() {
	r.space = false
	r.breaks = min(r.breaks+1, 3)
}

func (r *htmlRenderer) start(t htmlToken) {
	if r.skip > 0 {
		if equalFold(t.name, r.skipName) && !t.empty {
			r.skip++
		}
		if !equalFold(r.skipName, "p") || !isBlock(t.atom) {
			return
		}
		r.skip = 0 // a paragraph ends where the next block begins
	}
	if r.passOver(t) {
		if !t.empty && !isVoid(t.atom) {
			r.skip, r.skipName = 1, t.name
		}
		return
	}
	if t.atom == atom.Li || t.atom == atom.Tr {
		r.joined = false
	}
	r.owe(breaksBefore(t))
	r.openSignature(t)
	r.open(t)
}

// open does what the beginning of a shown element asks for.
func (r *htmlRenderer) open(t htmlToken) {
	switch t.atom {
	case atom.Br:
		r.lineBreak()
	case atom.Hr:
		r.put("---")
		r.owe(1)
	case atom.Blockquote:
		r.openQuote(t)
	case atom.Pre:
		r.pre++
	case atom.Ul, atom.Menu:
		r.lists = append(r.lists, -1)
	case atom.Ol:
		r.lists = append(r.lists, 1)
	case atom.Li:
		r.item()
	case atom.Tr:
		r.row = false
	case atom.Td, atom.Th:
		r.startCell()
	case atom.Img:
		if alt := strings.TrimSpace(t.get("alt")); alt != "" {
			r.put("[" + strings.Join(strings.Fields(alt), " ") + "]")
		}
	case atom.A:
		r.closeLink()
		r.href, r.hrefFrom = linkTarget(t.get("href")), r.out.Len()
	}
}

func (r *htmlRenderer) end(t htmlToken) {
	if r.skip > 0 {
		if equalFold(t.name, r.skipName) {
			r.skip--
		}
		return
	}
	if t.atom != atom.Td && t.atom != atom.Th {
		r.joined = false
	}
	r.closeSignature(t)
	switch t.atom {
	case atom.A:
		r.closeLink()
	case atom.Blockquote:
		r.owe(2)
		r.closeQuote()
	case atom.Pre:
		r.pre = max(0, r.pre-1)
	case atom.Ul, atom.Ol, atom.Menu:
		r.lists = r.lists[:max(0, len(r.lists)-1)]
	case atom.P: // breaksAround has seen its start; Word closes lines with it
		r.owe(1)
		return
	}
	r.owe(breaksAround(t.atom))
}

// startCell begins a cell of a table. It stands on the line of the one before
// it, unless that is more than a label or a figure: then the table is there for
// the layout, and its cells are columns of text.
func (r *htmlRenderer) startCell() {
	const short = 60
	before := r.out.String()[min(r.cell, r.out.Len()):]
	if r.row && len(before) <= short && strings.IndexByte(strings.TrimLeft(before, "\n"), '\n') < 0 {
		r.breaks, r.joined = 0, true
	}
	r.space = r.begun && r.breaks == 0
	r.row, r.cell = true, r.out.Len()
}

// item begins a list item.
func (r *htmlRenderer) item() {
	depth := len(r.lists)
	if depth == 0 {
		r.put("-")
		r.space, r.joined = true, true
		return
	}
	mark := "-"
	if n := r.lists[depth-1]; n > 0 {
		mark = strconv.Itoa(n) + "."
		r.lists[depth-1]++
	}
	r.put(strings.Repeat("  ", min(depth-1, maxListIndent)) + mark)
	r.space, r.joined = true, true
}

// passOver reports elements that are not shown: code, titles, and what is
// hidden by style.
func (r *htmlRenderer) passOver(t htmlToken) bool {
	switch t.atom {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg,
		atom.Math, atom.Select, atom.Textarea, atom.Audio, atom.Video, atom.Noframes, atom.Noembed:
		return true
	case atom.Html, atom.Body, atom.Br, atom.Td, atom.Th, atom.Tr, atom.Li:
		return false // hidden ones end where their sibling begins, which tokens do not tell
	}
	if !r.hide || len(t.attributes) < len("hidden") {
		return false
	}
	if !t.has("hidden") && !hiddenStyle(t.get("style")) && t.get("class") != legacyDisplay {
		return false
	}
	r.hid = true
	return true
}

// legacyDisplay marks the copy of protected fields that readers which know RFC
// 9788 leave out (section 4.5.3.3).
const legacyDisplay = "header-protection-legacy-display"

// hiddenStyle recognises how newsletters hide the line that mail lists show as
// a preview. A style for Outlook alone (mso-hide) hides nothing elsewhere.
func hiddenStyle(style string) bool {
	if style == "" {
		return false
	}
	style = strings.ReplaceAll(lowerASCII(style), " ", "")
	for _, hidden := range []string{"display:none", "visibility:hidden"} {
		if strings.Contains(style, hidden) {
			return true
		}
	}
	for _, zero := range []string{"max-height:0", "opacity:0"} {
		_, after, ok := strings.Cut(style, zero)
		after = strings.TrimPrefix(after, "px")
		if ok && (after == "" || after[0] == ';' || after[0] == '!') && (zero != "max-height:0" || strings.Contains(style, "overflow:hidden")) {
			return true
		}
	}
	return false
}

func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link,
		atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

func isBlock(a atom.Atom) bool { return breaksAround(a) > 0 }

// breaksBefore is how many line ends stand before an element. In a paragraph
// without margins, as Word writes every line, it is one.
func breaksBefore(t htmlToken) int {
	if t.atom == atom.P && len(t.attributes) > 0 {
		style := strings.ReplaceAll(lowerASCII(t.get("style")), " ", "")
		if strings.HasPrefix(t.get("class"), "Mso") || strings.Contains(style, "margin:0") {
			return 1
		}
	}
	return breaksAround(t.atom)
}

// breaksAround is how many line ends stand around an element.
func breaksAround(a atom.Atom) int {
	switch a {
	case atom.P:
		return 2
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Dl, atom.Table, atom.Figure:
		return 2
	case atom.Div, atom.Tr, atom.Li, atom.Ul, atom.Ol, atom.Dt, atom.Dd, atom.Hr, atom.Address, atom.Article, atom.Aside,
		atom.Center, atom.Fieldset, atom.Figcaption, atom.Footer, atom.Form, atom.Header, atom.Main, atom.Nav,
		atom.Section, atom.Body, atom.Legend, atom.Details, atom.Summary, atom.Caption, atom.Menu:
		return 1
	}
	return 0
}

// metaCharset finds the charset an HTML document declares in itself.
func metaCharset(src []byte) string {
	z := newHTMLScanner(string(src[:min(len(src), metaWindow)]))
	for t := z.next(); t.kind != tokenNone; t = z.next() {
		if t.kind != tokenStart || t.atom != atom.Meta {
			continue
		}
		c := t.get("charset")
		if c == "" {
			_, c, _ = strings.Cut(lowerASCII(t.get("content")), "charset=")
			c = strings.Trim(strings.TrimSpace(c), `"'`)
		}
		if strings.HasPrefix(lowerASCII(c), "utf-16") { // it was read as ASCII
			return ""
		}
		if c != "" {
			return c
		}
	}
	return ""
}
