package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// MaxUpload is the most bytes of one request with files. It is above what any
	// mail may hold, as browsers show what was answered only after they have sent
	// it all.
	MaxUpload = 512 << 20

	// maxParts of one request: an answer has a hundred files at most, and a few
	// fields.
	maxParts = 300

	// maxPartHead is the most bytes before the content of a part. Names of files have
	// some hundred; Go would take 10 MiB of each part, and hold the names of fields.
	maxPartHead = 16 << 10

	// uploadIdle is how long an upload may stand still.
	uploadIdle = time.Minute
)

// ReadParts is ReadForm for a form that may have files. Nothing but fields is
// held in memory: file is called with each file while it comes in, and reads what
// it wants of it. What came before an error is in r.PostForm. Too much at once is
// Invalid, and marked with [helpdesk.ErrFile].
func ReadParts(w http.ResponseWriter, r *http.Request, file func(name, mediaType string, content io.Reader)) error {
	return ReadNamedParts(w, r, func(_, name, mediaType string, content io.Reader) { file(name, mediaType, content) })
}

// ReadNamedParts is ReadParts for a form with several inputs for files: file is
// told the name of the input too.
func ReadNamedParts(w http.ResponseWriter, r *http.Request, file func(input, name, mediaType string, content io.Reader)) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "multipart/form-data" {
		return ReadForm(r)
	}
	if b, ok := r.Body.(*bounded); ok {
		r.Body = http.MaxBytesReader(w, b.whole, MaxUpload)
	}
	body := &patient{ReadCloser: r.Body, connection: http.NewResponseController(w)}
	r.Body = body
	parts, err := r.MultipartReader()
	if err != nil {
		return partsError(err)
	}
	r.PostForm = url.Values{}
	room := int64(MaxBody)
	for range maxParts {
		body.most = maxPartHead
		part, err := parts.NextPart()
		body.most = anyLength
		if err == io.EOF { // alone: wrapped, it says that the end is missing
			return nil
		}
		if err != nil {
			return partsError(err)
		}
		if name := part.FileName(); name != "" {
			file(part.FormName(), fileName(name), part.Header.Get("Content-Type"), part)
			if _, err := io.Copy(io.Discard, part); err != nil { // what is left of it is not the head of the next one
				return partsError(err)
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return partsError(err)
		}
		if room -= int64(len(part.FormName()) + len(value)); room < 0 {
			return partsError(&http.MaxBytesError{Limit: MaxBody})
		}
		if !isFile(part) {
			r.PostForm.Add(part.FormName(), string(value))
		}
	}
	return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "these are more files than can be sent at once", Err: helpdesk.ErrFile}
}

// isFile reports the input for files in which none was chosen: browsers send one
// without a name.
func isFile(part *multipart.Part) bool {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, named := params["filename"]
	return err == nil && named
}

// fileName undoes what browsers do to a name that would break its header (HTML
// standard, "multipart/form-data").
func fileName(s string) string {
	return strings.NewReplacer("%22", `"`, "%0D", "\r", "%0A", "\n").Replace(s)
}

func partsError(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "together that is more than can be sent at once", Err: errors.Join(helpdesk.ErrFile, err)}
	}
	return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "what your browser sent did not arrive whole", Err: err}
}

// patient lets an upload take its time, but not stand still.
type patient struct {
	io.ReadCloser
	connection *http.ResponseController
	set        time.Time
	most       int64 // that may still be read; anyLength for no limit
}

const anyLength = -1

var errPartHead = errors.New("the head of a part has no end")

func (p *patient) Read(b []byte) (int, error) {
	if p.most == 0 {
		return 0, errPartHead
	}
	if p.most > 0 {
		b = b[:min(int64(len(b)), p.most)]
	}
	n, err := p.read(b)
	if p.most > 0 {
		p.most -= int64(n)
	}
	return n, err
}

func (p *patient) read(b []byte) (int, error) {
	if now := time.Now(); now.Sub(p.set) > time.Second { // not for every few bytes
		p.set = now
		_ = p.connection.SetReadDeadline(now.Add(uploadIdle)) // what has no connection needs none
	}
	return p.ReadCloser.Read(b)
}
