package s3

import (
	"bufio"
	"context"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/minio/minio-go/v7"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

// writeBuffer spares system calls when a mail arrives line by line.
const writeBuffer = 64 << 10

func rand() string { return cryptorand.Text() }

func sumOf(text string) blob.Hash { return sha256.Sum256([]byte(text)) }

// spool is the local folder. Its files have no name, so nothing is left of them.
type spool struct{ root *os.Root }

func openSpool(path string) (*spool, error) {
	const mode = 0o700
	if err := os.MkdirAll(path, mode); err != nil {
		return nil, fmt.Errorf("open the folder for blobs on their way: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the folder for blobs on their way: %w", err)
	}
	return &spool{root}, nil
}

func (s *spool) file() (*os.File, error) {
	const mode = 0o600
	name := rand()
	f, err := s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	if err := s.root.Remove(name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// writer gathers a blob in a local file, as its name is known only at its end.
type writer struct {
	store   *Store
	account string
	file    *os.File // nil once it is closed
	buffer  *bufio.Writer
	sum     hash.Hash
	size    int64
	err     error // the first failure of a write, or ErrClosed
}

func newWriter(s *Store, account string, f *os.File) *writer {
	return &writer{store: s, account: account, file: f, buffer: bufio.NewWriterSize(f, writeBuffer), sum: sha256.New()}
}

// Write implements [blob.Writer].
func (w *writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.buffer.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	if err != nil {
		w.err = localError("write a blob", err)
	}
	return n, w.err
}

// Commit implements [blob.Writer]. The blob is stored when the storage has said so;
// one that the account has already is stored again, which tells a sweep of it.
func (w *writer) Commit(ctx context.Context) (blob.Ref, error) {
	if w.err != nil {
		return blob.Ref{}, w.err
	}
	defer w.Abort()
	if err := ctx.Err(); err != nil {
		return blob.Ref{}, fmt.Errorf("commit a blob: %w", err)
	}
	if err := w.buffer.Flush(); err != nil {
		return blob.Ref{}, localError("commit a blob", err)
	}
	ref := blob.Ref{Hash: blob.Hash(w.sum.Sum(nil)), Size: w.size}
	// A section is read again from its beginning when a request is repeated.
	body := io.NewSectionReader(w.file, 0, w.size)
	if err := w.store.put(ctx, w.store.key(w.account, ref.Hash), body, ref.Size, ref.Hash); err != nil {
		return blob.Ref{}, w.store.fault("commit", ref.Hash.String(), err)
	}
	return ref, nil
}

// Abort implements [blob.Writer].
func (w *writer) Abort() {
	w.err = blob.ErrClosed
	if w.file != nil {
		_ = w.file.Close() // it has no name, and is gone
		w.file = nil
	}
}

// reader reads an object from where it was last sought to: one request for who reads
// from the beginning to the end.
type reader struct {
	ctx   context.Context
	store *Store
	key   string
	hash  blob.Hash

	body   io.ReadCloser // at offset; nil when it has to be asked for
	offset int64
	size   int64
	closed bool
}

// open asks for what begins at the offset.
func (r *reader) open() error {
	var options minio.GetObjectOptions
	if r.offset > 0 {
		if err := options.SetRange(r.offset, 0); err != nil { // to its end
			return fmt.Errorf("read blob %s: %w", r.hash, err)
		}
	}
	body, info, _, err := r.store.core.GetObject(r.ctx, r.store.bucket, r.key, options)
	if err != nil {
		return r.store.fault("read", r.hash.String(), err)
	}
	r.body = body
	if r.offset == 0 {
		r.size = info.Size
	}
	return nil
}

// Read implements [blob.Reader].
func (r *reader) Read(p []byte) (int, error) {
	switch {
	case r.closed:
		return 0, os.ErrClosed
	case r.offset >= r.size:
		return 0, io.EOF
	case r.body == nil:
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	n, err := r.body.Read(p)
	r.offset += int64(n)
	switch {
	case err == io.EOF && r.offset < r.size:
		err = fmt.Errorf("read blob %s: %w: %w", r.hash, ErrAway, io.ErrUnexpectedEOF)
	case err != nil && err != io.EOF:
		err = r.store.fault("read", r.hash.String(), err)
	}
	return n, err
}

// Seek implements [blob.Reader].
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.offset
	case io.SeekEnd:
		offset += r.size
	default:
		return 0, fmt.Errorf("read blob %s: seek from %d", r.hash, whence)
	}
	switch {
	case r.closed:
		return 0, os.ErrClosed
	case offset < 0:
		return 0, fmt.Errorf("read blob %s: seek before its beginning", r.hash)
	case offset != r.offset:
		r.drop()
		r.offset = offset
	}
	return offset, nil
}

func (r *reader) drop() {
	if r.body != nil {
		_ = r.body.Close() // the rest is not wanted
		r.body = nil
	}
}

// Size implements [blob.Reader].
func (r *reader) Size() int64 { return r.size }

// Close implements [blob.Reader].
func (r *reader) Close() error {
	r.drop()
	r.closed = true
	return nil
}
