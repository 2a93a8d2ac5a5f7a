package outbound

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	texttemplate "text/template"

	"github.com/posterndesk/postern/daemon/internal/words"
)

// ourWords are the templates of mail to customers, for each language. They make
// paragraphs with marks in them; the layout makes text and HTML of those.
var ourWords = speakAll()

func speakAll() map[string]*texttemplate.Template {
	all := map[string]*texttemplate.Template{}
	for _, locale := range words.Locales() {
		say := words.For(locale)
		funcs := texttemplate.FuncMap{"t": say.T}
		all[locale] = texttemplate.Must(texttemplate.New("").Option("missingkey=error").Funcs(funcs).ParseFS(wordFiles, "words/customer/*.txt"))
	}
	return all
}

// block is a part of a letter that stands on its own; one field is set.
type block struct {
	Lines  []string // of a paragraph
	Button *anchor
	Said   []string // lines of somebody's text, kept as they are
	Quote  *quote
	Code   string
}

// paper is a letter laid out.
type paper struct {
	Lang   string
	Title  string
	Blocks []block
	Why    string
	Leave  *anchor
}

// lay fills in the letter's template and puts each piece where its mark is first.
func (l *letter) lay() (*paper, error) {
	said, err := l.fill()
	if err != nil {
		return nil, err
	}
	p := &paper{Lang: l.locale, Title: l.title, Why: l.why, Leave: l.leave}
	at, placed := 0, map[string]bool{}
	place := func(name string) {
		if piece, ok := l.pieces[name]; ok && !placed[name] {
			p.Blocks, placed[name] = append(p.Blocks, piece.block()), true
		}
	}
	for _, m := range markPattern.FindAllStringSubmatchIndex(said, -1) {
		p.paragraphs(said[at:m[0]])
		place(said[m[2]:m[3]])
		at = m[1]
	}
	p.paragraphs(said[at:])
	for _, name := range neverMissing {
		place(name)
	}
	return p, nil
}

// neverMissing is what a mail is about. A template that leaves it out in this one mail
// must not take it from the reader.
var neverMissing = []string{"Text", "Code", "Link"}

// fill writes the words of the letter. A help center's own that can't be filled in,
// which was proven when they were loaded, must not hold up a mail.
func (l *letter) fill() (string, error) {
	var b bytes.Buffer
	if l.own != nil && l.own.Execute(&b, l.facts) == nil {
		return b.String(), nil
	}
	b.Reset()
	if err := ourWords[l.say.Locale].ExecuteTemplate(&b, string(l.purpose)+".txt", l.facts); err != nil {
		return "", fmt.Errorf("compose words: %w", err)
	}
	return b.String(), nil
}

var markPattern = regexp.MustCompile(markBegin + `([A-Za-z]*)` + markEnd)

func (p piece) block() block {
	if p.said != "" {
		return block{Said: lines(p.said)}
	}
	return block{Button: p.button, Quote: p.quote, Code: p.code}
}

// paragraphs are parted by empty lines.
func (p *paper) paragraphs(s string) {
	var open []string
	for line := range strings.SplitSeq(s+"\n\n", "\n") {
		line = strings.Map(printable, strings.TrimSpace(line))
		switch {
		case line != "":
			open = append(open, line)
		case len(open) > 0:
			p.Blocks, open = append(p.Blocks, block{Lines: open}), nil
		}
	}
}

// printable drops control characters, halves of marks among them.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// text is the plain form.
func (p *paper) text() string {
	var b strings.Builder
	for _, x := range p.Blocks {
		for _, line := range x.Lines {
			b.WriteString(wrap(line) + "\n")
		}
		for _, line := range x.Said {
			b.WriteString(line + "\n")
		}
		if x.Button != nil {
			b.WriteString(x.Button.text())
		}
		if x.Code != "" {
			b.WriteString("    " + x.Code + "\n")
		}
		if x.Quote != nil {
			x.Quote.write(&b)
		}
		b.WriteString("\n")
	}
	b.WriteString("-- \n" + wrap(p.Why) + "\n")
	if p.Leave != nil {
		b.WriteString(p.Leave.text())
	}
	return b.String()
}

func (a *anchor) text() string { return a.Label + ":\n<" + a.URL + ">\n" }

func (q *quote) write(b *strings.Builder) {
	b.WriteString(q.Intro + "\n")
	for _, line := range q.Lines {
		b.WriteString("> " + line + "\n")
	}
	if q.More {
		b.WriteString("> …\n")
	}
}

// html is the other form.
func (p *paper) html() (string, error) {
	var b bytes.Buffer
	if err := htmls.ExecuteTemplate(&b, "customer.html", p); err != nil {
		return "", fmt.Errorf("compose html: %w", err)
	}
	return b.String(), nil
}

// textWidth is where our own lines of plain text end (RFC 3676 section 4.2 asks for
// fewer than 79 characters). What somebody wrote is left as it is.
const textWidth = 76

func wrap(line string) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Split(line, " ") {
		n := len([]rune(word))
		switch {
		case i == 0:
		case used+1+n > textWidth:
			b.WriteString("\n")
			used = 0
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}
