package quotes

import "strings"

// separator is a line that stands between what is written and what is quoted
// or forwarded.
type separator int

const (
	notSeparator      separator = iota
	originalSeparator           // "-----Original Message-----"
	forwardSeparator            // "---------- Forwarded message ---------"
	someSeparator               // decorated words of a program or language that is not known
)

// maxSeparator is the longest separator in bytes, in any script.
const maxSeparator = 200

// readSeparator tells what kind of separator a line is. Known words alone are
// enough where they end with a colon; others must be decorated.
func readSeparator(s string) separator {
	if s == "" || len(s) > maxSeparator {
		return notSeparator
	}
	dressed := decorated(s)
	colon := strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：")
	if !dressed && !colon {
		return notSeparator
	}
	in := lower(inner(s))
	switch {
	case in == "":
		return notSeparator
	case phraseOf(forwardedPhrases, in):
		return forwardSeparator
	case phraseOf(originalPhrases, in):
		return originalSeparator
	case dressed && forwardedBy(in):
		return forwardSeparator
	case dressed:
		return someSeparator
	}
	return notSeparator
}

// isWroteLine reports a separator that names who wrote what follows: "---- Alice
// wrote ----".
func isWroteLine(s string) bool {
	return decorated(s) && len(s) <= maxSeparator && holdsVerb(lastWord(inner(s))) && !byMyself(s)
}

// phraseOf looks for the phrase, also where a program writes it in two
// languages: "Preposlaná správa --- Forwarded Message".
func phraseOf(phrases map[string]bool, in string) bool {
	if phrases[in] {
		return true
	}
	first, second, ok := strings.Cut(in, "---")
	if !ok {
		first, second, _ = strings.Cut(in, " / ")
	}
	return phrases[inner(first)] || phrases[inner(second)]
}

// forwardedBy reads separators that name who forwarded, and when: "Forwarded
// by Alice Smith/ACME on 03.05.2024 10:00".
func forwardedBy(in string) bool {
	for _, words := range []string{"forwarded by ", "forwarded message from ", "forwarded message by ", "weitergeleitet von ", "transféré par ", "réexpédié par ", "reenviado por ", "inoltrato da ", "doorgestuurd door ", "encaminhado por ", "vidarebefordrat av ", "videresendt av ", "videresendt af ", "przesłane przez "} {
		if strings.HasPrefix(in, words) {
			return true
		}
	}
	return false
}

// splitSeparator divides a line that holds both a separator and the beginning
// of what it separates: "----- Forwarded Message ----- From: …".
func splitSeparator(s string) (sep separator, rest string) {
	marks := len(s) - len(strings.TrimLeft(s, "-"))
	if marks < minRule {
		return notSeparator, ""
	}
	words, rest, ok := strings.Cut(s[marks:], "---")
	rest = strings.TrimSpace(strings.TrimLeft(rest, "-"))
	if !ok || rest == "" {
		return notSeparator, ""
	}
	return readSeparator("--- " + words + " ---"), rest
}
