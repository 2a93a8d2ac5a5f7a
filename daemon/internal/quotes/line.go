package quotes

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// line is one line of a text.
type line struct {
	raw   string // as it stands, without its line end
	text  string // without quote marks, formatting signs and blanks at both ends
	depth int    // quote marks before it
}

// maxDepth is the deepest quoting that is told apart.
const maxDepth = 30

// maxLines is how many lines of a text are told apart: more than a book has. The
// rest of a longer text counts as one line.
const maxLines = 100_000

// maxLine is how much of a line is looked at, in bytes: no separator, header or
// signature is longer. A header that stands on one line has some hundred
// recipients at most.
const maxLine = 8 << 10

func clip(s string) string {
	if len(s) <= maxLine {
		return s
	}
	n := maxLine
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// readLines takes a text apart, one line each.
func readLines(text string) []line {
	lines := make([]line, 0, min(strings.Count(text, "\n")+1, maxLines))
	for more := true; more; {
		raw := text
		if len(lines) < maxLines-1 {
			raw, text, more = strings.Cut(text, "\n")
		} else {
			more = false
		}
		depth, rest := unquote(raw)
		lines = append(lines, line{raw, plain(clip(rest)), depth})
	}
	readBars(lines)
	rejoinQuotes(lines)
	return lines
}

// rejoinQuotes takes the rest of a quoted line that was wrapped once more on its
// way for quoted: a few words in small letters between two quoted lines.
func rejoinQuotes(lines []line) {
	const (
		width = 60 // about as long as lines are when they are wrapped
		rest  = 3  // words
	)
	for i := 1; i+1 < len(lines); i++ {
		l, before := &lines[i], lines[i-1]
		if l.own() && before.quoted() && lines[i+1].quoted() && len(before.raw) >= width &&
			len(strings.Fields(l.text)) <= rest && !unicode.IsUpper(firstRune(l.text)) && unicode.IsLetter(firstRune(l.text)) {
			l.depth = before.depth
		}
	}
}

// readBars takes lines that begin with "|" as quoted, where at least two stand
// together and no more bars on them make a table.
func readBars(lines []line) {
	for i := 0; i < len(lines); i++ {
		end := i
		for end < len(lines) && strings.HasPrefix(lines[end].text, "|") && strings.Count(lines[end].text, "|") == 1 && lines[end].depth == 0 {
			end++
		}
		if end-i >= 2 {
			for j := i; j < end; j++ {
				lines[j].depth, lines[j].text = 1, plain(lines[j].text[1:])
			}
			i = end
		}
	}
}

// unquote takes the quote marks off: any number of ">", each with a blank
// behind it at most.
func unquote(s string) (depth int, rest string) {
	rest = s
	for depth < maxDepth {
		inner := strings.TrimLeft(rest, " \t\u00a0")
		if depth > 0 && len(rest)-len(inner) > 1 && !strings.HasPrefix(inner, ">") {
			break
		}
		inner, ok := strings.CutPrefix(inner, ">")
		if !ok {
			break
		}
		depth, rest = depth+1, inner
	}
	return depth, rest
}

// stripQuote takes one level of quoting off a line as it stands.
func stripQuote(s string) string {
	inner, ok := strings.CutPrefix(strings.TrimLeft(s, " \t\u00a0"), ">")
	if !ok {
		return s
	}
	return strings.TrimPrefix(strings.TrimPrefix(inner, " "), "\u00a0")
}

// plain removes what does not change the meaning of a line: blanks at both
// ends, directional marks, and the stars of text made from bold HTML.
func plain(s string) string {
	if isPlainASCII(s) {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a0' || r == '\u202f' || r == '\u2007' || r == '\u3000':
			return ' '
		case r == '*', isUnseen(r):
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// isUnseen reports signs of no width: they join, part, or set the direction.
func isUnseen(r rune) bool {
	return r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2060' && r <= '\u2069' || r == '\ufeff' || r == '\u00ad'
}

// isBlank reports a text on which nothing can be seen.
func isBlank(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !isUnseen(r) }) < 0
}

func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == '*' {
			return false
		}
	}
	return true
}

func (l line) blank() bool { return l.text == "" }

// quoted reports a line that is marked as somebody else's, blank ones too.
func (l line) quoted() bool { return l.depth > 0 }

// own reports a line with something on it that is not marked as quoted.
func (l line) own() bool { return l.depth == 0 && l.text != "" }

// hasWord reports that a line says something: a letter, a digit, a symbol such
// as an emoji, or an emoticon.
func hasWord(s string) bool {
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) && r != 'ᐧ', unicode.IsDigit(r):
			return true
		case unicode.IsSymbol(r) && r > 0x7f, (r == ':' || r == ';') && i+1 < len(s) && strings.ContainsAny(s[i+1:min(len(s), i+3)], "()DPp/|*"):
			return true
		case r == '?' || r == '!' || r == '+' && i+1 < len(s) && s[i+1] != '+':
			return true
		}
	}
	return false
}

// inner strips the signs that decorate a separator: "--- x ---", "** x **:".
func inner(s string) string {
	return strings.TrimSpace(strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("-_=*~#+|:：.…—–─━‐‑", r)
	}))
}

// decorated reports a line that begins and ends with at least two signs of a
// separator, with words between.
func decorated(s string) bool {
	in := inner(s)
	if in == "" {
		return false
	}
	at := strings.Index(s, in)
	before, after := strings.TrimSpace(s[:at]), strings.TrimRight(strings.TrimSpace(s[at+len(in):]), ":")
	return isRun(before) && isRun(strings.TrimSpace(after))
}

// isRun reports at least two signs of a drawn line and nothing else.
func isRun(s string) bool {
	n := 0
	for _, r := range s {
		if !strings.ContainsRune("-_=*~#+—–─━‐‑", r) {
			return false
		}
		n++
	}
	return n >= 2
}

// minRule is how many signs make a drawn line: "--" begins a signature, "---"
// is used between paragraphs.
const minRule = 3

// isRule reports a drawn line.
func isRule(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	n := strings.Count(s, "") - 1
	return n >= minRule && isRun(s)
}

// maxTries is how many lines of one text are looked at closely, which keeps the
// time for a hostile text linear: each look reads up to [maxBlock] lines more.
// People's mails have some dozens of such lines.
const maxTries = 2000

// suspect reports that another mail might begin at the line: it holds a figure,
// an address, a colon, or begins as a separator does. It is cheap.
func (l line) suspect() bool {
	for i := range len(l.text) {
		switch c := l.text[i]; {
		case c == ':' || c == '@' || c >= '0' && c <= '9':
			return true
		case i == 0 && c < 0x80 && strings.IndexByte("-_=~#+>", c) >= 0:
			return true
		case c >= 0x80:
			return true // figures and signs of other scripts
		}
	}
	return false
}
