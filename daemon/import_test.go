package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/admin"
	"github.com/posterndesk/postern/daemon/internal/archive"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func TestProgressWords(t *testing.T) {
	for _, tt := range []struct {
		name        string
		done, total int
		since       time.Duration
		want        string
	}{
		{"just begun", 0, 100, time.Second, "0 of 100 mails"},
		{"under way", 50, 300, 10 * time.Second, "50 of 300 mails, 5 a second, 50s to go"},
		{"done", 300, 300, 3 * time.Second, "300 of 300 mails, 100 a second"},
		{"no time at all", 3, 3, 0, "3 of 3 mails"},
		{"nothing to do", 0, 0, time.Second, "0 of 0 mails"},
	} {
		p := newProgress(&bytes.Buffer{})
		p.total = tt.total
		for range tt.done {
			p.step()
		}
		if got := p.words(tt.since); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestProgressSays(t *testing.T) {
	for _, tt := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"on a terminal one line is written over", true, "\r\x1b[Klooking through: 7 mails, 3 MiB\r\x1b[K1 of 1 mails\n"},
		{"elsewhere lines", false, "looking through: 7 mails, 3 MiB\n1 of 1 mails\n"},
	} {
		var out bytes.Buffer
		p := newProgress(&out)
		p.terminal, p.told = tt.terminal, time.Now().Add(-time.Hour)
		p.reading(7, 3<<20)
		p.reading(8, 3<<20) // too soon
		stop := p.start(1)
		p.step()
		stop()
		if got := out.String(); got != tt.want && !strings.HasPrefix(got, strings.TrimSuffix(tt.want, "\n")+", ") {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestImportSummary(t *testing.T) {
	person := &helpdesk.Recognition{Rule: "past-new", Class: helpdesk.ClassMessage}
	for _, tt := range []struct {
		name string
		dry  bool
		want []string // lines
	}{
		{"done", false, []string{"mails 6 in 0.0 s", "tickets made 2", "entries added to others 2", "known already 1", "not taken 9",
			"Of what is new: 1 ours, 1 automatic, 1 for agents alone, 1 broken and repaired.", "",
			"Left out:", "1: drafts", "d?[2J.eml", "", "Not taken:", "2: it is compressed: unpack it first", "a.gz", "b.gz", "7: no sender", "x", "x", "x", "x", "x", "and 2 more"}},
		{"a dry run: of each conversation one ticket", true, []string{"Nothing was done. This would become of it, as far as can be told without doing it:", "mails 6 in 0.0 s",
			"tickets to be made 1", "entries to be added to others 3", "known already 1", "not taken 9", "reports 1 taken if what they are about is there by then",
			"Of what is new: 1 ours, 1 automatic, 1 for agents alone, 1 broken and repaired.", "",
			"Left out:", "1: drafts", "d?[2J.eml", "", "Not taken:", "2: it is compressed: unpack it first", "a.gz", "b.gz", "7: no sender", "x", "x", "x", "x", "x", "and 2 more"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found := &archive.Archive{Mails: make([]archive.Mail, 6)}
			found.LeftOut.Add("drafts", "d\x1b[2J.eml")
			found.Unread.Add("it is compressed: unpack it first", "a.gz")
			found.Unread.Add("it is compressed: unpack it first", "b.gz")
			s := newImportSummary(tt.dry)
			s.begin(found)
			m := &found.Mails[0]
			s.taken(m, &helpdesk.Outcome{Result: helpdesk.Created, Recognised: person})
			s.taken(m, &helpdesk.Outcome{Result: helpdesk.Created, Recognised: &helpdesk.Recognition{Rule: "past-ours-new", Class: helpdesk.ClassMessage, Faults: []string{"x"}}})
			s.taken(m, &helpdesk.Outcome{Result: helpdesk.Appended, Recognised: &helpdesk.Recognition{Rule: "past-automatic", Class: helpdesk.ClassAutoReply}, Hidden: true})
			s.taken(m, &helpdesk.Outcome{Result: helpdesk.Appended, Recognised: person})
			s.taken(m, &helpdesk.Outcome{Result: helpdesk.Duplicate})
			for range 7 {
				s.notTaken("no sender", "x")
			}
			if tt.dry {
				s.unsure()
			}
			var out bytes.Buffer
			s.print(&out)
			var lines []string
			for line := range strings.Lines(out.String()) {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
			if diff := cmp.Diff(tt.want, lines); diff != "" {
				t.Errorf("summary (-want +got):\n%s", diff)
			}
		})
	}
}

// A mail that cannot be read is no trouble of the daemon's.
func TestRememberingReader(t *testing.T) {
	broken := errors.New("the disk is broken")
	r := &remembering{from: readerFunc(func([]byte) (int, error) { return 0, broken })}
	if _, err := r.Read(nil); err == nil || !errors.Is(r.err, broken) {
		t.Errorf("remembers %v", r.err)
	}
	r = &remembering{from: strings.NewReader("")}
	if _, err := r.Read(make([]byte, 1)); err == nil || r.err != nil {
		t.Errorf("the end is no trouble: %v", r.err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestImportInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	job := &importJob{summary: newImportSummary(false)}
	var out bytes.Buffer
	err := job.run(ctx, &archive.Archive{Mails: make([]archive.Mail, 3)}, newProgress(&out))
	if err == nil || err.Error() != "interrupted (0 of 3 mails are done; the same command again goes on from there)" {
		t.Errorf("error = %v", err)
	}
}

// The name of a file that others made reaches the terminal in errors too.
func TestImportErrorNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	l, err := admin.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // ends with Close
	defer server.Close()
	if err := os.WriteFile(filepath.Join(dir, "a\x1b[2J.eml"), []byte("From: a@b.example\n\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := archive.Read(t.Context(), []string{dir}, archive.Options{Now: time.Now()})
	if err != nil || len(found.Mails) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	job := &importJob{summary: newImportSummary(false), client: admin.NewClient(dir)}
	err = job.run(t.Context(), found, newProgress(&bytes.Buffer{}))
	if err == nil || !strings.Contains(err.Error(), "a?[2J.eml: ") {
		t.Errorf("error = %q", err)
	}
}
