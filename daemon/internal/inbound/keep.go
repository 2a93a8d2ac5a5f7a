package inbound

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/semaphore"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/mailauth"
)

// kept is a mail whose bytes are durable.
type kept struct {
	ref     blob.Ref
	account string                           // that has the blob
	bytes   []byte                           // all of a small mail, the beginning of others
	over    map[counted]bool                 // which counts the mail is over, once it is counted
	files   map[string][]helpdesk.Attachment // by account: what clean made blobs of, once for all mailboxes and tries

	verdicts map[check]mailauth.Verdict // authenticate: on the writer
	says     string                     // replay: identity of what it says, once it is asked for
}

// Memory bounds what large mails take that are looked at at the same time. Their
// bytes are in files, and only what is shown of them is in memory, several times
// over while it is made. While a mail comes in, only its beginning is: a thousand
// slow senders of large mails cost no more than a thousand of small ones.
type Memory struct {
	bytes int64
	sem   *semaphore.Weighted
}

const (
	// DefaultMemory lets eight of the heaviest mails be read at once.
	DefaultMemory = 512 << 20
	// heaviest is what a mail takes that is nothing but text: 4 MiB are shown, and
	// are decoded, cleaned, compared with what was sent, and kept.
	heaviest = 64 << 20
	// smallMail is kept in memory as it comes in, which saves reading it back.
	// Nearly all mail without files is smaller.
	smallMail = 64 << 10
)

// NewMemory makes a bound of so many bytes.
func NewMemory(bytes int64) *Memory {
	return &Memory{bytes: bytes, sem: semaphore.NewWeighted(bytes)}
}

// take waits until there is room to look at a mail of so many bytes.
func (m *Memory) take(ctx context.Context, size int64) (release func(), err error) {
	size = min(size, heaviest, m.bytes)
	if err := m.sem.Acquire(ctx, size); err != nil {
		return nil, err
	}
	return func() { m.sem.Release(size) }, nil
}

// keep stores the bytes before anything else looks at them: a mail that breaks
// a later step can be run again, and never has to be asked for twice. Each
// account keeps its own copy; nothing is shared between accounts.
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
	k := &kept{account: groups[0].account, bytes: begin.kept, files: map[string][]helpdesk.Attachment{}}
	for _, w := range copies {
		var err error
		if k.ref, err = w.Commit(ctx); err != nil {
			return nil, keepError(err)
		}
	}
	return k, nil
}

// look reads the mail and calls use with it. A large one is looked at in its file
// (see [blob.View]), when its turn comes: after look nobody may hold the mail.
func (p *Pipeline) look(ctx context.Context, k *kept, use func(mail *eml.Mail) error) error {
	if k.ref.Size <= smallMail {
		return use(eml.Read(k.bytes))
	}
	release, err := p.Memory.take(ctx, k.ref.Size)
	if err != nil {
		return keepError(err)
	}
	defer release()
	err = blob.View(ctx, p.Blobs, k.account, k.ref.Hash, func(b []byte, room *blob.Room) error {
		return use(eml.ReadIn(b, room.Make))
	})
	if errors.Is(err, blob.ErrFull) && helpdesk.KindOf(err) != helpdesk.Full { // no room beside it
		return keepError(err)
	}
	return err
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

// keepError tells a full disk, which the sender may wait for, from the rest. What
// fails otherwise is ours to mend, and says nothing about the mail.
func keepError(err error) error {
	err = fmt.Errorf("keep mail: %w", err)
	if errors.Is(err, blob.ErrFull) {
		return &helpdesk.Error{Kind: helpdesk.Full, Err: err}
	}
	if helpdesk.KindOf(err) == helpdesk.Internal {
		return helpdesk.Wrap(helpdesk.Unavailable, err)
	}
	return err
}
