package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Record reads one record of a kind into what into points to; NotFound if there is
// none.
func (s *Store) Record(ctx context.Context, account string, kind helpdesk.RecordKind, id string, into any) (rev int64, err error) {
	if !goodRecordID(id) {
		return 0, helpdesk.Errorf(helpdesk.NotFound, "there is no such %s", kind)
	}
	resp, err := s.get(ctx, s.keys.account(account).record(kind, id))
	switch {
	case err != nil:
		return 0, fmt.Errorf("read %s: %w", kind, err)
	case len(resp.Kvs) == 0:
		return 0, helpdesk.Errorf(helpdesk.NotFound, "there is no such %s", kind)
	}
	if err := json.Unmarshal(resp.Kvs[0].Value, into); err != nil {
		return 0, fmt.Errorf("read record %s: %w", resp.Kvs[0].Key, err)
	}
	return resp.Kvs[0].ModRevision, nil
}

// goodRecordID keeps an id from outside from naming anything else: ids are short,
// and have one slash at most.
func goodRecordID(id string) bool {
	return id != "" && len(id) <= 200 && strings.Count(id, "/") <= 1 && !strings.HasPrefix(id, "/") && !strings.HasSuffix(id, "/")
}

// NewestRecords reads up to limit records of a kind whose ids begin with under and go on
// with from or more and less than before ("" is no bound), the last first. The store
// looks at all of the range.
func (s *Store) NewestRecords(ctx context.Context, account string, kind helpdesk.RecordKind, under, from, before string, limit int) (found []helpdesk.StoredRecord, err error) {
	root := s.keys.account(account).records(kind)
	end := clientv3.GetPrefixRangeEnd(root + under)
	if before != "" {
		end = root + under + before
	}
	if root+under+from >= end {
		return nil, nil
	}
	resp, err := s.get(ctx, root+under+from, clientv3.WithRange(end), clientv3.WithLimit(int64(limit)), clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend))
	if err != nil {
		return nil, fmt.Errorf("list %s records: %w", kind, err)
	}
	for _, kv := range resp.Kvs {
		found = append(found, helpdesk.StoredRecord{ID: strings.TrimPrefix(string(kv.Key), root), Rev: kv.ModRevision, Raw: kv.Value})
	}
	return found, nil
}

// Records reads up to limit records of a kind whose ids begin with under and come
// after an id ("" from the first), in the order of their ids. next is where to go on,
// "" at the end.
func (s *Store) Records(ctx context.Context, account string, kind helpdesk.RecordKind, under, after string, limit int) (found []helpdesk.StoredRecord, next string, err error) {
	root := s.keys.account(account).records(kind)
	prefix := root + under
	from := prefix
	if after != "" {
		from = root + after + "\x00"
	}
	resp, err := s.get(ctx, from, clientv3.WithRange(clientv3.GetPrefixRangeEnd(prefix)), clientv3.WithLimit(int64(limit)))
	if err != nil {
		return nil, "", fmt.Errorf("list %s records: %w", kind, err)
	}
	for _, kv := range resp.Kvs {
		found = append(found, helpdesk.StoredRecord{ID: strings.TrimPrefix(string(kv.Key), root), Rev: kv.ModRevision, Raw: kv.Value})
	}
	if resp.More {
		next = found[len(found)-1].ID
	}
	return found, next, nil
}
