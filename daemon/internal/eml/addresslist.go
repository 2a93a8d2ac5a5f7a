package eml

import (
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func parseMailboxes(value, hint string) (list []Mailbox, cut bool) {
	p := addressParser{s: value, hint: hint, lastQuote: strings.LastIndexByte(value, '"'), lastParen: strings.LastIndexByte(value, ')')}
	for p.i < len(p.s) {
		if len(p.out) >= MaxMailboxes {
			return p.out[:MaxMailboxes], true
		}
		p.step()
	}
	p.finish()
	return p.out[:min(len(p.out), MaxMailboxes)], len(p.out) > MaxMailboxes
}

// addressWord is one atom or quoted string.
type addressWord struct {
	text   string
	quoted bool
	glued  bool // no blank between it and the word before
}

// addressParser walks over the value once; words, angle and comment belong to
// the mailbox that is being read.
type addressParser struct {
	s         string
	i         int
	hint      string
	lastQuote int // a quote that opens after this closes nowhere
	lastParen int
	out       []Mailbox
	inGroup   bool

	words    []addressWord
	at       bool // an "@" stands in words
	angle    string
	hasAngle bool
	comment  string
	gap      bool // a blank was passed since the last word
	loose    bool
}

func (p *addressParser) step() {
	switch c := p.s[p.i]; {
	case c == ',':
		p.i++
		p.finish()
	case c == ';':
		p.i++
		p.loose = p.loose || !p.inGroup
		p.finish()
		p.inGroup = false
	case c == '(' && p.i < p.lastParen:
		p.skipComment()
	case c == '"' && p.i < p.lastQuote:
		p.quoted()
	case c == '<':
		p.angleAddr()
	case c == ':':
		p.colon()
	case c == ' ', c == '\t', c == '\r', c == '\n':
		p.i++
		p.gap = true
	default:
		p.atom()
	}
}

func (p *addressParser) add(text string, quoted bool) {
	if p.hasAngle { // something after the address: A <a@b> x
		p.loose = true
	}
	p.words = append(p.words, addressWord{text: text, quoted: quoted, glued: !p.gap && len(p.words) > 0})
	p.at = p.at || strings.IndexByte(text, '@') >= 0
	p.gap = false
}

// atom reads up to a blank or a special. An encoded word is one atom although
// programs leave commas and brackets unencoded in it; it must not hide what
// other readers would take as another mailbox.
func (p *addressParser) atom() {
	start := p.i
	for p.i < len(p.s) {
		c := p.s[p.i]
		if c == '=' && strings.HasPrefix(p.s[p.i:], "=?") {
			if w, ok := wordAt(p.s, p.i); ok && !strings.ContainsAny(w.text, " \t<>\"@") {
				p.i = w.end
				continue
			}
		}
		if c == ',' || c == ';' || c == ':' || c == '<' || c <= ' ' ||
			c == '(' && p.i < p.lastParen || c == '"' && p.i < p.lastQuote {
			break
		}
		p.i++
	}
	if p.i == start { // a control character
		p.i++
		p.loose = true
	}
	text := p.s[start:p.i]
	if trimmed := strings.TrimRight(text, ">"); trimmed != text {
		p.loose, text = true, trimmed
	}
	if text != "" {
		p.add(text, false)
	}
}

// quoted reads a quoted string. One that is never closed is no quoted string:
// it would hide the rest of the list.
func (p *addressParser) quoted() {
	start := p.i
	var out strings.Builder
	for p.i++; p.i < len(p.s) && p.s[p.i] != '"'; p.i++ {
		if p.s[p.i] == '\\' && p.i+1 < len(p.s) {
			p.i++
		}
		out.WriteByte(p.s[p.i])
	}
	if p.i >= len(p.s) {
		p.i, p.lastQuote, p.loose = start, -1, true
		return
	}
	p.i++
	p.add(out.String(), true)
}

// skipComment passes a comment, which may hold others, and remembers its text:
// in old mail it is the name.
func (p *addressParser) skipComment() {
	start, depth := p.i, 1
	for p.i++; p.i < len(p.s) && depth > 0; p.i++ {
		switch p.s[p.i] {
		case '\\':
			p.i++
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	if depth > 0 { // never closed: no comment, as in quoted
		p.i, p.lastParen, p.loose = start, -1, true
		return
	}
	p.comment = unescape(p.s[start+1 : p.i-1])
	p.gap = true
}

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// colon ends the name of a group. After an address, or inside a group, it is
// only a character.
func (p *addressParser) colon() {
	p.i++
	switch {
	case len(p.words) == 1 && equalFold(p.words[0].text, "mailto"):
		p.words, p.loose = nil, true
	case p.inGroup || p.hasAngle || p.at:
		p.loose = true
		p.add(":", false)
	default:
		p.words, p.comment = nil, ""
		p.inGroup = true
	}
}

// angleAddr reads "<…>". Without ">" the address ends at the next separator.
func (p *addressParser) angleAddr() {
	if p.hasAngle {
		p.loose = true
		p.finish()
		p.loose = true
	}
	p.i++
	start, quote := p.i, false
	route := strings.HasPrefix(p.s[p.i:], "@")
scan:
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '\\' && quote:
			p.i++
		case c == '"' && (quote || p.i < p.lastQuote):
			quote = !quote
		case c == '>' && !quote:
			break scan
		case (c == ',' || c == ';') && !quote && !route, c == '<' && !quote:
			break scan
		}
	}
	if p.i >= len(p.s) && quote { // as in quoted
		p.i, p.lastQuote, p.loose = start-1, -1, true
		return
	}
	end := min(p.i, len(p.s))
	p.angle, p.hasAngle = p.s[start:end], true
	if end < len(p.s) && p.s[end] == '>' {
		p.i = end + 1
	} else if strings.TrimSpace(p.angle) == "" && end < len(p.s) && p.s[end] == '<' {
		p.hasAngle = false // "<<a@b>>"
	} else {
		p.loose = true
	}
	p.gap = true
}

// phrase is the text of the words, not decoded.
func (p *addressParser) phrase() string {
	var out strings.Builder
	for _, w := range p.words {
		if !w.glued && out.Len() > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(w.text)
	}
	return out.String()
}

// finish ends the mailbox that is being read.
func (p *addressParser) finish() {
	switch {
	case p.hasAngle:
		p.emitAngle()
	case len(p.words) > 0:
		p.emitBare()
	}
	p.words, p.at, p.angle, p.hasAngle, p.comment = nil, false, "", false, ""
	p.gap, p.loose = false, false
}

func (p *addressParser) name(phrase string) string { return cleanName(decodeWords(phrase, p.hint)) }

func (p *addressParser) emit(m Mailbox) {
	m.Group = p.inGroup
	p.out = append(p.out, m)
}

func (p *addressParser) emitAngle() {
	m := Mailbox{Name: p.name(p.phrase()), loose: p.loose}
	if m.Name == "" {
		m.Name = p.name(p.comment)
	}
	var odd bool
	m.Address, m.Written, odd = readAddress(p.angle)
	m.loose = m.loose || odd
	if p.nameHidesAnother(m.Address) {
		m.loose = true
	}
	p.emit(m)
}

// nameHidesAnother reports an unquoted "@" in the display name that is not the
// address itself: some readers would take it as the address.
func (p *addressParser) nameHidesAnother(a helpdesk.Address) bool {
	for _, w := range p.words {
		if !w.quoted && strings.IndexByte(w.text, '@') >= 0 {
			other, err := toAddress(w.text)
			if err != nil || !other.Same(a) {
				return true
			}
		}
	}
	return false
}

// emitBare emits words without angle brackets: an address, or a name, or both
// in any order, or several addresses with only blanks between.
func (p *addressParser) emitBare() {
	chains := p.chains()
	var name []string
	found := 0
	for _, c := range chains {
		if c.at {
			found++
		} else {
			name = append(name, string(c.show))
		}
	}
	if found == 0 {
		phrase := p.phrase()
		p.emit(Mailbox{Name: p.name(phrase), Written: clipBytes(cleanLine(decodeWords(phrase, p.hint)), maxWritten), loose: true})
		return
	}
	for _, c := range chains {
		if !c.at {
			continue
		}
		m := Mailbox{loose: p.loose || c.loose || len(chains) > 1}
		var odd bool
		m.Address, m.Written, odd = readAddress(string(c.spec))
		m.loose = m.loose || odd
		if found == 1 {
			m.Name = p.name(strings.Join(name, " "))
		}
		if m.Name == "" {
			m.Name = p.name(p.comment)
		}
		p.emit(m)
	}
}

// chain is what stands together without blanks, or with blanks around "." and
// "@" as the obsolete syntax of RFC 5322 section 4.4 allows.
type chain struct {
	spec  []byte // as part of an address: quoted words in quotes
	show  []byte // as part of a name
	at    bool   // holds an "@"
	loose bool
}

func (p *addressParser) chains() []chain {
	var out []chain
	for i, w := range p.words {
		spec, at := w.text, strings.IndexByte(w.text, '@') >= 0
		partOfMore := i+1 < len(p.words) && p.words[i+1].glued
		if w.quoted && (partOfMore || !at) {
			spec, at = quoteString(spec), false
		}
		dot := w.text == "." || i > 0 && p.words[i-1].text == "."
		if n := len(out); n > 0 && (w.glued || dot || out[n-1].joins(spec)) {
			last := &out[n-1]
			last.spec, last.show = append(last.spec, spec...), append(last.show, w.text...)
			last.at = last.at || at
			last.loose = last.loose || !w.glued
			continue
		}
		out = append(out, chain{spec: []byte(spec), show: []byte(w.text), at: at, loose: w.quoted && at})
	}
	return out
}

var quoteEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quoteString makes a quoted string, RFC 5322 section 3.2.4.
func quoteString(s string) string { return `"` + quoteEscapes.Replace(s) + `"` }

// joins reports that next belongs to the chain although blanks stand between.
func (c *chain) joins(next string) bool {
	switch last := c.spec[len(c.spec)-1]; {
	case last == '@' || strings.HasPrefix(next, "@"):
		return true
	case c.at:
		return last == '.' || strings.HasPrefix(next, ".")
	}
	return false
}
