package imappoll

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// inMemory is the largest mail that is kept in memory until it is taken in: most
	// mail without files is smaller by far.
	inMemory = 1 << 20

	// batchMemory is how much of a batch is, whatever the server said of its sizes.
	batchMemory = 2 * batchBytes
)

// mail is one that was fetched.
type mail struct {
	listed
	head  []byte   // the beginning
	body  []byte   // all of it, unless it is in the file
	file  *os.File // nil, or one without a name
	cause helpdesk.Cause
	words string
}

func (m *mail) reader() io.Reader {
	if m.file != nil {
		return io.NewSectionReader(m.file, 0, 1<<62)
	}
	return bytes.NewReader(m.body)
}

func (m *mail) close() {
	if m.file != nil {
		_ = m.file.Close() // it was written to be read back, and was
	}
}

// spool keeps the mails of a batch until they are taken in.
type spool struct {
	dir    string
	memory int64 // used
}

// read keeps a mail of at most so many bytes. It returns nil for one that broke
// off; an error is ours, or errOversized.
func (s *spool) read(l listed, body io.Reader, most int64) (*mail, error) {
	m := &mail{listed: l}
	var b bytes.Buffer
	b.Grow(int(min(max(l.size, 0), inMemory)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(body, min(inMemory, most)+1))
	if err != nil {
		return nil, nil
	}
	m.head = b.Bytes()[:min(b.Len(), maxHeader)]
	switch s.memory += n; {
	case n > most:
		return nil, errOversized
	case n <= inMemory && s.memory <= batchMemory:
		m.body = b.Bytes()
		return m, nil
	}
	s.memory -= n
	m.head = bytes.Clone(m.head)
	return s.toFile(m, b.Bytes(), body, most)
}

func (s *spool) toFile(m *mail, begin []byte, rest io.Reader, most int64) (*mail, error) {
	file, err := os.CreateTemp(s.dir, "mail-*")
	if err != nil {
		return nil, failed(StepKeep, fmt.Errorf("keep a large mail: %w", err))
	}
	_ = os.Remove(file.Name()) // it is gone with the process, whatever happens
	m.file = file
	w := &ownError{w: file}
	n, err := io.Copy(w, io.MultiReader(bytes.NewReader(begin), io.LimitReader(rest, most-int64(len(begin))+1)))
	switch {
	case w.err != nil:
		m.close()
		return nil, failed(StepKeep, fmt.Errorf("keep a large mail: %w", w.err))
	case err != nil:
		m.close()
		return nil, nil
	case n > most:
		m.close()
		return nil, errOversized
	}
	return m, nil
}

// ownError tells an error of the writer from one of the reader.
type ownError struct {
	w   io.Writer
	err error
}

// Write implements io.Writer.
func (o *ownError) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	o.err = errors.Join(o.err, err)
	return n, err
}
