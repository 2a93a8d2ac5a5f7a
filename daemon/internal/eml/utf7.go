package eml

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF7 decodes RFC 2152. Shifted sequences that hold no whole UTF-16 unit
// are dropped; other bytes stand for themselves.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			if b[i] < utf8.RuneSelf {
				out.WriteByte(b[i])
			} else {
				out.WriteRune(utf8.RuneError)
			}
			continue
		}
		end := i + 1
		for end < len(b) && base64Values[b[end]] != notBase64 {
			end++
		}
		if end == i+1 { // "+-" is a plus sign
			out.WriteByte('+')
		} else {
			writeUTF16(&out, decodeBase64(b[i+1:end]))
		}
		i = end - 1
		if end < len(b) && b[end] == '-' {
			i = end
		}
	}
	return out.String()
}

func writeUTF16(out *strings.Builder, b []byte) {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	for _, r := range utf16.Decode(units) {
		out.WriteRune(r)
	}
}
