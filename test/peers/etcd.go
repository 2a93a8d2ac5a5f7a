package peers

import (
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// Etcd is an etcd that several desks share, with TLS.
type Etcd struct {
	Endpoint  string
	Authority string // file with what its TLS is believed by
}

// StartEtcd runs one inside the test.
func StartEtcd(t testing.TB) Etcd {
	t.Helper()
	cfg := embed.NewConfig()
	cfg.Dir = t.TempDir()
	cfg.LogLevel = "fatal"
	cfg.ClientAutoTLS, cfg.SelfSignedCertValidity = true, 1
	listen := url.URL{Scheme: "https", Host: "127.0.0.1:0"}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{listen}, []url.URL{listen}
	cfg.ListenPeerUrls = nil
	cfg.AdvertisePeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg.InitialCluster = cfg.Name + "=http://127.0.0.1:0"
	etcd, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(etcd.Close)
	select {
	case <-etcd.Server.ReadyNotify():
	case <-time.After(Patience):
		t.Fatal("etcd did not start")
	}
	return Etcd{"https://" + etcd.Clients[0].Addr().String(), filepath.Join(cfg.Dir, "fixtures", "client", "cert.pem")}
}
