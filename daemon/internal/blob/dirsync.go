package blob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"sync"
)

// operations are the calls whose order makes a blob durable. Tests put a
// recorder or a fault in their place.
type operations struct {
	syncFile func(f *os.File) error
	rename   func(root *os.Root, from, to string) error
	mkdir    func(root *os.Root, dir string) error
	syncDir  func(root *os.Root, dir string) error
}

var diskOperations = operations{
	syncFile: (*os.File).Sync,
	rename:   (*os.Root).Rename,
	mkdir:    func(root *os.Root, dir string) error { return root.Mkdir(dir, dirMode) },
	// The directory is opened for each fsync: next to the fsync that costs
	// nothing, keeps no descriptors, and reaches the directory that the renames
	// before it reached, even if somebody has put another in its place.
	syncDir: func(root *os.Root, dir string) error {
		f, err := root.Open(dir)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	},
}

// folder is a directory below the root whose entries must be durable.
type folder struct {
	path string
	sync group

	// making serialises the making of the directory itself.
	making sync.Mutex
	exists bool // and its entry in the parent was fsync'd by this process

	// entries is held while an entry is looked at and then changed.
	entries sync.Mutex
	failed  int // how many fsyncs of the directory returned an error
}

func (d *Dir) folder(path string) *folder {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.folders[path]
	if f == nil {
		f = &folder{path: path, exists: path == "."}
		d.folders[path] = f
	}
	return f
}

// errUnchanged is what a change returns that had nothing to do, so there is
// nothing to sync.
var errUnchanged = errors.New("unchanged")

// errSync says that the kernel failed to write a directory. What it held in
// memory of it may be lost while it is marked as written, so that the next
// fsync succeeds and proves nothing: the failure belongs to every change that
// was made before it, not to the one caller that was told.
var errSync = errors.New("fsync of the directory failed")

// change alters the entries of a folder and returns when that is durable: an
// fsync of the directory that began after the change has succeeded, and none
// has failed since the change. suspect tells that one has failed ever, and so
// that what is seen in the directory may not be on the disk.
func (d *Dir) change(f *folder, alter func(suspect bool) error) error {
	f.entries.Lock()
	failed := f.failed
	err := alter(failed > 0)
	f.entries.Unlock()
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.sync.do(func() error { return d.syncFolder(f) }); err != nil {
		return err
	}
	f.entries.Lock()
	defer f.entries.Unlock()
	if f.failed != failed {
		return errSync
	}
	return nil
}

func (d *Dir) syncFolder(f *folder) error {
	err := d.ops.syncDir(d.root, f.path)
	if err != nil {
		f.entries.Lock()
		defer f.entries.Unlock()
		f.failed++
		return fmt.Errorf("%w: %w", errSync, err)
	}
	return nil
}

// ready makes a folder, and those above it, exist durably. A directory that is
// found is not trusted either: the process that made it may have died before
// its fsync. So each costs one fsync of its parent in the life of a process.
func (d *Dir) ready(f *folder) error {
	f.making.Lock()
	defer f.making.Unlock()
	if f.exists {
		return nil
	}
	parent := d.folder(path.Dir(f.path))
	if err := d.ready(parent); err != nil {
		return err
	}
	made := false
	err := d.change(parent, func(bool) error {
		err := d.ops.mkdir(d.root, f.path)
		made = err == nil
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		return err
	})
	if err != nil {
		if made { // so that the next attempt makes it anew: see errSync
			err = errors.Join(err, d.root.Remove(f.path))
		}
		return err
	}
	f.exists = true
	return nil
}

// lost is called when a folder turns out to have been removed by somebody
// else, so that ready makes it again.
func (d *Dir) lost(f *folder) {
	for _, f := range []*folder{f, d.folder(path.Dir(f.path))} {
		f.making.Lock()
		f.exists = false
		f.making.Unlock()
	}
}

// group lets callers share one run of an operation, as commits in one
// directory share its fsync.
//
// What a caller did before do is covered by the run whose result it gets,
// because that run begins after the call: a caller joins a round only while
// waiting holds it, and its leader takes it out of there before the operation
// begins. Whoever comes later, even an instant, belongs to the next round,
// which waits for this one. So however many callers there are, each waits for
// at most the rest of one run and the whole of another.
type group struct {
	mu      sync.Mutex
	waiting *round
	running sync.Mutex
}

type round struct {
	done chan struct{}
	err  error
}

func (g *group) do(run func() error) error {
	g.mu.Lock()
	if r := g.waiting; r != nil {
		g.mu.Unlock()
		<-r.done
		return r.err
	}
	r := &round{done: make(chan struct{})}
	g.waiting = r
	g.mu.Unlock()

	g.running.Lock()
	g.mu.Lock()
	g.waiting = nil
	g.mu.Unlock()
	r.err = run()
	g.running.Unlock()
	close(r.done)
	return r.err
}
