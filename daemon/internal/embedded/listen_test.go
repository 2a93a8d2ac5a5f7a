package embedded

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// authority signs certificates for this machine.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert, a.key = sign(t, template, nil)
	return a
}

func sign(t *testing.T, template *x509.Certificate, by *authority) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// issue makes a certificate for one side alone, as cert-manager does.
func (a authority) issue(t *testing.T, usage x509.ExtKeyUsage) tls.Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	cert, key := sign(t, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "leaf"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, &a)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// files writes what Listen names.
func (a authority) files(t *testing.T) Listen {
	t.Helper()
	return a.filesIn(t, t.TempDir())
}

func (a authority) filesIn(t *testing.T, dir string) Listen {
	t.Helper()
	pair := a.issue(t, x509.ExtKeyUsageServerAuth)
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return Listen{
		Address: "127.0.0.1:0", Cert: write("cert.pem", "CERTIFICATE", pair.Certificate[0]),
		Key: write("key.pem", "PRIVATE KEY", key), CA: write("ca.pem", "CERTIFICATE", a.cert.Raw),
	}
}

// Only who has a certificate of the authority is let in.
func TestListen(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	s, err := StartListening(t.Context(), filepath.Join(t.TempDir(), "etcd"), ours.files(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	addresses := s.Addresses()
	if len(addresses) != 1 {
		t.Fatalf("it listens on %v, want one address", addresses)
	}
	for _, tt := range []struct {
		name string
		cfg  *tls.Config
		want bool
	}{
		{"with a certificate", &tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{ours.issue(t, x509.ExtKeyUsageClientAuth)}}, true},
		{"without one", &tls.Config{RootCAs: ours.pool()}, false},
		{"with somebody else's", &tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{theirs.issue(t, x509.ExtKeyUsageClientAuth)}}, false},
		{"with that of a server", &tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{ours.issue(t, x509.ExtKeyUsageServerAuth)}}, false},
		{"in the clear", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, err := clientv3.New(clientv3.Config{Endpoints: []string{addresses[0].String()}, TLS: tt.cfg, Logger: zap.NewNop()})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			timeout := 2 * time.Second
			if tt.want {
				timeout = 20 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			if _, err := client.Put(ctx, "k", "v"); (err == nil) != tt.want {
				t.Errorf("Put: %v, want it let in: %t", err, tt.want)
			}
		})
	}
}

// A certificate that was renewed is shown to who comes then, without a restart.
func TestRenewed(t *testing.T) {
	ours, dir := newAuthority(t), t.TempDir()
	s, err := StartListening(t.Context(), filepath.Join(t.TempDir(), "etcd"), ours.filesIn(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	shown := func() *big.Int {
		t.Helper()
		conn, err := tls.Dial("tcp", s.Addresses()[0].String(), &tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{ours.issue(t, x509.ExtKeyUsageClientAuth)}})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber
	}
	before := shown()
	ours.filesIn(t, dir)
	if after := shown(); after.Cmp(before) == 0 {
		t.Error("the old certificate is shown")
	}
}

// On all addresses it is reached by IPv4, and by IPv6 where the machine has that.
func TestListenOnAll(t *testing.T) {
	listen := newAuthority(t).files(t)
	listen.Address = ":0"
	s, err := StartListening(t.Context(), filepath.Join(t.TempDir(), "etcd"), listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	_, port, err := net.SplitHostPort(s.Addresses()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"127.0.0.1"}
	if l, err := net.Listen("tcp", "[::1]:0"); err == nil {
		_ = l.Close()
		hosts = append(hosts, "::1")
	}
	for _, host := range hosts {
		c, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		_ = c.Close()
	}
}
