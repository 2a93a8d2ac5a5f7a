// Package e2e tries what a platform team does: manifests go to a real API server,
// the operator and two daemons run as programs, and customers look at pages.
package e2e

import (
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/test/kube"
	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) { kube.Main(m, peers.RemovePrograms) }

// world is a cluster with one account, an etcd, an operator and daemons.
type world struct {
	kube     *kube.Cluster
	etcd     *peers.Etcd
	account  string
	operator *peers.Process
	api      *gate // on the operator's way to the API server
	desks    []*peers.Desk
	flags    []string
	files    string // folder for what is written on the way
}

// newWorld starts everything.
func newWorld(t testing.TB, daemons int) *world {
	t.Helper()
	w := &world{kube: kube.Start(t), etcd: peers.StartEtcd(t), files: t.TempDir()}
	w.account = w.kube.Namespace(t)
	var shared [32]byte
	_, _ = rand.Read(shared[:]) // never fails since Go 1.24
	key := w.file(t, "key", string(shared[:]))
	w.flags = []string{"--etcd", w.etcd.Endpoint, "--etcd-ca", w.etcd.Authority}
	serve := append([]string{"--declared", "etcd", "--key-file", key, "--trusted-relay", "127.0.0.1", "--relay", fmt.Sprintf("127.0.0.1:%d", peers.StartSink(t))}, w.flags...)
	w.startOperator(t)
	// A daemon serves nothing before it has its first configuration.
	var starting sync.WaitGroup
	w.desks = make([]*peers.Desk, daemons)
	for i := range daemons {
		starting.Go(func() { w.desks[i] = peers.StartDesk(t, "", serve...) })
	}
	starting.Wait()
	return w
}

// startOperator lets it look after the account of this world alone.
func (w *world) startOperator(t testing.TB) {
	t.Helper()
	kubeconfig, api := w.throughGate(t)
	w.api = api
	args := append([]string{
		"--kubeconfig", kubeconfig, "--watch-namespaces", w.account, "--metrics", "off", "--health", "off",
	}, w.flags...)
	w.operator = peers.Start(t, exec.Command(peers.OperatorProgram(t), args...))
}

func (w *world) file(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(w.files, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// apply hands manifests to kubectl and returns what it says.
func (w *world) apply(t testing.TB, manifests string) string {
	t.Helper()
	out, told, err := w.kube.TryKubectl(t, manifests, "apply", "-n", w.account, "-f", "-")
	if err != nil {
		t.Fatalf("kubectl apply: %v\n%s%s", err, out, told)
	}
	return out
}

func (w *world) kubectl(t testing.TB, args ...string) string {
	t.Helper()
	return strings.TrimSpace(w.kube.Kubectl(t, append([]string{"-n", w.account}, args...)...))
}

// ready waits as people do.
func (w *world) ready(t testing.TB, objects ...string) {
	t.Helper()
	w.kubectl(t, append([]string{"wait", "--for=condition=Ready", "--timeout=60s"}, objects...)...)
}

// condition is what kubectl tells of one.
func (w *world) condition(t testing.TB, object, kind string) string {
	t.Helper()
	return w.kubectl(t, "get", object, "-o", fmt.Sprintf(`jsonpath={.status.conditions[?(@.type=="%s")].status}/{.status.conditions[?(@.type=="%s")].reason}`, kind, kind))
}

// page is what a customer sees of a replica.
func page(t testing.TB, d *peers.Desk, host, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+d.HTTP+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw)
}

// gate lets connections through to an address, until it is shut.
type gate struct {
	listener net.Listener
	mu       sync.Mutex
	shut     bool
	open     map[net.Conn]bool
}

// throughGate writes a kubeconfig that leads to the API server through a gate.
func (w *world) throughGate(t testing.TB) (kubeconfig string, g *gate) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g = &gate{listener: listener, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = listener.Close(); g.Shut() })
	server := strings.Trim(strings.TrimPrefix(w.kube.Config.Host, "https://"), "/")
	go g.serve(server)
	raw, err := os.ReadFile(w.kube.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), server) {
		t.Fatalf("the kubeconfig does not name %s", server)
	}
	return w.file(t, "kubeconfig", strings.ReplaceAll(string(raw), server, listener.Addr().String())), g
}

func (g *gate) serve(to string) {
	for {
		from, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.mu.Lock()
		shut := g.shut
		g.mu.Unlock()
		behind, err := net.Dial("tcp", to)
		if err != nil || shut {
			_ = from.Close()
			continue
		}
		g.join(from, behind)
	}
}

func (g *gate) join(a, b net.Conn) {
	g.mu.Lock()
	g.open[a], g.open[b] = true, true
	g.mu.Unlock()
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // ends when either side does
		_, _ = to.Close(), from.Close()
	}
	go pipe(a, b)
	go pipe(b, a)
}

// Shut ends all connections and lets none through.
func (g *gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
	for c := range g.open {
		_ = c.Close()
	}
	clear(g.open)
}

// Open lets connections through again.
func (g *gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = false
}
