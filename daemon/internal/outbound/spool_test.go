package outbound

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newSpools(t testing.TB) *Spools {
	t.Helper()
	s, err := OpenSpools(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// spooled is a mail of these bytes.
func spooled(t *testing.T, mail string) *Spool {
	t.Helper()
	s := newSpools(t).New()
	t.Cleanup(s.Close)
	if _, err := io.WriteString(s, mail); err != nil {
		t.Fatal(err)
	}
	return s
}

func newComposer(t *testing.T) composer {
	t.Helper()
	return composer{signer: newSigner(t), spools: newSpools(t)}
}

// written is the mail of a parcel.
func written(t *testing.T, p Parcel) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := p.Mail.WriteTo(&b); err != nil || n != int64(b.Len()) || n != p.Mail.Size() {
		t.Fatalf("wrote %d bytes of %d, %v", n, p.Mail.Size(), err)
	}
	return b.Bytes()
}

// What is written comes back, however it is cut and however large it is.
func TestSpool(t *testing.T) {
	spools := newSpools(t)
	rapid.Check(t, func(t *rapid.T) {
		var want bytes.Buffer
		s := spools.New()
		defer s.Close()
		for i, n := range rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 77, 4096, spoolMemory - 1, spoolMemory, spoolMemory + 1}), 0, 8).Draw(t, "pieces") {
			piece := bytes.Repeat([]byte{byte('a' + i)}, n)
			want.Write(piece)
			if got, err := s.Write(piece); got != n || err != nil {
				t.Fatalf("wrote %d of %d, %v", got, n, err)
			}
		}
		whole := want.String()
		if rapid.Bool().Draw(t, "signed") {
			s.Prepend([]byte("B: 2\r\n"))
			s.Prepend([]byte("A: 1\r\n"))
			whole = "A: 1\r\nB: 2\r\n" + whole
		}
		for range 2 {
			var got bytes.Buffer
			if n, err := s.WriteTo(&got); n != s.Size() || err != nil || got.String() != whole {
				t.Fatalf("%d bytes came back, %v, want %d", n, err, len(whole))
			}
		}
	})
}

// A large mail is never in memory, and nothing of it stays behind.
func TestSpoolOfALargeMail(t *testing.T) {
	spools := newSpools(t)
	s := spools.New()
	line := []byte(strings.Repeat("x", 76) + "\r\n")
	sum := sha256.New()
	const lines = 30 << 20 / 78
	for range lines {
		if _, err := io.MultiWriter(s, sum).Write(line); err != nil {
			t.Fatal(err)
		}
		if cap(*s.memory) > 2*spoolMemory {
			t.Fatalf("%d bytes are in memory", cap(*s.memory))
		}
	}
	if files, err := os.ReadDir(spools.dir); err != nil || len(files) != 0 {
		t.Errorf("the folder shows %v, %v, want nothing that could be left behind", files, err)
	}
	got := sha256.New()
	if n, err := s.WriteTo(got); err != nil || n != lines*int64(len(line)) || !bytes.Equal(got.Sum(nil), sum.Sum(nil)) {
		t.Errorf("%d bytes came back, %v", n, err)
	}
	s.Close()
	s.Close()
	if _, err := s.file.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("the file is open after Close: %v", err)
	}
}

func TestOpenSpoolsRemovesWhatWasLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outgoing")
	if _, err := OpenSpools(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{spoolPrefix + "1", "somebody-elses"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenSpools(dir); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "somebody-elses" {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestSpoolWithoutRoom(t *testing.T) {
	spools := newSpools(t)
	if err := os.Remove(spools.dir); err != nil {
		t.Fatal(err)
	}
	s := spools.New()
	defer s.Close()
	if _, err := s.Write(make([]byte, spoolMemory+1)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want what the folder says", err)
	}
}

// Composing a usual mail makes no file and little garbage.
func BenchmarkSpool(b *testing.B) {
	spools := newSpools(b)
	mail := bytes.Repeat([]byte("x"), 8<<10)
	b.ReportAllocs()
	for b.Loop() {
		s := spools.New()
		_, _ = s.Write(mail)
		_, _ = s.WriteTo(io.Discard)
		s.Close()
	}
}
