package interop

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

// doctorBox declares a mailbox support@DOMAIN, signed, with the relay that lets
// "desk" in at a port, and more lines of its spec.
func doctorBox(name, domain string, port int, more string) string {
	return fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: %s, namespace: support}
spec:
  address: support@%s
  relay: {host: localhost, port: %d, tls: StartTLS, username: desk, credentialsSecretRef: {name: good}}
%s
`, name, domain, port, more)
}

const doctorCenter = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: acme}
  portal: {ticketSubmission: Enabled}
`

// diagnosis is what "postern doctor --json" prints.
type diagnosis struct {
	Chapters []struct {
		Kind, Title string
		Findings    []struct{ What, State, Words string }
	}
}

// has finds a finding.
func (d diagnosis) has(kind, what string) (state, words string) {
	for _, c := range d.Chapters {
		for _, f := range c.Findings {
			if c.Kind == kind && f.What == what {
				return f.State, f.Words
			}
		}
	}
	return "", ""
}

// consult asks a doctor, and tells whether all is well.
func consult(t *testing.T, desk *peers.Desk, args ...string) (d diagnosis, well bool) {
	t.Helper()
	cmd := exec.Command(peers.Program(t), append([]string{"doctor", "--json", "--dir", desk.Dir, "--at", desk.HTTPS}, args...)...)
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || failed.ExitCode() != 1 || len(failed.Stderr) > 0) {
		t.Fatalf("postern doctor: %v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatalf("postern doctor: %v\n%s", err, out)
	}
	return d, err == nil
}

// doctorCase is what should be found about one mailbox.
type doctorCase struct {
	name, address, kind, what string
	state, words              string
	send                      bool
}

// wait is short where nothing will come.
func (c doctorCase) wait() string {
	if c.what == "arrive" && c.state == "wrong" {
		return "3s"
	}
	return peers.Patience.String()
}

// A desk as the world sees it: a Postfix takes its mail with a password over TLS
// and brings it back to its door, its names are in DNS, its pages have TLS. What is
// wrong with other mailboxes is told with the step that fails.
//
// covers: P11, S09, M02
func TestDoctor(t *testing.T) {
	r := newRelays(t)
	tlsDir := t.TempDir()
	page, _ := peers.Certificate(t, tlsDir, "help.acme.example")
	mx, _ := peers.Certificate(t, tlsDir, "mx.acme.example")
	t.Setenv("SSL_CERT_FILE", r.File(t, "believed", readFile(t, r.authorities)+readFile(t, page)+readFile(t, mx)+readFile(t, r.dovecot.CA)))
	keys, published := signers(t)
	zone := `
		acme.example         MX   10 mx.acme.example
		acme.example         TXT  v=spf1 ip4:127.0.0.0/8 -all
		_dmarc.acme.example  TXT  v=DMARC1; p=reject
		mx.acme.example      A    127.0.0.1
		help.acme.example    A    127.0.0.1
		forged.example       MX   10 mx.acme.example
		forged.example       TXT  v=spf1 -all
		_dmarc.forged.example TXT v=DMARC1; p=reject
		lost.example         MX   10 mx.lost.example
		lost.example         TXT  v=spf1 -all
		_dmarc.lost.example  TXT  v=DMARC1; p=none`
	for name, text := range published {
		zone += "\n" + name + " TXT " + text
	}
	dns := peers.StartDNS(t, zone)
	_, imapPort, _ := net.SplitHostPort(r.dovecot.IMAPS)
	byIMAP := func(secret, folder string) string {
		return fmt.Sprintf("  inbound: {type: IMAP, imap: {host: localhost, port: %s, username: desk, folder: %s, credentialsSecretRef: {name: %s}}}", imapPort, folder, secret)
	}
	const signed = "  inbound: {type: SMTP}\n  dkim:\n  - {selector: small, keySecretRef: {name: dkim, key: ed25519}}\n  - {selector: large, keySecretRef: {name: dkim, key: rsa}}"
	desk := peers.StartDesk(t, doctorCenter+
		doctorBox("acme", "acme.example", r.startTLS, signed)+
		doctorBox("forged", "forged.example", r.startTLS, "  inbound: {type: SMTP}")+
		doctorBox("lost", "lost.example", r.otherName, "  inbound: {type: SMTP}")+
		doctorBox("void", "void.example", r.startTLS, "  inbound: {type: SMTP}")+
		doctorBox("wrong", "wrong.example", r.startTLS, byIMAP("bad", "INBOX"))+
		doctorBox("folder", "folder.example", r.startTLS, byIMAP("good", "Elsewhere"))+
		doctorBox("polled", "polled.example", r.startTLS, byIMAP("good", "INBOX")),
		"--hostname", "mx.acme.example", "--https", "127.0.0.1:0", "--tls", tlsDir, "--dns", dns.Address)
	for name, key := range keys {
		desk.Secret(t, "support", "dkim", name, key)
	}
	desk.Secret(t, "support", "good", "password", "open sesame")
	desk.Secret(t, "support", "bad", "password", "close sesame")
	_, port, _ := net.SplitHostPort(desk.SMTP)
	here := "smtp:[127.0.0.1]:" + port
	r.Main(
		fmt.Sprintf("transport_maps = inline:{ {acme.example = %s}, {forged.example = %s}, {void.example = discard:} }", here, here),
		// The polled mailbox is a folder that Dovecot shows.
		"virtual_mailbox_domains = polled.example", "virtual_mailbox_maps = inline:{ {support@polled.example = desk/Maildir/} }",
		"virtual_mailbox_base = "+filepath.Join(r.dovecot.Dir, "mail"), "virtual_uid_maps = static:65534", "virtual_gid_maps = static:65534",
	)
	r.Master("virtual unix - n n - - virtual")
	r.Start(t)

	t.Run("well", func(t *testing.T) {
		d, well := consult(t, desk, "--send", "help.acme.example", "support@acme.example")
		if !well {
			t.Errorf("it is not: %+v\n%s", d, r.Log)
		}
		for _, c := range d.Chapters {
			for _, f := range c.Findings {
				if f.State != "ok" && f.What != "PTR" { // an address of loopback has no name
					t.Errorf("%s %s is %s: %s", c.Kind, f.What, f.State, f.Words)
				}
			}
		}
		if _, words := d.has("RoundTrip", "proof"); !strings.Contains(words, "DKIM") && !strings.Contains(words, "SPF") {
			t.Errorf("it is proven by %q, want by a signature or the server", words)
		}
		if _, words := d.has("RoundTrip", "link"); words != "the link to https://help.acme.example shows the request" {
			t.Errorf("link: %s", words)
		}
		got, err := ticketOf(t, desk, "support@acme.example")
		if err != nil || got.Status != "Closed" || len(got.Deliveries) > 0 {
			t.Errorf("it left %+v, %v", got, err)
		}
	})
	for _, test := range []doctorCase{
		{"what nothing lets send counts as forged", "support@forged.example", "RoundTrip", "proof", "wrong", "it counts as forged", true},
		{"and is put away too", "support@forged.example", "RoundTrip", "put away", "ok", "dropped", true},
		{"what goes nowhere", "support@void.example", "RoundTrip", "arrive", "wrong", "it has not come in within", true},
		{"a relay with another name", "support@lost.example", "RoundTrip", "send TLS", "wrong", "not localhost", true},
		{"the same without sending", "support@lost.example", "Mailbox", "relay TLS", "wrong", "not localhost", false},
		{"mail goes elsewhere", "support@lost.example", "Mailbox", "MX", "warning", "mx.lost.example", false},
		{"the wrong password", "support@wrong.example", "Mailbox", "IMAP AUTH", "wrong", "", false},
		{"the wrong folder", "support@folder.example", "Mailbox", "IMAP SELECT", "wrong", "Elsewhere", false},
		{"a mailbox that can be polled", "support@polled.example", "Mailbox", "IMAP", "ok", "folder INBOX can be read", false},
		{"and whose mail goes out", "support@polled.example", "Mailbox", "relay", "ok", "signed in", false},
		{"and comes in", "support@polled.example", "RoundTrip", "arrive", "ok", "became request", true},
		{"and is opened", "support@polled.example", "RoundTrip", "link", "ok", "shows the request", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{test.address, "--wait", test.wait()}
			if test.send {
				args = append(args, "--send")
			}
			d, well := consult(t, desk, args...)
			state, words := d.has(test.kind, test.what)
			if state != test.state || !strings.Contains(words, test.words) {
				t.Errorf("%s is %s: %s, want %s: …%s…\n%+v", test.what, state, words, test.state, test.words, d)
			}
			if well {
				t.Error("all is well, it says")
			}
		})
	}
	var held []any
	desk.JSON(t, &held, "held", "list")
	if len(held) != 0 {
		t.Errorf("%d mails were left behind: %v", len(held), held)
	}
}
