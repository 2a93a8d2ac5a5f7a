// Package upgrade holds that a release works on what the one before it has written,
// under load too, and that one release can be rolled back (decision 36). The one
// before is named in testdata/release, and what it wrote lies beside it.
package upgrade

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/peers"
)

func TestMain(m *testing.M) {
	flag.Parse()
	peers.RunTests(m)
}

// before is the release before this one: a tag, or a commit as long as there is none.
func before(t *testing.T) string {
	t.Helper()
	name, err := os.ReadFile(filepath.Join("testdata", "release"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(name))
}

// current builds this release.
func current(t *testing.T) string {
	t.Helper()
	return peers.Program(t)
}

// program builds postern of a release, or finds it in the cache.
func program(t *testing.T, release string) (path, trouble string) {
	t.Helper()
	cmd := exec.Command("../../hack/upgrade/build", release)
	var says bytes.Buffer
	cmd.Stderr = &says
	out, err := cmd.Output()
	if err != nil {
		return "", strings.TrimSpace(says.String())
	}
	return strings.TrimSpace(string(out)), ""
}

// earlier is the program of the release before this one. Where the history of the
// sources is missing, as in a shallow clone, the test is skipped, and says so.
func earlier(t *testing.T) string {
	t.Helper()
	release := before(t)
	if err := exec.Command("git", "cat-file", "-e", release+"^{commit}").Run(); err != nil {
		why := fmt.Sprintf("this clone lacks %s, the release before this one, so its program cannot be built (git fetch --unshallow --tags brings it): NOT TESTED; what it wrote is read all the same", release)
		fmt.Fprintf(os.Stderr, "\n*** %s: %s ***\n\n", t.Name(), why)
		t.Skip(why)
	}
	path, trouble := program(t, release)
	if path == "" {
		t.Fatal(trouble)
	}
	return path
}
