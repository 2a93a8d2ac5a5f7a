package quotes

import (
	"strings"
	"unicode"
)

// maxAttribution is over how many lines an attribution such as "On Monday,
// Alice <alice@example.com> wrote:" is wrapped at most.
const maxAttribution = 6

// maxAttributionBytes bounds all of it.
const maxAttributionBytes = 600

// traits are what attributions are known by.
type traits struct {
	when
	verb    bool // "wrote" in some language
	address bool
	ends    bool // with a colon or the verb
}

func traitsOf(s string) traits {
	t := traits{when: findDate(s), address: holdsAddress(s), verb: holdsVerb(s)}
	end := strings.TrimRight(s, " -—–=_")
	t.ends = strings.HasSuffix(end, ":") || strings.Contains(s, "news:") || strings.HasSuffix(end, "：") || t.verb && holdsVerb(lastWords(end))
	return t
}

// lastWords are the last two words of s.
func lastWords(s string) string {
	words := strings.Fields(s)
	return strings.Join(words[max(0, len(words)-2):], " ")
}

// holdsAddress reports an "@" with something on both sides: names may have one
// between blanks.
func holdsAddress(s string) bool {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '@')
		if i < 0 {
			return false
		}
		i += from
		if i > 0 && i+1 < len(s) && !unicode.IsSpace(rune(s[i-1])) && !unicode.IsSpace(rune(s[i+1])) {
			return true
		}
		from = i + 1
	}
}

// holdsVerb looks for a verb of attribution as a word, or inside a word where
// the language writes it so.
func holdsVerb(s string) bool {
	if len(s) > maxAttributionBytes {
		return false
	}
	s = lower(s)
	for _, v := range wroteInside {
		if strings.Contains(s, v) {
			return true
		}
	}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",:：\"'“”<>[]|", r) }) {
		if wrote[word] || wrote[strings.Trim(word, ".-_")] {
			return true
		}
	}
	return false
}

// openers are the words attributions begin with in languages that put the date
// first.
var openers = setOf("on", "at", "in", "am", "um", "le", "el", "em", "a", "il", "op", "den", "dne", "dňa", "dna", "dnia", "w", "pe", "la", "în", "pada", "vào", "lúc", "στις", "την", "på", "kl",
	"u", "na", "dana", "v", "kuupäeval", "di", "tarihinde", "в", "на", "у", "дана", "no", "nos", "ב", "בתאריך", "في", "بتاريخ", "در", "เมื่อ", "เมื่อวันที่", "ngày", "tanggal",
	"quoting", "zitat", "citando", "citat", "quoted", "van", "von", "ons", "ziua", "mensagem", "mensaje", "dia", "día", "ter", "þann", "às", "wiadomość", "missatge", "mesaj")

// opens reports a line that may be the first one of an attribution.
func opens(s string) bool {
	if openers[firstWord(s)] {
		return true
	}
	r := firstRune(s)
	return unicode.IsDigit(r) || r == '<' || r == '"' || r == '-' || holdsAddress(s) || unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hangul, r) || startsWithWeekday(s)
}

func firstWord(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return strings.Trim(lower(first), ",.\"'“„«<(-")
}

// startsWithWeekday takes a short word and a comma before a figure for the name
// of a day: "Thu, 26 Jun", "понедельник, 6 октября".
func startsWithWeekday(s string) bool {
	word, rest, ok := strings.Cut(s, ",")
	if !ok || strings.Contains(word, " ") {
		return false
	}
	return findDate(rest[:min(len(rest), 40)]).holdsDate() || unicode.IsDigit(firstRune(strings.TrimSpace(rest)))
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// attributionAbove returns where the attribution of the quote at line q
// begins, q itself when there is none. Since a quote follows, little evidence is
// enough; lines are added from below only while they tell something that is
// still missing.
func attributionAbove(lines []line, q int) int {
	end := q
	for end > 0 && lines[end-1].blank() && lines[end-1].depth == 0 && q-end < 2 {
		end--
	}
	best, known := q, traits{}
	text := ""
	for i := end - 1; i >= 0 && end-i <= maxAttribution && lines[i].own(); i-- {
		text = strings.TrimSpace(lines[i].text + " " + text)
		if len(text) > maxAttributionBytes {
			break
		}
		t := traitsOf(text)
		if i == end-1 && !t.ends && !(t.address && (t.time || t.year)) {
			return q
		}
		opening := opens(lines[i].text)
		more := t.verb && !known.verb || t.address && !known.address ||
			!known.holdsDate() && t.holdsDate() && (opening || wraps(lines[i].text)) ||
			!known.year && t.year && i < end-1 && openers[firstWord(lines[i].text)]
		enough := t.address || t.verb && (opening || t.holdsDate()) || opening && t.holdsDate()
		if more && enough || i == end-1 && t.ends && t.holdsDate() {
			best, known = i, t
		}
		if (known.year || known.day) && (known.address || known.verb) && opens(lines[best].text) {
			break
		}
	}
	return best
}

// wraps reports a line as long as one that a mail program broke.
func wraps(s string) bool {
	const shortest = 50
	return len(s) >= shortest
}

// myself are words by which authors speak of themselves: "I wrote to you on
// Monday:" begins their own words.
var myself = setOf("i", "ich", "j'ai", "j’ai", "ho", "yo", "eu", "ik", "jeg", "jag", "minä", "я", "ja", "já", "én", "私", "我", "ben", "wij", "we", "wir", "nous", "мы", "vi", "noi", "my")

// byMyself reports that the verb of an attribution is said by the author.
func byMyself(s string) bool {
	words := strings.Fields(lower(s))
	for i, w := range words {
		if !wrote[strings.Trim(w, ".,:")] {
			continue
		}
		for _, near := range words[max(0, i-2):min(len(words), i+2)] {
			if myself[strings.Trim(near, ".,:")] {
				return true
			}
		}
	}
	return false
}

// arrows reads the attribution of GroupWise: ">>> Alice 3/5/2026 2:03 PM >>>".
func arrows(l line) bool {
	raw := strings.TrimSpace(l.raw)
	return strings.HasPrefix(raw, ">>>") && strings.HasSuffix(raw, ">>>") && findDate(raw).holdsDate()
}

// attributionAt reads an attribution whose quote is not marked, and returns the
// line after it. There must be a date and an address, and the verb or the whole
// of the date with its time.
func attributionAt(lines []line, i int) (end int, ok bool) {
	if !lines[i].own() || strings.IndexFunc(lines[i].text, func(r rune) bool { return r == '@' || unicode.IsDigit(r) }) < 0 {
		return i, false // the first line has the date or the address
	}
	for j := i; j < min(len(lines), i+maxAttribution); j++ {
		if j > i && lines[j].depth > 0 && !strings.HasPrefix(lower(lines[j].text), "wrote") {
			return i, false
		}
		if !mayEnd(lines[j].text) {
			continue
		}
		text := joinText(lines[i : j+1])
		t := traitsOf(text)
		if !t.ends {
			continue
		}
		first := findDate(lines[i].text)
		if len(text) > maxAttributionBytes || byMyself(text) || !first.holdsDate() && !holdsAddress(lines[i].text) ||
			!opens(lines[i].text) && !holdsVerb(lines[i].text) {
			return i, false
		}
		return j + 1, t.address && t.holdsDate() && (t.verb || t.time && t.year && opens(lines[i].text)) ||
			t.verb && t.year && t.time && opens(lines[i].text) && supercited(lines, j+1)
	}
	return i, false
}

// inLine reports an attribution that the quote follows on the same line, as
// Yahoo's program for telephones writes it.
func inLine(s string) bool {
	s = s[:min(len(s), maxAttributionBytes)]
	from := strings.IndexByte(s, '@')
	if from < 0 || !unicode.IsDigit(firstDigit(s)) {
		return false
	}
	for {
		i := strings.Index(s[from:], ": ")
		if i < 0 {
			return false
		}
		if head := s[:from+i]; holdsVerb(lastWord(head)) {
			t := traitsOf(head + ":")
			return t.verb && t.address && t.holdsDate() && opens(s) && !byMyself(head)
		}
		from += i + 2
	}
}

func firstDigit(s string) rune {
	if i := strings.IndexFunc(s, unicode.IsDigit); i >= 0 {
		return firstRune(s[i:])
	}
	return 0
}

// supercited reports that the next line begins with somebody's name and a mark,
// as older programs quote: "Alice> text".
func supercited(lines []line, i int) bool {
	if i = nextFull(lines, i); i == len(lines) {
		return false
	}
	name, _, ok := strings.Cut(lines[i].text, "> ")
	return ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
}

// mayEnd is a cheap look at whether an attribution may end with this line.
func mayEnd(s string) bool {
	if s == "" {
		return false
	}
	switch s[len(s)-1] {
	case ':', '-', '=', '_':
		return true
	}
	return strings.HasSuffix(s, "：") || strings.HasSuffix(s, "—") || strings.HasSuffix(s, "–") ||
		wrote[lower(s[max(strings.LastIndexByte(s, ' ')+1, len(s)-longestVerb):])]
}

// longestVerb is longer in bytes than any verb of the list.
const longestVerb = 60

func joinText(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		if b.Len() > 0 && l.text != "" {
			b.WriteByte(' ')
		}
		b.WriteString(l.text)
	}
	return b.String()
}
