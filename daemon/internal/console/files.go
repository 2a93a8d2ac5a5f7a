package console

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Attaching is what agents can do with files that they send.
type Attaching interface {
	FileLimits(ctx context.Context, by actions.Actor, number int64) (helpdesk.FileLimits, error)
	// Attach reads r piece by piece. What is wrong with the file itself is marked
	// with [helpdesk.ErrFile].
	Attach(ctx context.Context, by actions.Actor, number int64, limits helpdesk.FileLimits, name, mediaType string, r io.Reader) (actions.Upload, error)
	// Attached must change nothing, and take only what Attach kept for the same.
	Attached(ctx context.Context, by actions.Actor, number int64, limits helpdesk.FileLimits, token string) (actions.Upload, error)
}

// keptField names the files of a form that wait here already, so that they need
// not be sent again when something else has to be mended.
const keptField = "kept"

// readFiles reads what was sent to an address of a ticket: the fields, and the
// files of an answer or a note.
func (c *Handler) readFiles(v *visit) ([]actions.Upload, error) {
	number, err := ticketNumber(v)
	if err != nil {
		return nil, err
	}
	act := v.r.PathValue("act")
	if act != replyAct && act != noteAct {
		return nil, web.ReadParts(v.w, v.r, func(string, string, io.Reader) {})
	}
	return c.readSent(v, number, func() (helpdesk.FileLimits, error) {
		limits, err := c.desk.FileLimits(v.context(), v.by, number)
		if act == noteAct {
			limits.Mail = 0 // no mail carries them
		}
		return limits, err
	})
}

// readSent reads fields, and files straight into where they wait. What is wrong with
// some of the files is told in one error; the others are kept. The limits are asked
// for with the first of them.
func (c *Handler) readSent(v *visit, number int64, limits func() (helpdesk.FileLimits, error)) ([]actions.Upload, error) {
	in := c.intake(v, number, limits)
	read := web.ReadParts(v.w, v.r, func(name, mediaType string, content io.Reader) { in.Take("", name, mediaType, content) })
	if err := in.End(v.r.PostForm[keptField], read); err != nil {
		return in.Uploads, err
	}
	return in.Uploads, in.Refusal(helpdesk.Public)
}

// intake keeps files for a ticket, and finds them again.
func (c *Handler) intake(v *visit, number int64, limits func() (helpdesk.FileLimits, error)) *actions.Intake {
	in := &actions.Intake{}
	known := sync.OnceValue(func() (err error) {
		in.Limits, err = limits()
		return err
	})
	in.Keep = func(_, name, mediaType string, r io.Reader) (actions.Upload, error) {
		if err := known(); err != nil {
			return actions.Upload{}, err
		}
		return c.desk.Attach(v.context(), v.by, number, in.Limits, name, mediaType, r)
	}
	in.Find = func(token string) (actions.Upload, error) {
		if err := known(); err != nil {
			return actions.Upload{}, err
		}
		return c.desk.Attached(v.context(), v.by, number, in.Limits, token)
	}
	return in
}

// fileField is where files of an answer or a note are chosen.
type fileField struct {
	ID      string
	Kept    []actions.Upload
	Most    int64  // bytes of one file; 0 for any
	Blocked string // endings, with blanks between
	Help    string
	Error   string
}

// FilesOf is the field of the form for that act.
func (p ticketPage) FilesOf(act string) fileField {
	f := newFileField(act, p.Limits, nil)
	if p.Draft.IsNote() == (act == noteAct) {
		f.Kept, f.Error = p.Draft.Files, p.FileError
	}
	return f
}

func newFileField(act string, limits helpdesk.FileLimits, kept []actions.Upload) fileField {
	return fileField{ID: act + "-files", Most: limits.Bytes, Blocked: strings.Join(limits.Blocked, " "), Help: fileHelp(act, limits), Kept: kept}
}

// shownEndings are enough to see of what kind the others are.
const shownEndings = 6

// fileHelp says what may be sent.
func fileHelp(act string, limits helpdesk.FileLimits) string {
	help := "They go with the mail"
	if act == noteAct {
		help = "Only agents get them"
	}
	if limits.Bytes > 0 {
		help += fmt.Sprintf("; %d MiB each at most", limits.Bytes>>20)
	}
	if n := len(limits.Blocked); n > 0 {
		help += ", no ." + strings.Join(limits.Blocked[:min(n, shownEndings)], ", .")
		if n > shownEndings {
			help += " and some others"
		}
	}
	return help + "."
}
