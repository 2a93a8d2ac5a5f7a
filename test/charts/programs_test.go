package charts_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/test/kube"
	"github.com/posterndesk/postern/test/peers"
)

// node stands for a machine of the cluster: it mounts Secrets into a folder, and knows
// which address of it a port of a container is.
type node struct {
	t         *testing.T
	cluster   *kube.Cluster
	namespace string
	root      string // a folder for each kind of pod
	ports     map[string]string
}

// args are those of the first container of a workload, as they are on this node.
func (n *node) args(workload map[string]any) []string {
	n.t.Helper()
	spec := podOf(workload)["spec"].(map[string]any)
	container := spec["containers"].([]any)[0].(map[string]any)
	root := filepath.Join(n.root, text(workload["kind"]))
	mounts := map[string]string{}
	for _, m := range container["volumeMounts"].([]any) {
		mount := m.(map[string]any)
		mounts[text(mount["name"])] = text(mount["mountPath"])
	}
	for _, v := range spec["volumes"].([]any) {
		volume := v.(map[string]any)
		if of, ok := volume["secret"].(map[string]any); ok {
			n.mount(filepath.Join(root, mounts[text(volume["name"])]), text(of["secretName"]))
		}
	}
	var args []string
	for _, a := range container["args"].([]any) {
		arg := strings.Replace(text(a), "=/etc/", "="+root+"/etc/", 1)
		if flag, port, ok := strings.Cut(arg, "=:"); ok {
			arg = flag + "=" + n.ports[port]
		}
		args = append(args, arg)
	}
	return args
}

func (n *node) mount(folder, name string) {
	n.t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		n.t.Fatal(err)
	}
	for key, value := range secret(n.t, n.cluster, n.namespace, name) {
		if err := os.WriteFile(filepath.Join(folder, key), value, 0o440); err != nil {
			n.t.Fatal(err)
		}
	}
}

// TestProgramsRun installs the chart and runs the daemon as its pod would: with these
// flags, this key, these certificates and this limit of memory. The operator's certificate opens its etcd,
// and nothing else does.
//
// covers: K04
func TestProgramsRun(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	namespace := restricted(t, cluster)
	h.run("install", "postern", postern, "-n", namespace, "--set", "crds.enabled=false,hostname=mx.acme.example,smtp.lmtp.enabled=true")
	etcdAddress := freeAddress(t)
	n := &node{t: t, cluster: cluster, namespace: namespace, root: t.TempDir(), ports: map[string]string{
		"2525": "127.0.0.1:0", "2424": "127.0.0.1:0", "8080": "127.0.0.1:0", "9090": "127.0.0.1:0", "2379": etcdAddress, "8081": ":8081", "8443": ":8443",
	}}
	var daemon, operator []string
	for _, o := range decode(t, h.run("get", "manifest", "postern", "-n", namespace)) {
		switch o["kind"] {
		case "StatefulSet":
			daemon = n.args(o)
			t.Setenv("GOMEMLIMIT", environment(podOf(o)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any))["GOMEMLIMIT"])
		case "Deployment":
			operator = n.args(o)
		}
	}
	client := clientFiles{filepath.Join(n.root, "Deployment/etc/postern/etcd")}
	var taken sync.WaitGroup
	taken.Go(func() { client.takeEpoch(t, etcdAddress, "postern-etcd."+namespace+".svc") })
	t.Cleanup(taken.Wait) // ends with the test's context
	desk := peers.StartDesk(t, "", daemon[1:]...)
	out, err := exec.Command(peers.Program(t), "probe", "smtp://"+desk.SMTP, "http://"+desk.HTTP+"/", "http://"+desk.Admin+"/readyz").CombinedOutput()
	if err != nil {
		t.Errorf("the daemon does not answer: %v\n%s", err, out)
	}

	if limit := scraped(t, desk.Admin, "go_gc_gomemlimit_bytes"); limit != "1.610612736e+09" { // 3/4 of 2 GiB
		t.Errorf("it collects garbage by a limit of %s bytes", limit)
	}
	if err := client.ask(t, etcdAddress, "postern-etcd."+namespace+".svc", true); err != nil {
		t.Errorf("the operator is not let in: %v", err)
	}
	if err := client.ask(t, etcdAddress, "postern-etcd."+namespace+".svc", false); err == nil {
		t.Error("somebody without a certificate is let in")
	}

	// It is asked to tell its version, and reads its command line for it.
	out, err = exec.Command("go", append([]string{"run", root + "/operator", "--version"}, operator...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "postern-operator") {
		t.Errorf("the operator does not take its flags %v: %v\n%s", operator, err, out)
	}
}

// clientFiles is a folder with ca.crt, tls.crt and tls.key.
type clientFiles struct{ folder string }

// config lets its owner in, or nobody's, at a server of that name.
func (c clientFiles) config(t *testing.T, shown bool) *tls.Config {
	authority, err := os.ReadFile(filepath.Join(c.folder, "ca.crt"))
	if err != nil {
		t.Error(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(authority)
	if shown {
		own, err := tls.LoadX509KeyPair(filepath.Join(c.folder, "tls.crt"), filepath.Join(c.folder, "tls.key"))
		if err != nil {
			t.Error(err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config
}

// takeEpoch does what an operator of a cluster without accounts does, as soon as etcd
// answers: the daemon waits for it.
func (c clientFiles) takeEpoch(t *testing.T, address, name string) {
	service := grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { // no DNS here knows the Service
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	})
	// As the operator does: it looks for etcd often, as the daemon is built first.
	settings := mirror.ClientConfig([]string{"https://" + name + ":2379"}, c.config(t, true))
	settings.DialOptions = append(settings.DialOptions, service)
	client, err := clientv3.New(settings)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = client.Close() }() // nothing is on its way
	for t.Context().Err() == nil {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		keys := wire.KeysOf("default")
		_, err := client.Txn(ctx).Then(clientv3.OpPut(keys.Epoch(), "1"), clientv3.OpPut(keys.Looked(), "1")).Commit()
		cancel()
		if err == nil {
			return
		}
	}
}

// ask asks etcd how it is, as a server of that name.
func (c clientFiles) ask(t *testing.T, address, name string, shown bool) error {
	t.Helper()
	config := c.config(t, shown)
	// No DNS here knows the Service.
	service := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	etcd := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DialContext: service}}
	defer etcd.CloseIdleConnections()
	response, err := etcd.Get("https://" + name + ":2379/health")
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
