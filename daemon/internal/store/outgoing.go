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
	var part []*Outgoing
	together := batch{keys: s.keys}
	size := 0
	flush := func() {
		s.saveTogether(ctx, part)
		part, together, size = nil, batch{keys: s.keys}, 0
	}
	for _, o := range all {
		one := s.saving(o)
		if o.Err = one.err; o.Err != nil {
			continue
		}
		bytes := 0
		for _, op := range one.ops {
			bytes += len(op.KeyBytes()) + len(op.ValueBytes())
		}
		if len(together.ops)+len(one.ops) > MaxOps || size+bytes > maxSaveBytes {
			flush()
		}
		part, size = append(part, o), size+bytes
		together.ops = append(together.ops, one.ops...)
	}
	flush()
}

// saving is what one delivery adds to a transaction.
func (s *Store) saving(o *Outgoing) batch {
	b := batch{keys: s.keys, tenant: s.keys.account(o.Account), account: o.Account}
	b.delivery(o.Delivery)
	return b
}

// saveTogether writes deliveries that fit one transaction. Whichever somebody
// changed first is left out, and the rest is tried again: each round leaves fewer.
func (s *Store) saveTogether(ctx context.Context, all []*Outgoing) {
	for len(all) > 0 {
		var cmps []clientv3.Cmp
		var then, otherwise []clientv3.Op
		for _, o := range all {
			one := s.saving(o)
			cmps, then = append(cmps, one.cmps...), append(then, one.ops...)
			key := s.keys.account(o.Account).delivery(o.Delivery.Ticket, o.Delivery.ID)
			otherwise = append(otherwise, clientv3.OpGet(key, clientv3.WithKeysOnly()))
		}
		resp, err := s.swap(ctx, cmps, then, otherwise)
		if err != nil {
			for _, o := range all {
				o.Err = fmt.Errorf("save delivery: %w", err)
			}
			return
		}
		if resp.Succeeded {
			for _, o := range all {
				o.Delivery.Rev = resp.Header.Revision
			}
			return
		}
		all = unchangedOf(all, resp)
	}
}

// swap is a transaction that reads something else when a compare fails.
func (s *Store) swap(ctx context.Context, cmps []clientv3.Cmp, then, otherwise []clientv3.Op) (*clientv3.TxnResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	resp, err := s.etcd.Txn(ctx).If(cmps...).Then(then...).Else(otherwise...).Commit()
	return resp, translate(err)
}

// unchangedOf are those that still are as they were read, as a failed transaction
// saw them.
func unchangedOf(all []*Outgoing, resp *clientv3.TxnResponse) []*Outgoing {
	var left []*Outgoing
	for i, o := range all {
		var rev int64
		if found := kvs(resp, i); len(found) == 1 {
			rev = found[0].ModRevision
		}
		if rev == o.Delivery.Rev {
			left = append(left, o)
		} else {
			o.Err = helpdesk.Errorf(helpdesk.Conflict, "somebody else has this delivery")
		}
	}
	if len(left) == len(all) { // never: then the compares had held
		for _, o := range all {
			o.Err = helpdesk.Errorf(helpdesk.Conflict, "somebody else has this delivery")
		}
		return nil
	}
	return left
}
