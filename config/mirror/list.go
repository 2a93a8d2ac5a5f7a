package mirror

import (
	"context"
	"math/rand/v2"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// list reads all, and tells what is different from what is held.
func (m *Mirror) list(ctx context.Context) error {
	first := m.held.reached() == 0
	m.held.listing()
	found, revision, err := m.read(ctx)
	if err != nil {
		return err
	}
	changes := m.held.replace(found, revision, m.back)
	if first || len(changes) > 0 {
		m.o.See(Batch{Revision: revision, Changes: changes, Listed: true})
	}
	m.held.settle(revision)
	m.listed, m.back = true, false
	m.relist = time.Now().Add(m.o.Relist*9/10 + rand.N(m.o.Relist/5+1))
	return nil
}

// read reads all pages as they are at one revision.
func (m *Mirror) read(ctx context.Context) (found []*mvccpb.KeyValue, revision int64, err error) {
	end := clientv3.GetPrefixRangeEnd(m.o.Prefix)
	for next := m.o.Prefix; ; {
		r, err := m.readPage(ctx, next, end, revision)
		if err != nil {
			return nil, 0, err
		}
		if revision == 0 {
			revision = r.Header.Revision
		}
		found = append(found, r.Kvs...)
		if !r.More {
			return found, revision, nil
		}
		next = string(found[len(found)-1].Key) + "\x00"
	}
}

func (m *Mirror) readPage(ctx context.Context, from, end string, revision int64) (*clientv3.GetResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	return m.o.Client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithRev(revision), clientv3.WithLimit(m.page))
}
