package notice

import (
	"regexp"
	"strconv"
	"strings"
)

// stage is the command of SMTP that was refused.
type stage int

const (
	stageUnknown stage = iota
	stageGreeting
	stageSender // MAIL FROM
	stageRecipient
	stageData
)

// account is what a text says about one failure.
type account struct {
	text    string
	status  string
	code    int
	stage   stage
	local   bool // said by a program on the server itself, not by SMTP
	delayed bool
	general bool // text is the whole report, and says things about several recipients

	why    *cause // of text, once asked for
	judged bool
}

// cause is what the words say. It is kept, because all recipients of a report may
// share its words.
func (a *account) cause() *cause {
	if a.judged {
		return a.why
	}
	a.judged = true
	said, begins := saidIn(a.text)
	if begins { // what the other server said tells more than the sentences above it
		paragraph, _, _ := strings.Cut(said, "\n\n")
		a.why = words(paragraph, paragraph)
	}
	if a.why == nil {
		a.why = words(a.text, said)
	}
	return a.why
}

// saidIn is text from its first reply of failure on, all of it where there is
// none; begins reports that the reply begins a line.
func saidIn(text string) (said string, begins bool) {
	at := reply.FindStringSubmatchIndex(text)
	if at == nil {
		return text, false
	}
	start := strings.LastIndexByte(text[:at[2]], '\n') + 1
	return text[at[2]:], strings.Trim(text[start:at[2]], " \t<#(") == ""
}

// accountOf reads the first reply of SMTP in text.
func accountOf(text string) *account {
	a := &account{text: clip(text, 4*MaxDiagnostic)}
	a.code, a.status = replyIn(a.text)
	if a.status == "" {
		a.status = statusIn(a.text)
	}
	a.stage = stageIn(a.text)
	return a
}

// fill takes from b what a does not know.
func (a *account) fill(b *account) {
	if b == nil {
		return
	}
	if a.code == 0 {
		a.code = b.code
	}
	if a.status == "" {
		a.status = b.status
	}
	if a.stage == stageUnknown {
		a.stage = b.stage
	}
	if a.cause() == nil {
		a.text, a.general, a.why = b.text, b.general, b.cause()
	}
}

var (
	// reply is a reply code where replies stand: at the beginning, or after the
	// punctuation that introduces one, or before an enhanced status code.
	reply = regexp.MustCompile(`(?:^|[:;('"#<>]\s*|\n\s*|(?i:said|error|code|reply|returned|returns|status|with|out:|response|failed|deferred|reason|err)\W{1,3})(?:#|<|\()?([45][0-57]\d)(?:[\s:.,;)\]'"<>#-]|$)(?:\s*[-#(]?\s*([245]\.\d{1,3}\.\d{1,3}))?`)

	// coded is a reply code anywhere, when a status code follows.
	coded = regexp.MustCompile(`(?:^|[^\d.])([45][0-57]\d)[\s-]{1,3}#?\(?([45]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.\D|$)`)

	// status is an enhanced status code (RFC 3463), not a part of an IP address or
	// a version.
	status = regexp.MustCompile(`(?:^|[^\d.\w/-]|\d\d\d-|DSN|dsn=)([245]\.\d{1,3}\.\d{1,3})(?:[^\d.\w]|\.(?:\D|$)|$)`)
)

// replyIn finds the first reply of failure in s, and the status code behind it.
func replyIn(s string) (code int, enhanced string) {
	first := reply.FindStringSubmatchIndex(s)
	if both := coded.FindStringSubmatchIndex(s); both != nil && (first == nil || both[0] <= first[0]+1 || first[4] < 0) {
		first = both
	}
	if first == nil {
		return 0, ""
	}
	code, _ = strconv.Atoi(s[first[2]:first[3]]) // three digits, says the pattern
	if first[4] >= 0 {
		enhanced = s[first[4]:first[5]]
	}
	return code, enhanced
}

// statusIn finds the first enhanced status code in s; of failures before any other.
func statusIn(s string) string {
	for _, m := range status.FindAllStringSubmatch(s, 8) { // more are no report
		if m[1][0] != '2' {
			return m[1]
		}
	}
	if m := status.FindStringSubmatch(s); m != nil && strings.HasPrefix(strings.TrimSpace(s), m[1]) {
		return m[1]
	}
	return ""
}

// stageIn finds the command that a mail system says was refused.
func stageIn(s string) stage {
	s = strings.ToLower(strings.Join(strings.Fields(s), " "))
	best, at := stageUnknown, len(s)
	for _, row := range stageWords {
		if i := strings.Index(s, row.words); i >= 0 && i < at {
			best, at = row.stage, i
		}
	}
	return best
}

// transcriptStage finds the command before the reply with that code in a
// transcript with ">>> command" and "<<< reply" lines.
func transcriptStage(lines []string, code int) stage {
	last, want := stageUnknown, strconv.Itoa(code)
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch {
		case hasAnyPrefix(line, []string{">>> ", "In: ", "In:  "}):
			last = commandStage(strings.ToLower(strings.TrimLeft(line, ">In: ")))
		case hasAnyPrefix(line, []string{"<<< " + want, "Out: " + want}):
			return last
		}
	}
	return stageUnknown
}

func commandStage(command string) stage {
	switch {
	case hasAnyPrefix(command, []string{"helo", "ehlo", "starttls", "auth"}):
		return stageGreeting
	case strings.HasPrefix(command, "mail"):
		return stageSender
	case strings.HasPrefix(command, "rcpt"):
		return stageRecipient
	case hasAnyPrefix(command, []string{"data", "bdat", "."}):
		return stageData
	}
	return stageUnknown
}

// class judges the failure. The words of the other server decide where they are
// clear, then the status code, then the reply code. A false hard makes the desk
// stop writing to somebody, so doubts are never hard.
func (a *account) class() Class {
	cause := a.cause()
	exact := a.exact()
	switch {
	case a.delayed && (cause == nil || cause.class == Hard):
		return Soft
	case a.local && (cause == nil || cause.class != Hard) && strings.HasPrefix(a.status, "5.1."):
		return Soft
	case cause == nil, cause.weak && exact:
	case cause.class != Hard:
		return cause.class
	case a.code >= 400 && a.code < 500 && !exact && !strings.HasPrefix(a.status, "4.1."):
		return Soft
	case a.stage == stageData && !cause.sure && !exact:
		// Every recipient was taken before the data came: this is a filter that
		// does not like to say so.
		return Block
	case (a.stage == stageSender || a.stage == stageGreeting) && !exact:
		return Block
	case a.stage == stageUnknown && a.code >= 500 && !exact && !cause.sure:
		// The same filters, seen through a report that does not tell what was
		// refused: the words alone would make the desk stop writing.
		return Block
	case strings.HasPrefix(a.status, "5.7.") && !exact && !cause.sure && a.stage != stageRecipient:
		return Block
	case a.general && !exact && strings.HasPrefix(a.status, "4."):
		return Soft
	default:
		return Hard
	}
	return a.coded()
}

// exact reports a status code that means that nobody is there. Exchange Online
// words its directory check like a refusal, under a code of the network.
func (a *account) exact() bool {
	return exactHard[a.status] || a.status == "5.4.1" && a.stage == stageRecipient && strings.Contains(strings.ToLower(a.text), "access denied")
}

// coded judges by the codes alone.
func (a *account) coded() Class {
	switch {
	case a.code == 521: // the host takes no mail at all (RFC 7504), at least not from us
		return Block
	case a.status == "5.2.1": // disabled: with no word about the user it may pass
		return Soft
	case a.exact() && (a.stage == stageSender || a.stage == stageGreeting):
		return Block
	case a.exact():
		return Hard
	}
	for _, row := range statusClasses {
		if strings.HasPrefix(a.status, row.prefix) {
			return row.class
		}
	}
	if a.code >= 500 && (a.stage == stageSender || a.stage == stageGreeting || a.stage == stageData) {
		return Block
	}
	switch {
	case a.code == 552 || a.code == 452:
		return Soft
	case a.code == 571 || a.code >= 500 && a.code <= 505 || a.code == 530 || a.code == 535:
		return Block
	case a.code >= 400 && a.code < 500, strings.HasPrefix(a.status, "4"):
		return Soft
	}
	return Unknown
}
