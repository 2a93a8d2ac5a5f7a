package actions

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/safehtml"
)

const (
	// mailMemory is for all mails that are read again at one time: four of the
	// heaviest, or a page full of ordinary ones. Others wait.
	mailMemory = 256 << 20

	// workMemory is the most that reading and sanitising takes, the bytes of the mail
	// being in their file: the decoded text, pictures as base64, and each wall's output.
	workMemory = 64 << 20

	// workShare is how many times its own size a small mail takes at most.
	workShare = 8
)

// MailHTML is the HTML of an entry's mail, safe to show in a sandboxed frame.
type MailHTML struct{ safehtml.Document }

// MailHTML reads the mail of an entry again and makes its HTML safe: NotFound if
// the entry has none. It is made anew each time, so that old mail gains by each
// better sanitiser.
func (d *Desk) MailHTML(ctx context.Context, by Actor, number int64, seq int) (*MailHTML, error) {
	e, err := d.entry(ctx, by, number, seq)
	if err != nil {
		return nil, err
	}
	if !e.HTML || e.Raw == "" {
		return nil, noFile()
	}
	hash, err := blob.ParseHash(e.Raw)
	if err != nil {
		return nil, err
	}
	info, err := d.blobs.Stat(ctx, by.Account, hash)
	if err != nil {
		return nil, fileError(err)
	}
	weight := min(info.Size*workShare, workMemory)
	if err := d.mails.Acquire(ctx, weight); err != nil {
		return nil, helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("wait to read mail: %w", err))
	}
	defer d.mails.Release(weight)
	var made *MailHTML
	err = blob.View(ctx, d.blobs, by.Account, hash, func(b []byte, room *blob.Room) error {
		made = mailHTML(eml.ReadIn(b, room.Make))
		return nil
	})
	switch {
	case err != nil:
		return nil, fileError(err)
	case made == nil:
		return nil, noFile()
	}
	return made, nil
}

// mailHTML is nil if the mail has none.
func mailHTML(mail *eml.Mail) *MailHTML {
	source, ok := mail.HTML()
	if !ok {
		return nil
	}
	pictures := pictures{mail: mail, made: map[string]string{}}
	return &MailHTML{safehtml.Sanitise(source, safehtml.Options{Image: pictures.dataURL, Redact: links.WithoutTokens})}
}

// pictures of one mail as data URLs, each made once.
type pictures struct {
	mail  *eml.Mail
	made  map[string]string
	bytes int
}

func (p *pictures) dataURL(contentID string) string {
	if made, ok := p.made[contentID]; ok {
		return made
	}
	p.made[contentID] = ""
	a, ok := p.mail.ByContentID(contentID)
	if !ok {
		return ""
	}
	if p.bytes += len(a.Part.Body()); p.bytes <= 2*safehtml.MaxImageBytes {
		p.made[contentID] = safehtml.DataURL(a.Part.Bytes())
	}
	return p.made[contentID]
}

// File is a file to be saved. Whoever gets it closes it.
type File struct {
	io.ReadSeekCloser
	Name      string
	MediaType string // as its sender declared it
}

// File opens attachment index, from 1, of an entry: NotFound if it has none.
func (d *Desk) File(ctx context.Context, by Actor, number int64, seq, index int) (*File, error) {
	e, err := d.entry(ctx, by, number, seq)
	if err != nil {
		return nil, err
	}
	if index < 1 || index > len(e.Attachments) {
		return nil, noFile()
	}
	a := e.Attachments[index-1]
	return d.openFile(ctx, by.Account, a.Blob, a.Name, a.MediaType)
}

// Source opens the mail of an entry as it came: NotFound if it was none.
func (d *Desk) Source(ctx context.Context, by Actor, number int64, seq int) (*File, error) {
	e, err := d.entry(ctx, by, number, seq)
	if err != nil {
		return nil, err
	}
	return d.openFile(ctx, by.Account, e.Raw, fmt.Sprintf("request-%d-%d.eml", number, seq), "text/plain")
}

func (d *Desk) openFile(ctx context.Context, account, hash, name, mediaType string) (*File, error) {
	if hash == "" {
		return nil, noFile()
	}
	h, err := blob.ParseHash(hash)
	if err != nil {
		return nil, err
	}
	r, err := d.blobs.Open(ctx, account, h)
	if err != nil {
		return nil, fileError(err)
	}
	return &File{ReadSeekCloser: r, Name: name, MediaType: mediaType}, nil
}

// entry reads one item of a history for an agent.
func (d *Desk) entry(ctx context.Context, by Actor, number int64, seq int) (*helpdesk.Entry, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	t, err := d.ticket(ctx, by, number)
	if err != nil {
		return nil, err
	}
	if seq < 1 || seq > t.Entries {
		return nil, noFile()
	}
	return d.store.Entry(ctx, by.Account, t.ID, seq)
}

func noFile() error { return helpdesk.Errorf(helpdesk.NotFound, "there is no such file") }

// fileError: a record names a blob that is not there only if somebody took it
// away, which the log should tell.
func fileError(err error) error {
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrCorrupt) {
		return fmt.Errorf("a file of the record is lost: %w", err)
	}
	return helpdesk.Wrap(helpdesk.Unavailable, fmt.Errorf("read file: %w", err))
}
