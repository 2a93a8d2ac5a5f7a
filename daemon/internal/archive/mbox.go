package archive

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
)

// span is where a mail lies in an mbox file.
type span struct {
	start, end int64  // without the From line before it and the blank line after it
	from       []byte // that From line
	head       []byte // its header, no more than maxHead
	exact      bool   // its length was given, so nothing in it is quoted (mboxcl2)
}

// mbox finds the mails of an mbox file, of any of its kinds: lines that begin with
// "From " separate them, or the field Content-Length tells how long they are.
type mbox struct {
	in    io.ReaderAt
	size  int64
	lines *bufio.Reader
	pos   int64 // of the next byte of lines

	lengths bool // Content-Length is believed
	dated   bool // its From lines bear a date
}

const (
	// bufferSize is how much of a file is read at once. No line that matters is longer.
	bufferSize = 256 << 10
	// maxHead is as much of a header as is read of a mail at all.
	maxHead = 256 << 10
	// probes is how many mails must have a right Content-Length before it is
	// believed. Everybody can write that field into a mail; a wrong one would
	// swallow the mails behind it.
	probes = 3
)

var errStop = errors.New("enough")

// openMbox looks at the first mails to tell which kind of file it is.
func openMbox(in io.ReaderAt, size int64) *mbox {
	try := newMbox(in, size)
	try.lengths = true
	seen, exact := 0, 0
	_ = try.each(context.Background(), func(s span) error { // a file that cannot be read fails again below
		seen++
		if s.exact {
			exact++
		}
		if seen == probes {
			return errStop
		}
		return nil
	})
	m := newMbox(in, size)
	m.lengths = seen > 0 && seen == exact
	return m
}

func newMbox(in io.ReaderAt, size int64) *mbox {
	return &mbox{in: in, size: size, lines: bufio.NewReaderSize(io.NewSectionReader(in, 0, size), bufferSize)}
}

// each goes through the mails of a file that begins with "From ", or with blank
// lines before it.
func (m *mbox) each(ctx context.Context, yield func(span) error) error {
	from, _, err := m.line()
	for err == nil && len(from) > 0 && isBlank(from) {
		from, _, err = m.line()
	}
	m.dated = isDated(from)
	for err == nil && len(from) > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s := span{from: bytes.Clone(from), start: m.pos}
		if from, err = m.mail(&s); err != nil {
			return err
		}
		if err := yield(s); err != nil {
			return err
		}
	}
	return err
}

// line reads a line, or as much of it as fits; whole is false for the rest of one.
// It is empty at the end of the file.
func (m *mbox) line() (line []byte, whole bool, err error) {
	line, err = m.lines.ReadSlice('\n')
	m.pos += int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		return line, false, nil
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return line, true, err
}

// mail reads up to the next From line, and returns that; nothing at the end.
func (m *mbox) mail(s *span) (from []byte, err error) {
	from, more, err := m.header(s)
	if !more || err != nil {
		return from, err
	}
	if m.lengths {
		if end, next, ok := m.byLength(s.head, m.pos); ok {
			s.end, s.exact = end, true
			return m.skipTo(next)
		}
	}
	return m.body(s)
}

// header reads up to the blank line; more tells that there is one.
func (m *mbox) header(s *span) (from []byte, more bool, err error) {
	begins := true
	for {
		at := m.pos
		line, whole, err := m.line()
		switch {
		case err != nil:
			return nil, false, err
		case len(line) == 0:
			s.end = m.pos
			return nil, false, nil
		case begins && isBlank(line):
			return nil, true, nil
		case begins && len(s.head) > 0 && bytes.HasPrefix(line, fromWord):
			if line = bytes.Clone(line); m.separates(line, false) {
				s.end = at
				return line, false, nil
			}
		}
		s.head = append(s.head, line[:min(len(line), maxHead-len(s.head))]...)
		begins = whole
	}
}

// body reads up to the next From line and takes the blank line before it away.
func (m *mbox) body(s *span) (from []byte, err error) {
	blank := int64(0) // length of the line before, if it is a blank one
	after, begins := true, true
	for {
		at := m.pos
		line, whole, err := m.line()
		switch {
		case err != nil:
			return nil, err
		case len(line) == 0:
			s.end = m.pos - blank
			return nil, nil
		case begins && bytes.HasPrefix(line, fromWord):
			if line = bytes.Clone(line); m.separates(line, after) {
				s.end = at - blank
				return line, nil
			}
		}
		after, blank = begins && isBlank(line), 0
		if after {
			blank = int64(len(line))
		}
		begins = whole
	}
}

var fromWord = []byte("From ")

// separates tells a From line from a sentence that begins with that word, which
// many programs leave as it is. A From line ends with a date, and a header follows.
// In files whose From lines have none, a blank line has to come before.
func (m *mbox) separates(line []byte, afterBlank bool) bool {
	next, _ := m.lines.Peek(longestName)
	if !isDated(line) && (m.dated || !afterBlank) {
		return false
	}
	return isField(next)
}

// longestName is room for the name of a field.
const longestName = 128

// isField reports bytes that begin like a field of a header, or like what some
// programs put there.
func isField(b []byte) bool {
	if bytes.HasPrefix(b, []byte(">From ")) {
		return true
	}
	for i, c := range b {
		switch {
		case c == ':':
			return i > 0
		case c <= ' ' || c >= 0x7f:
			return false
		}
	}
	return false
}

// isDated reports a line with a month, a time of day and a year.
func isDated(line []byte) bool {
	var month, clock, year bool
	for word := range bytes.FieldsSeq(line) {
		word = bytes.Trim(word, ",")
		switch {
		case len(word) == 3 && bytes.Contains(months, bytes.ToLower(word)):
			month = true
		case len(word) == 4 && isNumber(word) && word[0] <= '2' && word[0] > '0':
			year = true
		case len(word) >= 4 && bytes.IndexByte(word, ':') > 0 && isNumber(bytes.ReplaceAll(word, []byte(":"), nil)):
			clock = true
		}
	}
	return month && clock && year
}

var months = []byte("jan feb mar apr may jun jul aug sep oct nov dec")

func isNumber(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

func isBlank(line []byte) bool { return len(bytes.TrimRight(line, "\r\n")) == 0 }

// byLength finds the end of the body by Content-Length, and where the next From
// line is. It is not believed unless one is there, or the end of the file.
func (m *mbox) byLength(head []byte, body int64) (end, next int64, ok bool) {
	length, ok := contentLength(head)
	if !ok || length > m.size-body {
		return 0, 0, false
	}
	end = body + length
	var after [1 << 10]byte
	n, err := m.in.ReadAt(after[:], end)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, false
	}
	rest := after[:n]
	for range 2 {
		rest = bytes.TrimPrefix(bytes.TrimPrefix(rest, []byte("\r")), []byte("\n"))
	}
	next = end + int64(n-len(rest))
	if next == m.size {
		return end, next, true
	}
	line, following, _ := bytes.Cut(rest, []byte("\n"))
	return end, next, bytes.HasPrefix(line, fromWord) && isDated(line) && isField(following)
}

// contentLength reads the field, if there is exactly one.
func contentLength(head []byte) (length int64, ok bool) {
	const name = "content-length:"
	for line := range bytes.Lines(head) {
		if len(line) < len(name) || string(bytes.ToLower(line[:len(name)])) != name {
			continue
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line[len(name):])), 10, 64)
		if err != nil || n < 0 || ok {
			return 0, false
		}
		length, ok = n, true
	}
	return length, ok
}

// skipTo goes on at a From line, and reads it.
func (m *mbox) skipTo(pos int64) ([]byte, error) {
	for m.pos < pos {
		n, err := m.lines.Discard(int(min(pos-m.pos, bufferSize)))
		m.pos += int64(n)
		if err != nil {
			return nil, err
		}
	}
	from, _, err := m.line()
	return from, err
}
