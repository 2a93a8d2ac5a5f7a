package web

import (
	"io"
	"net/http"
	"time"
)

// lateWithin is how long one write of a file may stand still.
const lateWithin = time.Minute

// SendMade sends a file that is made while it is sent. What goes wrong before its first
// byte is an error; afterwards the connection breaks, so that nobody takes a part for
// the whole.
func SendMade(w http.ResponseWriter, name, mediaType string, how func(io.Writer) error) error {
	late := &lateWriter{to: w, out: http.NewResponseController(w), begin: func() { Attachment(w, name, mediaType) }}
	err := how(late)
	if err != nil && late.begun {
		panic(http.ErrAbortHandler)
	}
	return err
}

// lateWriter sends its header with the first byte.
type lateWriter struct {
	to    http.ResponseWriter
	out   *http.ResponseController
	begin func()
	begun bool
}

func (w *lateWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.begin()
	}
	_ = w.out.SetWriteDeadline(time.Now().Add(lateWithin)) // what has no connection needs none
	return w.to.Write(b)
}
