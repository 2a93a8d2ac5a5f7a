package eml

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// encodedWord is one =?charset?encoding?text?= of RFC 2047 section 2.
type encodedWord struct {
	start, end int
	charset    string
	base64     bool
	text       string
}

// decodeWords decodes the encoded words of an unfolded value and everything
// around them, where 8-bit bytes are read as by [decodeCharset]. Words that
// only blanks separate are joined before the charset is decoded, because many
// programs split in the middle of a character although RFC 2047 section 5
// forbids it. The result may hold control characters.
func decodeWords(s, hint string) string {
	w, ok := nextWord(s, 0)
	if !ok {
		return decodeCharset([]byte(s), "", hint)
	}
	var out strings.Builder
	var run wordRun
	pos := 0
	for ; ok; w, ok = nextWord(s, pos) {
		between := s[pos:w.start]
		if !run.open || strings.TrimLeft(between, " \t\r\n") != "" {
			run.writeTo(&out)
			out.WriteString(decodeCharset([]byte(between), "", hint))
		}
		if !run.takes(w) {
			run.writeTo(&out)
		}
		run.add(w)
		pos = w.end
	}
	run.writeTo(&out)
	out.WriteString(decodeCharset([]byte(s[pos:]), "", hint))
	return out.String()
}

// wordRun joins adjacent words of one charset.
type wordRun struct {
	open    bool
	charset string
	bytes   []byte
	base64  []byte // not yet decoded: a group may go on in the next word
}

func (r *wordRun) takes(w encodedWord) bool { return !r.open || equalFold(r.charset, w.charset) }

func (r *wordRun) add(w encodedWord) {
	r.open, r.charset = true, w.charset
	if w.base64 {
		if len(r.base64)%4 != 0 && (len(r.base64)+len(w.text))%4 != 0 {
			r.settle() // padding was forgotten, the group does not go on
		}
		r.base64 = append(r.base64, w.text...)
		return
	}
	r.settle()
	r.bytes = appendQ(r.bytes, w.text)
}

func (r *wordRun) settle() {
	if len(r.base64) > 0 {
		r.bytes = append(r.bytes, decodeBase64(r.base64)...)
		r.base64 = r.base64[:0]
	}
}

func (r *wordRun) writeTo(out *strings.Builder) {
	r.settle()
	if len(r.bytes) > 0 {
		out.WriteString(decodeCharset(r.bytes, r.charset, ""))
	}
	*r = wordRun{}
}

// appendQ decodes the Q encoding of RFC 2047 section 4.2. Invalid escapes and
// 8-bit bytes stay.
func appendQ(out []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0:
			out = append(out, byte(hexDigit(s[i+1])<<4|hexDigit(s[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

// nextWord finds the first encoded word at or after pos. It looks no further
// than the beginning of the next candidate, which keeps a value full of
// unfinished ones linear.
func nextWord(s string, pos int) (encodedWord, bool) {
	for {
		start := candidate(s, pos)
		if start < 0 {
			return encodedWord{}, false
		}
		if w, ok := wordAt(s, start); ok {
			return w, true
		}
		pos = start + 2
	}
}

// candidate finds "=?" before something that may be a charset; "=?=" is the end
// of padded base64.
func candidate(s string, pos int) int {
	for {
		i := strings.Index(s[pos:], "=?")
		if i < 0 || pos+i+2 >= len(s) {
			return -1
		}
		pos += i
		if c := s[pos+2]; c == '_' || c >= '0' && c <= '9' || lower(c) >= 'a' && lower(c) <= 'z' {
			return pos
		}
		pos += 2
	}
}

// wordAt reads the encoded word that begins at start.
func wordAt(s string, start int) (encodedWord, bool) {
	rest := s[start+2:]
	q := strings.IndexByte(rest[:min(len(rest), maxCharsetLabel+1)], '?')
	if q < 0 || q+2 >= len(rest) || rest[q+2] != '?' || strings.ContainsAny(rest[:q], " \t=") {
		return encodedWord{}, false
	}
	enc := lower(rest[q+1])
	if enc != 'b' && enc != 'q' {
		return encodedWord{}, false
	}
	text := rest[q+3:]
	if next := candidate(text, 0); next >= 0 {
		text = text[:next+1] // its "=" may be the end of this word
	}
	end := wordEnd(text, enc == 'q')
	if end < 0 {
		return encodedWord{}, false
	}
	return encodedWord{
		start: start, end: start + 2 + q + 3 + end + 2,
		charset: rest[:q], base64: enc == 'b', text: text[:end],
	}, true
}

// wordEnd finds the closing "?=". In Q, "?=3D" may be a question mark that was
// not escaped; it is one when a later "?=" closes the word.
func wordEnd(text string, q bool) int {
	first := strings.Index(text, "?=")
	end := first
	for q && end >= 0 && end+4 <= len(text) && hexDigit(text[end+2]) >= 0 && hexDigit(text[end+3]) >= 0 {
		next := strings.Index(text[end+2:], "?=")
		if next < 0 || strings.ContainsAny(text[end+2:end+2+next], " \t") {
			return first
		}
		end += 2 + next
	}
	return end
}

// cleanLine makes decoded text safe to show on one line: line ends and tabs
// become spaces; control characters, bidirectional overrides and invisible
// characters that can change how the rest is read are removed.
func cleanLine(s string) string { return strings.TrimSpace(strings.Map(cleanRune, s)) }

func cleanRune(r rune) rune {
	switch {
	case r == '\t', r == '\r', r == '\n', r == '\u0085', r == '\u2028', r == '\u2029', r == '\u00a0':
		return ' '
	case r < ' ', r >= 0x7f && r < 0xa0: // C0, DEL, C1
		return -1
	case r >= '\u202a' && r <= '\u202e', r >= '\u2060' && r <= '\u206f', r == '\u200b', r == '\ufeff', r == '\u00ad', r == '\u061c':
		return -1
	case r >= 0xe0000 && r <= 0xe007f, r >= 0xfff9 && r <= 0xfffb: // tags, interlinear annotation
		return -1
	}
	return r
}

// MaxNameRunes is the length at which a display name is cut.
const MaxNameRunes = 255

// cleanName is [cleanLine] for display names, where nothing invisible has a
// right to be: a name stands next to an address as if it vouched for it.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r = cleanRune(r); r >= 0 && unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(clipRunes(strings.Join(strings.Fields(s), " "), MaxNameRunes))
}

// clipRunes cuts s after n runes.
func clipRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// clipBytes cuts s after n bytes, between runes.
func clipBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func validUTF8(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
