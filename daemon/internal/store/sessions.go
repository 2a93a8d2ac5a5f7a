package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// PutSession stores a session under the hash of its cookie.
func (s *Store) PutSession(ctx context.Context, account, hash string, session helpdesk.Session) error {
	b := batch{keys: s.keys, tenant: s.keys.account(account), account: account}
	b.guarded(b.tenant.session(hash), 0, session)
	return b.commit(ctx, s)
}

// Session reads a session from the truth, so that one that was ended is dead
// everywhere at once; NotFound if there is none or it has expired at now.
func (s *Store) Session(ctx context.Context, account, hash string, now time.Time) (*helpdesk.Session, error) {
	session, _, err := getRecord[helpdesk.Session](ctx, s, s.keys.account(account).session(hash))
	if err != nil {
		return nil, fmt.Errorf("read session: %w", err)
	}
	if session == nil || !now.Before(session.Expires) {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such session")
	}
	return session, nil
}

// EndSession forgets a session; ending one that is not there is no error.
func (s *Store) EndSession(ctx context.Context, account, hash string) error {
	_, err := s.txn(ctx, nil, clientv3.OpDelete(s.keys.account(account).session(hash)))
	return err
}

// Sweep removes what has lapsed at now: sessions, passes,
// drafts, budgets, held mail, signatures, and deliveries that belong to no ticket. It
// is safe to run on several replicas at once and returns how many records went.
func (s *Store) Sweep(ctx context.Context, account string, now time.Time) (int, error) {
	t := s.keys.account(account)
	gone := 0
	heldLapsed := func(v []byte) bool {
		var x helpdesk.HeldItem
		return json.Unmarshal(v, &x) == nil && !x.Expires.IsZero() && now.After(x.Expires)
	}
	for prefix, lapsed := range map[string]func([]byte) bool{
		t.sessions(): func(v []byte) bool {
			var x helpdesk.Session
			return json.Unmarshal(v, &x) == nil && now.After(x.Expires)
		},
		t.budgets(): func(v []byte) bool {
			var x helpdesk.Budget
			return json.Unmarshal(v, &x) == nil && now.After(x.Until)
		},
		t.failedAll(): func(v []byte) bool {
			var x given
			return json.Unmarshal(v, &x) == nil && now.After(x.Until)
		},
		t.customers(): func(v []byte) bool {
			var x helpdesk.CustomerSession
			return json.Unmarshal(v, &x) == nil && now.After(x.Expires)
		},
		t.passes(): func(v []byte) bool {
			var x helpdesk.Pass
			return json.Unmarshal(v, &x) == nil && now.After(x.Expires)
		},
		t.askedAll(): func(v []byte) bool {
			var x helpdesk.Pass
			return json.Unmarshal(v, &x) == nil && now.After(x.Expires)
		},
		t.drafts(): func(v []byte) bool {
			var x helpdesk.Draft
			return json.Unmarshal(v, &x) == nil && now.After(x.Expires)
		},
		t.deliveries(0): func(v []byte) bool { // those of no ticket
			var x helpdesk.Delivery
			return json.Unmarshal(v, &x) == nil && x.State.Final() && now.After(x.Last.When(x.Created).Add(FailedFor))
		},
		t.heldAll():    heldLapsed,
		t.decidedAll(): heldLapsed,
		t.signatures(): func(v []byte) bool {
			var x helpdesk.Signature
			return json.Unmarshal(v, &x) == nil && now.After(x.Until)
		},
	} {
		n, err := s.sweep(ctx, prefix, lapsed)
		gone += n
		if err != nil {
			return gone, fmt.Errorf("sweep: %w", err)
		}
	}
	return gone, nil
}

// sweepPage is how many records one round trip of a sweep reads: small enough
// never to hold up the commits of mail.
const sweepPage = 500

func (s *Store) sweep(ctx context.Context, prefix string, lapsed func([]byte) bool) (int, error) {
	gone, from := 0, prefix
	for {
		resp, err := s.get(ctx, from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)), clientv3.WithLimit(sweepPage))
		if err != nil {
			return gone, err
		}
		for _, kv := range resp.Kvs {
			if !lapsed(kv.Value) {
				continue
			}
			key := string(kv.Key)
			if _, err := s.txn(ctx, []clientv3.Cmp{unchanged(key, kv.ModRevision)}, clientv3.OpDelete(key)); err != nil {
				return gone, err
			}
			gone++
		}
		if !resp.More {
			return gone, nil
		}
		from = string(resp.Kvs[len(resp.Kvs)-1].Key) + "\x00"
	}
}
