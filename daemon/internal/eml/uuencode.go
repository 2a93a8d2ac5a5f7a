package eml

import (
	"bytes"
	"io"
	"strings"
)

// Encodings that are older than MIME and need a frame of their own.
const (
	uuEncoding   = "x-uuencode" // POSIX.1-2024, uuencode
	yEncEncoding = "x-yenc"     // yEnc draft 1.3
)

// framed is one file that stands in a text: from the line that begins it to
// the one that ends it.
type framed struct {
	start, end int // of the frame, its last line end included
	from, to   int // of the encoded data
	name       string
	encoding   string
	open       bool // the line that ends it is missing
}

// framer finds the files that stand in a text, each byte of which it looks at
// a bounded number of times.
type framer struct {
	b       []byte
	lastEnd int // where the last "=yend" line begins, -1 for none
}

func newFramer(b []byte) framer { return framer{b, bytes.LastIndex(b, yEncEnd)} }

var (
	beginMark = []byte("begin")
	yEncEnd   = []byte("\n=yend ")
)

// next finds the first file at or after pos, which must be the beginning of a
// line. A line that only looks like the beginning of one is text.
func (fr framer) next(pos int) (framed, bool) {
	for at := pos; ; {
		i := bytes.Index(fr.b[at:], beginMark)
		if i < 0 {
			return framed{}, false
		}
		at += i
		start := at
		if bytes.HasSuffix(fr.b[pos:at], []byte("=y")) {
			start -= len("=y")
		}
		if start == pos || fr.b[start-1] == '\n' {
			if f, ok := fr.at(start); ok {
				return f, true
			}
		}
		at += len(beginMark)
	}
}

func (fr framer) at(pos int) (f framed, ok bool) {
	b := fr.b
	line, next := lineAt(b, pos)
	f = framed{start: pos, from: next}
	var name []byte
	if rest, found := bytes.CutPrefix(line, []byte("begin-base64 ")); found {
		if name, ok = modeAndName(rest); ok {
			f.encoding = base64Encoding
			f, ok = base64Frame(b, f)
		}
	} else if rest, found := bytes.CutPrefix(line, []byte("begin ")); found {
		if name, ok = modeAndName(rest); ok {
			f.encoding = uuEncoding
			f, ok = uuFrame(b, f)
		}
	} else if rest, found := bytes.CutPrefix(line, []byte("=ybegin ")); found && bytes.Contains(rest, []byte("size=")) {
		if _, name, ok = bytes.Cut(rest, []byte(" name=")); ok {
			f.encoding = yEncEncoding
			f, ok = fr.yEncFrame(f)
		}
	}
	if ok {
		f.name = strings.TrimSpace(decodeWords(string(name[:min(len(name), 4*MaxFilename)]), ""))
	}
	return f, ok
}

// lineAt returns the line at pos without its line end, and where the next begins.
func lineAt(b []byte, pos int) (line []byte, next int) {
	line, next = b[min(pos, len(b)):], len(b)
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line, next = line[:i], pos+i+1
	}
	return bytes.TrimRight(line, "\r"), next
}

// modeAndName reads "644 name". More than a usual name is a sentence.
func modeAndName(b []byte) ([]byte, bool) {
	mode, name, ok := bytes.Cut(b, []byte(" "))
	if !ok || len(mode) < 3 || len(mode) > 4 || len(bytes.Trim(mode, "01234567")) > 0 || len(name) > MaxFilename {
		return nil, false
	}
	return name, len(bytes.TrimSpace(name)) > 0
}

// uuFrame reads lines as long as they can be uuencoded ones. The first tells
// whether a file begins at all.
func uuFrame(b []byte, f framed) (framed, bool) {
	lines, pos := 0, f.from
	for pos < len(b) {
		line, next := lineAt(b, pos)
		switch n := uuLength(line); {
		case string(bytes.TrimRight(line, " \t")) == "end":
			f.to, f.end = pos, next
			return f, true
		case n < 0 && len(line) > 0: // text again
			f.to, f.end, f.open = pos, pos, true
			return f, lines > 1
		case n > 0:
			lines++
		}
		pos = next
	}
	f.to, f.end, f.open = pos, pos, true
	return f, lines > 1
}

// uuLength is how many bytes a line holds, -1 when it is none. Blanks at its
// end may have been lost, so up to half of it may be missing.
func uuLength(line []byte) int {
	if len(line) == 0 {
		return -1
	}
	for _, c := range line {
		if c < ' ' || c > '`' {
			return -1
		}
	}
	n := int(line[0]-' ') & 63
	have, need := len(line)-1, (n+2)/3*4
	if have > need+2 || have < need/2 || n == 0 && have > 0 { // some add a checksum
		return -1
	}
	return n
}

func base64Frame(b []byte, f framed) (framed, bool) {
	lines := 0
	for pos := f.from; pos < len(b); {
		line, next := lineAt(b, pos)
		line = bytes.TrimRight(line, " \t")
		if string(line) == "====" {
			f.to, f.end = pos, next
			return f, lines > 0
		}
		if !isBase64Line(line) {
			break
		}
		lines++
		pos = next
	}
	return f, false
}

func isBase64Line(line []byte) bool {
	line = bytes.TrimRight(line, "=")
	for _, c := range line {
		if base64Values[c] == notBase64 {
			return false
		}
	}
	return len(line) > 0
}

func (fr framer) yEncFrame(f framed) (framed, bool) {
	if line, next := lineAt(fr.b, f.from); bytes.HasPrefix(line, []byte("=ypart ")) {
		f.from = next
	}
	if fr.lastEnd < f.from-1 {
		return f, false
	}
	f.to = f.from - 1 + bytes.Index(fr.b[f.from-1:], yEncEnd)
	_, f.end = lineAt(fr.b, f.to+1)
	f.to = max(f.to, f.from)
	return f, true
}

// newUUReader decodes the lines of a uuencoded file; those that are none are
// passed over.
func newUUReader(src []byte) io.Reader {
	pos := 0
	return &decodeReader{step: func(dst []byte) []byte {
		const most = 63 // bytes of one line
		for pos < len(src) && len(dst)+most <= cap(dst) {
			line, next := lineAt(src, pos)
			pos = next
			if n := uuLength(line); n > 0 {
				dst = appendUU(dst, line[1:], n)
			}
		}
		return dst
	}}
}

func appendUU(dst, line []byte, n int) []byte {
	sextet := func(i int) byte {
		if i < len(line) {
			return (line[i] - ' ') & 63
		}
		return 0
	}
	for i := 0; n > 0; i, n = i+4, n-3 {
		a, b, c, d := sextet(i), sextet(i+1), sextet(i+2), sextet(i+3)
		group := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | d}
		dst = append(dst, group[:min(n, 3)]...)
	}
	return dst
}

// newYEncReader decodes what stands between =ybegin and =yend.
func newYEncReader(src []byte) io.Reader {
	pos := 0
	return &decodeReader{step: func(dst []byte) []byte {
		for pos < len(src) && len(dst) < cap(dst) {
			c := src[pos]
			pos++
			switch {
			case c == '\r' || c == '\n':
				continue
			case c == '=' && pos < len(src):
				c = src[pos] - 64
				pos++
			}
			dst = append(dst, c-42)
		}
		return dst
	}}
}
