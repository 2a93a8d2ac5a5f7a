// Package store keeps in etcd what the daemon is to serve, and knows what lies
// there and what the replicas say.
//
// Only one operator may write: it takes a number, the epoch, and each transaction
// is guarded by that, by the account as it was seen, and by each key as it was
// seen. So a second one, an answer that comes late, or somebody at a command line
// is noticed, and nothing is overwritten that was not looked at.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/config/wire"
)

const (
	// opTimeout bounds one round trip to etcd, far above a healthy commit.
	opTimeout = 5 * time.Second
	// leadPause is between two tries to take the epoch from an etcd that does not answer.
	leadPause = time.Second
)

var (
	// ErrFenced means that another operator writes now. This one must end.
	ErrFenced = errors.New("another operator has taken over")
	// ErrChanged means that something is not as it was seen: look again.
	ErrChanged = errors.New("what lies in etcd has changed in between")
	// ErrNotLeading means that Lead has not returned yet.
	ErrNotLeading = errors.New("this operator does not lead yet")
)

// Options of a Store.
type Options struct {
	Client *clientv3.Client
	Keys   wire.Keys
	// Writer is the version of the operator.
	Writer string
	// AllowMassDelete lets more than half of all help centers vanish at once.
	AllowMassDelete bool
	// Mine tells the accounts that are looked after; nil: all are.
	Mine func(account string) bool
	Log  *slog.Logger
	// Changed is told of accounts to look at. It must not block, and is told of the
	// same account as often as something happens to it.
	Changed func(account string)
}

// Store is safe for concurrent use. It is a collector of metrics as well.
type Store struct {
	*metrics
	o        Options
	declared *mirror.Mirror
	lastGood *mirror.Mirror
	operator *mirror.Mirror
	replicas *mirror.Mirror
	index    *index
	contents *contents
	brake    brake
	timeout  time.Duration // opTimeout, but for tests

	mu     sync.Mutex
	epoch  int64 // 0 while it does not lead
	taken  int64 // revision at which the epoch was taken
	fenced chan struct{}
	turns  map[string]*turn // accounts that are being written
	free   *sync.Cond       // mu: a turn has ended
	own    recent
	// tainted are secrets that somebody else has written, by key, until they are
	// written again: what is sealed cannot be compared.
	tainted map[string]bool
}

// New makes a store that knows nothing until it runs.
func New(o Options) *Store { return newStore(o, 0, 0) }

func newStore(o Options, progress, relist time.Duration) *Store {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Changed == nil {
		o.Changed = func(string) {}
	}
	if o.Mine == nil {
		o.Mine = func(string) bool { return true }
	}
	s := &Store{
		o: o, metrics: newMetrics(), index: newIndex(), contents: newContents(), timeout: opTimeout,
		brake:  brake{allow: o.AllowMassDelete, window: brakeWindow, ruled: map[string]ruling{}},
		fenced: make(chan struct{}), turns: map[string]*turn{}, own: recent{known: map[int64]bool{}}, tainted: map[string]bool{},
	}
	s.free = sync.NewCond(&s.mu)
	follow := func(prefix string, see func(b mirror.Batch, first bool)) *mirror.Mirror {
		first := true
		return mirror.New(mirror.Options{
			Client: o.Client, Prefix: prefix, Progress: progress, Relist: relist, Log: o.Log,
			See: func(b mirror.Batch) { see(b, first); first = false },
		})
	}
	s.declared = follow(o.Keys.Declared(), s.seeDeclared)
	s.lastGood = follow(o.Keys.LastGood(), s.seeLastGood)
	s.operator = follow(o.Keys.Operator(), s.seeOperator)
	s.replicas = follow(o.Keys.Replicas(), s.seeReplicas)
	return s
}

func (s *Store) mirrors() []*mirror.Mirror {
	return []*mirror.Mirror{s.declared, s.lastGood, s.operator, s.replicas}
}

// Run follows etcd until ctx ends (nil) or another operator takes over (ErrFenced).
func (s *Store) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var loops sync.WaitGroup
	defer loops.Wait()
	defer cancel()
	for _, m := range s.mirrors() {
		loops.Go(func() { m.Run(ctx) })
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.fenced:
		return ErrFenced
	}
}

// Synced tells whether all that lies in etcd was listed.
func (s *Store) Synced() bool {
	for _, m := range s.mirrors() {
		if m.Revision() == 0 {
			return false
		}
	}
	return true
}

// Lead takes the next epoch, and waits until all is known that was written before.
// It needs Run. It tries until it has it or ctx ends; ErrFenced if somebody else has
// taken one after it.
func (s *Store) Lead(ctx context.Context) error {
	epoch, revision, err := s.takeEpoch(ctx)
	if err != nil {
		return err
	}
	for _, m := range s.mirrors() {
		if err := m.Await(ctx, revision); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, now, _ := s.operator.Get(s.o.Keys.Epoch()); now != revision {
		s.fenceLocked()
		return ErrFenced
	}
	s.epoch, s.taken = epoch, revision
	return nil
}

func (s *Store) takeEpoch(ctx context.Context) (epoch, revision int64, err error) {
	for {
		epoch, revision, err = s.nextEpoch(ctx)
		switch {
		case err == nil:
			return epoch, revision, nil
		case errors.Is(err, errNoNumber):
			return 0, 0, err
		case errors.Is(err, ErrChanged):
			continue // somebody else was quicker; its number is not ours
		}
		// Whether it was taken is not known, and reading would not tell by whom: the
		// next number is as good.
		s.o.Log.WarnContext(ctx, "the epoch cannot be taken yet", "error", err)
		select {
		case <-ctx.Done():
			return 0, 0, ctx.Err()
		case <-time.After(leadPause):
		}
	}
}

var errNoNumber = errors.New("the epoch in etcd is no number: delete that key if no other operator runs")

func (s *Store) nextEpoch(ctx context.Context) (epoch, revision int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	key := s.o.Keys.Epoch()
	r, err := s.o.Client.Get(ctx, key)
	if err != nil {
		return 0, 0, err
	}
	var last, seen int64
	if len(r.Kvs) > 0 {
		seen = r.Kvs[0].ModRevision
		if last, err = strconv.ParseInt(string(r.Kvs[0].Value), 10, 64); err != nil {
			return 0, 0, fmt.Errorf("%w: %s", errNoNumber, key)
		}
	}
	txn, err := s.o.Client.Txn(ctx).If(asSeen(key, seen)).Then(clientv3.OpPut(key, strconv.FormatInt(last+1, 10))).Commit()
	if err != nil {
		return 0, 0, err
	}
	if !txn.Succeeded {
		return 0, 0, ErrChanged
	}
	return last + 1, txn.Header.Revision, nil
}

// asSeen is the guard that a key is as it was seen; at 0 it was not there.
func asSeen(key string, revision int64) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(key), "=", revision)
}

// fenceLocked says that this operator writes nothing any more.
func (s *Store) fenceLocked() {
	select {
	case <-s.fenced:
	default:
		close(s.fenced)
	}
}

func (s *Store) fence() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fenceLocked()
}

// leading returns the epoch and the guards of all that is written under it.
func (s *Store) leading() (epoch int64, guards []clientv3.Cmp, err error) {
	select {
	case <-s.fenced:
		return 0, nil, ErrFenced
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch == 0 {
		return 0, nil, ErrNotLeading
	}
	key := s.o.Keys.Epoch()
	return s.epoch, []clientv3.Cmp{
		clientv3.Compare(clientv3.Value(key), "=", strconv.FormatInt(s.epoch, 10)),
		asSeen(key, s.taken), // after a restore somebody else may have the same number
	}, nil
}
