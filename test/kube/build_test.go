package kube_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fakeGo is a Go toolchain that notes each build and leaves three small files. It
// fails while there is a file named broken beside it.
const fakeGo = `#!/bin/sh
here=$(dirname "$0")
if [ "$1" = env ]; then echo go1.0 linux amd64; exit; fi
echo built >>"$here/log"
while [ "$1" != -o ]; do shift; done
mkdir -p "$2"
for program in kube-apiserver server kubectl; do echo '#!/bin/sh' >"$2$program"; done
if [ -e "$here/broken" ]; then echo out of memory >&2; exit 1; fi
`

// TestBuildOnce runs hack/kube/build several times at once, and after it failed.
func TestBuildOnce(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "go"), fakeGo)
	write(t, filepath.Join(folder, "broken"), "")
	env := append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+filepath.Join(folder, "cache"), "KUBEBUILDER_ASSETS=")
	build := func() (out, told string, err error) {
		cmd := exec.Command("../../hack/kube/build")
		cmd.Env = env
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err = cmd.Run()
		return strings.TrimSpace(stdout.String()), stderr.String(), err
	}
	if out, told, err := build(); err == nil || out != "" || !strings.Contains(told, "out of memory") {
		t.Errorf("a build that fails: %v %q %q", err, out, told)
	}
	if err := os.Remove(filepath.Join(folder, "broken")); err != nil {
		t.Fatal(err)
	}
	folders := make([]string, 4)
	var all sync.WaitGroup
	for i := range folders {
		all.Go(func() {
			out, told, err := build()
			if err != nil {
				t.Errorf("%v: %s", err, told)
			}
			folders[i] = out
		})
	}
	all.Wait()
	for _, f := range folders {
		if f != folders[0] || filepath.Dir(f) != filepath.Join(folder, "cache", "postern") {
			t.Fatalf("the folders are %q", folders)
		}
	}
	for _, program := range []string{"kube-apiserver", "etcd", "kubectl"} {
		if _, err := os.Stat(filepath.Join(folders[0], program)); err != nil {
			t.Error(err)
		}
	}
	log, err := os.ReadFile(filepath.Join(folder, "log"))
	if err != nil || string(log) != "built\nbuilt\n" {
		t.Errorf("built %q, %v; want once in vain and once for all", log, err)
	}
	env = append(env, "KUBEBUILDER_ASSETS=/somewhere")
	if out, _, err := build(); err != nil || out != "/somewhere" {
		t.Errorf("with KUBEBUILDER_ASSETS it prints %q, %v", out, err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
