package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/minio/minio-go/v7"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

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
	switch {
	case r.offset == 0 && info.Size < 0:
		err = errors.New("the object storage does not say how long it is")
	case r.offset > 0 && info.Size != r.size-r.offset:
		// Some give all of it when they are asked for its end.
		err = fmt.Errorf("the object storage answers with %d bytes, and %d are left", info.Size, r.size-r.offset)
	}
	if err != nil {
		_ = body.Close() // nothing of it is wanted
		return fmt.Errorf("read blob %s: %w", r.hash, err)
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
