package portal

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Keeping is what becomes of the files of a form before it is sent.
type Keeping interface {
	// KeepUpload reads r piece by piece. What is wrong with the file itself is marked
	// with [helpdesk.ErrFile].
	KeepUpload(ctx context.Context, h helpdesk.HelpCenter, form, field, name, mediaType string, r io.Reader) (actions.Upload, error)
	// KeptUpload must change nothing, and take only what KeepUpload kept for this form.
	// With an error that is not about the file, the upload is as the token says.
	KeptUpload(ctx context.Context, h helpdesk.HelpCenter, form, token string) (actions.Upload, error)
}

// keptField names the files of a form that are kept here already.
const keptField = "kept"

// intake is the files of one form while it comes in.
type intake struct {
	desk     Keeping
	v        *visit
	form     *helpdesk.Form
	meter    func(io.Reader) io.Reader
	limits   helpdesk.FileLimits // of all files together
	uploads  []actions.Upload
	problems []helpdesk.FieldProblem
	full     bool
	err      error // nothing more is taken
}

// readFilled reads a form, and its files straight into where they wait. Problems
// are about files; with an error, too, what was typed is there as far as it came.
func (p *Handler) readFilled(v *visit, form *helpdesk.Form) (filled, []helpdesk.FieldProblem, error) {
	in := intake{desk: p.desk, v: v, form: form, meter: p.meter(v), limits: p.mailboxFiles(v)}
	read := web.ReadNamedParts(v.w, v.r, func(input, name, mediaType string, content io.Reader) {
		if field, ok := fieldOf(input); ok && in.err == nil && !in.full {
			u, err := p.desk.KeepUpload(v.context(), v.center, form.Name, field, name, mediaType, in.meter(content))
			in.add(field, u, err)
		}
	})
	sent, failed := in.uploads, in.err // they come behind those that were here before
	in.uploads, in.full, in.err = nil, false, nil
	for i, token := range v.r.PostForm[keptField] {
		if i < helpdesk.MaxFiles && !in.full {
			u, err := p.desk.KeptUpload(v.context(), v.center, form.Name, token)
			in.add(u.Field, u, err)
		}
	}
	for _, u := range sent {
		in.add(u.Field, u, nil)
	}
	if failed != nil {
		in.err = failed
	}
	typed := readTyped(v.r.PostForm, form)
	typed.uploads = in.uploads
	if in.err == nil && errors.Is(read, helpdesk.ErrFile) {
		in.refuse("", read)
	} else if in.err == nil {
		in.err = read
	}
	return typed, in.problems, in.err
}

// fieldOf is the field that an input for files belongs to, "" for the message.
func fieldOf(input string) (field string, ok bool) {
	if input == messageFiles {
		return "", true
	}
	return strings.CutPrefix(input, fieldPrefix)
}

// add takes a file, unless all together are too much then. They are counted while
// they come, so that what follows need not be kept.
func (in *intake) add(field string, u actions.Upload, err error) {
	more := append(in.uploads, u)
	if err == nil {
		err = in.limits.CheckAll(attachments(more))
		in.full = err != nil
	}
	switch {
	case err == nil:
		in.uploads = more
	case errors.Is(err, helpdesk.ErrFile):
		in.refuse(field, err)
	default:
		in.err = err
		if u.Seal != "" { // it is one of ours, and stays on the page
			in.uploads = more
		}
	}
}

func (in *intake) refuse(field string, err error) {
	where := messageFiles
	if field != "" {
		where = fieldPrefix + field
	}
	said := web.Sentence(helpdesk.PublicIn(err, in.v.say.T))
	for i := range in.problems {
		if known := &in.problems[i]; known.Field == where {
			if !strings.Contains(known.Message, said) {
				known.Message += " " + said
			}
			return
		}
	}
	in.problems = append(in.problems, helpdesk.FieldProblem{Field: where, Message: said})
}

func attachments(uploads []actions.Upload) []helpdesk.Attachment {
	var all []helpdesk.Attachment
	for _, u := range uploads {
		all = append(all, u.Attachment)
	}
	return all
}

// fileInput is where files are chosen. Part "attach" of the templates shows it.
type fileInput struct {
	ID      string // and name
	Kept    []keptFile
	Most    int64  // bytes of one file; 0 for any
	Count   int    // files; 0 for any number
	Blocked string // endings, with blanks between
	Accept  string // for the browser's own dialog
	Limits  string // in words
}

// keptFile is a file that is here already; its token names it.
type keptFile struct {
	Name  string
	Size  int64
	Token string
}

func (p *Handler) fileInput(v *visit, form *helpdesk.Form, field string, uploads []actions.Upload) fileInput {
	f := fileInput{ID: messageFiles}
	if field != "" {
		f.ID = fieldPrefix + field
	}
	limits, _ := form.UploadLimits(p.mailboxFiles(v), field)
	f.Most, f.Blocked = limits.Bytes, strings.Join(limits.Blocked, " ")
	f.Limits = f.limits(v, form.Field(field))
	for _, u := range uploads {
		if u.Field == field {
			f.Kept = append(f.Kept, keptFile{Name: u.Name, Size: u.Size, Token: u.Token()})
		}
	}
	return f
}

// mailboxFiles are the limits of the mailbox that answers.
func (p *Handler) mailboxFiles(v *visit) helpdesk.FileLimits {
	box, _ := p.directory.Mailbox(v.center.Account, v.center.Mailbox)
	return box.Files
}

// kindWords say the types that forms ask for most; the others say themselves.
func kindWords(v *visit, mediaType string) string {
	switch mediaType {
	case "image/*":
		return v.say.T("pictures")
	case "video/*":
		return v.say.T("videos")
	case "audio/*":
		return v.say.T("sound")
	case "text/plain":
		return v.say.T("text")
	case "application/pdf":
		return "PDF"
	case "application/zip":
		return "ZIP"
	case "text/csv":
		return "CSV"
	}
	return mediaType
}

// limits says what may be sent, in up to three sentences.
func (f *fileInput) limits(v *visit, field *helpdesk.Field) string {
	var said []string
	if field != nil {
		f.Count, f.Accept = field.MaxItems, strings.Join(field.File.Types, ",")
		var kinds []string
		for _, t := range field.File.Types {
			if words := kindWords(v, t); !slices.Contains(kinds, words) {
				kinds = append(kinds, words)
			}
		}
		if len(kinds) > 0 {
			said = append(said, v.say.T("What you can send: %s.", strings.Join(kinds, ", ")))
		}
	}
	if f.Count > 0 {
		said = append(said, v.say.N(f.Count, "One file at most.", "%d files at most."))
	}
	if f.Most > 0 {
		said = append(said, v.say.T("%s MiB each at most.", strconv.FormatInt(f.Most>>20, 10)))
	}
	return strings.Join(said, " ")
}
