package notice

import (
	"cmp"
	"strings"
)

// finding is an address in the words of a report, with what is said of it.
type finding struct {
	address string
	own     strings.Builder // what stands on its line and the lines below
	from    int             // the line it stands on
	strong  bool            // the line is about this address alone
	replied bool            // a reply of SMTP was found
}

// findings are the addresses of a report in plain words, in order.
type findings struct {
	list []*finding
	at   map[string]*finding

	sender string // who a transcript says the mail was from, in lower case
}

// maxFindings: more than recipients, since one may be named in several spellings.
const maxFindings = 2 * MaxRecipients

// findings reads the words once, line by line: a line that begins with an
// address, or names one after words such as "recipient:", opens a finding, and
// what follows belongs to it until the next one or the end of the paragraph.
func (l *letter) findings() *findings {
	if l.found != nil {
		return l.found
	}
	fs := &findings{at: map[string]*finding{}}
	l.found = fs
	var open *finding
	blank, previous := false, ""
	for i, line := range l.words {
		text := strings.TrimSpace(line)
		if text == "" {
			blank = true
			continue
		}
		address, rest, strong := recipientLine(text, previous)
		if open != nil && !blank && isAlias(text) {
			fs.at[strings.ToLower(address)] = cmp.Or(fs.at[strings.ToLower(address)], open)
			address = "" // of the recipient on the line above
		}
		fs.noteSender(text)
		if address != "" && !strong && strings.ToLower(address) == fs.sender {
			address = ""
		}
		switch {
		case address != "" && !strong && !blank && open != nil && open.strong:
			open.say(text) // an alias, or the address again, in what is said of it
		case address != "" && len(fs.list) < maxFindings:
			open = fs.open(address, i, strong)
			open.say(rest)
		case hasAnyPrefix(text, []string{"|", "\"|", "/"}):
			open = nil // a program or file in the place of an address
		case open == nil:
		case blank && open.own.Len() > 0 && !goesOn(line, text):
			open = nil
		case !open.strong && open.replied && isCode(clip(text, 3)) && !strings.HasPrefix(text[3:], "-"), !open.strong && open.replied && strings.HasPrefix(text, ">>> "):
			open = nil // the next reply of a transcript
		case strings.HasPrefix(text, ">>> ") && commandStage(strings.ToLower(text[4:])) == stageData:
			open = nil
		default:
			open.say(text)
		}
		blank, previous = false, text
	}
	fs.share()
	return fs
}

// aliasWords introduce the address that a mail was for before a server rewrote
// it. It is a recipient only where the rewritten one is no address.
var aliasWords = []string{"an undisclosed address (generated from ", "(generated from ", "(expanded from: ", "(expanded from ", "original address: "}

func isAlias(text string) bool {
	return hasAnyPrefix(strings.ToLower(clip(text, maxAddress)), aliasWords)
}

// noteSender remembers the address behind "MAIL FROM:" in a transcript.
func (fs *findings) noteSender(text string) {
	const command = "mail from:"
	i := strings.Index(strings.ToLower(clip(text, maxAddress)), command)
	if i < 0 || i+len(command) > len(text) {
		return
	}
	if a, _ := takeAddress(strings.TrimLeft(text[i+len(command):], " ")); a != "" {
		fs.sender = strings.ToLower(a)
	}
}

// goesOn reports a line that belongs to what was said before the blank line.
func goesOn(line, text string) bool {
	return line[0] == ' ' || line[0] == '\t' || isCode(clip(text, 3)) || hasAnyPrefix(text, []string{"<<<", ">>>", "#", "(", "Remote host said", "Reason", "Diagnostic", "Error"})
}

func (fs *findings) open(address string, line int, strong bool) *finding {
	key := strings.ToLower(address)
	f := fs.at[key]
	if f == nil {
		f = &finding{address: address, from: line}
		fs.at[key] = f
		fs.list = append(fs.list, f)
	}
	f.strong = f.strong || strong
	return f
}

func (f *finding) say(text string) {
	if text = strings.TrimSpace(text); text == "" || f.own.Len()+len(text) > 4*MaxDiagnostic {
		return
	}
	if f.own.Len() > 0 {
		f.own.WriteByte('\n')
	}
	f.own.WriteString(text)
	f.replied = f.replied || isCode(clip(text, 3)) || strings.HasPrefix(text, "<<< ")
}

// share gives the words below a list of addresses to each of them.
func (fs *findings) share() {
	for i := len(fs.list) - 2; i >= 0; i-- {
		if f, next := fs.list[i], fs.list[i+1]; f.own.Len() == 0 && next.from == f.from+1 {
			f.own.WriteString(next.own.String())
		}
	}
}

// of is what is said of an address, nil when nothing is.
func (fs *findings) of(addresses ...string) *account {
	for _, a := range addresses {
		if f := fs.at[strings.ToLower(a)]; f != nil && f.own.Len() > 0 {
			return accountOf(f.own.String())
		}
	}
	return nil
}

// recipientLine finds the recipient that a line is about. It is strong when the
// line begins with the address; rest is what the line says of it.
func recipientLine(text, previous string) (address, rest string, strong bool) {
	lower := strings.ToLower(text)
	if i := rcptAt(lower); i >= 0 {
		a, _ := takeAddress(strings.TrimLeft(text[i:], ": "))
		return a, text, false
	}
	for _, words := range append([]string{"[smtp:", "smtp <"}, aliasWords...) {
		if strings.HasPrefix(lower, words) {
			a, _ := takeAddress(text[len(words):])
			return a, "", a != ""
		}
	}
	bare := strings.TrimLeft(text, "-*•·>|\t +=")
	if n := strings.IndexByte(bare, ' '); n > 1 && n <= 4 && strings.Trim(bare[:n-1], "0123456789") == "" && strings.IndexByte(".)", bare[n-1]) >= 0 { // "1. address"
		bare = bare[n+1:]
	}
	if a, after := takeAddress(bare); a != "" {
		if introducesSender(previous) || !ends(after) {
			return "", "", false
		}
		return a, strings.TrimLeft(after, ":.,;)> \t"), true
	}
	if i := strings.Index(lower, "<mailto:"); i >= 0 && !aboutSender(lower[:i]) && len(lower[:i]) < maxAddress && !strings.Contains(lower[:i], "contact") {
		if a, after := takeAddress(text[i+1:]); a != "" && strings.TrimSpace(after) == "" {
			return a, "", true
		}
	}
	if isCode(clip(text, 3)) || strings.HasPrefix(text, "<<<") {
		return codedAddress(text)
	}
	return namedAddress(text, lower)
}

// rcptAt is the place behind "RCPT TO:" in a line of a transcript.
func rcptAt(lower string) int {
	const command = "rcpt to:"
	i := strings.Index(lower, command)
	if i < 0 || !hasAnyPrefix(lower, []string{">>>", "in:", "sent", "c:", "rcpt"}) {
		return -1
	}
	return i + len(command)
}

// nearDate is how far behind an address a date may begin: "in data 12/03/2024".
const nearDate = 12

// ends reports that after an address nothing follows, or something that is said
// of it, and not the rest of a sentence.
func ends(after string) bool {
	after = strings.TrimLeft(after, " \t")
	if after == "" || strings.IndexByte(`:;.,([<>-=#"'`, after[0]) >= 0 {
		return true
	}
	if strings.ContainsAny(clip(after, nearDate), "0123456789") {
		return true // "on", "le", "am" and a date
	}
	lower := strings.ToLower(after)
	return hasAnyPrefix(lower, []string{"on ", "failed", "delivery", "does not", "doesn't", "not ", "is ", "was ", "unknown", "no such", "user", "mailbox", "by ", "->"}) || isCode(clip(after, 3)) || words(clip(after, MaxDiagnostic), clip(after, MaxDiagnostic)) != nil
}

// aboutSender reports words before an address that is not a recipient's.
func aboutSender(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return hasAny(s, []string{"sent by", "contact", "sender", "postmaster", "support", "assistance", "help", "reply to", "please send", "envelope-from", "questions", "written by", "mail from"}) ||
		strings.HasSuffix(s, "from") || strings.HasSuffix(s, "from:") || strings.HasPrefix(s, "from ")
}

// introducesSender reports a line that ends in words such as "sent by".
func introducesSender(line string) bool {
	line = strings.TrimRight(strings.ToLower(line), " :,")
	for _, end := range []string{"sent by", "sender", "from", "contact", "postmaster", "assistance", "reply to", "sender address", "support", "mail to"} {
		if strings.HasSuffix(line, end) {
			return true
		}
	}
	return false
}

// codedAddress reads `550 <address>... words`.
func codedAddress(text string) (address, rest string, strong bool) {
	fields := strings.Fields(clip(text, maxAddress))
	for _, f := range fields[:min(len(fields), 4)] { // marker, code, status code, address
		if a, _ := takeAddress(f); a != "" {
			return a, text, false
		}
	}
	return "", "", false
}

// namedAddress finds an address that words introduce: "Recipient: address",
// "could not be delivered to address", "User (address) not listed in".
func namedAddress(text, lower string) (address, rest string, strong bool) {
	const most = 400 // bytes of a line; an address that is named stands near its name
	text, lower = clip(text, most), clip(lower, most)
	if len(lower) != len(text) { // lower case has another length in some scripts
		lower = text
	}
	for i := 0; i < len(text); i++ {
		if i > 0 && strings.IndexByte(" <(=\":;,", text[i-1]) < 0 {
			continue
		}
		a, after := takeAddress(text[i:])
		if a == "" {
			continue
		}
		before := lower[:i]
		if aboutSender(before) {
			return "", "", false
		}
		saidBefore, saidAfter := words(before, before), words(after, after)
		introduced := hasAny(before, recipientWords) || hasAnyPrefix(lower[i:], []string{"smtp=", "smtp:"})
		if introduced || saidAfter != nil && saidAfter.class == Hard || saidBefore != nil && (saidBefore.class == Hard || strings.HasSuffix(strings.TrimRight(before, " <"), ":")) {
			if w := strings.TrimLeft(after, ":.>)] \t,;"); w != "" {
				return a, text, false
			}
			if saidBefore != nil {
				return a, text, false
			}
			return a, "", false
		}
		return "", "", false
	}
	return "", "", false
}

// recipientWords introduce the address of a recipient.
var recipientWords = []string{
	"recipient", "addressed to", "deliver", "undeliverable", "failed", "address:", "mail to", "message to", "email to", "sent to", "not reach", "to:", "user:", "userid:", "for:", "reach ",
	"destinataire", "empfänger", "destinatario", "destinatário", "ontvanger", "mottagare", "modtager", "mottaker", "vastaanottaja", "odbiorc", "příjemc", "címzett", "destinatar", "получател", "адрес", "παραλήπτ", "alıcı", "收件人", "宛先", "あて先", "수신자", "المستلم", "zugestellt", "remis à", "entregado a", "entregue", "consegnat",
}
