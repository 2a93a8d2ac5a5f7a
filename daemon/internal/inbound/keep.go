package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/semaphore"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// kept is a mail whose bytes are durable, and in memory until release.
type kept struct {
	ref     blob.Ref
	bytes   []byte
	release func()
	over    map[counted]bool                 // which counts the mail is over, once it is counted
	files   map[string][]helpdesk.Attachment // by account: what clean made blobs of, once for all mailboxes and tries

	verdicts map[check]mailauth.Verdict // authenticate: on the writer
	says     string                     // replay: identity of what it says, once it is asked for
}

// Memory bounds the bytes of large mails that are looked at at the same time.
// While a mail comes in, only its beginning is in memory: a thousand slow
// senders of large mails cost no more than a thousand of small ones.
type Memory struct {
	bytes int64
	sem   *semaphore.Weighted
}

const (
	// DefaultMemory lets a dozen mails of the largest size be read at once.
	DefaultMemory = 512 << 20
	// smallMail is kept in memory as it comes in, which saves reading it back.
	// Nearly all mail without files is smaller.
	smallMail = 64 << 10
)

// NewMemory makes a bound of so many bytes.
func NewMemory(bytes int64) *Memory {
	return &Memory{bytes: bytes, sem: semaphore.NewWeighted(bytes)}
}

// take waits until size bytes are free. A mail larger than all of it waits for
// all of it.
func (m *Memory) take(ctx context.Context, size int64) (release func(), err error) {
	size = min(size, m.bytes)
	if err := m.sem.Acquire(ctx, size); err != nil {
		return nil, err
	}
	return func() { m.sem.Release(size) }, nil
}

// keep stores the bytes before anything else looks at them: a mail that breaks
// a later step can be run again, and never has to be asked for twice. Each
// account keeps its own copy; nothing is shared between accounts. The caller
// must release what it gets.
func (p *Pipeline) keep(ctx context.Context, groups []group, raw io.Reader) (*kept, error) {
	begin := &beginning{most: smallMail}
	sinks := []io.Writer{begin}
	var copies []blob.Writer
	for _, g := range groups {
		w, err := p.Blobs.Create(ctx, g.account)
		if err != nil {
			return nil, keepError(err)
		}
		defer w.Abort()
		sinks, copies = append(sinks, w), append(copies, w)
	}
	if _, err := io.Copy(io.MultiWriter(sinks...), raw); err != nil {
		return nil, keepError(err)
	}
	k := &kept{release: func() {}, files: map[string][]helpdesk.Attachment{}}
	for _, w := range copies {
		var err error
		if k.ref, err = w.Commit(ctx); err != nil {
			return nil, keepError(err)
		}
	}
	if k.bytes = begin.kept; k.ref.Size <= smallMail {
		return k, nil
	}
	return p.readBack(ctx, groups[0].account, k)
}

// readBack brings a large mail into memory when there is room for it.
func (p *Pipeline) readBack(ctx context.Context, account string, k *kept) (*kept, error) {
	release, err := p.Memory.take(ctx, k.ref.Size)
	if err != nil {
		return nil, keepError(err)
	}
	if k.bytes, err = blob.Get(ctx, p.Blobs, account, k.ref.Hash, k.ref.Size); err != nil {
		release()
		return nil, keepError(err)
	}
	k.release = release
	return k, nil
}

// beginning keeps the first bytes of what is written to it.
type beginning struct {
	kept []byte
	most int
}

// Write implements io.Writer; it takes everything and keeps what fits.
func (b *beginning) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(b.most-len(b.kept), len(p))]...)
	return len(p), nil
}

// keepError tells a full disk, which the sender may wait for, from the rest.
func keepError(err error) error {
	err = fmt.Errorf("keep mail: %w", err)
	if errors.Is(err, blob.ErrFull) {
		return &helpdesk.Error{Kind: helpdesk.Full, Err: err}
	}
	return err
}
