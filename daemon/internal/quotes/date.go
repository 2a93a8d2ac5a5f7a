package quotes

import (
	"strings"
	"unicode"
)

// when tells which parts of a date and time a text holds, in any language and
// any script's digits.
type when struct {
	year bool // four digits of this or the last century, also of the Thai, Persian and Islamic calendars
	day  bool // 3/5, 3.5., 2024-05-03, 3月, or a day beside a word
	time bool // 14:05, 14.05, 14h05
}

// holdsDate reports enough of a date that prose seldom has by chance.
func (w when) holdsDate() bool { return w.year || w.time || w.day }

// findDate looks for a date. It reads figures and the signs between them, not
// the names of months and days, so it needs no language.
func findDate(s string) when {
	var w when
	runes := []rune(s)
	for i := 0; i < len(runes); {
		if !unicode.IsDigit(runes[i]) {
			i++
			continue
		}
		start := i
		for i < len(runes) && unicode.IsDigit(runes[i]) {
			i++
		}
		w.number(runes, start, i)
	}
	return w
}

// number looks at one run of digits and what follows it.
func (w *when) number(runes []rune, start, end int) {
	n := end - start
	if start > 0 && strings.ContainsRune("#@+_", runes[start-1]) {
		return // a number of a ticket or a telephone
	}
	var next, after rune
	if end < len(runes) {
		next = runes[end]
	}
	if end+1 < len(runes) {
		after = runes[end+1]
	}
	switch {
	case n == 4 && isYear(runes[start:end]):
		w.year = true
		if next == '年' || next == '년' {
			w.day = true
		}
	case n > 2:
	case strings.ContainsRune(":：h.", next) && unicode.IsDigit(after) && digits(runes[end+1:]) == 2 && (next != '.' || !followedBy(runes[end+3:], '.')):
		w.time = true
		w.day = w.day || next == '.' // 14.05 may be either
	case strings.ContainsRune("时時点시", next):
		w.time = true
	case strings.ContainsRune("/.-", next) && unicode.IsDigit(after), next == '.' && after == ' ' && end+2 < len(runes) && unicode.IsDigit(runes[end+2]), strings.ContainsRune("月日월일", next):
		w.day = true
	}
}

func followedBy(runes []rune, r rune) bool { return len(runes) > 0 && runes[0] == r }

func digits(runes []rune) int {
	for i, r := range runes {
		if !unicode.IsDigit(r) {
			return i
		}
	}
	return len(runes)
}

// isYear takes the years in which mail is quoted: 1970 to 2099, the same by the
// Thai count (+543), and 1350 to 1499 of the Persian and Islamic calendars.
func isYear(runes []rune) bool {
	y := 0
	for _, r := range runes {
		y = y*10 + digitValue(r)
	}
	return y >= 1970 && y <= 2099 || y >= 2513 && y <= 2642 || y >= 1350 && y <= 1499
}

// digitValue is the value of a decimal digit of any script: its place in the row
// of ten that Unicode gives them.
func digitValue(r rune) int {
	zero := r
	for unicode.IsDigit(zero-1) && r-zero < 9 {
		zero--
	}
	return int(r - zero)
}
