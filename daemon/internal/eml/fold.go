package eml

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// foldAt is the preferred length of a header line, RFC 5322 section 2.1.1.
	foldAt = 78

	// maxLine is the longest line allowed there, without CRLF.
	maxLine = 998

	// maxWordLength keeps an encoded word short enough to stand on one line with
	// the longest field name we write; RFC 2047 section 2 allows 75.
	maxWordLength = 62

	// longWord is from where on a word without blanks is encoded, because it
	// could not be folded.
	longWord = 66
)

// ErrUnwritable is the cause of every error of [Outgoing.WriteTo] that comes
// from the mail itself: trying again would end the same.
var ErrUnwritable = errors.New("mail cannot be written")

// fold puts the words of a field on lines, with CRLF after each. Words are
// never broken.
func fold(name string, words []string) string {
	var out strings.Builder
	out.WriteString(name)
	out.WriteByte(':')
	used, first := out.Len(), true
	for _, w := range words {
		if used+1+len(w) > foldAt && !first {
			out.WriteString("\r\n")
			used = 0
		}
		out.WriteByte(' ')
		out.WriteString(w)
		used, first = used+1+len(w), false
	}
	out.WriteString("\r\n")
	return out.String()
}

// unstructured makes the words of a field whose value is text. Words longer
// than longest are encoded.
func unstructured(value string, limit, longest int) []string {
	value = oneLine(value, limit)
	words := strings.Fields(value)
	if needsEncoding(value) || longerThan(words, longest) {
		return encodeWords(value)
	}
	return words
}

// oneLine is what may go into a header of ours: valid UTF-8 on one line, no
// control or direction characters, single blanks, at most limit runes.
func oneLine(s string, limit int) string {
	return strings.TrimSpace(clipRunes(strings.Join(strings.Fields(cleanLine(validUTF8(s))), " "), limit))
}

func longerThan(words []string, n int) bool {
	for _, w := range words {
		if len(w) > n {
			return true
		}
	}
	return false
}

// needsEncoding reports text that is not ASCII, or that a reader would take
// for encoded words although it is none.
func needsEncoding(s string) bool { return !isASCII([]byte(s)) || strings.Contains(s, "=?") }

// encodeWords makes encoded words of RFC 2047, each of whole characters, in
// the encoding that is shorter.
func encodeWords(s string) []string {
	q := 0
	for i := range len(s) {
		if plainInQ(s[i]) || s[i] == ' ' {
			q++
		} else {
			q += 3
		}
	}
	const frame = len("=?utf-8?q??=")
	if q <= (len(s)+2)/3*4 {
		return chunks(s, maxWordLength-frame, qLength, func(b string) string { return "=?utf-8?q?" + encodeQ(b) + "?=" })
	}
	return chunks(s, (maxWordLength-frame)/4*3, func(r string) int { return len(r) }, func(b string) string {
		return "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(b)) + "?="
	})
}

// chunks cuts s between runes into pieces of at most room, as measured by
// size, and encodes each.
func chunks(s string, room int, size func(string) int, encode func(string) string) []string {
	var out []string
	start, used := 0, 0
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		need := size(s[i : i+n])
		if used+need > room && i > start {
			out = append(out, encode(s[start:i]))
			start, used = i, 0
		}
		used += need
		i += n
	}
	return append(out, encode(s[start:]))
}

// plainInQ reports what may stand for itself in a phrase, RFC 2047 section
// 5(3); that is also allowed in any other place.
func plainInQ(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!*+-/", c) >= 0
}

func qLength(s string) int { return len(encodeQ(s)) }

func encodeQ(s string) string {
	var out strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			out.WriteByte('_')
		case plainInQ(c):
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "=%02X", c)
		}
	}
	return out.String()
}

// mailboxWords makes the words of an address field with one mailbox; wide allows
// an address beyond ASCII.
func mailboxWords(b Mailbox, wide bool) ([]string, error) {
	if b.Address == (helpdesk.Address{}) {
		return nil, fmt.Errorf("%w: mailbox without an address", ErrUnwritable)
	}
	addr := b.Address.String()
	if !wide && !isASCII([]byte(addr)) {
		return nil, fmt.Errorf("%w: address %q would need SMTPUTF8", ErrUnwritable, addr)
	}
	name := cleanName(validUTF8(b.Name))
	switch words := strings.Fields(name); {
	case name == "":
		return []string{addr}, nil
	case needsEncoding(name) || longerThan(words, longWord):
		return append(encodeWords(name), "<"+addr+">"), nil
	case isPhrase(words):
		return append(words, "<"+addr+">"), nil
	default:
		return append(strings.Split(quoteString(name), " "), "<"+addr+">"), nil
	}
}

// isPhrase reports words that need no quotes, RFC 5322 section 3.2.3.
func isPhrase(words []string) bool {
	for _, w := range words {
		for i := range len(w) {
			if c := w[i]; !plainInQ(c) && strings.IndexByte("#$%&'=?^_`{|}~", c) < 0 {
				return false
			}
		}
	}
	return true
}

const (
	// maxFallback is how much of a file name is written for readers that do not
	// know RFC 2231, so that it needs no folding.
	maxFallback = 60

	// maxPiece is the length of one piece of a continued parameter.
	maxPiece = 56
)

// filenameWords makes the parameters that carry a file name: a plain ASCII one
// that every reader knows and, where that says less, the RFC 2231 form.
func filenameWords(name string) []string {
	fallback := strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f || strings.ContainsRune(`"\%=?*`, r) {
			return '_'
		}
		return r
	}, name)
	if len(fallback) > maxFallback {
		ext := extensionOf(fallback)
		fallback = fallback[:maxFallback-len(ext)] + ext
	}
	words := []string{`filename="` + fallback + `"`}
	if fallback == name {
		return words
	}
	pieces := chunks(name, maxPiece-len("utf-8''"), percentLength, encodePercent)
	if len(pieces) == 1 {
		return append(words, "filename*=utf-8''"+pieces[0])
	}
	for i, p := range pieces {
		if i == 0 {
			p = "utf-8''" + p
		}
		words = append(words, "filename*"+strconv.Itoa(i)+"*="+p)
	}
	return words
}

func percentLength(s string) int { return len(encodePercent(s)) }

func encodePercent(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._", c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

// withParams puts semicolons between a value and its parameters.
func withParams(value string, params []string) []string {
	words := append([]string{value}, params...)
	for i := range words[:len(words)-1] {
		words[i] += ";"
	}
	return words
}

// checkField is the last look at a field before it is written: whatever went
// wrong above, no byte of it may begin another field or end the header; wide allows
// UTF-8 that can be seen.
func checkField(field string, wide bool) error {
	body, ok := strings.CutSuffix(field, "\r\n")
	lines := strings.Split(body, "\r\n")
	if !ok || fieldName([]byte(lines[0])) == 0 {
		return fmt.Errorf("%w: malformed field %.60q", ErrUnwritable, field)
	}
	for i, line := range lines {
		if len(line) > maxLine {
			return fmt.Errorf("%w: line of %d octets in %.60q", ErrUnwritable, len(line), field)
		}
		if i > 0 && (line == "" || !isBlank(line[0]) || strings.Trim(line, " \t") == "") {
			return fmt.Errorf("%w: badly folded field %.60q", ErrUnwritable, field)
		}
		for _, c := range line {
			if c != '\t' && (c < ' ' || c > '~') && !(wide && c > '~' && c != utf8.RuneError && unicode.IsPrint(c)) {
				return fmt.Errorf("%w: character %#x in field %.60q", ErrUnwritable, c, field)
			}
		}
	}
	return nil
}
