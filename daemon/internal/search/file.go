package search

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// version of what stands in files: of the tables and of how words are cut. A file of
// another one is thrown away.
const version = 2

// The table of documents says where each ticket stands: rows are in the order of
// time, so that what was heard of last is found first without looking at the rest.
//
// The words themselves are kept in no order that could be read again; FTS5 keeps for
// each of them the rows and places where it stands. Beginnings of words have such lists
// of their own, from shortestListed to longestListed letters. For any other one FTS5
// first puts together the lists of all words that begin so, to the last row, before it
// tells the newest: that takes long for the thousands of words of three or four letters.
var tables = []string{
	`CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID`,
	`CREATE TABLE doc (row INTEGER PRIMARY KEY, ticket INTEGER NOT NULL UNIQUE, rev INTEGER NOT NULL, sum BLOB NOT NULL)`,
	`CREATE VIRTUAL TABLE words USING fts5 (subject, text, people, about, marks, content = '', contentless_delete = 1, prefix = '2 3 4',
		tokenize = "ascii tokenchars '@.:_+-'")`,
	// So much is collected in memory before it is written.
	`INSERT INTO words (words, rank) VALUES ('hashsize', 4194304)`,
	fmt.Sprintf(`PRAGMA user_version = %d`, version),
}

// Letters of beginnings that have lists of their own.
const shortestListed, longestListed = 2, 4

// Names of numbers in meta.
const (
	metaRev   = "rev"   // everything up to this revision of the store is in
	metaGone  = "gone"  // seconds; since when words are left of what was changed or removed
	metaPurge = "purge" // 1 while these are being taken out
)

const (
	// readers at once: there is work for two processors in one file, and each has a
	// cache of its own.
	readers = 4
	// Caches in KiB, of a reader and of the writer.
	readCache, writeCache = 4 << 10, 16 << 10
	// busyMillis is how long one waits for another's lock: there is one writer.
	busyMillis = 5000
)

// file is the index of one account on disk.
type file struct {
	path  string
	write *sql.DB // one connection
	read  *sql.DB
	// walked is [walkedForEach]; tests make it another.
	walked int
}

// errUnusable says that a file is broken, or not of this program.
var errUnusable = errors.New("the index of searches is broken or of another version")

// openFile opens the index in a folder, or begins one.
func openFile(ctx context.Context, dir string) (*file, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f := &file{path: filepath.Join(dir, "words.db"), walked: walkedForEach}
	_, err := os.Stat(f.path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if f.write, err = f.connect(writeCache, "&_txlock=immediate"); err != nil {
		return nil, err
	}
	f.write.SetMaxOpenConns(1)
	if fresh {
		err = f.begin(ctx)
	} else {
		err = f.check(ctx)
	}
	if err == nil {
		f.read, err = f.connect(readCache, "&_pragma=query_only(1)")
	}
	if err != nil {
		f.close()
		return nil, err
	}
	f.read.SetMaxOpenConns(readers)
	f.read.SetMaxIdleConns(readers)
	return f, nil
}

// connect opens the database. What is deleted is overwritten, and a crash costs the
// last moments, which are read again.
func (f *file) connect(cache int, more string) (*sql.DB, error) {
	at := url.URL{Scheme: "file", Opaque: url.PathEscape(f.path)}
	return sql.Open("sqlite", fmt.Sprintf("%s?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=secure_delete(1)&_pragma=cache_size(-%d)&_pragma=busy_timeout(%d)&_pragma=journal_size_limit(8388608)%s",
		at.String(), cache, busyMillis, more))
}

func (f *file) begin(ctx context.Context) error {
	for _, t := range tables {
		if _, err := f.write.ExecContext(ctx, t); err != nil {
			return fmt.Errorf("begin index of searches: %w", err)
		}
	}
	return os.Chmod(f.path, 0o600)
}

// check looks whether the file is one of this program, and whole as far as a quick
// look tells.
func (f *file) check(ctx context.Context) error {
	var got int
	if err := f.write.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&got); err != nil {
		return broken(err)
	}
	if got != version {
		return fmt.Errorf("%w: it is of version %d, not %d", errUnusable, got, version)
	}
	var n int
	err := f.write.QueryRowContext(ctx, `SELECT count(*) FROM words WHERE words MATCH '"has:file"'`).Scan(&n)
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == 1 { // there is no such table, or it is another one
		return fmt.Errorf("%w: %w", errUnusable, err)
	}
	return broken(err)
}

func (f *file) close() {
	for _, db := range []*sql.DB{f.read, f.write} {
		if db != nil {
			_ = db.Close() // nothing is lost that could not be read again
		}
	}
}

// size is how many bytes it takes on disk.
func (f *file) size() int64 {
	var sum int64
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(f.path + suffix); err == nil {
			sum += info.Size()
		}
	}
	return sum
}

// meta reads a number; 0 if there is none.
func (f *file) meta(ctx context.Context, name string) (int64, error) {
	var n int64
	err := f.write.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, broken(err)
}

func (f *file) setMeta(ctx context.Context, name string, n int64) error {
	return f.change(ctx, func(tx *sql.Tx) error { return putMeta(ctx, tx, name, n) })
}

func putMeta(ctx context.Context, tx *sql.Tx, name string, n int64) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)`, name, n)
	return err
}

// change makes one transaction.
func (f *file) change(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return broken(err)
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return broken(err)
	}
	return broken(tx.Commit())
}

// known is the revision at which each ticket is in.
func (f *file) known(ctx context.Context) (map[helpdesk.TicketID]int64, error) {
	rows, err := f.read.QueryContext(ctx, `SELECT ticket, rev FROM doc`)
	if err != nil {
		return nil, broken(err)
	}
	defer rows.Close()
	all := map[helpdesk.TicketID]int64{}
	for rows.Next() {
		var id, rev int64
		if err := rows.Scan(&id, &rev); err != nil {
			return nil, broken(err)
		}
		all[helpdesk.TicketID(id)] = rev
	}
	return all, broken(rows.Err())
}

// count is how many tickets are in.
func (f *file) count(ctx context.Context) (n int, err error) {
	err = f.read.QueryRowContext(ctx, `SELECT count(*) FROM doc`).Scan(&n)
	return n, broken(err)
}

// broken marks errors that only a new file mends.
func broken(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		const corrupt, notADatabase = 11, 26
		switch e.Code() & 0xff { // the rest tells details
		case corrupt, notADatabase:
			return fmt.Errorf("%w: %w", errUnusable, err)
		}
	}
	return err
}
