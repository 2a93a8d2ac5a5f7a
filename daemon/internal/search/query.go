package search

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Limits of a search. Each word costs a look into the index.
const (
	MaxQuery = 400 // bytes
	MaxTerms = 24
)

// Keys that say what a word is about, as in status:open. With "form." and "field."
// the name of a field follows.
var Keys = []string{
	"subject", "from", "number", "status", "priority", "tag", "assignee", "team", "mailbox", "center", "form", "is", "has", "before", "after",
}

// FieldKeys are those that the name of a field follows.
var FieldKeys = []string{"form.", "field."}

// Term is one thing that was typed.
type Term struct {
	Not   bool
	Key   string // one of Keys, or one of FieldKeys with a name; "" for words
	Text  string
	Whole bool // it stood in quotes
	Last  bool // nothing was typed behind it: there may be more of the word to come
}

// Parse reads what somebody typed. Quotes keep words together, a minus in front
// turns a thing round, and everything is a word that is nothing else: there are
// only errors for what is too long.
func Parse(typed string) ([]Term, error) {
	if len(typed) > MaxQuery {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "that is too long to look for; %d letters are enough", MaxQuery)
	}
	p := &parser{rest: strings.ToValidUTF8(typed, " ")}
	var all []Term
	for {
		t, ok := p.term()
		if !ok {
			return all, nil
		}
		if t.Text == "" && t.Key == "" {
			continue
		}
		if len(all) == MaxTerms {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "these are too many words to look for; use at most %d", MaxTerms)
		}
		all = append(all, t)
	}
}

type parser struct{ rest string }

func (p *parser) term() (Term, bool) {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	if p.rest == "" {
		return Term{}, false
	}
	t := Term{}
	if len(p.rest) > 1 && p.rest[0] == '-' {
		t.Not, p.rest = true, p.rest[1:]
	}
	t.Key = p.key()
	if r, size := utf8.DecodeRuneInString(p.rest); isQuote(r) {
		p.rest = p.rest[size:]
		t.Whole = true
		t.Text = p.upTo(isQuote)
		if p.rest != "" {
			_, size = utf8.DecodeRuneInString(p.rest)
			p.rest = p.rest[size:]
		}
	} else {
		t.Text = p.upTo(func(r rune) bool { return unicode.IsSpace(r) || isQuote(r) })
		t.Last = p.rest == ""
	}
	t.Text = strings.TrimSpace(t.Text)
	return t, true
}

// key takes one of Keys with its colon off.
func (p *parser) key() string {
	name, _, ok := strings.Cut(p.rest, ":")
	if !ok {
		return ""
	}
	low := strings.ToLower(name)
	known := slices.Contains(Keys, low)
	for _, k := range FieldKeys {
		if len(low) > len(k) && strings.HasPrefix(low, k) && !strings.ContainsFunc(low, func(r rune) bool { return unicode.IsSpace(r) || isQuote(r) }) {
			known, low = true, k+name[len(k):] // names keep their letters
		}
	}
	if !known {
		return ""
	}
	p.rest = p.rest[len(name)+1:]
	return low
}

func (p *parser) upTo(end func(rune) bool) string {
	i := strings.IndexFunc(p.rest, end)
	if i < 0 {
		i = len(p.rest)
	}
	text := p.rest[:i]
	p.rest = p.rest[i:]
	return text
}

func isQuote(r rune) bool { return strings.ContainsRune("\"“”„«»", r) }

// Match is a search in the language of the index. The zero Match finds everything.
type Match struct {
	all     string
	subject string // the same, but for words that stand in the subject; "" if there are none
}

// NewMatch makes one of the terms that the index answers: words, subject:, from:,
// number: and has:. Others are left out; files asks for those with a file.
func NewMatch(terms []Term) (Match, error) {
	var m Match
	var must, subject, not []string
	inSubject, lost := false, false
	for _, t := range terms {
		e := expression(t)
		switch {
		case e == "":
			lost = lost || t.Key == ""
		case t.Not:
			not = append(not, e)
		case t.Key == "" && !strings.HasPrefix(e, "{"):
			must = append(must, e)
			subject = append(subject, "{subject} : "+e)
			inSubject = true
		default:
			must = append(must, e)
			subject = append(subject, e)
		}
	}
	if len(must) == 0 {
		if lost {
			return m, helpdesk.Errorf(helpdesk.Invalid, "there is no letter and no digit in what is to be looked for")
		}
		if len(not) > 0 {
			return m, helpdesk.Errorf(helpdesk.Invalid, "say what to look for, too, not only what to leave out")
		}
		return m, nil
	}
	but := ""
	if len(not) > 0 {
		but = " NOT (" + strings.Join(not, " OR ") + ")"
	}
	m.all = "(" + strings.Join(must, " AND ") + ")" + but
	if inSubject {
		m.subject = "(" + strings.Join(subject, " AND ") + ")" + but
	}
	return m, nil
}

// IsZero reports a search for nothing in particular.
func (m Match) IsZero() bool { return m.all == "" }

// expression is a term in the query language of FTS5; "" if there is no letter in
// it. Its texts are terms of the index in quotes, which hold nothing that the
// language could take for its own.
func expression(t Term) string {
	switch t.Key {
	case "":
		if n, ok := numberOf(t.Text); ok && !t.Whole {
			return `{marks} : "` + numberMark(n) + `"`
		}
		return phrase(t)
	case "subject":
		return column("subject", phrase(t))
	case "from":
		return column("people", phrase(t))
	case "number":
		if n, ok := numberOf("#" + strings.TrimPrefix(t.Text, "#")); ok {
			return `{marks} : "` + numberMark(n) + `"`
		}
	case "has":
		return `{marks} : "` + fileMark + `"`
	}
	return ""
}

// numberOf reads #1042.
func numberOf(s string) (int64, bool) {
	digits, ok := strings.CutPrefix(s, "#")
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && n > 0
}

func column(name, expression string) string {
	if expression == "" {
		return ""
	}
	return "{" + name + "} : " + expression
}

// shortest beginning of a word that is looked for: a letter begins everything.
const shortest = 2

// phrase is what the terms of a text are found by, one right behind the other.
func phrase(t Term) string {
	text := Fold(t.Text)
	if local, domain, ok := strings.Cut(text, "@"); ok && !strings.ContainsFunc(text, unicode.IsSpace) && !strings.Contains(domain, "@") &&
		strings.IndexFunc(local+domain, func(r rune) bool { return !inAddress(r) }) < 0 {
		if a := whole(strings.Trim(text, ".")); len(a) > 1 && len(a) < maxWhole {
			return quoted(a, t.Last || domain == "")
		}
	}
	var all []string
	more := false
	end := 0
	spans(text, func(s span) {
		terms(text[s.from:s.to], s.class, false, func(w string) { all = append(all, w) })
		letters := utf8.RuneCountInString(text[s.from:s.to])
		// A letter of those without blanks is a term by itself, but behind others it
		// is the beginning of a pair.
		more = s.class == dense && letters == 1 && len(all) > 1 || s.class == word && t.Last && letters >= shortest && s.to-s.from <= maxWord
		end = s.to
	})
	if len(all) == 0 {
		return ""
	}
	return quoted(strings.Join(all, " "), more && end == len(text))
}

func quoted(text string, more bool) string {
	if more {
		return `"` + text + `" *`
	}
	return `"` + text + `"`
}

// Join writes terms as somebody would type them; [Parse] reads them again.
func Join(terms []Term) string {
	var b strings.Builder
	for _, t := range terms {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if t.Not {
			b.WriteByte('-')
		}
		if t.Key != "" {
			b.WriteString(t.Key + ":")
		}
		if t.Whole {
			b.WriteString(`"` + t.Text + `"`)
		} else {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}
