package live

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/daemon/internal/embedded"
	"github.com/posterndesk/postern/test/peers"
)

// long passes in full only when something is broken.
const long = 20 * time.Second

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(long); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to pass: %s", what)
		}
	}
}

var testKeys = wire.KeysOf("test")

func startEtcd(t testing.TB) *clientv3.Client {
	t.Helper()
	server, err := embedded.Start(t.Context(), filepath.Join(t.TempDir(), "etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server.Client()
}

// newOperator takes an epoch.
func newOperator(t testing.TB, client *clientv3.Client, epoch int64) *peers.Operator {
	t.Helper()
	return peers.NewOperator(t, client, "test", [32]byte{1}, epoch)
}

// follow runs a replica until the test ends or stop is called.
func follow(t testing.TB, client *clientv3.Client, dir string, change ...func(*Declared)) (d *Declared, stop func()) {
	t.Helper()
	d, err := Follow(DeclaredOptions{
		Client: client, Keys: testKeys, Opener: wire.OpenerOf([32]byte{1}), Dir: dir,
		Replica: "replica-1", Version: "test", Addresses: []string{"192.0.2.1"}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(d)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return d, stop
}

func awaitLoaded(t testing.TB, d *Declared) {
	t.Helper()
	select {
	case <-d.Loaded():
	case <-time.After(long):
		t.Fatal("nothing was loaded")
	}
}
