package store

import (
	"bytes"
	"context"
	"slices"

	"github.com/posterndesk/postern/config/wire"
)

// Promote keeps documents that every replica has loaded as the last good ones, as
// they lie there now. Those that are not there, or are the last good ones, are passed
// over. Errors are those of Write.
func (s *Store) Promote(ctx context.Context, account string, refs []wire.Ref) error {
	if _, _, err := s.leading(); err != nil {
		return err
	}
	t := s.begin(account)
	defer s.end(account, t)
	var ops []op
	for _, ref := range slices.SortedFunc(slices.Values(refs), wire.Ref.Compare) {
		from, to := s.o.Keys.Document(account, ref), s.o.Keys.LastGoodDocument(account, ref)
		raw, fromSeen, there := s.declared.Get(from)
		last, seen, _ := s.lastGood.Get(to)
		if there && !bytes.Equal(raw, last) {
			ops = append(ops, op{key: to, value: raw, seen: seen, from: from, fromSeen: fromSeen})
		}
	}
	return s.commit(ctx, "", ops)
}
