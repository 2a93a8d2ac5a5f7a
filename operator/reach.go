package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// reachEvery is how often it is looked whether etcd was reached, at the start.
	reachEvery = 5 * time.Second
	// reachTimeout bounds each look.
	reachTimeout = 5 * time.Second
	// refusal is how long a server is listened to for a word that it lets nobody in:
	// a certificate is refused after the handshake (TLS 1.3).
	refusal = time.Second
)

// reaching tells the log why etcd is not reached, until it was once: errors of
// requests say only that time ran out, be it that nobody listens or that a
// certificate is not believed.
type reaching struct {
	client  *clientv3.Client
	options etcdOptions
	log     *slog.Logger
}

// NeedLeaderElection implements [manager.LeaderElectionRunnable].
func (reaching) NeedLeaderElection() bool { return false }

// Start implements [manager.Runnable].
func (r reaching) Start(ctx context.Context) error {
	secure, err := etcdTLS(r.options)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for {
		asking, cancel := context.WithTimeout(ctx, reachTimeout)
		_, err := r.client.Get(asking, "-")
		cancel()
		if err == nil || errors.Is(err, rpctypes.ErrPermissionDenied) || ctx.Err() != nil {
			return nil // who may read only keys of the installation has an answer as well
		}
		for _, endpoint := range r.options.endpoints {
			err := reach(ctx, endpoint, secure, r.options.ca != "" || r.options.cert != "")
			if err != nil && ctx.Err() == nil && said[endpoint] != err.Error() {
				said[endpoint] = err.Error()
				r.log.WarnContext(ctx, "etcd is not reached", "endpoint", endpoint, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(reachEvery):
		}
	}
}

// reach connects to an endpoint, with TLS if it must be or the endpoint says so, and
// listens whether it hangs up.
func reach(ctx context.Context, endpoint string, secure *tls.Config, must bool) error {
	network, address := "tcp", endpoint
	scheme, rest, found := strings.Cut(endpoint, "://")
	if found {
		address = rest
	}
	if strings.HasPrefix(scheme, "unix") {
		network = "unix"
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	var conn net.Conn
	var err error
	if !must && scheme != "https" {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
	} else {
		// As gRPC does, whose requests are of HTTP/2: else the server hangs up.
		cfg := secure.Clone()
		cfg.NextProtos = []string{"h2"}
		conn, err = (&tls.Dialer{Config: cfg}).DialContext(ctx, network, address)
	}
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // nothing was written
	if err := conn.SetReadDeadline(time.Now().Add(refusal)); err != nil {
		return err
	}
	if _, err = conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
