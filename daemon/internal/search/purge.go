package search

import (
	"context"
	"database/sql"
	"time"
)

// What was removed or said in other words is not found any more at once, but FTS5
// leaves its words in the file until it puts segments together for other reasons.
// Some time after, everything is written anew, a little at a time, so that nothing
// of it is left.
const (
	// purgeAfter is how long words may be left, before their removal begins: writing
	// everything anew is too much work for each change.
	purgeAfter = 12 * time.Hour
	// purgeLook is how often it is looked whether it is time.
	purgeLook = 10 * time.Minute
	// purgePages is how many pages (4 KiB) one step writes, in some ten ms; purgeRest
	// is how long others have the processor in between.
	purgePages = 500
	purgeRest  = 100 * time.Millisecond
)

// purge takes out words that are left, until ctx ends.
func (s *shelf) purge(ctx context.Context, f *file) {
	ticker := time.NewTicker(purgeLook)
	defer ticker.Stop()
	for {
		if err := f.purgeIfDue(ctx, s.now(), purgeAfter, purgeRest); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "index of searches keeps words of what is gone", "error", err)
			s.suspect(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// purgeIfDue does it if words are left for longer than that. After a crash it goes
// on where it was.
func (f *file) purgeIfDue(ctx context.Context, now time.Time, after, rest time.Duration) error {
	gone, err := f.meta(ctx, metaGone)
	if err != nil {
		return err
	}
	under, err := f.meta(ctx, metaPurge)
	if err != nil {
		return err
	}
	pages := purgePages // to go on with a merge
	if under == 0 {
		if gone == 0 || now.Sub(time.Unix(gone, 0)) < after {
			return nil
		}
		pages = -purgePages // begins a merge of everything that there is now
		if err := f.change(ctx, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, `DELETE FROM meta WHERE name = ?`, metaGone); err != nil {
				return err
			}
			return putMeta(ctx, tx, metaPurge, 1)
		}); err != nil {
			return err
		}
	}
	if err := f.merge(ctx, pages, rest); err != nil {
		return err
	}
	if err := f.setMeta(ctx, metaPurge, 0); err != nil {
		return err
	}
	_, err = f.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return broken(err)
}

// merge writes everything into one segment, as much at a time as pages says, until
// there is nothing to do (FTS5, "the 'merge' command").
func (f *file) merge(ctx context.Context, pages int, rest time.Duration) error {
	for {
		var before, after int64
		if err := f.change(ctx, func(tx *sql.Tx) error {
			if err := tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&before); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO words (words, rank) VALUES ('merge', ?)`, pages); err != nil {
				return err
			}
			return tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&after)
		}); err != nil {
			return err
		}
		if after-before < 2 {
			return nil
		}
		pages = purgePages
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest):
		}
	}
}
