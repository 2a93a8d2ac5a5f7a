package house

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// generated is what controller-gen makes from comments: of which packages, and
// into which folder of the repository.
var generated = []struct {
	name      string
	generator string
	paths     string
	folder    string
}{
	{"copies of specs", "object", "./config/", "config"},
	{"copies of kinds", "object", "./operator/api/...", "operator/api/v1alpha1"},
	{"manifests of kinds", "crd", "./operator/api/...", "crds"},
	{"rights in accounts", "rbac:roleName=postern-operator-accounts,fileName=accounts.yaml", "./operator/internal/controller", "operator/rbac"},
	{"rights of the program", "rbac:roleName=postern-operator-program,fileName=program.yaml", "./operator", "operator/rbac"},
}

// TestGenerated holds that what controller-gen makes is what is checked in. With
// -update it makes it.
//
// covers: K01
func TestGenerated(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, g := range generated {
		t.Run(g.name, func(t *testing.T) {
			out := t.TempDir()
			if *update {
				out = filepath.Join(root, filepath.FromSlash(g.folder))
			}
			abs, err := filepath.Abs(out)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "tool", "-modfile=hack/tools/go.mod", "controller-gen", g.generator, "paths="+g.paths, "output:dir="+abs)
			cmd.Dir = root
			if told, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("controller-gen: %v\n%s", err, told)
			}
			files, err := filepath.Glob(filepath.Join(out, "*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("controller-gen has made no file: %v", err)
			}
			if *update {
				return
			}
			for _, file := range files {
				fresh, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Join(g.folder, filepath.Base(file))
				kept, err := os.ReadFile(filepath.Join(root, name))
				if err != nil || string(kept) != string(fresh) {
					t.Errorf("%s is stale: run make generate", name)
				}
			}
		})
	}
}

// TestEveryKindIsListed holds that what `kubectl apply -k crds` applies is all.
func TestEveryKindIsListed(t *testing.T) {
	folder := filepath.Join("..", "..", "crds")
	list, err := os.ReadFile(filepath.Join(folder, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "postern.dev_*.yaml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("manifests of kinds: %v %v", files, err)
	}
	for _, file := range files {
		if !slices.Contains(strings.Split(string(list), "\n"), "- "+filepath.Base(file)) {
			t.Errorf("kustomization.yaml does not list %s", filepath.Base(file))
		}
	}
}
