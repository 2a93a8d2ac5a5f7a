package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/devmail"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/test/peers"
)

// server is a real "postern serve" as a process of its own.
type server struct {
	dir, smtp, http, admin string
	etcd                   string // --etcd-listen
	cmd                    *exec.Cmd
}

// plainDesk declares no relay, so that all mail goes to the daemon's own.
const plainDesk = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support, namespace: support}
spec:
  address: support@acme.example
  inbound: {type: SMTP}
`

// senders are the records of domains that mail comes from; others have none.
var senders = map[string]string{
	"proven.example":        "v=spf1 ip4:127.0.0.0/8 -all",
	"strict.example":        "v=spf1 -all",
	"_dmarc.strict.example": "v=DMARC1; p=reject",
	"acme.example":          "v=spf1 ip4:192.0.2.25 -all",
	"_dmarc.acme.example":   "v=DMARC1; p=reject",
}

// startServer runs serve on free ports, with a plain desk and a relay.
func startServer(t *testing.T, relay string, args ...string) *server {
	t.Helper()
	return startServerOn(t, filepath.Join(t.TempDir(), "state"), relay, args...)
}

// startServerOn is startServer on a folder with the state of an earlier one.
func startServerOn(t *testing.T, dir, relay string, args ...string) *server {
	t.Helper()
	return startUntil(t, "serving", dir, relay, args...)
}

// startUntil is startServerOn that returns when the log says so, with all addresses.
func startUntil(t *testing.T, says, dir, relay string, args ...string) *server {
	t.Helper()
	s := &server{dir: dir}
	manifests := t.TempDir()
	if err := os.WriteFile(filepath.Join(manifests, "desk.yaml"), []byte(plainDesk), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "postern")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(program, append([]string{
		"serve", "--dir", s.dir, "--manifests", manifests, "--relay", relay,
		"--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--dns", startDNS(t, senders),
	}, args...)...)
	logs, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM) // gone already is what we want
		_ = s.cmd.Wait()
	})
	s.readAddresses(t, says, logs)
	return s
}

// readAddresses takes the first line of the log of that message, which says where it
// serves.
func (s *server) readAddresses(t *testing.T, says string, logs io.Reader) {
	t.Helper()
	lines := bufio.NewScanner(logs)
	var seen strings.Builder
	for lines.Scan() {
		var line struct{ Msg, SMTP, HTTP, Admin, Etcd string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == says {
			s.smtp, s.http, s.admin, s.etcd = line.SMTP, line.HTTP, line.Admin, line.Etcd
			go func() { _, _ = io.Copy(io.Discard, logs) }() // ends with the process
			return
		}
		fmt.Fprintln(&seen, lines.Text())
	}
	t.Fatalf("postern serve did not start:\n%s", seen.String())
}

// startRelay is a mail server that takes all outgoing mail.
func startRelay(t *testing.T) (*devmail.Catcher, string) {
	t.Helper()
	catcher, err := devmail.Open(filepath.Join(t.TempDir(), "caught"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = catcher.Serve(l) }) // ends with Close
	t.Cleanup(func() { catcher.Close(); wg.Wait() })
	return catcher, l.Addr().String()
}

// waitMail waits for the newest mail to an address.
func waitMail(t *testing.T, c *devmail.Catcher, to string) *eml.Mail {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, m := range c.Mails() {
			if m.To == to {
				raw, err := c.Source(m.ID)
				if err != nil {
					t.Fatal(err)
				}
				return eml.Read(raw)
			}
		}
	}
	t.Fatalf("no mail to %s was sent", to)
	return nil
}

func plainMail(from, subject, id, text string) string {
	return fmt.Sprintf("From: <%s>\r\nTo: support@acme.example\r\nSubject: %s\r\nMessage-ID: <%s@test.example>\r\n\r\n%s\r\n", from, subject, id, text)
}

// What SPF proves is believed; what a published policy disowns is held.
//
// covers: M02
func TestServeProvesSenders(t *testing.T) {
	caught, relay := startRelay(t)
	s := startServer(t, relay)
	const alice, eve = "alice@proven.example", "ceo@strict.example"
	for _, from := range []string{alice, eve} {
		if err := sendMail(s.smtp, from, "support@acme.example", plainMail(from, "Lamp of "+from, from, "It is dark.")); err != nil {
			t.Fatal(err)
		}
	}
	answer := waitMail(t, caught, alice)
	if answer.Subject() != "Re: Lamp of "+alice {
		t.Errorf("a proven writer was answered %q", answer.Subject())
	}
	// Their answer joins the ticket for everybody to see.
	if err := sendMail(s.smtp, alice, answer.ReplyTo()[0].Address.String(), plainMail(alice, "Re: Lamp", "2", "Still dark.")); err != nil {
		t.Fatal(err)
	}
	tickets := allTickets(t, s.dir)
	if len(tickets) != 1 {
		t.Fatalf("%d tickets, want that of the proven writer alone", len(tickets))
	}
	for _, m := range caught.Mails() {
		if m.To == eve {
			t.Errorf("a disowned sender was answered: %s", m.Subject)
		}
	}
}

// What the server in front found is believed if it stands on top, and nothing
// that a sender put below it.
//
// covers: M02
func TestServeBelievesNamedResults(t *testing.T) {
	_, relay := startRelay(t)
	s := startServer(t, relay, "--trusted-relay", "127.0.0.0/8", "--relay-results", "127.0.0.1=MX.acme.example")
	const pass, fail = "Authentication-Results: mx.acme.example; dmarc=pass header.from=strict.example\r\n", "Authentication-Results: mx.acme.example; dmarc=fail header.from=strict.example\r\n"
	for subject, fields := range map[string]string{"Believed": pass, "Forged": fail + pass, "Nothing said": ""} {
		raw := fields + plainMail("ceo@strict.example", subject, subject[:1], "Hello.")
		if err := sendMail(s.smtp, "ceo@strict.example", "support@acme.example", raw); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]string{}
	for _, ticket := range allTickets(t, s.dir) {
		got[ticket.Subject] = ticket.Entries[0].Recognised.Rule
	}
	// What the server disowns is held; without its word nothing is known.
	want := map[string]string{"Believed": "proven-new", "Nothing said": "unproven-new"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tickets (-want +got):\n%s", diff)
	}
}

func TestRelayFlags(t *testing.T) {
	for _, tt := range []struct {
		name string
		flag []string
		want string // relays, or what the error says
	}{
		{"none", nil, "[]"},
		{"one address", []string{"--trusted-relay", "192.0.2.1"}, "[{192.0.2.1/32 false }]"},
		{"network and server", []string{"--relay-results", "10.0.0.7/8=MX.acme.example"}, "[{10.0.0.0/8 false mx.acme.example}]"},
		{"IPv6", []string{"--relay-results", "2001:db8::1=mx"}, "[{2001:db8::1/128 false mx}]"},
		{"the socket", []string{"--trusted-relay", "unix", "--relay-results", "unix=mx.acme.example"}, "[{invalid Prefix true } {invalid Prefix true mx.acme.example}]"},
		{"no server", []string{"--relay-results", "10.0.0.0/8"}, "is not a network and the name of a server"},
		{"empty server", []string{"--relay-results", "10.0.0.0/8="}, "is not a network and the name of a server"},
		{"more than a server", []string{"--relay-results", "10.0.0.0/8=mx.acme.example; dmarc=pass"}, "is not a network and the name of a server"},
		{"no network", []string{"--relay-results", "mx.acme.example"}, "mx.acme.example"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := serveSettings(append(tt.flag, "--dir", t.TempDir()), io.Discard)
			got := fmt.Sprint(err)
			if err == nil {
				got = fmt.Sprint(s.relays)
			}
			if (err == nil) != strings.HasPrefix(tt.want, "[") || !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRelayOfTheDaemon(t *testing.T) {
	login := helpdesk.Login{Account: "_daemon", Username: "desk", Password: helpdesk.SecretRef{Name: "relay", Key: "password"}}
	for _, tt := range []struct {
		name string
		flag []string
		want helpdesk.Relay
		err  string
	}{
		{"none", nil, helpdesk.Relay{}, ""},
		{"without a sign-in", []string{"--relay", "relay.example:587"}, helpdesk.Relay{Host: "relay.example", Port: 587, TLS: helpdesk.TLSStartTLS}, ""},
		{"with one", []string{"--relay-user", "desk", "--relay", "relay.example:465"}, helpdesk.Relay{Host: "relay.example", Port: 465, TLS: helpdesk.TLSImplicit, Login: login}, ""},
		{"on this machine", []string{"--relay", "127.0.0.1:25"}, helpdesk.Relay{Host: "127.0.0.1", Port: 25, TLS: helpdesk.TLSNone}, ""},
		{"a user of nothing", []string{"--relay-user", "desk"}, helpdesk.Relay{}, "--relay-user needs --relay"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := serveSettings(append(tt.flag, "--dir", t.TempDir()), io.Discard)
			switch {
			case tt.err != "":
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
			case err != nil || s.relay != tt.want:
				t.Errorf("relay %+v, %v, want %+v", s.relay, err, tt.want)
			}
		})
	}
}

// What comes from nowhere in particular proves nothing: the mail makes a ticket,
// and the address gets fixed words without one byte of the writer's choice.
//
// covers: M02, M04, K03
func TestServeTrustsNobodyByDefault(t *testing.T) {
	caught, relay := startRelay(t)
	s := startServer(t, relay)
	const alice = "alice@customer.example"
	if err := sendMail(s.smtp, alice, "support@acme.example", plainMail(alice, "CANARY subject", "CANARY-1", "CANARY text")); err != nil {
		t.Fatal(err)
	}
	confirmation := waitMail(t, caught, alice)
	if raw := string(confirmation.Root.Raw()); strings.Contains(raw, "CANARY") || confirmation.Subject() != "We received your request" {
		t.Errorf("the mail to an unproven address is not the fixed one:\n%s", raw)
	}
	text, _ := confirmation.Text()
	if !strings.Contains(text, "https://help.acme.example/t/pl1_") {
		t.Errorf("the link is not built from the declared host:\n%s", text)
	}

	// Their own reply address locates the ticket, but proves nothing: only agents
	// see the answer. Anybody else's mail to it is held.
	replyTo := confirmation.ReplyTo()[0].Address.String()
	if err := sendMail(s.smtp, alice, replyTo, plainMail(alice, "Re: x", "2", "unproven answer")); err != nil {
		t.Fatal(err)
	}
	if err := sendMail(s.smtp, "eve@evil.example", replyTo, plainMail("eve@evil.example", "Re: x", "3", "eavesdropper")); err != nil {
		t.Fatal(err)
	}
	tickets := allTickets(t, s.dir)
	if len(tickets) != 1 || len(tickets[0].Entries) != 2 || !tickets[0].Entries[1].Hidden {
		t.Errorf("tickets = %+v, want one with its mail and a hidden answer", tickets)
	}

	// The portal answers at the declared host, and at no other.
	if got := statusOf(t, s.http, "help.acme.example"); got != http.StatusOK {
		t.Errorf("at the declared host: %d, want 200", got)
	}
	if got := statusOf(t, s.http, "other.example"); got != http.StatusMisdirectedRequest {
		t.Errorf("at another host: %d, want 421", got)
	}
}

// Two daemons on one etcd outside, over TLS, are one desk: the same mail to both
// at once is one entry, numbers are given once, and a reply to what one sent is
// understood by the other.
//
// covers: P05
func TestServeTwoReplicas(t *testing.T) {
	etcd := peers.StartEtcd(t)
	key := filepath.Join(t.TempDir(), "key")
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails since Go 1.24
	if err := os.WriteFile(key, secret, 0o600); err != nil {
		t.Fatal(err)
	}
	caught, relay := startRelay(t)
	flags := []string{"--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority, "--key-file", key, "--trusted-relay", "127.0.0.1"}
	one, two := startServer(t, relay, flags...), startServer(t, relay, flags...)

	const alice = "alice@customer.example"
	var wg sync.WaitGroup
	for n := range 20 {
		for _, s := range []*server{one, two} {
			wg.Go(func() {
				from := fmt.Sprintf("customer%d@customer.example", n)
				if err := sendMail(s.smtp, from, "support@acme.example", plainMail(from, "Twice", fmt.Sprint("twice-", n), "Hello.")); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if tickets := allTickets(t, one.dir); len(tickets) != 20 {
		t.Errorf("20 mails that went to both replicas made %d tickets", len(tickets))
	}

	if err := sendMail(one.smtp, alice, "support@acme.example", plainMail(alice, "Question", "q", "Hello.")); err != nil {
		t.Fatal(err)
	}
	replyTo := waitMail(t, caught, alice).ReplyTo()[0].Address.String()
	if err := sendMail(two.smtp, alice, replyTo, plainMail(alice, "Re: Question", "r", "More.")); err != nil {
		t.Fatal(err)
	}
	question := slices.DeleteFunc(allTickets(t, two.dir), func(t admin.Ticket) bool { return t.Subject != "Question" })
	if len(question) != 1 || question[0].EntryCount != 2 {
		t.Errorf("the question's tickets are %+v, want one with the reply on it", question)
	}
	seen := map[string]int{}
	for _, m := range caught.Mails() {
		seen[m.To]++
	}
	for to, n := range seen {
		if n != 1 {
			t.Errorf("%s got %d acknowledgements, want 1", to, n)
		}
	}
}

func statusOf(t *testing.T, addr, host string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
