package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Poll reads who fetches the mail of a mailbox; a zero record if nobody ever did.
func (s *Store) Poll(ctx context.Context, account, mailbox string) (*helpdesk.Poll, error) {
	p, rev, err := getRecord[helpdesk.Poll](ctx, s, s.keys.account(account).poll(mailbox))
	if err != nil {
		return nil, fmt.Errorf("read state of mailbox: %w", err)
	}
	if p == nil {
		return &helpdesk.Poll{Mailbox: mailbox}, nil
	}
	p.Rev = rev
	return p, nil
}

// SavePoll writes it if it still is as it was read; Conflict if it is not.
// Afterwards p.Rev is the new revision.
func (s *Store) SavePoll(ctx context.Context, account string, p *helpdesk.Poll) error {
	p.Schema = Schema
	b := s.batch(account)
	b.guarded(b.tenant.poll(p.Mailbox), p.Rev, p)
	rev, err := b.saved(ctx, s)
	if err == nil {
		p.Rev = rev
	}
	return err
}

// Cursor reads how far a mailbox was fetched; nil if it never was.
func (s *Store) Cursor(ctx context.Context, account, mailbox string) (*helpdesk.Cursor, error) {
	c, rev, err := getRecord[helpdesk.Cursor](ctx, s, s.keys.account(account).cursor(mailbox))
	if err != nil || c == nil {
		return nil, err
	}
	c.Mailbox, c.Rev = mailbox, rev
	return c, nil
}

// MaxForgotten is how many marks one SaveCursor can remove beside its own write.
const MaxForgotten = MaxOps - 1

// SaveCursor writes the cursor if it still is as it was read, and removes marks
// that are of no more use, at most [MaxForgotten]. Afterwards c.Rev is the new
// revision.
func (s *Store) SaveCursor(ctx context.Context, account string, c *helpdesk.Cursor, forget ...helpdesk.Mark) error {
	c.Schema = Schema
	b := s.batch(account)
	b.guarded(b.tenant.cursor(c.Mailbox), c.Rev, c)
	for i := range forget {
		b.ops = append(b.ops, clientv3.OpDelete(b.tenant.mark(&forget[i])))
	}
	rev, err := b.saved(ctx, s)
	if err == nil {
		c.Rev = rev
	}
	return err
}

// Marks reads the marks of one numbering of a mailbox, lowest UID first, at most
// so many.
func (s *Store) Marks(ctx context.Context, account, mailbox string, numbering int64, most int) ([]helpdesk.Mark, error) {
	prefix := s.keys.account(account).marks(mailbox, numbering)
	resp, err := s.get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithLimit(int64(most)))
	if err != nil {
		return nil, fmt.Errorf("read marks: %w", err)
	}
	var marks []helpdesk.Mark
	for _, kv := range resp.Kvs {
		m := helpdesk.Mark{Mailbox: mailbox, Numbering: numbering}
		if err := json.Unmarshal(kv.Value, &m); err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		uid, err := strconv.ParseUint(strings.TrimPrefix(string(kv.Key), prefix), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		m.UID = uint32(uid)
		marks = append(marks, m)
	}
	return marks, nil
}

// ForgetMarks removes all marks of numberings before this one.
func (s *Store) ForgetMarks(ctx context.Context, account, mailbox string, before int64) error {
	t := s.keys.account(account)
	_, err := s.txn(ctx, nil, clientv3.OpDelete(t.marksAll(mailbox), clientv3.WithRange(t.marks(mailbox, before))))
	if err != nil {
		return fmt.Errorf("remove marks: %w", err)
	}
	return nil
}
