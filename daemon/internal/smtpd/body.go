package smtpd

import (
	"errors"
	"io"
)

// body is a mail as it comes in. It ends with errTooLarge after left bytes, and
// with errLineEnding at a CR or LF that stands alone: mail systems that read
// those as line ends in different ways are what SMTP smuggling lives on
// (CVE-2023-51764 and its kin). err keeps the first error but io.EOF.
type body struct {
	r    io.Reader
	left int64
	cr   bool // the last byte was CR
	err  error
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if !b.check(p[:n]) {
		b.err = errLineEnding
		return 0, b.err
	}
	if b.left -= int64(n); b.left < 0 {
		b.err = errTooLarge
		return 0, b.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
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
