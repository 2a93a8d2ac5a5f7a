package eml

import (
	"strings"
	"unicode"
)

// maxAttribution is how many lines an attribution such as "On Monday, Alice
// wrote:" is wrapped to at most.
const maxAttribution = 3

// SplitQuoted divides the text of a reply into what its author wrote and what
// he quoted at the end. reply is a prefix of text without trailing blanks,
// quoted a suffix; only blanks lie between them. marker is our own "write above
// this line" line, "" when there is none.
//
// A cut is made only where there is evidence, so quotes between answers and
// unusual forms stay in the reply; a reply without a word is never made: then
// all of text is the reply. It takes linear time.
func SplitQuoted(text, marker string) (reply, quoted string) {
	lines := strings.SplitAfter(text, "\n")
	cut := quoteStart(lines, marker)
	at := 0
	for _, line := range lines[:cut] {
		at += len(line)
	}
	if !hasWord(unquoted(lines[:cut])) {
		return text, ""
	}
	return strings.TrimRightFunc(text[:at], unicode.IsSpace), text[at:]
}

// quoteStart returns the index of the first line that is quoted.
func quoteStart(lines []string, marker string) int {
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if marker != "" && strings.Contains(line, marker) {
			for i > 0 && isQuoted(lines[i-1]) {
				i--
			}
			return attribution(lines, i)
		}
		if isOriginalMessage(line) {
			return i
		}
	}
	start := len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		if isQuoted(lines[i]) {
			start = i
		} else if strings.TrimSpace(lines[i]) != "" {
			break
		}
	}
	if start == len(lines) {
		return start
	}
	return attribution(lines, start)
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), ">") }

// isOriginalMessage recognises the line Outlook puts above what it quotes.
func isOriginalMessage(line string) bool {
	inner := strings.Trim(line, "-_ ")
	return strings.HasPrefix(line, "---") && strings.HasSuffix(line, "---") && equalFold(inner, "original message")
}

// attribution moves start up over the lines that say who is quoted. The last
// of them ends with a colon; together they hold a date, or an address. More
// lines than needed for that are not taken.
func attribution(lines []string, start int) int {
	end := start
	for end > 0 && strings.TrimSpace(lines[end-1]) == "" {
		end--
	}
	if end == 0 || !strings.HasSuffix(strings.TrimRightFunc(lines[end-1], unicode.IsSpace), ":") {
		return start
	}
	for n := 1; n <= maxAttribution && end-n >= 0; n++ {
		line := lines[end-n]
		if strings.TrimSpace(line) == "" || isQuoted(line) {
			break
		}
		if hasDate(line) {
			return end - n
		}
	}
	if strings.Contains(lines[end-1], "@") {
		return end - 1
	}
	return start
}

// hasDate looks for a year, a time, or a day of a month in figures.
func hasDate(line string) bool {
	for field := range strings.FieldsFuncSeq(line, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(",;()<>[]年月日", r)
	}) {
		field = strings.TrimRight(field, ":.")
		digits := strings.IndexFunc(field, func(r rune) bool { return !unicode.IsDigit(r) })
		switch {
		case digits < 0 && len(field) == 4 && (field[:2] == "19" || field[:2] == "20"):
			return true
		case digits > 0 && digits <= 4 && len(field) > digits+1 && strings.ContainsRune(":./-h", rune(field[digits])) &&
			unicode.IsDigit(rune(field[digits+1])):
			return true
		}
	}
	return false
}

func unquoted(lines []string) []string {
	var out []string
	for _, line := range lines {
		if !isQuoted(line) {
			out = append(out, line)
		}
	}
	return out
}

func hasWord(lines []string) bool {
	for _, line := range lines {
		if strings.IndexFunc(line, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) }) >= 0 {
			return true
		}
	}
	return false
}
