// Package quotes takes the text of a mail apart: what its author newly wrote,
// what is folded because it is quoted, a signature or a footer, and the mail
// that is forwarded in it.
//
// Nothing is deleted: every line with something on it is in the reply or in one
// of the folded spans. A line is folded only on evidence, so what is unusual stays
// visible, and a reply without a word is never made. All of it takes time linear
// in the length of the text and needs no regular expressions.
package quotes

import (
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// Split is a text taken apart.
type Split struct {
	Reply   string   // what its author newly wrote; all of the text when nothing else has a word
	Folded  []string // the rest, in order
	Forward *Forward // the mail that is forwarded; nil when none is
}

// Read takes the text of a mail apart. sent are the texts of mails that the
// author may have quoted; a line that was never sent is not folded as theirs.
func Read(m *eml.Mail, sent ...string) Split {
	text, _ := m.Text()
	from, _ := m.OneFrom()
	s := Text(text, Hints{
		Subject: m.Subject(), Author: from.Name, Address: from.Written, To: recipients(m),
		Answer: len(m.InReplyTo())+len(m.References()) > 0, Sent: sent, Parts: m.TextStarts(),
	})
	if f := attached(m); f != nil {
		f.Note = s.Reply
		if s.Forward != nil {
			f.Note = s.Forward.Note
		}
		s.Forward = f
	}
	return s
}

// recipients are the addresses in To and Cc.
func recipients(m *eml.Mail) []string {
	var out []string
	for _, b := range append(slices.Clip(m.To()), m.Cc()...) {
		out = append(out, b.Written)
	}
	return out
}

// Hints is what the header of a mail tells about its text.
type Hints struct {
	Subject string
	Author  string   // name of the author, for signatures
	Address string   // address of the author
	To      []string // addresses that the mail goes to
	Answer  bool     // it refers to another mail
	Sent    []string // what the author may have quoted
	Parts   []int    // offsets in the text at which another part of the mail begins
}

// Text takes a text apart that has LF line ends.
func Text(text string, h Hints) Split {
	lines := readLines(text)
	subj := readSubject(h.Subject)
	if at, f := findForward(lines, subj, h); f != nil {
		if f.Subject == "" {
			f.Subject = subj.rest
		}
		fold := newFolding(lines, at, h, true).fold
		f.Note = assemble(joinRaw(lines[:at]), lines[:at], fold[:at]).Reply
		s := assemble(text, lines, fold)
		s.Forward = f
		return s
	}
	f := newFolding(lines, len(lines), h, h.Answer || subj.refers())
	f.cut()
	f.quotes()
	f.tail()
	f.showInline()
	f.compare()
	return assemble(text, lines, f.fold)
}

// assemble makes the reply of the lines that are not folded.
func assemble(text string, lines []line, fold []bool) Split {
	var s Split
	if !says(lines, fold) || !slices.Contains(fold, true) {
		s.Reply = trimBlank(text)
		return s
	}
	var shown []string
	for i := 0; i < len(lines); {
		j := i
		for j < len(lines) && fold[j] == fold[i] {
			j++
		}
		span := joinRaw(lines[i:j])
		switch {
		case blankLines(lines[i:j]):
		case fold[i]:
			s.Folded = append(s.Folded, trimBlank(span))
		default:
			shown = append(shown, trimBlank(span))
		}
		i = j
	}
	s.Reply = strings.Join(shown, "\n\n")
	return s
}

// says reports that something visible has a word of the author's own.
func says(lines []line, fold []bool) bool {
	for i, l := range lines {
		if !fold[i] && l.depth == 0 && hasWord(l.text) {
			return true
		}
	}
	return false
}

func blankLines(lines []line) bool {
	for _, l := range lines {
		if !isBlank(l.raw) {
			return false
		}
	}
	return true
}

func joinRaw(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.raw)
	}
	return b.String()
}

// trimBlank takes blank lines off both ends; the first line keeps its
// indentation.
func trimBlank(s string) string {
	for {
		first, rest, ok := strings.Cut(s, "\n")
		if !ok || !isBlank(first) {
			break
		}
		s = rest
	}
	return strings.TrimRight(s, " \t\n\u00a0")
}
