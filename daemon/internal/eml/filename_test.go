package eml

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzFilename: whatever a browser says, what is left is a name of a file and
// nothing else, and making it so again changes nothing.
func FuzzFilename(f *testing.F) {
	for _, s := range []string{
		"bill.pdf", `C:\Users\ann\bill.pdf`, "../../etc/passwd", "a\r\nSet-Cookie: x", "\u202etxt.exe", " .hidden ", "a/../..", "\xff\xfe", "/",
		strings.Repeat("ö", 300) + ".pdf", "a. . .", "x\u2028y", "a.\u200b", `..\..\a`, "b:\\", "..",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := Filename(s)
		if len(name) > MaxFilename || !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\x00") || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") {
			t.Errorf("%q became %q", s, name)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' }) {
			t.Errorf("%q became %q, which steers", s, name)
		}
		if again := Filename(name); again != name {
			t.Errorf("%q became %q, and that %q", s, name, again)
		}
	})
}
