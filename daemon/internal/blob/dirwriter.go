package blob

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"
)

// writeBuffer spares system calls when a mail arrives line by line: most mails
// fit, and 64 writers at once hold 4 MiB.
const writeBuffer = 64 << 10

var buffers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, writeBuffer) }}

// dirWriter writes a file in incoming, hashing on the way, until Commit gives
// it the name of its hash.
type dirWriter struct {
	dir     *Dir
	account string

	name   string // in incoming
	file   *os.File
	buffer *bufio.Writer
	sum    hash.Hash
	size   int64

	err   error // the first failure of a write, or ErrClosed
	moved bool  // the file has left incoming
}

func newDirWriter(d *Dir, account, name string, f *os.File) *dirWriter {
	b := buffers.Get().(*bufio.Writer)
	b.Reset(f)
	return &dirWriter{dir: d, account: account, name: name, file: f, buffer: b, sum: sha256.New()}
}

// Write implements [Writer].
func (w *dirWriter) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.buffer.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		w.err = DiskError("write a blob", err)
	}
	return n, w.err
}

// Commit implements [Writer]: fsync of the file, its final name, fsync of the
// directory. Once that has begun, ctx does not interrupt it.
func (w *dirWriter) Commit(ctx context.Context) (Ref, error) {
	if w.err != nil {
		return Ref{}, w.err
	}
	defer w.Abort()
	if err := ctx.Err(); err != nil {
		return Ref{}, fmt.Errorf("commit a blob: %w", err)
	}
	if err := w.finish(); err != nil {
		return Ref{}, DiskError("commit a blob", err)
	}
	ref := Ref{Hash: Hash(w.sum.Sum(nil)), Size: w.size}
	if err := w.publish(ref); err != nil {
		return Ref{}, DiskError("commit blob "+ref.Hash.String(), err)
	}
	return ref, nil
}

// finish makes the bytes durable. An fsync that failed is not tried again: the
// kernel may have dropped the pages and would report success. The file is
// given up, and whoever sends the bytes again gets a new one.
func (w *dirWriter) finish() error {
	if err := w.buffer.Flush(); err != nil {
		return err
	}
	if err := w.dir.ops.syncFile(w.file); err != nil {
		return err
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// publish gives the file its name. Its bytes are durable by now, so whoever
// sees the name, even after a power failure, sees all of them.
func (w *dirWriter) publish(ref Ref) error {
	f := w.dir.folder(folderPath(w.account, ref.Hash[0]))
	err := w.moveTo(f, filePath(w.account, ref.Hash))
	if errors.Is(err, fs.ErrNotExist) && !w.moved {
		// Somebody has removed the directory that we remember.
		w.dir.lost(f)
		err = w.moveTo(f, filePath(w.account, ref.Hash))
	}
	return err
}

func (w *dirWriter) moveTo(f *folder, final string) error {
	if err := w.dir.ready(f); err != nil {
		return err
	}
	return w.dir.change(f, func(suspect bool) error {
		if !suspect && w.keepOld(final) {
			return nil
		}
		err := w.dir.ops.rename(w.dir.root, w.name, final)
		w.moved = err == nil
		return err
	})
}

// keepOld reports that the account has these bytes already, and marks them as
// stored now, so that a sweep spares them. A file of another size is damaged
// and gives way. The directory is fsync'd all the same: whoever named the file
// may not have come to that yet.
func (w *dirWriter) keepOld(final string) bool {
	info, err := w.dir.root.Lstat(final)
	if err != nil || !info.Mode().IsRegular() || info.Size() != w.size {
		return false
	}
	now := time.Now()
	return w.dir.root.Chtimes(final, now, now) == nil
}

// Abort implements [Writer].
func (w *dirWriter) Abort() {
	if w.buffer == nil {
		return
	}
	w.err = ErrClosed
	w.buffer.Reset(io.Discard) // the pool must not hold the file
	buffers.Put(w.buffer)
	w.buffer = nil
	if w.file != nil {
		_ = w.file.Close() // the file is dropped
	}
	if !w.moved {
		_ = w.dir.root.Remove(w.name) // or else the next start removes it
	}
}
