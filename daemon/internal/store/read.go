package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Receipt reads the record of a mail or submission; nil if it never came.
func (s *Store) Receipt(ctx context.Context, account, key string) (*helpdesk.Receipt, error) {
	r, _, err := getRecord[helpdesk.Receipt](ctx, s, s.keys.account(account).receipt(key))
	return r, err
}

// Ticket reads a head; NotFound if there is none.
func (s *Store) Ticket(ctx context.Context, account string, id helpdesk.TicketID) (*helpdesk.Ticket, error) {
	t, rev, err := getRecord[helpdesk.Ticket](ctx, s, s.keys.account(account).ticket(id))
	if err != nil {
		return nil, fmt.Errorf("read ticket: %w", err)
	}
	if t == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such ticket")
	}
	t.Rev = rev
	return t, nil
}

// TicketByNumber reads a head by the number that people use.
func (s *Store) TicketByNumber(ctx context.Context, account string, number int64) (*helpdesk.Ticket, error) {
	id, err := s.TicketNumbered(ctx, account, number)
	if err != nil {
		return nil, err
	}
	return s.Ticket(ctx, account, id)
}

// TicketNumbered is the id of the ticket that got the number, whether it is there
// still or was erased; NotFound if none ever did.
func (s *Store) TicketNumbered(ctx context.Context, account string, number int64) (id helpdesk.TicketID, err error) {
	resp, err := s.get(ctx, s.keys.account(account).number(number))
	if err != nil {
		return 0, fmt.Errorf("find ticket #%d: %w", number, err)
	}
	if len(resp.Kvs) == 0 {
		return 0, helpdesk.Errorf(helpdesk.NotFound, "there is no ticket #%d", number)
	}
	return id, id.UnmarshalText(resp.Kvs[0].Value)
}

// Tickets reads up to limit heads, newest number first, below before
// (0 = from the newest). At most MaxOps in one call.
func (s *Store) Tickets(ctx context.Context, account string, before int64, limit int) ([]helpdesk.Ticket, error) {
	t := s.keys.account(account)
	end := clientv3.GetPrefixRangeEnd(t.numbers())
	if before > 0 {
		end = t.number(before)
	}
	resp, err := s.get(ctx, t.numbers(), clientv3.WithRange(end), clientv3.WithLimit(int64(min(limit, MaxOps))),
		clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return nil, nil
	}
	ops := make([]clientv3.Op, len(resp.Kvs))
	for i, kv := range resp.Kvs {
		var id helpdesk.TicketID
		if err := id.UnmarshalText(kv.Value); err != nil {
			return nil, err
		}
		ops[i] = s.opGet(t.ticket(id))
	}
	heads, err := s.txn(ctx, nil, ops...)
	if err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	tickets := make([]helpdesk.Ticket, 0, len(ops))
	for i := range ops {
		ticket, err := one[helpdesk.Ticket](heads, i)
		if err != nil {
			return nil, err
		}
		if ticket != nil {
			ticket.Rev = kvs(heads, i)[0].ModRevision
			tickets = append(tickets, *ticket)
		}
	}
	return tickets, nil
}

// LastNumber is the highest ticket number given so far.
func (s *Store) LastNumber(ctx context.Context, account string) (int64, error) {
	resp, err := s.get(ctx, s.keys.account(account).counter())
	if err != nil || len(resp.Kvs) == 0 {
		return 0, err
	}
	return strconv.ParseInt(string(resp.Kvs[0].Value), 10, 64)
}

// Entries reads the history of a ticket, oldest first.
func (s *Store) Entries(ctx context.Context, account string, id helpdesk.TicketID) ([]helpdesk.Entry, error) {
	return list[helpdesk.Entry](ctx, s, s.keys.account(account).entries(id), nil)
}

// LastEntries reads the newest entries of a ticket, at most n, newest first.
func (s *Store) LastEntries(ctx context.Context, account string, id helpdesk.TicketID, n int) ([]helpdesk.Entry, error) {
	return list[helpdesk.Entry](ctx, s, s.keys.account(account).entries(id), nil,
		clientv3.WithLimit(int64(n)), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
}

// Entry reads one entry; NotFound if there is none.
func (s *Store) Entry(ctx context.Context, account string, id helpdesk.TicketID, seq int) (*helpdesk.Entry, error) {
	e, _, err := getRecord[helpdesk.Entry](ctx, s, s.keys.account(account).entry(id, seq))
	if err == nil && e == nil {
		err = helpdesk.Errorf(helpdesk.NotFound, "there is no such entry")
	}
	return e, err
}

// Contact reads a contact; NotFound if there is none.
func (s *Store) Contact(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Contact, error) {
	c, rev, err := getRecord[helpdesk.Contact](ctx, s, s.keys.account(account).contact(id))
	if err != nil {
		return nil, fmt.Errorf("read contact: %w", err)
	}
	if c == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such contact")
	}
	c.Rev = rev
	return c, nil
}

// Agent reads an agent; NotFound if there is none.
func (s *Store) Agent(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Agent, error) {
	a, rev, err := getRecord[helpdesk.Agent](ctx, s, s.keys.account(account).agent(id))
	if err != nil {
		return nil, fmt.Errorf("read agent: %w", err)
	}
	if a == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such agent")
	}
	a.Rev = rev
	return a, nil
}

// AgentByAddress finds an agent; NotFound if there is none.
func (s *Store) AgentByAddress(ctx context.Context, account string, a helpdesk.Address) (*helpdesk.Agent, error) {
	resp, err := s.get(ctx, s.keys.account(account).agentAddress(a))
	if err != nil {
		return nil, fmt.Errorf("find agent: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such agent")
	}
	return s.Agent(ctx, account, helpdesk.ID(resp.Kvs[0].Value))
}

// Agents reads all agents of an account.
func (s *Store) Agents(ctx context.Context, account string) ([]helpdesk.Agent, error) {
	return list(ctx, s, s.keys.account(account).agents(), func(a *helpdesk.Agent, rev int64) { a.Rev = rev })
}

// Held reads up to limit held items, the newest first, of those that wait or of
// those that were decided.
func (s *Store) Held(ctx context.Context, account string, decided bool, limit int) ([]helpdesk.HeldItem, error) {
	prefix := s.keys.account(account).heldAll()
	if decided {
		prefix = s.keys.account(account).decidedAll()
	}
	return list(ctx, s, prefix, func(h *helpdesk.HeldItem, rev int64) { h.Rev = rev },
		clientv3.WithLimit(int64(limit)), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
}

// HeldCount is how many held items wait.
func (s *Store) HeldCount(ctx context.Context, account string) (int, error) {
	resp, err := s.get(ctx, s.keys.account(account).heldAll(), clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return 0, fmt.Errorf("count held mail: %w", err)
	}
	return int(resp.Count), nil
}

// HeldItem reads one held item, decided or not; NotFound if there is none.
func (s *Store) HeldItem(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.HeldItem, error) {
	t := s.keys.account(account)
	for _, key := range []string{t.held(id), t.decided(id)} {
		h, rev, err := getRecord[helpdesk.HeldItem](ctx, s, key)
		if err != nil {
			return nil, err
		}
		if h != nil {
			h.Rev = rev
			return h, nil
		}
	}
	return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such held mail")
}

// Budget reads what was spent; an unknown or lapsed key has spent nothing.
func (s *Store) Budget(ctx context.Context, account, key string) (helpdesk.Budget, error) {
	b, rev, err := getRecord[helpdesk.Budget](ctx, s, s.keys.account(account).budget(key))
	if err != nil {
		return helpdesk.Budget{}, fmt.Errorf("read budget: %w", err)
	}
	if b == nil {
		b = &helpdesk.Budget{}
	}
	b.Key, b.Rev = key, rev
	return *b, nil
}

// list reads all records below a prefix, in the order of their keys.
func list[T any](ctx context.Context, s *Store, prefix string, setRev func(*T, int64), opts ...clientv3.OpOption) ([]T, error) {
	resp, err := s.get(ctx, prefix, append(opts, clientv3.WithPrefix())...)
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	records := make([]T, len(resp.Kvs))
	for i, kv := range resp.Kvs {
		if err := json.Unmarshal(kv.Value, &records[i]); err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		if setRev != nil {
			setRev(&records[i], kv.ModRevision)
		}
	}
	return records, nil
}
