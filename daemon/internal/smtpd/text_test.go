package smtpd

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	tests := []struct {
		name string
		mend bool
		in   string
		out  string
		rest string // what belongs to no mail
		err  bool
	}{
		{name: "a mail", in: "a\r\nb\r\n.\r\nQUIT\r\n", out: "a\r\nb\r\n.\r\n", rest: "QUIT\r\n"},
		{name: "no line", in: ".\r\nQUIT\r\n", out: ".\r\n", rest: "QUIT\r\n"},
		{name: "doubled dots stay", in: "..\r\n..a\r\n.\r\n", out: "..\r\n..a\r\n.\r\n"},
		{name: "a dot within", in: "a.\r\n.b\r\n.\r\n", out: "a.\r\n.b\r\n.\r\n"},
		{name: "lone LF", in: "a\nb\r\n.\r\n", err: true},
		{name: "lone CR", in: "a\rb\r\n.\r\n", err: true},
		{name: "CR CR LF", in: "a\r\r\n.\r\n", err: true},
		{name: "dot, lone LF", in: "a\r\n.\nb", err: true},
		{name: "dot, lone CR", in: "a\r\n.\rb", err: true},

		{name: "LF is mended", mend: true, in: "a\nb\r\n.\r\nx", out: "a\r\nb\r\n.\r\n", rest: "x"},
		{name: "CR is a space", mend: true, in: "a\rb\r\n.\r\n", out: "a b\r\n.\r\n"},
		{name: "CR CR LF is one end", mend: true, in: "a\r\r\nb\r\r\r\r\nc\r\n.\r\n", out: "a\r\nb  \r\nc\r\n.\r\n"},
		{name: "LF . LF", mend: true, in: "a\n.\nb\r\n.\r\n", out: "a\r\n..\r\nb\r\n.\r\n"},
		{name: "LF . CR LF", mend: true, in: "a\n.\r\nb\r\n.\r\n", out: "a\r\n..\r\nb\r\n.\r\n"},
		{name: "CR LF . LF", mend: true, in: "a\r\n.\nb\r\n.\r\n", out: "a\r\n..\r\nb\r\n.\r\n"},
		{name: "CR . CR", mend: true, in: "a\r.\rb\r\n.\r\n", out: "a . b\r\n.\r\n"},
		{name: "CR LF . CR CR LF", mend: true, in: "a\r\n.\r\r\nb\r\n.\r\n", out: "a\r\n..\r\nb\r\n.\r\n"},
		{name: "CR LF . CR x", mend: true, in: "a\r\n.\rb\r\n.\r\n", out: "a\r\n. b\r\n.\r\n"},
		{name: "CR CR LF . CR LF is an end", mend: true, in: "a\r\r\n.\r\nb", out: "a\r\n.\r\n", rest: "b"},
		{name: "dots after mended ends are kept", mend: true, in: "a\n..b\n.c\r\n..d\r\n.\r\n", out: "a\r\n...b\r\n..c\r\n..d\r\n.\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := text{mend: tt.mend}
			out, n, ok := whole.take(nil, []byte(tt.in))
			if ok == tt.err {
				t.Fatalf("ok is %v", ok)
			}
			if tt.err {
				return
			}
			if diff := cmp.Diff([]string{tt.out, tt.rest}, []string{string(out), tt.in[n:]}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !whole.ended {
				t.Error("did not end")
			}
		})
	}
}

// Many CRs cost no more memory than they took on the wire.
func TestTextOfCRs(t *testing.T) {
	x := text{mend: true}
	out, _, _ := x.take(nil, []byte(strings.Repeat("\r", 1000)+"x"))
	if len(out) != 1001 {
		t.Errorf("%d octets of 1001", len(out))
	}
}

// However it is cut: a mail ends at the first CR LF . CR LF of the wire and only
// there, what comes out has no lone CR or LF and no other line of one dot, and
// without mending it is what came in.
func FuzzText(f *testing.F) {
	for _, s := range []string{"a\r\n.\r\nb", "a\n.\n", "\r.\r", "\r\r\n.\r\n", ".\r\n", "..\r\n.\r\n", "\r\n.\r\r\n.\r\n", "a\n.\r\n.\r\n"} {
		f.Add([]byte(s), 1, true)
		f.Add([]byte(s), 3, false)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int, mend bool) {
		x := text{mend: mend}
		var out []byte
		taken, ok := 0, true
		for size := max(1, cut%16); taken < len(in) && !x.ended && ok; {
			var n int
			out, n, ok = x.take(out, in[taken:min(len(in), taken+size)])
			taken += n
		}
		end := bytes.Index(append([]byte("\r\n"), in...), []byte("\r\n.\r\n")) + len(".\r\n")
		if end < len(".\r\n") {
			end = -1
		}
		switch {
		case !ok:
			if mend {
				t.Fatalf("%q was refused", in)
			}
			return
		case x.ended && taken != end, !x.ended && end >= 0:
			t.Fatalf("%q: ended %v after %d octets, the end is at %d", in, x.ended, taken, end)
		case !mend && x.ended && !bytes.Equal(out, in[:taken]):
			t.Fatalf("%q became %q", in[:taken], out)
		}
		whole := append([]byte("\r\n"), out...)
		if stray := lone.Find(whole); stray != nil {
			t.Fatalf("%q became %q", in, out)
		}
		if i := bytes.Index(whole, []byte("\r\n.\r\n")); x.ended && i+len("\r\n.\r\n") != len(whole) || !x.ended && i >= 0 {
			t.Fatalf("%q became %q, which ends elsewhere", in, out)
		}
	})
}

func FuzzMender(f *testing.F) {
	for _, s := range []string{"a\nb", "a\r\r\nb\r", "\r", "\n.\n", strings.Repeat("\r", 5000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := io.ReadAll(newMender(bytes.NewReader(in)))
		slow, slowErr := io.ReadAll(newMender(iotest.OneByteReader(bytes.NewReader(in))))
		if err != nil || slowErr != nil || !bytes.Equal(got, slow) {
			t.Fatalf("%q became %q and %q, errors %v and %v", in, got, slow, err, slowErr)
		}
		plain := func(b []byte) string { return strings.NewReplacer("\r", "", "\n", "", " ", "").Replace(string(b)) }
		if lone.Match(got) || plain(in) != plain(got) || bytes.Count(in, []byte("\n")) != bytes.Count(got, []byte("\n")) {
			t.Fatalf("%q became %q", in, got)
		}
	})
}
