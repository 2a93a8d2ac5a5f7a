package mailauth

import "strings"

// tag is one name=value of a tag list (RFC 6376 section 3.2), both trimmed.
type tag struct{ name, value string }

// parseTags reads a tag list: of a signature, a key or a DMARC record. A piece
// without "=" becomes a tag without a name, as callers differ in what they make
// of it.
func parseTags(s string) []tag {
	var tags []tag
	for piece := range strings.SplitSeq(s, ";") {
		piece = strings.Trim(piece, " \t\r\n")
		if piece == "" {
			continue
		}
		name, value, ok := strings.Cut(piece, "=")
		if !ok {
			tags = append(tags, tag{value: piece})
			continue
		}
		tags = append(tags, tag{strings.TrimRight(name, " \t\r\n"), strings.TrimLeft(value, " \t\r\n")})
	}
	return tags
}

// first returns the value of the first tag of that name.
func first(tags []tag, name string) (string, bool) {
	for _, t := range tags {
		if t.name == name {
			return t.value, true
		}
	}
	return "", false
}

// withoutBlanks removes folding white space from a value in which it has no
// meaning.
func withoutBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' {
			return -1
		}
		return r
	}, s)
}

// lower folds ASCII alone: a Kelvin sign in a domain name is not a k.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
