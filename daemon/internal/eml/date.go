package eml

import (
	"strconv"
	"strings"
	"time"
)

// dateParts collects what the words of a date field say. Fields are -1 until
// they are known.
type dateParts struct {
	year, month, day     int
	hour, minute, second int
	pm, am               bool
	zone                 *time.Location
}

// parseDate reads RFC 5322 section 3.3, its obsolete forms, RFC 3339, the form
// of ctime and what programs make of them: it goes by the shape of each word,
// not by its place. A missing zone is UTC.
func parseDate(s string) (time.Time, bool) {
	d := dateParts{year: -1, month: -1, day: -1, hour: -1}
	s = dropComments(s)
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r <= ' ' || r == ',' || r == ';' || r == '"' }) {
		if !d.take(lowerASCII(word)) {
			return time.Time{}, false
		}
	}
	return d.time()
}

func (d *dateParts) take(word string) bool {
	switch {
	case strings.Contains(word, ":") && word[0] != '+' && word[0] != '-':
		if date, clock, ok := strings.Cut(word, "t"); ok && strings.Count(date, "-") == 2 {
			return d.takeDashed(date) && d.takeClock(clock)
		}
		return d.takeClock(word)
	case (word[0] == '+' || word[0] == '-') && len(word) > 1 && isDigits(strings.ReplaceAll(word[1:], ":", "")):
		d.zone = offsetZone(word)
	case isDigits(word):
		return d.takeNumber(word)
	case strings.Count(word, "-") == 2 && word[0] != '-', strings.Count(word, "/") == 2:
		return d.takeDashed(strings.ReplaceAll(word, "/", "-"))
	default:
		d.takeName(strings.TrimRight(word, "."))
	}
	return true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// takeNumber reads a bare number: first the day, then the month where no name
// gave it, then the year.
func (d *dateParts) takeNumber(s string) bool {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil || len(s) > 4:
		return false
	case len(s) == 4 && d.year < 0:
		d.year = n
	case d.day < 0 && len(s) <= 2:
		d.day = n
	case d.month < 0 && len(s) <= 2 && d.hour < 0:
		d.month = n
	case d.year < 0:
		d.year = fullYear(n, len(s))
	}
	return true
}

// fullYear is RFC 5322 section 4.3.
func fullYear(n, digits int) int {
	switch {
	case digits == 2 && n < 50:
		return 2000 + n
	case digits < 4:
		return 1900 + n
	}
	return n
}

// takeDashed reads 2006-01-02, 02-01-2006 and 02-Jan-06.
func (d *dateParts) takeDashed(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts[0]) == 4 {
		parts[0], parts[2] = parts[2], parts[0]
	}
	month := monthNumber(parts[1])
	if n, err := strconv.Atoi(parts[1]); err == nil {
		month = n
	}
	day, err1 := strconv.Atoi(parts[0])
	year, err2 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil {
		return false
	}
	d.day, d.month, d.year = day, month, fullYear(year, len(parts[2]))
	return true
}

// takeClock reads hh:mm, hh:mm:ss, fractions, and what may be glued to them.
func (d *dateParts) takeClock(s string) bool {
	if i := strings.IndexAny(s, "+-"); i > 0 {
		d.zone = offsetZone(s[i:])
		s = s[:i]
	}
	if i := strings.IndexAny(s, "abcdefghijklmnopqrstuvwxyz"); i > 0 {
		d.takeName(s[i:])
		s = s[:i]
	}
	s, _, _ = strings.Cut(s, ".")
	parts := strings.Split(strings.TrimSuffix(s, ":"), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	var n [3]int
	for i, p := range parts {
		var err error
		if n[i], err = strconv.Atoi(p); err != nil || n[i] < 0 {
			return false
		}
	}
	d.hour, d.minute, d.second = n[0], n[1], n[2]
	return true
}

// takeName reads a month, a zone or half of the day; other words, such as days
// of the week in any language, say nothing new.
func (d *dateParts) takeName(s string) {
	switch s {
	case "am":
		d.am = true
		return
	case "pm":
		d.pm = true
		return
	}
	for _, prefix := range []string{"gmt", "utc"} { // GMT+0200
		if rest, ok := strings.CutPrefix(s, prefix); ok && len(rest) > 1 && (rest[0] == '+' || rest[0] == '-') {
			d.zone = offsetZone(rest)
			return
		}
	}
	name := s[:len(s)-len(strings.TrimLeft(s, "abcdefghijklmnopqrstuvwxyz"))] // of EST5EDT
	if hours, ok := zoneHours(name); ok {
		d.zone = time.FixedZone(strings.ToUpper(name), hours*3600)
		return
	}
	if m := monthNumber(s); m > 0 && d.month < 0 {
		d.month = m
	}
}

func monthNumber(s string) int {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(s) < 3 {
		return 0
	}
	if i := strings.Index(names, s[:3]); i >= 0 && i%3 == 0 {
		return i/3 + 1
	}
	return 0
}

// zoneHours knows the zones of RFC 5322 section 4.3 and a few that programs
// write; unknown names and military letters mean nothing reliable.
func zoneHours(s string) (int, bool) {
	switch s {
	case "gmt", "ut", "utc", "z", "wet":
		return 0, true
	case "bst", "cet", "met", "west", "mez":
		return 1, true
	case "cest", "eet", "mest", "mesz":
		return 2, true
	case "msk", "eest":
		return 3, true
	case "jst", "kst":
		return 9, true
	case "edt":
		return -4, true
	case "est", "cdt":
		return -5, true
	case "cst", "mdt":
		return -6, true
	case "mst", "pdt":
		return -7, true
	case "pst":
		return -8, true
	}
	return 0, false
}

// offsetZone reads +hhmm, +hh:mm and +hh. Offsets that no place has are taken
// as UTC.
func offsetZone(s string) *time.Location {
	digits := strings.ReplaceAll(s[1:], ":", "")
	if len(digits) <= 2 {
		digits += "00"
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n%100 > 59 || n/100 > 15 {
		return time.UTC
	}
	seconds := (n/100*60 + n%100) * 60
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.FixedZone("", seconds)
}

// time puts the parts together; an impossible day or time is no date.
func (d *dateParts) time() (time.Time, bool) {
	if d.hour < 0 {
		d.hour = 0
	}
	if d.pm && d.hour < 12 {
		d.hour += 12
	} else if d.am && d.hour == 12 {
		d.hour = 0
	}
	if d.zone == nil {
		d.zone = time.UTC
	}
	if d.year < 1900 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1 ||
		d.hour > 24 || d.minute > 59 || d.second > 60 {
		return time.Time{}, false
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, 0, d.zone)
	if first := time.Date(d.year, time.Month(d.month), d.day, 0, 0, 0, 0, time.UTC); first.Day() != d.day {
		return time.Time{}, false
	}
	return t, true
}
