// Package mailcheck holds the reading of mail against public samples with
// expectations, where they are on this machine. Its scorer compares what
// `postern inspect --json` prints with what other projects expect of the same
// mails; docs/mail-reading.md has the table.
package mailcheck

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// marks are what each metric must reach. They are lower than what is reached
// today, and higher than what a desk could live with.
const marks = "no-loss: lost mails=0,contract: lines that keep it=1,subject exact=0.98,from address exact=0.98,from name exact=0.98," +
	"to/cc/reply-to sets=0.98,message-id exact=0.98,date instant=0.98,body text exact=0.92,attachments F1=0.97,structure F1=0.95," +
	"reply exact=0.95,reply over-cut=0.01,reply words kept=0.99,reply time guards=1,forward flag F1=0.98,forward from address=0.98," +
	"bounce hard/soft=0.97,bounce class=0.95"

// The folder is named by MAILCHECK: score.py stands in it, and corpora/ below.
//
// covers: P06, P07, P08
func TestPublicSamples(t *testing.T) {
	dir := os.Getenv("MAILCHECK")
	if dir == "" {
		t.Skip("MAILCHECK names no folder with the public samples; our own cover the same ground")
	}
	postern := filepath.Join(t.TempDir(), "postern")
	if out, err := exec.Command("go", "build", "-o", postern, "../../daemon").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"as they are", nil},
		{"mutated", []string{"--mutate", "1"}}, // other names, charsets, encodings, line ends, with a list's footer…
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{filepath.Join(dir, "score.py"), "--cmd", postern + " inspect --json", "--worst", "3", "--fail-under", marks}, tt.args...)
			out, err := exec.Command("python3", args...).CombinedOutput()
			if err != nil {
				t.Fatalf("score: %v\n%s", err, bytes.TrimSpace(out))
			}
			t.Logf("%s", out)
		})
	}
}
