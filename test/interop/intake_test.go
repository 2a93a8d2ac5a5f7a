package interop

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/test/peers"
)

// intake declares two mailboxes of one domain. Nobody is answered within a test:
// what a mail causes goes to a relay that is not there.
const intake = `
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
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: sales, namespace: support}
spec:
  address: sales@acme.example
  inbound: {type: SMTP}
`

// rawMail is a mail with LF line ends, as programs hand them to a mail system.
func rawMail(subject, text string) string {
	return fmt.Sprintf("From: Alice <alice@customer.example>\nTo: support@acme.example\nSubject: %s\nMessage-ID: <%s@customer.example>\n\n%s\n",
		subject, strings.ReplaceAll(subject, " ", "-"), text)
}

// subjects are those of all tickets, with the mailbox that they are in and how
// many entries they have.
func subjects(t *testing.T, desk *peers.Desk) map[string]int {
	t.Helper()
	var all []struct {
		Subject, Mailbox string
		EntryCount       int
	}
	desk.JSON(t, &all, "ticket", "list", "--limit", "0")
	found := map[string]int{}
	for _, one := range all {
		found[one.Mailbox+": "+one.Subject] += one.EntryCount
	}
	return found
}

// wantSubjects waits until there are those tickets, of one entry each, and no
// others.
func wantSubjects(t *testing.T, desk *peers.Desk, want ...string) {
	t.Helper()
	all := map[string]int{}
	for _, s := range want {
		all[s] = 1
	}
	peers.Eventually(t, peers.Patience, func() error {
		if diff := cmp.Diff(all, subjects(t, desk)); diff != "" {
			return fmt.Errorf("tickets (-want +got):\n%s", diff)
		}
		return nil
	})
}

// numberOf is the number of the ticket with a subject. Which one a mail gets is
// not said: those that come at the same moment race for it, and a loser's number
// is not given again.
func numberOf(t *testing.T, desk *peers.Desk, subject string) string {
	t.Helper()
	var all []struct {
		Subject string
		Number  int64
	}
	desk.JSON(t, &all, "ticket", "list", "--limit", "0")
	for _, one := range all {
		if one.Subject == subject {
			return strconv.FormatInt(one.Number, 10)
		}
	}
	t.Fatalf("no ticket has the subject %q", subject)
	return ""
}

// wantDelivered waits until a Postfix has nothing left.
func wantDelivered(t *testing.T, p *peers.Postfix) {
	t.Helper()
	peers.Eventually(t, peers.Patience, func() error {
		if queue := p.Queue(t); len(queue) > 0 {
			return fmt.Errorf("postfix still has %+v", queue)
		}
		return nil
	})
}

// port of an address.
func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
