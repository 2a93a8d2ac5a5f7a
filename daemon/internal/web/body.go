package web

import (
	"errors"
	"io"
	"net/http"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MaxBody of a request. The longest message has 64 KiB, and three times that
// when each of its bytes is percent-encoded; the rest is for a form's fields.
const MaxBody = 1 << 20

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
