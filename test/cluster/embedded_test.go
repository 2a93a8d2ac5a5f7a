package cluster_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

const (
	button = `href="/en/submit`
	// burst is how many mails come in while something happens.
	burst = 300
)

// One replica with etcd inside: from nothing to the first ticket, a form that comes and
// goes, a pod that is killed, an upgrade, and what an uninstalled release leaves.
//
// covers: K01, K02, K04, K05, P05
func TestEmbedded(t *testing.T) {
	i := newInstall(t, "inside")
	i.upgrade()
	t.Cleanup(func() { i.clean("delete", "-k", root+"/crds", "--ignore-not-found") })
	i.declare("Draft")
	if out := i.postern("agent", "add", "robin@acme.example", "--name", "Robin", "--account", i.account); !strings.Contains(out, "password") {
		t.Errorf("agent add says:\n%s", out)
	}
	path := i.firstTicket()

	if _, body := i.page("/en/"); strings.Contains(body, button) {
		t.Error("requests may be submitted without a published form")
	}
	i.declare("Published")
	i.shows("/en/", button) // at once: helm has waited for it
	i.declare("Draft")
	if _, body := i.page("/en/"); strings.Contains(body, button) {
		t.Error("requests may be submitted by a form that is withdrawn")
	}

	i.load("killed", burst, func() {
		i.kubectl("delete", "pod", release+"-0", "-n", i.namespace, "--grace-period=0", "--force")
	})
	i.shows(path, "The lamp flickers")
	i.load("upgraded", burst, func() { i.upgrade("daemon.podAnnotations.changed=once", "operator.podAnnotations.changed=once") })
	i.shows(path, "The lamp flickers")
	i.helm("test", release, "-n", i.namespace, "--timeout", patience.String())

	i.helm("uninstall", release, "-n", i.namespace, "--wait", "--timeout", patience.String())
	for _, left := range [][]string{
		{"secret", release + "-key", "-n", i.namespace}, {"pvc", "state-" + release + "-0", "-n", i.namespace},
		{"helpcenter", "main", "-n", i.account}, {"ticketform", "contact", "-n", i.account}, {"mailbox", "support", "-n", i.account},
	} {
		i.kubectl(append([]string{"get"}, left...)...)
	}
	i.upgrade()
	peers.Eventually(t, patience, func() error {
		_, err := i.try("kubectl", nil, "wait", "--for=condition=Ready", "-n", i.account, "hc/main", "--timeout=60s")
		return err
	})
	i.shows(path, "The lamp flickers")
	if status, _ := i.page("/en/"); status != http.StatusOK {
		t.Errorf("the portal answers %d after it was installed again", status)
	}
	if n := len(i.subjects()); n != 2*burst+1 {
		t.Errorf("there are %d tickets, want %d", n, 2*burst+1)
	}
}
