package quotes

import (
	"strings"
	"unicode"
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
			piece = pending + ", " + piece
			pending = ""
		}
		b := readMailbox(piece)
		if b == (Mailbox{}) {
			continue
		}
		if comma && b.Address == "" && i+1 < len(pieces) && strings.Contains(pieces[i+1], "<") && surnameFirst(piece, pieces[i+1]) {
			pending = piece // "Doe, John <john@example.com>"
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
	s = strings.TrimSpace(s)
	open := -1
	for i, r := range s {
		if (r == '<' || r == '[' || r == '(') && strings.ContainsRune(s[i:], '@') {
			open = i
			break
		}
	}
	var b Mailbox
	if open >= 0 {
		b.Name, b.Address = s[:open], firstAddress(s[open:])
	}
	if b.Address == "" {
		b.Name, b.Address = "", firstAddress(s)
		if b.Address == "" {
			b.Name = strings.TrimRight(s, " ,;<>[]")
		}
	}
	b.Name = strings.TrimSpace(strings.TrimFunc(b.Name, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"'“”„«»`, r) }))
	if strings.EqualFold(b.Name, b.Address) {
		b.Name = ""
	}
	return b
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
