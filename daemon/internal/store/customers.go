package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// portal writes what signing up and signing in changes.
func (b *batch) portal(c *helpdesk.Change) {
	for i := range c.Passes {
		p := &c.Passes[i]
		p.Schema = Schema
		key := b.tenant.pass(p.ID)
		if p.Asked {
			key = b.tenant.asked(p.ID)
		}
		if p.Used { // it may be used once: whoever is second finds that it is gone
			b.cmps = append(b.cmps, unchanged(key, p.Rev))
			b.ops = append(b.ops, clientv3.OpDelete(key))
			continue
		}
		b.guarded(key, p.Rev, p)
	}
	for i := range c.Drafts {
		d := &c.Drafts[i]
		d.Schema = Schema
		if d.Gone {
			b.ops = append(b.ops, clientv3.OpDelete(b.tenant.draft(d.ID)))
			continue
		}
		b.guarded(b.tenant.draft(d.ID), d.Rev, d)
	}
	for _, s := range c.Subjects {
		b.claim(b.tenant.subject(s), c.Contact.ID)
	}
	for _, s := range c.Dropped {
		b.ops = append(b.ops, clientv3.OpDelete(b.tenant.subject(s)))
	}
	if c.SignedOut != "" {
		b.ops = append(b.ops, clientv3.OpDelete(b.tenant.customerSessions(c.SignedOut), clientv3.WithPrefix()))
	}
}

// Pass reads a pass; NotFound if there is none, or if it has lapsed at now.
func (s *Store) Pass(ctx context.Context, account string, id helpdesk.ID, now time.Time) (*helpdesk.Pass, error) {
	p, rev, err := getRecord[helpdesk.Pass](ctx, s, s.keys.account(account).pass(id))
	if err != nil {
		return nil, fmt.Errorf("read pass: %w", err)
	}
	if p == nil || !now.Before(p.Expires) {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	p.Rev = rev
	return p, nil
}

// Asked lists the passes that somebody asked for and that nobody has looked at
// yet, at most limit.
func (s *Store) Asked(ctx context.Context, account string, limit int) ([]helpdesk.Pass, error) {
	return list(ctx, s, s.keys.account(account).askedAll(), func(p *helpdesk.Pass, rev int64) { p.Rev = rev }, clientv3.WithLimit(int64(limit)))
}

// AskedPass reads one of them; NotFound if there is none.
func (s *Store) AskedPass(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.Pass, error) {
	p, rev, err := getRecord[helpdesk.Pass](ctx, s, s.keys.account(account).asked(id))
	if err != nil {
		return nil, fmt.Errorf("read what is asked: %w", err)
	}
	if p == nil {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	p.Rev = rev
	return p, nil
}

// Draft reads a draft; NotFound if there is none, or if it has lapsed at now.
func (s *Store) Draft(ctx context.Context, account string, id helpdesk.ID, now time.Time) (*helpdesk.Draft, error) {
	d, rev, err := getRecord[helpdesk.Draft](ctx, s, s.keys.account(account).draft(id))
	if err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	if d == nil || !now.Before(d.Expires) {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such draft")
	}
	d.Rev = rev
	return d, nil
}

// ContactBySubject finds whose identity at an issuer it is; NotFound for nobody's.
func (s *Store) ContactBySubject(ctx context.Context, account string, subject helpdesk.Subject) (*helpdesk.Contact, error) {
	resp, err := s.get(ctx, s.keys.account(account).subject(subject))
	if err != nil {
		return nil, fmt.Errorf("find contact: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such contact")
	}
	return s.Contact(ctx, account, helpdesk.ID(resp.Kvs[0].Value))
}

// PutCustomerSession stores a session under the hash of its cookie. The contact
// must still be as it was read at rev, else the answer is Conflict: a password
// that was changed meanwhile lets nobody in.
func (s *Store) PutCustomerSession(ctx context.Context, account, hash string, session helpdesk.CustomerSession, rev int64) error {
	b := s.batch(account)
	b.cmps = append(b.cmps, unchanged(b.tenant.contact(session.Contact), rev))
	b.guarded(b.tenant.customerSession(session.Contact, hash), 0, session)
	return b.commit(ctx, s)
}

// CustomerSession reads a session and its contact from the truth, in one round
// trip; NotFound if there is none or it has expired at now.
func (s *Store) CustomerSession(ctx context.Context, account string, contact helpdesk.ID, hash string, now time.Time) (*helpdesk.CustomerSession, *helpdesk.Contact, error) {
	t := s.keys.account(account)
	resp, err := s.txn(ctx, nil, s.opGet(t.customerSession(contact, hash)), s.opGet(t.contact(contact)))
	if err != nil {
		return nil, nil, fmt.Errorf("read session: %w", err)
	}
	session, err := one[helpdesk.CustomerSession](resp, 0)
	if err != nil {
		return nil, nil, err
	}
	who, err := one[helpdesk.Contact](resp, 1)
	if err != nil {
		return nil, nil, err
	}
	if session == nil || who == nil || !now.Before(session.Expires) {
		return nil, nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such session")
	}
	who.Rev = kvs(resp, 1)[0].ModRevision
	return session, who, nil
}

// CustomerSessions lists the browsers in which a contact is signed in.
func (s *Store) CustomerSessions(ctx context.Context, account string, contact helpdesk.ID) ([]helpdesk.CustomerSession, error) {
	return list[helpdesk.CustomerSession](ctx, s, s.keys.account(account).customerSessions(contact), nil)
}

// EndCustomerSession forgets a session; ending one that is not there is no error.
func (s *Store) EndCustomerSession(ctx context.Context, account string, contact helpdesk.ID, hash string) error {
	_, err := s.txn(ctx, nil, clientv3.OpDelete(s.keys.account(account).customerSession(contact, hash)))
	return err
}

// EndCustomerSessions forgets those sessions of a contact of which ends is true.
func (s *Store) EndCustomerSessions(ctx context.Context, account string, contact helpdesk.ID, ends func(helpdesk.CustomerSession) bool) error {
	return endSessions(ctx, s, s.keys.account(account).customerSessions(contact), ends)
}

// endSessions forgets those below a prefix of which ends is true.
func endSessions[T any](ctx context.Context, s *Store, prefix string, ends func(T) bool) error {
	resp, err := s.get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return fmt.Errorf("list sessions: %w", err)
	}
	var ops []clientv3.Op
	for _, kv := range resp.Kvs {
		var session T
		if err := json.Unmarshal(kv.Value, &session); err != nil {
			return fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		if ends(session) {
			ops = append(ops, clientv3.OpDelete(string(kv.Key)))
		}
	}
	for len(ops) > 0 {
		n := min(len(ops), MaxOps)
		if _, err := s.txn(ctx, nil, ops[:n]...); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		ops = ops[n:]
	}
	return nil
}
