package interop

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/peers"
)

// acmeWorld is a pebble, and where desks that ask it have to listen.
type acmeWorld struct {
	dns           *peers.DNS
	pebble        *peers.Pebble
	roots         *x509.CertPool
	plain, secure string // where it looks for answers
}

const acmeZone = `
	help.acme.example  A 127.0.0.1
	help.beta.example  A 127.0.0.1
	help.gamma.example A 127.0.0.1
	mx.acme.example    A 127.0.0.1`

func newACMEWorld(t *testing.T, zone string, lifetime time.Duration) *acmeWorld {
	t.Helper()
	plain, secure := peers.Port(t), peers.Port(t)
	w := &acmeWorld{
		dns: peers.StartDNS(t, zone), roots: x509.NewCertPool(),
		plain: "127.0.0.1:" + strconv.Itoa(plain), secure: "127.0.0.1:" + strconv.Itoa(secure),
	}
	w.pebble = peers.StartPebble(t, w.dns, plain, secure, lifetime)
	pem, err := os.ReadFile(w.pebble.Roots(t))
	if err != nil {
		t.Fatal(err)
	}
	w.roots.AppendCertsFromPEM(pem)
	return w
}

// flags make a desk ask the pebble.
func (w *acmeWorld) flags() []string {
	return []string{"--hostname", "mx.acme.example", "--https", "127.0.0.1:0",
		"--acme", "ops@acme.example", "--acme-directory", w.pebble.Directory, "--acme-ca", w.pebble.Authority}
}

// desk listens where pebble looks.
func (w *acmeWorld) desk(t *testing.T) *peers.Desk {
	t.Helper()
	return peers.StartDesk(t, twoCenters, append(w.flags(), "--http", w.plain, "--https", w.secure)...)
}

// page is the certificate that pages of a host are served with.
func (w *acmeWorld) page(d *peers.Desk, host string) (*x509.Certificate, error) {
	conn, err := tls.Dial("tcp", d.HTTPS, &tls.Config{RootCAs: w.roots, ServerName: host})
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0], nil
}

// mail is the certificate that mail is taken with after STARTTLS.
func (w *acmeWorld) mail(d *peers.Desk) (*x509.Certificate, error) {
	client, err := smtp.Dial(d.SMTP)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if err := client.StartTLS(&tls.Config{RootCAs: w.roots, ServerName: "mx.acme.example"}); err != nil {
		return nil, err
	}
	state, _ := client.TLSConnectionState()
	return state.PeerCertificates[0], client.Quit()
}

// serials waits until everything is served with certificates of the authority,
// and tells their numbers.
func (w *acmeWorld) serials(t *testing.T, d *peers.Desk) map[string]string {
	t.Helper()
	serials := map[string]string{}
	peers.Eventually(t, peers.Patience, func() error {
		for _, host := range []string{"help.acme.example", "help.beta.example"} {
			leaf, err := w.page(d, host)
			if err != nil {
				return fmt.Errorf("page of %s: %w\n%s", host, err, d.Log)
			}
			serials[host] = leaf.SerialNumber.String()
		}
		leaf, err := w.mail(d)
		if err != nil {
			return fmt.Errorf("mail: %w\n%s", err, d.Log)
		}
		serials["mail"] = leaf.SerialNumber.String()
		return nil
	})
	return serials
}

func (w *acmeWorld) orders() int { return strings.Count(w.pebble.Log.String(), "Added order") }

// covers: S43, P01
func TestCertificatesOfAnAuthority(t *testing.T) {
	t.Parallel() // they mostly wait for the authority
	w := newACMEWorld(t, acmeZone, 90*24*time.Hour)
	desk := w.desk(t)
	first := w.serials(t, desk)
	if first["help.acme.example"] == first["help.beta.example"] {
		t.Errorf("certificates %v, want one for each name", first)
	}
	if _, err := w.page(desk, "stranger.example"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Errorf("another name: %v, want a refusal", err)
	}
	if n := w.orders(); n != 3 {
		t.Errorf("%d orders, want one for each name:\n%s", n, w.pebble.Log)
	}
	// A help center that is declared later is served as well, with no restart.
	desk.Declare(t, twoCenters+"---"+strings.NewReplacer("acme", "gamma", "starttls", "support").Replace(relayCenter))
	peers.Eventually(t, peers.Patience, func() error {
		_, err := w.page(desk, "help.gamma.example")
		return err
	})
	desk.Signal(syscall.SIGTERM)
	if !desk.Ended(peers.Patience) {
		t.Fatal("it does not end")
	}
	w.pebble.Kill() // what is kept needs nobody
	desk.Restart(t)
	if diff := cmp.Diff(first, w.serials(t, desk)); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
}

func TestCertificatesOfAnAuthorityAreRenewed(t *testing.T) {
	t.Parallel() // they mostly wait for the authority
	w := newACMEWorld(t, acmeZone, 20*time.Second)
	desk := w.desk(t)
	first := w.serials(t, desk)
	peers.Eventually(t, peers.Patience, func() error {
		for name, serial := range w.serials(t, desk) {
			if serial == first[name] {
				return fmt.Errorf("%s still has its first certificate\n%s", name, desk.Log)
			}
		}
		return nil
	})
}

// Of two replicas the authority reaches one alone, as it may behind a balancer:
// that one answers for what the other asks, and both serve the same.
func TestReplicasShareTheCertificatesOfAnAuthority(t *testing.T) {
	t.Parallel() // they mostly wait for the authority
	w := newACMEWorld(t, acmeZone, 90*24*time.Hour)
	etcd := peers.StartEtcd(t)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, bytes.Repeat([]byte("k"), 32), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := append(w.flags(), "--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority, "--key-file", key)
	plain, secure := listen(t, w.plain), listen(t, w.secure) // the authority waits there for the balancer
	asks := peers.StartDesk(t, twoCenters, shared...)
	peers.Eventually(t, peers.Patience, func() error {
		if !strings.Contains(asks.Log.String(), "certificate asked for") {
			return fmt.Errorf("it does not ask:\n%s", asks.Log)
		}
		return nil
	})
	answers := peers.StartDesk(t, twoCenters, shared...)
	forward(t, plain, answers.HTTP)
	forward(t, secure, answers.HTTPS)
	if diff := cmp.Diff(w.serials(t, answers), w.serials(t, asks)); diff != "" {
		t.Errorf("the replicas serve (-one +other):\n%s", diff)
	}
	if n := w.orders(); n != 3 {
		t.Errorf("%d orders, want one for each name:\n%s", n, w.pebble.Log)
	}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// forward joins every connection to one with a target, until the test ends.
func forward(t *testing.T, l net.Listener, target string) {
	t.Helper()
	var open sync.WaitGroup
	open.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return // closed
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			join := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				_, _ = to.Close(), from.Close()
			}
			open.Go(func() { join(far, near) })
			open.Go(func() { join(near, far) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
}

// A name that the authority does not find is not asked for again at once: not by
// whoever asks us for it, and not by a restart. The others are served.
func TestAnAuthorityThatIsNotConvincedIsLeftAlone(t *testing.T) {
	t.Parallel() // they mostly wait for the authority
	w := newACMEWorld(t, strings.Replace(acmeZone, "help.beta.example", "elsewhere.example", 1), 90*24*time.Hour)
	desk := w.desk(t)
	const refused = "no certificate was given"
	peers.Eventually(t, peers.Patience, func() error {
		if !strings.Contains(desk.Log.String(), refused) {
			return fmt.Errorf("no refusal:\n%s", desk.Log)
		}
		if _, err := w.page(desk, "help.acme.example"); err != nil {
			return err
		}
		_, err := w.mail(desk)
		return err
	})
	for _, words := range []string{"was not convinced", `"name":"help.beta.example"`, "tls-alpn-01", "http-01"} {
		if !strings.Contains(desk.Log.String(), words) {
			t.Errorf("the log does not say %s:\n%s", words, desk.Log)
		}
	}
	before := w.orders()
	for range 5 {
		if _, err := w.page(desk, "help.beta.example"); err == nil {
			t.Fatal("it has a certificate")
		}
	}
	desk.Kill()
	desk.Restart(t)
	if _, err := w.page(desk, "help.acme.example"); err != nil {
		t.Error(err)
	}
	if _, err := w.page(desk, "help.beta.example"); err == nil || w.orders() != before {
		t.Errorf("%d orders after %d: %v", w.orders(), before, err)
	}
}
