package quotes

import (
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMailboxes bounds the recipients of a forwarded mail that are kept.
const maxMailboxes = 500

// readMailboxes reads a list as mail programs print it: with ";" or "," between,
// names with a comma in them, addresses doubled by links.
func readMailboxes(s string) []Mailbox {
	var out []Mailbox
	pending := ""
	pieces, comma := splitList(s)
	for i, piece := range pieces {
		if pending != "" {
			piece = pending + ", " + strings.TrimSpace(piece)
			pending = ""
		}
		b := readMailbox(piece)
		if b == (Mailbox{}) || b.Address == "" && strings.HasPrefix(lower(b.Name), "undisclosed") {
			continue
		}
		if comma && b.Address == "" && i+1 < len(pieces) && strings.Contains(pieces[i+1], "<") && surnameFirst(piece, pieces[i+1]) {
			pending = strings.TrimSpace(piece) // "Doe, John <john@example.com>"
			continue
		}
		if out = append(out, b); len(out) == maxMailboxes {
			break
		}
	}
	return out
}

// surnameFirst reports that a piece without an address belongs to the next one:
// it is a single word or two, and the next has a name too.
func surnameFirst(piece, next string) bool {
	return len(strings.Fields(piece)) <= 2 && strings.IndexByte(strings.TrimSpace(next), '<') > 0
}

// splitList divides at semicolons, or at commas where there are none, outside
// quotes and brackets.
func splitList(s string) (pieces []string, comma bool) {
	sep := ','
	if holdsOutside(s, ';') {
		sep = ';'
	}
	start, quoted, depth := 0, false, 0
	for i, r := range s {
		switch {
		case r == '"':
			quoted = !quoted && strings.IndexByte(s[i+1:], '"') >= 0
		case quoted:
		case r == '<' || r == '[' || r == '(':
			depth++
		case r == '>' || r == ']' || r == ')':
			depth = max(0, depth-1)
		case depth == 0 && (r == sep || r == '；' || r == '，' || r == '、'):
			pieces = append(pieces, s[start:i])
			start = i + len(string(r))
		}
	}
	return append(pieces, s[start:]), sep == ','
}

// holdsOutside reports that r stands in s outside of quotes.
func holdsOutside(s string, sep rune) bool {
	quoted := false
	for _, r := range s {
		if r == '"' {
			quoted = !quoted
		}
		if r == sep && !quoted {
			return true
		}
	}
	return false
}

// readMailbox reads one mailbox: the address in brackets, or else the first
// one; the name is what stands before it.
func readMailbox(s string) Mailbox {
	s = strings.TrimSpace(decodeWords(s))
	var b Mailbox
	if open := addressBracket(s); open >= 0 {
		b.Name, b.Address = s[:open], firstAddress(s[open:])
		if behalf := onBehalf(s[open:]); behalf != "" {
			b.Name = behalf
		}
	}
	if b.Address == "" {
		b.Name, b.Address = "", firstAddress(s)
		if b.Address == "" {
			b.Name = strings.TrimRight(s, " ,;:<>[]")
		}
	}
	b.Name = trimQuotes(b.Name)
	if strings.EqualFold(b.Name, b.Address) {
		b.Name = ""
	}
	return b
}

// addressBracket is where the bracket around the address opens, or -1.
func addressBracket(s string) int {
	at := -1
	for i := range len(s) {
		k := strings.IndexByte("<[(", s[i])
		if k < 0 {
			continue
		}
		if at < i {
			if at = strings.IndexByte(s[i:], '@'); at < 0 {
				return -1
			}
			at += i
		}
		if strings.IndexByte(s[i:at], ">])"[k]) < 0 {
			return i
		}
	}
	return -1
}

// decodeWords reads encoded words (RFC 2047) that a program left in its text.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var d mime.WordDecoder
	if plain, err := d.DecodeHeader(s); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return s
}

// onBehalf reads the author behind the address of a program: Outlook prints
// "robot@example.com <robot@example.com> On Behalf Of Alice".
func onBehalf(s string) string {
	low := lower(s)
	for _, words := range []string{"on behalf of ", "im auftrag von ", "de la part de ", "en nombre de ", "em nome de ", "per conto di ", "namens ", "på vegne af ", "på vegne av ", "för ", "w imieniu ", "jménem ", "от имени ", "代表 ", "代理 "} {
		i := strings.Index(low, words)
		if i < 0 || len(low) != len(s) {
			continue
		}
		name := strings.TrimSpace(s[i+len(words):])
		if open := addressBracket(name); open > 0 {
			name = name[:open]
		}
		return name
	}
	return ""
}

// trimQuotes takes blanks and quotation marks off both ends of a name.
func trimQuotes(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"'“”„«»`, r) })
}

// firstAddress finds the first word with an "@" in it.
func firstAddress(s string) string {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>[](),;\"", r) }) {
		word = strings.TrimPrefix(word, "mailto:")
		if i := strings.IndexByte(word, '@'); i > 0 && i < len(word)-1 {
			return strings.Trim(word, "'.:")
		}
	}
	return ""
}
