package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

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

// fetchMail is a mail of a customer of its own.
func fetchMail(n int) []byte {
	return fmt.Appendf(nil, "From: Customer %d <c%d@customer.example>\r\nTo: support@acme.example\r\nSubject: Question %d\r\n"+
		"Message-ID: <q%d@customer.example>\r\nDate: %s\r\n\r\nWhere is order %d?\r\n",
		n, n, n, n, time.Now().Format(time.RFC1123Z), n)
}

type fetchedTicket struct {
	Number  int64
	Subject string
}

// fetchedTickets waits until there are so many, and no more.
func fetchedTickets(t *testing.T, d *peers.Desk, want int, within time.Duration) []fetchedTicket {
	t.Helper()
	var got []fetchedTicket
	peers.Eventually(t, within, func() error {
		got = nil
		if d.JSON(t, &got, "ticket", "list"); len(got) < want {
			var boxes any
			d.JSON(t, &boxes, "mailbox", "list")
			return fmt.Errorf("%d tickets, want %d; mailboxes: %v", len(got), want, boxes)
		}
		return nil
	})
	if len(got) != want {
		t.Fatalf("%d tickets, want %d", len(got), want)
	}
	return got
}

// covers: P01
func TestIMAP(t *testing.T) {
	dovecot := peers.StartDovecot(t, map[string]string{fetched: password})
	dovecot.Deliver(t, fetched, "", fetchMail(1), fetchMail(2))
	t.Setenv("SSL_CERT_FILE", dovecot.CA)
	d := peers.StartDesk(t, polledDesk(dovecot.IMAPS, byPassword, "start: All"))
	d.Secret(t, "support", "mail", "password", password)
	fetchedTickets(t, d, 2, peers.Patience)
	t.Log(d.Command(t, "mailbox", "list"))
	start := time.Now()
	dovecot.Deliver(t, fetched, "", fetchMail(3))
	fetchedTickets(t, d, 3, peers.Patience)
	t.Log("the third came after", time.Since(start))
	t.Log(d.Command(t, "mailbox", "list"))
	t.Log(dovecot.Doveadm(t, "fetch", "-u", fetched, "uid flags", "mailbox", "INBOX"))
}
