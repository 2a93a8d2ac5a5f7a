package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// ContactHead is what lists keep of a contact. It is a part of [helpdesk.Contact].
type ContactHead struct {
	Name      string `json:"name"`
	Addresses []struct {
		Address helpdesk.Address `json:"address"`
	} `json:"addresses"`
	Blocked    *struct{}        `json:"blocked"`
	Deleted    *helpdesk.Called `json:"deleted"`
	Erasing    *time.Time       `json:"erasing"`
	MergedInto helpdesk.ID      `json:"mergedInto"`
}

// ContactNews is a contact as a listing or a watch tells of it.
type ContactNews struct {
	ID   helpdesk.ID
	Gone bool
	raw  []byte
}

// Head reads the contact's record.
func (n ContactNews) Head() (ContactHead, error) {
	var head ContactHead
	if err := json.Unmarshal(n.raw, &head); err != nil {
		return head, fmt.Errorf("read contact %s: %w", n.ID, err)
	}
	return head, nil
}

// ScanContacts is [Store.ScanTickets] for contacts.
func (s *Store) ScanContacts(ctx context.Context, account string, see func(ContactNews)) (int64, error) {
	prefix := s.keys.account(account).contacts()
	rev, err := s.scan(ctx, prefix, func(kv *mvccpb.KeyValue) { tellContact(prefix, kv, false, see) })
	if err != nil {
		return 0, fmt.Errorf("list contacts: %w", err)
	}
	return rev, nil
}

// WatchContacts is [Store.WatchTickets] for contacts.
func (s *Store) WatchContacts(ctx context.Context, account string, after int64, see func(ContactNews), reached func(rev int64)) error {
	prefix := s.keys.account(account).contacts()
	if err := s.watch(ctx, prefix, after, func(kv *mvccpb.KeyValue, gone bool) { tellContact(prefix, kv, gone, see) }, reached); err != nil {
		return fmt.Errorf("watch contacts: %w", err)
	}
	return nil
}

func tellContact(prefix string, kv *mvccpb.KeyValue, gone bool, see func(ContactNews)) {
	see(ContactNews{ID: helpdesk.ID(kv.Key[len(prefix):]), Gone: gone, raw: kv.Value})
}

// ContactsByID reads contacts in one round trip, in the order in which they are asked
// for; those that are not there are left out. At most MaxOps are looked at.
func (s *Store) ContactsByID(ctx context.Context, account string, ids []helpdesk.ID) ([]helpdesk.Contact, error) {
	t := s.keys.account(account)
	ids = ids[:min(len(ids), MaxOps)]
	if len(ids) == 0 {
		return nil, nil
	}
	ops := make([]clientv3.Op, len(ids))
	for i, id := range ids {
		ops[i] = s.opGet(t.contact(id))
	}
	resp, err := s.txn(ctx, nil, ops...)
	if err != nil {
		return nil, fmt.Errorf("list contacts: %w", err)
	}
	var found []helpdesk.Contact
	for i := range ids {
		c, err := one[helpdesk.Contact](resp, i)
		if err != nil {
			return nil, err
		}
		if c != nil {
			c.Rev = kvs(resp, i)[0].ModRevision
			found = append(found, *c)
		}
	}
	return found, nil
}
