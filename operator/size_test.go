package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// maxProgram bounds the program of the image: 42 MB, with room. What goes beyond it is
// mostly one import that finds methods by name, after which the linker keeps every
// method of everything (go build -ldflags -dumpdep tells: ReflectMethod).
const maxProgram = 48_000_000

// The program is built as the Dockerfile does.
func TestProgramIsSmall(t *testing.T) {
	dockerfile, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`go build (.*) -ldflags "(.*)" -o /out/postern-operator ./operator`).FindStringSubmatch(string(dockerfile))
	if found == nil {
		t.Fatal("the Dockerfile does not build the operator")
	}
	program := filepath.Join(t.TempDir(), "postern-operator")
	cmd := exec.Command("go", append(append([]string{"build"}, strings.Fields(found[1])...), "-ldflags", found[2], "-o", program, ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := os.Stat(program)
	if err != nil {
		t.Fatal(err)
	}
	if built.Size() > maxProgram {
		t.Errorf("the program has %d bytes, more than %d", built.Size(), maxProgram)
	}
	t.Logf("%d bytes", built.Size())
}
