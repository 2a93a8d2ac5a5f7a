package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MaxBody of a request. The longest message has 64 KiB, and three times that
// when each of its bytes is percent-encoded; the rest is for a form's fields.
const MaxBody = 1 << 20

// bodyWithin is how long a body may take in all: MaxBody over a line of 6 KiB/s.
// Who sends files has longer, as long as they go on ([ReadParts]). Without an end,
// each connection that brings a beginning and nothing more would be held for good,
// also where nobody reads it: the server waits for the rest before it goes on.
const bodyWithin = 3 * time.Minute

// inTime ends connections on which a body does not come.
func inTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin)) // what has no connection needs none
		}
		next.ServeHTTP(w, r)
	})
}

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &bounded{ReadCloser: http.MaxBytesReader(w, r.Body, MaxBody), whole: r.Body}
		next.ServeHTTP(w, r)
	})
}

// bounded is a body of MaxBody at most, for all pages but those that ask for the
// whole with [ReadParts].
type bounded struct {
	io.ReadCloser
	whole io.ReadCloser
}

// ReadForm reads the body of a POST into r.PostForm. TooLarge says that it is
// over MaxBody.
func ReadForm(r *http.Request) error {
	err := r.ParseForm()
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return helpdesk.Errorf(helpdesk.TooLarge, "together that is more than %d KiB, which is the limit", MaxBody>>10)
	}
	if err != nil {
		return &helpdesk.Error{Kind: helpdesk.Invalid, Public: "what your browser sent could not be read", Err: err}
	}
	return nil
}
