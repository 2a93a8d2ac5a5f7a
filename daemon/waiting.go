package main

import (
	"context"
	"net"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/web"
)

// errWaiting is what is said while nothing was ever loaded.
var errWaiting = helpdesk.Errorf(helpdesk.Unavailable, "the help centers are not loaded yet")

// answerMeanwhile answers requests to pages while the first configuration is waited
// for, which may be as long as etcd is away: who asks would wait for an answer, and
// not know for what. It does so until stop is called; the listener stays open.
// Certificates are not known yet, so nothing is said over TLS.
func (d *daemon) answerMeanwhile() (stop func()) {
	l, ok := d.listen.http.(interruptible)
	if !ok {
		return func() {}
	}
	site := web.NewSite(d.live, web.Options{Log: d.log, Now: time.Now, TrustedProxies: d.settings.proxies})
	server := d.pageServer(site.Away(errWaiting))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(borrowed{l}) // ends with Shutdown, or when the listener has ended, which is told by who has it
	}()
	d.log.Info("waiting for what is declared", d.told()...)
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), drainPages)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // whoever is still there has had their time
		}
		<-done
		_ = l.SetDeadline(time.Time{}) // fails only if it is closed
	}
}

// interruptible is a listener whose Accept can be ended without closing it, as that
// of every kind that is listened with here.
type interruptible interface {
	net.Listener
	SetDeadline(time.Time) error
}

// borrowed ends Accept when it is closed, and stays open.
type borrowed struct{ interruptible }

func (b borrowed) Close() error { return b.SetDeadline(time.Now()) }
