// Package blob keeps bytes under the SHA-256 of what they are: raw mail,
// bodies, attachments. A blob never changes, is written by streaming, and is
// durable when [Writer.Commit] returns, which is what lets an SMTP server
// answer 250.
//
// Every access names the account. Two accounts never share a blob, not even an
// identical one: whether a store already has some bytes must tell nothing about
// somebody else's mail.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

var (
	// ErrNotFound says that this account has no such blob.
	ErrNotFound = errors.New("no such blob")

	// ErrFull says that the storage has no room, or the quota is used up. It may
	// have room later: mail is answered with 452, never a 5xx.
	ErrFull = errors.New("blob storage is full")

	// ErrAccount says that a name cannot be an account's (see [CheckAccount]).
	ErrAccount = errors.New("not an account name")

	// ErrClosed is returned for a Write or Commit after Commit or Abort.
	ErrClosed = errors.New("blob writer is closed")

	// ErrTooLarge is returned by [Get] for a blob above its limit.
	ErrTooLarge = errors.New("blob is larger than asked for")

	// ErrCorrupt says that stored bytes are not those that were stored.
	ErrCorrupt = errors.New("blob does not match its hash")
)

// Hash is the SHA-256 of a blob's bytes, and its name.
type Hash [sha256.Size]byte

// String returns 64 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// IsZero reports "no hash"; no known bytes have it.
func (h Hash) IsZero() bool { return h == Hash{} }

// ParseHash reads what [Hash.String] writes, and no other spelling.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != hex.EncodedLen(len(h)) {
		return Hash{}, fmt.Errorf("read blob hash: %d characters, want %d", len(s), hex.EncodedLen(len(h)))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("read blob hash: %w", err)
	}
	if h.String() != s {
		return Hash{}, errors.New("read blob hash: upper-case digits")
	}
	return h, nil
}

// MarshalText implements [encoding.TextMarshaler].
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}

// Ref is what a record keeps of a blob.
type Ref struct {
	Hash Hash  `json:"hash"`
	Size int64 `json:"size"` // bytes
}

// Info is a blob and when it was last stored: storing the same bytes again
// counts, so that a sweep of unreferenced blobs spares what was just accepted.
type Info struct {
	Ref
	Stored time.Time
}

// Store is where blobs are. Accounts are as [CheckAccount] wants them, or the
// error is [ErrAccount]. It is safe for concurrent use.
type Store interface {
	// Create begins a blob. The caller must call Commit or Abort.
	Create(ctx context.Context, account string) (Writer, error)

	// Open reads a blob: [ErrNotFound] if the account has none. What it returns
	// is not checked against the hash (that is [Get]'s and the scrubber's).
	Open(ctx context.Context, account string, h Hash) (Reader, error)

	// Stat tells of a blob without reading it: [ErrNotFound] if the account has
	// none.
	Stat(ctx context.Context, account string, h Hash) (Info, error)

	// List yields the account's blobs in no particular order, and ends after an
	// error. Blobs that come or go meanwhile may be missed.
	List(ctx context.Context, account string) iter.Seq2[Info, error]

	// Delete removes a blob that was last stored before the given time, and
	// reports whether it did; a blob that is not there is no error. A caller
	// must choose a time well before its look at the references: between the
	// commit of a blob and that of the record that names it lies a moment.
	Delete(ctx context.Context, account string, h Hash, before time.Time) (bool, error)
}

// Writer takes the bytes of one blob; it is for one goroutine. After an error
// of Write only Abort is of use: a part of a blob is never stored.
type Writer interface {
	io.Writer

	// Commit makes the blob durable and visible, and closes the writer. Bytes
	// the account already has are kept once. [ErrFull] if there is no room.
	// After any error nothing may rely on the blob.
	Commit(ctx context.Context) (Ref, error)

	// Abort drops what was written. It may be called at any time and more than
	// once; after Commit it does nothing, so it can be deferred.
	Abort()
}

// Reader reads one blob.
type Reader interface {
	io.ReadSeekCloser
	Size() int64
}

// Put stores b.
func Put(ctx context.Context, s Store, account string, b []byte) (Ref, error) {
	w, err := s.Create(ctx, account)
	if err != nil {
		return Ref{}, err
	}
	defer w.Abort()
	if _, err := w.Write(b); err != nil {
		return Ref{}, err
	}
	return w.Commit(ctx)
}

// Get returns the bytes of a blob of at most limit bytes, checked against the
// hash: [ErrTooLarge] or [ErrCorrupt] otherwise.
func Get(ctx context.Context, s Store, account string, h Hash, limit int64) ([]byte, error) {
	r, err := s.Open(ctx, account, h)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	if r.Size() > limit {
		return nil, fmt.Errorf("read blob %s of %d bytes: %w", h, r.Size(), ErrTooLarge)
	}
	b := bytes.NewBuffer(make([]byte, 0, r.Size()))
	if _, err := io.Copy(b, io.LimitReader(r, r.Size()+1)); err != nil {
		return nil, fmt.Errorf("read blob %s: %w", h, err)
	}
	if Hash(sha256.Sum256(b.Bytes())) != h {
		return nil, fmt.Errorf("read blob %s: %w", h, ErrCorrupt)
	}
	return b.Bytes(), nil
}

// maxAccount is the longest name of a Kubernetes namespace (RFC 1123 label).
const maxAccount = 63

// CheckAccount wants 1 to 63 of a-z, 0-9, "." and "-", and not dots alone: a
// name that is itself as a directory and as part of an object key.
func CheckAccount(name string) error {
	if name == "" || len(name) > maxAccount {
		return fmt.Errorf("%w: it must have 1 to %d characters", ErrAccount, maxAccount)
	}
	dots := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c == '.':
			dots++
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
		default:
			return fmt.Errorf("%w: %q has characters other than a-z, 0-9, dot and hyphen", ErrAccount, name)
		}
	}
	if dots == len(name) {
		return fmt.Errorf("%w: %q is nothing but dots", ErrAccount, name)
	}
	return nil
}
