package main

import (
	"context"
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
		Folder: s.tls, Hostname: s.hostname, Hosts: func() []string { return nil },
		Meter: d.metrics, Log: d.log, Now: time.Now,
	})
}
