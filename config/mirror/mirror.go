// Package mirror keeps a copy of what lies below a prefix of etcd, and tells of
// every change, once, in order, without a gap: through compaction, restarts of
// etcd, servers that fall silent, and a restore from a backup.
//
// These rules make it so:
//
//   - All is listed at one revision, and watched from the next one on.
//   - How far it has come is known only by what the watch has delivered: by its last
//     event, or by an answer about progress. While a watch catches up, the header of
//     each response already names the newest revision, of which most is still to come.
//   - Progress is asked for, so that a quiet prefix is not left behind by compaction.
//   - A watch that breaks, or that is silent for long, is opened anew from there; one
//     that begins before what etcd still knows lists again.
//   - A server without a leader ends the watch.
//   - A store that went back to a backup has no events for a watch that waits for a
//     revision of the future, so its revision is looked at as well. If it has come past
//     that by then, its past is another one: on each new connection, what is held is
//     compared with what the store says of that revision.
//   - Now and then all is listed and compared whatever the watch says.
//
// A listing is told as the difference to what was there before.
package mirror

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
)

const (
	// DefaultProgress keeps a quiet prefix far ahead of any compaction, which etcd
	// does every few minutes at most.
	DefaultProgress = 30 * time.Second
	// DefaultRelist is how long something can be wrong that a watch missed. A
	// listing of a thousand keys takes milliseconds.
	DefaultRelist = 10 * time.Minute
	// PageKeys is how many keys are read at once. Most values have a few KiB.
	PageKeys = 500

	// askTimeout bounds a question with a short answer: far above a healthy one
	// (milliseconds), and short enough to find out that a server is gone.
	askTimeout = 5 * time.Second
	// pageTimeout bounds the reading of a page, which may have hundreds of MiB at the very most.
	pageTimeout = 60 * time.Second
	// silences is for how many intervals of progress a watch may say nothing:
	// servers leave an answer out while they catch up.
	silences = 3
	// firstPause and longestPause between two tries.
	firstPause, longestPause = 100 * time.Millisecond, 30 * time.Second
	// healthy is how long a try must have gone well for the next pause to be short.
	healthy = time.Minute
	// hurry is how often a watch is asked for its progress while somebody waits.
	hurry = 20 * time.Millisecond
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
	// Listed says that this is the difference to a full listing. The first one is
	// told even if there is nothing.
	Listed bool
}

// Options of a Mirror.
type Options struct {
	// Client is made by ClientConfig, so that a dead connection is given up.
	Client *clientv3.Client
	Prefix string
	// Progress is how often the server is asked how far the watch is. Default
	// DefaultProgress.
	Progress time.Duration
	// Relist is how often all is listed and compared, give or take a tenth. Default
	// DefaultRelist.
	Relist time.Duration
	// See is told of changes, one batch after the other; nil for nobody. What it is
	// told is in the mirror already. It may ask the mirror, but must not Await.
	See func(Batch)
	Log *slog.Logger
}

// Mirror follows one prefix. It is safe for concurrent use.
type Mirror struct {
	o    Options
	held *held
	poke chan struct{} // somebody waits for progress
	// stream is the name of its stream, other than those of all others.
	stream string

	// What only Run touches:
	listed  bool      // and etcd still knows all that came since
	back    bool      // the store was put back, so that what is held may never have been
	cluster uint64    // the identity of the etcd, which a restore may change
	relist  time.Time // when to list again

	// PageKeys and askTimeout, but for tests.
	page       int64
	askTimeout time.Duration
}

// streams numbers the streams of all mirrors, which may share a client.
var streams atomic.Int64

// New makes a mirror that follows nothing yet.
func New(o Options) *Mirror {
	if o.Progress <= 0 {
		o.Progress = DefaultProgress
	}
	if o.Relist <= 0 {
		o.Relist = DefaultRelist
	}
	if o.See == nil {
		o.See = func(Batch) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Log = o.Log.With("prefix", o.Prefix)
	stream := strconv.FormatInt(streams.Add(1), 10)
	return &Mirror{o: o, held: newHeld(), stream: stream, poke: make(chan struct{}, 1), page: PageKeys, askTimeout: askTimeout}
}

// Run follows the prefix until ctx ends. What is held stays when it does.
func (m *Mirror) Run(ctx context.Context) {
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		err := m.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > healthy {
			try = 0
		}
		pause := pause(try)
		m.o.Log.WarnContext(ctx, "etcd is not followed, and will be again", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// pause is how long to wait after a number of tries that went wrong. Chance keeps
// many from coming back at the same moment.
func pause(tries int) time.Duration {
	d := longestPause
	if tries < 16 {
		d = min(firstPause<<tries, longestPause)
	}
	return d/2 + rand.N(d/2+1)
}

var (
	errSilent = errors.New("the watch is silent")
	errClosed = errors.New("the watch has ended")
	errBack   = errors.New("the store was put back to a backup")
	errLost   = errors.New("the connection was lost")
)

// follow lists if it must, and watches until that goes wrong.
func (m *Mirror) follow(ctx context.Context) error {
	// A stream of its own: etcd tells no progress on one on which any watch waits for
	// a revision that is still to come.
	ctx = metadata.AppendToOutgoingContext(clientv3.WithRequireLeader(ctx), "mirror", m.stream)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if _, err := m.look(ctx); err != nil && !errors.Is(err, errBack) {
		return err
	}
	lost := m.lost(ctx)
	if err := m.compare(ctx); errors.Is(err, errBack) || errors.Is(err, rpctypes.ErrCompacted) {
		m.o.Log.WarnContext(ctx, "etcd has another past than what is held, or none so far back: all is listed", "error", err)
	} else if err != nil {
		return err
	}
	if !m.listed || !time.Now().Before(m.relist) {
		if err := m.list(ctx); err != nil {
			return err
		}
	}
	// Watch returns only when the server has answered, which one that is silent never does.
	late := time.AfterFunc(m.askTimeout, cancel)
	watch := m.o.Client.Watch(ctx, m.o.Prefix, clientv3.WithPrefix(), clientv3.WithRev(m.held.reached()+1))
	if !late.Stop() {
		return errSilent
	}
	return m.listen(ctx, watch, lost)
}

// listen takes in what the watch says, until something goes wrong.
func (m *Mirror) listen(ctx context.Context, watch clientv3.WatchChan, lost <-chan struct{}) error {
	tick := time.NewTicker(m.o.Progress)
	defer tick.Stop()
	relist := time.NewTimer(time.Until(m.relist))
	defer relist.Stop()
	for heard := time.Now(); ; {
		var err error
		select {
		case r, ok := <-watch:
			heard = time.Now()
			err = m.hear(r, ok)
		case <-tick.C:
			if time.Since(heard) > silences*m.o.Progress {
				return errSilent
			}
			var revision int64
			if revision, err = m.look(ctx); err == nil && revision > m.held.reached() {
				err = m.ask(ctx)
			} else {
				heard = time.Now() // there is nothing to be told
			}
		case <-lost:
			err = errLost // the client would go on by itself, whatever it meets there
		case <-m.poke:
			err = m.ask(ctx)
		case <-relist.C:
			err = m.list(ctx)
			relist.Reset(time.Until(m.relist))
		}
		if err != nil {
			return err
		}
	}
}

// hear takes in what the watch has said.
func (m *Mirror) hear(r clientv3.WatchResponse, ok bool) error {
	switch {
	case !ok:
		return errClosed
	case r.CompactRevision != 0 || errors.Is(r.Err(), rpctypes.ErrCompacted):
		m.listed = false
		return rpctypes.ErrCompacted
	case r.Err() != nil:
		return r.Err()
	case m.another(r.Header.ClusterId):
		return m.wentBack()
	case len(r.Events) > 0:
		last := r.Events[len(r.Events)-1].Kv.ModRevision
		if changes := m.held.hear(r.Events); len(changes) > 0 {
			m.o.See(Batch{Revision: last, Changes: changes})
		}
		m.held.reach(last)
	case r.IsProgressNotify() && r.Header.Revision < m.held.reached():
		return m.wentBack()
	case r.IsProgressNotify():
		m.held.reach(r.Header.Revision)
	}
	return nil
}

// look returns the revision of the store; errBack says that it is another one than
// that which is held, and that all must be listed.
func (m *Mirror) look(ctx context.Context) (revision int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, m.askTimeout)
	defer cancel()
	r, err := m.o.Client.Get(ctx, m.o.Prefix, clientv3.WithCountOnly())
	if err != nil {
		return 0, err
	}
	if m.another(r.Header.ClusterId) || r.Header.Revision < m.held.reached() {
		return 0, m.wentBack()
	}
	return r.Header.Revision, nil
}

// lost is closed when the connection is not there any more; never for an etcd in the
// same process.
func (m *Mirror) lost(ctx context.Context) <-chan struct{} {
	lost := make(chan struct{})
	if conn := m.o.Client.ActiveConnection(); conn != nil {
		go func() {
			if conn.WaitForStateChange(ctx, connectivity.Ready) {
				close(lost)
			}
		}()
	}
	return lost
}

// compare tells whether the store has the same past as what is held: as many keys,
// and the same one written last. Nothing else of an etcd gives away that it was
// restored from a copy of its folder.
func (m *Mirror) compare(ctx context.Context) error {
	here, ok := m.held.summary()
	if !ok || !m.listed {
		m.listed = false // all is listed instead
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	r, err := m.o.Client.Get(ctx, m.o.Prefix, clientv3.WithPrefix(), clientv3.WithRev(here.revision),
		clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortDescend), clientv3.WithLimit(1))
	switch {
	case errors.Is(err, rpctypes.ErrCompacted):
		m.listed = false
		return err
	case errors.Is(err, rpctypes.ErrFutureRev):
		return m.wentBack()
	case err != nil:
		return err
	}
	there := summary{revision: here.revision, keys: int(r.Count)}
	if len(r.Kvs) > 0 {
		there.last, there.written, there.value = string(r.Kvs[0].Key), r.Kvs[0].ModRevision, string(r.Kvs[0].Value)
	}
	// A transaction writes several keys at one revision, and any of them may be told as the last.
	if i, ok := m.held.get(there.last); ok && i.revision == there.written {
		here.last, here.value = there.last, string(i.value)
	}
	if here != there {
		return m.wentBack()
	}
	return nil
}

func (m *Mirror) wentBack() error {
	m.listed, m.back = false, true
	return errBack
}

// another tells whether an answer is of another etcd than the one before: a restore
// from a snapshot makes a new one.
func (m *Mirror) another(cluster uint64) bool {
	known := m.cluster
	m.cluster = cluster
	return known != 0 && known != cluster
}

// ask asks the watch how far it is. The context has to be that of the watch: each
// has a stream of its own.
func (m *Mirror) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, m.askTimeout)
	defer cancel()
	return m.o.Client.RequestProgress(ctx)
}
