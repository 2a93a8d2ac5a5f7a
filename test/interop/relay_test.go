package interop

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"

	"github.com/posterndesk/postern/test/peers"
)

const relayCenter = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme, namespace: support}
spec:
  displayName: Acme Help
  host: help.acme.example
  mailboxRef: {name: starttls}
  portal: {ticketSubmission: Enabled}
`

// relayBox declares a mailbox NAME@acme.example with a relay, if any, signed.
func relayBox(name, relay string) string {
	if relay != "" {
		relay = "  relay: " + relay + "\n"
	}
	return fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: %s, namespace: support}
spec:
  address: %s@acme.example
  inbound: {type: SMTP}
  dkim:
  - {selector: small, keySecretRef: {name: dkim, key: ed25519}}
  - {selector: large, keySecretRef: {name: dkim, key: rsa}}
%s`, name, name, relay)
}

// signers are keys for DKIM and the DNS that tells them.
func signers(t *testing.T) (secrets, dns map[string]string) {
	t.Helper()
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(large.Public())
	if err != nil {
		t.Fatal(err)
	}
	secrets = map[string]string{}
	for name, key := range map[string]any{"rsa": large, "ed25519": small} {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		secrets[name] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	return secrets, map[string]string{
		"large._domainkey.acme.example": "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(spki),
		"small._domainkey.acme.example": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public),
	}
}

// checkSigned wants two good signatures on a mail that has come all the way.
func checkSigned(t *testing.T, mail string, dns map[string]string) {
	t.Helper()
	found, err := dkim.VerifyWithOptions(strings.NewReader(mail), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
		return []string{dns[name]}, nil
	}})
	if err != nil || len(found) != 2 {
		t.Fatalf("%d signatures, %v in\n%s", len(found), err, mail)
	}
	for _, f := range found {
		if f.Err != nil || f.Domain != "acme.example" {
			t.Errorf("signature of %s: %v", f.Domain, f.Err)
		}
	}
}

// ticket is what the command line tells of one.
type ticket struct {
	Number     int64
	Status     string
	Requester  string
	Deliveries []copyOut
	Entries    []struct{ Kind, Text string }
}

type copyOut struct {
	ID, To, Purpose, State string
	MessageID              string
	Attempts               int
	Last                   *struct {
		Code     int
		Enhanced string
		Words    string
	}
}

func ticketOf(t *testing.T, desk *peers.Desk, address string) (ticket, error) {
	t.Helper()
	var all []ticket
	desk.JSON(t, &all, "ticket", "list")
	for _, one := range all {
		if one.Requester == address {
			var whole ticket
			desk.JSON(t, &whole, "ticket", "show", fmt.Sprint(one.Number))
			return whole, nil
		}
	}
	return ticket{}, fmt.Errorf("there is no ticket of %s", address)
}

// plainly sends a mail to a server without TLS.
func plainly(t *testing.T, address, from, to, raw string) {
	t.Helper()
	c, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail(from, []string{to}, strings.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
}

// Every way out through a real Postfix with real passwords and tokens, and what is
// told of those that do not work. What arrives outside is signed as it was sent.
//
// covers: P11, M07
func TestRelays(t *testing.T) {
	r := newRelays(t)
	t.Setenv("SSL_CERT_FILE", r.authorities)
	out := startOutside(t)
	r.dovecot.Issue("token-1", "desk")
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"token-1","token_type":"Bearer","expires_in":3600}`)
	}))
	t.Cleanup(issuer.Close)
	password := func(port int, mode, secret string) string {
		return fmt.Sprintf("{host: localhost, port: %d, tls: %s, username: desk, credentialsSecretRef: {name: %s}}", port, mode, secret)
	}
	oauth := fmt.Sprintf("{host: localhost, port: %d, tls: StartTLS, username: desk, oauth: {tokenURL: %q, clientID: postern, clientSecretRef: {name: oauth}}}", r.startTLS, issuer.URL)
	boxes := []struct {
		name, relay string
		to          string // who asks
		state, want string // of the acknowledgement; what its words tell
	}{
		{"starttls", password(r.startTLS, "StartTLS", "good"), "ann@customer.example", "sent", ""},
		{"implicit", password(r.implicit, "Implicit", "good"), "bea@customer.example", "sent", ""},
		{"token", oauth, "cleo@customer.example", "sent", ""},
		{"password", password(r.startTLS, "StartTLS", "wrong"), "dora@customer.example", "queued", "535 5.7.8"},
		{"certificate", password(r.otherName, "StartTLS", "good"), "eva@customer.example", "queued", "valid for other.example, not localhost"},
		{"cleartext", password(r.clearText, "StartTLS", "good"), "fay@customer.example", "queued", "does not offer STARTTLS"},
		{"secret", password(r.startTLS, "StartTLS", "absent"), "gia@customer.example", "queued", "the secret absent is not there"},
		{"later", password(r.startTLS, "StartTLS", "good"), "later@customer.example", "queued", "450 4.2.0 <later@customer.example>: Recipient address rejected: Greylisted"},
		{"gone", password(r.startTLS, "StartTLS", "good"), "gone@customer.example", "failed", "550 5.1.1 <gone@customer.example>: Recipient address rejected: moved away"},
		{"daemons", "", "joy@customer.example", "sent", ""},
		{"nokey", password(r.startTLS, "StartTLS", "good"), "ida@customer.example", "queued", "the secret other is not there"},
	}
	manifests := relayCenter
	for _, b := range boxes {
		box := relayBox(b.name, b.relay)
		if b.name == "nokey" {
			box = strings.ReplaceAll(box, "name: dkim", "name: other")
		}
		manifests += box
	}
	desk := peers.StartDesk(t, manifests, "--trusted-relay", "127.0.0.1", "--hostname", "desk.acme.example",
		"--relay", fmt.Sprintf("127.0.0.1:%d", r.clearText), "--relay-user", "desk")
	desk.Secret(t, "_daemon", "relay", "password", "open sesame")
	keys, dns := signers(t)
	for name, key := range keys {
		desk.Secret(t, "support", "dkim", name, key)
	}
	desk.Secret(t, "support", "good", "password", "open sesame")
	desk.Secret(t, "support", "wrong", "password", "close sesame")
	desk.Secret(t, "support", "oauth", "client-secret", "x")
	r.start(t, desk, out)
	for _, b := range boxes {
		plainly(t, desk.SMTP, b.to, b.name+"@acme.example", question(b.to, b.name+"@acme.example"))
	}
	for _, b := range boxes {
		t.Run(b.name, func(t *testing.T) {
			awaitFirst(t, desk, b.to, b.state, b.want)
			if b.state == "sent" {
				arrived(t, out, b.to, dns)
			} else if mail := out.mail(b.to); mail != "" {
				t.Errorf("it went out all the same:\n%s", mail)
			}
		})
	}

	// Whatever it was, once somebody has mended it the same mail goes out.
	desk.Secret(t, "support", "wrong", "password", "open sesame")
	desk.Secret(t, "support", "absent", "password", "open sesame")
	desk.Secret(t, "support", "other", "ed25519", keys["ed25519"])
	desk.Secret(t, "support", "other", "rsa", keys["rsa"])
	r.answers(t, "")
	for _, b := range boxes {
		if b.state != "queued" || b.name == "certificate" || b.name == "cleartext" {
			continue
		}
		t.Run(b.name+" mended", func(t *testing.T) {
			got, err := ticketOf(t, desk, b.to)
			if err != nil {
				t.Fatal(err)
			}
			desk.Command(t, "outbox", "retry", got.Deliveries[0].ID)
			awaitFirst(t, desk, b.to, "sent", "2.0.0 Ok: queued")
			arrived(t, out, b.to, dns)
			if id := "Message-ID: " + got.Deliveries[0].MessageID; !strings.Contains(out.mail(b.to), id) {
				t.Errorf("it does not have %s:\n%s", id, out.mail(b.to))
			}
		})
	}
}

// awaitFirst waits until the one copy that somebody was sent is in a state, and
// tells of it what is wanted.
func awaitFirst(t *testing.T, desk *peers.Desk, to, state, want string) {
	t.Helper()
	peers.Eventually(t, peers.Patience, func() error {
		got, err := ticketOf(t, desk, to)
		if err != nil {
			return err
		}
		if len(got.Deliveries) != 1 || got.Deliveries[0].Last == nil || got.Deliveries[0].State != state {
			return fmt.Errorf("deliveries %+v, want one that is %s", got.Deliveries, state)
		}
		last := got.Deliveries[0].Last
		if told := strings.TrimSpace(fmt.Sprintf("%d %s %s", last.Code, last.Enhanced, last.Words)); !strings.Contains(told, want) {
			return fmt.Errorf("it tells %q, want %q", told, want)
		}
		return nil
	})
}

// arrived waits for a mail outside, and looks at what Postfix and the signatures
// say of it.
func arrived(t *testing.T, out *outside, to string, dns map[string]string) {
	t.Helper()
	peers.Eventually(t, peers.Patience, func() error {
		if out.mail(to) == "" {
			return fmt.Errorf("nothing came to %s", to)
		}
		return nil
	})
	checkSigned(t, out.mail(to), dns)
	if !strings.Contains(out.mail(to), "from desk.acme.example (localhost [127.0.0.1])") {
		t.Errorf("Postfix knows us by another name:\n%s", out.mail(to))
	}
}

// Mail goes out through a relay of the world, such as Microsoft's or Google's,
// where one is named: POSTERN_TEST_RELAY=ADDRESS:PASSWORD@HOST:PORT, and
// POSTERN_TEST_RELAY_TO is who gets the mail.
func TestRelayOfTheWorld(t *testing.T) {
	named, to := os.Getenv("POSTERN_TEST_RELAY"), os.Getenv("POSTERN_TEST_RELAY_TO")
	if named == "" || to == "" {
		t.Skip("POSTERN_TEST_RELAY and POSTERN_TEST_RELAY_TO name no relay")
	}
	login, at, ok := cutLast(named, "@")
	address, password, ok2 := strings.Cut(login, ":")
	host, port, err := net.SplitHostPort(at)
	if !ok || !ok2 || err != nil {
		t.Fatal("POSTERN_TEST_RELAY is not ADDRESS:PASSWORD@HOST:PORT")
	}
	desk := peers.StartDesk(t, relayCenter+fmt.Sprintf(`---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: starttls, namespace: support}
spec:
  address: %s
  inbound: {type: SMTP}
  relay: {host: %s, port: %s, credentialsSecretRef: {name: relay}}
`, address, host, port), "--trusted-relay", "127.0.0.1")
	desk.Secret(t, "support", "relay", "password", password)
	plainly(t, desk.SMTP, to, address, question(to, address))
	peers.Eventually(t, 2*peers.Patience, func() error {
		got, err := ticketOf(t, desk, to)
		if err != nil {
			return err
		}
		if len(got.Deliveries) != 1 || got.Deliveries[0].State != "sent" {
			return fmt.Errorf("deliveries %+v", got.Deliveries)
		}
		return nil
	})
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func question(from, to string) string {
	return fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: Broken cup\r\nMessage-ID: <1.%s>\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\n\r\nIt broke.\r\n", from, to, from)
}

// An agent's answer that the world does not want comes back from the relay as a
// report and marks the copy: at the address that only this copy has, and where the
// relay lets the mailbox send as itself alone, at the mailbox.
//
// covers: M07, P11
func TestBounceComesBack(t *testing.T) {
	r := newRelays(t)
	t.Setenv("SSL_CERT_FILE", r.authorities)
	out := startOutside(t)
	way := "{host: localhost, port: %d, tls: StartTLS, username: desk, credentialsSecretRef: {name: good}}"
	desk := peers.StartDesk(t, relayCenter+relayBox("starttls", fmt.Sprintf(way, r.startTLS))+relayBox("owned", fmt.Sprintf(way, r.owned)),
		"--trusted-relay", "127.0.0.1", "--hostname", "desk.acme.example")
	keys, _ := signers(t)
	for name, key := range keys {
		desk.Secret(t, "support", "dkim", name, key)
	}
	desk.Secret(t, "support", "good", "password", "open sesame")
	r.start(t, desk, out)
	post := signIn(t, desk)
	for box, reversePath := range map[string]string{"starttls": "from=<starttls+", "owned": "from=<owned@acme.example>"} {
		t.Run(box, func(t *testing.T) {
			customer := "nobody@" + box + ".example"
			plainly(t, desk.SMTP, customer, box+"@acme.example", question(customer, box+"@acme.example"))
			asked, err := ticketOf(t, desk, customer)
			if err != nil {
				t.Fatal(err)
			}
			post(fmt.Sprintf("/agent/tickets/%d/reply", asked.Number), url.Values{"text": {"A new cup is on its way."}, "status": {"Pending"}, "nonce": {box}})
			peers.Eventually(t, peers.Patience, func() error {
				got, err := ticketOf(t, desk, customer)
				if err != nil {
					return err
				}
				for _, d := range got.Deliveries {
					if d.Purpose == "reply" && d.State == "bounced" && got.Status == "Open" {
						return tells(got, "The mail to "+customer+" could not be delivered", "nobody of that name here")
					}
				}
				return fmt.Errorf("%s, deliveries %+v", got.Status, got.Deliveries)
			})
			if !strings.Contains(r.Log.String(), reversePath) {
				t.Errorf("Postfix saw no %s", reversePath)
			}
		})
	}
}

// tells looks for an event of the ticket with these words.
func tells(got ticket, words ...string) error {
	for _, e := range got.Entries {
		missing := slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(e.Text, w) })
		if e.Kind == "event" && !missing {
			return nil
		}
	}
	return fmt.Errorf("no event tells %q: %+v", words, got.Entries)
}
