package store

import (
	"context"
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

// PutCustomerSession stores a session under the hash of its cookie.
func (s *Store) PutCustomerSession(ctx context.Context, account, hash string, session helpdesk.CustomerSession) error {
	b := s.batch(account)
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
