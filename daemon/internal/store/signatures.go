package store

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Signatures reads what is remembered of signatures, one record for each key and
// in their order. One that is not known has but its key. At most MaxOps in one
// call.
func (s *Store) Signatures(ctx context.Context, account string, keys []string) ([]helpdesk.Signature, error) {
	t := s.keys.account(account)
	ops := make([]clientv3.Op, len(keys))
	for i, key := range keys {
		ops[i] = s.opGet(t.signature(key))
	}
	resp, err := s.txn(ctx, nil, ops...)
	if err != nil {
		return nil, fmt.Errorf("look up signatures: %w", err)
	}
	all := make([]helpdesk.Signature, len(keys))
	for i, key := range keys {
		known, err := one[helpdesk.Signature](resp, i)
		if err != nil {
			return nil, err
		}
		if known != nil {
			all[i], all[i].Rev = *known, kvs(resp, i)[0].ModRevision
		}
		all[i].Key = key
	}
	return all, nil
}
