package web

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// secretPaths are where links in mails lead, below no language or any: what comes
// next in the path is a secret.
var secretPaths = []string{"/t/", "/not-me/", "/new-link/", "/stop/", "/pass/"}

// returnPath is where an issuer sends a browser back to, with a secret in the
// query. Its path has none.
const returnPath = "/sign-in/back/"

// holdsLink reports whether the address of a page is a secret.
func holdsLink(path string) bool {
	_, secret := splitSecret(path)
	return secret != "" || strings.HasPrefix(path, returnPath)
}

// splitSecret takes what is secret off a path. A language may stand first; that
// it is one that the help center speaks does not matter here.
func splitSecret(path string) (before, secret string) {
	language := 0
	if i := strings.IndexByte(strings.TrimPrefix(path, "/"), '/'); i >= 0 && strings.HasPrefix(path, "/") {
		language = i + 1
	}
	for _, start := range []int{0, language} {
		for _, p := range secretPaths {
			if strings.HasPrefix(path[start:], p) {
				return path[:start+len(p)], path[start+len(p):]
			}
		}
	}
	return path, ""
}

// mailToken is what a mail's link holds: a ticket's link, or a pass.
var mailToken = regexp.MustCompile(`(pl1_|pp1_)[^/?#\s]*`)

// redact makes a path fit for the log: a token becomes the beginning of its hash,
// which tells two links apart and opens neither.
func redact(path string) string {
	if before, secret := splitSecret(path); secret != "" && !mailToken.MatchString(secret) {
		return clip(before) + fingerprint(secret) // a link with a slip is nearly a link
	}
	return clip(mailToken.ReplaceAllStringFunc(path, func(found string) string { return found[:len("pl1_")] + fingerprint(found) }))
}

func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])[:6]
}
