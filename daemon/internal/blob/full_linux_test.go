package blob

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"testing"
)

// A real file system without room: the mail edge must learn that it is full,
// nothing may be visible, and it must work again when there is room.
//
// covers: P04
func TestFullDisk(t *testing.T) {
	root := smallDisk(t)
	d, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	kept, err := Put(t.Context(), d, "acme", []byte("there is room for this"))
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("x"), 4<<20)
	w, err := d.Create(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(big); !errors.Is(err, ErrFull) {
		t.Errorf("write: %v, want ErrFull", err)
	}
	if _, err := w.Commit(t.Context()); !errors.Is(err, ErrFull) {
		t.Errorf("commit after that: %v, want ErrFull", err)
	}
	w.Abort()
	if left := incomingFiles(t, d); len(left) != 0 {
		t.Errorf("left in incoming: %v", left)
	}
	err = View(t.Context(), d, "acme", kept.Hash, func(_ []byte, room *Room) error {
		room.Make(4 << 20)
		return errors.New("there was room")
	})
	if !errors.Is(err, ErrFull) {
		t.Errorf("room beside a blob: %v, want ErrFull", err)
	}
	// Small ones until it is full, where the error comes with the flush.
	var last error
	for i := 0; last == nil && i < 10_000; i++ {
		_, last = Put(t.Context(), d, "acme", bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 8<<10))
	}
	if !errors.Is(last, ErrFull) {
		t.Errorf("the one too many: %v, want ErrFull", last)
	}
	if err := d.root.RemoveAll("acme"); err != nil {
		t.Fatal(err)
	}
	if again, err := Put(t.Context(), d, "acme", []byte("there is room for this")); err != nil || again != kept {
		t.Errorf("with room again: %+v, %v", again, err)
	}
}

func smallDisk(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		const why = "a full disk is not tested: only root can mount a small one"
		if os.Getenv("CI") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=1m,mode=0700"); err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENODEV) {
			t.Skipf("a full disk is not tested: mounting a small one is not permitted: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(root, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return root
}
