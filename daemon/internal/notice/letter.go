package notice

import (
	"net/textproto"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// letter is a mail with what several readers ask of it.
type letter struct {
	m       *eml.Mail
	subject string // lower case
	again   bool   // the subject says that somebody answers or forwards
	daemon  bool   // a mail system is the sender, by its address
	titled  bool   // a mail system is the sender, by its name
	null    bool   // no sender at all, as RFC 5321 section 4.5.5 asks of reports

	words   []string // lines of the text above the returned copy
	copy    string   // text of the returned copy, "" where there is none in the text
	hasCopy bool     // a mail is returned, in the text or as a part

	inner bool      // it was found inside another letter
	found *findings // in words, once asked for
	whole *account  // of words, once asked for
}

func newLetter(m *eml.Mail) *letter {
	l := &letter{m: m, subject: strings.ToLower(m.Subject())}
	for _, prefix := range answerPrefixes {
		if rest, ok := strings.CutPrefix(l.subject, prefix); ok && (strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "：") || strings.HasPrefix(rest, "[")) {
			l.again = true
		}
	}
	path := strings.ToLower(strings.Trim(m.Header.Get("Return-Path"), " \t"))
	l.null = path == "<>" || path == "<mailer-daemon>"
	l.daemon, l.titled = senderKind(m)
	text, _ := m.Text()
	l.words, l.copy = cutCopy(clip(text, maxText))
	l.hasCopy = l.copy != ""
	for p := range m.Root.All() {
		l.hasCopy = l.hasCopy || p.IsMessage() || isHeaders(p)
	}
	return l
}

// senderKind reports a From that names a mail system or nobody. A name alone is
// less: administrators are customers, too.
func senderKind(m *eml.Mail) (daemon, titled bool) {
	if m.Header.Count("From") == 0 {
		return false, false
	}
	if from := strings.TrimSpace(m.Header.Get("From")); from == "" || strings.Contains(from, "<>") {
		return true, true
	}
	for _, name := range senderNames(m) {
		daemon = daemon || hasAny(name, daemonNames)
	}
	for _, from := range m.From() {
		titled = titled || hasAny(strings.ToLower(from.Name), daemonTitles)
	}
	return daemon, titled
}

// machine reports that a program sent the mail, as far as the header tells.
func (l *letter) machine() bool {
	return l.daemon || l.null || submittedKeyword(l.m.Header) != "" || l.m.Header.Count("X-Failed-Recipients") > 0
}

// isHeaders reports a part that holds the header of the returned mail (RFC 6522
// section 4).
func isHeaders(p *eml.Part) bool {
	switch p.MediaType {
	case "text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822", "message/rfc822-header":
		return true
	}
	return false
}

// returnedIDs are the Message-IDs of the mail that the report is about.
func (l *letter) returnedIDs() []string {
	var out []string
	add := func(id string) {
		for _, known := range out {
			if known == id {
				return
			}
		}
		if id != "" && len(out) < maxMessageIDs {
			out = append(out, id)
		}
	}
	for p := range l.m.Root.All() {
		switch {
		case len(out) == maxMessageIDs:
			return out
		case p.IsMessage() && len(p.Children) > 0:
			add(messageID(p.Children[0].Header))
		case isHeaders(p):
			add(idInText(clip(p.Text(), maxText)))
		case p.MediaType == "text/plain" && p.Path != "1" && p.Disposition == "attachment":
			add(idInText(clip(p.Text(), maxText)))
		}
	}
	if len(out) == 0 {
		add(idInText(l.copy))
	}
	if len(out) == 0 { // some describe the mail in words and return nothing
		add(idInText(strings.Join(l.words, "\n")))
	}
	return out
}

func messageID(h eml.Header) string {
	for _, name := range []string{"Message-ID", "Resent-Message-ID"} {
		if id := angled(h.Get(name)); id != "" {
			return id
		}
	}
	return ""
}

// idInText finds the first Message-ID field that stands in a text.
func idInText(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimLeft(line, " \t>|")
		const name = "message-id:"
		if len(line) < len(name) || !strings.EqualFold(line[:len(name)], name) {
			continue
		}
		if id := angled(line[len(name):]); id != "" {
			return id
		}
		if i+1 < len(lines) { // folded
			if id := angled(lines[i+1]); id != "" {
				return id
			}
		}
	}
	return ""
}

// angled is the first <id> of s.
func angled(s string) string {
	_, rest, ok := strings.Cut(s, "<")
	id, _, closed := strings.Cut(rest, ">")
	if !ok || !closed || id == "" || len(id) > eml.MaxID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }) {
		return ""
	}
	return "<" + id + ">"
}

// fieldLine splits "Name: value"; names are as net/textproto spells them.
func fieldLine(line string) (name, value string, ok bool) {
	colon := strings.IndexByte(line, ':')
	const longest = 60 // of a field name; longer ones are sentences
	if colon <= 0 || colon > longest {
		return "", "", false
	}
	name = strings.TrimRight(line[:colon], " \t")
	for _, r := range name {
		if r <= ' ' || r >= 0x7f {
			return "", "", false
		}
	}
	return textproto.CanonicalMIMEHeaderKey(name), strings.TrimSpace(line[colon+1:]), true
}

// clip cuts s after n bytes, between runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// oneLine joins the lines of s and removes what no line has.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return ' '
		case r >= 0x80 && r < 0xa0, r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\u200b', r == '\ufeff':
			return -1
		}
		return r
	}, strings.ToValidUTF8(clip(s, 2*most), "\ufffd"))
	return strings.TrimSpace(clip(strings.Join(strings.Fields(s), " "), most))
}

func hasAny(s string, any []string) bool {
	for _, a := range any {
		if strings.Contains(s, a) {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, any []string) bool {
	for _, a := range any {
		if strings.HasPrefix(s, a) {
			return true
		}
	}
	return false
}
