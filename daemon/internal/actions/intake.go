package actions

import (
	"errors"
	"io"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Intake is the files of one page while it is sent: those that come with it are
// kept where they wait, and those that were kept before are found again.
type Intake struct {
	Limits helpdesk.FileLimits // of all together
	Keep   func(field, name, mediaType string, r io.Reader) (Upload, error)
	Find   func(token string) (Upload, error)

	Uploads []Upload  // that were taken
	Refused []Refusal // and that were not
	full    bool
	err     error // nothing more is taken
}

// Refusal is what is wrong with a file for a field, "" for one beside the words.
type Refusal struct {
	Field string
	Err   error
}

// Take keeps a file that comes with the page, unless there were too many already.
func (in *Intake) Take(field, name, mediaType string, r io.Reader) {
	if in.err == nil && !in.full {
		u, err := in.Keep(field, name, mediaType, r)
		in.add(field, u, err)
	}
}

// End puts those in front that the page names as kept before. It takes how reading
// the page ended, and returns what has nothing to do with any file.
func (in *Intake) End(tokens []string, read error) error {
	sent, failed := in.Uploads, in.err
	in.Uploads, in.full, in.err = nil, false, nil
	for i, token := range tokens {
		if i < helpdesk.MaxFiles && !in.full {
			u, err := in.Find(token)
			in.add(u.Field, u, err)
		}
	}
	for _, u := range sent {
		in.add(u.Field, u, nil)
	}
	switch {
	case failed != nil:
		return failed
	case in.err != nil:
		return in.err
	case errors.Is(read, helpdesk.ErrFile):
		in.Refused = append(in.Refused, Refusal{Err: read})
		return nil
	}
	return read
}

// add takes a file, unless all together are too much then. They are counted while
// they come, so that what follows need not be kept.
func (in *Intake) add(field string, u Upload, err error) {
	more := append(in.Uploads, u)
	if err == nil {
		err = in.Limits.CheckAll(attachments(more))
		in.full = err != nil
	}
	switch {
	case err == nil:
		in.Uploads = more
	case errors.Is(err, helpdesk.ErrFile):
		in.Refused = append(in.Refused, Refusal{Field: field, Err: err})
	default:
		in.err = err
		if u.Seal != "" { // it is one of ours, and stays on the page
			in.Uploads = more
		}
	}
}

// Refusal tells in one error, in the words that say has for each, what is wrong with
// files; nil if nothing is.
func (in *Intake) Refusal(say func(error) string) error {
	if len(in.Refused) == 0 {
		return nil
	}
	var said []string
	for _, r := range in.Refused {
		said = append(said, say(r.Err))
	}
	return &helpdesk.Error{Kind: helpdesk.Invalid, Public: strings.Join(said, ". "), Err: helpdesk.ErrFile}
}
