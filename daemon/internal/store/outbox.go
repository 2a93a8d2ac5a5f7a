package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// due is the value of an outbox key.
type due struct {
	Ticket helpdesk.TicketID `json:"ticket"`
	Next   time.Time         `json:"next"`
}

// Pending is a delivery that is not final.
type Pending struct {
	Account string
	Ticket  helpdesk.TicketID
	ID      helpdesk.ID
	Next    time.Time // not before
	Gone    bool      // it became final: forget it
}

// WatchOutbox tells see of every pending delivery and of each change, until ctx
// ends or the watch breaks. A broken watch is an error; the caller calls again
// and is told of everything again. reset is called before a full listing.
func (s *Store) WatchOutbox(ctx context.Context, reset func(), see func(Pending)) error {
	prefix := s.keys.outboxAll()
	resp, err := s.get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return fmt.Errorf("list outbox: %w", err)
	}
	reset()
	for _, kv := range resp.Kvs {
		s.seeOutbox(string(kv.Key), kv.Value, false, see)
	}
	watch, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for resp := range s.etcd.Watch(watch, prefix, clientv3.WithPrefix(), clientv3.WithRev(resp.Header.Revision+1)) {
		if err := resp.Err(); err != nil {
			return fmt.Errorf("watch outbox: %w", translate(err))
		}
		for _, ev := range resp.Events {
			s.seeOutbox(string(ev.Kv.Key), ev.Kv.Value, ev.Type == clientv3.EventTypeDelete, see)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return helpdesk.Errorf(helpdesk.Unavailable, "the watch of the outbox ended")
}

func (s *Store) seeOutbox(key string, value []byte, gone bool, see func(Pending)) {
	account, id, ok := s.keys.parseOutbox(key)
	if !ok {
		return
	}
	var d due
	if !gone && json.Unmarshal(value, &d) != nil {
		return
	}
	see(Pending{Account: account, Ticket: d.Ticket, ID: id, Next: d.Next, Gone: gone})
}

// Delivery reads one delivery; NotFound if there is none. It is a linearizable
// read even of a Local store: etcd tells watchers of a transaction a moment
// before reads of its own state see it.
func (s *Store) Delivery(ctx context.Context, account string, ticket helpdesk.TicketID, id helpdesk.ID) (*helpdesk.Delivery, error) {
	ctx, cancel := context.WithTimeout(ctx, OpTimeout)
	defer cancel()
	resp, err := s.etcd.Get(ctx, s.keys.account(account).delivery(ticket, id))
	if err != nil {
		return nil, fmt.Errorf("read delivery: %w", translate(err))
	}
	if len(resp.Kvs) == 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such delivery")
	}
	d := &helpdesk.Delivery{}
	if err := json.Unmarshal(resp.Kvs[0].Value, d); err != nil {
		return nil, fmt.Errorf("read delivery: %w", err)
	}
	d.Rev = resp.Kvs[0].ModRevision
	return d, nil
}

// Deliveries reads all deliveries of a ticket.
func (s *Store) Deliveries(ctx context.Context, account string, ticket helpdesk.TicketID) ([]helpdesk.Delivery, error) {
	return list(ctx, s, s.keys.account(account).deliveries(ticket), func(d *helpdesk.Delivery, rev int64) { d.Rev = rev })
}

// SaveDelivery writes a delivery if it still is as it was read, and moves it
// along or out of the outbox. Afterwards d.Rev is the new revision.
func (s *Store) SaveDelivery(ctx context.Context, account string, d *helpdesk.Delivery) error {
	b := batch{keys: s.keys, tenant: s.keys.account(account), account: account}
	b.delivery(d)
	if b.err != nil {
		return b.err
	}
	resp, err := s.txn(ctx, b.cmps, b.ops...)
	if err != nil {
		return fmt.Errorf("save delivery: %w", err)
	}
	if !resp.Succeeded {
		return helpdesk.Errorf(helpdesk.Conflict, "somebody else has this delivery")
	}
	d.Rev = resp.Header.Revision
	return nil
}
