package tnef

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
)

const (
	// maxGroups is how deep groups may lie inside each other. Outlook stays
	// below 20.
	maxGroups = 200

	// maxControlWord is the longest control word with its number, RTF 1.9.1.
	maxControlWord = 32 + 11

	// maxFonts bounds the font table that is kept.
	maxFonts = 1000
)

// readRTF returns the text of an RTF body, or the HTML that was wrapped into
// it ([MS-OXRTFEX]). page is the code page where the body names none.
func readRTF(rtf []byte, page int, decode Decoder) (text string, isHTML bool) {
	head := rtf[:min(len(rtf), 1024)] // [MS-OXRTFEX] 2.1.3.1: among the first tokens
	p := rtfReader{src: rtf, decode: decode, page: page, fonts: map[int]int{}, html: bytes.Contains(head, []byte(`\fromhtml`))}
	p.state.skipChars = 1
	p.read()
	p.flush()
	return strings.ReplaceAll(p.out.String(), "\r\n", "\n"), p.html
}

// rtfState is what a group inherits and what is restored at its end.
type rtfState struct {
	skip      bool // nothing of the group is text
	markup    bool // inside \htmltag: HTML
	htmlrtf   bool // RTF that stands in for markup: left out
	fontTable bool
	font      int
	skipChars int // bytes that follow a \u for readers that do not know it
}

type rtfReader struct {
	src    []byte
	pos    int
	decode Decoder
	html   bool
	page   int
	fonts  map[int]int // code page of each font

	state  rtfState
	stack  []rtfState
	excess int  // groups deeper than maxGroups
	first  bool // the next word is the first of its group
	star   bool // \* was that first word
	toSkip int  // bytes after a \u

	bytes []byte   // of one code page, not yet decoded
	units []uint16 // of \u, not yet decoded
	out   strings.Builder
}

func (p *rtfReader) read() {
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		switch c {
		case '{':
			p.pos++
			p.open()
		case '}':
			p.pos++
			p.close()
		case '\\':
			p.control()
		case '\r', '\n':
			p.pos++
		default:
			p.literal()
		}
	}
}

func (p *rtfReader) open() {
	p.toSkip = 0
	if len(p.stack) >= maxGroups {
		p.excess++
		return
	}
	p.stack = append(p.stack, p.state)
	p.first, p.star = true, false
}

func (p *rtfReader) close() {
	p.toSkip = 0
	if p.excess > 0 {
		p.excess--
		return
	}
	p.first, p.star = false, false
	if n := len(p.stack); n > 0 {
		p.flush()
		p.state = p.stack[n-1]
		p.stack = p.stack[:n-1]
	}
}

// literal takes text up to the next byte that means something.
func (p *rtfReader) literal() {
	start := p.pos
	for p.pos < len(p.src) && !strings.ContainsRune("{}\\\r\n", rune(p.src[p.pos])) {
		p.pos++
	}
	text := p.src[start:p.pos]
	n := min(p.toSkip, len(text))
	p.toSkip -= n
	p.first = false
	p.put(text[n:])
}

func (p *rtfReader) put(b []byte) {
	if len(b) == 0 || !p.shown() {
		return
	}
	p.flushUnits()
	p.bytes = append(p.bytes, b...)
}

func (p *rtfReader) shown() bool { return !p.state.skip && (p.state.markup || !p.state.htmlrtf) }

// codePage is that of the current font. Markup is in that of the document.
func (p *rtfReader) codePage() int {
	if page := p.fonts[p.state.font]; page != 0 && !p.state.markup {
		return page
	}
	return p.page
}

func (p *rtfReader) flushBytes() {
	if len(p.bytes) > 0 {
		p.out.WriteString(p.decode(p.bytes, p.codePage()))
		p.bytes = p.bytes[:0]
	}
}

func (p *rtfReader) flushUnits() {
	for _, r := range utf16.Decode(p.units) {
		p.out.WriteRune(r)
	}
	p.units = p.units[:0]
}

func (p *rtfReader) flush() {
	p.flushBytes()
	p.flushUnits()
}

// control reads what begins with a backslash.
func (p *rtfReader) control() {
	p.pos++
	if p.pos >= len(p.src) {
		return
	}
	c := p.src[p.pos]
	if c|0x20 < 'a' || c|0x20 > 'z' {
		p.pos++
		p.symbol(c)
		return
	}
	start, limit := p.pos, min(len(p.src), p.pos+maxControlWord)
	for p.pos < limit && p.src[p.pos]|0x20 >= 'a' && p.src[p.pos]|0x20 <= 'z' {
		p.pos++
	}
	word, digits := string(p.src[start:p.pos]), p.pos
	if p.pos < limit && p.src[p.pos] == '-' {
		p.pos++
	}
	for p.pos < limit && p.src[p.pos] >= '0' && p.src[p.pos] <= '9' {
		p.pos++
	}
	number, err := strconv.Atoi(string(p.src[digits:p.pos]))
	if p.pos < len(p.src) && p.src[p.pos] == ' ' {
		p.pos++
	}
	if p.toSkip > 0 && word != "u" { // a control word counts as one character
		p.toSkip--
		return
	}
	first := p.first
	p.first = false
	if first || p.star {
		p.destination(word)
	}
	p.star = false
	p.word(word, number, err == nil)
}

func (p *rtfReader) symbol(c byte) {
	if c == '\'' {
		hi, lo := -1, -1
		if p.pos+1 < len(p.src) {
			hi, lo = hexDigit(p.src[p.pos]), hexDigit(p.src[p.pos+1])
		}
		if hi < 0 || lo < 0 {
			return
		}
		p.pos += 2
		if p.toSkip > 0 {
			p.toSkip--
			return
		}
		p.put([]byte{byte(hi<<4 | lo)})
		return
	}
	if p.toSkip > 0 {
		p.toSkip--
		return
	}
	switch c {
	case '*':
		p.star = p.first
		return // the next word still is the first
	case '~':
		p.entity("&nbsp;", "\u00a0")
	case '_':
		p.entity("&shy;", "-")
	case '\\', '{', '}':
		p.put([]byte{c})
	case '\r', '\n':
		p.put([]byte("\n"))
	}
	p.first = false
}

func hexDigit(c byte) int {
	n, err := strconv.ParseUint(string([]byte{c}), 16, 8)
	if err != nil {
		return -1
	}
	return int(n)
}

// destination reads the first word of a group, which says what it is for.
func (p *rtfReader) destination(word string) {
	switch word {
	case "htmltag":
		p.flush()
		p.state.markup, p.state.skip = p.html, p.state.skip || !p.html
	case "fonttbl":
		p.state.skip, p.state.fontTable = true, true
	case "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "headerl", "headerr", "footerl", "footerr",
		"ftnsep", "listtable", "listoverridetable", "generator", "themedata", "datastore", "xmlnstbl", "mhtmltag", "fldinst":
		p.state.skip = true
	default:
		if p.star {
			p.state.skip = true
		}
	}
}

func (p *rtfReader) word(word string, n int, numbered bool) {
	switch word {
	case "ansicpg":
		if n > 0 {
			p.page = n
		}
	case "htmlrtf":
		p.flush()
		p.state.htmlrtf = p.html && (!numbered || n != 0)
	case "f":
		p.flush()
		p.state.font = n
	case "fcharset":
		if p.state.fontTable && len(p.fonts) < maxFonts {
			p.fonts[p.state.font] = charsetPage(n)
		}
	case "plain":
		p.flush()
		p.state.font = 0
	case "uc":
		p.state.skipChars = max(0, min(n, 8))
	case "u":
		p.unicode(n)
	case "par", "line", "sect", "page", "row":
		p.put([]byte("\n"))
	case "tab", "cell":
		p.put([]byte("\t"))
	default:
		for _, s := range rtfSymbols {
			if s.word == word {
				p.entity(s.entity, s.text)
			}
		}
	}
}

func (p *rtfReader) unicode(n int) {
	p.toSkip = p.state.skipChars
	if p.shown() {
		p.flushBytes()
		p.units = append(p.units, uint16(n)) // negative ones are above 32767
	}
}

var rtfSymbols = []struct{ word, entity, text string }{
	{"lquote", "&lsquo;", "‘"}, {"rquote", "&rsquo;", "’"}, {"ldblquote", "&ldquo;", "“"}, {"rdblquote", "&rdquo;", "”"},
	{"bullet", "&bull;", "•"}, {"endash", "&ndash;", "–"}, {"emdash", "&mdash;", "—"},
	{"emspace", "&emsp;", " "}, {"enspace", "&ensp;", " "},
}

func (p *rtfReader) entity(html, text string) {
	if !p.shown() {
		return
	}
	p.flush()
	if p.html {
		text = html
	}
	p.out.WriteString(text)
}

// charsetPage is the code page of \fcharset, RTF 1.9.1; 0 when it says none.
func charsetPage(n int) int {
	switch n {
	case 0:
		return 1252
	case 77:
		return 10000
	case 128:
		return 932
	case 129:
		return 949
	case 134:
		return 936
	case 136:
		return 950
	case 161:
		return 1253
	case 162:
		return 1254
	case 163:
		return 1258
	case 177:
		return 1255
	case 178:
		return 1256
	case 186:
		return 1257
	case 204:
		return 1251
	case 222:
		return 874
	case 238:
		return 1250
	}
	return 0
}
