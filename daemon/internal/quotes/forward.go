package quotes

import (
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// Forward is a mail that is forwarded inside another one.
type Forward struct {
	From    Mailbox
	To, Cc  []Mailbox
	Subject string
	Date    string // as the mail program wrote it
	Body    string
	Note    string // what the one who forwards wrote above it
}

// Mailbox is a name and an address, either of which may be "".
type Mailbox struct {
	Name    string
	Address string
}

// findForward looks for a forwarded mail and returns the line it begins at.
// Only the first mail inside the text counts: what it forwards or answers
// itself is part of its body.
func findForward(lines []line, subj subject, h Hints) (at int, f *Forward) {
	if subj.kind == replySubject {
		return 0, nil
	}
	tries := 0
	word := slices.IndexFunc(lines, func(l line) bool { return hasWord(l.text) })
	for i, l := range lines {
		if !l.suspect() {
			continue
		}
		if tries++; tries > maxTries {
			break
		}
		if body, values, found := forwardAt(lines, i, word < i, subj, h); found {
			at := programStart(lines, i)
			return at, makeForward(lines, at, body, values)
		}
		if subj.kind != forwardSubject {
			if _, reply := attributionAt(lines, i); reply {
				return 0, nil
			}
		}
	}
	return 0, nil
}

// programStart moves up over quoted lines and a drawn line directly above a
// forwarded header: the mail program wrote them, too.
func programStart(lines []line, at int) int {
	start := at
	if lines[at].quoted() {
		for start > 0 && lines[start-1].quoted() {
			start--
		}
		return start
	}
	for start > 0 && lines[start-1].blank() {
		start--
	}
	if start > 0 && isRule(lines[start-1].text) {
		return start - 1
	}
	return at
}

// forwardAt reads a forwarded mail that begins at line i: body is the first
// line under its header. words tells that something is written above.
func forwardAt(lines []line, i int, words bool, subj subject, h Hints) (body int, values map[field]string, ok bool) {
	l := lines[i]
	sep := readSeparator(l.text)
	if sep == notSeparator && introduced(lines, i) {
		sep = someSeparator
	}
	switch {
	case sep == someSeparator && subj.kind != forwardSubject && words && !introduced(lines, i):
	case sep != notSeparator:
		next := nextFull(lines, i+1)
		if next == len(lines) {
			return 0, nil, false
		}
		b, ok := readBlock(lines, next, separatorAbove)
		if ok && sep != forwardSeparator && !subj.mayForward(b, h) ||
			ok && sep == someSeparator && subj.kind == newSubject && !strings.Contains(b.values[fieldFrom], "@") {
			return 0, nil, false
		}
		if ok {
			return b.end, b.values, true
		}
		if sep == forwardSeparator && subj.kind == forwardSubject {
			return withoutHeader(lines, i, next)
		}
	}
	if sep, rest := splitSeparator(l.text); sep == forwardSeparator || sep != notSeparator && subj.kind == forwardSubject {
		if values, ok := splitRun(rest); ok {
			return i + 1, values, true
		}
	}
	if knownLabel(l.text) != fieldNone && (subj.kind != newSubject || !announced(lines, i)) {
		if b, ok := readBlock(lines, i, nothingAbove); ok && subj.forwards(b, h) {
			return b.end, b.values, true
		}
	}
	if subj.kind != forwardSubject {
		return 0, nil, false
	}
	return attributed(lines, i, false)
}

// introduced reports the words of a mail program above a mail that it quotes as
// a whole, in a language that is not known: the first quoted line, with a colon
// at the end.
func introduced(lines []line, i int) bool {
	l := lines[i]
	const most = 6 // words
	return l.quoted() && (i == 0 || !lines[i-1].quoted()) && strings.HasSuffix(l.text, ":") &&
		len(strings.Fields(l.text)) <= most && !holdsAddress(l.text) && !findDate(l.text).holdsDate() && !holdsVerb(l.text)
}

// withoutHeader reads what stands under a separator that no header follows: an
// attribution, or the text.
func withoutHeader(lines []line, i, next int) (body int, values map[field]string, ok bool) {
	if body, values, ok := attributed(lines, next, true); ok {
		return body, values, true
	}
	values = map[field]string{}
	if _, from, ok := strings.Cut(lines[i].text, " from "); ok && holdsAddress(from) {
		values[fieldFrom] = from
	}
	return i + 1, values, true
}

// attributed reads an attribution as the header of a forwarded mail, as
// Outlook for Mac writes it. Under a separator it needs no verb.
func attributed(lines []line, i int, sure bool) (body int, values map[field]string, ok bool) {
	text := ""
	for j := i; j < min(len(lines), i+maxAttribution) && !lines[j].blank() && lines[j].depth == lines[i].depth; j++ {
		text = strings.TrimSpace(text + " " + lines[j].text)
		t := traitsOf(text)
		if j == i && !opens(lines[i].text) || len(text) > maxAttributionBytes {
			break
		}
		if t.ends && (t.verb || sure) && t.address && t.holdsDate() {
			return j + 1, map[field]string{fieldFrom: attributedName(text)}, true
		}
	}
	return 0, nil, false
}

// attributedName is what an attribution says about the author: the address in
// angle brackets and the name before it.
func attributedName(s string) string {
	open := strings.LastIndexByte(s, '<')
	shut := strings.LastIndexByte(s, '>')
	if open < 0 || shut < open {
		return s
	}
	name := strings.TrimSpace(s[:open])
	for _, pair := range []string{`""`, "“”", "«»", "„“", "„”", "''", "‘’"} {
		first, last := firstRune(pair), lastRune(pair)
		end := strings.LastIndex(name, string(last))
		if end <= 0 {
			continue
		}
		if start := strings.LastIndex(name[:end], string(first)); start >= 0 {
			return strings.TrimSpace(name[start+len(string(first)):end]) + " " + s[open:shut+1]
		}
	}
	if i := strings.LastIndexAny(name, "0123456789,:"); i >= 0 {
		name = name[i+1:]
	}
	words := strings.Fields(name)
	for len(words) > 0 && (wrote[lower(words[0])] || openers[lower(words[0])] || len(words[0]) == 1) {
		words = words[1:]
	}
	return strings.Join(words, " ") + " " + s[open:shut+1]
}

func lastRune(s string) rune {
	if s == "" {
		return 0
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	return last
}

func makeForward(lines []line, at, body int, values map[field]string) *Forward {
	f := &Forward{
		From: readMailbox(values[fieldFrom]), To: readMailboxes(values[fieldTo]), Cc: readMailboxes(values[fieldCc]),
		Subject: decodeWords(values[fieldSubject]), Date: values[fieldDate],
		Note: trimBlank(joinRaw(lines[:at])),
	}
	depth := lines[body-1].depth
	next := nextFull(lines, body)
	if next < len(lines) && (readSeparator(lines[next].text) == forwardSeparator || isRule(lines[next].text) && decorated(lines[at].text)) {
		body = next + 1 // Zoho and SquirrelMail draw a line below the header, too
	}
	f.Body = forwardedBody(lines[body:], depth)
	return f
}

// forwardedBody is the text under the header, without the quote marks that all
// of it has.
func forwardedBody(lines []line, depth int) string {
	for end := len(lines) - 1; end >= 0; end-- { // "----- End forwarded message -----"
		if l := lines[end]; !l.blank() {
			if isRule(l.text) || readSeparator(l.text) != notSeparator && !strings.HasSuffix(l.text, ":") {
				lines = lines[:end]
			}
			break
		}
	}
	if depth == 0 && allQuoted(lines) {
		depth = 1
	}
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		raw := l.raw
		for range min(depth, l.depth) {
			raw = stripQuote(raw)
		}
		b.WriteString(raw)
	}
	return dedent(trimBlank(b.String()))
}

// dedent takes off the indentation that all lines share, by which Outlook for
// Mac marks what it forwards.
func dedent(s string) string {
	const indent = "    "
	for l := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(l) != "" && !strings.HasPrefix(l, indent) {
			return s
		}
	}
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(l, indent)
	}
	return strings.Join(lines, "\n")
}

func allQuoted(lines []line) bool {
	quoted := 0
	for _, l := range lines {
		switch {
		case l.own():
			return false
		case l.quoted():
			quoted++
		}
	}
	return quoted > 0
}

// maxForwarded is what is read of a mail that came as plain bytes: its fields and
// twice what is shown of a text. Its files are not looked at.
const maxForwarded = 2 * eml.MaxTextBytes

// attached makes a forward of the first mail that is attached, unless the mail
// is an answer.
func attached(m *eml.Mail) *Forward {
	if readSubject(m.Subject()).kind == replySubject {
		return nil
	}
	for _, a := range m.Attachments() {
		inner := a.Part.Message()
		if inner == nil && strings.HasSuffix(lower(a.Filename), ".eml") && a.Part.MediaType == "application/octet-stream" {
			raw, _ := io.ReadAll(io.LimitReader(a.Part.Decoded(), maxForwarded)) // readers of eml do not fail
			inner = eml.Read(raw)                                                // Outlook and ticket systems call it so
		}
		if inner == nil || len(inner.From()) == 0 {
			continue
		}
		f := &Forward{Subject: inner.Subject(), To: boxes(inner.To()), Cc: boxes(inner.Cc()), Date: inner.Header.Get("Date")}
		f.From = boxes(inner.From())[0]
		f.Body, _ = inner.Text()
		f.Body = trimBlank(f.Body)
		return f
	}
	return nil
}

func boxes(list []eml.Mailbox) []Mailbox {
	var out []Mailbox
	for _, b := range list {
		out = append(out, Mailbox{b.Name, b.Written})
	}
	return out
}
