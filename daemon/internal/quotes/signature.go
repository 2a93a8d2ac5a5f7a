package quotes

import (
	"strings"
	"unicode"
)

const (
	// maxSignature is how many full lines may stand under "-- ": four by custom
	// (RFC 3676 section 4.3), more in offices with a disclaimer.
	maxSignature = 30

	// maxBareSignature is the same where the blank behind the dashes is missing:
	// such a line also stands between paragraphs.
	maxBareSignature = 12

	// maxFooter is how many full lines a list or a company adds under a drawn
	// line.
	maxFooter = 8

	// maxTail is how many pieces a tail has at most: people write a dozen, and each
	// is looked for anew.
	maxTail = 100

	// listRule is how many underscores mailing lists draw.
	listRule = 20
)

// tail folds what ends the author's words: signatures, lines of devices,
// footers of lists, and lines without a word.
func (f *folding) tail() {
	end := f.end
	for end > 0 && f.fold[end-1] {
		end--
	}
	f.hide(f.tailStart(0, end), end)
}

// tailStart finds where the tail of lines [from, end) begins; end when there is
// none.
func (f *folding) tailStart(from, end int) int {
	for range maxTail {
		for end > from && f.lines[end-1].depth == 0 && !hasWord(f.lines[end-1].text) {
			end--
		}
		start := end
		for _, find := range []func(from, end int) int{f.dashes, f.footer, f.card, f.device, f.signedName} {
			if at := find(from, end); at < start {
				start = at
				break
			}
		}
		if start == end {
			return end
		}
		end = start
	}
	return end
}

// dashes finds the line "-- " that begins a signature (RFC 3676 section 4.3).
func (f *folding) dashes(from, end int) int {
	full := 0
	for i := end - 1; i >= from && full <= maxSignature && f.lines[i].depth == 0; i-- {
		raw := strings.TrimRight(f.lines[i].raw, "\r\u00a0")
		switch {
		case raw == "-- ", (raw == "--" || raw == "—" || raw == "– ") && full <= maxBareSignature && f.short(i+1, end):
			return i
		case !f.lines[i].blank():
			full++
		}
	}
	return end
}

// short reports that no line is longer than a line of a signature.
func (f *folding) short(from, end int) bool {
	const longest = 100
	for _, l := range f.lines[from:end] {
		if len(l.text) > longest && !strings.Contains(l.text, "://") {
			return false
		}
	}
	return true
}

// footer finds what a mailing list adds: a long drawn line, and under it a few
// lines with an address of the list. The same form is used for business cards.
func (f *folding) footer(from, end int) int {
	full, contacts := 0, 0
	for i := end - 1; i >= from && full <= maxFooter && f.lines[i].depth == 0; i-- {
		text := f.lines[i].text
		switch {
		case isRule(text) && contacts > 0 && (len(text) >= listRule || contacts > 1):
			return i
		case isRule(text):
			return end
		case text != "":
			full++
			if isContact(text) {
				contacts++
			}
		}
	}
	return end
}

// isContact reports an address, a telephone number or a page.
func isContact(s string) bool {
	const longest = 200
	if len(s) > longest {
		return false
	}
	if holdsAddress(s) || strings.Contains(s, "://") || strings.Contains(s, "www.") {
		return true
	}
	count := 0
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			count++
		case !strings.ContainsRune(" .-+()/", r) && !unicode.IsLetter(r) && r != ':':
			return false
		}
	}
	const telephone = 7
	return count >= telephone
}

// device finds a line by which a program or a telephone makes itself known.
func (f *folding) device(from, end int) int {
	if end > from && f.lines[end-1].own() && isDevice(f.lines[end-1].text) {
		return end - 1
	}
	return end
}

// signedName finds "-Alice Smith" alone in the last paragraph.
func (f *folding) signedName(from, end int) int {
	i := end - 1
	if i <= from || !f.lines[i].own() || !f.lines[i-1].blank() {
		return end
	}
	name, ok := strings.CutPrefix(f.lines[i].text, "-")
	words := strings.Fields(name)
	if !ok || len(words) == 0 || len(words) > 3 || strings.HasPrefix(name, " ") {
		return end
	}
	for _, w := range words {
		if !unicode.IsUpper(firstRune(w)) || strings.ContainsAny(w, ".:;0123456789") && !strings.HasSuffix(w, ".") {
			return end
		}
	}
	return i
}

// card finds a paragraph that begins with the author's name, or holds their
// address, and tells ways to reach them.
func (f *folding) card(from, end int) int {
	start, contacts, author := end, 0, false
	for i := end - 1; i >= from && end-i <= maxFooter && f.lines[i].own(); i-- {
		if isContact(f.lines[i].text) || isDevice(f.lines[i].text) {
			contacts++
		}
		author = author || f.hints.Address != "" && strings.Contains(f.lines[i].text, f.hints.Address)
		start = i
	}
	if start == end || contacts == 0 || !f.short(start, end) || !author && !f.isAuthor(f.lines[start].text) {
		return end
	}
	return start
}

func (f *folding) isAuthor(s string) bool {
	name := lower(strings.Trim(s, " ,.-"))
	return name != "" && name == lower(strings.TrimSpace(f.hints.Author))
}
