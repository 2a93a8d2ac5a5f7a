package actions

import (
	"strings"
	"testing"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestCheckPassword(t *testing.T) {
	alice := helpdesk.MustAddress("alice.weiss@customer.example")
	for _, tt := range []struct{ name, password, want string }{
		{"good", "seven quiet otters sing", ""},
		{"in letters of others", "семь тихих выдр", ""},
		{"just long enough", "gB7#kqPz!e2w", ""},
		{"as long as can be", strings.Repeat("gB7#kqPz!e2wLmXu", 16)[:MaxPassword-1] + "?", ""},
		{"short", "gB7#kqPz!e2", "at least 12 characters; this one has 11"},
		{"one letter in two ways", "zwölf böse wö", ""},
		{"marks are no letters of their own", "o\u0308o\u0308o\u0308o\u0308o\u0308o\u0308", "this one has 6"},
		{"long", strings.Repeat("gB7#kqPz!e2wLmXu", 16) + "?", "at most 256"},
		{"common", "Password2024!", "common password"},
		{"repeated", "otterotter!!otterotter!!", "over and over"},
		{"in a row", "abcdefghijkl", "in a row"},
		{"the address", "I am Alice.Weiss!", "beginning of your mail address"},
		{"the help center", "acme help for me", "the name Acme Help"},
		{"the help center in one", "AcmeHelp4711xy", "the name Acme Help"},
		{"no text", "gB7#kqPz\xff!e2w", "could not be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := checkPassword(tt.password, "Acme Help", alice)
			if got := helpdesk.Public(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%q: %v, want %q", tt.password, err, tt.want)
			}
		})
	}
}

// What a keyboard writes with marks and another in one is the same password.
func TestPasswordIsNormal(t *testing.T) {
	if normal("Zwo\u0308lf") != normal("Zwölf") {
		t.Error("two ways to write ö are two passwords")
	}
	if normal("ﬁve") == normal("five") {
		t.Error("two different passwords became one")
	}
}
