package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"syscall"
)

// Fetcher is a [Store] that has its blobs as files of this machine.
type Fetcher interface {
	// Fetch opens the file of a blob for reading: [ErrNotFound] if the account has
	// none. It must hold nothing else.
	Fetch(ctx context.Context, account string, h Hash) (*os.File, error)

	// Scratch makes a file without a name, to be written and read. It goes when it
	// is closed, or with the process.
	Scratch() (*os.File, error)
}

// View calls use with the bytes of a blob, checked against the hash. They are the
// file itself, mapped: none of them is in the heap, and the kernel lets go of
// what nobody looks at. They are gone when View returns, so use must keep no slice
// of them, and must not write to them.
//
// When the disk fails while they are read, or somebody cuts the file, reading
// panics; View makes an error of it, which wraps [ErrCorrupt]. That holds for the
// goroutine of use. Others that it starts must call [debug.SetPanicOnFault], and
// hand over what they recover to that one; else the process ends there.
func View(ctx context.Context, s Store, account string, h Hash, use func(b []byte, room *Room) error) (err error) {
	f, size, err := fetch(ctx, s, account, h)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	room := &Room{store: s}
	defer room.release()
	return view(f, size, "blob "+h.String(), room, func(b []byte, room *Room) error {
		if Hash(sha256.Sum256(b)) != h {
			return fmt.Errorf("read blob %s: %w", h, ErrCorrupt)
		}
		return use(b, room)
	})
}

// ViewOf is [View] for bytes that are not to be kept: they are in a file that is
// gone when it returns. Errors of r are passed on.
func ViewOf(s Store, r io.Reader, use func(b []byte, room *Room) error) (err error) {
	room := &Room{store: s}
	defer room.release()
	f, err := room.file()
	if err != nil {
		return DiskError("make room for what is looked at", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := io.Copy(f, r)
	if err != nil {
		return DiskError("read what is looked at", err)
	}
	return view(f, size, "what is looked at", room, use)
}

// view maps a file while use looks at it.
func view(f *os.File, size int64, what string, room *Room, use func(b []byte, room *Room) error) (err error) {
	b, err := mapFile(f, size, syscall.PROT_READ)
	if err != nil {
		return fmt.Errorf("map %s: %w", what, err)
	}
	defer unmap(b)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = viewError(r, what, append(room.maps, b))
		}
	}()
	err = use(b, room)
	if errors.Is(err, syscall.EFAULT) { // the kernel read it for us, to write it elsewhere
		err = fmt.Errorf("read %s: %w: %w", what, ErrCorrupt, err)
	}
	return err
}

// fault is memory that can't be read, see [debug.SetPanicOnFault].
type fault interface {
	error
	Addr() uintptr
}

// viewError is the error of what use panicked with, if that was about the files
// that were mapped.
func viewError(r any, what string, maps [][]byte) error {
	switch cause := r.(type) {
	case roomError:
		return cause.err
	case fault:
		for _, b := range maps {
			if begin := reflect.ValueOf(b).Pointer(); cause.Addr() >= begin && cause.Addr()-begin < uintptr(len(b)) {
				return fmt.Errorf("read %s: %w: %w", what, ErrCorrupt, cause)
			}
		}
	}
	panic(r)
}

// fetch opens the blob as a file of this machine: its own, or a copy.
func fetch(ctx context.Context, s Store, account string, h Hash) (*os.File, int64, error) {
	if local, ok := s.(Fetcher); ok {
		f, err := local.Fetch(ctx, account, h)
		if err != nil {
			return nil, 0, err
		}
		info, err := f.Stat()
		if err != nil {
			return nil, 0, errors.Join(DiskError("open blob "+h.String(), err), f.Close())
		}
		return f, info.Size(), nil
	}
	r, err := s.Open(ctx, account, h)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = r.Close() }()
	f, err := Nameless(os.TempDir())
	if err != nil {
		return nil, 0, DiskError("fetch blob "+h.String(), err)
	}
	size, err := io.Copy(f, r)
	if err != nil {
		return nil, 0, errors.Join(DiskError("fetch blob "+h.String(), err), f.Close())
	}
	return f, size, nil
}

// Room is space beside a blob that is viewed, for what is decoded of it. It is in
// files too, and is gone when [View] returns. It is for one goroutine.
type Room struct {
	store Store
	maps  [][]byte
}

// Make returns n bytes of zeros. When the disk has no room for them it ends the
// use of the blob, and View returns why.
func (r *Room) Make(n int) []byte {
	b, err := r.make(int64(n))
	if err != nil {
		panic(roomError{DiskError("make room beside a blob", err)})
	}
	r.maps = append(r.maps, b)
	return b
}

type roomError struct{ err error }

func (r *Room) make(n int64) ([]byte, error) {
	f, err := r.file()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // the mapping holds it
	// Written, not only as long as that: a hole that the disk has no room for would
	// be found out by a fault.
	if _, err := io.CopyN(f, zeros{}, n); err != nil {
		return nil, err
	}
	return mapFile(f, n, syscall.PROT_READ|syscall.PROT_WRITE)
}

func (r *Room) file() (*os.File, error) {
	if local, ok := r.store.(Fetcher); ok {
		return local.Scratch()
	}
	return Nameless(os.TempDir())
}

func (r *Room) release() {
	for _, b := range r.maps {
		unmap(b)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func mapFile(f *os.File, size int64, protection int) ([]byte, error) {
	if size == 0 {
		return nil, nil
	}
	if size != int64(int(size)) {
		return nil, ErrTooLarge
	}
	return syscall.Mmap(int(f.Fd()), 0, int(size), protection, syscall.MAP_SHARED)
}

func unmap(b []byte) {
	if b != nil {
		_ = syscall.Munmap(b) // only ever "not mapped"
	}
}

// Nameless makes a file in a folder that has lost its name already, so that nothing is
// left of it.
func Nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "postern-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
