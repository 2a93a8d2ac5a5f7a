package notice

import (
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/eml"
)

// readPlain reads a report in plain words. Several signs have to agree, because
// people write about failed mails, too, and forward what came back.
func (l *letter) readPlain(n *Notice) bool {
	failed := fieldAddresses(l.m.Header.Values("X-Failed-Recipients"))
	opening := strings.ToLower(strings.Join(strings.Fields(clip(strings.Join(l.words, " "), openingBytes)), " "))
	delay := l.saysDelay()
	reason := l.plainReason(failed, opening, delay)
	if reason == "" {
		return false
	}
	n.Reason = reason
	list := l.plainRecipients(failed, delay)
	if len(list) == 0 && l.readCopied(n) {
		return true
	}
	if len(list) == 0 {
		list = l.guessed(delay)
	}
	switch {
	case delay:
		n.Kind, n.Reason = Delay, "A mail system says that a mail is delayed."
	case (!hasAny(l.subject, failureSubjects) || hasAny(l.subject, successSubjects)) && len(list) > 0 && hasAny(opening, deliveredSentences) && !hasAny(opening, failureSentences):
		n.Kind, n.Reason = Delivered, "A mail system says that a mail was delivered."
		for i := range list {
			list[i].Class = Arrived
		}
	default:
		n.Kind = Bounce
	}
	n.Recipients = list
	return true
}

// plainReason tells what makes the mail a report, "" when it is none. Customers
// write of parcels that "could not be delivered", too: where the sender is not a
// mail system, the text has to name a recipient and say what is wrong with it.
func (l *letter) plainReason(failed []string, opening string, delay bool) string {
	said, subject := hasAny(opening, failureSentences), hasAny(l.subject, failureSubjects)
	fresh := !l.again && l.m.Header.Count("In-Reply-To") == 0
	switch {
	case l.declares(deliveryStatus):
		return "It says that it is a delivery report."
	case len(failed) > 0 && l.machine():
		return "X-Failed-Recipients names recipients."
	case l.again && !(l.daemon && (l.null || submittedKeyword(l.m.Header) != "" || l.shared().code >= 500)):
		return ""
	case l.daemon && l.evident() && (said || subject || delay || l.shared().code >= 500 && l.shared().cause() != nil || (l.null || l.hasCopy) && l.named(true)):
		return "A mail system says that a mail could not be delivered."
	case l.titled && subject && (said || l.named(true)):
		return "The sender calls itself a mail system, and says that a mail could not be delivered."
	case subject && fresh && l.copy != "" && l.listManager(), subject && said && fresh && l.hasCopy && l.bannered():
		return "A program returns a mail under the subject of a report."
	case l.machine() && (subject && (said || l.hasCopy) || said && l.hasCopy && l.named(true)):
		return "A program says that a mail could not be delivered."
	case fresh && said && !l.greets() && (subject && l.named(true) || roleSender(l.m) != "" && (l.hasCopy || l.shared().code != 0) && l.named(false)):
		return "Subject and text are those of a report about an undelivered mail."
	}
	return ""
}

// evident reports that a mail system's address is used by a program: people
// write as postmaster, too.
func (l *letter) evident() bool {
	for _, name := range senderNames(l.m) {
		if strings.Contains(name, "postmaster") {
			return l.null || submittedKeyword(l.m.Header) != "" || l.hasCopy || hasAny(l.subject, failureSubjects) || l.named(true)
		}
	}
	return true
}

// listManager reports a sender such as "list-admin", under which the programs of
// mailing lists write.
func (l *letter) listManager() bool {
	for _, name := range senderNames(l.m) {
		if strings.HasPrefix(name, "owner-") || slices.ContainsFunc([]string{"-admin", "-owner", "-bounces", "-request"}, func(end string) bool { return strings.HasSuffix(name, end) }) {
			return true
		}
	}
	return false
}

// greets reports a text that begins like a letter.
func (l *letter) greets() bool {
	const longest = 60 // bytes of a greeting, in scripts of two bytes a letter
	for _, line := range l.words {
		if line = strings.ToLower(strings.TrimSpace(line)); line != "" {
			return len(line) <= longest && (strings.HasSuffix(line, ",") || strings.HasSuffix(line, "!") || hasAnyPrefix(line, greetings))
		}
	}
	return false
}

// bannered reports that the text begins with a ruled title, as no letter does.
func (l *letter) bannered() bool {
	for _, line := range l.words {
		if line = strings.TrimSpace(line); line != "" {
			return hasAnyPrefix(line, []string{"****", "----", "====", "####"})
		}
	}
	return false
}

// named reports an address and why it failed; strong asks for a line that begins
// with the address.
func (l *letter) named(strong bool) bool {
	for _, f := range l.findings().list {
		if (f.strong || !strong) && !l.isOwn(f.address) {
			if a := accountOf(f.own.String()); a.code != 0 || a.status != "" || a.cause() != nil {
				return true
			}
		}
	}
	return false
}

// openingBytes: the statement of a report stands on top, below a greeting and a
// banner at most.
const openingBytes = 2 << 10

// saysDelay reports words that a mail is still being tried.
func (l *letter) saysDelay() bool {
	text := strings.ToLower(strings.Join(strings.Fields(clip(strings.Join(l.words, " "), maxShared)), " "))
	return hasAny(l.subject, delaySubjects) && !hasAny(text, finalSentences) || hasAny(text, delaySentences) && !hasAny(text, finalSentences)
}

// maxShared is how much of the words is read as one diagnostic.
const maxShared = 8 << 10

// shared is what the report says as a whole.
func (l *letter) shared() *account {
	if l.whole == nil {
		text := clip(strings.Join(l.words, "\n"), maxShared)
		l.whole = accountOf(text)
		l.whole.text, l.whole.general = text, true
		if st := transcriptStage(strings.Split(text, "\n"), l.whole.code); st != stageUnknown {
			l.whole.stage = st
		}
	}
	return l.whole
}

// plainRecipients are the addresses in the words, those that lines begin with
// before those that are merely named.
func (l *letter) plainRecipients(failed []string, delay bool) []Recipient {
	fs := l.findings()
	var rs recipients
	pick := func(address string, own *account) {
		rs.add(l.plainRecipient(address, own, delay))
	}
	for _, a := range failed {
		pick(a, fs.of(a))
	}
	for _, strong := range []bool{true, false} {
		if len(rs.list) > 0 {
			break
		}
		for _, f := range fs.list {
			if f.strong == strong && !l.isOwn(f.address) {
				pick(f.address, fs.of(f.address))
			}
		}
	}
	return rs.list
}

// guessed are recipients that the words do not name: local parts without their
// domain, or else the one that the returned mail was for.
func (l *letter) guessed(delay bool) []Recipient {
	var rs recipients
	names := l.bareNames()
	if len(names) == 0 {
		names = l.returnedTo()
	}
	for _, a := range names {
		rs.add(l.plainRecipient(a, nil, delay))
	}
	return rs.list
}

// readCopied reads a report that a mail system passed on as text.
func (l *letter) readCopied(n *Notice) bool {
	if l.copy == "" || l.inner {
		return false
	}
	m := eml.Read([]byte(strings.TrimLeft(l.copy, "\n")))
	if m.Root.MediaType != "multipart/report" {
		return false
	}
	inner := newLetter(m)
	inner.inner = true
	return inner.readReport(n) || inner.readPlain(n)
}

// plainRecipient judges one address by what is said of it, or else by what the
// whole report says.
func (l *letter) plainRecipient(address string, own *account, delay bool) Recipient {
	a, said := &account{}, ""
	if own != nil {
		*a, said = *own, own.text
	}
	if len(l.findings().list) < 2 || a.cause() == nil {
		a.fill(l.shared()) // else it may be said of another recipient
	}
	if reason, ok := strings.CutPrefix(l.subject, "returned mail:"); ok && a.cause() == nil && a.status == "" && a.code == 0 {
		a.why = words(reason, reason) // Sendmail repeats it there
	}
	a.delayed = delay
	r := Recipient{Address: address, Status: a.status, Code: a.code, Class: a.class()}
	r.Diagnostic = oneLine(said, MaxDiagnostic)
	r.Original = expandedFrom(said)
	if r.Diagnostic == "" {
		r.Diagnostic = oneLine(a.text, MaxDiagnostic)
	}
	return r
}

// expandedFrom is the alias that led to an address: what the sender wrote.
func expandedFrom(said string) string {
	lower := strings.ToLower(said)
	for _, words := range []string{"expanded from", "generated from", "original address"} {
		if i := strings.Index(lower, words); i >= 0 && len(lower) == len(said) {
			a, _ := takeAddress(strings.TrimLeft(said[i+len(words):], ": \n"))
			return a
		}
	}
	return ""
}

// isOwn reports the sender of the report, who is named as the one to ask.
func (l *letter) isOwn(address string) bool {
	for _, from := range l.m.From() {
		if strings.EqualFold(from.Address.String(), address) {
			return true
		}
	}
	return false
}

// bareNames completes local parts that stand alone below "following recipients":
// some providers leave out their own domain.
func (l *letter) bareNames() []string {
	if len(l.m.From()) == 0 || l.m.From()[0].Address.Domain() == "" {
		return nil
	}
	var out []string
	listing := false
	for _, line := range l.words {
		text := strings.TrimSpace(line)
		indented := line != "" && (line[0] == ' ' || line[0] == '\t')
		switch {
		case text == "":
		case listing && indented && isBareName(text) && len(out) < MaxRecipients:
			out = append(out, text[:localLength(text)]+"@"+l.m.From()[0].Address.Domain())
		default:
			listing = strings.HasSuffix(text, ":")
		}
	}
	return out
}

// isBareName reports a local part alone, or with words set apart from it.
func isBareName(text string) bool {
	n := localLength(text)
	return n > 0 && n <= 64 && (n == len(text) || hasAnyPrefix(text[n:], []string{" (", "  ", "\t"}))
}

// fieldAddresses reads lists of addresses that commas separate.
func fieldAddresses(values []string) []string {
	var out []string
	for _, v := range values {
		for item := range strings.SplitSeq(v, ",") {
			if a := fieldAddress(item); a != "" && len(out) < MaxRecipients {
				out = append(out, a)
			}
		}
	}
	return out
}
