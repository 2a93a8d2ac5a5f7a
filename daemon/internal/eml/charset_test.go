package eml

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"pgregory.net/rapid"
)

// covers: P07
func TestDecodeCharset(t *testing.T) {
	for _, c := range []struct {
		name     string
		bytes    string
		declared string
		hint     string
		want     string
	}{
		{"ascii", "abc", "us-ascii", "", "abc"},
		{"nothing declared, utf-8", "\xc3\xa4", "", "", "ä"},
		{"nothing declared, windows-1252", "\xe4\x80", "", "", "ä€"},
		{"ascii declared, utf-8 sent", "\xc3\xa4", "us-ascii", "", "ä"},
		{"utf-8 declared, windows-1252 sent", "Stra\xdfe", "utf-8", "", "Straße"},
		{"utf-8 cut in a character", "\xe2\x82\xac \xe2\x82", "utf-8", "", "€ \ufffd"},
		{"utf-8 with a mark", "\xef\xbb\xbfx", "utf-8", "", "x"},
		{"iso-8859-1 is windows-1252", "\x93x\x94", "iso-8859-1", "", "“x”"},
		{"alias", "\xe4", "iso8859-1", "", "ä"},
		{"alias of ascii", "\xc3\xa4", "ANSI_X3.4-1968", "", "ä"},
		{"quoted label", "\xe4", `"ISO-8859-1"`, "", "ä"},
		{"label with a language", "\xe4", "iso-8859-1*de", "", "ä"},
		{"code page by number", "\xcf\xf0", "cp1251", "", "Пр"},
		{"code page misspelled", "\xcf\xf0", "windows1251", "", "Пр"},
		{"dos code page", "\x84", "cp850", "", "ä"},
		{"latin9", "\xa4", "iso_8859-15", "", "€"},
		{"hebrew with direction", "\xf9", "iso-8859-8-i", "", "ש"},
		{"gb2312 holds gb18030", "\xe9F", "gb2312", "", "镕"},
		{"korean", "\xb0\xa1\x8c\x63", "ks_c_5601-1987", "", "가똠"},
		{"big5", "\xa4\xa4", "big5", "", "中"},
		{"shift_jis", "\x82\xa0", "x-sjis", "", "あ"},
		{"euc-jp", "\xa4\xa2", "euc-jp", "", "あ"},
		{"iso-2022-jp", "\x1b$B$\"\x1b(B", "iso-2022-jp", "", "あ"},
		{"iso-2022-jp label with an escape", "\x1b$B$\"\x1b(B", "_iso-2022-jp$ESC", "", "あ"},
		{"iso-2022-jp undeclared", "\x1b$B$\"\x1b(B", "", "", "あ"},
		{"iso-2022-jp under utf-8", "\x1b$B$\"\x1b(B", "utf-8", "", "あ"},
		{"shift_jis under iso-2022-jp", "\x82\xa0", "iso-2022-jp", "", "あ"},
		{"hz", "~{VP~}", "hz-gb-2312", "", "中"},
		{"utf-8 under gb2312", "\xc3\xa4\xe2\x82\xac\xc3", "gb2312", "", "盲鈧\ufffd"},
		{"utf-8 under euc-kr", "ä€", "euc-kr", "", "ä€"},
		{"utf-16 with mark", "\xff\xfea\x00", "", "", "a"},
		{"utf-16 declared", "\x00a", "utf-16", "", "a"},
		{"utf-16le declared", "a\x00", "utf-16le", "", "a"},
		{"utf-32", "\x00\x00\x00a", "utf-32", "", "a"},
		{"utf-7", "a+AOQ-b+-", "utf-7", "", "aäb+"},
		{"unknown, valid utf-8", "ä", "x-unknown", "", "ä"},
		{"unknown, else", "\xe4", "x-unknown", "", "ä"},
		{"hint", "\xf0\xd2", "", "koi8-r", "Пр"},
		{"hint does not beat utf-8", "ä", "", "koi8-r", "ä"},
		{"declaration beats hint", "\xe4", "iso-8859-1", "koi8-r", "ä"},
		{"label too long", "\xe4", "iso-8859-1" + string(make([]byte, 100)), "", "ä"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := decodeCharset([]byte(c.bytes), c.declared, c.hint); got != c.want {
				t.Errorf("decodeCharset(%q, %q) = %q, want %q", c.bytes, c.declared, got, c.want)
			}
		})
	}
}

func TestFindCharset(t *testing.T) {
	for _, c := range []struct {
		name  string
		known bool
	}{
		{"", true}, {"utf8", true}, {"UTF-8", true}, {"us-ascii", true}, {"windows-1257", true}, {"koi8-u", true},
		{"iso-8859-6", true}, {"tis-620", true}, {"x-mac-cyrillic", true}, {"ibm437", true}, {"gb18030", true},
		{"x-unknown", false}, {"klingon", false}, {"iso-8859-99", false}, {"replacement", false}, {"x-user-defined", false}, {"iso-2022-kr", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, known := findCharset(c.name); known != c.known {
				t.Errorf("known = %v, want %v", known, c.known)
			}
		})
	}
}

// TestDecodeCharsetValid: whatever is declared, the result is UTF-8.
func TestDecodeCharsetValid(t *testing.T) {
	labels := []string{"", "utf-8", "us-ascii", "utf-7", "utf-16", "utf-32le", "iso-2022-jp", "gb18030", "big5", "euc-kr",
		"hz-gb-2312", "windows-1252", "x-user-defined", "x-unknown"}
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
		declared := rapid.SampledFrom(labels).Draw(t, "declared")
		hint := rapid.SampledFrom(labels).Draw(t, "hint")
		if got := decodeCharset(b, declared, hint); !utf8.ValidString(got) {
			t.Fatalf("%q as %q became %q", b, declared, got)
		}
	})
}

func TestMetaCharset(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"charset", `<html><meta charset="koi8-r">`, "koi8-r"},
		{"http-equiv", `<meta http-equiv=Content-Type content="text/html; charset=windows-1251">`, "windows-1251"},
		{"utf-16 cannot be", `<meta charset=utf-16>`, ""},
		{"none", `<p>charset=koi8-r`, ""},
		{"in a comment", `<!-- <meta charset=koi8-r> -->`, ""},
		{"too late", string(make([]byte, metaWindow)) + `<meta charset=koi8-r>`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := metaCharset([]byte(c.html)); got != c.want {
				t.Errorf("metaCharset = %q, want %q", got, c.want)
			}
		})
	}
}

// TestLongJapanese: joined words of a stateful charset keep their state apart.
func TestLongJapanese(t *testing.T) {
	half := func(s string) string {
		b, err := japanese.ISO2022JP.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return "=?iso-2022-jp?q?" + encodeQ(string(b)) + "?="
	}
	if got, want := decodeWords(half("日本")+" "+half("語"), ""), "日本語"; got != want {
		t.Errorf("decodeWords = %q, want %q", got, want)
	}
}
