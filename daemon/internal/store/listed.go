package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Listed is a ticket of a list with the end of its history.
type Listed struct {
	helpdesk.Ticket
	// Read is how many entries were read.
	Read   int
	newest []*mvccpb.KeyValue
}

// Newest decodes the entries that were read, one after the other, the newest first:
// of most, lists want only one.
func (l *Listed) Newest() iter.Seq2[*helpdesk.Entry, error] {
	return func(yield func(*helpdesk.Entry, error) bool) {
		for _, kv := range l.newest {
			e := &helpdesk.Entry{}
			if err := json.Unmarshal(kv.Value, e); err != nil {
				yield(nil, fmt.Errorf("read record %s: %w", kv.Key, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// MostListed is how many tickets one round trip can read: each takes two
// operations of a transaction.
const MostListed = MaxOps / 2

// Listed reads tickets with their newest entries, at most entries of each, from
// one revision and in one round trip. What is gone is left out. At most
// [MostListed] are looked at.
func (s *Store) Listed(ctx context.Context, account string, ids []helpdesk.TicketID, entries int) ([]Listed, error) {
	t := s.keys.account(account)
	ids = ids[:min(len(ids), MostListed)]
	if len(ids) == 0 {
		return nil, nil
	}
	var ops []clientv3.Op
	for _, id := range ids {
		ops = append(ops, s.opGet(t.ticket(id)), s.opGet(t.entries(id), clientv3.WithPrefix(), clientv3.WithLimit(int64(entries)),
			clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend)))
	}
	resp, err := s.txn(ctx, nil, ops...)
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	var all []Listed
	for i := range ids {
		heads := kvs(resp, 2*i)
		if len(heads) == 0 {
			continue
		}
		one := Listed{}
		if err := json.Unmarshal(heads[0].Value, &one.Ticket); err != nil {
			return nil, fmt.Errorf("read record %s: %w", heads[0].Key, err)
		}
		one.Rev = heads[0].ModRevision
		one.newest = kvs(resp, 2*i+1)
		one.Read = len(one.newest)
		all = append(all, one)
	}
	return all, nil
}
