package interop

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// inFront is a Postfix that takes the mail of acme.example and passes it on.
func inFront(t *testing.T, transport string) *peers.Postfix {
	t.Helper()
	p := peers.NewPostfix(t)
	table := p.File(t, "transport", "acme.example "+transport+"\n")
	p.Main("relay_domains = acme.example", "transport_maps = texthash:"+table, "smtputf8_enable = yes")
	return p
}

// socketFolder is where a socket can be that Postfix may open: its group is that
// of the folder.
func socketFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "postern-lmtp-") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	group, err := user.LookupGroup("postfix")
	if err != nil {
		peers.Missing(t, "there is no group postfix")
	}
	gid, _ := strconv.Atoi(group.Gid)
	if err := os.Chown(dir, -1, gid); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, os.ModeSetgid|0o750); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Postfix in front, in each way that it can pass mail on: with STARTTLS, over TCP
// and over a socket, for one mailbox and for several.
//
// covers: P01, P04, P05
func TestPostfixInFront(t *testing.T) {
	t.Parallel()
	peers.Need(t, "postfix", "postfix")
	certs := t.TempDir()
	authority, _ := peers.Certificate(t, certs, "mx.acme.example")
	authorityPEM, err := os.ReadFile(authority)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(socketFolder(t), "lmtp")
	over, local := fmt.Sprintf("127.0.0.1:%d", peers.Port(t)), fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
	for _, tt := range []struct {
		name, transport string
		flags           []string
		main            []string
	}{
		{"SMTP", "smtp:[127.0.0.1]:" + port(t, over), []string{"--smtp", over}, nil},
		{"SMTP with TLS", "smtp:[127.0.0.1]:" + port(t, over), []string{"--smtp", over, "--tls", certs, "--hostname", "mx.acme.example"},
			[]string{"smtp_tls_security_level = verify", "smtp_tls_verify_cert_match = mx.acme.example", "smtp_tls_loglevel = 1"}},
		{"LMTP over TCP", "lmtp:inet:127.0.0.1:" + port(t, local), []string{"--lmtp", local}, nil},
		{"LMTP over a socket", "lmtp:unix:" + socket, []string{"--lmtp", "unix:" + socket, "--trusted-relay", "unix"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			desk := peers.StartDesk(t, intake, tt.flags...)
			p := inFront(t, tt.transport)
			p.Main(tt.main...)
			p.Main("smtp_tls_CAfile = " + p.File(t, "authority.pem", string(authorityPEM)))
			p.Start(t)
			p.Send(t, "alice@customer.example", "support@acme.example", rawMail("one", "hello"))
			p.Send(t, "alice@customer.example", "sales@acme.example", rawMail("two", ".\n.dots\n..\n"+strings.Repeat("long ", 1000)))
			plainly(t, p.SMTP, "alice@customer.example", "support@acme.example", strings.ReplaceAll(rawMail("three", "Grüße"), "\n", "\r\n"))
			p.Send(t, "alice@customer.example", "postmaster@acme.example", rawMail("four", "to the postmaster"))
			p.Send(t, "alice@customer.example", "nobody@acme.example", rawMail("five", "bounces"))
			wantSubjects(t, desk, "support: one", "sales: two", "support: three", "sales: four")
			wantDelivered(t, p)
			if !strings.Contains(p.Log.String(), "550 5.1.1") {
				t.Error("the unknown mailbox was not refused")
			}
			if tls := strings.Contains(p.Log.String(), "Verified TLS connection established to 127.0.0.1"); tls != (tt.main != nil) {
				t.Errorf("TLS %v:\n%s", tls, p.Log)
			}
			if trusted := strings.Contains(tt.name, "socket"); trusted != strings.Contains(desk.Command(t, "ticket", "show", numberOf(t, desk, "one"), "--json"), "a trusted relay") {
				t.Errorf("the relay is trusted: want %v", trusted)
			}
		})
	}
}

// One mail for several mailboxes is taken in for each, by LMTP and by SMTP.
//
// covers: P05
func TestPostfixBringsOneMailForTwo(t *testing.T) {
	t.Parallel()
	peers.Need(t, "postfix", "postfix")
	smtp, lmtp := peers.Port(t), peers.Port(t)
	desk := peers.StartDesk(t, intake, "--smtp", fmt.Sprintf("127.0.0.1:%d", smtp), "--lmtp", fmt.Sprintf("127.0.0.1:%d", lmtp))
	for _, transport := range []string{fmt.Sprintf("smtp:[127.0.0.1]:%d", smtp), fmt.Sprintf("lmtp:inet:127.0.0.1:%d", lmtp)} {
		p := inFront(t, transport)
		p.Main("lmtp_destination_recipient_limit = 50")
		p.Start(t)
		subject := transport[:4]
		c := dial(t, p.SMTP)
		c.talk("", "220")
		c.talk("EHLO client.example", "250")
		c.talk("MAIL FROM:<alice@customer.example>", "250")
		for _, to := range []string{"support", "sales", "nobody"} {
			c.talk("RCPT TO:<"+to+"@acme.example>", "250")
		}
		c.talk("DATA", "354")
		c.talk(strings.ReplaceAll(rawMail(subject, "hello"), "\n", "\r\n")+".", "250")
		wantDelivered(t, p)
	}
	wantSubjects(t, desk, "support: smtp", "sales: smtp", "support: lmtp", "sales: lmtp")
}

// The same mail by both ways is one entry.
//
// covers: P05
func TestSameMailBySMTPAndLMTP(t *testing.T) {
	t.Parallel()
	desk := peers.StartDesk(t, intake, "--lmtp", "127.0.0.1:0")
	for _, way := range []struct{ address, hello, last string }{{desk.SMTP, "EHLO x", "250"}, {desk.LMTP, "LHLO x", "250"}, {desk.SMTP, "EHLO x", "250"}} {
		c := dial(t, way.address)
		c.talk("", "220")
		c.talk(way.hello, "250")
		c.talk("MAIL FROM:<alice@customer.example>", "250")
		c.talk("RCPT TO:<support@acme.example>", "250")
		c.talk("DATA", "354")
		c.talk(strings.ReplaceAll(rawMail("same", "hello"), "\n", "\r\n")+".", way.last)
		c.talk("QUIT", "221")
	}
	wantSubjects(t, desk, "support: same")
}

// A Postfix that replaces no stray CR, as older ones do not, passes it on. It is
// refused, unless the operator says to repair what this relay brings.
//
// covers: P04
func TestLoneCRThroughPostfix(t *testing.T) {
	t.Parallel()
	peers.Need(t, "postfix", "postfix")
	for _, repair := range []bool{false, true} {
		t.Run(fmt.Sprintf("repair %v", repair), func(t *testing.T) {
			address := fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
			flags := []string{"--smtp", address}
			if repair {
				flags = append(flags, "--repair-line-ends", "127.0.0.1")
			}
			desk := peers.StartDesk(t, intake, flags...)
			p := inFront(t, "smtp:[127.0.0.1]:"+port(t, address))
			p.Main("cleanup_replace_stray_cr_lf = no")
			p.Start(t)
			plainly(t, p.SMTP, "alice@customer.example", "support@acme.example",
				strings.ReplaceAll(rawMail("cr", "one\rtwo\r.\rMAIL FROM:<evil@x.example>\rthree"), "\n", "\r\n"))
			wantDelivered(t, p) // or given up
			if repair {
				wantSubjects(t, desk, "support: cr")
				if shown := desk.Command(t, "ticket", "show", numberOf(t, desk, "cr"), "--json"); !strings.Contains(shown, "one two . MAIL FROM:") {
					t.Errorf("shown:\n%s", shown)
				}
				return
			}
			wantSubjects(t, desk)
			if !strings.Contains(p.Log.String(), "521 5.5.2") {
				t.Errorf("not refused:\n%s", p.Log)
			}
		})
	}
}

// While the daemon is down, Postfix keeps the mail and tries again: nothing is
// lost, nothing doubled.
//
// covers: P04, P05
func TestPostfixRetries(t *testing.T) {
	t.Parallel()
	peers.Need(t, "postfix", "postfix")
	lmtp := fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
	desk := peers.StartDesk(t, intake, "--lmtp", lmtp)
	p := inFront(t, "lmtp:inet:"+lmtp)
	p.Start(t)
	want := []string{}
	for n := range 30 {
		if n == 10 {
			desk.Kill()
		}
		if n == 20 {
			desk.Restart(t)
		}
		subject := fmt.Sprintf("mail %d", n)
		p.Send(t, fmt.Sprintf("sender%d@customer.example", n), "support@acme.example", rawMail(subject, "hello"))
		want = append(want, "support: "+subject)
	}
	wantSubjects(t, desk, want...)
	wantDelivered(t, p)
}
