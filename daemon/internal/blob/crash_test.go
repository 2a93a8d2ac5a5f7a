package blob

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const crashDir = "POSTERN_TEST_CRASH_DIR"

// TestCrashChild is the other half of TestKill: it stores blobs until it is
// killed, and prints each hash when its commit has returned.
func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashDir)
	if path == "" {
		return // not a child
	}
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	for range 8 {
		go func() {
			b := make([]byte, 100_000)
			for {
				_, _ = rand.Read(b)
				ref, err := Put(t.Context(), d, "acme", b)
				if err != nil {
					panic(err)
				}
				lines <- ref.Hash.String()
			}
		}()
	}
	for line := range lines {
		if _, err := fmt.Println("stored", line); err != nil {
			return // the parent has gone
		}
	}
}

// Whatever a killed process was doing: what it reported is there, and nothing
// that can be seen is torn.
//
// covers: P04, M05
func TestKill(t *testing.T) {
	root := t.TempDir()
	reported := make(map[string]bool)
	for range 5 {
		for _, hash := range runAndKill(t, root, 40) {
			reported[hash] = true
		}
	}
	d, err := OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	seen := make(map[string]bool)
	for info, err := range d.List(t.Context(), "acme") {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Get(t.Context(), d, "acme", info.Hash, 1<<20); err != nil {
			t.Errorf("torn: %v", err)
		}
		seen[info.Hash.String()] = true
	}
	for hash := range reported {
		if !seen[hash] {
			t.Errorf("%s was reported and is lost", hash)
		}
	}
	if len(reported) < 5*40 {
		t.Errorf("%d blobs reported, want at least 200", len(reported))
	}
}

// runAndKill kills a child after some reports; all it printed counts.
func runAndKill(t *testing.T, root string, after int) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashDir+"="+root)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var hashes []string
	for scan := bufio.NewScanner(out); scan.Scan(); {
		if hash, ok := strings.CutPrefix(scan.Text(), "stored "); ok && len(hash) == 64 { // the last line may be cut
			hashes = append(hashes, hash)
		}
		if len(hashes) == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed, as it should be
	return hashes
}
