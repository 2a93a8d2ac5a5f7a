// Package admin is the operator's edge: health and metrics over HTTP, and the
// socket that the command line talks to.
package admin

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// readyTimeout is under the second that Kubernetes gives a probe by default.
const readyTimeout = 900 * time.Millisecond

// Health answers /livez, /readyz and /metrics. ready says why mail can't be
// taken in now, nil if it can.
func Health(m *Metrics, ready func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	// Alive as long as it answers: a restart mends no lost etcd.
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := ready(ctx); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "not ready:", err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /metrics", m.handler())
	return mux
}
