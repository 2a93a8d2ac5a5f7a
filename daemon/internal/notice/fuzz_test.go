package notice

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/eml"
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
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 1<<20 {
			return
		}
		begin := time.Now()
		n := Read(eml.Read(raw))
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%d bytes took %v", len(raw), took)
		}
		checkNotice(t, n)
	})
}

// checkNotice holds every notice to what its readers may rely on.
func checkNotice(t testing.TB, n *Notice) {
	t.Helper()
	report := n.Kind == Bounce || n.Kind == Delay || n.Kind == Delivered || n.Kind == Complaint
	if !report && (n.Recipients != nil || n.MessageIDs != nil) {
		t.Errorf("%s with recipients %v, ids %v", n.Kind, n.Recipients, n.MessageIDs)
	}
	if len(n.Recipients) > MaxRecipients || len(n.MessageIDs) > maxMessageIDs {
		t.Errorf("%d recipients, %d ids", len(n.Recipients), len(n.MessageIDs))
	}
	line := func(s string, most int) {
		if len(s) > most || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) {
			t.Errorf("unclean: %.80q", s)
		}
	}
	line(n.Reason, 2*MaxDiagnostic)
	line(n.Automatic, 200)
	seen := map[string]bool{}
	for _, r := range n.Recipients {
		line(r.Address, maxAddress)
		line(r.Original, maxAddress)
		line(r.Diagnostic, MaxDiagnostic)
		line(r.Remote, maxAddress)
		if r.Address == "" || r.Class == "" || r.Code != 0 && (r.Code < 400 || r.Code > 599) || seen[strings.ToLower(r.Address)] {
			t.Errorf("recipient %+v", r)
		}
		seen[strings.ToLower(r.Address)] = true
	}
	for _, id := range n.MessageIDs {
		line(id, eml.MaxID)
		if !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, ">") {
			t.Errorf("id %q", id)
		}
	}
}
