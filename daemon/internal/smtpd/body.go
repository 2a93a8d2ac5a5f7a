package smtpd

import (
	"errors"
	"io"
)

// body is a mail as it comes in. It ends with errTooLarge after left bytes, and
// with errLineEnding at a CR or LF that stands alone: mail systems that read
// those as line ends in different ways are what SMTP smuggling lives on
// (CVE-2023-51764 and its kin).
type body struct {
	r     io.Reader
	left  int64
	cr    bool  // the last byte was CR
	ended bool  // the end was reached, and all was well
	err   error // the first error but io.EOF
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	end := errors.Is(err, io.EOF)
	switch b.left -= int64(n); {
	case !b.check(p[:n]), end && b.cr:
		b.err = errLineEnding
	case b.left < 0:
		b.err = errTooLarge
	case end:
		b.ended = true
		return n, io.EOF
	default:
		b.err = err
		return n, err
	}
	return 0, b.err
}

// check reports whether each CR is followed by LF and each LF follows a CR.
func (b *body) check(p []byte) bool {
	for _, c := range p {
		if (c == '\n') != b.cr {
			return false
		}
		b.cr = c == '\r'
	}
	return true
}

// wireEnds looks at line ends before go-smtp does: it drops the CR of a line
// that begins with "." CR, and does not see the end of a mail behind a lone CR,
// so that both sides would wait.
type wireEnds struct {
	cr  bool // the last byte was CR
	dot int  // how much of LF "." CR was just read
}

// check reports whether no lone CR follows a dot that begins a line and, if
// strict, whether no CR or LF stands alone.
func (w *wireEnds) check(p []byte, strict bool) bool {
	for _, c := range p {
		if strict && (c == '\n') != w.cr || w.dot == 3 && c != '\n' {
			return false
		}
		w.cr = c == '\r'
		switch {
		case c == '\n':
			w.dot = 1
		case c == '.' && w.dot == 1, c == '\r' && w.dot == 2:
			w.dot++
		default:
			w.dot = 0
		}
	}
	return true
}
