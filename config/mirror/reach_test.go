package mirror

import (
	"context"
	"log/slog"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/posterndesk/postern/test/etcd"
)

// An etcd that lets a program read nothing but its own keys is reached: it is not
// asked again, and nothing is said against it.
func TestReachedIsWhoRefuses(t *testing.T) {
	server := etcd.Start(t)
	root, ctx := server.Client(), t.Context()
	for _, step := range []func() error{
		func() error { _, err := root.RoleAdd(ctx, "root"); return err },
		func() error { _, err := root.RoleAdd(ctx, "operator"); return err },
		func() error { _, err := root.UserAdd(ctx, "root", "secret"); return err },
		func() error { _, err := root.UserAdd(ctx, "operator", "secret"); return err },
		func() error { _, err := root.UserGrantRole(ctx, "root", "root"); return err },
		func() error { _, err := root.UserGrantRole(ctx, "operator", "operator"); return err },
		func() error { _, err := root.AuthEnable(ctx); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	endpoint := "unix://" + server.Socket()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, Username: "operator", Password: "secret", Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	waiting, cancel := context.WithTimeout(ctx, etcd.Patience)
	defer cancel()
	Access{Endpoints: []string{endpoint}}.TellUnreached(waiting, client, slog.New(slog.DiscardHandler))
	if waiting.Err() != nil {
		t.Error("it is asked for ever")
	}
}
