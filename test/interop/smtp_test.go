package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// What swaks sends in each of the ways that there are in.
//
// covers: P01
func TestSwaks(t *testing.T) {
	t.Parallel()
	swaks := peers.Need(t, "swaks", "swaks")
	certs := t.TempDir()
	authority, _ := peers.Certificate(t, certs, "mx.acme.example")
	flags := []string{"--hostname", "mx.acme.example", "--tls", certs, "--smtps", "127.0.0.1:0", "--lmtp", "127.0.0.1:0"}
	desk := peers.StartDesk(t, intake, flags...)
	behind := peers.StartDesk(t, intake, "--proxy-protocol", "127.0.0.1")
	verified := []string{"--tls-verify", "--tls-ca-path", authority, "--tls-sni", "mx.acme.example"}
	proxied := []string{"--proxy-version", "2", "--proxy-family", "AF_INET", "--proxy-protocol", "STREAM", "--proxy-command", "PROXY",
		"--proxy-source", "192.0.2.7", "--proxy-source-port", "4321", "--proxy-dest", "127.0.0.1", "--proxy-dest-port", "25"}

	for _, tt := range []struct {
		name string
		to   *peers.Desk
		args []string
		says string // what the other side says on the way
		fail bool
	}{
		{"SMTP", desk, []string{"--server", desk.SMTP}, "PIPELINING", false},
		{"pipelined", desk, []string{"--server", desk.SMTP, "--pipeline"}, "250 2.0.0 OK: queued", false},
		{"HELO", desk, []string{"--server", desk.SMTP, "--protocol", "SMTP"}, "250 2.0.0 Hello", false},
		{"STARTTLS", desk, append([]string{"--server", desk.SMTP, "--tls"}, verified...), "TLS started with cipher", false},
		{"TLS from the first byte", desk, append([]string{"--server", desk.SMTPS, "--tlsc"}, verified...), "TLS started with cipher", false},
		{"LMTP", desk, []string{"--server", desk.LMTP, "--protocol", "LMTP"}, "250 2.0.0 <support@acme.example> OK: queued", false},
		{"the PROXY protocol", behind, append([]string{"--server", behind.SMTP}, proxied...), "250 2.0.0 OK: queued", false},
		{"no PROXY protocol where it is required", behind, []string{"--server", behind.SMTP}, "", true},
		{"the PROXY protocol where nobody named it", desk, append([]string{"--server", desk.SMTP}, proxied...), "", true},
		{"sign-in", desk, []string{"--server", desk.SMTP, "--auth", "--auth-user", "x", "--auth-password", "y"}, "Host did not advertise authentication", true},
		{"somebody else's mailbox", desk, []string{"--server", desk.SMTP, "--to", "victim@other.example"}, "550 5.1.1", true},
		{"a mailbox without LHLO", desk, []string{"--server", desk.LMTP}, "500 5.5.1", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"--from", "alice@customer.example", "--to", "support@acme.example", "--timeout", "20s",
				"--header", "Subject: " + tt.name, "--header", "From: alice@customer.example"}, tt.args...)
			out, err := program(t, "", swaks, args...)
			if (err != nil) != tt.fail || !strings.Contains(out, tt.says) {
				t.Fatalf("%v, want failure %v and %q:\n%s", err, tt.fail, tt.says, out)
			}
			found := subjects(t, tt.to)["support: "+tt.name] == 1
			if found == tt.fail {
				t.Errorf("taken in: %v", found)
			}
		})
	}
	// Whom the proxy speaks for is on record.
	if !strings.Contains(behind.Log.String(), `"peer":"192.0.2.7"`) {
		t.Error("no mail is logged from 192.0.2.7")
	}
}

// covers: P01
func TestCurl(t *testing.T) {
	t.Parallel()
	curl := peers.Need(t, "curl", "curl")
	certs := t.TempDir()
	authority, _ := peers.Certificate(t, certs, "mx.acme.example")
	desk := peers.StartDesk(t, intake, "--hostname", "mx.acme.example", "--tls", certs, "--smtps", "127.0.0.1:0")
	file := filepath.Join(t.TempDir(), "mail.eml")
	send := func(subject string, args ...string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(rawMail(subject, "hello"), "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-sS", "--mail-from", "alice@customer.example", "--mail-rcpt", "support@acme.example", "--upload-file", file)
		if out, err := program(t, "", curl, args...); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	named := func(address string) []string {
		return []string{"--cacert", authority, "--resolve", "mx.acme.example:" + port(t, address) + ":127.0.0.1"}
	}
	send("clear", "smtp://"+desk.SMTP+"/client.example")
	send("starttls", append(named(desk.SMTP), "--ssl-reqd", "smtp://mx.acme.example:"+port(t, desk.SMTP)+"/client.example")...)
	send("implicit", append(named(desk.SMTPS), "smtps://mx.acme.example:"+port(t, desk.SMTPS)+"/client.example")...)
	wantSubjects(t, desk, "support: clear", "support: starttls", "support: implicit")
}

// OpenSSL is another TLS than ours: it verifies the certificate and speaks SMTP
// inside, by both ways and both versions.
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	openssl := peers.Need(t, "openssl", "openssl")
	certs := t.TempDir()
	authority, _ := peers.Certificate(t, certs, "mx.acme.example")
	desk := peers.StartDesk(t, intake, "--hostname", "mx.acme.example", "--tls", certs, "--smtps", "127.0.0.1:0")
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"STARTTLS", []string{"-starttls", "smtp", "-connect", desk.SMTP}},
		{"implicit", []string{"-connect", desk.SMTPS}},
		{"TLS 1.2", []string{"-connect", desk.SMTPS, "-tls1_2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"s_client", "-quiet", "-crlf", "-verify_return_error", "-CAfile", authority, "-servername", "mx.acme.example", "-verify_hostname", "mx.acme.example"}, tt.args...)
			out, err := program(t, "QUIT\n", openssl, args...)
			if err != nil || !strings.Contains(out, "verify return:1") || !strings.Contains(out, "221 2.0.0") {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
	out, err := program(t, "", openssl, "s_client", "-connect", desk.SMTPS, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
	if err == nil {
		t.Errorf("TLS 1.1 was spoken:\n%s", out)
	}
}

// Extensions by hand: a mail in chunks with eight bits, to a sender beyond ASCII.
func TestExtensions(t *testing.T) {
	t.Parallel()
	desk := peers.StartDesk(t, intake)
	c := dial(t, desk.SMTP)
	c.talk("", "220")
	c.talk("EHLO client.example", "250")
	mail := "From: Jürgen <jürgen@bücher.example>\r\nSubject: Größe\r\nMessage-ID: <g@customer.example>\r\n\r\nSchöne Grüße\r\n"
	c.talk("MAIL FROM:<jürgen@bücher.example> SMTPUTF8 BODY=8BITMIME SIZE="+fmt.Sprint(len(mail)), "250")
	c.talk("RCPT TO:<support@acme.example>", "250")
	c.talk("RCPT TO:<nobody@acme.example>", "550 5.1.1")
	c.talk(fmt.Sprintf("BDAT 20\r\n%s", mail[:20])+fmt.Sprintf("BDAT %d LAST\r\n%s", len(mail)-20, mail[20:len(mail)-2]), "250")
	c.talk("", "250 2.0.0 OK: queued")
	c.talk("MAIL FROM:<> SIZE=99999999", "552 5.3.4")
	c.talk("VRFY support", "252")
	c.talk("QUIT", "221")
	wantSubjects(t, desk, "support: Größe")
}

// Whoever tries to have the desk pass mail on is refused at RCPT, whatever the
// sender claims to be; nothing goes out.
func TestNoRelaying(t *testing.T) {
	t.Parallel()
	out := startOutside(t)
	desk := peers.StartDesk(t, intake, "--relay", out.address, "--trusted-relay", "127.0.0.1") // the worst case
	for _, from := range []string{"alice@customer.example", "support@acme.example", ""} {
		for _, to := range []string{
			"<victim@customer.example>", "<victim%customer.example@acme.example>", "<victim%customer.example>", `<"victim@customer.example"@acme.example>`,
			`<"victim%customer.example"@acme.example>`, "<@acme.example:victim@customer.example>", "<customer.example!victim@acme.example>",
			"<customer.example!victim>", "<victim@customer.example@acme.example>", "<support@acme.example@customer.example>", "<victim@[127.0.0.1]>", "<victim@127.0.0.1>",
			"<victim@localhost>", "<support@acme.example.>", "<support+victim=customer.example@acme.example>", "<b+victim@acme.example>", "<postmaster@customer.example>",
			"<support@sub.acme.example>", "<support@acme.example,victim@customer.example>", "<support@acme.example>victim@customer.example>", "<support@acme.example> ORCPT=rfc822;victim@customer.example",
			"<victim>", "<support@>", "<>",
		} {
			c := dial(t, desk.SMTP)
			c.talk("", "220")
			c.talk("EHLO client.example", "250")
			c.talk("MAIL FROM:<"+from+">", "250")
			if code := c.ask("RCPT TO:" + to); code[0] != '5' {
				t.Errorf("from <%s>, %s was answered %s", from, to, code)
			}
			c.talk("DATA", "502")
			_ = c.Close()
		}
	}
	for _, victim := range []string{"victim@customer.example", "postmaster@customer.example"} {
		if got := out.mail(victim); got != "" {
			t.Errorf("went out to %s: %s", victim, got)
		}
	}
	wantSubjects(t, desk)
}
