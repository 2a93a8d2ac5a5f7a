package store

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Freed are the blobs of which an erasing removed a mention.
func (s *Store) Freed(ctx context.Context, account string, job helpdesk.ID) (map[string]bool, error) {
	found := map[string]bool{}
	_, err := s.scan(ctx, s.keys.account(account).record(helpdesk.EraseRecord, string(job)+"/"), func(kv *mvccpb.KeyValue) {
		var f helpdesk.Freed
		if json.Unmarshal(kv.Value, &f) == nil {
			for _, hash := range f.Blobs {
				found[hash] = true
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list freed blobs: %w", err)
	}
	return found, nil
}

// ForgetFreed removes what an erasing noted about blobs.
func (s *Store) ForgetFreed(ctx context.Context, account string, job helpdesk.ID) error {
	_, err := s.txn(ctx, nil, clientv3.OpDelete(s.keys.account(account).record(helpdesk.EraseRecord, string(job)+"/"), clientv3.WithPrefix()))
	return err
}

// ForgetTombs takes the name of an erasing off the requests that it took away.
func (s *Store) ForgetTombs(ctx context.Context, account string, job helpdesk.ID) error {
	x := &sifting{store: s, tenant: s.keys.account(account), account: account}
	return x.each(ctx, x.tenant.records(helpdesk.TombRecord), func(kv *mvccpb.KeyValue) error {
		var tomb helpdesk.Tomb
		if json.Unmarshal(kv.Value, &tomb) != nil || tomb.By != job {
			return nil
		}
		tomb.By = ""
		b := x.batch()
		b.guarded(string(kv.Key), kv.ModRevision, tomb)
		return b.commit(ctx, s)
	})
}

// hashes are how blobs are named in records.
var hashes = regexp.MustCompile(`[0-9a-f]{64}`)

// Mentioned tells which of some blobs any record of an account names, whatever kind it
// is; what an erasing noted does not count.
func (s *Store) Mentioned(ctx context.Context, account string, blobs map[string]bool) (map[string]bool, error) {
	t := s.keys.account(account)
	own := t.records(helpdesk.EraseRecord)
	found := map[string]bool{}
	x := &sifting{store: s, tenant: t, account: account}
	err := x.each(ctx, t.root, func(kv *mvccpb.KeyValue) error {
		if strings.HasPrefix(string(kv.Key), own) {
			return nil
		}
		for _, hash := range hashes.FindAll(kv.Value, -1) {
			if blobs[string(hash)] {
				found[string(hash)] = true
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what names blobs: %w", err)
	}
	return found, nil
}
