package eml

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func sample(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestSignedPartRaw: what was signed is handed out byte for byte (RFC 1847
// section 2.1), or a signature could not be verified.
//
// covers: P07
func TestSignedPartRaw(t *testing.T) {
	raw := sample(t, "pgp-signed")
	_, after, _ := bytes.Cut(raw, []byte("\r\n--s\r\n"))
	want, _, _ := bytes.Cut(after, []byte("\r\n--s\r\n"))
	if diff := cmp.Diff(string(want), string(Read(raw).Root.Children[0].Raw())); diff != "" {
		t.Errorf("signed part (-want +got):\n%s", diff)
	}
}

// TestOpaqueSignature: the envelope stays as it was sent although its content
// is shown.
func TestOpaqueSignature(t *testing.T) {
	raw := sample(t, "smime-opaque")
	_, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	want, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	m := Read(raw)
	if got := m.Attachments()[0].Part.Bytes(); !bytes.Equal(got, want) {
		t.Errorf("smime.p7m has %d bytes, want %d", len(got), len(want))
	}
	paths := []string{}
	for p := range m.Root.All() {
		paths = append(paths, p.Path)
	}
	if diff := cmp.Diff([]string{"1"}, paths); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func TestByContentID(t *testing.T) {
	m := Read(sample(t, "cid-attachment"))
	for _, c := range []struct{ name, id, want string }{
		{"as declared", "image+1@X", "one.png"},
		{"url", "cid:image+1@X", "one.png"},
		{"url in capitals", "CID:image+1@X", "one.png"},
		{"percent-encoded, other case", "cid:Image%2B1@x", "one.png"},
		{"brackets", "<image+1@x>", "one.png"},
		{"content location", "pics/2.png", "two.png"},
		{"file name", "cid:TWO.png", "two.png"},
		{"unknown", "cid:three@x", ""},
		{"empty", "cid:", ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ok := m.ByContentID(c.id)
			if ok != (c.want != "") || a.Filename != c.want {
				t.Errorf("ByContentID(%q) = %q, %v, want %q", c.id, a.Filename, ok, c.want)
			}
		})
	}
}

func TestProtectedSubject(t *testing.T) {
	signed := func(outer, params, inner string) []byte {
		return crlf("Subject: "+outer, "Content-Type: multipart/signed; boundary=s", "", "--s",
			"Content-Type: text/plain"+params, "Subject: "+inner, "", "x", "--s", "Content-Type: application/pgp-signature", "", "--s--")
	}
	for _, c := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"hidden", signed("[...]", `; hp="cipher"`, "real"), "real"},
		{"hidden, older programs", signed("...", `; protected-headers="v1"`, "real"), "real"},
		{"hidden, not protected", signed("[...]", "", "real"), "[...]"},
		{"not hidden", signed("outer", `; hp="clear"`, "other"), "outer"},
		{"nothing inside", signed("[...]", `; hp="clear"`, ""), "[...]"},
		{"forwarded=no", crlf("Subject: ...", `Content-Type: message/rfc822; forwarded=no`, "", "Subject: real", "", "x"), "real"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Read(c.raw).Subject(); got != c.want {
				t.Errorf("subject %q, want %q", got, c.want)
			}
		})
	}
}

// uuencoded is one line of uuencode.
func uuencoded(b []byte) string {
	line := []byte{byte(len(b)) + ' '}
	for i := 0; i < len(b); i += 3 {
		var g [3]byte
		copy(g[:], b[i:])
		for _, v := range []byte{g[0] >> 2, g[0]&3<<4 | g[1]>>4, g[1]&15<<2 | g[2]>>6, g[2] & 63} {
			line = append(line, v+' ')
		}
	}
	return string(bytes.ReplaceAll(line, []byte(" "), []byte("`")))
}

// TestUUEncodeRoundTrip: any bytes come back.
func TestUUEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Byte()).Draw(t, "data")
		lines := []string{"above", "begin 644 a.bin"}
		for rest := data; len(rest) > 0; {
			n := min(45, len(rest))
			lines = append(lines, uuencoded(rest[:n]))
			rest = rest[n:]
		}
		m := Read(crlf(append(append([]string{""}, lines...), "`", "end", "below")...))
		a := m.Attachments()
		if len(a) != 1 || !bytes.Equal(a[0].Part.Bytes(), data) {
			t.Fatalf("%d attachments", len(a))
		}
		if text, _ := m.Text(); text != "above\nbelow" {
			t.Fatalf("text %q", text)
		}
	})
}

func TestFramedFiles(t *testing.T) {
	line := uuencoded([]byte("hello"))
	for _, c := range []struct {
		name  string
		body  []string
		text  string
		files []string
	}{
		{"file", []string{"begin 644 a.txt", line, "end"}, "", []string{"a.txt"}},
		{"empty file", []string{"begin 644 a.txt", "`", "end", "x"}, "x", []string{"a.txt"}},
		{"name with blanks", []string{"begin 644 my file.txt", line, "`", "end"}, "", []string{"my file.txt"}},
		{"no mode", []string{"begin a.txt", line, "end"}, "begin a.txt\n" + line + "\nend", nil},
		{"not octal", []string{"begin 689 a.txt", line, "end"}, "begin 689 a.txt\n" + line + "\nend", nil},
		{"no name", []string{"begin 644", line, "end"}, "begin 644\n" + line + "\nend", nil},
		{"quoted", []string{"> begin 644 a.txt", "> " + line, "> end"}, "> begin 644 a.txt\n> " + line + "\n> end", nil},
		{"words", []string{"begin 644 x", "Words follow here.", "end"}, "begin 644 x\nWords follow here.\nend", nil},
		{"words and a blank line", []string{"begin 644 x", "", "end"}, "", []string{"x"}},
		{"one line, no end", []string{"begin 644 x", line, "Bye, Alice"}, "begin 644 x\n" + line + "\nBye, Alice", nil},
		{"base64", []string{"begin-base64 644 a", "aGVsbG8=", "====", "x"}, "x", []string{"a"}},
		{"base64 without an end", []string{"begin-base64 644 a", "aGVsbG8=", "x y"}, "begin-base64 644 a\naGVsbG8=\nx y", nil},
		{"yenc without an end", []string{"=ybegin line=128 size=1 name=x", "k"}, "=ybegin line=128 size=1 name=x\nk", nil},
		{"path in the name", []string{"begin 644 ../../etc/passwd", line, "end"}, "", []string{"passwd"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Read(crlf(append([]string{""}, c.body...)...))
			var files []string
			for _, a := range m.Attachments() {
				files = append(files, a.Filename)
			}
			text, _ := m.Text()
			if diff := cmp.Diff(c.files, files); diff != "" || text != c.text {
				t.Errorf("text %q, want %q; files (-want +got):\n%s", text, c.text, diff)
			}
		})
	}
}

func TestEnrichedText(t *testing.T) {
	for _, c := range []struct {
		name, in string
		rich     bool
		want     string
	}{
		{"line ends", "a\nb\n\nc\n\n\nd", false, "a b\nc\n\nd"},
		{"brackets", "a << b <bold>c</bold>", false, "a < b c"},
		{"param", "<color><param>red</param>a</color>", false, "a"},
		{"nofill", "<nofill>a\nb</nofill>", false, "a\nb"},
		{"no command", "a < b and a <thing that is far too long to be the name of a command of any kind at all> c", false,
			"a < b and a <thing that is far too long to be the name of a command of any kind at all> c"},
		{"richtext", "a\nb<nl>c <lt>d", true, "a b\nc <d"},
		{"never closed", "a<param>b", false, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := enrichedText(c.in, c.rich); got != c.want {
				t.Errorf("enrichedText(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCalendarText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"no event", "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", ""},
		{"no calendar", "hello: world", ""},
		{"folded in a word", "BEGIN:VEVENT\nSUMMARY:a\n b\nEND:VEVENT", "Summary: ab"},
		{"escapes", `BEGIN:VEVENT` + "\n" + `SUMMARY:a\, b\; c\\n` + "\nEND:VEVENT", `Summary: a, b; c\n`},
		{"colon in quotes", "BEGIN:VEVENT\nDTSTART;TZID=\"(GMT+01:00) Berlin\":20250310T140000\nEND:VEVENT", "Start: 2025-03-10 14:00 (GMT+01:00) Berlin"},
		{"nonsense date", "BEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT", "Start: soon"},
		{"answer", "METHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=DECLINED;CN=\"Doe; Bob\":mailto:bob@a.example\nEND:VEVENT",
			"Method: REPLY\nAttendees: Doe; Bob <bob@a.example> (declined)"},
		{"lower case", "begin:vevent\nsummary:x\nend:vevent", "Summary: x"},
		{"todo", "BEGIN:VTODO\nSUMMARY:x\nDUE:20250310\nEND:VTODO", "Summary: x\nDue: 2025-03-10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := calendarText(c.in); got != c.want {
				t.Errorf("calendarText = %q, want %q", got, c.want)
			}
		})
	}
}
