package quotes

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/rogpeppe/go-internal/txtar"
)

// sample is one file of testdata: a mail, and what should be read out of it.
type sample struct {
	name  string
	mail  []byte
	files map[string]string
}

func readSamples(t *testing.T, folder string) []sample {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples in %s: %v", folder, err)
	}
	var samples []sample
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := sample{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), files: map[string]string{}}
		for _, f := range a.Files {
			if f.Name == "mail.eml" {
				s.mail = f.Data
				continue
			}
			s.files[f.Name] = string(f.Data)
		}
		samples = append(samples, s)
	}
	return samples
}

// withoutPlain takes the plain text out of a mail that has HTML as well.
func withoutPlain(raw []byte) ([]byte, bool) {
	m := eml.Read(raw)
	if m.HTMLParts() == 0 || m.Root.MediaType != "multipart/alternative" {
		return nil, false
	}
	return []byte(strings.Replace(string(raw), "Content-Type: text/plain", "Content-Type: application/x-left-out", 1)), true
}

// eachForm runs a test on the mail of a sample, and on its HTML alone where it
// has both.
func eachForm(t *testing.T, s sample, check func(t *testing.T, m *eml.Mail)) {
	t.Run(s.name, func(t *testing.T) { check(t, eml.Read(s.mail)) })
	if html, ok := withoutPlain(s.mail); ok {
		t.Run(s.name+"/html", func(t *testing.T) { check(t, eml.Read(html)) })
	}
}

// fullLines makes texts comparable: no blanks at line ends, no blank lines, for
// those depend on how HTML is rendered.
func fullLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.Join(strings.Fields(plain(l)), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// covers: P08
func TestReplies(t *testing.T) {
	for _, s := range readSamples(t, "reply") {
		eachForm(t, s, func(t *testing.T, m *eml.Mail) {
			got := Read(m)
			checkNothingLost(t, m, got)
			if got.Forward != nil {
				t.Errorf("taken for a forward of %v", got.Forward.From)
			}
			if want, ok := s.files["reply"]; ok {
				if diff := cmp.Diff(fullLines(want), fullLines(got.Reply)); diff != "" {
					text, _ := m.Text()
					t.Errorf("reply (-want +got):\n%s\nof\n%s", diff, text)
				}
			}
			for l := range strings.Lines(s.files["contains"]) {
				if l = strings.TrimSpace(l); l != "" && !strings.Contains(got.Reply, l) {
					t.Errorf("reply lacks %q:\n%s", l, got.Reply)
				}
			}
			for l := range strings.Lines(s.files["omits"]) {
				if l = strings.TrimSpace(l); l != "" && strings.Contains(got.Reply, l) {
					t.Errorf("reply holds %q:\n%s", l, got.Reply)
				}
			}
		})
	}
}

// covers: P07
func TestForwards(t *testing.T) {
	for _, s := range readSamples(t, "forward") {
		var want *Forward
		if err := json.Unmarshal([]byte(s.files["forward.json"]), &want); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		eachForm(t, s, func(t *testing.T, m *eml.Mail) {
			got := Read(m)
			checkNothingLost(t, m, got)
			if got.Forward == nil || want == nil {
				if got.Forward != want {
					text, _ := m.Text()
					t.Errorf("forward is %v, want %v, in\n%s", got.Forward, want, text)
				}
				return
			}
			if diff := cmp.Diff(linesOf(*want), linesOf(*got.Forward)); diff != "" {
				text, _ := m.Text()
				t.Errorf("forward (-want +got):\n%s\nin\n%s", diff, text)
			}
		})
	}
}

// forwardLines is a forward whose texts can be compared.
type forwardLines struct {
	From          Mailbox
	To, Cc        []Mailbox
	Subject, Date string
	Body, Note    []string
}

func linesOf(f Forward) forwardLines {
	if len(f.To) == 0 {
		f.To = nil
	}
	if len(f.Cc) == 0 {
		f.Cc = nil
	}
	return forwardLines{f.From, f.To, f.Cc, f.Subject, strings.Join(strings.Fields(plain(f.Date)), " "), fullLines(f.Body), fullLines(f.Note)}
}

// checkNothingLost checks that every word of the text is in the reply or folded.
func checkNothingLost(t *testing.T, m *eml.Mail, s Split) {
	t.Helper()
	text, _ := m.Text()
	want := strings.Join(strings.Fields(text), "")
	all := s.Reply
	for _, f := range s.Folded {
		all += f
	}
	if len(strings.Join(strings.Fields(all), "")) != len(want) {
		t.Errorf("reply and folded spans have other bytes than the text:\n%s\n--- text\n%s", all, text)
	}
	if strings.TrimSpace(text) != "" && strings.TrimSpace(s.Reply) == "" {
		t.Error("the reply is empty though there is text")
	}
}
