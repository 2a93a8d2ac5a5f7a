package mailauth

import (
	"errors"
	"strings"
)

// maxResults bounds the results of one field; servers write three to eight.
const maxResults = 20

// methodResult is one result of an Authentication-Results field.
type methodResult struct {
	method, result string            // lower case
	properties     map[string]string // "smtp.mailfrom", lower case, to its value
}

var errResults = errors.New("not an Authentication-Results field")

// parseResults reads the unfolded value of an Authentication-Results field by
// RFC 8601 section 2.2. It is strict: comments are skipped as such, quoted
// strings are one value, and anything unexpected makes the whole field unusable,
// since a part that a stranger can choose may be all that is left of it.
func parseResults(value string) (id string, list []methodResult, err error) {
	l := &lexer{rest: value}
	l.blanks()
	if id, err = l.value(); err != nil || id == "" {
		return "", nil, errResults
	}
	l.blanks()
	if version := l.word(); version != "" && version != "1" {
		return "", nil, errResults
	}
	for {
		l.blanks()
		if l.rest == "" && !l.broken {
			return lower(id), list, nil
		}
		if l.broken || !l.take(';') || len(list) == maxResults {
			return "", nil, errResults
		}
		l.blanks()
		if l.rest == "" && !l.broken && len(list) > 0 {
			return lower(id), list, nil // many servers end with a semicolon
		}
		r, none, err := l.methodResult()
		if err != nil {
			return "", nil, err
		}
		if !none {
			list = append(list, r)
		}
	}
}

// lexer takes a field apart from the left.
type lexer struct {
	rest   string
	broken bool // a comment without an end
}

// methodResult reads "method [/ version] = result [reason=…] *(ptype.property=…)"
// or "none".
func (l *lexer) methodResult() (r methodResult, none bool, err error) {
	r.method = lower(l.word())
	l.blanks()
	if r.method == "none" && (l.rest == "" || l.rest[0] == ';') {
		return r, true, nil
	}
	if l.take('/') {
		l.blanks()
		if l.word() != "1" {
			return r, false, errResults
		}
		l.blanks()
	}
	if r.method == "" || !l.take('=') {
		return r, false, errResults
	}
	l.blanks()
	if r.result = lower(l.word()); r.result == "" {
		return r, false, errResults
	}
	r.properties = map[string]string{}
	for {
		l.blanks()
		if l.broken {
			return r, false, errResults
		}
		if l.rest == "" || l.rest[0] == ';' {
			return r, false, nil
		}
		if err := l.property(r.properties); err != nil {
			return r, false, err
		}
	}
}

// property reads "reason = value" or "ptype.property = value". One that stands
// twice can be read in two ways.
func (l *lexer) property(into map[string]string) error {
	name := lower(l.word())
	l.blanks()
	if l.take('.') {
		l.blanks()
		name += "." + lower(l.word())
		l.blanks()
	}
	if name == "" || !l.take('=') {
		return errResults
	}
	l.blanks()
	value, err := l.value()
	if err != nil {
		return err
	}
	if _, twice := into[name]; twice {
		return errResults
	}
	into[name] = value
	return nil
}

// blanks skips folding white space and comments, which nest and quote (RFC 5322
// section 3.2.2).
func (l *lexer) blanks() {
	for {
		l.rest = strings.TrimLeft(l.rest, " \t\r\n")
		if !strings.HasPrefix(l.rest, "(") {
			return
		}
		end := commentEnd(l.rest)
		if end < 0 {
			l.rest, l.broken = "", true
			return
		}
		l.rest = l.rest[end:]
	}
}

func commentEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

func (l *lexer) take(c byte) bool {
	if l.rest == "" || l.rest[0] != c {
		return false
	}
	l.rest = l.rest[1:]
	return true
}

// word reads a Keyword: letters, digits and hyphens, and the underscore that
// some servers use.
func (l *lexer) word() string {
	return l.while(func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
	})
}

// value reads a token of RFC 2045, a quoted string, or an address or domain,
// which is a token with "@" and such. Slashes, colons and "=" stand bare in what
// real servers write, as in header.b=, and end nothing.
func (l *lexer) value() (string, error) {
	if !strings.HasPrefix(l.rest, `"`) {
		s := l.while(func(c byte) bool { return c > ' ' && c < 0x7f && !strings.ContainsRune(`()<>,;\"`, rune(c)) })
		if s == "" || strings.HasPrefix(l.rest, `"`) || strings.HasPrefix(l.rest, "(") {
			return "", errResults
		}
		return s, nil
	}
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; c {
		case '\\':
			if i++; i < len(l.rest) {
				b.WriteByte(l.rest[i])
			}
		case '"':
			if l.rest = l.rest[i+1:]; l.rest != "" && !strings.ContainsRune(" \t\r\n;(", rune(l.rest[0])) {
				return "", errResults // as in "a"@b: not a value that we look for
			}
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	return "", errResults
}

func (l *lexer) while(keep func(byte) bool) string {
	n := 0
	for n < len(l.rest) && keep(l.rest[n]) {
		n++
	}
	s := l.rest[:n]
	l.rest = l.rest[n:]
	return s
}
