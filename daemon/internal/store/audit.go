package store

import (
	"context"
	"encoding/json"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// commitAudited commits a change with its audit records at the end of the chain. Who
// loses only the race for that end tries again here: the change itself rests on
// nothing of it.
func (s *Store) commitAudited(ctx context.Context, c *helpdesk.Change) error {
	for try := range helpdesk.MaxTries {
		head, rev, err := s.auditHead(ctx, c.Account)
		if err != nil {
			return err
		}
		b := s.change(c)
		for i := range c.Audit {
			head.Next(&c.Audit[i])
			b.guarded(b.tenant.audit(c.Audit[i].Seq), 0, &c.Audit[i])
		}
		b.guarded(b.tenant.auditHead(), rev, head)
		err = b.commit(ctx, s)
		if err == nil && s.onAudit != nil {
			for i := range c.Audit {
				s.onAudit(c.Account, &c.Audit[i])
			}
		}
		if helpdesk.KindOf(err) != helpdesk.Conflict {
			return err
		}
		switch _, now, readErr := s.auditHead(ctx, c.Account); {
		case readErr != nil:
			return readErr
		case now == rev: // the rest was lost: whoever decided has to decide anew
			return err
		}
		if err := helpdesk.Pause(ctx, try); err != nil {
			return err
		}
	}
	return helpdesk.Errorf(helpdesk.Unavailable, "too many changes at once")
}

// OnAudit has each record told that is written from now on: the log of the process then
// says what the end of the chain was, out of reach of who changes the store. It is set
// before the store is used.
func (s *Store) OnAudit(tell func(account string, r *helpdesk.AuditRecord)) { s.onAudit = tell }

// AuditHead is the end of the chain of an account.
func (s *Store) AuditHead(ctx context.Context, account string) (helpdesk.AuditHead, error) {
	head, _, err := s.auditHead(ctx, account)
	return head, err
}

func (s *Store) auditHead(ctx context.Context, account string) (head helpdesk.AuditHead, rev int64, err error) {
	found, rev, err := getRecord[helpdesk.AuditHead](ctx, s, s.keys.account(account).auditHead())
	if err != nil {
		return head, 0, fmt.Errorf("read the end of the audit log: %w", err)
	}
	if found != nil {
		head = *found
	}
	return head, rev, nil
}

// Audit reads up to limit records from a number on, in order; with newest it reads
// from before that number (0: from the end) backwards.
func (s *Store) Audit(ctx context.Context, account string, from int64, newest bool, limit int) ([]helpdesk.AuditRecord, error) {
	t := s.keys.account(account)
	key, end, order := t.audit(from), clientv3.GetPrefixRangeEnd(t.audits()), clientv3.SortAscend
	if newest {
		key, order = t.audits(), clientv3.SortDescend
		if from > 0 {
			end = t.audit(from)
		}
	}
	resp, err := s.get(ctx, key, clientv3.WithRange(end), clientv3.WithLimit(int64(limit)), clientv3.WithSort(clientv3.SortByKey, order))
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	var found []helpdesk.AuditRecord
	for _, kv := range resp.Kvs {
		var r helpdesk.AuditRecord
		if err := json.Unmarshal(kv.Value, &r); err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		found = append(found, r)
	}
	return found, nil
}
