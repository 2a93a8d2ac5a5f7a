package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	mvccpb "go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// due is the value of an outbox key: what is asked of a delivery before it is
// its turn.
type due struct {
	Ticket  helpdesk.TicketID `json:"ticket"`
	Next    time.Time         `json:"next"`
	Mailbox string            `json:"mailbox,omitempty"` // "" in records of before there were relays of mailboxes
	Purpose helpdesk.Purpose  `json:"purpose,omitempty"`
	Born    time.Time         `json:"born,omitzero"`
	Warned  int               `json:"warned,omitempty"`
	Hurry   bool              `json:"hurry,omitempty"`
}

// Pending is a delivery that is not final.
type Pending struct {
	Account string
	Ticket  helpdesk.TicketID
	ID      helpdesk.ID
	Next    time.Time // not before
	Mailbox string
	Purpose helpdesk.Purpose
	Born    time.Time
	Warned  int
	Hurry   bool
	Gone    bool  // it became final: forget it
	Rev     int64 // of the delivery and of this news alike: both are written together
}

func dueOf(d *helpdesk.Delivery) due {
	return due{Ticket: d.Ticket, Next: d.Next, Mailbox: d.Mailbox, Purpose: d.Purpose, Born: d.Born(), Warned: d.Warned, Hurry: d.Hurry}
}

func (d due) pending(account string, id helpdesk.ID) Pending {
	return Pending{
		Account: account, Ticket: d.Ticket, ID: id, Next: d.Next,
		Mailbox: d.Mailbox, Purpose: d.Purpose, Born: d.Born, Warned: d.Warned, Hurry: d.Hurry,
	}
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
		s.seeOutbox(ctx, kv, false, see)
	}
	watch, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	for resp := range s.etcd.Watch(watch, prefix, clientv3.WithPrefix(), clientv3.WithRev(resp.Header.Revision+1)) {
		if err := resp.Err(); err != nil {
			return fmt.Errorf("watch outbox: %w", translate(err))
		}
		for _, ev := range resp.Events {
			s.seeOutbox(ctx, ev.Kv, ev.Type == clientv3.EventTypeDelete, see)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return helpdesk.Errorf(helpdesk.Unavailable, "the watch of the outbox ended")
}

func (s *Store) seeOutbox(ctx context.Context, kv *mvccpb.KeyValue, gone bool, see func(Pending)) {
	account, id, ok := s.keys.parseOutbox(string(kv.Key))
	if !ok {
		return
	}
	var d due
	if !gone && json.Unmarshal(kv.Value, &d) != nil {
		return
	}
	if !gone && d.Mailbox == "" { // an older program wrote it
		if record, err := s.Delivery(ctx, account, d.Ticket, id); err == nil {
			next := d.Next
			d = dueOf(record)
			d.Next = next
		}
	}
	p := d.pending(account, id)
	p.Gone, p.Rev = gone, kv.ModRevision
	see(p)
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
