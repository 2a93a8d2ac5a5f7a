package portal

import (
	"context"
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

// readFilled reads a form, and its files straight into where they wait. With an
// error, too, what was typed is there as far as it came.
func (p *Handler) readFilled(v *visit, form *helpdesk.Form) (filled, error) {
	in := p.intake(v, form)
	read := web.ReadNamedParts(v.w, v.r, func(input, name, mediaType string, content io.Reader) {
		if field, ok := fieldOf(input); ok {
			in.Take(field, name, mediaType, content)
		}
	})
	err := in.End(v.r.PostForm[keptField], read)
	typed := readTyped(v.r.PostForm, form)
	typed.uploads, typed.refused = in.Uploads, refusals(v, in.Refused)
	return typed, err
}

// intake keeps files for a form, and finds them again.
func (p *Handler) intake(v *visit, form *helpdesk.Form) *actions.Intake {
	meter := p.meter(v)
	return &actions.Intake{
		Limits: p.mailboxFiles(v),
		Keep: func(field, name, mediaType string, r io.Reader) (actions.Upload, error) {
			return p.desk.KeepUpload(v.context(), v.center, form.Name, field, name, mediaType, meter(r))
		},
		Find: func(token string) (actions.Upload, error) {
			return p.desk.KeptUpload(v.context(), v.center, form.Name, token)
		},
	}
}

// fieldOf is the field that an input for files belongs to, "" for the message.
func fieldOf(input string) (field string, ok bool) {
	if input == messageFiles {
		return "", true
	}
	return strings.CutPrefix(input, fieldPrefix)
}

// refusals are what is wrong with files, in one text for each field.
func refusals(v *visit, refused []actions.Refusal) []helpdesk.FieldProblem {
	var problems []helpdesk.FieldProblem
	for _, r := range refused {
		where := messageFiles
		if r.Field != "" {
			where = fieldPrefix + r.Field
		}
		said := web.Sentence(helpdesk.PublicIn(r.Err, v.say.T))
		i := slices.IndexFunc(problems, func(known helpdesk.FieldProblem) bool { return known.Field == where })
		switch {
		case i < 0:
			problems = append(problems, helpdesk.FieldProblem{Field: where, Message: said})
		case !strings.Contains(problems[i].Message, said):
			problems[i].Message += " " + said
		}
	}
	return problems
}

// fileInput is where files are chosen. Part "attach" of the templates shows it.
type fileInput struct {
	ID      string           // and name
	Kept    []actions.Upload // that wait here already; the token of each names it
	Most    int64            // bytes of one file; 0 for any
	Count   int              // files; 0 for any number
	Blocked string           // endings, with blanks between
	Accept  string           // for the browser's own dialog
	Limits  string           // in words
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
			f.Kept = append(f.Kept, u)
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
