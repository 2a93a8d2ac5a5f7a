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
