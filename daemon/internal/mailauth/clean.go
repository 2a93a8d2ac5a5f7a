package mailauth

import (
	"strings"
	"unicode"
)

// maxSentence bounds what goes into a reason: a domain name of full length with
// the words around it.
const maxSentence = 400

// clean makes text of strangers fit for a log line and a page: one line without
// control characters, formatting marks and bidirectional overrides.
func clean(s string) string {
	const slack = 4 // bytes of a rune, so that a cut does not split one
	if len(s) > maxSentence*slack {
		s = s[:maxSentence*slack]
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == maxSentence {
			b.WriteRune('…')
			break
		}
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			r = ' '
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}
