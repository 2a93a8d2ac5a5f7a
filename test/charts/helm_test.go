// Package charts_test runs the charts with the real helm: what they render, what they
// refuse, and what a real API server makes of it.
package charts_test

import (
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/posterndesk/postern/test/kube"
	"github.com/posterndesk/postern/test/peers"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

func TestMain(m *testing.M) { kube.Main(m, peers.RemovePrograms) }

const (
	root     = "../.."
	postern  = root + "/charts/postern"
	account  = root + "/charts/postern-account"
	examples = root + "/examples/helm"
)

// findHelm builds helm, if it is not there yet, once for all tests.
var findHelm = sync.OnceValues(func() (string, error) {
	out, err := exec.Command(root + "/hack/helm/build").Output()
	return strings.TrimSpace(string(out)), err
})

// findHelm3 is findHelm for Helm 3, which many have.
var findHelm3 = sync.OnceValues(func() (string, error) {
	out, err := exec.Command(root+"/hack/helm/build", "3").Output()
	return strings.TrimSpace(string(out)), err
})

// helm is a helm with a home of its own.
type helm struct {
	t       *testing.T
	program string
	env     []string
}

func newHelm(t *testing.T, env ...string) *helm {
	t.Helper()
	return helmOf(t, findHelm, env...)
}

func helmOf(t *testing.T, find func() (string, error), env ...string) *helm {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Fatalf("hack/helm/build: %v", err)
	}
	home := t.TempDir()
	return &helm{t: t, program: program, env: append(os.Environ(), append(env, "HOME="+home,
		"HELM_CACHE_HOME="+home+"/cache", "HELM_CONFIG_HOME="+home+"/config", "HELM_DATA_HOME="+home+"/data")...)}
}

// try runs helm and returns what it prints, and what it complains about.
func (h *helm) try(args ...string) (out, told string, err error) {
	h.t.Helper()
	cmd := exec.CommandContext(h.t.Context(), h.program, args...)
	cmd.Env = h.env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// run is try for what has to go well.
func (h *helm) run(args ...string) string {
	h.t.Helper()
	out, told, err := h.try(args...)
	if err != nil {
		h.t.Fatalf("helm %s: %v\n%s%s", strings.Join(args, " "), err, out, told)
	}
	return out
}

// valueSets are the example values of a chart, by the name of their file.
func valueSets(t *testing.T, pattern string) map[string]string {
	t.Helper()
	return valuesIn(t, filepath.Join(examples, pattern), 3)
}

// allValues are the example values of postern, and those that use all that it has.
func allValues(t *testing.T) map[string]string {
	t.Helper()
	sets := valueSets(t, "postern*.yaml")
	maps.Copy(sets, valuesIn(t, filepath.Join("testdata", "values", "*.yaml"), 2))
	sets["defaults"] = filepath.Join(postern, "values.yaml")
	return sets
}

func valuesIn(t *testing.T, pattern string, atLeast int) map[string]string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < atLeast {
		t.Fatalf("values %s: %v %v", pattern, files, err)
	}
	sets := map[string]string{}
	for _, file := range files {
		sets[strings.TrimSuffix(filepath.Base(file), ".yaml")] = file
	}
	return sets
}
