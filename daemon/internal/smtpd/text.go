package smtpd

import (
	"bytes"
	"errors"
	"io"
)

// text is a mail as DATA sends it, byte by byte. It ends at CR LF . CR LF and
// nowhere else.
//
// Without mend, a CR or LF that stands alone is refused. With it, it is mended on
// the way: LF, and any CRs before it, become CR LF; a CR that no LF follows becomes
// a space, as Postfix does (cleanup_replace_stray_cr_lf). A line that begins after
// a mended end gets a second dot if it begins with one: it is not known whether the
// sender doubled it, and so nothing that a mended end makes a line of can end the
// mail, and no dot is lost.
type text struct {
	mend  bool
	plain bool // of BDAT: dots mean nothing, and only the chunks say where it ends
	ended bool

	begun bool // within a line
	bent  bool // the line began after a mended end
	dot   bool // the line is one dot so far, after a true end
	crs   int  // that were read and wait for what follows
}

// mostCRs that are waited with, so that a mail of nothing but CRs costs nothing:
// one that ends a line, and one that some systems add.
const mostCRs = 2

// take appends to dst what is to go on of src, and tells how much of it belongs
// to the mail; not ok is a line end that is refused.
func (t *text) take(dst, src []byte) (out []byte, n int, ok bool) {
	for n < len(src) && !t.ended {
		switch b := src[n]; {
		case b == '\r':
			if t.crs > 0 && !t.mend {
				return dst, n, false
			}
			if t.crs++; t.crs > mostCRs {
				t.crs--
				dst = append(t.begin(dst), ' ')
			}
			n++
		case b == '\n':
			if t.crs != 1 && !t.mend {
				return dst, n, false
			}
			dst = t.endLine(dst)
			n++
		default:
			if t.crs > 0 && !t.mend {
				return dst, n, false
			}
			if t.crs > 0 {
				dst = append(t.begin(dst), "  "[:t.crs]...)
				t.crs = 0
			}
			run := lineRun(src[n:])
			dst = t.content(dst, src[n:n+run])
			n += run
		}
	}
	return dst, n, true
}

// lineRun is how many bytes come before the next CR or LF.
func lineRun(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	if i := bytes.IndexByte(b, '\r'); i >= 0 {
		b = b[:i]
	}
	return len(b)
}

// begin writes the dot that was waited with: the line goes on.
func (t *text) begin(dst []byte) []byte {
	if t.dot {
		t.dot = false
		dst = append(dst, '.')
	}
	t.begun = true
	return dst
}

func (t *text) content(dst, run []byte) []byte {
	if !t.begun && !t.plain && run[0] == '.' {
		t.begun = true
		switch {
		case t.bent:
			dst = append(dst, '.')
		case len(run) == 1:
			t.dot = true
			return dst
		}
	}
	return append(t.begin(dst), run...)
}

func (t *text) endLine(dst []byte) []byte {
	if t.dot {
		t.ended = t.crs == 1
		if dst = append(dst, '.'); !t.ended {
			dst = append(dst, '.') // not the end, but a line of one dot
		}
	}
	t.bent = t.crs == 0
	t.begun, t.dot, t.crs = false, false, 0
	return append(dst, '\r', '\n')
}

// mender mends the lines of a mail by BDAT, whose chunks are counted in octets as
// they came.
type mender struct {
	r   io.Reader
	t   text
	in  [4 << 10]byte
	out []byte
	buf []byte // the memory behind out
	err error
}

func newMender(r io.Reader) *mender { return &mender{r: r, t: text{mend: true, plain: true}} }

func (m *mender) Read(p []byte) (int, error) {
	for len(m.out) == 0 {
		if m.err != nil {
			return 0, m.err
		}
		var n int
		n, m.err = m.r.Read(m.in[:])
		m.buf, _, _ = m.t.take(m.buf[:0], m.in[:n]) // mending refuses nothing
		if m.out = m.buf; errors.Is(m.err, io.EOF) {
			m.out = append(m.out, "  "[:m.t.crs]...)
		}
	}
	n := copy(p, m.out)
	m.out = m.out[n:]
	return n, nil
}
