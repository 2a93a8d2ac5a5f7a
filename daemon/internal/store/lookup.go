package store

import (
	"context"
	"encoding/json"
	"fmt"

	mvccpb "go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Query is what taking in a mail asks of the store, in one round trip.
type Query struct {
	Receipt    string // key
	Address    helpdesk.Address
	MessageIDs []string // at most MaxQueryIDs are looked at
}

// MaxQueryIDs keeps a Query within one transaction. Mail that answers
// something names it among its newest references.
const MaxQueryIDs = 50

// maxRefs bounds how many tickets one Message-ID may point to: the same mail
// to several mailboxes is several tickets.
const maxRefs = 8

// Found is the answer to a Query; pointers are nil for what there is not.
type Found struct {
	Receipt *helpdesk.Receipt
	Contact *helpdesk.Contact
	Agent   *helpdesk.Agent
	Refs    []helpdesk.MessageRef // in the order of Query.MessageIDs
}

// Lookup answers a Query from one revision of the store, but for the contact
// and the agent, which a second round trip reads when there are any.
func (s *Store) Lookup(ctx context.Context, account string, q Query) (*Found, error) {
	t := s.keys.account(account)
	ids := q.MessageIDs[:min(len(q.MessageIDs), MaxQueryIDs)]
	ops := []clientv3.Op{s.opGet(t.receipt(q.Receipt))}
	if !q.Address.IsZero() {
		ops = append(ops, s.opGet(t.address(q.Address)), s.opGet(t.agentAddress(q.Address)))
	}
	first := len(ops)
	for _, id := range ids {
		ops = append(ops, s.opGet(t.messages(id), clientv3.WithPrefix(), clientv3.WithLimit(maxRefs),
			clientv3.WithSort(clientv3.SortByCreateRevision, clientv3.SortAscend)))
	}
	resp, err := s.txn(ctx, nil, ops...)
	if err != nil {
		return nil, fmt.Errorf("look up mail: %w", err)
	}
	found := &Found{}
	if found.Receipt, err = one[helpdesk.Receipt](resp, 0); err != nil {
		return nil, err
	}
	for i := range ids {
		for _, kv := range kvs(resp, first+i) {
			var ref helpdesk.MessageRef
			// Two ids may share a hash's half; only the id itself counts, unless it was
			// erased.
			if json.Unmarshal(kv.Value, &ref) == nil && (ref.MessageID == ids[i] || ref.MessageID == "") {
				ref.MessageID = ids[i]
				found.Refs = append(found.Refs, ref)
			}
		}
	}
	if q.Address.IsZero() {
		return found, nil
	}
	if kv := kvs(resp, 1); len(kv) == 1 {
		if found.Contact, err = s.Contact(ctx, account, helpdesk.ID(kv[0].Value)); err != nil {
			return nil, wentMeanwhile(err)
		}
	}
	if kv := kvs(resp, 2); len(kv) == 1 {
		if found.Agent, err = s.Agent(ctx, account, helpdesk.ID(kv[0].Value)); err != nil {
			return nil, wentMeanwhile(err)
		}
	}
	return found, nil
}

// wentMeanwhile makes a record that went between two reads a reason to look
// again.
func wentMeanwhile(err error) error {
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return helpdesk.Wrap(helpdesk.Conflict, err)
	}
	return err
}

func kvs(resp *clientv3.TxnResponse, i int) []*mvccpb.KeyValue {
	return resp.Responses[i].GetResponseRange().Kvs
}

func one[T any](resp *clientv3.TxnResponse, i int) (*T, error) {
	found := kvs(resp, i)
	if len(found) == 0 {
		return nil, nil
	}
	record := new(T)
	if err := json.Unmarshal(found[0].Value, record); err != nil {
		return nil, fmt.Errorf("read record %s: %w", found[0].Key, err)
	}
	return record, nil
}
