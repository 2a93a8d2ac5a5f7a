// Package mirror keeps a copy of what lies below a prefix of etcd, and tells of
// every change, once, in order, without a gap: through compaction, restarts of
// etcd, servers that fall silent, and a restore from a backup.
package mirror

import (
	"context"
	"log/slog"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Change is what has become of a key.
type Change struct {
	Key      string
	Value    []byte // nil: it was deleted
	Revision int64  // of the change; of a listing for what it misses
}

// Batch is what changed at once: all of a transaction is in one.
type Batch struct {
	// Revision up to which all changes are told with this batch.
	Revision int64
	Changes  []Change
	// Listed says that this is the difference to a full listing.
	Listed bool
}

// Options of a Mirror.
type Options struct {
	Client *clientv3.Client
	Prefix string
	// Progress is how often the server is asked how far the watch is. Default 30 s.
	Progress time.Duration
	// Relist is how often all is listed and compared, whatever the watch says.
	// Default 10 minutes.
	Relist time.Duration
	// See is told of changes, one batch after the other.
	See func(Batch)
	Log *slog.Logger
}

// Mirror follows one prefix.
type Mirror struct{ options Options }

// New makes a mirror that follows nothing yet.
func New(o Options) *Mirror { return &Mirror{options: o} }

// Run follows the prefix until ctx ends.
func (m *Mirror) Run(ctx context.Context) { panic("to be written") }
