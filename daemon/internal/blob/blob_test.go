package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestHashText(t *testing.T) {
	const text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc", FIPS 180-4
	for _, tt := range []struct {
		name string
		text string
		want bool
	}{
		{"lower-case", text, true},
		{"upper-case", strings.ToUpper(text), false},
		{"too short", text[2:], false},
		{"odd", text[1:], false},
		{"too long", text + "00", false},
		{"not hexadecimal", "x" + text[1:], false},
		{"a path", "../" + text[3:], false},
		{"empty", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, err := ParseHash(tt.text)
			if (err == nil) != tt.want || tt.want && h.String() != tt.text || !tt.want && !h.IsZero() {
				t.Errorf("got %s, %v", h, err)
			}
		})
	}
	ref := Ref{Size: 3}
	if err := ref.Hash.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(ref)
	if want := `{"hash":"` + text + `","size":3}`; err != nil || string(data) != want {
		t.Errorf("got %s, %v; want %s", data, err, want)
	}
	var back Ref
	if err := json.Unmarshal(data, &back); err != nil || back != ref {
		t.Errorf("read back %+v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"hash":"AB"}`), &back); err == nil {
		t.Error("a bad hash was read")
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(Hash{}.String())
	f.Add(strings.Repeat("aF", 32))
	f.Add("../../etc/passwd")
	f.Fuzz(func(t *testing.T, s string) {
		if h, err := ParseHash(s); err == nil && h.String() != s {
			t.Errorf("%q is another spelling of %s", s, h)
		}
	})
}

// lying opens the wrong bytes under any hash.
type lying struct {
	Store
	bytes string
}

type lyingReader struct {
	*bytes.Reader
	size int64
}

func (l lying) Open(context.Context, string, Hash) (Reader, error) {
	return lyingReader{Reader: bytes.NewReader([]byte(l.bytes)), size: 4}, nil
}
func (r lyingReader) Size() int64 { return r.size }
func (lyingReader) Close() error  { return nil }

var _ io.ReadSeekCloser = lyingReader{}

// covers: P04
func TestGetNoticesDamage(t *testing.T) {
	h := Hash(sha256.Sum256([]byte("abcd")))
	for _, tt := range []struct {
		name   string
		stored string
		want   error
	}{
		{"what was stored", "abcd", nil},
		{"other bytes", "abcx", ErrCorrupt},
		{"truncated", "abc", ErrCorrupt},
		{"extended", "abcdefg", ErrCorrupt},
		{"empty", "", ErrCorrupt},
	} {
		if b, err := Get(t.Context(), lying{bytes: tt.stored}, "a", h, 100); !errors.Is(err, tt.want) {
			t.Errorf("%s: %q, %v; want %v", tt.name, b, err, tt.want)
		}
	}
}
