package eml

import (
	"bytes"
	"io"
)

// decodeChunk is how much a transfer decoder decodes ahead.
const decodeChunk = 16 << 10

// chunkReader is a decoder that can also hand out its own buffer.
type chunkReader interface {
	io.Reader
	// chunk returns the next decoded bytes, valid until the next call; none at
	// the end.
	chunk() []byte
}

// decodeReader turns a step function into an io.Reader. A step appends to dst
// while there is room; it appends nothing only at the end of its source.
type decodeReader struct {
	step  func(dst []byte) []byte
	space []byte
	left  []byte
}

func (r *decodeReader) chunk() []byte {
	if r.space == nil {
		r.space = make([]byte, 0, decodeChunk)
	}
	out := r.left
	if len(out) == 0 {
		out = r.step(r.space)
	}
	r.left = nil
	return out
}

// Read implements [io.Reader].
func (r *decodeReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	out := r.chunk()
	if len(out) == 0 {
		return 0, io.EOF
	}
	n := copy(p, out)
	r.left = out[n:]
	return n, nil
}

func newPlainReader(src []byte) io.Reader { return bytes.NewReader(src) }

// decodedBound is how many bytes at most come out of n encoded ones.
func decodedBound(encoding string, n int) int {
	if encoding == base64Encoding {
		return n/4*3 + 3
	}
	return n // of uuencode too: what is missing at the end of lines is at most half
}

// decodeBase64 decodes all of src.
func decodeBase64(src []byte) []byte {
	d := base64Decoder{src: src}
	return d.step(make([]byte, 0, decodedBound(base64Encoding, len(src))+3))
}

// base64Decoder is RFC 2045 section 6.8 without its refusals: bytes outside
// the alphabet are passed over, padding may be missing, and padding in the
// middle ends a group, not the data, because some programs encode in pieces.
type base64Decoder struct {
	src  []byte
	pos  int
	bits uint32
	held int // sextets in bits
}

func newBase64Reader(src []byte) io.Reader {
	d := &base64Decoder{src: src}
	return &decodeReader{step: d.step}
}

const notBase64 = 0xff

var base64Values = func() (table [256]byte) {
	for i := range table {
		table[i] = notBase64
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

func (d *base64Decoder) step(dst []byte) []byte {
	for d.pos < len(d.src) && len(dst)+3 <= cap(dst) {
		if d.held == 0 && d.pos+4 <= len(d.src) {
			q := d.src[d.pos : d.pos+4 : d.pos+4]
			a, b, c, e := base64Values[q[0]], base64Values[q[1]], base64Values[q[2]], base64Values[q[3]]
			if a|b|c|e < 64 {
				dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|e)
				d.pos += 4
				continue
			}
		}
		c := d.src[d.pos]
		d.pos++
		if v := base64Values[c]; v != notBase64 {
			d.bits = d.bits<<6 | uint32(v)
			if d.held++; d.held == 4 {
				dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
				d.bits, d.held = 0, 0
			}
		} else if c == '=' {
			dst = d.flush(dst)
		}
	}
	if d.pos >= len(d.src) && len(dst)+3 <= cap(dst) {
		dst = d.flush(dst)
	}
	return dst
}

// flush writes out an unfinished group. One sextet alone holds no byte.
func (d *base64Decoder) flush(dst []byte) []byte {
	switch d.held {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.held = 0, 0
	return dst
}

// quotedDecoder is RFC 2045 section 6.7: escapes, soft line breaks, and blanks
// at line ends, which only transport can have put there. Anything that is no
// valid escape is kept as it stands.
type quotedDecoder struct {
	src     []byte
	pos     int
	literal int // blanks before this offset are known not to end a line
}

func newQuotedReader(src []byte) io.Reader {
	d := &quotedDecoder{src: src}
	return &decodeReader{step: d.step}
}

func (d *quotedDecoder) step(dst []byte) []byte {
	for d.pos < len(d.src) && len(dst) < cap(dst) {
		c := d.src[d.pos]
		switch {
		case c == '=':
			if b, ok := d.escape(); ok {
				dst = append(dst, b)
			}
			continue
		case isBlank(c) && d.pos >= d.literal:
			end := d.blanksEnd(d.pos)
			if d.lineEndsAt(end) {
				d.pos = end
				continue
			}
			d.literal = end
		}
		dst = append(dst, c)
		d.pos++
	}
	return dst
}

// escape consumes what begins with "=" and returns the byte it stands for; a
// soft line break stands for none.
func (d *quotedDecoder) escape() (byte, bool) {
	if d.pos+2 < len(d.src) {
		if hi, lo := hexDigit(d.src[d.pos+1]), hexDigit(d.src[d.pos+2]); hi >= 0 && lo >= 0 {
			d.pos += 3
			return byte(hi<<4 | lo), true
		}
	}
	end := d.blanksEnd(d.pos + 1)
	if !d.lineEndsAt(end) {
		d.pos++
		return '=', true
	}
	d.pos = end
	for d.pos < len(d.src) && d.src[d.pos] == '\r' {
		d.pos++
	}
	if d.pos < len(d.src) && d.src[d.pos] == '\n' {
		d.pos++
	}
	return 0, false
}

func (d *quotedDecoder) blanksEnd(i int) int {
	for i < len(d.src) && isBlank(d.src[i]) {
		i++
	}
	return i
}

func (d *quotedDecoder) lineEndsAt(i int) bool {
	return i >= len(d.src) || d.src[i] == '\r' || d.src[i] == '\n'
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
