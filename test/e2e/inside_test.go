package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/kube"
	"github.com/posterndesk/postern/test/peers"
)

// The operator writes to the etcd inside of a daemon, which lets in only who has a
// certificate of the authority: without one, or with one of another authority, an
// operator does nothing and says why.
//
// covers: K02
func TestEtcdInside(t *testing.T) {
	w := &world{kube: kube.Start(t), files: t.TempDir()}
	w.account = w.kube.Namespace(t)
	ours, theirs := peers.NewAuthority(t), peers.NewAuthority(t)
	cert, key := ours.Issue(t, "localhost", "127.0.0.1")
	d := startWaiting(t, "--declared", "etcd", "--relay", fmt.Sprintf("127.0.0.1:%d", peers.StartSink(t)), "--trusted-relay", "127.0.0.1",
		"--etcd-listen", "127.0.0.1:0", "--etcd-listen-cert", cert, "--etcd-listen-key", key, "--etcd-listen-ca", ours.File)
	if d.Etcd == "" || strings.HasSuffix(d.Etcd, ":0") {
		t.Fatalf("the log says that etcd listens on %q", d.Etcd)
	}
	host := w.host()
	w.apply(t, fmt.Sprintf(desk, host))
	theirCert, theirKey := theirs.Issue(t, "stranger")
	ourCert, ourKey := ours.Issue(t, "operator")
	for _, tt := range []struct {
		name  string
		flags []string
		says  string // in its log, why it does not go on
	}{
		{"without a certificate", nil, "certificate required"},
		{"with somebody else's", []string{"--etcd-cert", theirCert, "--etcd-key", theirKey}, "remote error: tls: "},
		{"that believes another authority", []string{"--etcd-cert", ourCert, "--etcd-key", ourKey, "--etcd-ca", theirs.File}, "unknown authority"},
	} {
		health := fmt.Sprintf("127.0.0.1:%d", peers.Port(t))
		o := w.operatorOn(t, "https://"+d.Etcd, append([]string{"--etcd-ca", ours.File, "--health", health}, tt.flags...)...)
		peers.Eventually(t, peers.Patience, func() error {
			if !strings.Contains(o.Log.String(), tt.says) {
				return fmt.Errorf("an operator %s does not say %q:\n%s", tt.name, tt.says, o.Log)
			}
			return nil
		})
		if resp, err := http.Get("http://" + health + "/readyz"); err != nil {
			t.Errorf("an operator %s: %v", tt.name, err)
		} else if _ = resp.Body.Close(); resp.StatusCode == http.StatusOK {
			t.Errorf("an operator %s is ready", tt.name)
		}
		o.Kill()
	}
	if got := w.condition(t, "hc/acme", "Ready"); got != "Unknown/Pending" {
		t.Errorf("who was not let in says %s", got)
	}
	w.operatorOn(t, "https://"+d.Etcd, "--etcd-ca", ours.File, "--etcd-cert", ourCert, "--etcd-key", ourKey, "--health", "off")
	w.ready(t, "helpcenter/acme", "mailbox/support", "ticketform/contact")
	peers.Eventually(t, peers.Patience, func() error {
		if status, _ := page(t, d, host, "/en"); status != http.StatusOK {
			return errors.New("what is declared is not served")
		}
		return nil
	})
}

// startWaiting starts a daemon that waits for what is declared.
func startWaiting(t *testing.T, args ...string) *peers.Desk {
	t.Helper()
	dir := t.TempDir()
	all := []string{"serve", "--dir", filepath.Join(dir, "state"), "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
	d := &peers.Desk{Process: peers.Start(t, exec.Command(peers.Program(t), append(all, args...)...))}
	peers.Eventually(t, peers.Patience, func() error {
		for line := range strings.Lines(d.Log.String()) {
			var told struct{ Msg, HTTP, Etcd string }
			if json.Unmarshal([]byte(line), &told) == nil && told.Msg == "waiting for what is declared" {
				d.HTTP, d.Etcd = told.HTTP, told.Etcd
				return nil
			}
		}
		return fmt.Errorf("it does not say where it listens:\n%s", d.Log)
	})
	return d
}

// operatorOn starts an operator on an etcd.
func (w *world) operatorOn(t *testing.T, etcd string, args ...string) *peers.Process {
	t.Helper()
	return peers.Start(t, exec.Command(peers.OperatorProgram(t), append([]string{
		"--kubeconfig", w.kube.Kubeconfig, "--watch-namespaces", w.account, "--metrics", "off", "--etcd", etcd,
	}, args...)...))
}
