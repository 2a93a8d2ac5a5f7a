package mirror

import (
	"testing"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcd hangs up on who asks more often than its shortest interval, or while nothing is
// under way; it has no option for the latter.
func TestEtcdPutsUpWithKeepAlive(t *testing.T) {
	cfg := ClientConfig([]string{"127.0.0.1:1"}, nil)
	if least := embed.NewConfig().GRPCKeepAliveMinTime; cfg.DialKeepAliveTime <= least {
		t.Errorf("it asks every %s, and etcd takes no more than every %s", cfg.DialKeepAliveTime, least)
	}
	if cfg.PermitWithoutStream {
		t.Error("it asks on connections on which nothing is under way")
	}
}
