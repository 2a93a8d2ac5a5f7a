package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/config/mirror"
	"github.com/posterndesk/postern/config/wire"
)

const (
	// maxOperations of a transaction; etcd takes 128 operations and 128 guards, and
	// some of the guards are of the epoch and the account.
	maxOperations = 100
	// maxBytes of a transaction; etcd takes 1.5 MiB with all that is around them. A
	// document of wire.MaxDocument fits.
	maxBytes = 1280 << 10
	// around is what an operation has besides its key and value, at the most.
	around = 64
)

// op is one operation of a transaction.
type op struct {
	key   string
	value []byte // nil deletes
	// document is what value is, of a document that was made of an object or a Secret.
	document *wire.Document
	seen     int64 // revision of the key that it replaces; 0: there was none
	lease    clientv3.LeaseID
	// from is another key that must be as it was seen; "" for none.
	from     string
	fromSeen int64
}

// size is what it adds to a transaction: its key stands in the guard as well.
func (o op) size() int { return 2*len(o.key) + len(o.from) + len(o.value) + around }

func (o op) guards() int {
	if o.from != "" {
		return 2
	}
	return 1
}

// split makes transactions of operations, in their order. With one that takes them
// all there is only one.
func split(ops []op) (chunks [][]op) {
	var chunk []op
	size, guards := 0, 0
	for _, o := range ops {
		if len(chunk) > 0 && (guards+o.guards() > maxOperations || size+o.size() > maxBytes) {
			chunks, chunk, size, guards = append(chunks, chunk), nil, 0, 0
		}
		chunk, size, guards = append(chunk, o), size+o.size(), guards+o.guards()
	}
	if len(chunk) > 0 {
		chunks = append(chunks, chunk)
	}
	return chunks
}

// commit writes all in as few transactions as it takes. Each is fenced, and guarded
// by the account, if that is not "", as it was seen before the first one.
func (s *Store) commit(ctx context.Context, account string, ops []op) error {
	var seen int64
	if account != "" {
		_, seen, _ = s.declared.Get(account)
	}
	for _, chunk := range split(ops) {
		_, guards, err := s.leading()
		if err != nil {
			return err
		}
		if account != "" {
			guards = append(guards, asSeen(account, seen))
		}
		revision, err := s.transaction(ctx, guards, chunk)
		if err != nil {
			return err
		}
		s.took(revision, chunk)
		if i := slices.IndexFunc(chunk, func(o op) bool { return o.key == account }); i >= 0 {
			seen = revision
			if chunk[i].value == nil {
				seen = 0
			}
		}
	}
	return nil
}

// transaction writes one chunk, and returns the revision of that. When no answer
// comes, it reads what has become of it.
func (s *Store) transaction(ctx context.Context, guards []clientv3.Cmp, chunk []op) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var then, look []clientv3.Op
	for _, o := range chunk {
		guards = append(guards, asSeen(o.key, o.seen))
		if o.from != "" {
			guards = append(guards, asSeen(o.from, o.fromSeen))
		}
		if o.value == nil {
			then = append(then, clientv3.OpDelete(o.key))
		} else {
			then = append(then, clientv3.OpPut(o.key, string(o.value), clientv3.WithLease(o.lease)))
		}
		look = append(look, clientv3.OpGet(o.key))
	}
	epoch := clientv3.OpGet(s.o.Keys.Epoch())
	began := time.Now()
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.o.Client.Txn(bounded).If(guards...).Then(then...).Else(epoch).Commit()
	s.seconds.Observe(time.Since(began).Seconds())
	switch {
	case err == nil && r.Succeeded:
		return r.Header.Revision, nil
	case err == nil:
		return 0, s.refused(r.Responses[0].GetResponseRange().Kvs)
	case definite(err):
		return 0, fmt.Errorf("write to etcd: %w", err)
	}
	// It may be in etcd or not, and even the end of ctx does not tell.
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	found, again := s.o.Client.Txn(reading).Then(append(look, epoch)...).Commit()
	if again != nil {
		return 0, fmt.Errorf("write to etcd: what has become of it is not known: %w", errors.Join(err, again))
	}
	if revision, ok := applied(chunk, found); ok {
		return revision, nil
	}
	if fenced := s.refused(found.Responses[len(look)].GetResponseRange().Kvs); errors.Is(fenced, ErrFenced) {
		return 0, fenced
	}
	return 0, fmt.Errorf("write to etcd: %w", err)
}

// definite tells errors after which nothing can have been written.
func definite(err error) bool {
	for _, e := range []error{rpctypes.ErrRequestTooLarge, rpctypes.ErrTooManyOps, rpctypes.ErrPermissionDenied, rpctypes.ErrNoSpace} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// refused tells why the guards did not hold.
func (s *Store) refused(epoch []*mvccpb.KeyValue) error {
	mine, _, err := s.leading()
	if err != nil {
		return err
	}
	if len(epoch) == 1 && string(epoch[0].Value) == strconv.FormatInt(mine, 10) && epoch[0].ModRevision == s.takenAt() {
		return ErrChanged
	}
	s.fence()
	return ErrFenced
}

func (s *Store) takenAt() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// applied tells whether all keys are as a chunk leaves them. What is put is always
// different from what was seen, so that this cannot be by chance.
func applied(chunk []op, found *clientv3.TxnResponse) (revision int64, ok bool) {
	for i, o := range chunk {
		kvs := found.Responses[i].GetResponseRange().Kvs
		switch {
		case o.value == nil && len(kvs) == 0:
		case o.value != nil && len(kvs) == 1 && kvs[0].ModRevision > o.seen && bytes.Equal(kvs[0].Value, o.value):
			revision = kvs[0].ModRevision
		default:
			return 0, false
		}
	}
	if revision == 0 { // only deletions: they are at this revision, whenever they were made
		revision = found.Header.Revision
	}
	return revision, true
}

// took puts in what was written, so that the next look finds it.
func (s *Store) took(revision int64, chunk []op) {
	s.mu.Lock()
	s.own.add(revision)
	for _, o := range chunk {
		delete(s.tainted, o.key)
	}
	s.mu.Unlock()
	for _, o := range chunk {
		operation := "put"
		if o.value == nil {
			operation = "delete"
		}
		s.written.WithLabelValues(operation).Inc()
		m := s.mirrorOf(o.key)
		m.Note(revision, []mirror.Change{{Key: o.key, Value: o.value}})
		// The watch may have been quicker: then its value is the one that is held.
		if value, _, there := m.Get(o.key); there && o.document != nil && bytes.Equal(value, o.value) {
			s.contents.keep(o.key, value, *o.document, true)
		}
		s.update(o.key)
	}
}
