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

// Sessions reads all sessions of an account's agents. They last a working day, so they
// are few.
func (s *Store) Sessions(ctx context.Context, account string) ([]helpdesk.Session, error) {
	return list[helpdesk.Session](ctx, s, s.keys.account(account).sessions(), nil)
}

// ChangeSession writes a session anew that is there.
func (s *Store) ChangeSession(ctx context.Context, account, hash string, session helpdesk.Session) error {
	key := s.keys.account(account).session(hash)
	b := batch{keys: s.keys, tenant: s.keys.account(account), account: account}
	b.cmps = append(b.cmps, clientv3.Compare(clientv3.ModRevision(key), ">", 0))
	b.put(key, session)
	return b.commit(ctx, s)
}

// EndSessions forgets those sessions of an account's agents of which ends is true.
func (s *Store) EndSessions(ctx context.Context, account string, ends func(helpdesk.Session) bool) error {
	return endSessions(ctx, s, s.keys.account(account).sessions(), ends)
}

// EndSession forgets a session; ending one that is not there is no error.
func (s *Store) EndSession(ctx context.Context, account, hash string) error {
	_, err := s.txn(ctx, nil, clientv3.OpDelete(s.keys.account(account).session(hash)))
	return err
}

// Sweep removes what has lapsed at now: sessions, passes, drafts, budgets, held mail,
// signatures, and deliveries that belong to no ticket. It is safe to run on several
// replicas at once and returns how many records went.
func (s *Store) Sweep(ctx context.Context, account string, now time.Time) (int, error) {
	gone := 0
	for prefix, lapsed := range s.keys.account(account).lapsing(now) {
		n, err := s.sweep(ctx, prefix, lapsed)
		gone += n
		if err != nil {
			return gone, fmt.Errorf("sweep: %w", err)
		}
	}
	return gone, nil
}

// lapsing tells for each prefix whose records end by themselves which of them have
// at now.
func (t tenant) lapsing(now time.Time) map[string]func([]byte) bool {
	pass := lapsedAt(now, func(x helpdesk.Pass) time.Time { return x.Expires })
	held := lapsed(func(x helpdesk.HeldItem) bool { return !x.Expires.IsZero() && now.After(x.Expires) })
	lapsing := map[string]func([]byte) bool{
		t.sessions():   lapsedAt(now, func(x helpdesk.Session) time.Time { return x.Expires }),
		t.customers():  lapsedAt(now, func(x helpdesk.CustomerSession) time.Time { return x.Expires }),
		t.budgets():    lapsedAt(now, func(x helpdesk.Budget) time.Time { return x.Until }),
		t.failedAll():  lapsedAt(now, func(x given) time.Time { return x.Until }),
		t.passes():     pass,
		t.askedAll():   pass,
		t.drafts():     lapsedAt(now, func(x helpdesk.Draft) time.Time { return x.Expires }),
		t.heldAll():    held,
		t.decidedAll(): held,
		t.signatures(): lapsedAt(now, func(x helpdesk.Signature) time.Time { return x.Until }),
		t.deliveries(0): lapsed(func(x helpdesk.Delivery) bool { // those of no ticket
			return x.State.Final() && now.After(x.Last.When(x.Created).Add(FailedFor))
		}),
	}
	for kind, k := range helpdesk.RecordKinds {
		if k.Lapses {
			lapsing[t.records(kind)] = lapsedAt(now, func(x struct{ Until time.Time }) time.Time { return x.Until })
		}
	}
	return lapsing
}

// lapsed reads a record and asks whether it has ended. What cannot be read stays.
func lapsed[T any](ended func(T) bool) func([]byte) bool {
	return func(v []byte) bool {
		var x T
		return json.Unmarshal(v, &x) == nil && ended(x)
	}
}

// lapsedAt is lapsed for records that say themselves when they end.
func lapsedAt[T any](now time.Time, end func(T) time.Time) func([]byte) bool {
	return lapsed(func(x T) bool { return now.After(end(x)) })
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
