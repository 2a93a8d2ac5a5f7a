package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/certs"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// openCertificates finds the certificates of this daemon; nil if it has none.
func (d *daemon) openCertificates(ctx context.Context, kek [store.KeySize]byte) (*certs.Source, error) {
	s := d.settings
	if s.tls == "" && !s.acme.on {
		return nil, nil
	}
	o := certs.Options{Folder: s.tls, Hostname: s.hostname, Hosts: d.hosts, Meter: d.metrics, Log: d.log, Now: time.Now}
	if s.acme.on {
		roots, err := s.acme.roots()
		if err != nil {
			return nil, err
		}
		o.ACME = &certs.ACME{Directory: s.acme.directory, Roots: roots, Email: s.acme.email, Vault: d.db.Vault(kek)}
	}
	return certs.Open(ctx, o)
}

// roots are whom to believe about the directory; nil for the system's.
func (s acmeSettings) roots() (*x509.CertPool, error) {
	if s.ca == "" {
		return nil, nil
	}
	return readAuthorities(s.ca)
}

// readAuthorities reads certificates in PEM.
func readAuthorities(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}

// hosts are the names that there should be certificates for now: of pages that are
// served with TLS here, and of the mail server where anybody brings mail to it.
func (d *daemon) hosts() []string {
	var hosts []string
	if slices.ContainsFunc(d.live.Mailboxes(), func(b helpdesk.Mailbox) bool { return b.IMAP == nil }) {
		hosts = append(hosts, d.settings.hostname)
	}
	if d.listen.https == nil {
		return hosts
	}
	for _, center := range d.live.HelpCenters() {
		if base, err := url.Parse(center.BaseURL); err == nil { // live has made it
			hosts = append(hosts, base.Hostname())
		}
	}
	return hosts
}
