// Package embedded runs an etcd server inside the process: the default for one
// machine. It listens on a unix socket in its own folder, which etcdctl can use,
// and on an address only if one is asked for; the daemon itself talks to it
// without any socket.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// DefaultQuota is the size in bytes at which etcd stops to take writes: 8 GiB is
// the most that its documentation recommends.
const DefaultQuota = 8 << 30

const (
	// retention of old revisions. Nothing of ours reads the past, and watches
	// list again after compaction.
	retention = "10m"
	// startTimeout covers the replay of a full log on a slow disk.
	startTimeout = 60 * time.Second
	// snapshotEvery bounds the log that is kept in memory and replayed at
	// start; etcd's own default since 3.6.
	snapshotEvery = 10000
	// catchUp is how many entries of the log stay in memory behind what was applied.
	// They are for followers that are slow, and there are none; etcd's own 5000 would
	// be some 50 MiB of tickets.
	catchUp = 100
)

// ErrInUse means that another process has the folder open.
var ErrInUse = errors.New("another postern is running on this folder")

// Server is a running etcd with one member.
type Server struct {
	etcd   *embed.Etcd
	client *clientv3.Client
	lock   *os.File
	level  zap.AtomicLevel // of etcd's own log
}

// Listen is where others reach the server over the network.
type Listen struct {
	// Address is IP:PORT, or :PORT for all of the machine's; "" for nowhere.
	Address string
	// Cert and Key are files with the server's certificate, CA is one with the
	// authority that client certificates must be of. Without them anybody is let in
	// who reaches the address.
	Cert, Key, CA string
}

// Start opens or creates the data in dir. It returns when the server answers.
func Start(ctx context.Context, dir string) (*Server, error) {
	return start(ctx, dir, DefaultQuota, Listen{})
}

// StartListening is Start with an address for others.
func StartListening(ctx context.Context, dir string, listen Listen) (*Server, error) {
	return start(ctx, dir, DefaultQuota, listen)
}

// StartWithQuota is Start with another size at which writes are refused.
func StartWithQuota(ctx context.Context, dir string, quota int64) (*Server, error) {
	return start(ctx, dir, quota, Listen{})
}

func start(ctx context.Context, dir string, quota int64, listen Listen) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for etcd: %w", err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	level := zap.NewAtomicLevelAt(zap.ErrorLevel)
	etcd, err := embed.StartEtcd(settings(dir, quota, listen, level))
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("start etcd in %s: %w", dir, err)
	}
	s := &Server{etcd: etcd, lock: lock, level: level}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case <-etcd.Server.ReadyNotify():
	case err := <-etcd.Err():
		s.Close()
		return nil, fmt.Errorf("start etcd in %s: %w", dir, err)
	case <-ctx.Done():
		s.Close()
		return nil, fmt.Errorf("start etcd in %s: %w", dir, ctx.Err())
	}
	s.client = v3client.New(etcd.Server)
	return s, nil
}

// Client talks to the server without a socket. It is closed by Close.
func (s *Server) Client() *clientv3.Client { return s.client }

// Failed is closed, or yields the reason, when the server has died under us:
// a failed write of its log is final.
func (s *Server) Failed() <-chan error { return s.etcd.Err() }

// Close stops the server after what was committed is on disk.
func (s *Server) Close() {
	s.level.SetLevel(zap.DPanicLevel) // its listeners report their own end as errors
	if s.client != nil {
		_ = s.client.Close() // closes no socket: there is nothing to go wrong
	}
	s.etcd.Close()
	_ = s.lock.Close()
}

func settings(dir string, quota int64, listen Listen, level zap.AtomicLevel) *embed.Config {
	cfg := embed.NewConfig()
	cfg.Name = "postern"
	cfg.Dir = filepath.Join(dir, "data")
	cfg.QuotaBackendBytes = quota
	cfg.AutoCompactionMode = embed.CompactorModePeriodic
	cfg.AutoCompactionRetention = retention
	cfg.SnapshotCount, cfg.SnapshotCatchUpEntries = snapshotEvery, catchUp
	// One member hears no heartbeat; a short election makes a quick start.
	cfg.TickMs, cfg.ElectionMs = 10, 100

	// A member wants to name its peers' address even when it has none: this
	// name is never resolved, as nobody dials it.
	peer := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	client := url.URL{Scheme: "unix", Path: filepath.Join(dir, "client.sock")}
	cfg.ListenPeerUrls = nil
	cfg.AdvertisePeerUrls = []url.URL{peer}
	cfg.InitialCluster = cfg.Name + "=" + peer.String()
	cfg.ListenClientUrls = []url.URL{client}
	cfg.AdvertiseClientUrls = []url.URL{client}
	listen.apply(cfg)

	logger := zap.New(calm{zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()),
		zapcore.Lock(os.Stderr), level)})
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(logger)
	return cfg
}

func (l Listen) apply(cfg *embed.Config) {
	if l.Address == "" {
		return
	}
	address := url.URL{Scheme: "http", Host: l.Address}
	if strings.HasPrefix(address.Host, ":") {
		address.Host = "0.0.0.0" + address.Host // etcd wants an address, and Go takes this for IPv6 as well
	}
	if l.Cert != "" {
		address.Scheme = "https"
		info := &cfg.ClientTLSInfo
		info.CertFile, info.KeyFile, info.TrustedCAFile, info.ClientCertAuth = l.Cert, l.Key, l.CA, true
	}
	cfg.ListenClientUrls = append(cfg.ListenClientUrls, address)
}

// Addresses are those that it listens on for others.
func (s *Server) Addresses() []net.Addr {
	var all []net.Addr
	for _, l := range s.etcd.Clients {
		if l.Addr().Network() == "tcp" {
			all = append(all, l.Addr())
		}
	}
	return all
}

// calm leaves out one error that is none: on a new folder etcd 3.7.3 looks for
// the version of its storage before anything was written, and looks again later.
type calm struct{ zapcore.Core }

// Check implements [zapcore.Core].
func (c calm) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if e.Message == "failed to update storage version" {
		return ce
	}
	return c.Core.Check(e, ce)
}

// With implements [zapcore.Core].
func (c calm) With(fields []zapcore.Field) zapcore.Core { return calm{c.Core.With(fields)} }

// lockFolder makes a second process fail at once with a clear error, where etcd
// would wait for its file lock without a word.
func lockFolder(dir string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder of etcd: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrInUse, dir)
		}
		return nil, fmt.Errorf("lock folder of etcd: %w", err)
	}
	return lock, nil
}
