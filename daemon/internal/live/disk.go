package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// keptAccount is what is served of an account, as it is on disk. Secrets in it are
// sealed as they are in etcd.
type keptAccount struct {
	Schema   int           `json:"schema"`
	Revision int64         `json:"revision"` // of the store, at which the list was seen
	List     *wire.Account `json:"account"`
	// Documents are those that are served, also in place of others that List names.
	Documents []wire.Document `json:"documents"`
}

// disk keeps the last good configuration: a file for each account.
type disk struct {
	dir string
	log *slog.Logger
	// retry is retryDisk, but for tests.
	retry time.Duration

	mu      sync.Mutex
	pending map[string]*keptAccount // nil: it is to be removed
	poke    chan struct{}           // holds one
}

// retryDisk is when what could not be written is tried again.
const retryDisk = 30 * time.Second

func newDisk(dir string, log *slog.Logger) *disk {
	return &disk{dir: dir, log: log, retry: retryDisk, pending: map[string]*keptAccount{}, poke: make(chan struct{}, 1)}
}

// keep has what is served of an account written soon.
func (d *disk) keep(a *account) {
	k := &keptAccount{Schema: config.Schema, Revision: a.seen, List: a.adopted}
	for _, ref := range slices.SortedFunc(maps.Keys(a.served), wire.Ref.Compare) {
		k.Documents = append(k.Documents, a.served[ref].doc)
	}
	d.put(a.name, k)
}

// drop has an account removed soon.
func (d *disk) drop(name string) { d.put(name, nil) }

func (d *disk) put(name string, k *keptAccount) {
	d.mu.Lock()
	d.pending[name] = k
	d.mu.Unlock()
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

// run writes what is to be written until ctx ends, and then the rest. What could not be
// written is tried again: a disk that was full must not leave older configuration
// there, with accounts that were deleted since.
func (d *disk) run(ctx context.Context) {
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			d.flush(context.WithoutCancel(ctx))
			return
		case <-d.poke:
		case <-retry:
		}
		if retry = nil; !d.flush(ctx) {
			retry = time.After(d.retry)
		}
	}
}

// flush writes durably: what a start without etcd goes by must be whole. It reports
// whether all is written; what is not stays pending, unless something newer is.
func (d *disk) flush(ctx context.Context) bool {
	d.mu.Lock()
	pending := d.pending
	d.pending = map[string]*keptAccount{}
	d.mu.Unlock()
	if len(pending) == 0 {
		return true
	}
	err := os.MkdirAll(d.dir, 0o700)
	if err == nil {
		var errs []error
		for name, k := range pending {
			if bad := d.write(name, k); bad != nil {
				errs = append(errs, bad)
				continue
			}
			delete(pending, name)
		}
		err = errors.Join(append(errs, syncFolder(d.dir))...)
	}
	if err == nil {
		return true
	}
	d.log.ErrorContext(ctx, "the configuration could not be kept on disk, and is tried again: without etcd a start would go by an older one",
		"dir", d.dir, "accounts", len(pending), "again", d.retry, "error", err)
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, k := range pending {
		if _, newer := d.pending[name]; !newer {
			d.pending[name] = k
		}
	}
	return false
}

const suffix = ".json"

func (d *disk) write(name string, k *keptAccount) error {
	path := filepath.Join(d.dir, name+suffix)
	if k == nil {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return replaceFile(path, raw)
}

// replaceFile leaves a file whole, as it was or as it is now. That its name lasts takes
// syncFolder.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // for the owner alone
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when all went well
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// read reads what was kept. What cannot be read is passed over, and told.
func (d *disk) read(opener *wire.Opener) ([]*account, error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the configuration that was kept: %w", err)
	}
	var all []*account
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || strings.HasPrefix(name, ".") {
			continue
		}
		a, err := d.readAccount(name, opener)
		if err != nil {
			d.log.Error("an account that was kept on disk cannot be read", "account", name, "dir", d.dir, "error", err)
			continue
		}
		all = append(all, a)
	}
	return all, nil
}

func (d *disk) readAccount(name string, opener *wire.Opener) (*account, error) {
	raw, err := os.ReadFile(filepath.Join(d.dir, name+suffix))
	if err != nil {
		return nil, err
	}
	k := &keptAccount{}
	if err := json.Unmarshal(raw, k); err != nil {
		return nil, err
	}
	if k.Schema > config.Schema || k.List == nil || k.List.Namespace != name {
		return nil, fmt.Errorf("it is of schema %d, or of another account; the newest that is known here is %d", k.Schema, config.Schema)
	}
	a := newAccount(name)
	for _, doc := range k.Documents {
		o, err := parseObject(doc, opener)
		if err != nil || doc.Namespace != name {
			d.log.Error("a document that was kept on disk is not fit to be served", "account", name, "object", doc.Ref().String(), "error", err)
			continue
		}
		a.good[doc.Ref()] = o
	}
	k.Documents = nil // they are in good
	a.kept = k
	return a, nil
}
