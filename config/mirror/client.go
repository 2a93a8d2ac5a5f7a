package mirror

import (
	"crypto/tls"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

const (
	// connectTimeout bounds one try to connect.
	connectTimeout = 5 * time.Second
	// keepAlive is how long a connection is silent before it is asked whether it is
	// there. etcd takes what asks more often than every 5 s for an attack.
	keepAlive = 10 * time.Second
	// keepAliveTimeout is how long such an answer may take: so a server that vanished
	// without a word is noticed within seconds.
	keepAliveTimeout = 3 * time.Second
	// firstRedial and longestRedial are between two tries to connect. Left alone it
	// would wait for minutes after a long outage.
	firstRedial, longestRedial = 100 * time.Millisecond, 3 * time.Second
)

// ClientConfig is how to speak to an etcd so that mirrors hear of its end and of its
// return within seconds; secure may be nil. A client does not wait for a server.
//
// Connections on which nothing is under way are not kept alive (PermitWithoutStream).
// etcd hangs up at the third time with too_many_pings, after which gRPC asks half as
// often, also on the connections of watches.
func ClientConfig(endpoints []string, secure *tls.Config) clientv3.Config {
	return clientv3.Config{
		Endpoints: endpoints, TLS: secure, DialTimeout: connectTimeout,
		DialKeepAliveTime: keepAlive, DialKeepAliveTimeout: keepAliveTimeout,
		Logger: zap.NewNop(), // errors come back from each call
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: connectTimeout,
			Backoff:           backoff.Config{BaseDelay: firstRedial, Multiplier: 1.6, Jitter: 0.2, MaxDelay: longestRedial},
		})},
	}
}
