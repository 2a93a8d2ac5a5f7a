package eml

import (
	"slices"
	"strconv"
	"strings"
)

// MaxParams bounds the parameters of one field, the pieces of continued ones
// included; a 255 byte name in 40 byte pieces takes 7.
const MaxParams = 100

// paramField is the value of a field such as Content-Type.
type paramField struct {
	main   string // what stands before the first ";"
	params map[string]string
}

// piece is one parameter as written: attribute, or attribute*, attribute*0,
// attribute*0* of RFC 2231 section 3 and 4.
type piece struct {
	name     string
	number   int // -1 when the parameter is not continued
	extended bool
	value    string
}

// parseParams reads an unfolded parametrised value. Of two parameters with the
// same name the first counts; the RFC 2231 form wins over the plain one.
func parseParams(value []byte, path string, fs *faults) paramField {
	t := newParamScanner(string(value))
	v := paramField{main: strings.TrimSpace(t.until(";"))}
	if fields := strings.Fields(v.main); len(fields) > 1 && strings.Contains(v.main, "=") {
		// "text/plain charset=utf-8": the semicolon was forgotten.
		v.main = fields[0]
		t = newParamScanner(strings.TrimLeft(t.s, " \t"))
		t.i = len(fields[0])
	}
	var pieces []piece
	for {
		p, ok := t.next()
		if !ok {
			break
		}
		if len(pieces) >= MaxParams {
			fs.at(FaultParamLimit, path)
			break
		}
		pieces = append(pieces, p)
	}
	v.params = assemble(pieces)
	return v
}

// paramScanner walks over a value once.
type paramScanner struct {
	s         string
	i         int
	lastClose int // index of the last ")": a "(" after it opens no comment
}

func newParamScanner(s string) paramScanner {
	return paramScanner{s: s, lastClose: strings.LastIndexByte(s, ')')}
}

// until returns the text up to one of the stop bytes, without comments.
func (t *paramScanner) until(stops string) string {
	start, comment := t.i, false
	var out strings.Builder
	for ; t.i < len(t.s); t.i++ {
		c := t.s[t.i]
		switch {
		case c == '(' && t.i < t.lastClose && !comment:
			out.WriteString(t.s[start:t.i])
			comment = true
		case c == ')' && comment:
			comment, start = false, t.i+1
		case !comment && strings.IndexByte(stops, c) >= 0:
			out.WriteString(t.s[start:t.i])
			return out.String()
		}
	}
	out.WriteString(t.s[start:])
	return out.String()
}

func (t *paramScanner) skip(set string) {
	for t.i < len(t.s) && strings.IndexByte(set, t.s[t.i]) >= 0 {
		t.i++
	}
}

// next returns the next "name=value"; words without "=" are passed over.
func (t *paramScanner) next() (piece, bool) {
	for {
		t.skip("; \t,\r\n")
		if t.i >= len(t.s) {
			return piece{}, false
		}
		name := strings.TrimSpace(t.until("=;"))
		if t.i >= len(t.s) || t.s[t.i] == ';' {
			continue
		}
		t.i++
		t.skip(" \t\r\n")
		p := splitName(lowerASCII(name))
		if t.i < len(t.s) && t.s[t.i] == '"' {
			p.value = t.quoted()
		} else {
			p.value = t.bare(p.name)
		}
		if p.name != "" {
			return p, true
		}
	}
}

// quoted reads a quoted string. A backslash that quotes nothing special stays,
// because old programs put whole Windows paths there.
func (t *paramScanner) quoted() string {
	var out strings.Builder
	for t.i++; t.i < len(t.s); t.i++ {
		c := t.s[t.i]
		if c == '"' {
			t.i++
			break
		}
		if c == '\\' && t.i+1 < len(t.s) && (t.s[t.i+1] == '"' || t.s[t.i+1] == '\\') {
			t.i++
			c = t.s[t.i]
		}
		out.WriteByte(c)
	}
	return out.String()
}

// bare reads an unquoted value. In names blanks are part of it, as programs
// that forget the quotes put them there.
func (t *paramScanner) bare(name string) string {
	if name == "name" || name == "filename" {
		start := t.i
		for t.i < len(t.s) && t.s[t.i] != ';' {
			t.i++
		}
		return strings.TrimSpace(t.s[start:t.i])
	}
	return strings.TrimSpace(t.until("; \t"))
}

// splitName takes an attribute apart: "filename*1*" is piece 1, extended.
func splitName(s string) piece {
	p := piece{name: s, number: -1}
	base, rest, starred := strings.Cut(s, "*")
	if !starred {
		return p
	}
	p.name = base
	if rest == "" {
		p.extended = true
		return p
	}
	digits, extended := strings.CutSuffix(rest, "*")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return piece{}
	}
	p.number, p.extended = n, extended
	return p
}

// assemble joins continued parameters and decodes all of them.
func assemble(pieces []piece) map[string]string {
	params := make(map[string]string, len(pieces))
	for _, p := range pieces { // plain ones first, the extended form replaces them
		if _, seen := params[p.name]; !seen && p.number < 0 && !p.extended {
			params[p.name] = plainParam(p)
		}
	}
	done := map[string]bool{}
	for _, p := range pieces {
		if (p.number < 0 && !p.extended) || done[p.name] {
			continue
		}
		done[p.name] = true
		if p.number < 0 {
			params[p.name] = extendedParam([]piece{p})
		} else if run := continued(pieces, p.name); len(run) > 0 {
			params[p.name] = extendedParam(run)
		}
	}
	return params
}

// continued returns the pieces 0, 1, 2 … of one parameter in order, up to the
// first gap.
func continued(pieces []piece, name string) []piece {
	var run []piece
	for _, p := range pieces {
		if p.name == name && p.number >= 0 {
			run = append(run, p)
		}
	}
	slices.SortStableFunc(run, func(a, b piece) int { return a.number - b.number })
	run = slices.CompactFunc(run, func(a, b piece) bool { return a.number == b.number })
	if len(run) == 0 || run[0].number > 1 || run[0].number == 1 && len(run) == 1 { // some programs count from one
		return nil
	}
	first := run[0].number
	for i, p := range run {
		if p.number != first+i {
			return run[:i]
		}
	}
	return run
}

// plainParam decodes a value without RFC 2231. A boundary is compared byte for
// byte, so it is left alone.
func plainParam(p piece) string {
	if p.name == "boundary" {
		return p.value
	}
	if charset, rest, ok := strings.Cut(p.value, "'"); ok && (p.name == "filename" || p.name == "name") && strings.Contains(rest, "'") {
		// The form of RFC 2231 under a name without the "*".
		if _, known := findCharset(charset); known && charset != "" && strings.Contains(rest, "%") {
			return extendedParam([]piece{{name: p.name, extended: true, value: p.value}})
		}
	}
	return decodeWords(p.value, "")
}

// extendedParam joins the pieces of one value: charset'language'text in the
// first, percent encoding in those that are marked.
func extendedParam(run []piece) string {
	charset, any := "", false
	var out []byte
	for i, p := range run {
		text := p.value
		if p.extended {
			any = true
			if i == 0 {
				if parts := strings.SplitN(text, "'", 3); len(parts) == 3 {
					charset, text = parts[0], parts[2]
				}
			}
			out = appendPercent(out, text)
		} else {
			out = append(out, text...)
		}
	}
	if run[0].name == "boundary" {
		return string(out)
	}
	if !any { // continued but not extended: some programs split encoded words
		return decodeWords(string(out), "")
	}
	return decodeCharset(out, charset, "")
}

func appendPercent(out []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
