package eml

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestDecodeWords(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"none", "plain = ? text", "plain = ? text"},
		{"q", "=?utf-8?q?a=C3=A4_b?=", "aä b"},
		{"b", "=?UTF-8?B?w6Q=?=", "ä"},
		{"language", "=?us-ascii*en?q?x?=", "x"},
		{"between text", "a =?utf-8?q?b?= c", "a b c"},
		{"glued to text", "a=?utf-8?q?b?=c", "abc"},
		{"adjacent words", "=?utf-8?q?a?= \t =?utf-8?q?b?=", "ab"},
		{"adjacent without a blank", "=?utf-8?q?a?==?utf-8?q?b?=", "ab"},
		{"character split between words", "=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "ä"},
		{"character split between b words", "=?utf-8?b?ww==?= =?utf-8?b?pA==?=", "ä"},
		{"base64 group split between words", "=?utf-8?b?w6T?= =?utf-8?b?DpA==?=", "ää"},
		{"b words without padding", "=?utf-8?b?w6T?= =?utf-8?b?w6Q=?=", "ää"},
		{"q and b of one charset", "=?utf-8?q?=C3?= =?UTF-8?b?pA==?=", "ä"},
		{"different charsets", "=?utf-8?q?=C3=A4?= =?iso-8859-1?q?=E4?=", "ää"},
		{"8-bit inside", "=?iso-8859-1?q?\xe4?=", "ä"},
		{"blank inside q", "=?utf-8?q?a b?=", "a b"},
		{"blank inside b", "=?utf-8?b?w6 Q=?=", "ä"},
		{"unescaped question mark", "=?utf-8?q?why??=", "why?"},
		{"question mark before an escape", "=?utf-8?q?what?=3D?=", "what?="},
		{"padding before the end", "=?utf-8?b?YQ==?=", "a"},
		{"bad escape", "=?utf-8?q?=ZZ=4?=", "=ZZ=4"},
		{"no padding", "=?utf-8?b?YWI?=", "ab"},
		{"empty", "a =?utf-8?q??= b", "a  b"},
		{"not finished", "=?utf-8?q?abc", "=?utf-8?q?abc"},
		{"not finished before another", "=?utf-8?q?abc =?utf-8?q?d?=", "=?utf-8?q?abc d"},
		{"unknown encoding", "=?utf-8?x?abc?=", "=?utf-8?x?abc?="},
		{"no charset", "=??q?abc?=", "=??q?abc?="},
		{"unknown charset", "=?x-unknown?q?=E4?=", "ä"},
		{"raw utf-8", "ä =?utf-8?q?b?=", "ä b"},
		{"raw windows-1252", "\xe4 =?utf-8?q?b?=", "ä b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := decodeWords(c.in, ""); got != c.want {
				t.Errorf("decodeWords(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestSubject(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"folded", "a\r\n b\r\n\tc", "a b c"},
		{"encoded line end", "=?utf-8?q?a=0D=0ABcc:_x=40y.example?=", "a  Bcc: x@y.example"},
		{"control characters", "a\x07\x1b[1mb\x7f", "a[1mb"},
		{"c1 control", "a\u0085b\u009bc", "a bc"},
		{"bidirectional override", "a\u202eb\u2066c\u2069", "abc"},
		{"zero width", "a\u200bb\ufeffc", "abc"},
		{"joiner of an emoji stays", "👩\u200d💻", "👩\u200d💻"},
		{"line separator", "a\u2028b", "a b"},
		{"too long", strings.Repeat("ä", MaxSubjectRunes+5), strings.Repeat("ä", MaxSubjectRunes)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Read([]byte("Subject: " + c.in + "\r\n\r\n")).Subject(); got != c.want {
				t.Errorf("Subject = %q, want %q", got, c.want)
			}
		})
	}
	if got := Read([]byte("Subject: first\r\nSubject: second\r\n\r\n")).Subject(); got != "first" {
		t.Errorf("of two subjects %q counts", got)
	}
}

// checkLine holds decoded text to what may be shown on one line.
func checkLine(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f' || r == '\u2028' || r == '\u2029' {
			t.Errorf("%q holds %U", s, r)
		}
	}
}

func FuzzEncodedWord(f *testing.F) {
	for _, s := range []string{
		"=?utf-8?q?a=C3=A4_b?=", "=?utf-8?B?w6Q=?= =?utf-8?b?w6Q?=", "=?iso-2022-jp?b?GyRCJCIbKEI=?=", "=?utf-7?q?+AAo-?=",
		"=?utf-16?b?AAoACg==?=", "a\r\n b=?x?q?\xff?=", "=?utf-8?q?what?=3D?=", "=?=?=?utf-8?q??==?", "=?utf-8?q?=E2=80=AE?=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkLine(t, cleanLine(decodeWords(s, "koi8-r")))
		name := cleanName(decodeWords(s, ""))
		checkLine(t, name)
		if utf8.RuneCountInString(name) > MaxNameRunes {
			t.Errorf("name of %d runes", utf8.RuneCountInString(name))
		}
		// What is encoded comes back.
		plain := oneLine(s, MaxSubjectRunes)
		words := encodeWords(plain)
		for _, w := range words {
			if len(w) > 75 {
				t.Errorf("encoded word of %d octets: %q", len(w), w)
			}
		}
		if got := decodeWords(strings.Join(words, " "), ""); got != plain {
			t.Errorf("%q came back as %q", plain, got)
		}
	})
}
