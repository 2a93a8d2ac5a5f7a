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
	"path"
	"slices"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

const (
	// UploadLifetime is how long a file waits for the form that it was chosen for:
	// as long as somebody may leave a page open and come back to it.
	UploadLifetime = 24 * time.Hour

	// uploadGrace keeps the sweep off files whose seal still held a moment ago.
	uploadGrace = time.Hour

	// maxToken is the longest that a page names a file with: a name of 255 bytes, six
	// times that when JSON escapes it, and some hundred for the rest.
	maxToken = 2 << 10
)

// Upload is a file that was sent with a form and is not part of a ticket yet. It
// waits apart from the files of tickets, where all of it is removed when its time
// is over: nothing that was never submitted is kept.
type Upload struct {
	// Field of the form that asks for it; "" goes beside the message.
	Field string `json:"field,omitempty"`
	helpdesk.Attachment
	Until int64 `json:"until"` // seconds of Unix time
	// Seal shows that we kept it for this form: whoever knows what a file holds could
	// name it otherwise, without having sent it.
	Seal string `json:"seal"`
}

// Token names the upload on a page.
func (u Upload) Token() string {
	b, _ := json.Marshal(u) // strings and numbers can always be written
	return string(b)
}

// sealed is what the seal of an upload holds for.
func (u *Upload) sealed(h helpdesk.HelpCenter, form string) string {
	b, _ := json.Marshal([]any{h.Account, h.Name, form, u.Field, u.Attachment, u.Until})
	return string(b)
}

// waitingRoom is the account of the blob store in which uploads wait. A namespace
// has no dot in its name, so no account is called so.
func waitingRoom(account string) string {
	sum := sha256.Sum256([]byte(account))
	return "uploads." + hex.EncodeToString(sum[:16])
}

// KeepUpload keeps a file for a form that is being filled in, reading it piece by
// piece. A file that can't be taken is Invalid, and marked with
// [helpdesk.ErrFile]; other errors of r are passed on. Whether the visitor may
// submit the form is for the caller to ask first.
func (d *Desk) KeepUpload(ctx context.Context, h helpdesk.HelpCenter, form, field, name, mediaType string, r io.Reader) (Upload, error) {
	u := Upload{Field: field, Attachment: describeFile(name, mediaType)}
	limits, types, err := d.uploadLimits(h, form, field)
	if err != nil {
		return u, err
	}
	if err := limits.CheckName(u.Name); err != nil {
		return u, err
	}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return u, keepError(err)
	}
	head = head[:n]
	if u.MediaType, err = kindOfFile(u.Attachment, head, types); err != nil {
		return u, err
	}
	w, err := d.blobs.Create(ctx, waitingRoom(h.Account))
	if err != nil {
		return u, keepError(err)
	}
	defer w.Abort()
	r = io.MultiReader(bytes.NewReader(head), r)
	if limits.Bytes > 0 {
		r = io.LimitReader(r, limits.Bytes+1)
	}
	if u.Size, err = io.Copy(w, r); err != nil {
		return u, keepError(err)
	}
	if err := limits.CheckSize(u.Name, u.Size); err != nil {
		return u, err
	}
	ref, err := w.Commit(ctx)
	if err != nil {
		return u, keepError(err)
	}
	u.Blob, u.Until = ref.Hash.String(), d.now().Add(UploadLifetime).Unix()
	u.Seal = d.signer.Upload(links.Audience(h.Audience), u.sealed(h, form))
	return u, nil
}

// KeptUpload finds a file again that KeepUpload kept for the form, by the token
// that the page had. Whatever is wrong with it has one answer, marked with
// [helpdesk.ErrFile]; when it can't be looked for just now, the upload comes with
// the error.
func (d *Desk) KeptUpload(ctx context.Context, h helpdesk.HelpCenter, form, token string) (Upload, error) {
	u, err := readToken(token)
	if err == nil && !d.signer.IsUpload(links.Audience(h.Audience), u.sealed(h, form), u.Seal) {
		err = links.ErrInvalid
	}
	if err == nil && d.now().Unix() >= u.Until {
		err = links.ErrExpired
	}
	if err == nil {
		var hash blob.Hash
		if hash, err = blob.ParseHash(u.Blob); err == nil {
			_, err = d.blobs.Stat(ctx, waitingRoom(h.Account), hash)
			if err != nil && !errors.Is(err, blob.ErrNotFound) {
				return u, keepError(err)
			}
		}
	}
	if err != nil {
		return Upload{}, uploadError("a file that you chose is not here any more: please choose it again", err)
	}
	return u, nil
}

// uploadError tells what is wrong with a file, and the log why.
func uploadError(text string, cause error) error {
	return &helpdesk.Error{Kind: helpdesk.Invalid, Public: text, Format: text, Err: errors.Join(helpdesk.ErrFile, cause)}
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

// uploadLimits are those of a field, and the types that it asks for.
func (d *Desk) uploadLimits(h helpdesk.HelpCenter, form, field string) (helpdesk.FileLimits, []string, error) {
	f := h.Form(form)
	box, ok := d.directory.Mailbox(h.Account, h.Mailbox)
	if f == nil || !ok {
		return helpdesk.FileLimits{}, nil, helpdesk.Errorf(helpdesk.Unavailable, "requests can't be taken just now")
	}
	limits, ok := f.UploadLimits(box.Files, field)
	switch {
	case !ok:
		return limits, nil, uploadError("this form does not ask for that file", nil)
	case field == "":
		return limits, nil, nil
	}
	return limits, f.Field(field).File.Types, nil
}

// withUploads are the answers with the names of files in the place of what was
// typed for fields of files, and the uploads with names that differ within a
// field.
func withUploads(form *helpdesk.Form, in Submission) (map[string][]string, []Upload) {
	fields := map[string][]string{}
	for name, values := range in.Fields {
		if f := form.Field(name); f == nil || f.Type != helpdesk.FileField {
			fields[name] = values
		}
	}
	uploads := slices.Clone(in.Uploads)
	for i := range uploads {
		u := &uploads[i]
		for n := 2; slices.Contains(fields[u.Field], u.Name) || u.Field == "" && taken(uploads[:i], u.Name); n++ {
			u.Name = numbered(in.Uploads[i].Name, n)
		}
		if u.Field != "" {
			fields[u.Field] = append(fields[u.Field], u.Name)
		}
	}
	return fields, uploads
}

func taken(uploads []Upload, name string) bool {
	return slices.ContainsFunc(uploads, func(u Upload) bool { return u.Field == "" && u.Name == name })
}

// numbered tells a second file of the same name from the first.
func numbered(name string, n int) string {
	end := path.Ext(name)
	return fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, end), n, end)
}

// attach takes the files of fields that are shown, and those beside the message.
func (s *submission) attach(uploads []Upload) {
	field, where := "", "files"
	for _, u := range uploads {
		if _, answered := s.answers.Raw[u.Field]; u.Field != "" && !answered {
			continue
		}
		s.files = append(s.files, u.Attachment)
		if u.Field != "" {
			field, where = u.Field, "field."+u.Field
		}
	}
	if len(s.files) == 0 {
		return
	}
	limits, _, err := s.desk.uploadLimits(s.center, s.form.Name, field)
	if err == nil {
		err = limits.CheckAll(s.files)
	}
	if wrong, ok := errors.AsType[*helpdesk.Error](err); ok {
		s.report(where, wrong.Format, wrong.Args...)
	}
}

// adopt makes the uploads files of the account. Those of a submission that comes to
// nothing after it, as a part of ours does not answer, are found by whoever looks
// for blobs that no record names.
func (s *submission) adopt(ctx context.Context) error {
	for _, f := range s.files {
		if err := s.desk.adoptFile(ctx, s.center.Account, f.Blob); err != nil {
			return fmt.Errorf("take file into the ticket: %w", err)
		}
	}
	return nil
}

func (d *Desk) adoptFile(ctx context.Context, account, name string) error {
	hash, err := blob.ParseHash(name)
	if err != nil {
		return err
	}
	r, err := d.blobs.Open(ctx, waitingRoom(account), hash)
	if err != nil {
		return err
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
		return blob.ErrCorrupt
	}
	return nil
}

// SweepUploads removes the files of an account that were sent and not submitted in
// time, and tells how many.
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
