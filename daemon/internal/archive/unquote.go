package archive

import (
	"bufio"
	"bytes"
	"io"
)

// unquoter takes away one ">" before "From " at the beginning of lines, as programs
// put it there (mboxrd; in mboxo, which quotes no second time, the same undoes
// it). Without that the mail would be another one than the one that came by SMTP.
type unquoter struct {
	in     *bufio.Reader
	left   []byte // of what was read
	begins bool   // the next byte begins a line
}

func newUnquoter(r io.Reader) *unquoter {
	return &unquoter{in: bufio.NewReaderSize(r, 64<<10), begins: true}
}

func (u *unquoter) Read(p []byte) (int, error) {
	if len(u.left) == 0 {
		line, err := u.in.ReadSlice('\n')
		if len(line) == 0 {
			return 0, err
		}
		if u.begins && isQuotedFrom(line) {
			line = line[1:]
		}
		u.left, u.begins = line, line[len(line)-1] == '\n'
	}
	n := copy(p, u.left)
	u.left = u.left[n:]
	return n, nil
}

func isQuotedFrom(line []byte) bool {
	rest := bytes.TrimLeft(line, ">")
	return len(rest) < len(line) && bytes.HasPrefix(rest, fromWord)
}
