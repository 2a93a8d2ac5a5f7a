package blob

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// incoming holds blobs that are being written. No account can have this
	// name, because of the underscore.
	incoming = "_incoming"

	// shards of incoming: 64 writers that make and rename files in one directory
	// get a sixth less done for waiting on its lock (BenchmarkPut).
	shards = 16

	// staleAfter is the age at which a file in incoming is of a process that
	// died. Another process may be writing to the same directory, so it must be
	// longer than any transfer lets a moment pass without a byte.
	staleAfter = time.Hour

	fileMode = 0o600 // mail is nobody else's to read
	dirMode  = 0o700

	// listBatch is how many directory entries are held in memory at a time.
	listBatch = 1024
)

// Dir is a [Store] in a directory of a local file system: each blob is a file
// ACCOUNT/AA/HASH, AA being the first byte of the hash. Network file systems
// whose fsync or rename promise less are not supported.
//
// Everything goes through an [os.Root], so no name leads out of the directory.
type Dir struct {
	root *os.Root
	ops  operations

	mu sync.Mutex
	// One small value for each directory below root that was written to, so no
	// more than there are on the disk.
	folders map[string]*folder
}

// OpenDir opens the directory, makes it (with those above it) if need be, and
// removes what dead processes left behind half written.
func OpenDir(path string) (*Dir, error) {
	d, err := openDir(path, diskOperations)
	if err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	return d, nil
}

func openDir(path string, ops operations) (*Dir, error) {
	if err := makeDurable(path); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{root: root, ops: ops, folders: make(map[string]*folder)}
	for i := range shards {
		if err := root.MkdirAll(shard(i), dirMode); err != nil {
			return nil, errors.Join(DiskError("make the directory for incoming blobs", err), root.Close())
		}
	}
	if err := d.sweep(time.Now().Add(-staleAfter)); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return d, nil
}

// makeDurable makes a directory and those above it. A directory is an entry of
// its parent, which must reach the disk as well.
func makeDurable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(filepath.Clean(path))
	if parent != filepath.Clean(path) {
		if err := makeDurable(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err := os.Open(parent)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

// shard is one of the directories below incoming.
func shard(i int) string { return fmt.Sprintf("%s/%x", incoming, i) }

// sweep removes files in incoming last written before the given time.
func (d *Dir) sweep(before time.Time) error {
	for i := range shards {
		if err := d.sweepShard(shard(i), before); err != nil {
			return err
		}
	}
	return nil
}

func (d *Dir) sweepShard(dir string, before time.Time) error {
	for e, err := range d.entries(dir) {
		if err != nil {
			return DiskError("look for leftovers", err)
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && (!info.Mode().IsRegular() || !info.ModTime().Before(before)) {
			continue
		}
		if err == nil {
			err = d.root.Remove(dir + "/" + e.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another process may sweep, too
			return DiskError("remove a leftover", err)
		}
	}
	return nil
}

// Close releases the directory. Writers and readers must be done.
func (d *Dir) Close() error { return d.root.Close() }

// Create implements [Store].
func (d *Dir) Create(ctx context.Context, account string) (Writer, error) {
	if err := errors.Join(ctx.Err(), CheckAccount(account)); err != nil {
		return nil, fmt.Errorf("begin a blob: %w", err)
	}
	name := shard(mathrand.IntN(shards)) + "/" + rand.Text()
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, DiskError("begin a blob", err)
	}
	return newDirWriter(d, account, name, f), nil
}

// Open implements [Store].
func (d *Dir) Open(ctx context.Context, account string, h Hash) (Reader, error) {
	f, err := d.Fetch(ctx, account, h)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(DiskError("open blob "+h.String(), err), f.Close())
	}
	return fileReader{File: f, size: info.Size()}, nil
}

// Fetch implements [Fetcher].
func (d *Dir) Fetch(ctx context.Context, account string, h Hash) (*os.File, error) {
	if err := errors.Join(ctx.Err(), CheckAccount(account)); err != nil {
		return nil, fmt.Errorf("open blob %s: %w", h, err)
	}
	f, err := d.root.Open(filePath(account, h))
	if err != nil {
		return nil, findError("open blob "+h.String(), err)
	}
	return f, nil
}

// Scratch implements [Fetcher].
func (d *Dir) Scratch() (*os.File, error) {
	name := shard(mathrand.IntN(shards)) + "/" + rand.Text()
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, err
	}
	if err := d.root.Remove(name); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

type fileReader struct {
	*os.File
	size int64
}

func (r fileReader) Size() int64 { return r.size }

// Stat implements [Store].
func (d *Dir) Stat(ctx context.Context, account string, h Hash) (Info, error) {
	if err := errors.Join(ctx.Err(), CheckAccount(account)); err != nil {
		return Info{}, fmt.Errorf("stat blob %s: %w", h, err)
	}
	info, err := d.root.Stat(filePath(account, h))
	if err != nil {
		return Info{}, findError("stat blob "+h.String(), err)
	}
	return Info{Ref: Ref{Hash: h, Size: info.Size()}, Stored: info.ModTime()}, nil
}

// List implements [Store]. Files that are no blobs are passed over.
func (d *Dir) List(ctx context.Context, account string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := CheckAccount(account); err != nil {
			yield(Info{}, fmt.Errorf("list blobs: %w", err))
			return
		}
		for i := range 256 {
			for e, err := range d.entries(folderPath(account, byte(i))) {
				if err = errors.Join(ctx.Err(), err); err != nil {
					yield(Info{}, DiskError("list blobs", err))
					return
				}
				info, ok := blobInfo(e, byte(i))
				if ok && !yield(info, nil) {
					return
				}
			}
		}
	}
}

// blobInfo is false for what is no blob or has gone since it was listed.
func blobInfo(e fs.DirEntry, first byte) (Info, bool) {
	h, err := ParseHash(e.Name())
	if err != nil || h[0] != first || !e.Type().IsRegular() {
		return Info{}, false
	}
	info, err := e.Info()
	if err != nil {
		return Info{}, false
	}
	return Info{Ref: Ref{Hash: h, Size: info.Size()}, Stored: info.ModTime()}, true
}

// entries yields the entries of a directory; there are none in one that does
// not exist.
func (d *Dir) entries(dir string) iter.Seq2[fs.DirEntry, error] {
	return func(yield func(fs.DirEntry, error) bool) {
		f, err := d.root.Open(dir)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				yield(nil, err)
			}
			return
		}
		defer func() { _ = f.Close() }()
		for {
			batch, err := f.ReadDir(listBatch)
			for _, e := range batch {
				if !yield(e, nil) {
					return
				}
			}
			if len(batch) == 0 || err != nil {
				if err != nil && !errors.Is(err, io.EOF) {
					yield(nil, err)
				}
				return
			}
		}
	}
}

// Delete implements [Store]. The removal is durable when it returns.
func (d *Dir) Delete(ctx context.Context, account string, h Hash, before time.Time) (bool, error) {
	if err := errors.Join(ctx.Err(), CheckAccount(account)); err != nil {
		return false, fmt.Errorf("delete blob %s: %w", h, err)
	}
	deleted, path := false, filePath(account, h)
	err := d.change(d.folder(folderPath(account, h[0])), func(bool) error {
		info, err := d.root.Stat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
			return errUnchanged
		}
		if err == nil {
			err = d.root.Remove(path)
		}
		deleted = err == nil
		return err
	})
	if err != nil {
		return false, DiskError("delete blob "+h.String(), err)
	}
	return deleted, nil
}

func folderPath(account string, first byte) string { return fmt.Sprintf("%s/%02x", account, first) }

func filePath(account string, h Hash) string { return folderPath(account, h[0]) + "/" + h.String() }

// findError is for what was looked for by its hash.
func findError(doing string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w: %w", doing, ErrNotFound, err)
	}
	return DiskError(doing, err)
}

// DiskError tells apart the disk that is full.
func DiskError(doing string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%s: %w: %w", doing, ErrFull, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
