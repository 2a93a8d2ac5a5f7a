package notice

import (
	"slices"
	"strings"
)

// readAnswer tells automatic answers from what people write. A subject alone is
// enough only where nobody would write it by hand.
func (l *letter) readAnswer(n *Notice) bool {
	reason := l.answers()
	if reason == "" {
		return false
	}
	n.Kind, n.Reason = AutoReply, "It is an automatic answer: "+reason+"."
	if n.Automatic == "" {
		n.Automatic = reason
	}
	if l.saysAbsent() {
		n.Kind, n.Reason = OutOfOffice, "It is an automatic answer of somebody who is away: "+reason+"."
	}
	return true
}

// answers tells why the mail is an automatic answer, "" when it is none.
func (l *letter) answers() string {
	h := l.m.Header
	submitted := submittedKeyword(h)
	if strings.HasPrefix(submitted, "auto-replied") {
		return word("Auto-Submitted", submitted)
	}
	if reason := autoReplied(l.m); reason != "" {
		return reason
	}
	for _, name := range []string{"Precedence", "X-Precedence", "Preference"} {
		if v := strings.ToLower(h.Get(name)); strings.HasPrefix(v, "auto") {
			return word(name, v)
		}
	}
	for _, row := range programFields {
		if v := strings.ToLower(h.Decoded(row.name)); v != "" && hasAny(v, row.values) {
			return word(row.name, v)
		}
	}
	sure, likely := hasAnyPrefix(l.subject, autoSubjects), hasAnyPrefix(l.subject, absenceSubjects)
	marked := l.null || submitted != "" || suppressing(l.m) != "" || h.Count("X-Auto-Response-Suppress") > 0 && h.Count("In-Reply-To") > 0 ||
		strings.EqualFold(h.Get("Precedence"), "bulk") || strings.EqualFold(h.Get("Precedence"), "junk")
	switch {
	case sure:
		return "the subject says so"
	case (marked || h.Count("X-Auto-Response-Suppress") > 0) && slices.Contains(autoSubjects, strings.TrimSpace(l.subject)+":"):
		return "the subject says so"
	case likely && (marked || l.opensAbsent()):
		return "the subject says so"
	case l.null && !l.daemon && (h.Count("In-Reply-To") > 0 || h.Count("References") > 0 || l.opensAbsent()):
		return "it answers a mail and has no sender"
	case submitted != "" && l.opensAbsent():
		return word("Auto-Submitted", submitted)
	}
	return ""
}

// programFields name programs that answer mail.
var programFields = []struct {
	name   string
	values []string
}{
	{"X-Mailer", []string{"vacation", "autoreply", "auto-reply", "autorespond", "auto responder"}},
	{"User-Agent", []string{"vacation", "autorespond"}},
	{"X-Post-Messageclass", []string{"autoresponder"}},
	{"Delivered-To", []string{"autoresponder"}},
	{"X-Return-Path", []string{"autoreply"}},
	{"X-Apple-Action", []string{"vacation"}},
	{"X-Notice-Type", []string{"vacation"}},
}

// saysAbsent reports that somebody is away: by a comment or parameter of
// Auto-Submitted, by the subject, or by the first sentences.
func (l *letter) saysAbsent() bool {
	for _, v := range append(l.m.Header.Values("Auto-Submitted"), append(l.m.Header.Values("X-Mailer"), l.m.Header.Values("X-Apple-Action")...)...) {
		if v = strings.ToLower(v); strings.Contains(v, "vacation") {
			return true
		}
	}
	return hasAnyPrefix(l.subject, absenceSubjects) || hasAny(l.subject, absenceWords) || l.opensAbsent()
}

// opensAbsent looks at the first sentences: further down a person may announce
// holidays, or an answering program may quote opening hours.
func (l *letter) opensAbsent() bool {
	const opening = 1200 // bytes: a greeting and a paragraph, in scripts of three bytes a letter
	text := strings.NewReplacer("\u2019", "'", "\u00a0", " ").Replace(strings.Join(l.words[:min(len(l.words), 40)], " "))
	return hasAny(strings.ToLower(strings.Join(strings.Fields(clip(text, opening)), " ")), absenceWords)
}
