package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// FailedFor is how long a delivery that was given up is listed: a month, after
// which nobody sends it again. Its ticket tells of it for ever.
const FailedFor = 30 * 24 * time.Hour

// given is the value of a failed key.
type given struct {
	Ticket helpdesk.TicketID `json:"ticket"`
	Until  time.Time         `json:"until"`
}

// Outbox reads up to limit deliveries that wait, or those that were given up, in
// the order of their ids, which is none. next is what to give as after for those
// that follow; "" when there are none.
func (s *Store) Outbox(ctx context.Context, account string, failed bool, after helpdesk.ID, limit int) (found []helpdesk.Delivery, next helpdesk.ID, err error) {
	prefix := s.keys.outboxOf(account)
	if failed {
		prefix = s.keys.account(account).failedAll()
	}
	from := prefix
	if after != "" {
		from += string(after) + "\x00"
	}
	resp, err := s.get(ctx, from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)), clientv3.WithLimit(int64(limit)))
	if err != nil {
		return nil, "", fmt.Errorf("list outbox: %w", err)
	}
	var pending []Pending
	for _, kv := range resp.Kvs {
		var at given // of both kinds of values
		if json.Unmarshal(kv.Value, &at) == nil {
			pending = append(pending, Pending{Account: account, Ticket: at.Ticket, ID: helpdesk.ID(kv.Key[len(prefix):])})
		}
	}
	for _, o := range s.ReadOutgoing(ctx, pending) {
		switch {
		case helpdesk.KindOf(o.Err) == helpdesk.NotFound: // its ticket is gone
		case o.Err != nil:
			return nil, "", o.Err
		default:
			found = append(found, *o.Delivery)
		}
	}
	if resp.More {
		next = helpdesk.ID(resp.Kvs[len(resp.Kvs)-1].Key[len(prefix):])
	}
	return found, next, nil
}

// Outgoing reads a delivery that waits or was given up by its id alone; NotFound
// if there is none.
func (s *Store) Outgoing(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Delivery, error) {
	// At one revision: it may be moving from one of the two to the other.
	resp, err := s.txn(ctx, nil, s.opGet(s.keys.outbox(account, id)), s.opGet(s.keys.account(account).failed(id)))
	if err != nil {
		return nil, fmt.Errorf("find delivery: %w", err)
	}
	for i := range resp.Responses {
		at, err := one[given](resp, i)
		if err != nil {
			return nil, fmt.Errorf("find delivery: %w", err)
		}
		if at != nil {
			return s.Delivery(ctx, account, at.Ticket, id)
		}
	}
	return nil, helpdesk.Errorf(helpdesk.NotFound, "no mail with this id waits or was given up")
}

// FailedCount is how many deliveries are listed as given up.
func (s *Store) FailedCount(ctx context.Context, account string) (int, error) {
	resp, err := s.get(ctx, s.keys.account(account).failedAll(), clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return 0, fmt.Errorf("count failed mail: %w", err)
	}
	return int(resp.Count), nil
}
