package main

import (
	"context"
	"fmt"
	"sync"
	"syscall"

	"github.com/posterndesk/postern/daemon/internal/inbound"
	"github.com/posterndesk/postern/daemon/internal/smtpd"
)

// openMail builds the servers that mail is brought to.
func (d *daemon) openMail(pipeline *inbound.Pipeline) {
	s := d.settings
	options := smtpd.Options{
		Domain: s.hostname, Limits: smtpd.DefaultLimits(), Relays: s.relays, Repair: s.repair, TLS: d.certs.SMTP(),
		Largest: d.live.LargestMail,
	}
	options.Limits.Greeting = s.greeting
	servers := 1
	if d.listen.lmtp != nil {
		servers++
	}
	most := connectionsFor(openFiles(), servers)
	if most < options.Limits.Connections {
		d.log.Warn("too few files may be open, so fewer clients are served: raise the limit (ulimit -n, LimitNOFILE)",
			"files", openFiles(), "connections", most, "wanted", options.Limits.Connections)
		options.Limits.Connections = most
	}
	lmtp := options
	lmtp.LMTP, lmtp.TLS = true, nil // its clients are mail servers beside us
	options.Proxies = s.mailProxies
	d.mail = smtpd.New(pipeline, d.metrics, d.log, options)
	if d.listen.lmtp != nil {
		d.lmtp = smtpd.New(pipeline, d.metrics, d.log, lmtp)
	}
}

func (d *daemon) serveMail(g *group) {
	g.run("take mail", func() error { return d.mail.Serve(d.listen.smtp) })
	if d.listen.smtps != nil {
		g.run("take mail over TLS", func() error { return d.mail.ServeTLS(d.listen.smtps) })
	}
	if d.lmtp != nil {
		g.run("take mail by LMTP", func() error { return d.lmtp.Serve(d.listen.lmtp) })
	}
}

// stopMail lets transfers under way finish, within the servers' own limits.
func (d *daemon) stopMail() {
	var wg sync.WaitGroup
	for _, server := range []*smtpd.Server{d.mail, d.lmtp} {
		if server != nil {
			wg.Go(func() { server.Shutdown(context.Background()) })
		}
	}
	wg.Wait()
}

// otherFiles are for etcd, pages and outgoing mail.
const otherFiles = 500

// connectionsFor is how many clients each server can have: a socket, and a file
// for the mail that it sends. A few are always served: a limit that is too low
// for them breaks everything else first.
func connectionsFor(files uint64, servers int) int {
	const perClient, least = 2, 20
	spare := max(int64(min(files, 1<<30))-otherFiles, 0)
	return max(int(spare)/perClient/servers, least)
}

// openFiles is how many files this process may have open. The runtime has raised
// it as far as it may be.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		panic(fmt.Sprintf("ask for the limit of open files: %v", err)) // no system lacks it
	}
	return limit.Cur
}
