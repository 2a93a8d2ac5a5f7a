package quotes

// folding decides line by line what is folded.
type folding struct {
	lines []line
	fold  []bool
	end   int // the lines from here on are cut off: a separator or a block of a mail stands here
	hints Hints

	// answer tells that the mail answers or forwards another one. In other mails
	// a header or a ">" may well be the author's own: a form, a log.
	answer bool

	origins []origin // of the lines; nil when it is not known what was sent
	looks   int      // how many lines were looked at closely
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
	l := f.lines[i]
	if end, ok := attributionAt(f.lines, i); ok && f.answer {
		next := nextFull(f.lines, end)
		return next < len(f.lines) && !f.lines[next].quoted()
	}
	if sep := readSeparator(l.text); sep != notSeparator {
		next := nextFull(f.lines, i+1)
		if next < len(f.lines) {
			if _, ok := readBlock(f.lines, next, true); ok {
				return true
			}
		}
		return (sep == originalSeparator || sep == forwardSeparator) && next < len(f.lines)
	}
	if sep, rest := splitSeparator(l.text); sep != notSeparator {
		if _, ok := splitRun(rest); ok {
			return true
		}
	}
	if isRule(l.text) {
		next := nextFull(f.lines, i+1)
		if next < len(f.lines) && f.lines[next].own() && knownLabel(f.lines[next].text) != fieldNone {
			_, ok := readBlock(f.lines, next, true)
			return ok
		}
		return false
	}
	if knownLabel(l.text) != fieldNone {
		b, ok := readBlock(f.lines, i, false)
		return ok && (f.answer || b.whole())
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
		r.sure = r.start < quoted || f.lines[quoted].depth > 1 || introduces(f.lines, quoted)
		if r.sure || f.answer && !f.unsent(r) {
			runs = append(runs, r)
		}
	}
	return runs
}

// introduces reports that the quoted line i says itself who is quoted, as Apple
// Mail has it.
func introduces(lines []line, i int) bool {
	t := traitsOf(lines[i].text)
	return t.verb && t.holdsDate() || t.address && t.holdsDate() || knownLabel(lines[i].text) != fieldNone
}
