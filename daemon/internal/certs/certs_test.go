package certs

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// month is how long test certificates hold.
const month = 30 * 24 * time.Hour

// issue signs a certificate with itself, in PEM.
func issue(t *testing.T, key crypto.Signer, until time.Time, names ...string) (cert, private []byte) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(until.Unix()), Subject: pkix.Name{CommonName: "test"}, DNSNames: names,
		NotBefore: until.Add(-month), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func newKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// place writes a pair as NAME.crt and NAME.key.
func place(t *testing.T, dir, name string, until time.Time, names ...string) {
	t.Helper()
	cert, key := issue(t, newKey(t), until, names...)
	write(t, filepath.Join(dir, name+".crt"), cert)
	write(t, filepath.Join(dir, name+".key"), key)
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// desk is a Source with a clock and a log that tests look at.
type desk struct {
	*Source
	log   bytes.Buffer
	now   time.Time
	hosts []string
	until map[string]time.Time
}

func (d *desk) Certificates(until map[string]time.Time) { d.until = maps.Clone(until) }

func openDesk(t *testing.T, dir string) *desk {
	t.Helper()
	d := &desk{now: noon, hosts: []string{"help.acme.example", "mx.acme.example", "help.acme.example"}}
	var err error
	d.Source, err = Open(t.Context(), Options{
		Folder: dir, Hostname: "mx.acme.example", Hosts: func() []string { return slices.Clone(d.hosts) },
		Meter: d, Log: slog.New(slog.NewTextHandler(&d.log, nil)), Now: func() time.Time { return d.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shake shakes hands as a client that asks for a name, and returns the leaf that
// it was served.
func shake(t *testing.T, server *tls.Config, client *tls.Config) (*x509.Certificate, error) {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	ended := make(chan error, 1)
	go func() { ended <- tls.Server(far, server).HandshakeContext(t.Context()) }()
	client.InsecureSkipVerify = true
	conn := tls.Client(near, client)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		far.Close()
		<-ended
		return nil, err
	}
	if err := <-ended; err != nil {
		return nil, err
	}
	return conn.ConnectionState().PeerCertificates[0], nil
}

func TestNamesAreServed(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "help", noon.Add(month), "help.acme.example")
	place(t, dir, "mx", noon.Add(month), "mx.acme.example")
	place(t, filepath.Join(dir, "wild"), "tls", noon.Add(month), "*.beta.example")
	cert, key := issue(t, newKey(t), noon.Add(month), "certbot.example")
	write(t, filepath.Join(dir, "certbot.example", "fullchain.pem"), cert)
	write(t, filepath.Join(dir, "certbot.example", "privkey.pem"), key)
	write(t, filepath.Join(dir, "wild", "ca.crt"), cert) // Secrets have one
	d := openDesk(t, dir)

	const refused = "unrecognized name"
	for _, test := range []struct {
		name  string
		asked string
		https string // the name in what is served, or the alert
		smtp  string
	}{
		{"a help center", "help.acme.example", "help.acme.example", "help.acme.example"},
		{"in other letters", "HELP.Acme.Example", "help.acme.example", "help.acme.example"},
		{"the mail server", "mx.acme.example", "mx.acme.example", "mx.acme.example"},
		{"a wildcard", "help.beta.example", "*.beta.example", "*.beta.example"},
		{"below a wildcard", "x.help.beta.example", refused, "mx.acme.example"},
		{"as certbot writes it", "certbot.example", "certbot.example", "certbot.example"},
		{"a stranger", "stranger.example", refused, "mx.acme.example"},
		{"no name", "", refused, "mx.acme.example"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, side := range []struct {
				config *tls.Config
				want   string
			}{{d.HTTPS(), test.https}, {d.SMTP(), test.smtp}} {
				got := refused
				leaf, err := shake(t, side.config, &tls.Config{ServerName: test.asked})
				switch {
				case err == nil:
					got = leaf.DNSNames[0]
				case !strings.Contains(err.Error(), refused):
					t.Fatal(err)
				}
				if got != side.want {
					t.Errorf("served %s, want %s", got, side.want)
				}
			}
		})
	}
}

func TestOldProtocolsAreRefused(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "mx", noon.Add(month), "mx.acme.example")
	d := openDesk(t, dir)
	for _, config := range []*tls.Config{d.HTTPS(), d.SMTP()} {
		client := &tls.Config{ServerName: "mx.acme.example", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		if _, err := shake(t, config, client); err == nil {
			t.Error("TLS 1.1 was spoken")
		}
	}
}

func TestMailIsEncryptedWithoutACertificateOfItsName(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "help", noon.Add(month), "help.acme.example")
	d := openDesk(t, dir)
	for range 2 {
		leaf, err := shake(t, d.SMTP(), &tls.Config{ServerName: "mx.acme.example"})
		if err != nil {
			t.Fatal(err)
		}
		if leaf.VerifyHostname("mx.acme.example") != nil || !d.now.Before(leaf.NotAfter) {
			t.Errorf("served %v until %v, want our own for mx.acme.example, still good", leaf.DNSNames, leaf.NotAfter)
		}
		d.now = d.now.Add(ownLifetime + time.Minute) // then it is made anew
	}
	if _, err := shake(t, d.HTTPS(), &tls.Config{ServerName: "mx.acme.example"}); err == nil {
		t.Error("pages were served with a certificate that nobody can check")
	}
}

func TestTheClientGetsAKeyThatItCanUse(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "ecdsa", noon.Add(month), "mx.acme.example")
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert, private := issue(t, key, noon.Add(month/2), "mx.acme.example")
	write(t, filepath.Join(dir, "rsa.crt"), cert)
	write(t, filepath.Join(dir, "rsa.key"), private)
	d := openDesk(t, dir)
	for _, test := range []struct {
		name   string
		suites []uint16
		want   x509.PublicKeyAlgorithm
	}{
		{"a new client", nil, x509.ECDSA},
		{"one that only knows RSA", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, x509.RSA},
	} {
		t.Run(test.name, func(t *testing.T) {
			leaf, err := shake(t, d.SMTP(), &tls.Config{ServerName: "mx.acme.example", CipherSuites: test.suites, MaxVersion: tls.VersionTLS12})
			if err != nil {
				t.Fatal(err)
			}
			if leaf.PublicKeyAlgorithm != test.want {
				t.Errorf("served %v, want %v", leaf.PublicKeyAlgorithm, test.want)
			}
		})
	}
}

func TestTheBestOfSeveral(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "a", noon.Add(-time.Hour), "mx.acme.example")
	place(t, dir, "b", noon.Add(20*24*time.Hour), "mx.acme.example")
	place(t, dir, "c", noon.Add(2*month), "mx.acme.example") // begins in a month
	d := openDesk(t, dir)
	if leaf := d.leaf("mx.acme.example"); !leaf.NotAfter.Equal(noon.Add(20 * 24 * time.Hour)) {
		t.Errorf("served one until %v, want the one that holds now", leaf.NotAfter)
	}
}

// secret swaps the files of a mounted Secret as Kubernetes does.
func secret(t *testing.T, dir, generation string, until time.Time) {
	t.Helper()
	place(t, filepath.Join(dir, "..gen"+generation), "tls", until, "mx.acme.example")
	next := filepath.Join(dir, "..data_tmp")
	if err := os.Symlink("..gen"+generation, next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrExist) {
			t.Fatal(err)
		}
	}
}

func TestFilesAreReadAgain(t *testing.T) {
	first, second := noon.Add(month), noon.Add(month+time.Hour)
	for _, test := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   time.Time
		log    string
	}{
		{"a Secret is swapped", func(t *testing.T, dir string) { secret(t, dir, "2", second) }, second, "certificates loaded"},
		{"only the certificate is new", func(t *testing.T, dir string) {
			cert, _ := issue(t, newKey(t), second, "mx.acme.example")
			write(t, filepath.Join(dir, "tls.crt"), cert)
		}, first, "the last good one stays"},
		{"a certificate is half written", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "tls.crt"), []byte("-----BEGIN CERTIFICATE-----\nMII"))
		}, first, "the last good one stays"},
		{"the key is gone", func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "tls.key")); err != nil {
				t.Fatal(err)
			}
		}, first, "the last good one stays"},
		{"the new one has no names", func(t *testing.T, dir string) { place(t, dir, "tls", second) }, first, "names no DNS name"},
		{"the file is too large", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "tls.crt"), make([]byte, maxFile+1))
		}, first, "has more than 65536 bytes"},
		{"the folder is gone", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}, first, "can't be read"},
		{"another pair is broken", func(t *testing.T, dir string) {
			place(t, dir, "tls", second, "mx.acme.example")
			write(t, filepath.Join(dir, "x.crt"), []byte("x"))
			write(t, filepath.Join(dir, "x.key"), []byte("x"))
		}, second, "certificate refused"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tls")
			secret(t, dir, "1", first)
			d := openDesk(t, dir)
			d.look(t.Context())
			d.log.Reset()
			test.change(t, dir)
			d.look(t.Context())
			leaf, err := shake(t, d.SMTP(), &tls.Config{})
			if err != nil {
				t.Fatal(err)
			}
			if !leaf.NotAfter.Equal(test.want) {
				t.Errorf("served one until %v, want %v", leaf.NotAfter, test.want)
			}
			if !strings.Contains(d.log.String(), test.log) {
				t.Errorf("the log does not say %q:\n%s", test.log, d.log.String())
			}
			d.log.Reset()
			d.look(t.Context())
			if strings.Contains(d.log.String(), "ERROR") {
				t.Errorf("it is said again while nothing changes:\n%s", d.log.String())
			}
		})
	}
}

func TestARemovedPairIsServedNoMore(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "mx", noon.Add(month), "mx.acme.example")
	place(t, dir, "help", noon.Add(month), "help.acme.example")
	d := openDesk(t, dir)
	for _, name := range []string{"help.crt", "help.key"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	d.look(t.Context())
	if _, err := shake(t, d.HTTPS(), &tls.Config{ServerName: "help.acme.example"}); err == nil {
		t.Error("it is still served")
	}
}

func TestAFolderWithoutACertificateIsAnError(t *testing.T) {
	empty := t.TempDir()
	broken, crowded := t.TempDir(), t.TempDir()
	for i := range maxPairs + 1 {
		write(t, filepath.Join(crowded, strconv.Itoa(i)+".crt"), nil)
	}
	write(t, filepath.Join(broken, "mx.crt"), []byte("x"))
	write(t, filepath.Join(broken, "mx.key"), []byte("x"))
	for _, test := range []struct{ name, dir, want string }{
		{"empty", empty, "no usable certificate"},
		{"only a broken one", broken, "no usable certificate"},
		{"more than anybody has", crowded, "more than 1000 certificates"},
		{"not there", filepath.Join(empty, "missing"), "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), Options{
				Folder: test.dir, Hostname: "mx.acme.example", Log: slog.New(slog.DiscardHandler), Now: time.Now,
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestTheEndIsAnnounced(t *testing.T) {
	dir := t.TempDir()
	place(t, dir, "mx", noon.Add(month), "mx.acme.example")
	d := openDesk(t, dir)
	day := 24 * time.Hour
	for _, step := range []struct {
		name string
		now  time.Time
		want []string // said now
	}{
		{"fresh", noon, []string{absent + `" name=help.acme.example`}},
		{"an hour later", noon.Add(time.Hour), nil},
		{"a day later", noon.Add(25 * time.Hour), []string{absent + `" name=help.acme.example`}},
		{"under a sixth is left", noon.Add(month - 5*day + time.Minute), []string{absent, soon + `" name=mx.acme.example`}},
		{"at once again", noon.Add(month - 5*day + 2*time.Minute), nil},
		{"expired", noon.Add(month + time.Second), []string{absent, expired + `" name=mx.acme.example`}},
	} {
		d.now = step.now
		d.log.Reset()
		d.check(t.Context())
		lines := strings.Count(d.log.String(), "\n")
		if lines != len(step.want) {
			t.Errorf("%s: %d lines, want %d:\n%s", step.name, lines, len(step.want), d.log.String())
		}
		for _, want := range step.want {
			if !strings.Contains(d.log.String(), want) {
				t.Errorf("%s: the log does not say %q:\n%s", step.name, want, d.log.String())
			}
		}
	}
	want := map[string]time.Time{"mx.acme.example": noon.Add(month), "help.acme.example": {}}
	if diff := cmp.Diff(want, d.until); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
}

func TestRunTakesInWhatChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		place(t, dir, "mx", noon.Add(month), "mx.acme.example")
		d := openDesk(t, dir)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { d.Run(ctx) })
		synctest.Wait()
		until := noon.Add(2 * month)
		place(t, dir, "mx", until, "mx.acme.example")
		time.Sleep(pollEvery + time.Millisecond) // of the bubble: it costs nothing
		synctest.Wait()
		if leaf := d.leaf("mx.acme.example"); !leaf.NotAfter.Equal(until) {
			t.Errorf("served one until %v, want the new one", leaf.NotAfter)
		}
		stop()
		running.Wait()
	})
}
