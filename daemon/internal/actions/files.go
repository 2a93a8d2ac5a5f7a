package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// FileLimits are those of the files that agents may send from a ticket.
func (d *Desk) FileLimits(ctx context.Context, by Actor, number int64) (helpdesk.FileLimits, error) {
	if err := by.mayWork(); err != nil {
		return helpdesk.FileLimits{}, err
	}
	t, err := d.store.TicketByNumber(ctx, by.Account, number)
	if err != nil {
		return helpdesk.FileLimits{}, err
	}
	box, err := d.mailbox(by.Account, t.Mailbox)
	return box.Files, err
}

// Attach keeps a file for an answer or a note that is being written, reading it
// piece by piece. Nothing names it before that is sent. A file over the limits is
// Invalid, and marked with [helpdesk.ErrFile]; other errors of r are passed on.
func (d *Desk) Attach(ctx context.Context, by Actor, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (helpdesk.Attachment, error) {
	if err := by.mayWork(); err != nil {
		return helpdesk.Attachment{}, err
	}
	return d.keepFile(ctx, by.Account, limits, name, mediaType, r)
}

func (d *Desk) keepFile(ctx context.Context, account string, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (helpdesk.Attachment, error) {
	a := describeFile(name, mediaType)
	if err := limits.CheckName(a.Name); err != nil {
		return a, err
	}
	w, err := d.blobs.Create(ctx, account)
	if err != nil {
		return a, keepError(err)
	}
	defer w.Abort()
	if limits.Bytes > 0 {
		r = io.LimitReader(r, limits.Bytes+1)
	}
	if a.Size, err = io.Copy(w, r); err != nil {
		return a, keepError(err)
	}
	if err := limits.CheckSize(a.Name, a.Size); err != nil {
		return a, err
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return a, keepError(err)
	}
	a.Blob = ref.Hash.String()
	return a, nil
}

// Attached finds again a file that Attach kept, as the page names it that was
// being written. The page may say anything: what counts is what is kept.
func (d *Desk) Attached(ctx context.Context, by Actor, limits helpdesk.FileLimits, said helpdesk.Attachment) (helpdesk.Attachment, error) {
	a := describeFile(said.Name, said.MediaType)
	hash, err := blob.ParseHash(said.Blob)
	if err := errors.Join(by.mayWork(), limits.CheckName(a.Name)); err != nil {
		return a, err
	}
	if err == nil {
		var info blob.Info
		info, err = d.blobs.Stat(ctx, by.Account, hash)
		a.Size, a.Blob = info.Size, hash.String()
	}
	if err != nil {
		return a, &helpdesk.Error{
			Kind: helpdesk.Invalid, Public: fmt.Sprintf("“%s” is not here any more: choose it again", a.Name), Err: errors.Join(helpdesk.ErrFile, err),
		}
	}
	return a, limits.CheckSize(a.Name, a.Size)
}

// maxMediaType is the longest name of a media type (RFC 6838 section 4.2).
const maxMediaType = 127 + len("/") + 127

// describeFile takes name and type as somebody's browser told them.
func describeFile(name, mediaType string) helpdesk.Attachment {
	a := helpdesk.Attachment{Name: eml.Filename(name), MediaType: "application/octet-stream"}
	if a.Name == "" {
		a.Name = "file"
	}
	if plain, _, err := mime.ParseMediaType(mediaType); err == nil && len(plain) <= maxMediaType {
		a.MediaType = plain
	}
	return a
}

// keepError tells a full disk from what else may be wrong.
func keepError(err error) error {
	if errors.Is(err, blob.ErrFull) {
		return &helpdesk.Error{Kind: helpdesk.Full, Err: fmt.Errorf("keep file: %w", err)}
	}
	return fmt.Errorf("keep file: %w", err)
}
