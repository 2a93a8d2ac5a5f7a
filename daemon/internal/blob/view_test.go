package blob

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/iotest"
)

// plainStore has no files to show, as a store elsewhere.
type plainStore struct{ Store }

// covers: P04, P12
func TestView(t *testing.T) {
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
	for _, store := range []struct {
		name string
		Store
	}{{"files of its own", dir}, {"copies", plainStore{dir}}} {
		for _, content := range [][]byte{nil, []byte("x"), large} {
			ref, err := Put(t.Context(), store, "acme", content)
			if err != nil {
				t.Fatal(err)
			}
			told := errors.New("told")
			err = View(t.Context(), store.Store, "acme", ref.Hash, func(b []byte, room *Room) error {
				if !bytes.Equal(b, content) {
					t.Errorf("%s: %d other bytes", store.name, len(b))
				}
				one, two := room.Make(5000), room.Make(3)
				one[0], one[4999], two[2] = 1, 2, 3
				if one[1] != 0 || one[4999] != 2 || len(one) != 5000 || len(two) != 3 || len(room.Make(0)) != 0 {
					t.Errorf("%s: room holds other bytes", store.name)
				}
				return told
			})
			if err == nil || !errors.Is(err, told) {
				t.Errorf("%s: %v, want what use told", store.name, err)
			}
			err = ViewOf(store.Store, bytes.NewReader(content), func(b []byte, room *Room) error {
				if !bytes.Equal(b, content) || len(room.Make(3)) != 3 {
					t.Errorf("%s, not kept: %d other bytes", store.name, len(b))
				}
				return told
			})
			if !errors.Is(err, told) {
				t.Errorf("%s, not kept: %v, want what use told", store.name, err)
			}
			if err := ViewOf(store.Store, iotest.ErrReader(told), nil); !errors.Is(err, told) {
				t.Errorf("%s, not to be read: %v", store.name, err)
			}
		}
		if err := View(t.Context(), store.Store, "acme", Hash{1}, nil); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s, of no blob: %v", store.name, err)
		}
		if err := View(t.Context(), store.Store, "../acme", Hash{1}, nil); !errors.Is(err, ErrAccount) {
			t.Errorf("%s, of no account: %v", store.name, err)
		}
	}
	if left := incomingFiles(t, dir); len(left) != 0 {
		t.Errorf("left in incoming: %v", left)
	}
}

// fileOf finds the file of a blob.
func fileOf(t *testing.T, dir string, h Hash) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "*", h.String()))
	if err != nil || len(found) != 1 {
		t.Fatalf("blob is at %v, %v", found, err)
	}
	return found[0]
}

var seen int // so that reading is not optimised away

// A file that goes under the eyes of whoever reads it is an error about one blob,
// in each goroutine that takes the care that View asks for.
//
// covers: P04, P12
func TestViewOfAFailingFile(t *testing.T) {
	path := t.TempDir()
	dir, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for _, tt := range []struct {
		name string
		read func(b []byte) error
	}{
		{"byte by byte", func(b []byte) error {
			for _, c := range b {
				seen += int(c)
			}
			return errors.New("read to the end")
		}},
		{"by a fast search", func(b []byte) error { _ = bytes.IndexByte(b, '!'); return errors.New("read to the end") }},
		{"by a copy", func(b []byte) error { _ = strings.Clone(string(b)); return errors.New("read to the end") }},
		{"by the kernel", func(b []byte) error {
			_, err := Put(context.Background(), dir, "acme", b)
			return errors.Join(err, errors.New("read to the end"))
		}},
		{"in a goroutine", func(b []byte) error {
			failed := make(chan any)
			go func() {
				defer func() { failed <- recover() }()
				debug.SetPanicOnFault(true)
				_ = bytes.IndexByte(b, '!')
			}()
			panic(<-failed)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ref, err := Put(t.Context(), dir, "acme", content)
			if err != nil {
				t.Fatal(err)
			}
			file := fileOf(t, path, ref.Hash)
			err = View(t.Context(), dir, "acme", ref.Hash, func(b []byte, _ *Room) error {
				if err := os.Truncate(file, 8192); err != nil {
					t.Error(err)
				}
				return tt.read(b)
			})
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v, want ErrCorrupt", err)
			}
			if err := View(t.Context(), dir, "acme", ref.Hash, func([]byte, *Room) error { return nil }); !errors.Is(err, ErrCorrupt) {
				t.Errorf("of a file that was cut before: %v, want ErrCorrupt", err)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		})
	}
	if debug.SetPanicOnFault(false) {
		t.Error("the goroutine goes on panicking on faults")
	}
}

// A fault of the program is no fault of the file.
func TestViewLetsOtherPanicsThrough(t *testing.T) {
	dir, err := OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	ref, err := Put(t.Context(), dir, "acme", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []func(b []byte){
		func(b []byte) { _ = b[len(b)] }, func([]byte) { panic("x") }, func([]byte) { var p *Ref; p.Size = 1 },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a panic was hidden")
				}
			}()
			err := View(t.Context(), dir, "acme", ref.Hash, func(b []byte, _ *Room) error { wrong(b); return nil })
			t.Errorf("a panic became %v", err)
		}()
	}
}
