package main

import (
	"context"
	"net/url"
	"time"

	"github.com/posterndesk/postern/daemon/internal/certs"
)

// openCertificates finds the certificates of this daemon; nil if it has none.
func (d *daemon) openCertificates(ctx context.Context) (*certs.Source, error) {
	s := d.settings
	if s.tls == "" {
		return nil, nil
	}
	return certs.Open(ctx, certs.Options{
		Folder: s.tls, Hostname: s.hostname, Hosts: d.hosts, Meter: d.metrics, Log: d.log, Now: time.Now,
	})
}

// hosts are the names of the pages that are served with TLS here, now.
func (d *daemon) hosts() []string {
	if d.listen.https == nil {
		return nil
	}
	var hosts []string
	for _, center := range d.live.HelpCenters() {
		if base, err := url.Parse(center.BaseURL); err == nil { // live has made it
			hosts = append(hosts, base.Hostname())
		}
	}
	return hosts
}
