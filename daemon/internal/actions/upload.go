package actions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// formFiles are where the files of a form wait.
func formFiles(h helpdesk.HelpCenter, form string) waiting {
	return waiting{account: h.Account, audience: links.Audience(h.Audience), purpose: []any{"form", h.Name, form}}
}

// KeepUpload keeps a file for a form that is being filled in, reading it piece by
// piece. A file that can't be taken is Invalid, and marked with
// [helpdesk.ErrFile]; other errors of r are passed on. Whether the visitor may
// submit the form is for the caller to ask first.
func (d *Desk) KeepUpload(ctx context.Context, h helpdesk.HelpCenter, form, field, name, mediaType string, r io.Reader) (Upload, error) {
	w := formFiles(h, form)
	var err error
	if w.limits, w.types, err = d.uploadLimits(h, form, field); err != nil {
		return Upload{}, err
	}
	return d.keep(ctx, w, field, name, mediaType, r)
}

// KeptUpload finds a file again that KeepUpload kept for the form, by the token
// that the page had. What is wrong with it is marked with [helpdesk.ErrFile]; when
// it can't be looked for just now, the upload comes with the error.
func (d *Desk) KeptUpload(ctx context.Context, h helpdesk.HelpCenter, form, token string) (Upload, error) {
	return d.kept(ctx, formFiles(h, form), token) // its limits were those of its field, and stand in the seal
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

// attach takes the files of fields that are shown, and those beside the message,
// as they are named in the ticket.
func (s *submission) attach(waiting, named []Upload) {
	field, where := "", "files"
	for i, u := range named {
		if _, answered := s.answers.Raw[u.Field]; u.Field != "" && !answered {
			continue
		}
		s.uploads, s.files = append(s.uploads, waiting[i]), append(s.files, u.Attachment)
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
