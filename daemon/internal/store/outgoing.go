package store

import (
	"context"
	"encoding/json"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Outgoing is a delivery of an account, among others that are read or written
// together. Err is what came of it.
type Outgoing struct {
	Account  string
	Delivery *helpdesk.Delivery
	Err      error
}

// ReadOutgoing reads deliveries, in the order in which they are asked for. Err of
// one that is not there is NotFound. They are linearizable reads as [Store.Delivery]
// is, and share round trips.
func (s *Store) ReadOutgoing(ctx context.Context, pending []Pending) []*Outgoing {
	out := make([]*Outgoing, len(pending))
	for i, p := range pending {
		out[i] = &Outgoing{Account: p.Account}
	}
	for from := 0; from < len(pending); from += MaxOps {
		to := min(from+MaxOps, len(pending))
		s.readOutgoing(ctx, pending[from:to], out[from:to])
	}
	return out
}

func (s *Store) readOutgoing(ctx context.Context, pending []Pending, out []*Outgoing) {
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	ops := make([]clientv3.Op, len(pending))
	for i, p := range pending {
		ops[i] = clientv3.OpGet(s.keys.account(p.Account).delivery(p.Ticket, p.ID))
	}
	resp, err := s.etcd.Txn(ctx).Then(ops...).Commit()
	for i, o := range out {
		if err != nil {
			o.Err = fmt.Errorf("read delivery: %w", translate(err))
			continue
		}
		found := kvs(resp, i)
		if len(found) == 0 {
			o.Err = helpdesk.Errorf(helpdesk.NotFound, "there is no such delivery")
			continue
		}
		d := &helpdesk.Delivery{}
		if err := json.Unmarshal(found[0].Value, d); err != nil {
			o.Err = fmt.Errorf("read delivery: %w", err)
			continue
		}
		d.Rev, o.Delivery = found[0].ModRevision, d
	}
}

// SaveDelivery writes one delivery as [Store.SaveOutgoing] does.
func (s *Store) SaveDelivery(ctx context.Context, account string, d *helpdesk.Delivery) error {
	one := Outgoing{Account: account, Delivery: d}
	s.SaveOutgoing(ctx, []*Outgoing{&one})
	return one.Err
}

// maxSaveBytes of records go into one transaction: far below the 1.5 MiB that
// etcd takes, whatever other servers had to say.
const maxSaveBytes = 1 << 20

// SaveOutgoing writes each delivery that still is as it was read, and moves it
// along or out of the outbox; its Rev is the new revision then. Err of one that
// somebody changed first is Conflict, and the others are written all the same. As
// many share a transaction as it can hold.
func (s *Store) SaveOutgoing(ctx context.Context, all []*Outgoing) {
	var part []saving
	ops, size := 0, 0
	for _, o := range all {
		one := s.saving(o)
		if o.Err = one.err; o.Err != nil {
			continue
		}
		if ops+len(one.ops) > MaxOps || size+one.size() > maxSaveBytes {
			s.saveTogether(ctx, part)
			part, ops, size = nil, 0, 0
		}
		part, ops, size = append(part, one), ops+len(one.ops), size+one.size()
	}
	s.saveTogether(ctx, part)
}

// saving is what one delivery adds to a transaction.
type saving struct {
	batch
	of  *Outgoing
	key string
}

func (s *Store) saving(o *Outgoing) saving {
	b := batch{keys: s.keys, tenant: s.keys.account(o.Account), account: o.Account}
	b.delivery(o.Delivery)
	return saving{batch: b, of: o, key: b.tenant.delivery(o.Delivery.Ticket, o.Delivery.ID)}
}

// size in bytes of what is written.
func (w saving) size() int {
	n := 0
	for _, op := range w.ops {
		n += len(op.KeyBytes()) + len(op.ValueBytes())
	}
	return n
}

// saveTogether writes deliveries that fit one transaction. Whichever somebody
// changed first is left out, and the rest is tried again: each round leaves fewer.
func (s *Store) saveTogether(ctx context.Context, all []saving) {
	for len(all) > 0 {
		var cmps []clientv3.Cmp
		var then, otherwise []clientv3.Op
		for _, one := range all {
			cmps, then = append(cmps, one.cmps...), append(then, one.ops...)
			otherwise = append(otherwise, clientv3.OpGet(one.key, clientv3.WithKeysOnly()))
		}
		resp, err := s.swap(ctx, cmps, then, otherwise)
		switch {
		case err != nil:
			for _, one := range all {
				one.of.Err = fmt.Errorf("save delivery: %w", err)
			}
			return
		case resp.Succeeded:
			for _, one := range all {
				one.of.Delivery.Rev = resp.Header.Revision
			}
			return
		}
		all = unchangedOf(all, resp)
	}
}

// swap is a transaction that reads something else when a compare fails.
func (s *Store) swap(ctx context.Context, cmps []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	if s.shut.Load() {
		return nil, translate(errShut)
	}
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	resp, err := s.etcd.Txn(ctx).If(cmps...).Then(then...).Else(otherwise...).Commit()
	return resp, translate(err)
}

// unchangedOf are those that still are as they were read, as a failed transaction
// saw them: fewer than all, as one of its compares failed.
func unchangedOf(all []saving, resp *clientv3.TxnResponse) []saving {
	var left []saving
	for i, one := range all {
		var rev int64
		if found := kvs(resp, i); len(found) == 1 {
			rev = found[0].ModRevision
		}
		if rev == one.of.Delivery.Rev {
			left = append(left, one)
		} else {
			one.of.Err = helpdesk.Errorf(helpdesk.Conflict, "somebody else has this delivery")
		}
	}
	return left
}
