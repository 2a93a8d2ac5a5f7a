package eml

import (
	"os"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"
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
