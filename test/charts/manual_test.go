package charts_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posterndesk/postern/test/kube"
)

// TestManual types the commands that docs/helm.md begins with, as they stand there.
// Nothing waits for pods, which need nodes, and the kinds are there already.
//
// covers: K04
func TestManual(t *testing.T) {
	cluster := kube.Start(t)
	h := newHelm(t, "KUBECONFIG="+cluster.Kubeconfig)
	t.Chdir(root)
	manual, err := os.ReadFile(filepath.Join("docs", "helm.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(manual), "```sh\n")
	block, _, _ = strings.Cut(block, "```")
	var typed []string
	for line := range strings.Lines(block) {
		args := slices.DeleteFunc(strings.Fields(line), func(arg string) bool { return arg == "--wait" })
		if len(args) < 2 {
			continue
		}
		typed = append(typed, args[0]+" "+args[1])
		switch {
		case args[0] == "helm" && args[1] == "install":
			if slices.Contains(args, "charts/postern") {
				args = append(args, "--set", "crds.enabled=false")
			}
			h.run(args[1:]...)
		case args[0] == "kubectl" && slices.Contains(args, "exec"):
			// An agent is one of an account: "no account is declared", it would say.
			if there := cluster.Kubectl(t, "get", "helpcenters", "-n", "support", "-o", "name"); there == "" {
				t.Errorf("nothing is declared when it comes to %q", line)
			}
		case args[0] == "kubectl":
			cluster.Kubectl(t, args[1:]...)
		}
	}
	if len(typed) < 6 || typed[len(typed)-1] != "helm test" {
		t.Errorf("docs/helm.md begins with %q", typed)
	}
}
