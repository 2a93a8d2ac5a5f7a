package mirror

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// Access is how an etcd outside is spoken to, as --etcd and the flags that begin with
// it say to both programs.
type Access struct {
	Endpoints     []string
	CA, Cert, Key string // files; "" for none
}

// Dial makes a client. It does not wait for a server: that etcd is away for a while is
// no reason to end.
func (a Access) Dial() (*clientv3.Client, error) {
	var secure *tls.Config
	if a.wantsTLS() {
		var err error
		if secure, err = a.secure(); err != nil {
			return nil, err
		}
	}
	cfg := ClientConfig(a.Endpoints, secure)
	if secure != nil && !inTheClear(a.Endpoints[0]) { // it is the first one that decides for all
		cfg.DialOptions = append(cfg.DialOptions, grpc.WithTransportCredentials(newReread(a, secure)))
	}
	client, err := clientv3.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("reach etcd: %w", err)
	}
	return client, nil
}

// wantsTLS says that there is TLS whatever the endpoints say.
func (a Access) wantsTLS() bool { return a.CA != "" || a.Cert != "" }

// secure is what TLS goes by, as the files are now.
func (a Access) secure() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.CA != "" {
		pem, err := os.ReadFile(a.CA)
		if err != nil {
			return nil, fmt.Errorf("read --etcd-ca: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read --etcd-ca: %s has no certificate in PEM", a.CA)
		}
	}
	if a.Cert != "" {
		// Read for each connection: certificates are renewed while the program runs.
		read := func() (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(a.Cert, a.Key)
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
