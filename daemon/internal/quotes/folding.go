package quotes

import (
	"strings"
	"unicode"
)

// folding decides line by line what is folded.
type folding struct {
	lines []line
	fold  []bool
	end   int // the lines from here on are cut off: a separator or a block of a mail stands here
	hints Hints

	// answer tells that the mail answers or forwards another one. In other mails
	// a header or a ">" may well be the author's own: a form, a log.
	answer bool

	parts   map[int]bool // lines at which another part of the mail begins
	fenced  map[int]bool // lines between ``` and ```
	origins []origin     // of the lines; nil when it is not known what was sent
	looks   int          // how many lines were looked at closely
}

// look counts a close look, and refuses when there were too many.
func (f *folding) look() bool {
	f.looks++
	return f.looks <= maxTries
}

// newFolding starts with everything from line end on folded.
func newFolding(lines []line, end int, h Hints, answer bool) *folding {
	f := &folding{lines: lines, fold: make([]bool, len(lines)), end: end, hints: h, answer: answer}
	if len(h.Sent) > 0 {
		f.origins = compareLines(lines, h.Sent)
	}
	f.fenced, f.parts = fences(lines), partStarts(lines, h.Parts)
	f.hide(end, len(lines))
	if end < len(lines) {
		f.tail()
	}
	return f
}

func (f *folding) hide(from, to int) {
	for i := from; i < to; i++ {
		f.fold[i] = true
	}
}

// cut finds the first place from which on everything is another mail, though
// not marked as quoted: a separator, a block of header fields, an attribution.
// Without a word above it nothing is cut, for then the author answered below.
func (f *folding) cut() {
	words := false
	for i, l := range f.lines {
		if !l.own() && !arrows(l) {
			continue
		}
		if l.suspect() && f.look() && (arrows(l) || f.begins(i)) {
			if words {
				f.end = i
				f.hide(i, len(f.lines))
			}
			return
		}
		words = words || hasWord(l.text)
	}
}

// begins reports that another mail begins at line i, without marks.
func (f *folding) begins(i int) bool {
	if f.fenced[i] {
		return false
	}
	l := f.lines[i]
	if f.answer && (inLine(l.text) || isHiddenDetails(l.text)) {
		return true
	}
	if end, ok := attributionAt(f.lines, i); ok && f.answer {
		next := nextFull(f.lines, end)
		return next < len(f.lines) && !f.lines[next].quoted()
	}
	if sep := readSeparator(l.text); sep != notSeparator {
		return f.separates(i, sep)
	}
	if sep, rest := splitSeparator(l.text); sep != notSeparator {
		if _, ok := splitRun(rest); ok {
			return true
		}
	}
	if isRule(l.text) {
		next := nextFull(f.lines, i+1)
		return next < len(f.lines) && f.lines[next].own() && f.header(next, ruleAbove)
	}
	return f.header(i, nothingAbove)
}

// separates reports that line i parts what is quoted from what is written: a
// header follows, or the words alone are those that programs put above an answer.
func (f *folding) separates(i int, sep separator) bool {
	l := f.lines[i]
	next := nextFull(f.lines, i+1)
	if next == len(f.lines) {
		return false
	}
	over := separatorAbove
	if sep == someSeparator {
		over = ruleAbove
	}
	if _, ok := readBlock(f.lines, next, over); ok {
		return true
	}
	if _, ok := attributionAt(f.lines, next); ok && f.answer {
		return true
	}
	return f.answer && (sep == originalSeparator || isWroteLine(l.text)) && !announced(f.lines, i) && !anyQuoted(f.lines[i:])
}

// anyQuoted reports marks, which tell what is quoted better than words.
func anyQuoted(lines []line) bool {
	for _, l := range lines {
		if l.quoted() {
			return true
		}
	}
	return false
}

// isHiddenDetails knows the line that Notes leaves of a header it folded.
func isHiddenDetails(s string) bool {
	return strings.HasPrefix(strings.TrimPrefix(lower(s), "["), "inactive hide details for ")
}

// header reports that a block of header fields begins at line i.
func (f *folding) header(i int, over above) bool {
	if knownLabel(f.lines[i].text) == fieldNone {
		return false
	}
	b, ok := readBlock(f.lines, i, over)
	switch {
	case !ok, isPatch(f.lines, i):
		return false
	case strings.Contains(b.values[fieldFrom], "@") && f.answer:
		return true
	case f.answer:
		return !announced(f.lines, i)
	}
	return b.whole() && !announced(f.lines, i) && !b.raw && !strings.Contains(b.values[fieldFrom], f.author())
}

// isPatch reports the header of a patch, which git writes with this date always.
func isPatch(lines []line, i int) bool {
	return i > 0 && strings.HasPrefix(lines[i-1].text, "From ") && strings.HasSuffix(lines[i-1].text, "Mon Sep 17 00:00:00 2001")
}

// author is the author's address, or what no text holds.
func (f *folding) author() string {
	if f.hints.Address == "" {
		return "\x00"
	}
	return f.hints.Address
}

// announced reports that the words above line i lead up to it: "I got this mail
// from you:".
func announced(lines []line, i int) bool {
	for i--; i >= 0; i-- {
		if text := lines[i].text; text != "" {
			return strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：") || strings.HasSuffix(text, ",") && len(strings.Fields(text)) > 3 ||
				len(strings.Fields(text)) > 3 && unicode.IsLetter(lastRune(text))
		}
	}
	return false
}

// nextFull is the first line from i on that is not blank.
func nextFull(lines []line, i int) int {
	for i < len(lines) && lines[i].blank() {
		i++
	}
	return i
}

// run is a stretch of quoted lines with its attribution.
type run struct {
	start, end int
	sure       bool // an attribution stands above, or the first line is one
}

// quotes folds what is marked as quoted before the cut: at the end always, at
// the beginning when the author answered below it. Quotes between words stay,
// for the words answer them.
func (f *folding) quotes() {
	runs := f.runs()
	if n := len(runs); n > 0 {
		last := runs[n-1]
		if !anyOwn(f.lines[last.end:f.tailStart(last.end, f.end)]) {
			f.hide(last.start, f.end)
			runs = runs[:n-1]
		}
	}
	if len(runs) == 1 && !anyOwn(f.lines[:runs[0].start]) {
		f.hide(0, runs[0].end)
	}
}

func anyOwn(lines []line) bool {
	for _, l := range lines {
		if l.own() && hasWord(l.text) {
			return true
		}
	}
	return false
}

// runs finds the quoted stretches before the cut. Blank lines do not part
// them.
func (f *folding) runs() []run {
	var runs []run
	for i := 0; i < f.end; i++ {
		if !f.lines[i].quoted() {
			continue
		}
		r := run{start: i, end: i + 1}
		for j := i; j < f.end && (f.lines[j].quoted() || f.lines[j].blank()); j++ {
			if f.lines[j].quoted() {
				r.end = j + 1
			}
		}
		i = r.end
		floor := 0
		if len(runs) > 0 {
			floor = runs[len(runs)-1].end
		}
		quoted := r.start
		if f.look() {
			r.start = max(floor, attributionAbove(f.lines, r.start))
		}
		r.start = max(floor, withHeader(f.lines, r.start))
		r.sure = r.start < quoted || introduces(f.lines, quoted)
		if r.sure || f.answer && !f.unsent(r) {
			runs = append(runs, r)
		}
	}
	return runs
}

// withHeader moves up over the recipients and the subject that Yandex writes
// between a drawn line and the attribution.
func withHeader(lines []line, start int) int {
	i := start
	for i > 0 && start-i < 4 && lines[i-1].own() && knownLabel(lines[i-1].text) > fieldOther {
		i--
	}
	if i < start && i > 0 && isRule(lines[i-1].text) {
		return i - 1
	}
	return start
}

// introduces reports that the quoted line i says itself who is quoted, as Apple
// Mail has it.
func introduces(lines []line, i int) bool {
	t := traitsOf(lines[i].text)
	return t.verb && t.holdsDate() || t.address && t.holdsDate() || knownLabel(lines[i].text) != fieldNone
}

// fences finds the lines of code that Markdown marks: nothing in them is the
// header of a mail.
func fences(lines []line) map[int]bool {
	var fenced map[int]bool
	open := -1
	for i, l := range lines {
		if !strings.HasPrefix(l.text, "```") {
			continue
		}
		if open < 0 {
			open = i
			continue
		}
		if fenced == nil {
			fenced = make(map[int]bool)
		}
		for j := open; j < i; j++ {
			fenced[j] = true
		}
		open = -1
	}
	return fenced
}

// partStarts turns offsets in the text into lines.
func partStarts(lines []line, offsets []int) map[int]bool {
	if len(offsets) == 0 {
		return nil
	}
	starts := make(map[int]bool)
	at := 0
	for i, l := range lines {
		for len(offsets) > 0 && at >= offsets[0] {
			starts[i], offsets = true, offsets[1:]
		}
		at += len(l.raw) + 1
	}
	return starts
}
