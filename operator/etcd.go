package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// dialEtcd makes a client. It does not wait for a server: that etcd is away for a
// while is no reason to end.
func dialEtcd(o etcdOptions) (*clientv3.Client, error) {
	cfg := clientv3.Config{
		Endpoints: o.endpoints, DialTimeout: 5 * time.Second,
		// A server that vanished without a word is noticed within seconds.
		DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 3 * time.Second, PermitWithoutStream: true,
		Logger: zap.NewNop(), // errors come back from each call
	}
	if o.ca != "" || o.cert != "" {
		secure, err := etcdTLS(o)
		if err != nil {
			return nil, err
		}
		cfg.TLS = secure
	}
	client, err := clientv3.New(cfg)
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
