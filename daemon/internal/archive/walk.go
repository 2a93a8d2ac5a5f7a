package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// reader goes through files and folders.
type reader struct {
	archive *Archive
	options Options
	threads *threads
	parents []id // of each mail, what it answers
	own     []id // of each mail
	bytes   int64
}

// place is what the folders around a file tell about it.
type place struct {
	named   bool // it was asked for by name
	maildir bool
	sent    bool
}

// named reads what was asked for by name: then it is taken as what it is, also a
// folder of deleted mail.
func (r *reader) named(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		r.unread(path, err)
		return nil
	}
	at := place{named: true, sent: kindOf(path) == sentKind}
	if info.IsDir() {
		return r.folder(ctx, path, at)
	}
	return r.file(ctx, path, at)
}

func (r *reader) unread(path string, err error) {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	r.archive.Unread.Add(err.Error(), path)
}

// folder reads a Maildir, or whatever else lies in a folder, and what is below.
func (r *reader) folder(ctx context.Context, path string, at place) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		r.unread(path, err)
		return nil
	}
	maildir := false
	for _, e := range entries {
		maildir = maildir || e.IsDir() && (e.Name() == "cur" || e.Name() == "new")
	}
	for _, e := range entries {
		name := filepath.Join(path, e.Name())
		switch {
		case maildir && e.Name() == "tmp": // not delivered yet
		case maildir && e.IsDir() && (e.Name() == "cur" || e.Name() == "new"):
			err = r.delivered(ctx, name, at)
		case e.IsDir():
			err = r.below(ctx, name, at)
		case !maildir: // beside the folders of a Maildir lie indexes
			err = r.file(ctx, name, place{sent: at.sent})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// below reads a folder in a folder, unless it is one whose mail nobody wants.
func (r *reader) below(ctx context.Context, path string, at place) error {
	kind := kindOf(path)
	if why := unwanted[kind]; why != "" {
		r.archive.LeftOut.Add("a folder of "+why, path)
		return nil
	}
	return r.folder(ctx, path, place{sent: at.sent || kind == sentKind})
}

// delivered reads the folder cur or new of a Maildir.
func (r *reader) delivered(ctx context.Context, path string, at place) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		r.unread(path, err)
		return nil
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if why := unwantedFlag(e.Name()); why != "" {
			r.archive.LeftOut.Add(why, filepath.Join(path, e.Name()))
			continue
		}
		if err := r.file(ctx, filepath.Join(path, e.Name()), place{maildir: true, sent: at.sent}); err != nil {
			return err
		}
	}
	return nil
}

// unwantedFlag reads the flags of a name in a Maildir. Systems whose names must
// not have a colon use other marks.
func unwantedFlag(name string) string {
	i := strings.LastIndex(name, "2,")
	if i < 1 || !strings.ContainsRune(":;!-", rune(name[i-1])) {
		return ""
	}
	switch flags := name[i+2:]; {
	case strings.Contains(flags, "T"):
		return unwanted[trashKind]
	case strings.Contains(flags, "D"):
		return unwanted[draftKind]
	}
	return ""
}

// file reads a file of mails, or of one.
func (r *reader) file(ctx context.Context, path string, at place) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := os.Stat(path) // before it is opened: that of a pipe waits for who writes to it
	if err == nil && !info.Mode().IsRegular() {
		r.archive.LeftOut.Add("neither a file nor a folder", path)
		return nil
	}
	in, err := os.Open(path)
	if err != nil {
		r.unread(path, err)
		return nil
	}
	defer in.Close()
	if info, err = in.Stat(); err != nil {
		r.unread(path, err)
		return nil
	}
	f := file{path: path, size: info.Size(), modified: info.ModTime()}
	if err := r.mails(ctx, in, f, at); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		r.unread(path, err)
	}
	return nil
}

// mails reads an open file by what it begins with.
func (r *reader) mails(ctx context.Context, in *os.File, f file, at place) error {
	first := make([]byte, 512)
	n, err := in.ReadAt(first, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	first = first[:n]
	switch packed := packedAs(first); {
	case packed != "" && (at.named || at.maildir || mayBeMail(f.path)):
		r.archive.Unread.Add(packed, f.path)
	case n == 0:
		if at.named || at.maildir {
			r.archive.LeftOut.Add("an empty file", f.path)
		}
	case bytes.HasPrefix(bytes.TrimLeft(first, "\r\n"), fromWord) && !at.maildir:
		if why := unwanted[kindOf(f.path)]; why != "" && !at.named {
			r.archive.LeftOut.Add("a folder of "+why, f.path)
			return nil
		}
		f.mbox, at.sent = true, at.sent || kindOf(f.path) == sentKind
		return r.mbox(ctx, in, f, at)
	case at.maildir || mayBeMail(f.path) || at.named && isField(first):
		return r.single(in, f, at)
	case at.named:
		r.archive.Unread.Add("it is neither a mail nor an mbox file", f.path)
	default:
		r.archive.LeftOut.Add("a file of another kind", f.path)
	}
	return nil
}

// packedAs says what has to be done first with a file that holds mail in a form
// that is not read.
func packedAs(first []byte) string {
	for _, p := range []struct{ magic, words string }{
		{"\x1f\x8b", "it is compressed: unpack it first"},
		{"BZh", "it is compressed: unpack it first"},
		{"\xfd7zXZ\x00", "it is compressed: unpack it first"},
		{"\x28\xb5\x2f\xfd", "it is compressed: unpack it first"},
		{"PK\x03\x04", "it is compressed: unpack it first"},
		{"!BDN", "it is an Outlook data file: turn it into mbox first, with readpst"},
	} {
		if bytes.HasPrefix(first, []byte(p.magic)) {
			return p.words
		}
	}
	return ""
}

// mayBeMail reports names that single mails have: NAME.eml, and the bare numbers
// of MH folders.
func mayBeMail(path string) bool {
	name := filepath.Base(path)
	return strings.EqualFold(filepath.Ext(name), ".eml") || isNumber([]byte(name))
}

func (r *reader) mbox(ctx context.Context, in io.ReaderAt, f file, at place) error {
	r.archive.files = append(r.archive.files, f)
	before := r.bytes
	err := openMbox(in, f.size).each(ctx, func(s span) error {
		m := Mail{file: int32(len(r.archive.files) - 1), start: s.start, end: s.end, exact: s.exact, Sent: at.sent}
		if s.end > s.start {
			r.take(m, s.from, s.head, fallback(dateOf(s.from), f.modified))
		}
		r.bytes = before + s.end
		r.progress()
		return nil
	})
	r.bytes = before + f.size
	return err
}

// single reads a file of one mail.
func (r *reader) single(in io.ReaderAt, f file, at place) error {
	r.archive.files = append(r.archive.files, f)
	head := make([]byte, min(f.size, 16<<10))
	for {
		if _, err := in.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if end := endOfHead(head); end >= 0 || int64(len(head)) == min(f.size, maxHead) {
			if end >= 0 {
				head = head[:end]
			}
			break
		}
		head = make([]byte, min(f.size, maxHead, int64(4*len(head))))
	}
	r.take(Mail{file: int32(len(r.archive.files) - 1), end: f.size, Sent: at.sent}, nil, head, fallback(delivery(f.path), f.modified))
	r.bytes += f.size
	r.progress()
	return nil
}

// endOfHead is where the blank line is; -1 if there is none.
func endOfHead(b []byte) int {
	lf, crlf := bytes.Index(b, []byte("\n\n")), bytes.Index(b, []byte("\n\r\n"))
	if lf < 0 || crlf >= 0 && crlf < lf {
		return crlf
	}
	return lf
}

// delivery is the time in the name of a file in a Maildir; zero if there is none.
func delivery(path string) time.Time {
	seconds, _, ok := strings.Cut(filepath.Base(path), ".")
	n, err := strconv.ParseInt(seconds, 10, 64)
	const digits = 9 // from 1973 on
	if !ok || err != nil || len(seconds) < digits {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// progressEvery is how often it is told, in mails.
const progressEvery = 1000

func (r *reader) progress() {
	if r.options.Progress != nil && len(r.archive.Mails)%progressEvery == 0 {
		r.options.Progress(len(r.archive.Mails), r.bytes)
	}
}
