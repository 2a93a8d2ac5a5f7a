package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Attaching is what agents can do with files that they send.
type Attaching interface {
	FileLimits(ctx context.Context, by actions.Actor, number int64) (helpdesk.FileLimits, error)
	// Attach reads r piece by piece. What is wrong with the file itself is marked
	// with [helpdesk.ErrFile].
	Attach(ctx context.Context, by actions.Actor, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (helpdesk.Attachment, error)
	Attached(ctx context.Context, by actions.Actor, limits helpdesk.FileLimits, said helpdesk.Attachment) (helpdesk.Attachment, error)
}

// attached is a file of a draft that is kept here already. The form names it, so
// that it need not be sent again when something else has to be mended.
type attached struct{ helpdesk.Attachment }

// Value is how the form names it.
func (a attached) Value() string {
	b, _ := json.Marshal(a.Attachment) // strings and numbers can always be written
	return string(b)
}

// keptField names the files of a form that are kept here.
const keptField = "kept"

func (d draft) attachments() []helpdesk.Attachment {
	var files []helpdesk.Attachment
	for _, f := range d.Files {
		files = append(files, f.Attachment)
	}
	return files
}

// readFiles reads what was sent to an address of a ticket: the fields, and the
// files straight into where they stay. What is wrong with some of the files is
// told in one error; the others are kept.
func (c *Handler) readFiles(v *visit) ([]attached, error) {
	number, err := ticketNumber(v)
	if err != nil {
		return nil, err
	}
	in := intake{desk: c.desk, v: v, act: v.r.PathValue("act")}
	read := web.ReadParts(v.w, v.r, func(name, mediaType string, content io.Reader) {
		if in.begin(number) && !in.full {
			in.add(c.desk.Attach(v.context(), v.by, in.limits, name, mediaType, content))
		}
	})
	sent := in.files // they come behind those that were here before
	in.files, in.full = nil, false
	for _, value := range v.r.PostForm[keptField] {
		var said helpdesk.Attachment
		if json.Unmarshal([]byte(value), &said) == nil && in.begin(number) && !in.full {
			in.add(c.desk.Attached(v.context(), v.by, in.limits, said))
		}
	}
	for _, f := range sent {
		in.add(f.Attachment, nil)
	}
	switch {
	case in.err != nil:
		return in.files, in.err
	case read != nil:
		return in.files, read
	}
	return in.files, in.refusal()
}

// intake is the files of one form.
type intake struct {
	desk    Attaching
	v       *visit
	act     string
	limits  helpdesk.FileLimits
	begun   bool
	files   []attached
	refused []string
	full    bool
	err     error // nothing more is taken
}

// begin reads the limits before the first file, and reports whether files belong
// here.
func (in *intake) begin(number int64) bool {
	if in.act != replyAct && in.act != noteAct {
		return false
	}
	if !in.begun {
		in.begun = true
		in.limits, in.err = in.desk.FileLimits(in.v.context(), in.v.by, number)
		if in.act == noteAct {
			in.limits.Mail = 0 // no mail carries them
		}
	}
	return in.err == nil
}

// add takes a file into the list, unless all together are too much then. They are
// counted while they come, so that what follows need not be kept.
func (in *intake) add(a helpdesk.Attachment, err error) {
	more := append(in.files, attached{a})
	if err == nil {
		err = in.limits.CheckAll(draft{Files: more}.attachments())
		in.full = err != nil
	}
	switch {
	case err == nil:
		in.files = more
	case errors.Is(err, helpdesk.ErrFile):
		in.refused = append(in.refused, helpdesk.Public(err))
	default:
		in.err = err
	}
}

// refusal tells what is wrong with files, nil if nothing is.
func (in *intake) refusal() error {
	if len(in.refused) == 0 {
		return nil
	}
	return &helpdesk.Error{Kind: helpdesk.Invalid, Public: strings.Join(in.refused, ". "), Err: helpdesk.ErrFile}
}

// fileField is where files of an answer or a note are chosen.
type fileField struct {
	ID      string
	Kept    []attached
	Most    int64  // bytes of one file; 0 for any
	Blocked string // endings, with blanks between
	Help    string
	Error   string
}

// FilesOf is the field of the form for that act.
func (p ticketPage) FilesOf(act string) fileField {
	f := fileField{ID: act + "-files", Most: p.Limits.Bytes, Blocked: strings.Join(p.Limits.Blocked, " "), Help: p.fileHelp(act)}
	if p.Draft.IsNote() == (act == noteAct) {
		f.Kept, f.Error = p.Draft.Files, p.FileError
	}
	return f
}

// shownEndings are enough to see of what kind the others are.
const shownEndings = 6

// fileHelp says what may be sent.
func (p ticketPage) fileHelp(act string) string {
	help := "They go with the mail"
	if act == noteAct {
		help = "Only agents get them"
	}
	if p.Limits.Bytes > 0 {
		help += fmt.Sprintf("; %d MiB each at most", p.Limits.Bytes>>20)
	}
	if n := len(p.Limits.Blocked); n > 0 {
		help += ", no ." + strings.Join(p.Limits.Blocked[:min(n, shownEndings)], ", .")
		if n > shownEndings {
			help += " and some others"
		}
	}
	return help + "."
}
