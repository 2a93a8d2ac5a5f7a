package blob

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestLayoutAndModes(t *testing.T) {
	root := filepath.Join(t.TempDir(), "data", "blobs") // neither exists
	d, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if _, err := Put(t.Context(), d, "acme", []byte("abc")); err != nil {
		t.Fatal(err)
	}
	w, err := d.Create(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	want := map[string]fs.FileMode{
		"": 0o700, "_incoming": 0o700, "_incoming/f": 0o700, "acme": 0o700, "acme/ba": 0o700,
		"acme/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad": 0o600,
	}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%q: %v, %v; want %v", name, info, err, mode)
		}
	}
	for _, name := range incomingFiles(t, d) {
		if info, err := os.Stat(filepath.Join(root, incoming, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: %v, %v", name, info, err)
		}
	}
}

func TestOpenDirRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a file": file, "below a file": filepath.Join(file, "blobs")} {
		if d, err := OpenDir(path); err == nil {
			t.Errorf("%s: %v", name, d)
		}
	}
}

// Another process may be writing, so only what is old was left behind.
func TestLeftoversAreRemoved(t *testing.T) {
	root := t.TempDir()
	d, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	now := time.Now()
	for name, age := range map[string]time.Duration{
		"0/old": staleAfter + time.Minute, "f/ancient": 10_000 * time.Hour, "0/young": staleAfter - time.Minute, "f/future": -time.Hour,
	} {
		path := filepath.Join(root, incoming, name)
		if err := os.WriteFile(path, []byte("half a mail"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	ref, err := Put(t.Context(), d, "acme", []byte("a whole one, long ago"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.root.Chtimes(filePath("acme", ref.Hash), now, now.Add(-10_000*time.Hour)); err != nil {
		t.Fatal(err)
	}
	again, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	got := make(map[string]bool)
	for _, name := range incomingFiles(t, again) {
		got[name] = true
	}
	if len(got) != 2 || !got["0/young"] || !got["f/future"] {
		t.Errorf("left in incoming: %v, want young and future", got)
	}
	if _, err := again.Stat(t.Context(), "acme", ref.Hash); err != nil {
		t.Errorf("an old blob: %v", err)
	}
}

// covers: P04
func TestDamagedFileGivesWay(t *testing.T) {
	d, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	b := []byte("a mail that a broken disk has cut")
	h := Hash(sha256.Sum256(b))
	if _, err := Put(t.Context(), d, "acme", b); err != nil {
		t.Fatal(err)
	}
	if err := d.root.WriteFile(filePath("acme", h), b[:10], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Get(t.Context(), d, "acme", h, 100); !errors.Is(err, ErrCorrupt) {
		t.Errorf("the damage is not noticed: %v", err)
	}
	if _, err := Put(t.Context(), d, "acme", b); err != nil {
		t.Fatal(err)
	}
	if got, err := Get(t.Context(), d, "acme", h, 100); err != nil || !bytes.Equal(got, b) {
		t.Errorf("stored again: %q, %v", got, err)
	}
}

// Bytes stored again are stored now: a sweep that judges by age spares them.
func TestStoredAgainIsYoung(t *testing.T) {
	d, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	b := []byte("an attachment that everybody sends")
	ref, err := Put(t.Context(), d, "acme", b)
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-1000 * time.Hour)
	if err := d.root.Chtimes(filePath("acme", ref.Hash), old, old); err != nil {
		t.Fatal(err)
	}
	limit := time.Now().Add(-100 * time.Hour)
	if _, err := Put(t.Context(), d, "acme", b); err != nil {
		t.Fatal(err)
	}
	if deleted, err := d.Delete(t.Context(), "acme", ref.Hash, limit); deleted || err != nil {
		t.Errorf("deleted: %v, %v", deleted, err)
	}
}

// What is no blob is neither listed nor touched.
func TestForeignFiles(t *testing.T) {
	d, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	ref, err := Put(t.Context(), d, "acme", []byte("a blob"))
	if err != nil {
		t.Fatal(err)
	}
	folder := folderPath("acme", ref.Hash[0])
	misplaced := ref.Hash
	misplaced[0]++
	for _, name := range []string{"README", ref.Hash.String()[:63], misplaced.String(), "LOST" + ref.Hash.String()[4:]} {
		if err := d.root.WriteFile(folder+"/"+name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for info, err := range d.List(t.Context(), "acme") {
		if err != nil || info.Hash != ref.Hash {
			t.Errorf("listed %+v, %v", info, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d blobs, want 1", n)
	}
}

// A symbolic link is no way out, even if somebody puts one there.
func TestLinksDoNotLeadOut(t *testing.T) {
	outside := t.TempDir()
	d, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.root.Symlink(outside, "acme"); err != nil {
		t.Fatal(err)
	}
	if ref, err := Put(t.Context(), d, "acme", []byte("a mail")); err == nil {
		t.Errorf("stored %+v through a link", ref)
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 0 {
		t.Errorf("outside: %v, %v", entries, err)
	}
}
