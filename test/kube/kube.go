// Package kube runs a real Kubernetes API server with our kinds, for tests: the
// programs that hack/kube builds, or those in the folder KUBEBUILDER_ASSETS. No
// controller of Kubernetes runs beside it, so nothing is collected after its owner
// and a namespace never goes away: each test takes one of its own.
package kube

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// Cluster is a running API server.
type Cluster struct {
	// Config is that of an administrator, without a limit on requests.
	Config *rest.Config
	// Scheme has the kinds of Kubernetes and ours.
	Scheme *runtime.Scheme
	// Client is the administrator's. It has no cache.
	Client client.Client
	// Kubeconfig is the administrator's file for programs.
	Kubeconfig string

	killed bool   // the API server, by a test
	folder string // of everything that this cluster writes
	assets string
	env    *envtest.Environment
}

// shared is the one cluster of this test binary.
var shared struct {
	sync.Mutex
	tried   bool
	main    bool // whether Main will end it
	cluster *Cluster
	err     error
}

// Main runs the tests of a package, does what else is to be done at the end, and ends
// the cluster that they started:
//
//	func TestMain(m *testing.M) { kube.Main(m) }
func Main(m *testing.M, end ...func()) {
	shared.main = true
	status := m.Run()
	for _, do := range end {
		do()
	}
	if shared.cluster != nil {
		if err := shared.cluster.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "kube: stop the API server:", err)
			status = max(status, 1)
		}
	}
	os.Exit(status)
}

// Start returns the cluster that all tests of a package share, and starts it for
// the first of them. The TestMain of the package has to call [Main].
func Start(t testing.TB) *Cluster {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if !shared.main {
		t.Fatal("kube: nobody would end the API server: let TestMain call kube.Main")
	}
	if !shared.tried {
		shared.tried = true
		shared.cluster, shared.err = start()
	}
	if shared.err != nil {
		t.Fatalf("kube: there is no API server to test with: %v", shared.err)
	}
	return shared.cluster
}

func start() (_ *Cluster, err error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	assets, err := findAssets(root)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "postern-kube-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, assets: assets, Scheme: runtime.NewScheme()}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	if err := errors.Join(clientgoscheme.AddToScheme(c.Scheme), apiextensionsv1.AddToScheme(c.Scheme), v1alpha1.AddToScheme(c.Scheme)); err != nil {
		return nil, err
	}
	if c.env, err = environment(folder, assets, filepath.Join(root, "crds")); err != nil {
		return nil, err
	}
	if c.Config, err = c.env.Start(); err != nil {
		return nil, err
	}
	c.Config.QPS = -1
	if c.Client, err = client.New(c.Config, client.Options{Scheme: c.Scheme}); err != nil {
		return nil, err
	}
	admin, err := c.env.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return nil, err
	}
	c.Kubeconfig, err = c.writeKubeconfig("admin", admin)
	return c, err
}

func environment(folder, assets, crds string) (*envtest.Environment, error) {
	server, err := boundToUs(folder, filepath.Join(assets, "kube-apiserver"))
	if err != nil {
		return nil, err
	}
	etcd, err := boundToUs(folder, filepath.Join(assets, "etcd"))
	if err != nil {
		return nil, err
	}
	data, certs := filepath.Join(folder, "data"), filepath.Join(folder, "certs")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(certs, 0o700)); err != nil {
		return nil, err
	}
	return &envtest.Environment{
		BinaryAssetsDirectory: assets,
		ControlPlane: envtest.ControlPlane{
			APIServer: &envtest.APIServer{Path: server, CertDir: certs},
			Etcd:      &envtest.Etcd{Path: etcd, DataDir: data},
		},
		CRDInstallOptions:        envtest.CRDInstallOptions{Paths: []string{crds}, ErrorIfPathMissing: true},
		ControlPlaneStartTimeout: startTimeout,
		ControlPlaneStopTimeout:  stopTimeout,
	}, nil
}

func (c *Cluster) stop() error {
	var err error
	if c.env != nil {
		err = c.env.Stop()
	}
	return errors.Join(err, os.RemoveAll(c.folder))
}

// KillServer ends the API server at once, and StartServer starts it again with what
// it had, at the same address: at the latest when the test ends.
func (c *Cluster) KillServer(t testing.TB) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.folder, "kube-apiserver.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill the API server: %v", err)
	}
	c.killed = true
	t.Cleanup(func() { c.StartServer(t) })
	for deadline := time.Now().Add(stopTimeout); ; time.Sleep(10 * time.Millisecond) {
		err := c.env.ControlPlane.GetAPIServer().Stop() // fails while it is not known yet that it has ended
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the API server does not end: %v", err)
		}
	}
}

// StartServer starts the API server again, if it was killed.
func (c *Cluster) StartServer(t testing.TB) {
	t.Helper()
	if !c.killed {
		return
	}
	if err := c.env.ControlPlane.GetAPIServer().Start(); err != nil {
		t.Fatalf("start the API server again: %v", err)
	}
	c.killed = false
}
