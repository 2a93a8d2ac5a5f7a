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
	found, err := stored[T](ctx, d, account, kind, under)
	var all []T
	for _, r := range found {
		all = append(all, r.Value)
	}
	return all, err
}

// keptRecord is a record with where it stands and at which revision it was read.
type keptRecord[T any] struct {
	ID    string
	Rev   int64
	Value T
}

// stored is records for who writes them again.
func stored[T any](ctx context.Context, d *Desk, account string, kind helpdesk.RecordKind, under string) ([]keptRecord[T], error) {
	var all []keptRecord[T]
	for after := ""; ; {
		page, next, err := d.store.Records(ctx, account, kind, under, after, recordPage)
		if err != nil {
			return nil, err
		}
		for _, r := range page {
			one := keptRecord[T]{ID: r.ID, Rev: r.Rev}
			if err := json.Unmarshal(r.Raw, &one.Value); err != nil {
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
