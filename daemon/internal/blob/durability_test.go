package blob

import (
	"crypto/sha256"
	"errors"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Success is answered after durability: the bytes before the name, the name
// before the answer, and each directory that leads to it before that.
//
// covers: P04, M05
func TestCommitOrder(t *testing.T) {
	contents := sameFolder(2)
	ref := Ref{Hash: sha256.Sum256(contents[0])}
	folder, file := folderPath("acme", ref.Hash[0]), filePath("acme", ref.Hash)
	file2 := filePath("acme", sha256.Sum256(contents[1]))
	r, dir := &recorder{}, t.TempDir()
	d := openRecorded(t, dir, r)
	makeFolders := []string{
		"mkdir acme", "syncDir .", "syncedDir .",
		"mkdir " + folder, "syncDir acme", "syncedDir acme",
	}
	syncFolder := []string{"syncDir " + folder, "syncedDir " + folder}
	for _, tt := range []struct {
		name string
		d    func() *Dir
		b    []byte
		want []string
	}{
		{"the first blob of an account", func() *Dir { return d }, contents[0],
			slices.Concat([]string{"syncFile TMP"}, makeFolders, []string{"rename " + file}, syncFolder)},
		{"another one in that directory", func() *Dir { return d }, contents[1],
			slices.Concat([]string{"syncFile TMP", "rename " + file2}, syncFolder)},
		{"bytes that are there already", func() *Dir { return d }, contents[0],
			slices.Concat([]string{"syncFile TMP"}, syncFolder)},
		// Whoever made the directories may have died before their fsync.
		{"after a restart", func() *Dir { return openRecorded(t, dir, r) }, contents[0],
			slices.Concat([]string{"syncFile TMP"}, makeFolders, syncFolder)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Put(t.Context(), tt.d(), "acme", tt.b); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, r.take()); d != "" {
				t.Errorf("operations (-want +got):\n%s", d)
			}
		})
	}
	if left := incomingFiles(t, d); len(left) != 0 {
		t.Errorf("left in incoming: %v", left)
	}
}

// However commits share the fsync of their directory, between the rename and
// the answer of each lies a whole one.
//
// covers: P04, M05
func TestCommitsShareSyncs(t *testing.T) {
	const writers = 32
	contents := sameFolder(writers + 1)
	r := &recorder{}
	d := openRecorded(t, t.TempDir(), r)
	if _, err := Put(t.Context(), d, "acme", contents[writers]); err != nil {
		t.Fatal(err)
	}
	r.take()

	// The first fsync waits until all have renamed, so that most find it
	// running.
	folder := folderPath("acme", Hash(sha256.Sum256(contents[0]))[0])
	var renamed sync.WaitGroup
	renamed.Add(writers)
	r.after = func(op, name string) {
		if op == "rename" {
			renamed.Done()
		}
	}
	r.before = func(op, name string) error {
		if op == "syncDir" {
			renamed.Wait()
		}
		return nil
	}
	var wg sync.WaitGroup
	for _, b := range contents[:writers] {
		wg.Go(func() {
			ref, err := Put(t.Context(), d, "acme", b)
			if err != nil {
				t.Error(err)
			}
			r.note("answer " + filePath("acme", ref.Hash))
		})
	}
	wg.Wait()

	events, syncs := r.take(), 0
	for i, e := range events {
		if e == "syncDir "+folder {
			syncs++
		}
		name, ok := strings.CutPrefix(e, "answer ")
		if !ok {
			continue
		}
		since := slices.Index(events, "rename "+name)
		began := slices.Index(events[since:i], "syncDir "+folder)
		if began < 0 || !slices.Contains(events[since+began:i], "syncedDir "+folder) {
			t.Errorf("no whole fsync between rename and answer of %s in:\n%s", name, strings.Join(events, "\n"))
		}
	}
	if syncs >= writers {
		t.Errorf("%d commits had %d fsyncs of their directory: none was shared", writers, syncs)
	}
}

// The result of do is that of a run which began after do was called.
func TestGroup(t *testing.T) {
	type numbered struct{ error }
	var g group
	var begun atomic.Int64
	numbers := make(map[error]int64)
	run := func() error {
		n := &numbered{errors.New("run")}
		numbers[n] = begun.Add(1) // runs do not overlap, or the race detector sees it
		return n
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	results := make(map[error]int64) // the latest call that a run served
	for range 16 {
		wg.Go(func() {
			for range 500 {
				called := begun.Load()
				result := g.do(run)
				mu.Lock()
				results[result] = max(results[result], called)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for result, called := range results {
		if n := numbers[result]; n <= called {
			t.Errorf("run %d served a call that was made when it had begun", n)
		}
	}
}

// covers: P04
func TestFileSyncFails(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{"input/output error", syscall.EIO, syscall.EIO},
		{"no space", &os.PathError{Op: "sync", Path: "x", Err: syscall.ENOSPC}, ErrFull},
		{"quota", syscall.EDQUOT, ErrFull},
	} {
		t.Run(tt.name, func(t *testing.T) {
			syncs := 0
			r := &recorder{before: func(op, _ string) error {
				if op == "syncFile" {
					if syncs++; syncs == 1 {
						return tt.err
					}
				}
				return nil
			}}
			d := openRecorded(t, t.TempDir(), r)
			b := []byte("a mail")
			w, err := d.Create(t.Context(), "acme")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(b); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Commit(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if tt.want != ErrFull && errors.Is(err, ErrFull) {
				t.Errorf("an error of the disk is taken for a full one: %v", err)
			}
			if _, err := w.Commit(t.Context()); !errors.Is(err, ErrClosed) || syncs != 1 {
				t.Errorf("the file was tried again: %v after %d fsyncs", err, syncs)
			}
			if _, err := d.Stat(t.Context(), "acme", sha256.Sum256(b)); !errors.Is(err, ErrNotFound) {
				t.Errorf("the blob is visible: %v", err)
			}
			if left := incomingFiles(t, d); len(left) != 0 {
				t.Errorf("left in incoming: %v", left)
			}
			if _, err := Put(t.Context(), d, "acme", b); err != nil {
				t.Errorf("a new file: %v", err)
			}
		})
	}
}

// After an fsync of a directory has failed, what is seen in it may not be on
// the disk: bytes that come again are written and named anew, not kept.
//
// covers: P04
func TestDirSyncFails(t *testing.T) {
	b := sameFolder(1)[0]
	folder := folderPath("acme", Hash(sha256.Sum256(b))[0])
	fail := true
	r := &recorder{before: func(op, name string) error {
		if op == "syncDir" && name == folder && fail {
			return syscall.EIO
		}
		return nil
	}}
	d := openRecorded(t, t.TempDir(), r)
	if _, err := Put(t.Context(), d, "acme", b); !errors.Is(err, syscall.EIO) {
		t.Fatalf("got %v, want EIO", err)
	}
	fail = false
	r.take()
	if _, err := Put(t.Context(), d, "acme", b); err != nil {
		t.Fatal(err)
	}
	want := []string{"syncFile TMP", "rename " + filePath("acme", sha256.Sum256(b)), "syncDir " + folder, "syncedDir " + folder}
	if d := cmp.Diff(want, r.take()); d != "" {
		t.Errorf("operations of the second attempt (-want +got):\n%s", d)
	}
	if left := incomingFiles(t, d); len(left) != 0 {
		t.Errorf("left in incoming: %v", left)
	}
}

// The kernel tells one caller of a failed fsync. A commit that renamed before
// it and syncs after it is told of success, and must not believe it.
//
// covers: P04
func TestDirSyncFailsForEarlierChanges(t *testing.T) {
	contents := sameFolder(4)
	folder := folderPath("acme", Hash(sha256.Sum256(contents[0]))[0])
	r := &recorder{}
	d := openRecorded(t, t.TempDir(), r)
	if _, err := Put(t.Context(), d, "acme", contents[3]); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	renamed := make(chan struct{}, len(contents))
	later := func(b []byte) {
		wg.Go(func() {
			if ref, err := Put(t.Context(), d, "acme", b); !errors.Is(err, errSync) {
				t.Errorf("a commit during the fsync that failed: %+v, %v", ref, err)
			}
		})
	}
	syncs := 0
	r.after = func(op, _ string) {
		if op == "rename" {
			renamed <- struct{}{}
		}
	}
	r.before = func(op, name string) error {
		if op != "syncDir" || name != folder {
			return nil
		}
		if syncs++; syncs > 1 {
			return nil
		}
		<-renamed // the first one's own
		later(contents[1])
		later(contents[2])
		<-renamed
		<-renamed
		return syscall.EIO
	}
	if _, err := Put(t.Context(), d, "acme", contents[0]); !errors.Is(err, syscall.EIO) {
		t.Errorf("the first one: %v", err)
	}
	wg.Wait()
	if syncs < 2 {
		t.Error("no fsync succeeded after the one that failed: nothing was tested")
	}
	for _, b := range contents {
		if _, err := Put(t.Context(), d, "acme", b); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	}
}

// A directory whose entry could not be made durable is made anew.
//
// covers: P04
func TestParentSyncFails(t *testing.T) {
	for _, parent := range []string{".", "acme"} {
		t.Run(parent, func(t *testing.T) {
			fail := true
			r := &recorder{before: func(op, name string) error {
				if op == "syncDir" && name == parent && fail {
					return syscall.EIO
				}
				return nil
			}}
			d := openRecorded(t, t.TempDir(), r)
			b := []byte("a mail")
			if _, err := Put(t.Context(), d, "acme", b); !errors.Is(err, syscall.EIO) {
				t.Fatalf("got %v, want EIO", err)
			}
			child := "acme"
			if parent == child {
				child = folderPath("acme", Hash(sha256.Sum256(b))[0])
			}
			if _, err := d.root.Stat(child); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is left behind: %v", child, err)
			}
			fail = false
			r.take()
			if _, err := Put(t.Context(), d, "acme", b); err != nil {
				t.Fatal(err)
			}
			events := r.take()
			made, synced := slices.Index(events, "mkdir "+child), slices.Index(events, "syncDir "+path.Clean(parent))
			if made < 0 || synced < made {
				t.Errorf("%s was not made and synced again: %v", child, events)
			}
		})
	}
}

// Somebody removes an account's directory under us: it is made again, durably.
func TestFolderRemoved(t *testing.T) {
	r := &recorder{}
	d := openRecorded(t, t.TempDir(), r)
	b := []byte("a mail")
	ref, err := Put(t.Context(), d, "acme", b)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.root.RemoveAll("acme"); err != nil {
		t.Fatal(err)
	}
	r.take()
	if _, err := Put(t.Context(), d, "acme", b); err != nil {
		t.Fatal(err)
	}
	if got := r.take(); !slices.Contains(got, "syncDir .") || !slices.Contains(got, "syncDir acme") {
		t.Errorf("the directories were not synced again: %v", got)
	}
	if _, err := d.Stat(t.Context(), "acme", ref.Hash); err != nil {
		t.Error(err)
	}
}

// A deletion is an entry that changes, too.
func TestDeleteIsDurable(t *testing.T) {
	r := &recorder{}
	d := openRecorded(t, t.TempDir(), r)
	ref, err := Put(t.Context(), d, "acme", []byte("a mail"))
	if err != nil {
		t.Fatal(err)
	}
	stat, err := d.Stat(t.Context(), "acme", ref.Hash)
	if err != nil {
		t.Fatal(err)
	}
	r.take()
	if deleted, err := d.Delete(t.Context(), "acme", ref.Hash, stat.Stored); deleted || err != nil {
		t.Errorf("stored at the very time: %v, %v", deleted, err)
	}
	if got := r.take(); len(got) != 0 {
		t.Errorf("nothing changed, yet: %v", got)
	}
	if deleted, err := d.Delete(t.Context(), "acme", ref.Hash, stat.Stored.Add(1)); !deleted || err != nil {
		t.Errorf("delete: %v, %v", deleted, err)
	}
	folder := folderPath("acme", ref.Hash[0])
	if d := cmp.Diff([]string{"syncDir " + folder, "syncedDir " + folder}, r.take()); d != "" {
		t.Errorf("operations (-want +got):\n%s", d)
	}
}
