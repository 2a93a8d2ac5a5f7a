package actions

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// record reads one record of a kind; NotFound if there is none.
func record[T any](ctx context.Context, d *Desk, account string, kind helpdesk.RecordKind, id string) (*T, int64, error) {
	found := new(T)
	rev, err := d.store.Record(ctx, account, kind, id, found)
	if err != nil {
		return nil, 0, err
	}
	return found, rev, nil
}

// recordPage is how many records one round trip reads.
const recordPage = 500

// records reads all records of a kind whose ids begin with under: of kinds that an
// account has a few hundred of at most.
func records[T any](ctx context.Context, d *Desk, account string, kind helpdesk.RecordKind, under string) ([]T, error) {
	var all []T
	for after := ""; ; {
		page, next, err := d.store.Records(ctx, account, kind, under, after, recordPage)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			var one T
			if err := json.Unmarshal(r.Raw, &one); err != nil {
				return nil, fmt.Errorf("read %s %s: %w", kind, r.ID, err)
			}
			all = append(all, one)
		}
		if next == "" {
			return all, nil
		}
		after = next
	}
}
