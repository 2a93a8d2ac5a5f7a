// Package etcd runs, for tests, a real etcd that can be broken: stopped and
// started, compacted, put back to a backup, or cut off by a proxy. It listens on
// unix sockets in a folder that goes away with its test.
package etcd

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.uber.org/zap"
)

// Patience is how long a test waits for what is under way. It only passes in full
// when something is broken.
const Patience = 30 * time.Second

// Server is an etcd of one member.
type Server struct {
	t       testing.TB
	folder  string
	token   string // of which the identity of the cluster is made
	etcd    *embed.Etcd
	proxies []*Proxy
}

// Start runs one on a new folder, until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	// The folders of tests have names that are too long for a socket.
	folder, err := os.MkdirTemp("", "etcd")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, folder: folder}
	s.Start()
	t.Cleanup(func() {
		s.Stop()
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Socket is the file of the socket that it listens on.
func (s *Server) Socket() string { return filepath.Join(s.folder, "client.sock") }

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// Start runs it again after Stop, on what it had.
func (s *Server) Start() {
	s.t.Helper()
	server, err := embed.StartEtcd(s.config())
	if err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-server.Server.ReadyNotify():
	case <-time.After(Patience):
		server.Close()
		s.t.Fatal("etcd did not start")
	}
	s.etcd = server
}

func (s *Server) config() *embed.Config {
	cfg := embed.NewConfig()
	cfg.Dir = s.data()
	cfg.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	cfg.TickMs, cfg.ElectionMs = 10, 100
	cfg.UnsafeNoFsync = true // no test pulls the plug
	client := url.URL{Scheme: "unix", Path: s.Socket()}
	peer := url.URL{Scheme: "http", Host: "127.0.0.1:0"} // never dialled
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = nil, []url.URL{peer}
	cfg.InitialCluster = cfg.Name + "=" + peer.String()
	cfg.InitialClusterToken = "test" + s.token
	return cfg
}

// Stop ends it; what it has stays.
func (s *Server) Stop() {
	if s.etcd == nil {
		return
	}
	ended := make(chan struct{})
	go func() {
		s.etcd.Close()
		close(ended)
	}()
	// It waits for its connections, and those of a silent proxy never end.
	for {
		for _, p := range s.proxies {
			p.Break()
		}
		select {
		case <-ended:
			s.etcd = nil
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Restart is Stop and Start.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.Start()
}

// Backup copies what it has, and returns the folder of the copy. It is stopped
// for that.
func (s *Server) Backup() string {
	s.t.Helper()
	s.Stop()
	backup := s.t.TempDir()
	s.copy(s.data(), backup)
	s.Start()
	return backup
}

// Restore puts it back to a backup: its revisions go back as well.
func (s *Server) Restore(backup string) {
	s.t.Helper()
	s.Stop()
	if err := os.RemoveAll(s.data()); err != nil {
		s.t.Fatal(err)
	}
	s.copy(backup, s.data())
	s.Start()
}

// Renew puts an empty etcd with another identity in its place.
func (s *Server) Renew() {
	s.t.Helper()
	s.token += "+"
	s.Restore(s.t.TempDir())
}

func (s *Server) copy(from, to string) {
	s.t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		s.t.Fatal(err)
	}
}

// Compact forgets all revisions but the last, with one empty write below "compact"
// so that there is something to forget.
func (s *Server) Compact() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), Patience)
	defer cancel()
	client := s.Client()
	put, err := client.Put(ctx, "compact", "")
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := client.Compact(ctx, put.Header.Revision, clientv3.WithCompactPhysical()); err != nil {
		s.t.Fatal(err)
	}
}

// Client talks to it, until the test ends.
func (s *Server) Client() *clientv3.Client {
	s.t.Helper()
	return dial(s.t, s.Socket())
}

// InProcess talks to it without any socket, until Stop.
func (s *Server) InProcess() *clientv3.Client { return v3client.New(s.etcd.Server) }

func dial(t testing.TB, socket string) *clientv3.Client {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{
		Endpoints:         []string{"unix://" + socket},
		DialKeepAliveTime: 10 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		Logger: zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // it may be closed already
	return client
}

// Eventually polls until it holds, and fails the test with what when it does not
// within Patience.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, Patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
