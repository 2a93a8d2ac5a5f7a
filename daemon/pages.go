package main

import (
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/portal"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// Limits of HTTP connections. Reading and writing as a whole have none here:
// uploads and slow lines are honest; each page bounds its body.
const (
	headerTimeout  = 5 * time.Second
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
)

// pagesServer puts the pages of all edges behind one outermost handler.
func (d *daemon) pagesServer() *http.Server {
	site := web.NewSite(d.live, web.Options{Log: d.log, Now: time.Now, TrustedProxies: d.settings.proxies})
	mux := http.NewServeMux()
	mux.Handle("/", portal.New(d.desk, d.live, site))
	pages := console.New(d.desk, site)
	mux.Handle("/agent", pages)
	mux.Handle("/agent/", pages)
	if d.catcher != nil {
		mux.Handle("/dev/", d.catcher.Pages(site))
	}
	return &http.Server{
		Handler: site.Handler(mux), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
	}
}
