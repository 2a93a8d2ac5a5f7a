// Package cluster_test installs Postern with Helm in a real cluster, and uses it as its
// people do: by mail through the Service, by links through that of the pages, by kubectl
// and by helm. It runs by make e2e, against the cluster of KUBECONFIG.
//
// The machine that it runs on must reach nodes and Services of the cluster, and pods must
// reach it: it takes their mail. The cluster must have the images, a default storage
// class, and nothing of Postern.
package cluster_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/test/peers"
)

var (
	daemonImage   = flag.String("daemon-image", "", "`REPOSITORY:TAG` of the daemon; without it nothing is tested")
	operatorImage = flag.String("operator-image", "", "`REPOSITORY:TAG` of the operator")
)

const (
	root = "../.."

	// patience bounds what a cluster takes to do, such as to start pods again.
	patience = 3 * time.Minute

	release = "postern"
)

// findHelm builds helm, if it is not there yet.
var findHelm = sync.OnceValues(func() (string, error) {
	out, err := exec.Command(root + "/hack/helm/build").Output()
	return strings.TrimSpace(string(out)), err
})

// install is one release of Postern in a namespace of its own, with one account.
type install struct {
	t         *testing.T
	namespace string // of the release
	account   string // namespace of the account
	host      string // of its help center
	values    []string
	sink      *sink
}

// newInstall makes the namespaces. Both go with the test, and so do the kinds.
func newInstall(t *testing.T, name string) *install {
	t.Helper()
	if *daemonImage == "" || *operatorImage == "" {
		t.Skip("make e2e runs it, with the images that a cluster has")
	}
	i := &install{t: t, namespace: "postern-" + name, account: "support-" + name, host: "help." + name + ".example"}
	for _, namespace := range []string{i.namespace, i.account} {
		i.kubectl("create", "namespace", namespace)
		t.Cleanup(func() { i.clean("delete", "namespace", namespace, "--timeout=120s") })
	}
	i.kubectl("label", "namespace", i.namespace, "pod-security.kubernetes.io/enforce=restricted")
	i.sink = startSink(t, i.machine())
	i.kubectl("create", "configmap", "authorities", "-n", i.namespace, "--from-file=sink.crt="+i.sink.files.cert)
	daemon, tag, _ := strings.Cut(*daemonImage, ":")
	operator, operatorTag, _ := strings.Cut(*operatorImage, ":")
	i.values = []string{
		"hostname=mx." + name + ".example", "smtp.service.type=NodePort", "smtp.trustedRelays={" + i.machine() + "/32}", "relay.server=" + i.sink.address,
		"daemon.image.repository=" + daemon, "daemon.image.tag=" + tag, "operator.image.repository=" + operator, "operator.image.tag=" + operatorTag,
		"persistence.size=1Gi", "daemon.authoritiesConfigMap=authorities",
	}
	t.Cleanup(func() {
		if t.Failed() {
			i.tell()
		}
	})
	return i
}

// tell logs what the pods are at.
func (i *install) tell() {
	for _, args := range [][]string{
		{"get", "pods,pvc,svc,events", "-n", i.namespace, "-o", "wide"}, {"get", "postern", "-n", i.account, "-o", "yaml"},
		{"logs", "-n", i.namespace, "-l", "app.kubernetes.io/instance=" + release, "--all-containers", "--tail=60", "--prefix"},
	} {
		out, _ := exec.Command("kubectl", args...).CombinedOutput()
		i.t.Logf("kubectl %s\n%s", strings.Join(args, " "), out)
	}
}

func (i *install) clean(args ...string) {
	if out, err := exec.Command("kubectl", args...).CombinedOutput(); err != nil {
		i.t.Errorf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (i *install) try(program string, input io.Reader, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(i.t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdin = input
	var out, told strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &told
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s%s", program, strings.Join(args, " "), err, out.String(), told.String())
	}
	return out.String(), nil
}

func (i *install) kubectl(args ...string) string {
	i.t.Helper()
	out, err := i.try("kubectl", nil, args...)
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

func (i *install) helm(args ...string) string {
	i.t.Helper()
	program, err := findHelm()
	if err != nil {
		i.t.Fatalf("hack/helm/build: %v", err)
	}
	out, err := i.try(program, nil, args...)
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

// upgrade installs or upgrades the release, and waits until it is ready.
func (i *install) upgrade(values ...string) {
	i.t.Helper()
	args := []string{"upgrade", "--install", release, root + "/charts/postern", "-n", i.namespace, "--wait", "--timeout", patience.String()}
	for _, v := range append(i.values, values...) {
		args = append(args, "--set", v)
	}
	i.helm(args...)
}

// declare brings the account to what is given, and waits until it is served.
func (i *install) declare(publication string) {
	i.t.Helper()
	values := fmt.Sprintf(`
helpCenters:
  main: {displayName: Acme Help, host: %[1]s, mailboxRef: {name: support}, portal: {ticketSubmission: Enabled}}
mailboxes:
  support: {address: support@%[1]s, inbound: {type: SMTP}}
ticketForms:
  contact:
    title: {default: Contact us}
    publication: %[2]s
    helpCenterRefs: [{name: main}]
    fields: [{name: order, type: ShortText, label: {default: Order}}]
`, i.host, publication)
	program, err := findHelm()
	if err != nil {
		i.t.Fatal(err)
	}
	_, err = i.try(program, strings.NewReader(values), "upgrade", "--install", "account", root+"/charts/postern-account", "-n", i.account, "-f", "-", "--wait", "--timeout", patience.String())
	if err != nil {
		i.t.Fatal(err)
	}
}

// postern runs a command of the program in a pod of the daemon.
func (i *install) postern(args ...string) string {
	i.t.Helper()
	pods := strings.Fields(i.kubectl("get", "pods", "-n", i.namespace, "-l", "app.kubernetes.io/component=daemon", "--field-selector=status.phase=Running", "-o", "jsonpath={.items[*].metadata.name}"))
	if len(pods) == 0 {
		i.t.Fatal("no daemon runs")
	}
	return i.kubectl(append([]string{"exec", "-n", i.namespace, pods[0], "--", "postern"}, args...)...)
}

// node is the address of a node.
func (i *install) node() string {
	i.t.Helper()
	return i.kubectl("get", "nodes", "-o", `jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}`)
}

// machine is the address of this machine as a node sees it.
func (i *install) machine() string {
	i.t.Helper()
	c, err := net.Dial("udp", net.JoinHostPort(i.node(), "9")) // sends nothing
	if err != nil {
		i.t.Fatal(err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).IP.String()
}

// smtp is where the Service takes mail, at a node: it keeps the addresses of clients.
func (i *install) smtp() string {
	i.t.Helper()
	return net.JoinHostPort(i.node(), i.kubectl("get", "service", release+"-smtp", "-n", i.namespace, "-o", "jsonpath={.spec.ports[0].nodePort}"))
}

// page asks the Service of the pages.
func (i *install) page(path string) (int, string) {
	i.t.Helper()
	address := i.kubectl("get", "service", release, "-n", i.namespace, "-o", "jsonpath={.spec.clusterIP}")
	ctx, cancel := context.WithTimeout(i.t.Context(), peers.Patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	req.Host = i.host
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err.Error()
	}
	return r.StatusCode, string(body)
}

// subjects are those of all tickets, with how often each is there.
func (i *install) subjects() map[string]int {
	i.t.Helper()
	var all []struct{ Subject string }
	if err := json.Unmarshal([]byte(i.postern("ticket", "list", "--limit", "0", "--json")), &all); err != nil {
		i.t.Fatal(err)
	}
	count := map[string]int{}
	for _, ticket := range all {
		count[ticket.Subject]++
	}
	return count
}

// firstTicket sends a mail as a customer does, and opens the link of the answer.
func (i *install) firstTicket() (path string) {
	i.t.Helper()
	const alice = "alice@customer.example"
	if err := i.send(alice, "The lamp flickers"); err != nil {
		i.t.Fatal(err)
	}
	letter := i.sink.letter(i.t, alice)
	_, path, found := strings.Cut(letter.Link(i.t, "/t/"), i.host)
	if !found {
		i.t.Fatalf("the link does not lead to %s: %q", i.host, letter.Links)
	}
	i.shows(path, "The lamp flickers")
	return path
}

// shows holds that a page is there and says something.
func (i *install) shows(path, want string) {
	i.t.Helper()
	if status, body := i.page(path); status != http.StatusOK || !strings.Contains(body, want) {
		i.t.Errorf("%s answers %d, want a page with %q:\n%.1500s", path, status, want, body)
	}
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}
