package eml

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func isWide(enc encoding.Encoding) bool {
	for _, wide := range wideEncodings {
		if enc == wide {
			return true
		}
	}
	return false
}

var (
	utf16Any = unicode.UTF16(unicode.BigEndian, unicode.UseBOM) // RFC 2781 section 4.3: no mark means big endian
	utf16BE  = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	utf16LE  = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf32BE  = utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	utf32LE  = utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)

	wideEncodings = []encoding.Encoding{utf16Any, utf16BE, utf16LE, utf32BE, utf32LE}
)

// decodeWide decodes UTF-16 and UTF-32 by what the bytes say about their width
// and order, then by the label. Bytes without a zero that are UTF-8 were never
// wide.
func decodeWide(b []byte, enc encoding.Encoding) string {
	if wide := findWide(b); wide != nil {
		return strings.TrimPrefix(decodeWith(b, wide), "\ufeff")
	}
	if bytes.IndexByte(b, 0) < 0 && utf8.Valid(b) && (len(b)%2 == 1 || isASCII(b) || sequences(b) > 2) {
		return string(b)
	}
	return strings.TrimPrefix(decodeWith(b, enc), "\ufeff")
}

// findWide recognises UTF-16 and UTF-32, by their mark or by zero bytes that
// stand where the upper half of most characters does. It is nil for others.
func findWide(b []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	sample := b[:min(len(b), detectWindow)&^3]
	var zeros [4]int
	for i, c := range sample {
		if c == 0 {
			zeros[i%4]++
		}
	}
	quarter := len(sample) / 4
	most := quarter - quarter/4 // three of four characters are of the first 256
	switch {
	case quarter == 0:
	case zeros[0] >= most && zeros[1] >= most && zeros[2] >= most && zeros[3] == 0:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case zeros[1] >= most && zeros[2] >= most && zeros[3] >= most && zeros[0] == 0:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case zeros[0] >= most && zeros[2] >= most && zeros[1]+zeros[3] == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case zeros[1] >= most && zeros[3] >= most && zeros[0]+zeros[2] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	}
	return nil
}
