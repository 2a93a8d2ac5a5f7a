package mirror

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
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

// TellUnreached tells the log why etcd is not reached, until it was once or ctx ends:
// errors of requests say only that time ran out, be it that nobody listens or that a
// certificate is not believed.
func (a Access) TellUnreached(ctx context.Context, client *clientv3.Client, log *slog.Logger) {
	said := map[string]string{}
	for {
		asking, cancel := context.WithTimeout(ctx, reachTimeout)
		_, err := client.Get(asking, "-")
		cancel()
		if err == nil || errors.Is(err, rpctypes.ErrPermissionDenied) || ctx.Err() != nil {
			return // who may read only keys of the installation has an answer as well
		}
		for _, endpoint := range a.Endpoints {
			if err := a.try(ctx, endpoint); err != nil && ctx.Err() == nil && said[endpoint] != err.Error() {
				said[endpoint] = err.Error()
				log.WarnContext(ctx, "etcd is not reached", "endpoint", endpoint, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(reachEvery):
		}
	}
}

// Unreached is why endpoints are not reached; nil if all are.
func (a Access) Unreached(ctx context.Context) error {
	var all []error
	for _, endpoint := range a.Endpoints {
		if err := a.try(ctx, endpoint); err != nil {
			all = append(all, fmt.Errorf("%s: %w", endpoint, err))
		}
	}
	return errors.Join(all...)
}

func (a Access) try(ctx context.Context, endpoint string) error {
	secure, err := a.secure()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	return reach(ctx, endpoint, secure, a.wantsTLS())
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
