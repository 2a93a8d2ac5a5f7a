package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// logged writes one line for each request. Queries are left out: they may hold
// what somebody typed.
func (s *Site) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.now()
		seen := &recorder{ResponseWriter: w}
		next.ServeHTTP(seen, r)
		s.log.InfoContext(r.Context(), "request", "method", r.Method, "host", clip(r.Host), "path", redact(r.URL.Path),
			"status", seen.status, "bytes", seen.bytes, "took", s.now().Sub(started).Round(time.Microsecond), "client", s.Client(r))
	})
}

// recover answers for a handler that panicked, so that one page can't take the
// process down.
func (s *Site) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			what := recover()
			if what == nil {
				return
			}
			if cause, ok := what.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
				panic(what) // the server's own way to cut a connection
			}
			err := fmt.Errorf("panic: %v\n%s", what, debug.Stack())
			if seen, ok := w.(*recorder); ok && seen.status != 0 {
				s.log.ErrorContext(r.Context(), "page broke off", "path", redact(r.URL.Path), "error", err)
				return
			}
			s.Fail(w, r, err)
		}()
		next.ServeHTTP(w, r)
	})
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach what is below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// clip keeps what an outsider sent short in the log.
func clip(s string) string {
	const most = 200
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
