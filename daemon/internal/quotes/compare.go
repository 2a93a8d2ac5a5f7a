package quotes

import "unicode"

const (
	// shingle is how many words in a row must agree before they are taken for
	// the same text: shorter runs are common phrases.
	shingle = 4

	// maxSentWords bounds what of the sent texts is compared; the newest come
	// first.
	maxSentWords = 50_000

	// minQuoted is how many words a text must have in common with a sent one
	// before it counts as its quote.
	minQuoted = 8
)

// origin is what is known about a line after it was compared.
type origin struct {
	words int // on the line
	known int // of them, those that a sent text holds in the same order
	sent  int // which text that is, counted from 1; 0 for none
}

// theirs reports a line that was sent to the author.
func (o origin) theirs() bool { return o.words > 0 && 5*o.known >= 4*o.words }

// new reports a line that was never sent.
func (o origin) new() bool { return o.words > 0 && 5*o.known <= o.words }

// compare uses what was sent to the author. A quote that no mark tells is folded,
// and answers written into a quote without marks are shown.
func (f *folding) compare() {
	switch {
	case f.origins == nil:
	case f.end < len(f.lines):
		f.showAnswers(f.origins)
	default:
		f.foldUnmarked(f.origins)
	}
}

// unsent reports quoted lines of which nothing was sent to the author: they
// paste with the same mark what somebody else wrote.
func (f *folding) unsent(r run) bool {
	if f.origins == nil {
		return false
	}
	for _, o := range f.origins[r.start:r.end] {
		if o.known > 0 {
			return false
		}
	}
	return true
}

// showAnswers looks between the lines of one sent text, behind the cut, for
// lines that were not sent. They are answers, so everything up to the last of
// them is shown.
func (f *folding) showAnswers(origins []origin) {
	first, last := spans(origins[f.end:])
	answer := -1
	for i, o := range origins[f.end:] {
		l := f.lines[f.end+i]
		if !l.own() || !o.new() || isDevice(l.text) || isRule(l.text) || splitKnown(l.text) {
			continue
		}
		for text := range first {
			if first[text] < i && i < last[text] {
				answer = f.end + i
			}
		}
	}
	for i := f.end; i <= answer; i++ {
		f.fold[i] = false
	}
}

func splitKnown(s string) bool { return knownLabel(s) != fieldNone || holdsVerb(s) && holdsAddress(s) }

// spans tells from which line to which each sent text is quoted.
func spans(origins []origin) (first, last map[int]int) {
	first, last = make(map[int]int), make(map[int]int)
	for i, o := range origins {
		if !o.theirs() || o.words < shingle {
			continue
		}
		if _, ok := first[o.sent]; !ok {
			first[o.sent] = i
		}
		last[o.sent] = i
	}
	return first, last
}

// foldUnmarked folds the end of a text when it is what was sent, however it was
// quoted.
func (f *folding) foldUnmarked(origins []origin) {
	start, known := len(f.lines), 0
	for i := len(f.lines) - 1; i >= 0; i-- {
		switch o := origins[i]; {
		case f.fold[i], o.words == 0, f.lines[i].quoted():
		case o.theirs():
			start, known = i, known+o.known
		default:
			i = -1
		}
	}
	if known < minQuoted {
		return
	}
	start = attributionAbove(f.lines, start)
	if anyOwn(f.lines[:start]) {
		f.hide(start, len(f.lines))
		f.end = start
		f.tail()
	}
}

// compareLines finds for each line how much of it was sent. Words are compared
// across lines, for mail programs wrap anew what they quote.
func compareLines(lines []line, sent []string) []origin {
	texts := shingles(sent)
	origins := make([]origin, len(lines))
	words, at := wordsOf(lines)
	for _, i := range at {
		origins[i].words++
	}
	counted := 0 // words before this one are counted as known
	for i := 0; i+shingle <= len(words); i++ {
		text := texts[mix(words[i:i+shingle])]
		if text == 0 {
			continue
		}
		for j := max(i, counted); j < i+shingle; j++ {
			origins[at[j]].known++
			origins[at[j]].sent = text
		}
		counted = i + shingle
	}
	return origins
}

// shingles are the runs of words in texts, with the number of the first text that
// has each.
func shingles(sent []string) map[uint64]int {
	texts := make(map[uint64]int)
	total := 0
	for n, text := range sent {
		words := appendWords(nil, text)
		words = words[:min(len(words), maxSentWords-total)]
		total += len(words)
		for i := 0; i+shingle <= len(words); i++ {
			if h := mix(words[i : i+shingle]); texts[h] == 0 {
				texts[h] = n + 1
			}
		}
	}
	return texts
}

// wordsOf are the words of all lines, and the line of each.
func wordsOf(lines []line) (words []uint64, at []int) {
	for i, l := range lines {
		words = appendWords(words, l.text)
		for len(at) < len(words) {
			at = append(at, i)
		}
	}
	return words, at
}

// The hash is FNV-1a of 64 bits. Whoever finds words that collide makes a line
// of their own mail look like one that was sent to them, which they can do by
// quoting it.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func mix(words []uint64) uint64 {
	h := uint64(fnvOffset)
	for _, w := range words {
		h = (h ^ w) * fnvPrime
	}
	return h
}

// appendWords adds the hash of each word of a text, whatever its case; each sign
// of a script without blanks is a word.
func appendWords(words []uint64, s string) []uint64 {
	h := uint64(fnvOffset)
	end := func() {
		if h != fnvOffset {
			words = append(words, h)
			h = fnvOffset
		}
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			h = (h ^ uint64(r)) * fnvPrime
		case r >= 'A' && r <= 'Z':
			h = (h ^ uint64(r|0x20)) * fnvPrime
		case r < 0x80:
			end()
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			end()
			h = (h ^ uint64(r)) * fnvPrime
			end()
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			h = (h ^ uint64(unicode.ToLower(r))) * fnvPrime
		default:
			end()
		}
	}
	end()
	return words
}
