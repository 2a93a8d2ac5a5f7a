package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// HeldHead is what is counted of a held item that waits. It is a part of
// [helpdesk.HeldItem].
type HeldHead struct {
	Mailbox string    `json:"mailbox"`
	At      time.Time `json:"at"`
}

// HeldNews is a held item that waits as a listing or a watch tells of it; Gone of one
// that was decided, or whose time is over.
type HeldNews struct {
	ID   helpdesk.ID
	Gone bool
	raw  []byte
}

// Head reads the item's record.
func (n HeldNews) Head() (HeldHead, error) {
	var head HeldHead
	if err := json.Unmarshal(n.raw, &head); err != nil {
		return head, fmt.Errorf("read held mail %s: %w", n.ID, err)
	}
	return head, nil
}

// heldPage is how many held items one round trip of a listing reads: each has a
// mail's text, so that they are up to some MiB together.
const heldPage = 100

// ScanHeld is [Store.ScanTickets] for held items that wait.
func (s *Store) ScanHeld(ctx context.Context, account string, see func(HeldNews)) (int64, error) {
	prefix := s.keys.account(account).heldAll()
	rev, err := s.scanBy(ctx, heldPage, prefix, func(kv *mvccpb.KeyValue) { tellHeld(prefix, kv, false, see) })
	if err != nil {
		return 0, fmt.Errorf("list held mail: %w", err)
	}
	return rev, nil
}

// WatchHeld is [Store.WatchTickets] for held items that wait.
func (s *Store) WatchHeld(ctx context.Context, account string, after int64, see func(HeldNews)) error {
	prefix := s.keys.account(account).heldAll()
	err := s.watch(ctx, prefix, after, func(kv *mvccpb.KeyValue, gone bool) { tellHeld(prefix, kv, gone, see) }, func(int64) {})
	if err != nil {
		return fmt.Errorf("watch held mail: %w", err)
	}
	return nil
}

func tellHeld(prefix string, kv *mvccpb.KeyValue, gone bool, see func(HeldNews)) {
	see(HeldNews{ID: helpdesk.ID(kv.Key[len(prefix):]), Gone: gone, raw: kv.Value})
}
