package kube

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Kubectl runs kubectl as the administrator and returns what it prints; the test
// ends if it fails.
func (c *Cluster) Kubectl(t testing.TB, args ...string) string {
	t.Helper()
	out, told, err := c.TryKubectl(t, "", args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s%s", strings.Join(args, " "), err, out, told)
	}
	return out
}

// TryKubectl runs kubectl as the administrator with an input, and returns what it
// prints on standard output and on standard error.
func (c *Cluster) TryKubectl(t testing.TB, input string, args ...string) (out, told string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(c.assets, "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig, "HOME="+c.folder) // the home takes its cache
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// Programs is the folder with kubectl.
func (c *Cluster) Programs() string { return c.assets }
