package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certificate makes a certificate that signs itself, for names and addresses, and
// its key, as files in a folder. With SSL_CERT_FILE set to the first, a program
// believes it.
func Certificate(t testing.TB, dir string, names ...string) (cert, key string) {
	t.Helper()
	about := aboutCertificate(names...)
	about.KeyUsage, about.BasicConstraintsValid, about.IsCA = x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign, true, true
	about.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	private := newKey(t)
	return writeCertificate(t, dir, names[0], sign(t, about, about, private, private), private)
}

// Authority signs certificates of servers and of clients.
type Authority struct {
	File string // with its certificate

	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes one with files in a folder of the test.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{dir: t.TempDir(), key: newKey(t)}
	about := aboutCertificate("authority")
	about.KeyUsage, about.BasicConstraintsValid, about.IsCA = x509.KeyUsageCertSign, true, true
	signed := sign(t, about, about, a.key, a.key)
	var err error
	if a.cert, err = x509.ParseCertificate(signed); err != nil {
		t.Fatal(err)
	}
	a.File, _ = writeCertificate(t, a.dir, "authority", signed, a.key)
	return a
}

// Issue makes a certificate for names and addresses, good for servers and clients,
// and its key, as files.
func (a *Authority) Issue(t testing.TB, names ...string) (cert, key string) {
	t.Helper()
	about := aboutCertificate(names...)
	about.KeyUsage = x509.KeyUsageDigitalSignature
	about.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	private := newKey(t)
	return writeCertificate(t, a.dir, names[0], sign(t, about, a.cert, private, a.key), private)
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func aboutCertificate(names ...string) *x509.Certificate {
	about := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			about.IPAddresses = append(about.IPAddresses, ip)
		} else {
			about.DNSNames = append(about.DNSNames, name)
		}
	}
	return about
}

func sign(t testing.TB, about, by *x509.Certificate, key, with *ecdsa.PrivateKey) []byte {
	t.Helper()
	signed, err := x509.CreateCertificate(rand.Reader, about, by, key.Public(), with)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func writeCertificate(t testing.TB, dir, name string, signed []byte, private *ecdsa.PrivateKey) (cert, key string) {
	t.Helper()
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}

// shortDir is a folder for sockets, whose paths may have 107 bytes: those of
// t.TempDir grow with the name of the test.
func shortDir(t testing.TB, prefix string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // where it fails, it is what a program left behind
	return dir
}
