package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
	"github.com/posterndesk/postern/test/etcd"
	"github.com/posterndesk/postern/test/kube"
)

// beOperator makes this test binary the operator: the program under test is a
// process of its own, as it is in a cluster.
const beOperator = "POSTERN_TEST_IS_OPERATOR"

func TestMain(m *testing.M) {
	if os.Getenv(beOperator) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
		stop()
		os.Exit(code)
	}
	kube.Main(m)
}

const installation = "test"

// world is what an operator lives in: an API server, an etcd, accounts.
type world struct {
	t    testing.TB
	kube *kube.Cluster
	etcd *etcd.Server
	db   *clientv3.Client
	keys wire.Keys
	// user is the operator's: who may do what the generated roles say, and no more.
	user     *kube.User
	accounts []string
	patience time.Duration // with what is under way
	program  string        // the operator; "" for this test binary
}

// newWorld makes one with so many accounts.
func newWorld(t testing.TB, accounts int) *world {
	t.Helper()
	w := &world{t: t, kube: kube.Start(t), etcd: etcd.Start(t), keys: wire.KeysOf(installation), patience: patience}
	w.db = w.etcd.Client()
	rules := rulesIn(t, "rbac/accounts.yaml", "")
	for range accounts {
		w.accounts = append(w.accounts, w.kube.Namespace(t))
	}
	w.user = w.kube.User(t, w.accounts[0], rules...)
	for _, a := range w.accounts[1:] {
		w.kube.Allow(t, w.user, a, rules...)
	}
	return w
}

// rulesIn reads the rules of a role in a generated file: of the ClusterRole, or of
// the Role of that namespace.
func rulesIn(t testing.TB, file, namespace string) []rbacv1.PolicyRule {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for one := range bytes.SplitSeq(raw, []byte("---\n")) {
		var role rbacv1.ClusterRole
		if err := yaml.UnmarshalStrict(one, &role); err != nil {
			t.Fatal(err)
		}
		if role.Name != "" && role.Namespace == namespace {
			return role.Rules
		}
	}
	t.Fatalf("%s has no role of namespace %q", file, namespace)
	return nil
}

// operator is a running program.
type operator struct {
	w       *world
	cmd     *exec.Cmd
	metrics string // address
	health  string
	ended   chan struct{}

	mu  sync.Mutex
	log []string
}

// operator starts one that looks after all accounts of the world, as the generated
// roles let it; args come last.
func (w *world) operator(args ...string) *operator {
	w.t.Helper()
	return w.operatorOf(w.accounts, args...)
}

// operatorOf starts one that looks after these accounts, or after all.
func (w *world) operatorOf(accounts []string, args ...string) *operator {
	w.t.Helper()
	o := &operator{w: w, metrics: freeAddress(w.t), health: freeAddress(w.t), ended: make(chan struct{})}
	args = append([]string{
		"--etcd", "unix://" + w.etcd.Socket(), "--installation", installation, "--kubeconfig", w.user.Kubeconfig,
		"--metrics", o.metrics, "--health", o.health,
	}, args...)
	if len(accounts) > 0 {
		args = append(args, "--watch-namespaces", strings.Join(accounts, ","))
	}
	o.cmd = exec.Command(cmp.Or(w.program, os.Args[0]), args...)
	o.cmd.Env = append(os.Environ(), beOperator+"=1")
	out, err := o.cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := o.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go o.read(out)
	w.t.Cleanup(func() {
		_ = o.cmd.Process.Kill() // it may have ended
		<-o.ended
		if w.t.Failed() {
			w.t.Logf("the operator's log:\n%s", o.logged())
		}
	})
	return o
}

// freeAddress is one that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (o *operator) read(from io.Reader) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		o.mu.Lock()
		o.log = append(o.log, lines.Text())
		o.mu.Unlock()
	}
	_ = o.cmd.Wait() // the status is looked at by who waits for it
	close(o.ended)
}

func (o *operator) logged() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.log, "\n")
}

// stop tells it to end and returns how it ended.
func (o *operator) stop() int {
	o.w.t.Helper()
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		o.w.t.Fatal(err)
	}
	return o.wait()
}

// wait returns how it ended.
func (o *operator) wait() int {
	o.w.t.Helper()
	select {
	case <-o.ended:
		return o.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		o.w.t.Fatal("the operator does not end")
		return -1
	}
}

// counted is the sum of a metric over all its labels that have these among them,
// each written name="value".
func (o *operator) counted(metric string, labels ...string) (sum float64) {
	o.w.t.Helper()
	body, err := get("http://" + o.metrics + "/metrics")
	if err != nil {
		o.w.t.Fatal(err)
	}
	for line := range bytes.Lines(body) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		of, having, _ := strings.Cut(name, "{")
		if of != metric || slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(having, l) }) {
			continue
		}
		var v float64
		if _, err := fmt.Sscan(value, &v); err == nil {
			sum += v
		}
	}
	return sum
}

func get(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s %s", url, resp.Status, body)
	}
	return body, err
}

// patience is how long a test waits for what is under way.
const patience = 90 * time.Second

// eventually polls until check has nothing to say.
func (w *world) eventually(check func() error) {
	w.t.Helper()
	for deadline := time.Now().Add(w.patience); ; {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("not within %s: %v", w.patience, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// condition says what is different about a condition; "" for any reason.
func condition(conditions []metav1.Condition, kind string, status metav1.ConditionStatus, reason string) error {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil || c.Status != status || reason != "" && c.Reason != reason {
		return fmt.Errorf("%s is %+v; want %s/%s", kind, c, status, reason)
	}
	return nil
}

// until waits until an object's condition is as wanted for its current generation.
func (w *world) until(o client.Object, kind string, status metav1.ConditionStatus, reason string) {
	w.t.Helper()
	w.eventually(func() error {
		w.read(o)
		conditions, observed := statusOf(o)
		if observed != o.GetGeneration() {
			return fmt.Errorf("%T %s: status is about generation %d, not %d", o, o.GetName(), observed, o.GetGeneration())
		}
		if err := condition(conditions, kind, status, reason); err != nil {
			return fmt.Errorf("%T %s: %w", o, o.GetName(), err)
		}
		return nil
	})
}

func statusOf(o client.Object) ([]metav1.Condition, int64) {
	switch o := o.(type) {
	case *v1alpha1.HelpCenter:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.TicketForm:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.Mailbox:
		return o.Status.Conditions, o.Status.ObservedGeneration
	default:
		panic(fmt.Sprintf("%T has no conditions", o))
	}
}

// read reads an object anew.
func (w *world) read(o client.Object) {
	w.t.Helper()
	if err := w.kube.Client.Get(w.t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		w.t.Fatal(err)
	}
}

// create makes objects.
func (w *world) create(objects ...client.Object) {
	w.t.Helper()
	for _, o := range objects {
		if err := w.kube.Client.Create(w.t.Context(), o); err != nil {
			w.t.Fatalf("create %T %s: %v", o, o.GetName(), err)
		}
	}
}

func (w *world) remove(objects ...client.Object) {
	w.t.Helper()
	for _, o := range objects {
		if err := w.kube.Client.Delete(w.t.Context(), o); err != nil {
			w.t.Fatalf("delete %T %s: %v", o, o.GetName(), err)
		}
	}
}

// edit changes an object.
func (w *world) edit(o client.Object, change func()) {
	w.t.Helper()
	w.eventually(func() error {
		w.read(o)
		change()
		return w.kube.Client.Update(w.t.Context(), o)
	})
}

// touch asks for a look at an object and its Secrets.
func (w *world) touch(o client.Object) {
	w.t.Helper()
	w.edit(o, func() {
		o.SetAnnotations(map[string]string{"postern.dev/reconcile-at": time.Now().Format(time.RFC3339Nano)})
	})
}

// stored is what lies in etcd under a key; ok is false if nothing does.
func stored[T wire.Account | wire.Document | wire.Claim | wire.Loaded](w *world, key string) (value T, ok bool) {
	w.t.Helper()
	resp, err := w.db.Get(w.t.Context(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(resp.Kvs) == 0 {
		return value, false
	}
	if err := json.Unmarshal(resp.Kvs[0].Value, &value); err != nil {
		w.t.Fatalf("%s: %v", key, err)
	}
	return value, true
}

// revision is that of etcd.
func (w *world) revision() int64 {
	w.t.Helper()
	resp, err := w.db.Get(w.t.Context(), "nothing")
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.Header.Revision
}
