package etcd

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.uber.org/zap"
)

// Snapshot saves what it has while it runs, as `etcdctl snapshot save` does, and
// returns the file.
func (s *Server) Snapshot() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), Patience)
	defer cancel()
	from, err := s.Client().Snapshot(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), "snapshot.db")
	file, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.Copy(file, from); err != nil {
		s.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// RestoreSnapshot puts it back to a snapshot, as `etcdutl snapshot restore` does:
// with bump, --bump-revision and --mark-compacted, as is advised where clients watch.
func (s *Server) RestoreSnapshot(file string, bump uint64) {
	s.t.Helper()
	s.Stop()
	if err := os.RemoveAll(s.data()); err != nil {
		s.t.Fatal(err)
	}
	s.token += "+" // a restored cluster is another one
	cfg := s.config()
	err := snapshot.NewV3(zap.NewNop()).Restore(snapshot.RestoreConfig{
		SnapshotPath: file, Name: cfg.Name, OutputDataDir: cfg.Dir, PeerURLs: []string{cfg.AdvertisePeerUrls[0].String()},
		InitialCluster: cfg.InitialCluster, InitialClusterToken: cfg.InitialClusterToken,
		RevisionBump: bump, MarkCompacted: bump > 0,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Start()
}
