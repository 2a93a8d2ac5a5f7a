package eml

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"golang.org/x/text/encoding/charmap"
)

// decodeCharset turns bytes into UTF-8 and never fails. The declared charset is
// used where it is known; otherwise, and for ASCII and UTF-8, the bytes decide:
// byte order mark, ISO-2022-JP escapes, valid UTF-8, then hint (the charset of
// something near by), then windows-1252, in which every byte means something.
func decodeCharset(b []byte, declared, hint string) string {
	if isASCII(b) && bytes.IndexByte(b, 0x1b) < 0 && asciiSuffices(declared) {
		return string(b)
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) && utf8.Valid(b) {
		return string(b[3:])
	}
	if isUTF7(declared) {
		return decodeUTF7(b)
	}
	enc, known := findCharset(declared)
	if enc != nil {
		return decodeDeclared(b, enc)
	}
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return decodeWith(b, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
	}
	if isJapanese(b) {
		return decodeWith(b, japanese.ISO2022JP)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	if known && declared != "" && mostlyUTF8(b) {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	if hinted, _ := findCharset(hint); hinted != nil {
		return decodeDeclared(b, hinted)
	}
	if mostlyUTF8(b) {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return decodeWith(b, charmap.Windows1252)
}

// asciiSuffices reports charsets in which pure ASCII bytes mean themselves.
func asciiSuffices(label string) bool {
	enc, _ := findCharset(label)
	return enc == nil && !isUTF7(label)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decodeDeclared decodes with the declared charset unless the bytes show that
// the declaration is wrong.
func decodeDeclared(b []byte, enc encoding.Encoding) string {
	s := decodeWith(b, enc)
	if !strings.Contains(s, "\ufffd") {
		return s
	}
	if !isASCII(b) && utf8.Valid(b) {
		return string(b)
	}
	if enc == japanese.ISO2022JP && !isASCII(b) {
		// Programs that mean Shift_JIS label it ISO-2022-JP.
		if alt := decodeWith(b, japanese.ShiftJIS); strings.Count(alt, "\ufffd") < strings.Count(s, "\ufffd") {
			return alt
		}
	}
	return s
}

func decodeWith(b []byte, enc encoding.Encoding) string {
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(out)
}

// isJapanese looks for the escapes of RFC 1468, which mean nothing in any other
// charset that mail without a declaration uses.
func isJapanese(b []byte) bool {
	return isASCII(b) && (bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")))
}

// mostlyUTF8 reports that text is UTF-8 with a few spoilt bytes, as after a cut
// in the middle of a character, rather than in another charset.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0 // characters, and runs of bytes that are none
	spoilt := false
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		was := spoilt
		spoilt = r == utf8.RuneError && size == 1
		switch {
		case spoilt && !was:
			bad++
		case size > 1:
			good++
		}
		b = b[size:]
	}
	return good > 0 && good >= bad
}

// findCharset returns the decoder of a declared charset. It is nil for those
// that the bytes decide (none, ASCII, UTF-8) and for unknown ones; known tells
// them apart.
func findCharset(label string) (enc encoding.Encoding, known bool) {
	label = strings.Trim(lowerASCII(label), " \t\"'<>")
	if i := strings.IndexByte(label, '*'); i >= 0 { // RFC 2231 section 5: charset*language
		label = label[:i]
	}
	if len(label) > maxCharsetLabel {
		return nil, false
	}
	switch dashed := strings.ReplaceAll(label, "_", "-"); dashed {
	case "", "us-ascii", "ascii", "ansi-x3.4-1968", "ansi-x3.4-1986", "iso646-us", "iso-ir-6", "us", "646",
		"utf-8", "utf8", "utf-8-mac", "utf8mb4", "unicode-1-1-utf-8", "utf-7", "utf7", "unicode-1-1-utf-7",
		"x-unicode-2-0-utf-7", "csunicode11utf7":
		return nil, true
	case "ansi", "default", "latin1", "iso8859-1", "iso88591", "8859-1", "x-ansi":
		return charmap.Windows1252, true
	case "ks-c-5601-1987", "ks-c-5601", "ksc5601", "cp949", "ms949", "uhc", "x-windows-949", "windows-949":
		return korean.EUCKR, true
	case "gb2312", "gb-2312-80", "gb2312-80", "euc-cn", "cp936", "ms936", "gbk", "x-gbk", "gb18030", "windows-936":
		return simplifiedchinese.GB18030, true
	case "hz-gb-2312", "hz":
		return simplifiedchinese.HZGB2312, true
	case "cp950", "ms950", "big5-hkscs", "big5hkscs", "windows-950", "x-x-big5":
		return traditionalchinese.Big5, true
	case "cp932", "ms932", "ms-kanji", "windows-31j", "windows-932", "x-sjis", "sjis":
		return japanese.ShiftJIS, true
	case "iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "cp50220", "cp50221",
		"-iso-2022-jp$esc", "csiso2022jp":
		return japanese.ISO2022JP, true
	case "utf-16", "utf16", "unicode", "ucs-2", "iso-10646-ucs-2": // RFC 2781 section 4.3: no mark means big endian
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM), true
	case "utf-16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), true
	case "utf-16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), true
	case "utf-32", "utf32", "ucs-4", "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), true
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), true
	default:
		return indexedCharset(label, dashed)
	}
}

// maxCharsetLabel bounds what is looked up; the longest registered name with
// its language has fewer octets.
const maxCharsetLabel = 64

func isUTF7(label string) bool {
	return strings.Contains(lowerASCII(label), "utf-7") || lowerASCII(label) == "utf7" || lowerASCII(label) == "csunicode11utf7"
}

// indexedCharset asks the registries, then tries the ways in which numbers of
// code pages are commonly misspelled.
func indexedCharset(label, dashed string) (encoding.Encoding, bool) {
	names := []string{label, dashed}
	digits := strings.TrimLeft(dashed, "abcdefghijklmnopqrstuvwxyz-")
	switch prefix := strings.TrimRight(dashed[:len(dashed)-len(digits)], "-"); prefix {
	case "cp", "win", "windows", "ms", "x-cp", "x-windows", "microsoft-cp":
		names = append(names, "windows-"+digits, "ibm"+digits)
	case "iso8859", "iso-8859", "iso", "latin":
		names = append(names, "iso-"+digits, "iso-8859-"+digits, "latin"+digits)
	}
	if rest, ok := strings.CutPrefix(dashed, "iso8859"); ok {
		names = append(names, "iso-8859-"+strings.Trim(rest, "-"))
	}
	for _, name := range names {
		enc, err := htmlindex.Get(name)
		if err != nil || enc == encoding.Replacement {
			enc, err = ianaindex.MIME.Encoding(name)
		}
		if err == nil && enc != nil && enc != encoding.Replacement {
			return enc, true
		}
	}
	return nil, false
}
