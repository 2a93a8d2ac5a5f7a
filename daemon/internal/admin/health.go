// Package admin is the operator's edge: health and metrics over HTTP, and the
// socket that the command line talks to.
package admin

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// storeTimeout is under the second that Kubernetes gives a probe by default.
const storeTimeout = 900 * time.Millisecond

// Health answers /livez, /readyz and /metrics. ready says why nothing can be served
// yet, nil if it can. store asks the store: that it is away is told, and makes nobody
// unready, as pages that need none are served all the same, and mail is asked to come
// again.
func Health(m *Metrics, ready func() error, store func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	// Alive as long as it answers: a restart mends no lost etcd.
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, "not ready:", err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), storeTimeout)
		defer cancel()
		if err := store(ctx); err != nil {
			fmt.Fprintln(w, "ok, but the store is away, and mail has to wait:", err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /metrics", m.handler())
	return mux
}
