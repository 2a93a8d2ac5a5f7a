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

	"golang.org/x/text/encoding/charmap"
)

// decodeCharset turns bytes into UTF-8 and never fails. The declared charset is
// used where it is known and the bytes do not speak against it; otherwise, and
// for ASCII and UTF-8, the bytes decide: byte order mark, zero bytes, ISO-2022
// escapes, valid UTF-8, then hint (the charset of something near by), then the
// frequency of letters, and in the end windows-1252, in which every byte means
// something. UTF-8 that was encoded twice is left alone: it may be what somebody
// wants to report.
func decodeCharset(b []byte, declared, hint string) string {
	if isASCII(b) && bytes.IndexByte(b, 0x1b) < 0 && bytes.IndexByte(b, 0) < 0 && asciiSuffices(declared) {
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
	if wide := findWide(b); wide != nil {
		return decodeWith(b, wide)
	}
	if isASCII(b) {
		if isJapanese(b) {
			return decodeWith(b, japanese.ISO2022JP)
		}
		if bytes.Contains(b, isoKorean) {
			return decodeISO2022KR(b)
		}
		return string(b)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	if known && declared != "" && mostlyUTF8(b) {
		return mendUTF8(b)
	}
	if hinted, _ := findCharset(hint); hinted != nil && hinted != charmap.Windows1252 { // which says little
		return decodeDeclared(b, hinted)
	}
	if mostlyUTF8(b) {
		return mendUTF8(b)
	}
	if guess := detectCharset(b); guess != nil {
		return decodeWith(b, guess)
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
	if isWide(enc) {
		return decodeWide(b, enc)
	}
	if !isASCII(b) && utf8.Valid(b) && sequences(b) >= certainUTF8(enc) {
		return string(b)
	}
	if windows := windowsSuperset(enc); windows != nil && hasC1(b) {
		enc = windows
	}
	s := decodeWith(b, enc)
	if !strings.Contains(s, "\ufffd") {
		return s
	}
	switch {
	case !isASCII(b) && utf8.Valid(b):
		return string(b)
	case enc == japanese.ISO2022JP && !isASCII(b):
		// Programs that mean Shift_JIS or EUC-JP label it ISO-2022-JP.
		if guess := detectCharset(b); guess == japanese.EUCJP {
			return decodeWith(b, guess)
		}
		if alt := decodeWith(b, japanese.ShiftJIS); strings.Count(alt, "\ufffd") < strings.Count(s, "\ufffd") {
			return alt
		}
	case lost(s):
		if guess := detectCharset(b); guess != nil && guess != enc {
			if alt := decodeWith(b, guess); !strings.Contains(alt, "\ufffd") {
				return alt
			}
		} else if guess == nil {
			return decodeWith(b, charmap.Windows1252)
		}
	}
	return s
}

// lost reports that at least half of what is not ASCII could not be decoded: a
// wrong label, not a spoilt text.
func lost(s string) bool {
	bad, other := 0, 0
	for _, r := range s {
		switch {
		case r == utf8.RuneError:
			bad++
		case r >= utf8.RuneSelf:
			other++
		}
	}
	return bad >= other
}

// sequences counts the characters beyond ASCII of valid UTF-8.
func sequences(b []byte) int {
	n := 0
	for _, c := range b {
		if c >= 0xc0 {
			n++
		}
	}
	return n
}

// certainUTF8 is how many UTF-8 characters show that a text is not in the
// declared charset. In windows-1252 one of them would be a capital with an
// accent before a symbol; in the charsets of several bytes short texts are
// valid in both.
func certainUTF8(enc encoding.Encoding) int {
	switch enc {
	case charmap.Windows1252, charmap.ISO8859_15, charmap.KOI8R, charmap.KOI8U:
		return 1
	case japanese.ISO2022JP, simplifiedchinese.HZGB2312:
		return 1 // seven bits
	case charmap.Windows874, simplifiedchinese.GB18030, traditionalchinese.Big5, korean.EUCKR, japanese.EUCJP, japanese.ShiftJIS:
		return 6
	}
	return 3
}

// windowsSuperset is the Windows charset that programs mean when they put bytes
// into an ISO charset which it does not define.
func windowsSuperset(enc encoding.Encoding) encoding.Encoding {
	switch enc {
	case charmap.ISO8859_2:
		return charmap.Windows1250
	case charmap.ISO8859_7:
		return charmap.Windows1253
	case charmap.ISO8859_8, charmap.ISO8859_8I:
		return charmap.Windows1255
	case charmap.ISO8859_13:
		return charmap.Windows1257
	case charmap.ISO8859_15:
		return charmap.Windows1252
	}
	return nil
}

// hasC1 reports bytes that are control characters in the ISO charsets.
func hasC1(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 && c < 0xa0 && c != 0x85 {
			return true
		}
	}
	return false
}

var isoKorean = []byte("\x1b$)C")

// decodeISO2022KR decodes RFC 1557: between SO and SI the bytes are those of
// EUC-KR without their upper bit.
func decodeISO2022KR(b []byte) string {
	out := make([]byte, 0, len(b))
	shifted := false
	for _, c := range bytes.ReplaceAll(b, isoKorean, nil) {
		switch {
		case c == 0x0e:
			shifted = true
		case c == 0x0f:
			shifted = false
		case c == '\n':
			shifted = false
			out = append(out, c)
		case shifted && c > ' ':
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return decodeWith(out, korean.EUCKR)
}

func decodeWith(b []byte, enc encoding.Encoding) string {
	if table, ok := enc.(*charmap.Charmap); ok {
		return decodeBytes(b, table)
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(out)
}

// decodeBytes decodes a charset of one byte.
func decodeBytes(b []byte, table *charmap.Charmap) string {
	high := 0
	for _, c := range b {
		high += int(c >> 7)
	}
	var out strings.Builder
	out.Grow(len(b) + high) // most characters need two bytes
	for _, c := range b {
		if c < utf8.RuneSelf {
			out.WriteByte(c)
		} else {
			out.WriteRune(table.DecodeByte(c))
		}
	}
	return out.String()
}

// isJapanese looks for the escapes of RFC 1468, which mean nothing in any other
// charset that mail without a declaration uses.
func isJapanese(b []byte) bool {
	return isASCII(b) && (bytes.Contains(b, []byte("\x1b$B")) || bytes.Contains(b, []byte("\x1b$@")))
}

// mostlyUTF8 reports that text is UTF-8 with a few spoilt bytes, as after a cut
// in the middle of a character, rather than in another charset, in which now
// and then two bytes are valid UTF-8 by chance.
func mostlyUTF8(b []byte) bool {
	const goodForBad = 8 // characters of UTF-8 for each run of bytes that are none
	good, bad, run := 0, 0, 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			if run++; run == 1 {
				bad++
			}
		case size > 1:
			good++
			run = 0
		default:
			run = 0
		}
		b = b[size:]
	}
	cut := bad == 1 && run > 0 && run < utf8.UTFMax // at the end
	return good > 0 && (cut || good >= goodForBad*bad)
}

// mendUTF8 reads what is not UTF-8 in a text that otherwise is. A byte before a
// letter comes from a text in windows-1252 that was pasted in; anything else is
// the rest of a character, and lost.
func mendUTF8(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) + len(b)/2)
	spoilt := false
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		switch {
		case r != utf8.RuneError || size > 1:
			out.Write(b[i : i+size])
			spoilt = false
		case b[i] >= 0xc0 && i+1 < len(b) && isLetter(b[i+1]):
			out.WriteRune(charmap.Windows1252.DecodeByte(b[i]))
			spoilt = false
		case !spoilt:
			out.WriteRune(utf8.RuneError)
			spoilt = true
		}
		i += size
	}
	return out.String()
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
		"x-unicode-2-0-utf-7", "csunicode11utf7", "iso-2022-kr", "csiso2022kr":
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
	case "utf-16", "utf16", "unicode", "ucs-2", "iso-10646-ucs-2":
		return utf16Any, true
	case "utf-16be":
		return utf16BE, true
	case "utf-16le":
		return utf16LE, true
	case "utf-32", "utf32", "ucs-4", "utf-32be":
		return utf32BE, true
	case "utf-32le":
		return utf32LE, true
	case "x-user-defined": // browsers map it to private characters
		return nil, false
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
