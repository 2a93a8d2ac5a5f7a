package actions

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/posterndesk/postern/daemon/internal/guessable"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MinPassword is the least length of a password in characters, MaxPassword the
// most (ASVS 5.0 6.2.1 and 6.2.9). There are no rules about which ones.
const (
	MinPassword = 12
	MaxPassword = 256
	// maxPasswordBytes bounds the work that one try can cause.
	maxPasswordBytes = MaxPassword * utf8.UTFMax
	// minTelling is the least length of a name that a password must not hold: shorter
	// ones stand in good passwords by chance.
	minTelling = 4
)

// normal is how a password is hashed: keyboards write the same letter in several
// ways. NFC (RFC 8265 section 4.2.2), as NFKC would make one of passwords that
// differ.
func normal(password string) string { return norm.NFC.String(password) }

// checkPassword answers Invalid with what is wrong with a password for the owner
// of some addresses.
func checkPassword(password, helpCenter string, own ...helpdesk.Address) error {
	if !utf8.ValidString(password) {
		return helpdesk.Errorf(helpdesk.Invalid, "what your browser sent could not be read")
	}
	password = normal(password)
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return helpdesk.Errorf(helpdesk.Invalid, "a password has at least %d characters; this one has %d", MinPassword, n)
	case n > MaxPassword:
		return helpdesk.Errorf(helpdesk.Invalid, "a password has at most %d characters", MaxPassword)
	}
	lower := strings.ToLower(password)
	for _, a := range own {
		if holds := strings.ToLower(a.Local()); len(holds) >= minTelling && strings.Contains(lower, holds) {
			return helpdesk.Errorf(helpdesk.Invalid, "this holds the beginning of your mail address, which others know; choose another password")
		}
	}
	if name := strings.ToLower(helpCenter); len(name) >= minTelling && strings.Contains(strings.ReplaceAll(lower, " ", ""), strings.ReplaceAll(name, " ", "")) {
		return helpdesk.Errorf(helpdesk.Invalid, "this holds the name %s, which is guessed first; choose another password", helpCenter)
	}
	return notGuessedFirst(password)
}

func notGuessedFirst(password string) error {
	switch guessable.Why(password) {
	case guessable.Common:
		return helpdesk.Errorf(helpdesk.Invalid, "many people use this password, so it is guessed first; choose another")
	case guessable.Decorated:
		return helpdesk.Errorf(helpdesk.Invalid, "this is a common password with a few signs around it, and guessed soon; choose another")
	case guessable.Repeated:
		return helpdesk.Errorf(helpdesk.Invalid, "the same signs over and over are guessed soon; choose another password")
	case guessable.InARow:
		return helpdesk.Errorf(helpdesk.Invalid, "signs in a row are guessed soon; choose another password")
	}
	return nil
}
