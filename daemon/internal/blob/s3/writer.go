package s3

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

// writeBuffer spares system calls when a mail arrives line by line.
const writeBuffer = 64 << 10

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
		w.err = blob.DiskError("write a blob", err)
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
		return blob.Ref{}, blob.DiskError("commit a blob", err)
	}
	ref := blob.Ref{Hash: blob.Hash(w.sum.Sum(nil)), Size: w.size}
	// A section is read again from its beginning when a request is repeated.
	body := io.NewSectionReader(w.file, 0, w.size)
	if _, err := w.store.put(ctx, w.store.key(w.account, ref.Hash), body, ref.Size, ref.Hash); err != nil {
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
