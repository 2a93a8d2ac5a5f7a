package imappoll

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/login"
	"github.com/posterndesk/postern/test/peers"
)

const (
	support  = "support@acme.example"
	password = "geheim"
)

// shelf holds the secrets of tests, by name.
type shelf map[string]string

var shelves sync.Mutex

func (s shelf) set(name, secret string) {
	shelves.Lock()
	defer shelves.Unlock()
	s[name] = secret
}

func (s shelf) Secret(_ context.Context, _ string, ref helpdesk.SecretRef) ([]byte, error) {
	shelves.Lock()
	defer shelves.Unlock()
	secret, ok := s[ref.Name]
	if !ok {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "the secret %s is not there", ref.Name)
	}
	return []byte(secret), nil
}

func newLogins(s shelf) *login.Source { return login.New(s, nil, time.Now) }

func logins() *login.Source { return newLogins(shelf{"mail": password, "wrong": "falsch"}) }

// roots believe a server of package peers.
func roots(t testing.TB, ca string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

// at is a mailbox at host:port.
func at(t testing.TB, address string, mode helpdesk.TLSMode) helpdesk.Mailbox {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return helpdesk.Mailbox{
		Account: "support", Name: "support", Address: mustAddress(t, support), MaxBytes: 1 << 20,
		IMAP: &helpdesk.IMAP{
			Host: host, Port: n, TLS: mode, Folder: "INBOX", Poll: 30 * time.Second,
			Login: helpdesk.Login{Account: "support", Username: support, Password: helpdesk.SecretRef{Name: "mail", Key: "password"}},
		},
	}
}

func mustAddress(t testing.TB, s string) helpdesk.Address {
	t.Helper()
	a, err := helpdesk.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// covers: P01
func TestCheck(t *testing.T) {
	d := peers.StartDovecot(t, map[string]string{support: password})
	d.Deliver(t, support, "", []byte("Subject: one\r\n\r\n1\r\n"))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	_ = closed.Close() // nothing listens there now
	known := Dialer{Roots: roots(t, d.CA)}
	tests := []struct {
		name   string
		dialer Dialer
		box    helpdesk.Mailbox
		change func(*helpdesk.IMAP)
		step   Step // "": it works
		words  string
		setup  bool
	}{
		{name: "works", dialer: known, box: at(t, d.IMAPS, helpdesk.TLSImplicit)},
		{name: "works by STARTTLS", dialer: known, box: at(t, d.IMAP, helpdesk.TLSStartTLS)},
		{name: "works on this machine", box: at(t, d.IMAP, helpdesk.TLSNone)},
		{name: "no such host", box: at(t, "no-such-host.invalid:993", helpdesk.TLSImplicit), step: StepDNS, words: "no-such-host.invalid"},
		{name: "nobody listens", box: at(t, nobody, helpdesk.TLSImplicit), step: StepTCP, words: "refused"},
		{name: "unknown certificate", box: at(t, d.IMAPS, helpdesk.TLSImplicit), step: StepTLS, words: "certificate"},
		{name: "unknown certificate by STARTTLS", box: at(t, d.IMAP, helpdesk.TLSStartTLS), step: StepTLS, words: "certificate"},
		{name: "no TLS there", dialer: known, box: at(t, d.IMAP, helpdesk.TLSImplicit), step: StepTLS, words: "TLS"},
		{name: "wrong password", dialer: known, box: at(t, d.IMAPS, helpdesk.TLSImplicit), step: StepAuth, words: "refused the sign-in",
			change: func(i *helpdesk.IMAP) { i.Login.Password.Name = "wrong" }},
		{name: "no such secret", dialer: known, box: at(t, d.IMAPS, helpdesk.TLSImplicit), step: StepAuth, words: "is not there", setup: true,
			change: func(i *helpdesk.IMAP) { i.Login.Password.Name = "absent" }},
		{name: "no such folder", dialer: known, box: at(t, d.IMAPS, helpdesk.TLSImplicit), step: StepSelect, words: "Support", setup: true,
			change: func(i *helpdesk.IMAP) { i.Folder = "Support" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.change != nil {
				test.change(test.box.IMAP)
			}
			err := test.dialer.Check(t.Context(), test.box, logins())
			if test.step == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f, ok := errors.AsType[*Failure](err)
			if !ok || f.Step != test.step || f.Setup != test.setup || !strings.Contains(f.Words(), test.words) {
				t.Fatalf("got %v, want step %s, setup %v, with %q", err, test.step, test.setup, test.words)
			}
		})
	}
}

// A server that goes away in the middle is told of in words for people.
func TestCheckWhenTheServerHangsUp(t *testing.T) {
	for command, step := range map[string]Step{"AUTHENTICATE": StepAuth, "EXAMINE": StepSelect, "UID FETCH": StepFetch} {
		t.Run(command, func(t *testing.T) {
			f := startFake(t, func(_ *fake, said string) (string, bool) { return hangUp, strings.HasPrefix(said, command) })
			err := Dialer{}.Check(t.Context(), f.box(), logins())
			if f, ok := errors.AsType[*Failure](err); !ok || f.Step != step || f.Words() != "the server hung up" {
				t.Errorf("got %v, want step %s", err, step)
			}
		})
	}
}
