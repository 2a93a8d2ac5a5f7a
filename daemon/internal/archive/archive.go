// Package archive reads mail that was kept in files: mbox, Maildir, and files of
// one mail each.
//
// [Read] goes through all of it once and notes where each mail lies, when it was
// written and which others it belongs with; a mail costs some dozen bytes of
// memory, however large it is. [Archive.Open] reads one of them. Nothing is ever
// written.
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Archive is what was found, in the order in which it was written.
type Archive struct {
	Mails   []Mail
	LeftOut Tally // what is no mail to take: deleted, a draft, unwanted, too old
	Unread  Tally // what could not be read, with the reason

	files []file
}

// Mail is one mail of an archive.
type Mail struct {
	Thread int32 // mails of one number may belong together, others do not
	Sent   bool  // it lies among the mail that was sent
	Report bool  // a report, about a mail that it may not name in its header

	exact      bool // nothing in it is quoted
	file       int32
	at         int64 // seconds since 1970
	start, end int64
}

// At is when the mail was written: its Date where that is to be believed, else what
// the archive tells.
func (m *Mail) At() time.Time { return time.Unix(m.at, 0).UTC() }

// file is one that mails lie in.
type file struct {
	path     string
	size     int64
	modified time.Time
	mbox     bool
}

// Options of Read.
type Options struct {
	Since time.Time // leave out what was written before; zero takes all
	Now   time.Time // what is dated later is not believed

	// Progress is told now and then how much was read; it may be nil.
	Progress func(mails int, bytes int64)
}

// Read finds the mails of files and folders. What cannot be read is noted, and
// does not end it; the error is that of the context.
func Read(ctx context.Context, paths []string, o Options) (*Archive, error) {
	r := &reader{archive: &Archive{}, options: o, threads: newThreads()}
	for _, p := range paths {
		if err := r.named(ctx, p); err != nil {
			return nil, err
		}
	}
	r.archive.Mails = r.ordered()
	return r.archive, nil
}

// ErrChanged is told of a mail whose file is not as it was when it was found.
var ErrChanged = errors.New("its file has changed since it was looked through")

// Open reads one mail as it was before it was put into its file.
func (a *Archive) Open(m *Mail) (io.ReadCloser, error) {
	f := &a.files[m.file]
	in, err := os.Open(f.path)
	if err != nil {
		return nil, err
	}
	info, err := in.Stat()
	if err == nil && (info.Size() != f.size || !info.ModTime().Equal(f.modified)) {
		err = ErrChanged
	}
	if err != nil {
		_ = in.Close() // the reason is the other one
		return nil, err
	}
	var raw io.Reader = io.NewSectionReader(in, m.start, m.end-m.start)
	if f.mbox && !m.exact {
		raw = newUnquoter(raw)
	}
	return struct {
		io.Reader
		io.Closer
	}{raw, in}, nil
}

// HasFile reports a mail that is the only one in its file.
func (a *Archive) HasFile(m *Mail) bool { return !a.files[m.file].mbox }

// Place tells a person where a mail lies.
func (a *Archive) Place(m *Mail) string {
	f := &a.files[m.file]
	if f.mbox {
		return fmt.Sprintf("%s, byte %d", f.path, m.start)
	}
	return f.path
}

// Tally counts what happened by its reason, and keeps a few places of each.
type Tally []Count

// Count is one reason.
type Count struct {
	Why    string   `json:"why"`
	Count  int      `json:"count"`
	Places []string `json:"places"` // the first few
}

// maxPlaces is enough to look at; a thousand of one kind are like the first.
const maxPlaces = 5

// Add counts one more.
func (t *Tally) Add(why, place string) {
	for i := range *t {
		if c := &(*t)[i]; c.Why == why {
			if c.Count++; len(c.Places) < maxPlaces {
				c.Places = append(c.Places, place)
			}
			return
		}
	}
	*t = append(*t, Count{Why: why, Count: 1, Places: []string{place}})
}

// Total is the sum of all reasons.
func (t Tally) Total() (n int) {
	for _, c := range t {
		n += c.Count
	}
	return n
}
