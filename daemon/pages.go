package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/posterndesk/postern/daemon/internal/api"
	"github.com/posterndesk/postern/daemon/internal/console"
	"github.com/posterndesk/postern/daemon/internal/devmail"
	"github.com/posterndesk/postern/daemon/internal/gallery"
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

// openPages puts the pages of all edges behind one outermost handler.
func (d *daemon) openPages() {
	site := web.NewSite(d.live, web.Options{Log: d.log, Now: time.Now, TrustedProxies: d.settings.proxies})
	mux := http.NewServeMux()
	customers := portal.New(d.desk, d.live, site)
	mux.Handle("/", customers)
	pages := console.New(d.desk, site)
	mux.Handle("/agent", pages)
	mux.Handle("/agent/", pages)
	mux.Handle(api.Root+"/", api.New(d.desk, site))
	mux.Handle(api.Root+"/forms", customers) // what everybody may ask, without a token
	mux.Handle(api.Root+"/forms/", customers)
	if d.catcher != nil {
		mux.Handle("/dev/", d.catcher.Pages(site))
		samples := devmail.Samples{Directory: d.live, Signer: d.queue.Signer, Now: time.Now}.Pages(site)
		mux.Handle("/dev/mails", samples)
		mux.Handle("/dev/mails/", samples)
		pictures := gallery.New(site).Handler()
		mux.Handle("/dev/pages", pictures)
		mux.Handle("/dev/pages.json", pictures)
		mux.Handle("/dev/pages/", pictures)
	}
	if d.listen.https == nil {
		d.pages = d.pageServer(d.certs.Challenges(site.Handler(mux)))
		d.stopStreams(customers.Stop, pages.Stop)
		return
	}
	d.pages, d.plain = d.pageServer(site.Handler(mux)), d.pageServer(d.certs.Challenges(site.Redirect()))
	d.pages.TLSConfig = d.certs.HTTPS()
	d.stopStreams(customers.Stop, pages.Stop)
}

// stopStreams ends what would go on for ever when the server is to end.
func (d *daemon) stopStreams(stops ...func()) {
	for _, stop := range stops {
		d.pages.RegisterOnShutdown(stop)
	}
}

func (d *daemon) pageServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelDebug), // broken handshakes of whoever looks around
	}
}

// servePages answers over TLS if there is a listener for it, and then only leads
// there from the other one.
func (d *daemon) servePages(g *group) {
	if d.plain == nil {
		g.run("serve pages", func() error { return d.pages.Serve(d.listen.http) })
		return
	}
	g.run("serve pages", func() error { return d.pages.ServeTLS(d.listen.https, "", "") })
	g.run("lead to pages", func() error { return d.plain.Serve(d.listen.http) })
}

// pageServers are those that run.
func (d *daemon) pageServers() []*http.Server {
	if d.plain == nil {
		return []*http.Server{d.pages}
	}
	return []*http.Server{d.pages, d.plain}
}
