package store

import (
	"context"
	"encoding/json"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// DeskRow is a ticket of a list of agents, with what one of them has seen of it.
type DeskRow struct {
	helpdesk.Ticket
	Seen helpdesk.Seen // zero for nothing
}

// DeskRows reads tickets, and what an agent has seen of each, from one revision and
// in one round trip. What is gone is left out. At most [MostListed] are looked at.
func (s *Store) DeskRows(ctx context.Context, account string, agent helpdesk.ID, ids []helpdesk.TicketID) ([]DeskRow, error) {
	t := s.keys.account(account)
	ids = ids[:min(len(ids), MostListed)]
	if len(ids) == 0 {
		return nil, nil
	}
	ops := make([]clientv3.Op, 0, 2*len(ids))
	for _, id := range ids {
		ops = append(ops, s.opGet(t.ticket(id)), s.opGet(t.record(helpdesk.SeenRecord, helpdesk.SeenID(agent, id))))
	}
	resp, err := s.txn(ctx, nil, ops...)
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	all := make([]DeskRow, 0, len(ids)) // large ones, which would be copied as it grows
	for i := range ids {
		heads := kvs(resp, 2*i)
		if len(heads) == 0 {
			continue
		}
		all = append(all, DeskRow{})
		row := &all[len(all)-1]
		if err := json.Unmarshal(heads[0].Value, &row.Ticket); err != nil {
			return nil, fmt.Errorf("read record %s: %w", heads[0].Key, err)
		}
		row.Rev = heads[0].ModRevision
		seen, err := one[helpdesk.Seen](resp, 2*i+1)
		if err != nil {
			return nil, err
		}
		if seen != nil {
			row.Seen = *seen
		}
	}
	return all, nil
}

// TicketLook is the newest revision of a ticket and of the mails that it caused.
func (s *Store) TicketLook(ctx context.Context, account string, id helpdesk.TicketID) (int64, error) {
	t := s.keys.account(account)
	newest := append(clientv3.WithLastRev(), clientv3.WithKeysOnly())
	resp, err := s.txn(ctx, nil, s.opGet(t.ticket(id), clientv3.WithKeysOnly()), s.opGet(t.deliveries(id), newest...))
	if err != nil {
		return 0, fmt.Errorf("look at ticket: %w", err)
	}
	var rev int64
	for i := range resp.Responses {
		for _, kv := range kvs(resp, i) {
			rev = max(rev, kv.ModRevision)
		}
	}
	return rev, nil
}
