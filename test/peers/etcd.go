package peers

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// Etcd is an etcd that several desks share, with TLS.
type Etcd struct {
	Endpoint  string
	Authority string // file with what its TLS is believed by

	dir    string
	server *embed.Etcd
}

// StartEtcd runs one inside the test.
func StartEtcd(t testing.TB) *Etcd {
	t.Helper()
	return runEtcd(t, t.TempDir())
}

// RestoreEtcd runs one that begins with what another one, which has ended, has in its
// file: as `etcdutl snapshot restore --skip-hash-check` does.
func RestoreEtcd(t testing.TB, file string) *Etcd {
	t.Helper()
	dir, cfg := filepath.Join(t.TempDir(), "data"), embed.NewConfig()
	err := snapshot.NewV3(zap.NewNop()).Restore(snapshot.RestoreConfig{
		SnapshotPath: file, SkipHashCheck: true, Name: cfg.Name, OutputDataDir: dir, PeerURLs: []string{noPeer},
		InitialCluster: cfg.Name + "=" + noPeer, InitialClusterToken: cfg.InitialClusterToken,
	})
	if err != nil {
		t.Fatal(err)
	}
	return runEtcd(t, dir)
}

// noPeer is where other members would reach it.
const noPeer = "http://127.0.0.1:0"

func runEtcd(t testing.TB, dir string) *Etcd {
	t.Helper()
	e := &Etcd{dir: dir}
	e.start(t, "127.0.0.1:0")
	t.Cleanup(func() { e.server.Close() })
	e.Endpoint = "https://" + e.server.Clients[0].Addr().String()
	e.Authority = filepath.Join(e.dir, "fixtures", "client", "cert.pem")
	return e
}

func (e *Etcd) start(t testing.TB, address string) {
	t.Helper()
	cfg := embed.NewConfig()
	cfg.Dir = e.dir
	cfg.LogLevel = "fatal"
	cfg.ClientAutoTLS, cfg.SelfSignedCertValidity = true, 1
	listen := url.URL{Scheme: "https", Host: address}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{listen}, []url.URL{listen}
	cfg.ListenPeerUrls = nil
	cfg.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg.InitialCluster = cfg.Name + "=" + noPeer
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.server = server
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(Patience):
		t.Fatal("etcd did not start")
	}
}

// Stop ends it, Restart begins it again on the same data and address.
func (e *Etcd) Stop() { e.server.Close() }

// Restart begins it again after Stop.
func (e *Etcd) Restart(t testing.TB) {
	t.Helper()
	address, err := url.Parse(e.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(Patience); ; time.Sleep(10 * time.Millisecond) {
		l, err := net.Listen("tcp", address.Host) // the old one's may not be free at once
		if err == nil {
			_ = l.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	e.start(t, address.Host)
}

// Client talks to it until the test ends.
func (e *Etcd) Client(t testing.TB) *clientv3.Client {
	t.Helper()
	pem, err := os.ReadFile(e.Authority)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{e.Endpoint}, TLS: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, Logger: zap.NewNop(), DialTimeout: Patience,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}
