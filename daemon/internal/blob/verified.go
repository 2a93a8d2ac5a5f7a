package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// OpenVerified is [Store.Open] for who reads a blob once from its beginning to
// its end: where it would end there, it ends with [ErrCorrupt] if the bytes were
// not those of the hash.
func OpenVerified(ctx context.Context, s Store, account string, h Hash) (io.ReadCloser, error) {
	r, err := s.Open(ctx, account, h)
	if err != nil {
		return nil, err
	}
	return &verified{Reader: r, want: h, sum: sha256.New()}, nil
}

type verified struct {
	Reader
	want Hash
	sum  hash.Hash
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.Reader.Read(p)
	v.sum.Write(p[:n])
	if err == io.EOF && Hash(v.sum.Sum(nil)) != v.want {
		return n, fmt.Errorf("read blob %s: %w", v.want, ErrCorrupt)
	}
	return n, err
}

// WriteTo hides that of the file below, which would pass the sum by.
func (v *verified) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{v})
}
