package interop

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/peers"
)

const (
	fetched  = "support@acme.example"
	password = "geheim"
)

// polledDesk declares one mailbox at an IMAP server; more is below spec.inbound.imap.
func polledDesk(address string, more ...string) string {
	host, port, _ := strings.Cut(address, ":")
	return fmt.Sprintf(`apiVersion: postern.dev/v1alpha1
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
  inbound:
    type: IMAP
    imap:
      host: %s
      port: %s
      %s
  trust: {mailsPerHour: 100000}
`, host, port, strings.Join(more, "\n      "))
}

const byPassword = "credentialsSecretRef: {name: mail}"

// startPolled starts Dovecot, with mails in the inbox, and a desk that polls it.
func startPolled(t *testing.T, mails [][]byte, more ...string) (*peers.Dovecot, *peers.Desk) {
	t.Helper()
	dovecot := peers.StartDovecot(t, map[string]string{fetched: password})
	dovecot.Deliver(t, fetched, "", mails...)
	t.Setenv("SSL_CERT_FILE", dovecot.CA)
	return dovecot, peers.StartDesk(t, polledDesk(dovecot.IMAPS, append([]string{byPassword}, more...)...), withSecrets(t, "mail/password", password)...)
}

// withSecrets are arguments that name a folder with secrets of the account, each
// NAME/KEY and what it is.
func withSecrets(t testing.TB, secrets ...string) []string {
	t.Helper()
	dir := t.TempDir()
	for pair := range slices.Chunk(secrets, 2) {
		path := filepath.Join(dir, "support", pair[0])
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(pair[1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"--secrets", dir}
}

// fetchMail is a mail of a customer of its own.
func fetchMail(n int) []byte {
	return fmt.Appendf(nil, "From: Customer %d <c%d@customer.example>\r\nTo: support@acme.example\r\nSubject: Question %d\r\n"+
		"Message-ID: <q%d@customer.example>\r\nDate: %s\r\n\r\nWhere is order %d?\r\n",
		n, n, n, n, time.Now().Format(time.RFC1123Z), n)
}

func fetchMails(from, to int) (mails [][]byte) {
	for n := from; n <= to; n++ {
		mails = append(mails, fetchMail(n))
	}
	return mails
}

// mailboxState is what "postern mailbox list --json" tells of one.
type mailboxState struct {
	Polled bool
	Poll   struct {
		Holder, Step, Words, Note string
		Success                   time.Time
		Waiting, Undone           int
	}
}

func mailbox(t *testing.T, d *peers.Desk) mailboxState {
	t.Helper()
	var all []mailboxState
	d.JSON(t, &all, "mailbox", "list")
	if len(all) != 1 {
		t.Fatalf("%d mailboxes, want 1", len(all))
	}
	return all[0]
}

// polledSubjects waits until there are tickets with these subjects, and no others.
func polledSubjects(t *testing.T, d *peers.Desk, within time.Duration, want ...string) {
	t.Helper()
	slices.Sort(want)
	peers.Eventually(t, within, func() error {
		var tickets []struct{ Subject string }
		d.JSON(t, &tickets, "ticket", "list")
		got := []string{}
		for _, ticket := range tickets {
			got = append(got, ticket.Subject)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("%d tickets, want %d (-want +got):\n%.2000s\n%+v", len(got), len(want), diff, mailbox(t, d))
		}
		return nil
	})
}

// questions are the subjects of fetchMails.
func questions(from, to int) (all []string) {
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprintf("Question %d", n))
	}
	return all
}

// flags are those of the mails of a folder, by UID.
func flags(t *testing.T, dovecot *peers.Dovecot, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(dovecot.Doveadm(t, "-f", "tab", "fetch", "-u", fetched, "uid flags", "mailbox", folder)) {
		if uid, set, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok && uid != "uid" {
			all[uid] = strings.TrimSpace(strings.ReplaceAll(set, `\Recent`, ""))
		}
	}
	return all
}

// covers: P01
func TestIMAP(t *testing.T) {
	dovecot, d := startPolled(t, fetchMails(1, 2), "start: All")
	polledSubjects(t, d, peers.Patience, questions(1, 2)...)
	peers.Eventually(t, peers.Patience, func() error {
		if m := mailbox(t, d); m.Poll.Success.IsZero() || !m.Polled {
			return fmt.Errorf("%+v", m)
		}
		return nil
	})
	dovecot.Deliver(t, fetched, "", fetchMail(3))
	polledSubjects(t, d, 5*time.Second, questions(1, 3)...) // pollSeconds is 30: IDLE told of it
	peers.Eventually(t, peers.Patience, func() error {
		if diff := cmp.Diff(map[string]string{"1": `\Seen`, "2": `\Seen`, "3": `\Seen`}, flags(t, dovecot, "INBOX")); diff != "" {
			return fmt.Errorf("flags (-want +got):\n%s", diff)
		}
		return nil
	})
}

// covers: P01
func TestIMAPStart(t *testing.T) {
	t.Run("New", func(t *testing.T) {
		dovecot, d := startPolled(t, fetchMails(1, 2))
		peers.Eventually(t, peers.Patience, func() error {
			if m := mailbox(t, d); m.Poll.Success.IsZero() {
				return fmt.Errorf("%+v", m)
			}
			return nil
		})
		dovecot.Deliver(t, fetched, "", fetchMail(3))
		polledSubjects(t, d, peers.Patience, questions(3, 3)...)
	})
	t.Run("Since", func(t *testing.T) {
		_, d := startPolled(t, fetchMails(1, 2), "start: Since", fmt.Sprintf("since: %q", time.Now().Format(time.DateOnly)))
		polledSubjects(t, d, peers.Patience, questions(1, 2)...)
	})
	t.Run("Since tomorrow", func(t *testing.T) {
		dovecot, d := startPolled(t, fetchMails(1, 2), "start: Since", fmt.Sprintf("since: %q", time.Now().Add(48*time.Hour).Format(time.DateOnly)))
		peers.Eventually(t, peers.Patience, func() error {
			if m := mailbox(t, d); m.Poll.Success.IsZero() {
				return fmt.Errorf("%+v", m)
			}
			return nil
		})
		dovecot.Deliver(t, fetched, "", fetchMail(3)) // what comes later counts, whatever its date
		polledSubjects(t, d, peers.Patience, questions(3, 3)...)
	})
}

// covers: P01
func TestIMAPMoves(t *testing.T) {
	dovecot, d := startPolled(t, fetchMails(1, 3), "start: All", "processedFolder: Done")
	polledSubjects(t, d, peers.Patience, questions(1, 3)...)
	peers.Eventually(t, peers.Patience, func() error {
		if inbox := flags(t, dovecot, "INBOX"); len(inbox) > 0 {
			return fmt.Errorf("in the inbox there is still %v", inbox)
		}
		if done := flags(t, dovecot, "Done"); len(done) != 3 {
			return fmt.Errorf("in the other folder there is %v", done)
		}
		return nil
	})
}

// covers: P05
func TestIMAPAndSMTP(t *testing.T) {
	dovecot, d := startPolled(t, nil, "start: All")
	first, second, third := fetchMail(1), fetchMail(2), fetchMail(3)
	bring := func(mail []byte) {
		t.Helper()
		if err := smtp.SendMail(d.SMTP, nil, "c@customer.example", []string{fetched}, mail); err != nil {
			t.Fatal(err)
		}
	}
	peers.Eventually(t, peers.Patience, func() error { // the mailbox is live
		return smtp.SendMail(d.SMTP, nil, "c@customer.example", []string{fetched}, first)
	})
	onItsWay := fmt.Appendf(nil, "Delivered-To: support@acme.example\r\nReceived: from x by y; %s\r\n", time.Now().Format(time.RFC1123Z))
	dovecot.Deliver(t, fetched, "", append(onItsWay, first...), first, second)
	polledSubjects(t, d, peers.Patience, questions(1, 2)...)
	bring(second)
	bring(third)
	polledSubjects(t, d, peers.Patience, questions(1, 3)...)
}

// Every mail is one ticket, though the daemon is killed on the way.
//
// covers: M05, P04, P05
func TestChaosIMAP(t *testing.T) {
	n, kills := chaos()
	_, d := startPolled(t, fetchMails(1, n), "start: All", "processedFolder: Done")
	for kill := range kills {
		at := n * (kill + 1) / (kills + 2)
		peers.Eventually(t, chaosPatience, func() error {
			if in := countedMails(t, d); in < at {
				return fmt.Errorf("%d mails are taken in, want %d", in, at)
			}
			return nil
		})
		d.Kill()
		d.Restart(t)
	}
	polledSubjects(t, d, chaosPatience, questions(1, n)...)
	var tickets []struct{ Number int64 }
	d.JSON(t, &tickets, "ticket", "list")
	for _, number := range []int64{tickets[0].Number, tickets[len(tickets)/2].Number, tickets[len(tickets)-1].Number} {
		var ticket struct{ Entries []any }
		if d.JSON(t, &ticket, "ticket", "show", fmt.Sprint(number)); len(ticket.Entries) != 1 {
			t.Errorf("#%d has %d entries, want 1", number, len(ticket.Entries))
		}
	}
	peers.Eventually(t, time.Minute, func() error {
		if m := mailbox(t, d); m.Poll.Waiting != 0 || m.Poll.Undone != 0 || m.Poll.Success.IsZero() {
			return fmt.Errorf("%+v", m)
		}
		return nil
	})
}

// countedMails is the number of the newest ticket.
func countedMails(t *testing.T, d *peers.Desk) int {
	var newest []struct{ Number int }
	if d.JSON(t, &newest, "ticket", "list", "--limit", "1"); len(newest) == 0 {
		return 0
	}
	return newest[0].Number
}

// A folder that is made anew has another UIDVALIDITY, and numbers its mails from 1.
//
// covers: P04, P05
func TestIMAPRenumbered(t *testing.T) {
	dovecot := peers.StartDovecot(t, map[string]string{fetched: password})
	dovecot.Doveadm(t, "mailbox", "create", "-u", fetched, "Support")
	mails := fetchMails(1, 4)
	dovecot.Deliver(t, fetched, "Support", mails[:3]...)
	t.Setenv("SSL_CERT_FILE", dovecot.CA)
	d := peers.StartDesk(t, polledDesk(dovecot.IMAPS, byPassword, "start: All", "folder: Support"), withSecrets(t, "mail/password", password)...)
	polledSubjects(t, d, peers.Patience, questions(1, 3)...)

	d.Signal(syscall.SIGTERM)
	d.Ended(peers.Patience)
	dovecot.Doveadm(t, "mailbox", "delete", "-u", fetched, "Support")
	time.Sleep(1100 * time.Millisecond) // Dovecot's UIDVALIDITY is the second in which a folder was made
	dovecot.Doveadm(t, "mailbox", "create", "-u", fetched, "Support")
	dovecot.Deliver(t, fetched, "Support", append(mails[3:], mails[:3]...)...)
	d.Restart(t)
	polledSubjects(t, d, peers.Patience, questions(1, 4)...)
	peers.Eventually(t, peers.Patience, func() error {
		if m := mailbox(t, d); !strings.Contains(m.Poll.Note, "UIDVALIDITY") || m.Poll.Step != "" {
			return fmt.Errorf("%+v", m)
		}
		return nil
	})
}

// covers: P01
func TestIMAPTellsWhatFails(t *testing.T) {
	dovecot := peers.StartDovecot(t, map[string]string{fetched: password})
	dovecot.Deliver(t, fetched, "", fetchMail(1))
	d := peers.StartDesk(t, polledDesk(dovecot.IMAPS, byPassword, "start: All")) // without the authority of its certificate
	fails := func(step, words string) {
		t.Helper()
		peers.Eventually(t, peers.Patience, func() error {
			if m := mailbox(t, d); m.Poll.Step != step || !strings.Contains(m.Poll.Words, words) {
				return fmt.Errorf("%+v, want step %s with %q", m, step, words)
			}
			return nil
		})
	}
	fails("TLS", "certificate")
	d.Declare(t, polledDesk(dovecot.IMAP, byPassword, "start: All", "tls: None"))
	fails("AUTH", "is not there")
	d.Secret(t, "support", "mail", "password", "falsch")
	fails("AUTH", "refused")
	d.Secret(t, "support", "mail", "password", password)
	polledSubjects(t, d, peers.Patience, questions(1, 1)...) // at once, not when the long wait is over
	d.Declare(t, polledDesk(dovecot.IMAP, byPassword, "folder: Elsewhere", "tls: None"))
	fails("SELECT", "Elsewhere")
}

// covers: P05
func TestIMAPReplicas(t *testing.T) {
	dovecot := peers.StartDovecot(t, map[string]string{fetched: password})
	t.Setenv("SSL_CERT_FILE", dovecot.CA)
	etcd, key := peers.StartEtcd(t), filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	var desks []*peers.Desk
	for range 2 {
		args := append(withSecrets(t, "mail/password", password), "--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority, "--key-file", key)
		desks = append(desks, peers.StartDesk(t, polledDesk(dovecot.IMAPS, byPassword, "start: All"), args...))
	}
	dovecot.Deliver(t, fetched, "", fetchMails(1, 50)...)
	polledSubjects(t, desks[1], peers.Patience, questions(1, 50)...)
	polls := func(d *peers.Desk) bool { return strings.Contains(d.Log.String(), `"mailbox claimed"`) }
	first, second := desks[0], desks[1]
	if polls(second) {
		first, second = second, first
	}
	if !polls(first) || polls(second) {
		t.Fatal("not exactly one replica polls")
	}
	first.Signal(syscall.SIGTERM)
	dovecot.Deliver(t, fetched, "", fetchMails(51, 60)...)
	polledSubjects(t, second, time.Minute, questions(1, 60)...)
	if !polls(second) {
		t.Error("the other replica does not poll")
	}
}

// tokenIssuer is an issuer of access tokens (RFC 6749) that Dovecot knows of.
type tokenIssuer struct {
	*httptest.Server
	issued atomic.Int64
	mu     sync.Mutex
	asked  []string
}

func startTokenIssuer(t *testing.T, dovecot *peers.Dovecot) *tokenIssuer {
	t.Helper()
	i := &tokenIssuer{}
	i.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		i.mu.Lock()
		i.asked = append(i.asked, r.Form.Get("grant_type")+" "+r.Form.Get("client_secret")+r.Form.Get("refresh_token"))
		i.mu.Unlock()
		token := fmt.Sprintf("access-%d", i.issued.Add(1))
		dovecot.Issue(token, fetched)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600})
	}))
	i.StartTLS()
	t.Cleanup(i.Close)
	return i
}

// covers: P01
func TestIMAPWithToken(t *testing.T) {
	tests := []struct {
		name       string
		mechanisms string
		oauth      string
		asked      string
	}{
		{"XOAUTH2, the client itself", "plain xoauth2", "scopes: [mail], clientSecretRef: {name: google}", "client_credentials hush"},
		{"OAUTHBEARER, with a refresh token", "plain oauthbearer xoauth2", "refreshTokenSecretRef: {name: google}", "refresh_token long-lived"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dovecot := peers.StartDovecot(t, map[string]string{fetched: password}, "auth_mechanisms = "+test.mechanisms)
			dovecot.Deliver(t, fetched, "", fetchMail(1))
			issuer := startTokenIssuer(t, dovecot)
			t.Setenv("SSL_CERT_FILE", believe(t, dovecot.CA, issuer.Server))
			d := peers.StartDesk(t, polledDesk(dovecot.IMAPS, "start: All", fmt.Sprintf("oauth: {tokenURL: %q, clientID: postern, %s}", issuer.URL+"/token", test.oauth)),
				withSecrets(t, "google/client-secret", "hush", "google/refresh-token", "long-lived")...)
			polledSubjects(t, d, peers.Patience, questions(1, 1)...)
			issuer.mu.Lock()
			if diff := cmp.Diff([]string{test.asked}, issuer.asked); diff != "" {
				t.Errorf("the issuer was asked (-want +got):\n%s", diff)
			}
			issuer.mu.Unlock()

			// A token that is withdrawn before its end is fetched anew.
			dovecot.Issue("access-1", "")
			dovecot.Doveadm(t, "kick", fetched)
			dovecot.Deliver(t, fetched, "", fetchMail(2))
			polledSubjects(t, d, peers.Patience, questions(1, 2)...)
			if strings.Contains(d.Log.String(), "access-1") {
				t.Error("a token stands in the log")
			}
		})
	}
}

// believe makes a file of the certificates of both.
func believe(t *testing.T, ca string, server *httptest.Server) string {
	t.Helper()
	known, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(path, append(known, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
