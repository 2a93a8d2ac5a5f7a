package store

import (
	"context"
	"encoding/json"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// MaxOps is etcd's default limit of operations in one transaction
// (--max-txn-ops); the compares count separately.
const MaxOps = 128

// Commit writes the whole change in one transaction, or nothing. It answers
// Conflict when a record is not as the change expects; Unavailable leaves open
// whether it was written.
func (s *Store) Commit(ctx context.Context, c *helpdesk.Change) error {
	with, err := s.withNews(ctx, c)
	if err != nil {
		return err
	}
	if len(c.Audit) > 0 {
		err = s.commitAudited(ctx, with)
	} else {
		err = s.change(with).commit(ctx, s)
	}
	for _, r := range c.Records {
		if r.Kind == helpdesk.HookRecord {
			s.listeners.forget(c.Account)
		}
	}
	return err
}

// change makes a transaction of all but the audit.
func (s *Store) change(c *helpdesk.Change) *batch {
	b := s.batch(c.Account)
	b.receipt(c.Receipt)
	b.ticket(c.Ticket)
	b.ticket(c.Also)
	for i := range c.Entries {
		b.entry(&c.Entries[i])
	}
	for _, m := range c.Messages {
		b.put(b.tenant.message(m), m)
	}
	for _, m := range c.Forgotten {
		b.ops = append(b.ops, clientv3.OpDelete(b.tenant.message(m)))
	}
	b.contact(c.Contact)
	b.addresses(c)
	b.agent(c.Agent)
	b.held(c.Held)
	for i := range c.Deliveries {
		b.delivery(&c.Deliveries[i])
	}
	for i := range c.Budgets {
		b.guarded(b.tenant.budget(c.Budgets[i].Key), c.Budgets[i].Rev, &c.Budgets[i])
	}
	for i := range c.Signatures {
		b.guarded(b.tenant.signature(c.Signatures[i].Key), c.Signatures[i].Rev, &c.Signatures[i])
	}
	if c.Mark != nil {
		b.guarded(b.tenant.mark(c.Mark), 0, c.Mark)
	}
	b.portal(c)
	for _, u := range c.Unchanged {
		key := b.tenant.contact(u.Contact)
		if u.Agent != "" {
			key = b.tenant.agent(u.Agent)
		}
		b.cmps = append(b.cmps, unchanged(key, u.Rev))
	}
	for _, r := range c.Records {
		b.record(r)
	}
	return b
}

func (b *batch) record(r helpdesk.Record) {
	key := b.tenant.record(r.Kind, r.ID)
	if !r.Any {
		b.cmps = append(b.cmps, guard(key, r.Rev))
	}
	if r.Gone {
		b.ops = append(b.ops, clientv3.OpDelete(key))
		return
	}
	b.put(key, r.Value)
}

// batch gathers the compares and operations of one transaction.
type batch struct {
	keys    keys
	tenant  tenant
	account string
	cmps    []clientv3.Cmp
	ops     []clientv3.Op
	err     error
}

func (s *Store) batch(account string) *batch {
	return &batch{keys: s.keys, tenant: s.keys.account(account), account: account}
}

func (b *batch) commit(ctx context.Context, s *Store) error {
	_, err := b.saved(ctx, s)
	return err
}

// saved commits and returns the revision of what was written.
func (b *batch) saved(ctx context.Context, s *Store) (int64, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(b.ops) > MaxOps {
		return 0, helpdesk.Wrap(helpdesk.TooLarge, fmt.Errorf("a change of %d operations is over the limit of %d", len(b.ops), MaxOps))
	}
	resp, err := s.txn(ctx, b.cmps, b.ops...)
	if err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	if !resp.Succeeded {
		return 0, helpdesk.Errorf(helpdesk.Conflict, "somebody else changed this first")
	}
	return resp.Header.Revision, nil
}

func (b *batch) put(key string, record any) {
	value, err := json.Marshal(record)
	if err != nil {
		b.err = fmt.Errorf("write record %s: %w", key, err)
		return
	}
	b.ops = append(b.ops, clientv3.OpPut(key, string(value)))
}

func (b *batch) guarded(key string, rev int64, record any) {
	b.cmps = append(b.cmps, guard(key, rev))
	b.put(key, record)
}

func (b *batch) receipt(r *helpdesk.Receipt) {
	if r == nil {
		return
	}
	r.Schema = Schema
	b.guarded(b.tenant.receipt(r.Key), 0, r)
}

func (b *batch) ticket(t *helpdesk.Ticket) {
	if t == nil {
		return
	}
	t.Schema = Schema
	b.guarded(b.tenant.ticket(t.ID), t.Rev, t)
	if t.Rev == 0 {
		number := b.tenant.number(t.Number)
		b.cmps = append(b.cmps, absent(number))
		b.ops = append(b.ops, clientv3.OpPut(number, t.ID.String()))
	}
}

// entry needs no guard of its own: its ticket's head counts it.
func (b *batch) entry(e *helpdesk.Entry) {
	e.Schema = Schema
	b.put(b.tenant.entry(e.Ticket, e.Seq), e)
}

func (b *batch) contact(c *helpdesk.Contact) {
	if c == nil {
		return
	}
	c.Schema = Schema
	b.guarded(b.tenant.contact(c.ID), c.Rev, c)
	if c.Rev == 0 {
		for _, a := range c.Addresses {
			b.claim(b.tenant.address(a.Address), c.ID)
		}
	}
}

// addresses writes which of them change hands.
func (b *batch) addresses(c *helpdesk.Change) {
	for _, a := range c.Taken {
		b.claim(b.tenant.address(a), c.Contact.ID)
	}
	for _, a := range c.Freed {
		key := b.tenant.address(a)
		b.cmps = append(b.cmps, clientv3.Compare(clientv3.Value(key), "=", string(c.Contact.ID)))
		b.ops = append(b.ops, clientv3.OpDelete(key))
	}
	if e := c.Erased; e != nil {
		b.cmps = append(b.cmps, unchanged(b.tenant.contact(e.ID), e.Rev))
		b.ops = append(b.ops, clientv3.OpDelete(b.tenant.contact(e.ID)))
		for _, id := range e.Was {
			b.ops = append(b.ops, clientv3.OpDelete(b.tenant.contact(id)))
		}
		for _, a := range e.Addresses {
			b.ops = append(b.ops, clientv3.OpDelete(b.tenant.address(a.Address)))
		}
	}
	if c.Merged == nil {
		return
	}
	b.contact(c.Merged)
	var keys []string
	for _, a := range c.Inherited.Addresses {
		keys = append(keys, b.tenant.address(a))
	}
	for _, s := range c.Inherited.Subjects {
		keys = append(keys, b.tenant.subject(s))
	}
	for _, key := range keys {
		b.cmps = append(b.cmps, clientv3.Compare(clientv3.Value(key), "=", string(c.Merged.ID)))
		b.ops = append(b.ops, clientv3.OpPut(key, string(c.Contact.ID)))
	}
}

func (b *batch) agent(a *helpdesk.Agent) {
	if a == nil {
		return
	}
	a.Schema = Schema
	b.guarded(b.tenant.agent(a.ID), a.Rev, a)
	if a.Rev == 0 {
		b.claim(b.tenant.agentAddress(a.Address), a.ID)
	}
}

// claim makes an address belong to one record for good.
func (b *batch) claim(key string, id helpdesk.ID) {
	b.cmps = append(b.cmps, absent(key))
	b.ops = append(b.ops, clientv3.OpPut(key, string(id)))
}

func (b *batch) delivery(d *helpdesk.Delivery) {
	d.Schema = Schema
	b.guarded(b.tenant.delivery(d.Ticket, d.ID), d.Rev, d)
	pending, failed := b.keys.outbox(b.account, d.ID), b.tenant.failed(d.ID)
	switch {
	case !d.State.Final():
		b.put(pending, dueOf(d))
		if !d.Since.IsZero() { // it was given up before
			b.ops = append(b.ops, clientv3.OpDelete(failed))
		}
	case d.State == helpdesk.Failed:
		b.ops = append(b.ops, clientv3.OpDelete(pending))
		b.put(failed, given{Ticket: d.Ticket, Until: d.Last.When(d.Created).Add(FailedFor)})
	case d.State == helpdesk.Withdrawn:
		b.ops = append(b.ops, clientv3.OpDelete(pending), clientv3.OpDelete(failed))
	default:
		b.ops = append(b.ops, clientv3.OpDelete(pending))
	}
}

// held moves an item that was decided away from those that wait.
func (b *batch) held(h *helpdesk.HeldItem) {
	switch {
	case h == nil:
	case h.Decision == nil:
		b.guarded(b.tenant.held(h.ID), h.Rev, h)
	default:
		b.cmps = append(b.cmps, unchanged(b.tenant.held(h.ID), h.Rev))
		b.ops = append(b.ops, clientv3.OpDelete(b.tenant.held(h.ID)))
		b.put(b.tenant.decided(h.ID), h)
	}
}
