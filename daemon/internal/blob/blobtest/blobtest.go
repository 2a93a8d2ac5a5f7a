// Package blobtest holds what every implementation of [blob.Store] must do.
package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

// The accounts of the suite. One begins like the other: a store that lists by
// prefix must not mix them up.
const (
	account = "acme"
	other   = "acme.eu-1"
)

// Run runs the suite. Each test gets a store of its own, which open cleans up
// after by t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, blob.Store)
	}{
		{"RoundTrip", testRoundTrip},
		{"Streamed", testStreamed},
		{"Seek", testSeek},
		{"SameBytesTwice", testSameBytesTwice},
		{"NotFound", testNotFound},
		{"Abort", testAbort},
		{"ClosedWriter", testClosedWriter},
		{"Uncommitted", testUncommitted},
		{"Cancelled", testCancelled},
		{"AccountNames", testAccountNames},
		{"AccountIsolation", testAccountIsolation},
		{"List", testList},
		{"Delete", testDelete},
		{"Get", testGet},
		{"ReadWhileWriting", testReadWhileWriting},
		{"Concurrent", testConcurrent},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

func hashOf(b []byte) blob.Hash { return sha256.Sum256(b) }

func mustPut(t *testing.T, s blob.Store, account string, b []byte) blob.Ref {
	t.Helper()
	ref, err := blob.Put(t.Context(), s, account, b)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func mustCreate(t *testing.T, s blob.Store) blob.Writer {
	t.Helper()
	w, err := s.Create(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func mustWrite(t *testing.T, w io.Writer, b []byte) {
	t.Helper()
	if n, err := w.Write(b); n != len(b) || err != nil {
		t.Fatalf("write of %d bytes: %d, %v", len(b), n, err)
	}
}

// wantBytes checks what the store has under the hash of b.
func wantBytes(t *testing.T, s blob.Store, account string, b []byte) {
	t.Helper()
	got, err := blob.Get(t.Context(), s, account, hashOf(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b) {
		t.Errorf("read %d other bytes than the %d that were stored", len(got), len(b))
	}
	info, err := s.Stat(t.Context(), account, hashOf(b))
	if want := (blob.Ref{Hash: hashOf(b), Size: int64(len(b))}); err != nil || info.Ref != want {
		t.Errorf("stat: %+v, %v; want %+v", info.Ref, err, want)
	}
}

func wantNone(t *testing.T, s blob.Store, account string, h blob.Hash) {
	t.Helper()
	if _, err := s.Stat(t.Context(), account, h); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("stat: %v, want ErrNotFound", err)
	}
	r, err := s.Open(t.Context(), account, h)
	if !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("open: %v, want ErrNotFound", err)
	}
	if err == nil {
		_ = r.Close()
	}
}

// list returns the sizes by hash.
func list(t *testing.T, s blob.Store, account string) map[blob.Hash]int64 {
	t.Helper()
	all := make(map[blob.Hash]int64)
	for info, err := range s.List(t.Context(), account) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[info.Hash]; twice {
			t.Errorf("%s is listed twice", info.Hash)
		}
		all[info.Hash] = info.Size
	}
	return all
}

func testRoundTrip(t *testing.T, s blob.Store) {
	for _, size := range []int{0, 1, 2 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 3 << 20} {
		b := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		ref := mustPut(t, s, account, b)
		if want := (blob.Ref{Hash: hashOf(b), Size: int64(size)}); ref != want {
			t.Errorf("put %d bytes: %+v, want %+v", size, ref, want)
		}
		wantBytes(t, s, account, b)
	}
}

// Writers see pieces of any size, as a network delivers them.
func testStreamed(t *testing.T, s blob.Store) {
	b := bytes.Repeat([]byte("a line of a mail\r\n"), 20_000)
	for _, step := range []int{1, 7, 998, 32 << 10, 100_000} {
		w := mustCreate(t, s)
		for rest := b; len(rest) > 0; {
			n := min(step, len(rest))
			mustWrite(t, w, rest[:n])
			rest = rest[n:]
		}
		ref, err := w.Commit(t.Context())
		if err != nil || ref.Hash != hashOf(b) {
			t.Fatalf("pieces of %d: %+v, %v", step, ref, err)
		}
	}
	wantBytes(t, s, account, b)
}

func testSeek(t *testing.T, s blob.Store) {
	b := []byte(strings.Repeat("seekable ", 10_000))
	ref := mustPut(t, s, account, b)
	r, err := s.Open(t.Context(), account, ref.Hash)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if r.Size() != int64(len(b)) {
		t.Errorf("size %d, want %d", r.Size(), len(b))
	}
	if err := iotest.TestReader(r, b); err != nil {
		t.Error(err)
	}
}

func testSameBytesTwice(t *testing.T, s blob.Store) {
	b := []byte("the same mail again")
	first := mustPut(t, s, account, b)
	before, err := s.Stat(t.Context(), account, first.Hash)
	if err != nil {
		t.Fatal(err)
	}
	if second := mustPut(t, s, account, b); second != first {
		t.Errorf("second time: %+v, first: %+v", second, first)
	}
	after, err := s.Stat(t.Context(), account, first.Hash)
	if err != nil || after.Stored.Before(before.Stored) {
		t.Errorf("stored %v, then %v, %v", before.Stored, after.Stored, err)
	}
	wantBytes(t, s, account, b)
	if n := len(list(t, s, account)); n != 1 {
		t.Errorf("%d blobs are kept of the same bytes", n)
	}
}

func testNotFound(t *testing.T, s blob.Store) {
	wantNone(t, s, account, hashOf([]byte("never stored")))
	mustPut(t, s, account, []byte("something"))
	wantNone(t, s, account, hashOf([]byte("never stored")))
	if _, err := blob.Get(t.Context(), s, account, blob.Hash{}, 10); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("get: %v", err)
	}
}

func testAbort(t *testing.T, s blob.Store) {
	b := []byte("half a mail")
	w := mustCreate(t, s)
	mustWrite(t, w, b)
	w.Abort()
	w.Abort()
	wantNone(t, s, account, hashOf(b))

	w = mustCreate(t, s)
	mustWrite(t, w, b)
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Abort() // as a deferred one does
	wantBytes(t, s, account, b)
}

func testClosedWriter(t *testing.T, s blob.Store) {
	committed, aborted := mustCreate(t, s), mustCreate(t, s)
	if _, err := committed.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	aborted.Abort()
	for name, w := range map[string]blob.Writer{"committed": committed, "aborted": aborted} {
		if n, err := w.Write([]byte("x")); n != 0 || !errors.Is(err, blob.ErrClosed) {
			t.Errorf("%s: write: %d, %v", name, n, err)
		}
		if _, err := w.Commit(t.Context()); !errors.Is(err, blob.ErrClosed) {
			t.Errorf("%s: commit: %v", name, err)
		}
	}
	wantNone(t, s, account, hashOf([]byte("x")))
}

// What was not committed is nowhere, neither under the hash of the whole nor
// of a part.
func testUncommitted(t *testing.T, s blob.Store) {
	b := bytes.Repeat([]byte("torn "), 100_000)
	w := mustCreate(t, s)
	defer w.Abort()
	for part := range slicesOf(b, 100_000) {
		mustWrite(t, w, part)
	}
	wantNone(t, s, account, hashOf(b))
	wantNone(t, s, account, hashOf(b[:100_000]))
	if all := list(t, s, account); len(all) != 0 {
		t.Errorf("listed: %v", all)
	}
}

func slicesOf(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for ; len(b) > 0; b = b[min(n, len(b)):] {
			if !yield(b[:min(n, len(b))]) {
				return
			}
		}
	}
}

func testCancelled(t *testing.T, s blob.Store) {
	b := []byte("too late")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if w, err := s.Create(gone, account); !errors.Is(err, context.Canceled) {
		t.Errorf("create: %v, %v", w, err)
	}
	w := mustCreate(t, s)
	mustWrite(t, w, b)
	if _, err := w.Commit(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
	wantNone(t, s, account, hashOf(b))
	mustPut(t, s, account, b)
	if _, err := s.Open(gone, account, hashOf(b)); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	if _, err := s.Stat(gone, account, hashOf(b)); !errors.Is(err, context.Canceled) {
		t.Errorf("stat: %v", err)
	}
	if _, err := s.Delete(gone, account, hashOf(b), time.Now().Add(time.Hour)); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v", err)
	}
	for _, err := range s.List(gone, account) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v", err)
		}
	}
	wantBytes(t, s, account, b)
}

func testAccountNames(t *testing.T, s blob.Store) {
	b := []byte("where does it go?")
	for _, name := range []string{"a", "default", "incoming", "0.0", "a.b-c", "-", strings.Repeat("x", 63)} {
		mustPut(t, s, name, b)
		wantBytes(t, s, name, b)
		if n := len(list(t, s, name)); n != 1 {
			t.Errorf("account %q has %d blobs", name, n)
		}
	}
	for _, name := range []string{
		"", ".", "..", "...", "/", "../acme", "acme/..", "acme/00", "/etc", `..\acme`, "ACME", "_incoming", "acme ",
		"acme\x00", "äcme", "a\nb", strings.Repeat("x", 64),
	} {
		if w, err := s.Create(t.Context(), name); !errors.Is(err, blob.ErrAccount) {
			t.Errorf("create for %q: %v, %v", name, w, err)
		}
		if _, err := s.Open(t.Context(), name, hashOf(b)); !errors.Is(err, blob.ErrAccount) {
			t.Errorf("open for %q: %v", name, err)
		}
		if _, err := s.Stat(t.Context(), name, hashOf(b)); !errors.Is(err, blob.ErrAccount) {
			t.Errorf("stat for %q: %v", name, err)
		}
		if _, err := s.Delete(t.Context(), name, hashOf(b), time.Now()); !errors.Is(err, blob.ErrAccount) {
			t.Errorf("delete for %q: %v", name, err)
		}
		refused := false
		for _, err := range s.List(t.Context(), name) {
			refused = errors.Is(err, blob.ErrAccount)
		}
		if !refused {
			t.Errorf("list for %q is not refused", name)
		}
	}
}

func testAccountIsolation(t *testing.T, s blob.Store) {
	b := []byte("a secret of acme")
	mustPut(t, s, account, b)
	wantNone(t, s, other, hashOf(b))
	if all := list(t, s, other); len(all) != 0 {
		t.Errorf("the other account lists %v", all)
	}
	if deleted, err := s.Delete(t.Context(), other, hashOf(b), time.Now().Add(time.Hour)); deleted || err != nil {
		t.Errorf("delete by the other account: %v, %v", deleted, err)
	}
	wantBytes(t, s, account, b)

	mustPut(t, s, other, b)
	if deleted, err := s.Delete(t.Context(), account, hashOf(b), time.Now().Add(time.Hour)); !deleted || err != nil {
		t.Errorf("delete: %v, %v", deleted, err)
	}
	wantNone(t, s, account, hashOf(b))
	wantBytes(t, s, other, b) // identical bytes were never shared
}

func testList(t *testing.T, s blob.Store) {
	want := make(map[blob.Hash]int64)
	for i := range 300 {
		ref := mustPut(t, s, account, fmt.Appendf(nil, "blob %d %s", i, strings.Repeat("x", i)))
		want[ref.Hash] = ref.Size
	}
	if d := cmp.Diff(want, list(t, s, account)); d != "" {
		t.Errorf("listed (-want +got):\n%s", d)
	}
	n := 0
	for _, err := range s.List(t.Context(), account) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
	if all := list(t, s, "nobody"); len(all) != 0 {
		t.Errorf("an account without blobs lists %v", all)
	}
}

func testDelete(t *testing.T, s blob.Store) {
	b := []byte("nobody refers to this")
	start := time.Now().Add(-time.Hour)
	mustPut(t, s, account, b)
	for _, tt := range []struct {
		name   string
		before time.Time
		want   bool
	}{
		{"stored since", start, false},
		{"stored before", time.Now().Add(time.Hour), true},
		{"no longer there", time.Now().Add(time.Hour), false},
	} {
		if got, err := s.Delete(t.Context(), account, hashOf(b), tt.before); got != tt.want || err != nil {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
		if tt.want {
			wantNone(t, s, account, hashOf(b))
		}
	}
	mustPut(t, s, account, b)
	wantBytes(t, s, account, b)
	if got, err := s.Delete(t.Context(), "nobody", hashOf(b), time.Now()); got || err != nil {
		t.Errorf("account without blobs: %v, %v", got, err)
	}
}

func testGet(t *testing.T, s blob.Store) {
	b := []byte("twelve bytes")
	ref := mustPut(t, s, account, b)
	if got, err := blob.Get(t.Context(), s, account, ref.Hash, 12); err != nil || !bytes.Equal(got, b) {
		t.Errorf("at the limit: %q, %v", got, err)
	}
	if _, err := blob.Get(t.Context(), s, account, ref.Hash, 11); !errors.Is(err, blob.ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
}
