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

	// cardRule is how many signs a drawn line above a business card has at least:
	// three also stand around settings and between paragraphs.
	cardRule = 10
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
// Without its blank it must look like one all the more: people part paragraphs
// with it, too. A postscript shows what stands above it, and a signature does not
// reach from one part of the mail into the next.
func (f *folding) dashes(from, end int) int {
	full := 0
	found := end
	for i := end - 1; i >= from && full <= maxSignature && f.lines[i].depth == 0 && (i+1 == end || !f.parts[i+1]); i-- {
		l := f.lines[i]
		raw := strings.TrimRight(l.raw, "\r\u00a0")
		switch {
		case isPostscript(l.text):
			return end
		case raw == "-- ":
			return i
		case raw == "--" || raw == "—" || raw == "– ":
			if found < end {
				return end // several part a text
			}
			if full > maxBareSignature || !f.isSignature(i+1, end) || announced(f.lines, i) && f.lines[i-1].own() {
				return end
			}
			found = i
		case !l.blank():
			full++
		}
	}
	return found
}

// isSignature reports lines that look like those under "--": short, without a
// question, without sentences, and right below the dashes.
func (f *folding) isSignature(from, end int) bool {
	const longest = 100
	if from < end && f.lines[from].blank() {
		return false
	}
	for _, l := range f.lines[from:end] {
		if len(l.text) > longest && !strings.Contains(l.text, "://") || isSentence(l.text) || strings.HasSuffix(l.text, "?") {
			return false
		}
	}
	return true
}

// isSentence reports words that say something: enough of them, with the sign
// that ends a sentence.
func isSentence(s string) bool {
	const fewest = 4
	return len(strings.Fields(s)) >= fewest && strings.ContainsAny(s[len(s)-1:], ".!?:") && !strings.Contains(s, "://")
}

// isPostscript reports words that are added below a signature.
func isPostscript(s string) bool {
	s = lower(s)
	for _, p := range []string{"p.s", "ps:", "ps ", "ps.", "pps", "p.p.s", "nb:", "nb ", "n.b.", "nachtrag", "nachsatz", "p.d.", "pd:", "pd.", "post scriptum", "post-scriptum", "з.ы", "p. s.", "追伸", "附言", "又及", "추신"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// footer finds what a mailing list adds: a long drawn line, and under it a few
// lines with an address of the list. The same form is used for business cards.
func (f *folding) footer(from, end int) int {
	full, contacts := 0, 0
	for i := end - 1; i >= from && full <= maxFooter && f.lines[i].depth == 0; i-- {
		text := f.lines[i].text
		switch {
		case isRule(text) && strings.HasSuffix(f.above(from, i), ":"):
			return end // what the author announces
		case isRule(text) && contacts > 0 && (len(text) >= listRule || contacts > 1 && len(text) >= cardRule || f.isAuthor(f.lines[min(i+1, end-1)].text)):
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
	if end > from && f.lines[end-1].own() && (isDevice(f.lines[end-1].text) || isBoilerplate(f.lines[end-1].text)) {
		return end - 1
	}
	return end
}

// signedName finds "-Alice Smith" alone in the last paragraph.
func (f *folding) signedName(from, end int) int {
	i := end - 1
	if i <= from || !f.lines[i].own() || !f.lines[i-1].blank() || !isSignedName(f.lines[i].text) {
		return end
	}
	if above := f.above(from, i); strings.HasPrefix(above, "-") || strings.HasSuffix(above, ":") {
		return end // a list
	}
	return i
}

// above is the full line above line i.
func (f *folding) above(from, i int) string {
	for i--; i >= from; i-- {
		if text := f.lines[i].text; text != "" {
			return text
		}
	}
	return ""
}

func isSignedName(s string) bool {
	name, ok := strings.CutPrefix(s, "-")
	words := strings.Fields(name)
	if !ok || len(words) == 0 || len(words) > 3 || strings.HasPrefix(name, " ") {
		return false
	}
	for _, w := range words {
		if !unicode.IsUpper(firstRune(w)) || strings.ContainsAny(w, ".:;0123456789") && !strings.HasSuffix(w, ".") {
			return false
		}
	}
	return true
}

// card finds a last paragraph that is nothing but the author's name and ways to
// reach them. What the line above announces is no card but an answer: "Please
// deliver to:".
func (f *folding) card(from, end int) int {
	start, contacts, address := end, 0, false
	for i := end - 1; i >= from && end-i <= maxFooter && f.lines[i].own() && (i+1 == end || !f.parts[i+1]); i-- {
		text := f.lines[i].text
		if isSentence(text) || len(strings.Fields(text)) > maxCardWords || strings.HasSuffix(text, ":") {
			return end
		}
		if isContact(text) || isDevice(text) {
			contacts++
		}
		address = address || f.hints.Address != "" && strings.Contains(text, f.hints.Address)
		start = i
	}
	if start == end || contacts == 0 || !f.closes(from, start) {
		return end
	}
	if f.isAuthor(f.lines[start].text) || address && contacts >= 2 && end-start >= 3 {
		return start
	}
	return end
}

// maxCardWords is how many words a line of a card has.
const maxCardWords = 8

// closes reports that the words above line i are at an end: a sentence, a comma
// as after "Thanks,", or a short greeting.
func (f *folding) closes(from, i int) bool {
	text := f.above(from, i)
	if text == "" || isContact(text) {
		return false
	}
	last := lastRune(text)
	return strings.ContainsRune(".!?,。！？…)", last) || len(strings.Fields(text)) <= 3 && !strings.ContainsAny(text, ",:") && unicode.IsLetter(last)
}

func (f *folding) isAuthor(s string) bool {
	name := lower(strings.Trim(s, " ,.-"))
	return name != "" && name == lower(strings.TrimSpace(f.hints.Author))
}
