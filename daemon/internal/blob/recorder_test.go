package blob

import (
	"crypto/sha256"
	"fmt"
	"os"
	"sync"
	"testing"
)

// recorder writes down the operations that decide durability, in their order,
// does them, and can make one fail.
type recorder struct {
	mu     sync.Mutex
	events []string

	// before is called ahead of an operation; an error takes its place.
	before func(op, name string) error
	// after is called behind it.
	after func(op, name string)
}

func (r *recorder) do(op, name string, run func() error) error {
	if r.before != nil {
		if err := r.before(op, name); err != nil {
			r.note(op + " " + name + ": " + err.Error())
			return err
		}
	}
	r.note(op + " " + name)
	err := run()
	if op == "syncDir" {
		r.note("syncedDir " + name)
	}
	if r.after != nil {
		r.after(op, name)
	}
	return err
}

func (r *recorder) note(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

// take returns the events since the last call, with incoming files named "TMP".
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	events := r.events
	r.events = nil
	return events
}

func (r *recorder) operations() operations {
	return operations{
		syncFile: func(f *os.File) error {
			return r.do("syncFile", "TMP", func() error { return diskOperations.syncFile(f) })
		},
		rename: func(root *os.Root, from, to string) error {
			return r.do("rename", to, func() error { return diskOperations.rename(root, from, to) })
		},
		mkdir: func(root *os.Root, dir string) error {
			return r.do("mkdir", dir, func() error { return diskOperations.mkdir(root, dir) })
		},
		syncDir: func(root *os.Root, dir string) error {
			return r.do("syncDir", dir, func() error { return diskOperations.syncDir(root, dir) })
		},
	}
}

func openRecorded(t *testing.T, path string, r *recorder) *Dir {
	t.Helper()
	d, err := openDir(path, r.operations())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// sameFolder returns n contents whose blobs are in one directory.
func sameFolder(n int) [][]byte {
	found := [][]byte{[]byte("content 0")}
	first := sha256.Sum256(found[0])
	for i := 1; len(found) < n; i++ {
		b := fmt.Appendf(nil, "content %d", i)
		if sha256.Sum256(b)[0] == first[0] {
			found = append(found, b)
		}
	}
	return found
}

// incomingFiles lists what is below incoming, as SHARD/NAME.
func incomingFiles(t *testing.T, d *Dir) []string {
	t.Helper()
	var names []string
	for i := range shards {
		for e, err := range d.entries(shard(i)) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, fmt.Sprintf("%x/%s", i, e.Name()))
		}
	}
	return names
}
