package search

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Fold makes texts comparable: compatibility forms, marks that only say how a letter
// is spoken, and case are taken off (Unicode Standard Annex 15; full case folding,
// section 3.13.3 of the standard). Marks of scripts that write vowels with them stay.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	if folded, ok := foldEasily(s); ok {
		return folded
	}
	return foldHard(s)
}

// easyEnd is behind the last letter of Latin, Greek and Cyrillic scripts that is folded
// by itself: what each becomes is looked up, which takes a tenth of the time.
const easyEnd = 0x530

// letter is what one becomes. Of marks, which hang on what is before them, that is not
// known.
type letter struct {
	folded string
	known  bool
}

var easy = sync.OnceValue(func() *[easyEnd]letter {
	var all [easyEnd]letter
	for r := range rune(easyEnd) {
		if !unicode.Is(unicode.M, r) {
			all[r] = letter{foldHard(string(r)), true}
		}
	}
	return &all
})

func foldEasily(s string) (string, bool) {
	all := easy()
	folded := make([]byte, 0, len(s)+8)
	for _, r := range s {
		if r >= easyEnd || !all[r].known {
			return "", false
		}
		folded = append(folded, all[r].folded...)
	}
	return string(folded), true
}

func foldHard(s string) string {
	fold := folders.Get().(transform.Transformer)
	defer folders.Put(fold)
	folded, _, err := transform.String(fold, s)
	if err != nil {
		return strings.ToLower(s) // never for strings; better less than nothing
	}
	return folded
}

// folders are kept: each has buffers of some KiB, and words are folded one by one.
var folders = sync.Pool{New: func() any {
	return transform.Chain(norm.NFKD, runes.Remove(runes.Predicate(spoken)), cases.Fold(), norm.NFC)
}}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// spoken are the combining marks of Latin, Greek and Cyrillic, the points of Hebrew
// and the vowel signs of Arabic, which many leave out who write these.
func spoken(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r >= 0x591 && r <= 0x5C7 && unicode.Is(unicode.Mn, r) || r >= 0x64B && r <= 0x65F || r == 0x670
}

const (
	// maxWord is how many bytes of a word count: longer ones are no words, and the
	// beginning tells them apart well enough.
	maxWord = 64
	// maxWhole is that of an address, which counts whole (RFC 5321, 4.5.3.1.3).
	maxWhole = 256
)

// class of a letter: words are runs of one class.
type class uint8

const (
	between class = iota
	word          // of scripts that put blanks between words
	dense         // of scripts that do not: found by pairs of letters
)

func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r >= 'A' && r <= 'Z' {
			return word
		}
		return between
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar), r == 'ー':
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) {
			return dense
		}
		return between
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return word
	}
	return between
}

// span is one run of letters of a text.
type span struct {
	from, to int // bytes
	class    class
}

// spans cuts a text into its runs.
func spans(text string, see func(span)) {
	s := span{}
	for i, r := range text {
		c := classOf(r)
		if c == s.class {
			continue
		}
		if s.class != between {
			s.to = i
			see(s)
		}
		s = span{from: i, class: c}
	}
	if s.class != between {
		s.to = len(text)
		see(s)
	}
}

// terms are what a run is found by: a word by itself, others by their pairs of
// letters. For a document the last letter of those follows, so that each letter
// begins a term.
func terms(run string, c class, last bool, add func(string)) {
	if c == word {
		add(cut(run, maxWord))
		return
	}
	before, size := -1, 0
	for i, r := range run {
		if before >= 0 {
			add(run[before : i+utf8.RuneLen(r)])
		}
		before, size = i, size+1
	}
	if before >= 0 && (last || size == 1) {
		add(run[before:])
	}
}

// cut shortens to at most so many bytes, between letters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// words are what the index stores of a text: its terms, one after the other, and
// behind them each letter that is otherwise found in pairs, and the addresses in it as
// a whole, each also by its domain.
func words(b *strings.Builder, text string) {
	text = Fold(text)
	letters := map[rune]bool{}
	spans(text, func(s span) {
		terms(text[s.from:s.to], s.class, true, func(t string) {
			b.WriteString(t)
			b.WriteByte(' ')
		})
		if s.class == dense {
			for _, r := range text[s.from:s.to] {
				letters[r] = true
			}
		}
	})
	b.WriteString(": ") // a term of its own, so that no phrase goes on in the next text
	for _, r := range slices.Sorted(maps.Keys(letters)) {
		b.WriteRune(r)
		b.WriteByte(' ')
	}
	for _, a := range addresses(text) {
		b.WriteString(a)
		b.WriteByte(' ')
		b.WriteString(a[strings.LastIndexByte(a, '@'):])
		b.WriteByte(' ')
	}
}

// maxAddresses of one text are found whole.
const maxAddresses = 200

// addresses are the mail addresses of a text, as [whole] writes them.
func addresses(text string) []string {
	var all []string
	for rest := text; len(all) < maxAddresses; {
		at := strings.IndexByte(rest, '@')
		if at < 0 {
			return all
		}
		from := strings.LastIndexFunc(rest[:at], func(r rune) bool { return !inAddress(r) }) + 1
		if from > 0 {
			_, size := utf8.DecodeRuneInString(rest[from-1:])
			from += size - 1
		}
		end := strings.IndexFunc(rest[at+1:], func(r rune) bool { return !inAddress(r) })
		if end < 0 {
			end = len(rest) - at - 1
		}
		local, domain := strings.TrimLeft(rest[from:at], ".-'"), strings.TrimRight(rest[at+1:at+1+end], ".-_'+")
		if local != "" && domain != "" && len(local)+len(domain) < maxWhole {
			all = append(all, whole(local+"@"+domain))
		}
		rest = rest[at+1:]
	}
	return all
}

func inAddress(r rune) bool {
	return r != utf8.RuneError && (classOf(r) != between || strings.ContainsRune(".-+'!#$%&*/=?^`{|}~", r))
}

// whole writes an address as one term of the index, which knows few signs.
func whole(address string) string {
	return strings.Map(func(r rune) rune {
		if classOf(r) != between || strings.ContainsRune("@.-+", r) {
			return r
		}
		return '_'
	}, address)
}
