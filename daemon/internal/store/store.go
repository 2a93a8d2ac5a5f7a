package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// OpTimeout bounds one round trip to etcd. It is far above a healthy commit
// (milliseconds) and far below the minutes that SMTP clients wait for an
// answer, so that a lost etcd becomes a clear 451.
const OpTimeout = 5 * time.Second

// Store is safe for concurrent use. It belongs to one installation.
type Store struct {
	etcd    *clientv3.Client
	keys    keys
	local   bool
	numbers *numbers
	loops   sync.WaitGroup
	shut    atomic.Bool // nothing may be written: see Admit
	// listeners are the accounts with hooks.
	listeners listeners
	onAudit   func(account string, r *helpdesk.AuditRecord)
}

// Option changes how a Store works.
type Option func(*Store)

// Local says that the client talks to the only member, in this process. What it
// has acknowledged it has applied, so its own state is the truth, and reads need
// not ask the (one) quorum whether it still is. Reads that follow what a watch
// told are not of this kind.
func Local() Option { return func(s *Store) { s.local = true } }

// New uses an open client. The caller closes the client after the Store.
func New(client *clientv3.Client, installation string, options ...Option) (*Store, error) {
	if installation == "" || strings.ContainsAny(installation, "/\x00") {
		return nil, fmt.Errorf("installation name %q must be a plain word", installation)
	}
	s := &Store{etcd: client, keys: keys{root: "/postern/" + installation + "/"}}
	s.listeners.known = map[string]listening{}
	s.numbers = &numbers{store: s, queues: map[string]*queue{}}
	for _, option := range options {
		option(s)
	}
	return s, nil
}

// Close waits for what the Store has under way, and gives back what it took
// ahead. Nothing may be asked of it any more.
func (s *Store) Close() {
	s.loops.Wait()
	s.numbers.giveBack(context.Background())
}

// Ping asks for one linearizable read: nil means that a commit can be expected
// to work, disk space aside.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	_, err := s.etcd.Get(ctx, s.keys.ring(), clientv3.WithKeysOnly())
	return translate(err)
}

// get is one read with the time limit and the errors of this package.
func (s *Store) get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	resp, err := s.etcd.Get(ctx, key, s.reading(opts)...)
	if err != nil {
		return nil, translate(err)
	}
	return resp, nil
}

// reading adds what every read of this store has.
func (s *Store) reading(opts []clientv3.OpOption) []clientv3.OpOption {
	if s.local {
		return append(opts, clientv3.WithSerializable())
	}
	return opts
}

// opGet is a read within a transaction.
func (s *Store) opGet(key string, opts ...clientv3.OpOption) clientv3.Op {
	return clientv3.OpGet(key, s.reading(opts)...)
}

// txn is one transaction with the time limit and the errors of this package.
func (s *Store) txn(ctx context.Context, cmps []clientv3.Cmp, then ...clientv3.Op) (*clientv3.TxnResponse, error) {
	if s.shut.Load() {
		return nil, translate(errShut)
	}
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	resp, err := s.etcd.Txn(ctx).If(cmps...).Then(then...).Commit()
	if err != nil {
		return nil, translate(err)
	}
	return resp, nil
}

// getRecord reads one JSON record; found is false when there is none.
func getRecord[T any](ctx context.Context, s *Store, key string) (record *T, rev int64, err error) {
	resp, err := s.get(ctx, key)
	if err != nil {
		return nil, 0, err
	}
	if len(resp.Kvs) == 0 {
		return nil, 0, nil
	}
	record = new(T)
	if err := json.Unmarshal(resp.Kvs[0].Value, record); err != nil {
		return nil, 0, fmt.Errorf("read record %s: %w", key, err)
	}
	return record, resp.Kvs[0].ModRevision, nil
}

// translate gives etcd's errors the kinds of the domain. Whatever leaves the
// outcome open is Unavailable: the caller may try again, and receipts make
// the second try harmless.
func translate(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rpctypes.ErrRequestTooLarge), errors.Is(err, rpctypes.ErrTooManyOps):
		return helpdesk.Wrap(helpdesk.TooLarge, err)
	case errors.Is(err, context.Canceled):
		return err
	}
	return helpdesk.Wrap(helpdesk.Unavailable, err)
}

// exists and absent are the guards of transactions.
func absent(key string) clientv3.Cmp {
	return clientv3.Compare(clientv3.CreateRevision(key), "=", 0)
}

func unchanged(key string, rev int64) clientv3.Cmp {
	return clientv3.Compare(clientv3.ModRevision(key), "=", rev)
}

// guard wants the record absent when it was never stored, else as it was read.
func guard(key string, rev int64) clientv3.Cmp {
	if rev == 0 {
		return absent(key)
	}
	return unchanged(key, rev)
}
