package quotes

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// block is the header of a mail as a mail program writes it into a text:
// From, Sent, To, Subject, one a line.
type block struct {
	start, end int // the lines of the block, end excluded
	values     map[field]string
	raw        bool // fields stand in it that mail programs do not show
	quoted     bool // it is marked as quoted
}

const (
	// maxLabel is the longest label in bytes, in any script.
	maxLabel = 60

	// maxWrapped is over how many lines one value may go on; long lists of
	// recipients do.
	maxWrapped = 60

	// maxBlock bounds a block: what is longer is no header.
	maxBlock = 200

	// maxValue is the longest value in bytes: some thousand recipients. What goes
	// on for longer is cut there, for values are read several times.
	maxValue = 64 << 10
)

// above is what stands over a block.
type above int

const (
	nothingAbove   above = iota
	ruleAbove            // a drawn line
	separatorAbove       // words of a mail program
)

// readBlock reads the block that begins at line i. ok is false when too little
// is there to be sure of it; after a separator, less is enough.
func readBlock(lines []line, i int, over above) (b block, ok bool) {
	b = block{start: i, end: i, values: make(map[field]string), quoted: lines[i].quoted()}
	depth, last := lines[i].depth, fieldNone
	bare := over == separatorAbove && isBareFrom(lines[i].text)
	if first := knownLabel(lines[i].text); first == fieldOther {
		return b, false
	}
	for i < len(lines) && i-b.start < maxBlock && lines[i].depth == depth {
		if lines[i].blank() {
			if i+1 < len(lines) && lines[i+1].depth == depth && b.lacks(knownLabel(lines[i+1].text)) {
				i++ // paragraphs of HTML have a blank line between
				continue
			}
			break
		}
		f, value := splitLabel(lines[i].text)
		if f == fieldNone && bare {
			f, value = splitBare(lines[i].text)
		}
		b.raw = b.raw || f == fieldOther && strings.ContainsRune(lines[i].text[:strings.IndexAny(lines[i].text, ":：")], '-')
		if f == fieldNone && last != fieldNone {
			f, value = b.infer(lines[i].text)
		}
		switch {
		case f != fieldNone && (b.values[f] == "" || f == fieldOther):
			b.values[f], last = value[:min(len(value), maxValue)], f
		case last != fieldNone && (goesOn(lines, i, depth, b.values) || isList(last) && moreMailboxes(b.values[last], lines[i].text)):
			if len(b.values[last])+len(lines[i].text) < maxValue {
				b.values[last] = strings.TrimSpace(b.values[last] + " " + lines[i].text)
			}
		default:
			return b, b.enough(over)
		}
		i++
		b.end = i
	}
	return b, b.enough(over)
}

// lacks reports a field that each block has, and this one not yet.
func (b block) lacks(f field) bool {
	_, seen := b.values[f]
	return !seen && (f == fieldFrom || f == fieldTo || f == fieldDate || f == fieldSubject)
}

// infer reads a line inside a block whose label is not known by what stands
// behind the colon: an address, or a date. Each kind is taken once, so that text
// under a block without a blank line between is not.
func (b block) infer(s string) (field, string) {
	i := strings.IndexAny(s[:min(len(s), maxLabel)], ":：")
	if i <= 0 || strings.ContainsAny(s[:i], "@<>[]()/0123456789") || strings.Count(s[:i], " ") > 1 {
		return fieldNone, ""
	}
	_, size := utf8.DecodeRuneInString(s[i:])
	value := strings.TrimSpace(s[i+size:])
	_, dated := b.values[fieldDate]
	_, to := b.values[fieldTo]
	_, from := b.values[fieldFrom]
	switch w := findDate(value); {
	case strings.HasPrefix(value, "//"):
	case !dated && w.time && w.year && !holdsAddress(value):
		return fieldDate, value
	case !holdsAddress(value) || strings.ContainsAny(value, "?!"):
	case !from:
		return fieldFrom, value
	case !to:
		return fieldTo, value
	}
	return fieldNone, ""
}

// goesOn reports that line i continues a value: a label that is still missing
// comes soon after, with no blank line between.
func goesOn(lines []line, i, depth int, seen map[field]string) bool {
	for j := i + 1; j < min(len(lines), i+maxWrapped); j++ {
		if lines[j].depth != depth || lines[j].blank() {
			return false
		}
		if f := knownLabel(lines[j].text); f != fieldNone && f != fieldOther && seen[f] == "" {
			return true
		}
	}
	return false
}

// isList reports a field that holds mailboxes.
func isList(f field) bool {
	return f == fieldTo || f == fieldCc || f == fieldBcc || f == fieldFrom || f == fieldReplyTo
}

// moreMailboxes reports that a line goes on with a list of mailboxes that was
// wrapped: the list so far ends openly, or the line is an address or ends with
// one.
func moreMailboxes(value, next string) bool {
	name := value[strings.LastIndexAny(value, ",;")+1:] // a mailbox that was broken off within its name
	open := name != value && !strings.Contains(name, "@") || strings.HasSuffix(value, ",") || strings.HasSuffix(value, ";") || strings.HasSuffix(value, "<")
	closing := strings.TrimRight(next, ",; ")
	address := holdsAddress(next) && (open && strings.Contains(next, "<") || strings.HasSuffix(closing, ">") || strings.HasSuffix(closing, "]") || !strings.Contains(closing, " "))
	return open && (address || len(strings.Fields(next)) <= 4) || address && (strings.HasPrefix(next, "<") || strings.HasSuffix(next, ",") || strings.HasSuffix(next, ";"))
}

// enough asks for what every mail program writes: who, and two more of what,
// when and to whom. Without an address, which programs leave out within one
// company, all of it must be there, and look like it: people write lists of
// their own with such words, too.
func (b block) enough(over above) bool {
	from, ok := b.values[fieldFrom]
	if !ok || from == "" {
		return false
	}
	others := 0
	for _, f := range []field{fieldDate, fieldTo, fieldSubject} {
		if _, ok := b.values[f]; ok {
			others++
		}
	}
	date := findDate(b.values[fieldDate])
	switch {
	case over == separatorAbove:
		return others >= 1
	case strings.Contains(from, "@"):
		_, dated := b.values[fieldDate]
		return others >= 2 && (date.holdsDate() || b.quoted && !dated) // Orange writes the date above
	}
	return others == 3 && date.time && isPerson(from) && isPerson(b.values[fieldTo])
}

// isPerson reports what may be the name of somebody: letters, and no figures.
func isPerson(s string) bool {
	return strings.IndexFunc(s, unicode.IsLetter) >= 0 && strings.IndexFunc(s, unicode.IsDigit) < 0
}

// whole reports all four fields that Outlook writes, with an address and a
// time: no form and no list of somebody's own has them by chance.
func (b block) whole() bool {
	_, to := b.values[fieldTo]
	_, subject := b.values[fieldSubject]
	w := findDate(b.values[fieldDate])
	return to && subject && w.time && strings.Contains(b.values[fieldFrom], "@")
}

// splitLabel reads "Label: value". The field is fieldNone when it is no known
// label.
func splitLabel(s string) (field, string) {
	i := strings.IndexAny(s[:min(len(s), maxLabel)], ":：")
	if i <= 0 {
		return fieldNone, ""
	}
	f := labels[labelKey(s[:i])]
	_, size := utf8.DecodeRuneInString(s[i:])
	value := strings.TrimSpace(s[i+size:])
	if f == fieldNone || strings.HasPrefix(value, "//") {
		return fieldNone, ""
	}
	return f, value
}

// splitBare reads "Label value" without the colon, as eM Client writes it.
func splitBare(s string) (field, string) {
	label, value, _ := strings.Cut(s, " ")
	f := labels[lower(label)]
	if f == fieldOther {
		f = fieldNone
	}
	return f, strings.TrimSpace(value)
}

// isBareFrom reports the first line of a header without colons.
func isBareFrom(s string) bool {
	f, value := splitBare(s)
	return f == fieldFrom && holdsAddress(value)
}

// labelKey is a label as it stands in the table: "Kopie (CC) " is "kopie".
func labelKey(s string) string {
	s = lower(strings.TrimSpace(s))
	if i := strings.IndexByte(s, '('); i > 0 && strings.HasSuffix(s, ")") {
		s = strings.TrimSpace(s[:i])
	}
	if r := firstRune(s); unicode.Is(unicode.Han, r) {
		s = strings.ReplaceAll(s, " ", "") // 主 题, spaced to the width of 发件人
	}
	return s
}

func knownLabel(s string) field {
	f, _ := splitLabel(s)
	return f
}

// splitRun reads labels and values that stand on one line with nothing
// between, as Yahoo's text of a forward has them: "From: ATo: BSubject: C".
func splitRun(s string) (map[field]string, bool) {
	values := make(map[field]string)
	last, from := fieldNone, 0
	for i, r := range s {
		if r != ':' && r != '：' {
			continue
		}
		f, start := labelBefore(s, i)
		if f == fieldNone || values[f] != "" || start < from {
			continue
		}
		if last != fieldNone {
			values[last] = strings.TrimSpace(s[from:start])
		}
		last, from = f, i+utf8.RuneLen(r)
	}
	if last != fieldNone {
		values[last] = strings.TrimSpace(s[from:])
	}
	return values, block{values: values}.enough(nothingAbove)
}

// labelBefore finds the longest label that ends at i and begins with a capital,
// or in a script without capitals.
func labelBefore(s string, i int) (f field, start int) {
	start = i
	end := len(strings.TrimRightFunc(s[:i], unicode.IsSpace))
	for j := end; j > 0 && end-j < maxLabel; {
		r, size := utf8.DecodeLastRuneInString(s[:j])
		j -= size
		if unicode.IsLower(r) || !unicode.IsLetter(r) {
			continue
		}
		if g := labels[lower(s[j:end])]; g != fieldNone {
			f, start = g, j
		}
	}
	return f, start
}
