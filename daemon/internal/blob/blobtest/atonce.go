package blobtest

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
)

// A reader goes on while the same bytes are stored again and removed.
func testReadWhileWriting(t *testing.T, s blob.Store) {
	b := bytes.Repeat([]byte("being read "), 50_000)
	mustPut(t, s, account, b)
	r, err := s.Open(t.Context(), account, hashOf(b))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	got := make([]byte, len(b)/2)
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatal(err)
	}
	w := mustCreate(t, s)
	defer w.Abort()
	mustWrite(t, w, b[:len(b)/2])
	wantBytes(t, s, account, b) // and others may begin meanwhile
	mustWrite(t, w, b[len(b)/2:])
	if _, err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(append(got, rest...), b) {
		t.Errorf("read %d bytes of %d, or others; %v", len(got)+len(rest), len(b), err)
	}
}

// Many writers store few distinct contents at once, while some are deleted if
// old (which none is), and everybody reads what they have just committed.
func testConcurrent(t *testing.T, s blob.Store) {
	const writers, rounds, distinct = 16, 20, 5
	old := time.Now().Add(-time.Hour)
	var wg sync.WaitGroup
	for g := range writers {
		wg.Go(func() {
			for i := range rounds {
				b := fmt.Appendf(nil, "content %d", (g+i)%distinct)
				name := []string{account, other}[g%2]
				ref, err := blob.Put(t.Context(), s, name, b)
				if err != nil || ref.Hash != hashOf(b) {
					t.Errorf("writer %d: %+v, %v", g, ref, err)
					return
				}
				if deleted, err := s.Delete(t.Context(), name, ref.Hash, old); deleted || err != nil {
					t.Errorf("writer %d: delete: %v, %v", g, deleted, err)
				}
				if got, err := blob.Get(t.Context(), s, name, ref.Hash, 100); err != nil || !bytes.Equal(got, b) {
					t.Errorf("writer %d: %q, %v; want %q", g, got, err, b)
				}
			}
		})
	}
	wg.Wait()
	for _, name := range []string{account, other} {
		if n := len(list(t, s, name)); n != distinct {
			t.Errorf("account %q has %d blobs, want %d", name, n, distinct)
		}
	}
}
