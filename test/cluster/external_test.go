package cluster_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/posterndesk/postern/test/peers"
)

// Several replicas with an etcd and a bucket outside: they are one desk while there are
// more of them, while one is killed, and while they are upgraded.
//
// covers: K02, K04, P05
func TestExternal(t *testing.T) {
	i := newInstall(t, "outside")
	storage := peers.StartS3On(t, i.machine(), true)
	i.kubectl("delete", "configmap", "authorities", "-n", i.namespace)
	i.kubectl("create", "configmap", "authorities", "-n", i.namespace, "--from-file=sink.crt="+i.sink.files.cert, "--from-file=storage.crt="+storage.Authority())
	endpoint, files := startEtcd(t, i.machine())
	i.kubectl("create", "secret", "generic", "etcd", "-n", i.namespace,
		"--from-file=ca.crt="+files.cert, "--from-file=tls.crt="+files.cert, "--from-file=tls.key="+files.key)
	i.kubectl("create", "secret", "generic", "bucket", "-n", i.namespace,
		"--from-file="+filepath.Join(storage.Credentials, "access-key"), "--from-file="+filepath.Join(storage.Credentials, "secret-key"))
	i.values = append(i.values, "etcd.mode=External", "etcd.external.endpoints={"+endpoint+"}", "etcd.external.clientSecret=etcd",
		"s3.enabled=true", "s3.endpoint="+storage.URL, "s3.bucket="+storage.Bucket, "s3.region="+storage.Region, "s3.credentialsSecret=bucket")
	i.upgrade("daemon.replicas=1")
	t.Cleanup(func() { i.clean("delete", "-k", root+"/crds", "--ignore-not-found") })
	i.declare("Published")
	path := i.firstTicket()

	i.load("grown", burst, func() { i.upgrade("daemon.replicas=3") })
	i.kubectl("wait", "--for=condition=Ready", "-n", i.account, "hc/main", "mailbox/support", "tf/contact", "--timeout=120s")
	for range 10 { // whichever replica answers
		i.shows(path, "The lamp flickers")
		i.shows("/en/", button)
	}
	i.load("killed", burst, func() {
		pod := i.kubectl("get", "pods", "-n", i.namespace, "-l", "app.kubernetes.io/component=daemon", "-o", "jsonpath={.items[0].metadata.name}")
		i.kubectl("delete", "pod", pod, "-n", i.namespace, "--grace-period=0", "--force")
	})
	i.load("upgraded", burst, func() { i.upgrade("daemon.replicas=3", "daemon.podAnnotations.changed=once") })
	i.helm("test", release, "-n", i.namespace, "--timeout", patience.String())
	i.shows(path, "The lamp flickers")
	i.helm("uninstall", release, "-n", i.namespace, "--wait", "--timeout", patience.String())
}

type keyPair struct{ cert, key string }

// startEtcd runs one at an address that pods reach, which lets in whoever has its
// certificate, and nobody else.
func startEtcd(t *testing.T, ip string) (endpoint string, files keyPair) {
	t.Helper()
	dir := t.TempDir()
	files = certify(t, dir, ip)
	cfg := embed.NewConfig()
	cfg.Dir, cfg.LogLevel = filepath.Join(dir, "etcd"), "fatal"
	listen := url.URL{Scheme: "https", Host: net.JoinHostPort(ip, "0")}
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{listen}, []url.URL{listen}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = nil, []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	cfg.InitialCluster = cfg.Name + "=http://127.0.0.1:0"
	cfg.ClientTLSInfo = transport.TLSInfo{CertFile: files.cert, KeyFile: files.key, TrustedCAFile: files.cert, ClientCertAuth: true}
	server, err := embed.StartEtcd(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(peers.Patience):
		t.Fatal("etcd does not start")
	}
	return "https://" + server.Clients[0].Addr().String(), files
}

// certify makes one certificate for both sides, which signs itself.
func certify(t *testing.T, dir, ip string) keyPair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "etcd"}, IPAddresses: []net.IP{net.ParseIP(ip)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	files := keyPair{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	for path, block := range map[string]*pem.Block{files.cert: {Type: "CERTIFICATE", Bytes: signed}, files.key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
