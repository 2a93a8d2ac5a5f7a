package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Marker finds in a text what was looked for. It goes by words as the index does,
// each by itself: a phrase is marked word by word.
type Marker struct {
	exact  map[string]bool // folded runs of letters
	starts []string        // of longer ones
	pairs  []string        // within runs of scripts without blanks
}

// Piece is a piece of a text as it was written.
type Piece struct {
	Text string
	Hit  bool // it was looked for
}

// NewMarker makes one of what was looked for.
func NewMarker(terms []Term) *Marker {
	m := &Marker{exact: map[string]bool{}}
	for _, t := range terms {
		if t.Not || t.Key != "" && t.Key != "subject" && t.Key != "from" {
			continue
		}
		text := Fold(t.Text)
		spans(text, func(s span) {
			run := text[s.from:s.to]
			switch {
			case s.class == dense:
				m.pairs = append(m.pairs, run)
			case t.Last && s.to == len(text) && utf8.RuneCountInString(run) >= shortest:
				m.starts = append(m.starts, run)
			default:
				m.exact[run] = true
			}
		})
	}
	return m
}

// IsZero reports that nothing is looked for.
func (m *Marker) IsZero() bool { return len(m.exact)+len(m.starts)+len(m.pairs) == 0 }

// mark is a place in a text, in bytes.
type mark struct{ from, to int }

// marks finds up to so many places, the first ones.
func (m *Marker) marks(text string, most int) []mark {
	var all []mark
	spans(text, func(s span) {
		if len(all) >= most {
			return
		}
		run := text[s.from:s.to]
		folded := Fold(run)
		if s.class == word {
			if m.exact[folded] || slices.ContainsFunc(m.starts, func(w string) bool { return strings.HasPrefix(folded, w) }) {
				all = append(all, mark{s.from, s.from + len(cut(run, mostMarked))})
			}
			return
		}
		for _, p := range m.pairs {
			// Letters of these scripts are folded into others seldom, and then all of it
			// is marked.
			if at := strings.Index(run, p); at >= 0 {
				all = append(all, mark{s.from + at, s.from + at + len(cut(p, mostMarked))})
				return
			}
			if strings.Contains(folded, p) {
				all = append(all, mark{s.from, s.from + len(cut(run, mostMarked))})
				return
			}
		}
	})
	return all
}

const (
	// mostMarks of one text are marked, and mostMarked bytes of each.
	mostMarks, mostMarked = 40, 100
	// A snippet begins so many bytes before what was found, and is so long at most.
	snippetLead, snippetRoom = 60, 240
)

// Line marks what was found in a short text.
func (m *Marker) Line(text string) []Piece {
	return cutUp(text, m.marks(text, mostMarks))
}

// Snippet is where what was looked for stands in a text, on one line; nil if it does
// not. Of several places it shows the one with the most around it.
func (m *Marker) Snippet(text string) []Piece {
	text = strings.ToValidUTF8(text, "")
	all := m.marks(text, mostMarks)
	if len(all) == 0 {
		return nil
	}
	first, most := 0, 0
	for i := range all {
		n := 0
		for j := i; j < len(all) && all[j].to-all[i].from <= snippetRoom-snippetLead; j++ {
			n++
		}
		if n > most {
			first, most = i, n
		}
	}
	from := backTo(text, all[first].from, snippetLead)
	to := onTo(text, max(from+snippetRoom, all[first].to))
	var line strings.Builder
	if from > 0 {
		line.WriteString("…")
	}
	var marks []mark
	at := from
	for _, k := range all[first:] {
		if k.to > to {
			break
		}
		oneLine(&line, text[at:k.from])
		began := line.Len()
		line.WriteString(text[k.from:k.to])
		marks = append(marks, mark{began, line.Len()})
		at = k.to
	}
	oneLine(&line, text[at:to])
	if to < len(text) {
		line.WriteString("…")
	}
	return cutUp(line.String(), marks)
}

// backTo goes back from a place by so many bytes at most, to where a word begins.
func backTo(text string, at, most int) int {
	from := max(at-most, 0)
	if from == 0 {
		return 0
	}
	for from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	if blank := strings.IndexFunc(text[from:at], unicode.IsSpace); blank >= 0 {
		return from + blank
	}
	return from
}

// onTo goes to a place, or to the last end of a word before it.
func onTo(text string, at int) int {
	if at >= len(text) {
		return len(text)
	}
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	if blank := strings.LastIndexFunc(text[:at], unicode.IsSpace); blank > at-30 && blank > 0 {
		return blank
	}
	return at
}

// oneLine writes a text with single blanks.
func oneLine(b *strings.Builder, text string) {
	blank := false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			blank = true
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	if blank && b.Len() > 0 {
		b.WriteByte(' ')
	}
}

func cutUp(text string, marks []mark) []Piece {
	var all []Piece
	at := 0
	for _, k := range marks {
		if k.from > at {
			all = append(all, Piece{Text: text[at:k.from]})
		}
		all = append(all, Piece{Text: text[k.from:k.to], Hit: true})
		at = k.to
	}
	if at < len(text) {
		all = append(all, Piece{Text: text[at:]})
	}
	return all
}
