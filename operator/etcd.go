package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/mirror"
)

// dialEtcd makes a client. It does not wait for a server: that etcd is away for a
// while is no reason to end.
func dialEtcd(o etcdOptions) (*clientv3.Client, error) {
	var secure *tls.Config
	if o.ca != "" || o.cert != "" {
		var err error
		if secure, err = etcdTLS(o); err != nil {
			return nil, err
		}
	}
	client, err := clientv3.New(mirror.ClientConfig(o.endpoints, secure))
	if err != nil {
		return nil, fmt.Errorf("reach etcd: %w", err)
	}
	return client, nil
}

func etcdTLS(o etcdOptions) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, fmt.Errorf("read --etcd-ca: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read --etcd-ca: %s has no certificate in PEM", o.ca)
		}
	}
	if o.cert != "" {
		// Read for each connection: certificates are renewed while the program runs.
		read := func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(o.cert, o.key)
			if err != nil {
				return nil, fmt.Errorf("read --etcd-cert and --etcd-key: %w", err)
			}
			return &pair, nil
		}
		if _, err := read(); err != nil {
			return nil, err
		}
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return read() }
	}
	return cfg, nil
}
