package mirror_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/test/peers"
)

// An etcd that comes back with another authority is believed as soon as the file says
// so, and not before; a file that is half written takes nothing away.
//
// covers: K02
func TestAuthorityIsReadAgain(t *testing.T) {
	etcd := peers.StartEtcd(t)
	believed := filepath.Join(t.TempDir(), "ca.pem")
	authority := func() []byte {
		pem, err := os.ReadFile(etcd.Authority)
		if err != nil {
			t.Fatal(err)
		}
		return pem
	}
	put := func(pem []byte) {
		if err := os.WriteFile(believed, pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := authority()
	put(first)
	client, err := mirror.Access{Endpoints: []string{etcd.Endpoint}, CA: believed}.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	ask := func(within time.Duration) error {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		_, err := client.Get(ctx, "key")
		return err
	}
	if err := ask(peers.Patience); err != nil {
		t.Fatal(err)
	}

	put([]byte("-----BEGIN CERT")) // half of it
	etcd.Stop()
	etcd.Restart(t)
	if err := ask(peers.Patience); err != nil {
		t.Errorf("with half a file, what was believed is not: %v", err)
	}
	put(first)

	etcd.Stop()
	if err := os.RemoveAll(filepath.Dir(etcd.Authority)); err != nil {
		t.Fatal(err)
	}
	etcd.Restart(t) // makes itself another one
	if err := ask(2 * time.Second); err == nil || !strings.Contains(err.Error(), "unknown authority") && !strings.Contains(err.Error(), "deadline") {
		t.Errorf("an etcd of another authority is asked: %v", err)
	}
	put(authority())
	if err := ask(peers.Patience); err != nil {
		t.Errorf("with its authority it is not: %v", err)
	}
}
