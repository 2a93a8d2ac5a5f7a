package actions

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MinPassword is the least length of a password in characters, MaxPassword the
// most (ASVS 5.0 6.2.1 and 6.2.9). There are no rules about which ones.
const (
	MinPassword = 12
	MaxPassword = 256
	// maxPasswordBytes bounds the work that one try can cause.
	maxPasswordBytes = MaxPassword * utf8.UTFMax
)

// normal is how a password is hashed: keyboards write the same letter in several
// ways. NFC, as NFKC would make one of passwords that differ (RFC 8265 section
// 4.2.2).
func normal(password string) string { return norm.NFC.String(password) }

// checkPassword answers Invalid with what is wrong with a password.
func checkPassword(password, helpCenter string, own ...helpdesk.Address) error {
	if n := utf8.RuneCountInString(normal(password)); n < MinPassword || n > MaxPassword || !utf8.ValidString(password) {
		return helpdesk.Errorf(helpdesk.Invalid, "a password has %d to %d characters", MinPassword, MaxPassword)
	}
	return nil
}
