package search

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// batch is what one transaction brings in.
type batch struct {
	docs []*document
	gone []helpdesk.TicketID
	rev  int64 // everything up to here is in with this batch; 0: not everything is
}

// put writes a batch. What is there already in the same words stays where it is.
func (f *file) put(ctx context.Context, b *batch, now time.Time) error {
	// FTS5 writes out what it has collected whenever rows come in another order.
	slices.SortFunc(b.docs, func(a, b *document) int { return int(min(max(a.row-b.row, -1), 1)) })
	return f.change(ctx, func(tx *sql.Tx) error {
		left := false // words of something that is not there any more
		for _, id := range b.gone {
			removed, err := remove(ctx, tx, id)
			if err != nil {
				return err
			}
			left = left || removed
		}
		for _, d := range b.docs {
			removed, err := replace(ctx, tx, d)
			if err != nil {
				return err
			}
			left = left || removed
		}
		if left {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING`, metaGone, now.Unix()); err != nil {
				return err
			}
		}
		if b.rev > 0 {
			return putMeta(ctx, tx, metaRev, b.rev)
		}
		return nil
	})
}

// remove takes a ticket out. It reports whether it was there.
func remove(ctx context.Context, tx *sql.Tx, id helpdesk.TicketID) (bool, error) {
	var row int64
	err := tx.QueryRowContext(ctx, `DELETE FROM doc WHERE ticket = ? RETURNING row`, int64(id)).Scan(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM words WHERE rowid = ?`, row)
	}
	return err == nil, err
}

// replace brings a document in, and reports whether another one of the ticket had
// to go for that.
func replace(ctx context.Context, tx *sql.Tx, d *document) (bool, error) {
	sum := d.sum()
	var same bool
	err := tx.QueryRowContext(ctx, `UPDATE doc SET rev = ? WHERE ticket = ? RETURNING sum = ?`, d.rev, int64(d.id), sum).Scan(&same)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || same {
		return false, err
	}
	removed, err := remove(ctx, tx, d.id)
	if err != nil {
		return false, err
	}
	row, err := freeRow(ctx, tx, d.row)
	if err != nil {
		return false, err
	}
	if _, err = tx.ExecContext(ctx, `INSERT INTO doc (row, ticket, rev, sum) VALUES (?, ?, ?, ?)`, row, int64(d.id), d.rev, sum); err == nil {
		_, err = tx.ExecContext(ctx, `INSERT INTO words (rowid, subject, text, people, about, marks) VALUES (?, ?, ?, ?, ?, ?)`,
			row, d.subject, d.text, d.people, d.about, d.marks)
	}
	return removed, err
}

// freeRow is the row wanted, or the next one where nothing stands: imports and tests
// make many tickets of one moment.
func freeRow(ctx context.Context, tx *sql.Tx, wanted int64) (int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT row FROM doc WHERE row >= ? ORDER BY row`, wanted)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var taken int64
		if err := rows.Scan(&taken); err != nil {
			return 0, err
		}
		if taken != wanted {
			break
		}
		wanted++
	}
	return wanted, rows.Err()
}
