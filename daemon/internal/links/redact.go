package links

import (
	"regexp"
	"strings"
)

// Signed tokens as they come back in quotes. A reply address may stand in a URL,
// with its signs escaped.
var tokenPatterns = regexp.MustCompile(`(pl1_)[A-Za-z0-9_-]{47}|(pp1_)[A-Za-z0-9_-]{46}|(\+|%2[bB])[a-zA-Z2-7]{40}(@|%40)`)

// WithoutTokens cuts signed tokens out of a text that others may read: whoever
// has one can act as whom it was issued to. Once cut, a text stays as it is.
func WithoutTokens(text string) string {
	if !strings.Contains(text, linkPrefix) && !strings.Contains(text, passPrefix) && !strings.ContainsAny(text, "+%") {
		return text // nearly all texts; the pattern is slow
	}
	return tokenPatterns.ReplaceAllString(text, "$1$2$3…$4")
}
