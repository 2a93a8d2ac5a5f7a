package outbound

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	// spoolMemory is the most of one mail that is held in memory: text and a
	// picture. What is larger goes to a file, so that a mail with 25 MiB of files
	// costs each of the workers this much and no more.
	spoolMemory = 256 << 10

	// smallSpool is what a spool begins with: most mails fit.
	smallSpool = 16 << 10

	spoolPrefix = "mail-" // of the names of files
)

// Spools makes spools whose files are in a folder of this process. It is safe for
// concurrent use.
type Spools struct {
	dir    string
	memory sync.Pool // of *[]byte
}

// OpenSpools makes the folder and removes what a process that was killed may have
// left in it.
func OpenSpools(dir string) (*Spools, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for mail on its way: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read folder for mail on its way: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), spoolPrefix) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("remove mail that was left: %w", err)
		}
	}
	s := &Spools{dir: dir}
	s.memory.New = func() any {
		b := make([]byte, 0, smallSpool)
		return &b
	}
	return s, nil
}

// New makes an empty spool. Close must be called in the end.
func (s *Spools) New() *Spool {
	return &Spool{spools: s, memory: s.memory.Get().(*[]byte)}
}

// Spool holds one mail while it is composed and handed over: written once, read
// as often as need be. It is for one goroutine.
type Spool struct {
	spools *Spools
	top    []byte  // header fields that came last and stand first
	memory *[]byte // the mail, or what of it is not in the file yet
	file   *os.File
	stored int64 // bytes in the file
}

// Write implements io.Writer. After WriteTo it must not be called.
func (s *Spool) Write(p []byte) (int, error) {
	if len(*s.memory)+len(p) > spoolMemory {
		if err := s.spill(); err != nil {
			return 0, err
		}
		if len(p) > spoolMemory {
			return s.store(p)
		}
	}
	*s.memory = append(*s.memory, p...)
	return len(p), nil
}

// Prepend puts whole header fields on top of what is written.
func (s *Spool) Prepend(fields []byte) { s.top = append(append([]byte(nil), fields...), s.top...) }

// Size is how many bytes WriteTo writes.
func (s *Spool) Size() int64 { return int64(len(s.top)) + s.stored + int64(len(*s.memory)) }

// WriteTo implements io.WriterTo: each call writes the whole mail.
func (s *Spool) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(s.top)
	total := int64(n)
	if err == nil && s.file != nil {
		var copied int64
		copied, err = io.Copy(w, io.NewSectionReader(s.file, 0, s.stored))
		total += copied
	}
	if err == nil {
		n, err = w.Write(*s.memory)
		total += int64(n)
	}
	return total, err
}

// Close gives back what the spool holds. It may be called twice.
func (s *Spool) Close() {
	if s.memory == nil {
		return
	}
	*s.memory = (*s.memory)[:0]
	s.spools.memory.Put(s.memory)
	s.memory, s.top = nil, nil
	if s.file != nil {
		_ = s.file.Close() // it has no name, and nobody reads it again
	}
}

// spill moves what is in memory to the file. The file loses its name at once, so
// that it goes with the process however that ends.
func (s *Spool) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.spools.dir, spoolPrefix+"*")
		if err != nil {
			return fmt.Errorf("make file for mail: %w", err)
		}
		s.file = f
		if err := os.Remove(f.Name()); err != nil {
			return fmt.Errorf("make file for mail: %w", err)
		}
	}
	_, err := s.store(*s.memory)
	*s.memory = (*s.memory)[:0]
	return err
}

func (s *Spool) store(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.stored += int64(n)
	if err != nil {
		err = fmt.Errorf("write file of mail: %w", err)
	}
	return n, err
}
