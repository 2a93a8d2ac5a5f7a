package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

const (
	button = `href="/en/submit`
	desk   = `
apiVersion: postern.dev/v1alpha1
kind: HelpCenter
metadata: {name: acme}
spec:
  displayName: Acme Help
  host: %[1]s
  mailboxRef: {name: support}
  portal: {ticketSubmission: Enabled}
---
apiVersion: postern.dev/v1alpha1
kind: Mailbox
metadata: {name: support}
spec:
  address: support@%[1]s
  inbound: {type: SMTP}
---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: contact}
spec:
  title: {default: Contact us}
  publication: Draft
  helpCenterRefs: [{name: acme}]
`
)

// host is one that no other test claims.
func (w *world) host() string { return w.account + ".acme.example" }

// A desk is declared with kubectl; its form is published, and the button appears on
// every replica before kubectl says that it is there. What the daemon exports says
// the same as what was applied.
//
// covers: K02, M01
func TestPublish(t *testing.T) {
	w := newWorld(t, 2)
	host := w.host()
	w.apply(t, fmt.Sprintf(desk, host))
	w.ready(t, "helpcenter/acme", "mailbox/support", "ticketform/contact")
	if got := w.condition(t, "hc/acme", "SubmissionVisible"); got != "False/NoPublishedForm" {
		t.Errorf("submission without a form: %s", got)
	}
	for _, d := range w.desks {
		if status, body := page(t, d, host, "/en"); status != http.StatusOK || strings.Contains(body, button) {
			t.Errorf("the portal with a draft alone answers %d, and the button is there: %t", status, strings.Contains(body, button))
		}
	}
	w.kubectl(t, "patch", "tf/contact", "--type=merge", "-p", `{"spec":{"publication":"Published","fields":[{"name":"order","type":"ShortText","label":{"default":"Order"}}]}}`)
	w.ready(t, "tf/contact")
	for _, d := range w.desks {
		if status, body := page(t, d, host, "/en"); status != http.StatusOK || !strings.Contains(body, button) {
			t.Errorf("the portal with a form that is ready answers %d, and the button is there: %t", status, strings.Contains(body, button))
		}
	}
	w.kubectl(t, "wait", "--for=condition=SubmissionVisible", "--timeout=60s", "hc/acme")
	if out := w.kubectl(t, "get", "postern"); !strings.Contains(out, "https://"+host) || !strings.Contains(out, "Contact us") {
		t.Errorf("kubectl get postern prints\n%s", out)
	}
	w.exported(t)
}

// exported holds that applying what is live changes no spec.
func (w *world) exported(t *testing.T) {
	t.Helper()
	generations := func() string {
		return w.kubectl(t, "get", "postern", "-o", `jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.generation} {end}`)
	}
	before := generations()
	manifests := w.desks[0].Command(t, "export", "--account", w.account)
	if n := strings.Count(manifests, "kind:"); n != 3 {
		t.Errorf("%d objects are exported:\n%s", n, manifests)
	}
	w.apply(t, manifests)
	if after := generations(); after != before {
		t.Errorf("applying what is live makes of %s\n%s", before, after)
	}
}

// The API server goes away, and the operator: mail comes in and the portal is served,
// also by a daemon that is started meanwhile. When they are back, what was declared
// meanwhile is served.
//
// covers: K05
func TestWithoutKubernetes(t *testing.T) {
	w := newWorld(t, 1)
	host := w.host()
	d := w.desks[0]
	w.apply(t, strings.ReplaceAll(fmt.Sprintf(desk, host), "publication: Draft", "publication: Published\n  fields: [{name: order, type: ShortText, label: {default: Order}}]"))
	w.ready(t, "helpcenter/acme", "mailbox/support", "ticketform/contact")
	goesOn := func(when string) {
		t.Helper()
		if status, body := page(t, d, host, "/en"); status != http.StatusOK || !strings.Contains(body, button) {
			t.Errorf("%s: the portal answers %d, and the button is there: %t", when, status, strings.Contains(body, button))
		}
		mail := fmt.Sprintf("From: alice@customer.example\r\nTo: support@%s\r\nSubject: %s\r\nMessage-ID: <%s@customer.example>\r\n\r\nIt is dark.\r\n", host, when, strings.ReplaceAll(when, " ", "-"))
		if err := smtp.SendMail(d.SMTP, nil, "alice@customer.example", []string{"support@" + host}, []byte(mail)); err != nil {
			t.Errorf("%s: mail: %v", when, err)
		}
	}
	goesOn("with everything")
	w.api.Shut()
	goesOn("without the API server")
	w.operator.Kill()
	goesOn("without the operator")
	d.Signal(syscall.SIGTERM)
	if !d.Ended(peers.Patience) {
		t.Fatal("the daemon does not stop")
	}
	d.Restart(t)
	goesOn("started without either")

	w.kubectl(t, "patch", "tf/contact", "--type=merge", "-p", `{"spec":{"publication":"Draft"}}`)
	goesOn("before the operator is back")
	w.startOperator(t)
	peers.Eventually(t, peers.Patience, func() error {
		if _, body := page(t, d, host, "/en"); strings.Contains(body, button) {
			return errors.New("what was declared meanwhile is not served")
		}
		return nil
	})
	w.ready(t, "tf/contact")
	w.kubectl(t, "delete", "hc/acme", "tf/contact", "mailbox/support")
	peers.Eventually(t, peers.Patience, func() error {
		if status, _ := page(t, d, host, "/en"); status == http.StatusOK {
			return errors.New("a help center that is gone is served")
		}
		return nil
	})
}

// The etcd outside comes back with a certificate of another authority. When the file
// of it is in its place, operator and daemons go on, and nobody has started them again.
//
// covers: K02, K05
func TestAuthorityOfEtcdIsReplaced(t *testing.T) {
	w := newWorld(t, 1)
	host := w.host()
	w.apply(t, fmt.Sprintf(desk, host))
	w.ready(t, "helpcenter/acme", "mailbox/support", "ticketform/contact")
	w.etcd.Stop()
	if err := os.RemoveAll(filepath.Dir(w.etcd.Authority)); err != nil {
		t.Fatal(err)
	}
	w.etcd.Restart(t) // makes itself another one, where the flags say that it is
	w.kubectl(t, "patch", "tf/contact", "--type=merge", "-p", `{"spec":{"publication":"Published","fields":[{"name":"order","type":"ShortText","label":{"default":"Order"}}]}}`)
	w.ready(t, "tf/contact")
	if status, body := page(t, w.desks[0], host, "/en"); status != http.StatusOK || !strings.Contains(body, button) {
		t.Errorf("the portal answers %d, and the button is there: %t", status, strings.Contains(body, button))
	}
}
