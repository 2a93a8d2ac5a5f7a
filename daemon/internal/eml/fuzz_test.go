package eml

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzRead: no bytes make reading fail, slow or unclean.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(tinyParts(3))
	f.Add(nestedParts(MaxDepth + 1))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<20 {
			return
		}
		begin := time.Now()
		m := Read(raw)
		use(t, m)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%d bytes took %v", len(raw), took)
		}
		checkMail(t, m)
	})
}

// checkMail holds every mail to what its readers may rely on.
func checkMail(t *testing.T, m *Mail) {
	t.Helper()
	checkLine(t, m.Subject())
	for _, list := range [][]Mailbox{m.From(), m.ReplyTo(), m.To(), m.Cc()} {
		for _, b := range list {
			checkLine(t, b.Name)
			checkLine(t, b.Written)
		}
	}
	if one, ok := m.OneFrom(); ok && (m.Header.Count("From") != 1 || one.Address.IsZero()) {
		t.Errorf("author %v of %d From fields", one, m.Header.Count("From"))
	}
	text, source := m.Text()
	if !utf8.ValidString(text) || (text == "") != (source == TextNone) {
		t.Errorf("text %.40q from %v", text, source)
	}
	for _, a := range m.Attachments() {
		checkLine(t, a.Filename)
		if len(a.Filename) > MaxFilename {
			t.Errorf("file name of %d bytes", len(a.Filename))
		}
	}
	for _, id := range append(append(m.References(), m.InReplyTo()...), m.MessageID()) {
		checkLine(t, id)
	}
	parts, seen := 0, map[FaultCode]bool{}
	for p := range m.Root.All() {
		parts++
		if p.start > p.body || p.body > p.end || p.end > len(p.buf) {
			t.Errorf("part %s lies at %d, %d, %d of %d", p.Path, p.start, p.body, p.end, len(p.buf))
		}
	}
	if parts > MaxParts {
		t.Errorf("%d parts", parts)
	}
	for _, fault := range m.Faults {
		if seen[fault.Code] {
			t.Errorf("fault %s twice", fault.Code)
		}
		seen[fault.Code] = true
	}
}

// fieldNames lists the fields of every header in a written mail.
func fieldNames(raw []byte) []string {
	var out []string
	for p := range Read(raw).Root.All() {
		for _, f := range p.Header {
			out = append(out, p.Path+" "+lowerASCII(f.Name))
		}
	}
	return out
}

// FuzzWrite: whatever others chose, the fields and parts of a mail stay those
// of the plain one, and what is shown comes back.
func FuzzWrite(f *testing.F) {
	for _, s := range []string{
		"plain", "a\r\nBcc: x@y.example", "a\r\n\r\nbody", "=?utf-8?q?a=0D=0ABcc:_x?=", "\"; filename=evil.exe", "ä€😀", "a\x00b\u2028c\u202e",
		strings.Repeat("long", 400), strings.Repeat("ä ", 700), "--=_boundary", `\"quoted\" <x@y.example>, z`, "a\xff\xfe", ". ..", "a/b\\c",
	} {
		f.Add(s, s, s, s)
	}
	f.Fuzz(func(t *testing.T, subject, name, filename, body string) {
		o := sampleOutgoing()
		want := fieldNames(write(t, o))
		o.Subject, o.To.Name, o.Text, o.HTML = subject, name, body, "<p>"+body
		o.Attachments[1].Filename, o.Attachments[1].MediaType = filename, filename
		o.Extra[0].Value = subject
		o.References = append(o.References, name)
		raw := write(t, o)
		checkWire(t, raw)
		if body == "" { // the plain part is left out
			return
		}
		if diff := cmp.Diff(want, fieldNames(raw)); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		m := Read(raw)
		if m.Subject() != oneLine(subject, MaxSubjectRunes) {
			t.Errorf("subject %q came back as %q", subject, m.Subject())
		}
		if len(m.To()) != 1 || !m.To()[0].Address.Same(o.To.Address) || m.To()[0].Name != cleanName(validUTF8(name)) {
			t.Errorf("recipient %q came back as %v", name, m.To())
		}
		if a := m.Attachments(); len(a) != 2 || len(a[1].Part.Bytes()) != 300 {
			t.Errorf("%d attachments", len(a))
		}
	})
}
