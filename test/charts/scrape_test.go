package charts_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/kube"
	"github.com/posterndesk/postern/test/peers"
)

// watched is a desk of which every metric has something to tell.
const watched = `
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
kind: Mailbox
metadata: {name: polled}
spec:
  address: polled@%[1]s
  inbound: {type: IMAP, imap: {host: localhost, port: %[2]d, credentialsSecretRef: {name: mail}}}
`

// metrics are those that somebody serves: the labels of each.
type metrics map[string]map[string]bool

// scraped is the value of one that has no labels.
func scraped(t *testing.T, address, name string) string {
	t.Helper()
	_, after, _ := strings.Cut(page(t, address), "\n"+name+" ")
	value, _, _ := strings.Cut(after, "\n")
	return value
}

// page is what is served at an address.
func page(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", address, resp.Status, err)
	}
	return string(body)
}

// scrape adds what is served at an address.
func (m metrics) scrape(t *testing.T, address string) {
	t.Helper()
	for _, line := range regexp.MustCompile(`(?m)^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? `).FindAllStringSubmatch(page(t, address), -1) {
		if m[line[1]] == nil {
			m[line[1]] = map[string]bool{}
		}
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(line[2], -1) {
			m[line[1]][label[1]] = true
		}
	}
}

// TestMetricsAreServed runs operator and daemon, has something happen of everything
// that is measured, and holds that they serve every metric that an alert or the
// dashboard asks for, with the labels by which it asks.
//
// covers: K04
func TestMetricsAreServed(t *testing.T) {
	cluster, etcd := kube.Start(t), peers.StartEtcd(t)
	namespace := cluster.Namespace(t)
	host := namespace + ".example"
	key := filepath.Join(t.TempDir(), "key")
	seal := make([]byte, 32)
	_, _ = rand.Read(seal) // never fails since Go 1.24
	if err := os.WriteFile(key, seal, 0o600); err != nil {
		t.Fatal(err)
	}
	certificate, _ := peers.NewAuthority(t).Issue(t, host)
	flags := []string{"--etcd", etcd.Endpoint, "--etcd-ca", etcd.Authority}
	operator := freeAddress(t)
	peers.Start(t, exec.Command(peers.OperatorProgram(t), append(flags,
		"--kubeconfig", cluster.Kubeconfig, "--watch-namespaces", namespace, "--metrics", operator, "--health", "off")...))
	cluster.Kubectl(t, "-n", namespace, "create", "secret", "generic", "mail", "--from-literal=password=hunter2")
	if out, told, err := cluster.TryKubectl(t, fmt.Sprintf(watched, host, peers.Port(t)), "apply", "-n", namespace, "-f", "-"); err != nil {
		t.Fatalf("kubectl apply: %v\n%s%s", err, out, told)
	}
	desk := peers.StartDesk(t, "", append(flags, "--declared", "etcd", "--key-file", key, "--trusted-relay", "127.0.0.1",
		"--relay", fmt.Sprintf("127.0.0.1:%d", peers.StartSink(t)), "--https", "127.0.0.1:0", "--tls", filepath.Dir(certificate))...)
	cluster.Kubectl(t, "-n", namespace, "wait", "--for=condition=Ready", "--timeout=60s", "helpcenter/acme", "mailbox/support")

	sendMail(t, desk.SMTP, "support@"+host, "nobody@"+host)
	alerts, questions := monitoring(t)
	for _, a := range alerts {
		questions[a.Alert] = append(questions[a.Alert], a.Expr)
	}
	peers.Eventually(t, peers.Patience, func() error {
		served := metrics{}
		served.scrape(t, desk.Admin)
		served.scrape(t, operator)
		for title, all := range questions {
			for _, q := range all {
				if err := served.answer(q); err != nil {
					return fmt.Errorf("%s: %w", title, err)
				}
			}
		}
		return nil
	})
}

// sendMail writes to somebody, and tries to write to somebody who is not there.
func sendMail(t *testing.T, address, to, nobody string) {
	t.Helper()
	const from = "alice@customer.example"
	c, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.Mail(from); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt(nobody); err == nil {
		t.Errorf("%s is taken", nobody)
	}
	if err := c.Rcpt(to); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, "From: <%s>\r\nTo: %s\r\nSubject: Lamp\r\nMessage-ID: <1@customer.example>\r\n\r\nIt is dark.\r\n", from, to)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is looked for in an expression; TestAlertsFire and TestDashboardIsRead hold that
// it is one.
var (
	selector = regexp.MustCompile(`([a-zA-Z_:][\w:]*)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`(\w+)(?:=|!=|=~|!~)"`)
	grouping = regexp.MustCompile(`\bby \(([^)]*)\)`)
	bare     = regexp.MustCompile(`\b(?:postern|process|go)_[a-z_]+\b([^{a-z_]|$)`)
)

// answer holds that there is what an expression asks for. namespace is a label that
// Prometheus gives to all.
func (m metrics) answer(expr string) error {
	if found := bare.FindString(expr); found != "" {
		return fmt.Errorf("%q asks for %q of every namespace", expr, found)
	}
	found := selector.FindAllStringSubmatch(expr, -1)
	if len(found) == 0 {
		return fmt.Errorf("%q asks for nothing", expr)
	}
	for _, s := range found {
		labels, served := m[s[1]]
		if !served {
			return fmt.Errorf("nobody serves %s", s[1])
		}
		var asked []string
		for _, l := range matcher.FindAllStringSubmatch(s[2], -1) {
			asked = append(asked, l[1])
		}
		if !strings.Contains(s[2], `namespace="`) {
			return fmt.Errorf("%q asks for %s of every namespace", expr, s[1])
		}
		for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
			asked = append(asked, strings.Split(g[1], ", ")...)
		}
		for _, label := range asked {
			if label != "namespace" && !labels[label] {
				return fmt.Errorf("%s has no label %s, for which %q asks", s[1], label, expr)
			}
		}
	}
	return nil
}
