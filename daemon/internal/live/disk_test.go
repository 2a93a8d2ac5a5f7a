package live

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/config/wire"
)

// What could not be written is written once it can be, also what is to be removed, and
// keeps nothing else from being written.
//
// covers: K05
func TestDiskIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	d := newDisk(dir, quiet)
	d.retry = 10 * time.Millisecond
	put := func(names ...string) {
		for _, name := range names {
			d.put(name, &keptAccount{Schema: 1, List: wire.Nothing(name)})
		}
	}
	there := func(name string) bool { _, err := os.Stat(filepath.Join(dir, name+suffix)); return err == nil }
	put("gone", "other")
	if !d.flush(t.Context()) || !there("gone") || !there("other") {
		t.Fatal("what can be written is not")
	}
	// A folder that is not empty stands in the way: it can neither be replaced nor removed.
	blocks := func(name string) string { return filepath.Join(dir, name+suffix, "x") }
	for _, name := range []string{"blocked", "stays"} {
		if err := os.MkdirAll(blocks(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	put("a", "blocked", "z")
	d.drop("gone")
	d.drop("stays")
	if d.flush(t.Context()) {
		t.Fatal("all is written, it says")
	}
	if !there("a") || !there("z") || there("gone") || len(d.pending) != 2 {
		t.Errorf("one that cannot be written keeps others from it: %v wait", d.pending)
	}
	var running sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	running.Go(func() { d.run(ctx) })
	d.put("other", nil) // what happens meanwhile
	eventually(t, "the rest is written", func() bool { return !there("other") })
	for _, name := range []string{"blocked", "stays"} {
		if err := os.RemoveAll(filepath.Dir(blocks(name))); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "it is tried again", func() bool {
		info, err := os.Stat(filepath.Join(dir, "blocked"+suffix))
		return err == nil && info.Mode().IsRegular() && !there("stays")
	})
	stop()
	running.Wait()
}

// What failed does not replace what came meanwhile.
func TestDiskKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	d := newDisk(filepath.Join(dir, "file", "declared"), quiet) // below a file: nothing can be written
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.put("a", &keptAccount{Schema: 1, List: wire.Nothing("a"), Revision: 1})
	if d.flush(t.Context()) {
		t.Fatal("it is written, it says")
	}
	d.put("a", &keptAccount{Schema: 1, List: wire.Nothing("a"), Revision: 2})
	if d.flush(t.Context()) {
		t.Fatal("it is written, it says")
	}
	if err := os.Remove(filepath.Join(dir, "file")); err != nil {
		t.Fatal(err)
	}
	if !d.flush(t.Context()) {
		t.Fatal("it is not written")
	}
	a, err := d.readAccount("a", wire.OpenerOf([32]byte{1}))
	if err != nil || a.kept.Revision != 2 {
		t.Errorf("kept: %+v, %v", a, err)
	}
}
