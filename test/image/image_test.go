// Package image_test holds what docs/helm.md says of the images: the same sources give the
// same programs.
package image_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// sources are the folders that the programs are made of.
var sources = []string{"config", "crds", "daemon", "examples", "operator"}

// TestSameSourcesSamePrograms builds both programs as the Dockerfile does, here and from
// a copy of the sources elsewhere: nothing of the folder, of git or of the moment goes in.
//
// covers: K04
func TestSameSourcesSamePrograms(t *testing.T) {
	dockerfile, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(`GOFLAGS="(.*)"`).FindSubmatch(dockerfile)
	builds := regexp.MustCompile(`go build (.*) -ldflags "(.*)" -o /out/(\S+) (\S+)`).FindAllSubmatch(dockerfile, -1)
	if flags == nil || len(builds) != 2 {
		t.Fatalf("the Dockerfile builds %d programs with the flags %q, want 2", len(builds), flags)
	}
	elsewhere := copied(t)
	for _, b := range builds {
		program := string(b[3])
		build := func(folder string) []byte {
			t.Helper()
			to := filepath.Join(t.TempDir(), program)
			cmd := exec.Command("go", append(append([]string{"build"}, strings.Fields(string(b[1]))...), "-ldflags", string(b[2]), "-o", to, string(b[4]))...)
			cmd.Dir = folder
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="+string(flags[1]))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
			}
			made, err := os.ReadFile(to)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
		here, there := build(root), build(elsewhere)
		if !bytes.Equal(here, there) {
			t.Errorf("%s has %d bytes here and %d elsewhere, and they differ", program, len(here), len(there))
		}
		if at, err := filepath.Abs(root); err != nil || bytes.Contains(here, []byte(at)) {
			t.Errorf("%s names the folder in which it was made (%v)", program, err)
		}
	}
}

// copied are the sources in a folder of their own.
func copied(t *testing.T) string {
	t.Helper()
	elsewhere := t.TempDir()
	for _, folder := range sources {
		if err := os.CopyFS(filepath.Join(elsewhere, folder), os.DirFS(filepath.Join(root, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return elsewhere
}
