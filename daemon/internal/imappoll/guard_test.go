package imappoll

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// spoken is a connection on which only something is said.
type spoken struct{ io.Reader }

func (spoken) Write(p []byte) (int, error)      { return len(p), nil }
func (spoken) Close() error                     { return nil }
func (spoken) LocalAddr() net.Addr              { return nil }
func (spoken) RemoteAddr() net.Addr             { return nil }
func (spoken) SetDeadline(time.Time) error      { return nil }
func (spoken) SetReadDeadline(time.Time) error  { return nil }
func (spoken) SetWriteDeadline(time.Time) error { return nil }

// covers: P01
func TestGuard(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	tests := []struct {
		name  string
		said  string
		allow int64
		want  string // of the error; "" if all comes through
	}{
		{"lines", "* OK hello\r\n* 3 EXISTS\r\n", 0, ""},
		{"literal", "* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n", 0, ""},
		{"literal that looks like a line", "* 1 FETCH (BODY[] {12}\r\n{99999999}\r\n)\r\n", 0, ""},
		{"longest line", long[1:] + "\n", 0, ""},
		{"endless line", long + "x\n", 0, "a line of more than"},
		{"endless line behind a literal", "{3}\r\nabc" + long + "x", 0, "a line of more than"},
		{"literal over the limit", "* 1 FETCH (BODY[] {99999}\r\n", 0, "99999 bytes where at most 65536"},
		{"the same where it was asked for", "* 1 FETCH (BODY[] {99999}\r\n" + strings.Repeat("\n", 99999) + ")\r\n", 100_000, ""},
		{"literal without wait", "{99999+}\r\n", 0, "99999 bytes"},
		{"endless number", "{" + strings.Repeat("9", 100) + "}\r\n", 0, "bytes where at most"},
		{"braces inside a line", "* OK {99999} bytes\r\n* OK {9999\r\n", 0, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": strings.NewReader(test.said), "byte by byte": iotest.OneByteReader(strings.NewReader(test.said))} {
				g := newGuard(spoken{r})
				if test.allow > 0 {
					g.allow(test.allow)
				}
				got, err := io.ReadAll(g)
				switch {
				case test.want == "" && (err != nil || string(got) != test.said):
					t.Errorf("%s: %d of %d bytes, %v", how, len(got), len(test.said), err)
				case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
					t.Errorf("%s: %v, want %q", how, err, test.want)
				}
			}
		})
	}
}

func TestMend(t *testing.T) {
	tests := []struct{ name, line, want string }{
		{"honest", "* 3 EXISTS\r\n", "* 3 EXISTS\r\n"},
		{"DavMail", "*  22279 EXISTS\r\n", "* 22279 EXISTS\r\n"},
		{"Exchange", `T3 OK [Error="x y" Proxy=z] AUTHENTICATE completed.` + "\r\n", `T3 OK (Error="x y" Proxy=z] AUTHENTICATE completed.` + "\r\n"},
		{"Exchange, untagged", `* BYE [Error="x"] bye`, `* BYE (Error="x"] bye`},
		{"code", "T3 OK [READ-WRITE] done\r\n", "T3 OK [READ-WRITE] done\r\n"},
		{"code with arguments", "* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n", "* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n"},
		{"no status", `* 1 FETCH (BODY["`, `* 1 FETCH (BODY["`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(mend([]byte(test.line))); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzGuard holds that cutting what a server says changes nothing, and that what is
// not refused comes through as it is.
func FuzzGuard(f *testing.F) {
	f.Add("* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n")
	f.Add("{70000}\r\n")
	f.Add("{3+}\r\n{9}\n{\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		whole, errWhole := io.ReadAll(newGuard(spoken{strings.NewReader(said)}))
		cut, errCut := io.ReadAll(newGuard(spoken{iotest.OneByteReader(strings.NewReader(said))}))
		if (errWhole == nil) != (errCut == nil) {
			t.Fatalf("at once %v, byte by byte %v", errWhole, errCut)
		}
		if string(whole) != string(cut) {
			t.Fatalf("at once %q, byte by byte %q", whole, cut)
		}
		if errWhole == nil && !strings.Contains(said, "*  ") && len(whole) != len(said) {
			t.Fatalf("%d of %d bytes come through", len(whole), len(said))
		}
	})
}
