package actions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

const (
	// UploadLifetime is how long a file waits for what it was chosen for to be sent:
	// as long as somebody may leave a page open and come back to it.
	UploadLifetime = 24 * time.Hour

	// uploadGrace keeps the sweep off files whose seal still held a moment ago.
	uploadGrace = time.Hour

	// maxToken is the longest that a page names a file with: a name and a type of 255
	// bytes, six times that when JSON escapes them, and some hundred for the rest.
	maxToken = 4 << 10
)

// Upload is a file that waits: it was sent with a form, an answer or a note, and is
// not part of a ticket yet. It lies apart from the files of tickets, where all of
// it is removed when its time is over: nothing that was never sent is kept.
type Upload struct {
	// Field of a form that asks for it; "" goes beside the words.
	Field string `json:"field,omitempty"`
	helpdesk.Attachment
	Until int64 `json:"until"` // seconds of Unix time
	// Seal shows that we kept it for this purpose: whoever knows what a file holds
	// could name it otherwise, without having sent it.
	Seal string `json:"seal"`
}

// Token names the upload on a page.
func (u Upload) Token() string {
	b, _ := json.Marshal(u) // strings and numbers can always be written
	return string(b)
}

// readToken reads what Token wrote, and nothing else.
func readToken(token string) (Upload, error) {
	var u Upload
	if len(token) > maxToken {
		return u, errors.New("that is longer than any token")
	}
	dec := json.NewDecoder(strings.NewReader(token))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&u); err != nil {
		return u, fmt.Errorf("read token of a file: %w", err)
	}
	if u.Token() != token {
		return u, errors.New("that is not how a file is named")
	}
	return u, nil
}

func attachments(uploads []Upload) []helpdesk.Attachment {
	var all []helpdesk.Attachment
	for _, u := range uploads {
		all = append(all, u.Attachment)
	}
	return all
}

// waiting is where the files of one thing wait that somebody is writing.
type waiting struct {
	account  string
	audience links.Audience
	// purpose is what they were chosen for, and by whom if that is known. They are
	// good for nothing else.
	purpose []any
	limits  helpdesk.FileLimits // of each
	types   []string            // that are asked for; none for any
}

// sealed is what the seal of an upload holds for.
func (w *waiting) sealed(u Upload) string {
	u.Seal = ""
	b, _ := json.Marshal([]any{w.account, w.purpose, u}) // strings and numbers can always be written
	return string(b)
}

// waitingRoom is the account of the blob store in which uploads wait. A namespace
// has no dot in its name, so no account is called so.
func waitingRoom(account string) string {
	sum := sha256.Sum256([]byte(account))
	return "uploads." + hex.EncodeToString(sum[:16])
}

// keep has a file wait, reading it piece by piece. A file that can't be taken is
// Invalid, and marked with [helpdesk.ErrFile]; other errors of r are passed on.
func (d *Desk) keep(ctx context.Context, w waiting, field, name, mediaType string, r io.Reader) (Upload, error) {
	u := Upload{Field: field, Attachment: describeFile(name, mediaType)}
	if err := w.limits.CheckName(u.Name); err != nil {
		return u, err
	}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return u, keepError(err)
	}
	head = head[:n]
	if u.MediaType, err = kindOfFile(u.Attachment, head, w.types); err != nil {
		return u, err
	}
	to, err := d.blobs.Create(ctx, waitingRoom(w.account))
	if err != nil {
		return u, keepError(err)
	}
	defer to.Abort()
	r = io.MultiReader(bytes.NewReader(head), r)
	if w.limits.Bytes > 0 {
		r = io.LimitReader(r, w.limits.Bytes+1)
	}
	if u.Size, err = io.Copy(to, r); err != nil {
		return u, keepError(err)
	}
	if err := w.limits.CheckSize(u.Name, u.Size); err != nil {
		return u, err
	}
	ref, err := to.Commit(ctx)
	if err != nil {
		return u, keepError(err)
	}
	u.Blob, u.Until = ref.Hash.String(), d.now().Add(UploadLifetime).Unix()
	u.Seal = d.signer.Upload(w.audience, w.sealed(u))
	return u, nil
}

// kept finds a file again that keep had wait for the same, by the token that the
// page had. What is wrong with it is marked with [helpdesk.ErrFile]; when it can't
// be looked for just now, the upload comes with the error.
func (d *Desk) kept(ctx context.Context, w waiting, token string) (Upload, error) {
	u, err := readToken(token)
	if err != nil {
		return Upload{}, uploadError("a file that you chose is not here any more: please choose it again", err)
	}
	if !d.signer.IsUpload(w.audience, w.sealed(u), u.Seal) {
		return Upload{}, errNotKept(u, links.ErrInvalid)
	}
	if d.now().Unix() >= u.Until {
		return Upload{}, errNotKept(u, links.ErrExpired)
	}
	hash, err := blob.ParseHash(u.Blob)
	if err == nil {
		_, err = d.blobs.Stat(ctx, waitingRoom(w.account), hash)
	}
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return Upload{}, errNotKept(u, err)
	case err != nil:
		return u, keepError(err)
	}
	return u, errors.Join(w.limits.CheckName(u.Name), w.limits.CheckSize(u.Name, u.Size))
}

// commit makes waiting files files of the account, and then writes the change that
// names them. If that fails, the copies stay: nobody can tell whether the account
// had the same bytes before, or whether the change is written after all, and a
// ticket without its file is worse than a file without a ticket. No page and no
// record can name such a copy, and whoever sends the same again has no second one.
//
// The files go on waiting, for a second click that is on its way.
func (d *Desk) commit(ctx context.Context, w waiting, uploads []Upload, change *helpdesk.Change) error {
	for _, u := range uploads {
		if !d.signer.IsUpload(w.audience, w.sealed(u), u.Seal) {
			return errNotKept(u, links.ErrInvalid)
		}
		err := d.copyIn(ctx, w.account, u.Blob)
		if errors.Is(err, blob.ErrNotFound) {
			return errNotKept(u, err)
		}
		if err != nil {
			return err
		}
	}
	return d.store.Commit(ctx, change)
}

// copyIn copies a file out of the waiting room. It is durable afterwards.
func (d *Desk) copyIn(ctx context.Context, account, name string) error {
	hash, err := blob.ParseHash(name)
	if err != nil {
		return err
	}
	r, err := d.blobs.Open(ctx, waitingRoom(account), hash)
	if err != nil {
		return keepError(err)
	}
	defer func() { _ = r.Close() }() // it was only read
	w, err := d.blobs.Create(ctx, account)
	if err != nil {
		return keepError(err)
	}
	defer w.Abort()
	if _, err := io.Copy(w, r); err != nil {
		return keepError(err)
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return keepError(err)
	}
	if ref.Hash != hash {
		return keepError(blob.ErrCorrupt)
	}
	return nil
}

// SweepUploads removes the files of an account that waited for too long, and tells
// how many.
func (d *Desk) SweepUploads(ctx context.Context, account string) (int, error) {
	before, removed := d.now().Add(-UploadLifetime-uploadGrace), 0
	for info, err := range d.blobs.List(ctx, waitingRoom(account)) {
		if err != nil {
			return removed, fmt.Errorf("list uploads: %w", err)
		}
		gone, err := d.blobs.Delete(ctx, waitingRoom(account), info.Hash, before)
		if err != nil {
			return removed, fmt.Errorf("remove upload: %w", err)
		}
		if gone {
			removed++
		}
	}
	return removed, nil
}

// keepError tells a full disk from what else may be wrong.
func keepError(err error) error {
	if errors.Is(err, blob.ErrFull) {
		return &helpdesk.Error{Kind: helpdesk.Full, Err: fmt.Errorf("keep file: %w", err)}
	}
	return fmt.Errorf("keep file: %w", err)
}

func errNotKept(u Upload, cause error) error {
	return uploadError("“%s” is not here any more: choose it again", cause, u.Name)
}

// uploadError tells what is wrong with a file, and the log why.
func uploadError(format string, cause error, args ...any) error {
	return &helpdesk.Error{
		Kind: helpdesk.Invalid, Public: fmt.Sprintf(format, args...), Format: format, Args: args, Err: errors.Join(helpdesk.ErrFile, cause),
	}
}
