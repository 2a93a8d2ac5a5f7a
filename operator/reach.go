package main

import (
	"context"
	"log/slog"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/mirror"
)

// reaching tells the log why etcd is not reached, whoever leads.
type reaching struct {
	client *clientv3.Client
	access mirror.Access
	log    *slog.Logger
}

// NeedLeaderElection implements [manager.LeaderElectionRunnable].
func (reaching) NeedLeaderElection() bool { return false }

// Start implements [manager.Runnable].
func (r reaching) Start(ctx context.Context) error {
	r.access.TellUnreached(ctx, r.client, r.log)
	return nil
}
