package kube_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/posterndesk/postern/test/kube"
)

// TestInstallOperator runs the commands of the manual: the operator's account then
// may do what it has to, and no more.
//
// covers: K02
func TestInstallOperator(t *testing.T) {
	cluster := kube.Start(t)
	if err := cluster.Client.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "postern"}}); err != nil {
		t.Fatal(err)
	}
	script := "set -euo pipefail\n" + manualCommands(t)
	for name := range map[string]bool{"ca.crt": true, "tls.crt": true, "tls.key": true} {
		script = strings.ReplaceAll(script, "--from-file="+name, "--from-literal="+name+"=x")
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "KUBECONFIG="+cluster.Kubeconfig, "HOME="+t.TempDir(), "PATH="+cluster.Programs()+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var bindings rbacv1.RoleBindingList
	if err := cluster.Client.List(t.Context(), &bindings, client.InNamespace("postern")); err != nil || len(bindings.Items) != 1 {
		t.Errorf("%d bindings, %v", len(bindings.Items), err)
	}
	for _, tt := range []struct{ may, verb, what, namespace string }{
		{"yes", "get", "secrets", "support"},
		{"no", "list", "secrets", "support"},
		{"yes", "list", "helpcenters.postern.dev", "support"},
		{"yes", "patch", "helpcenters.postern.dev/status", "support"},
		{"no", "patch", "helpcenters.postern.dev", "support"},
		{"yes", "update", "leases.coordination.k8s.io", "postern-operator"},
		{"no", "update", "leases.coordination.k8s.io", "postern"},
		{"yes", "watch", "endpointslices.discovery.k8s.io", "postern"},
		{"no", "watch", "endpointslices.discovery.k8s.io", "support"},
		{"yes", "create", "tokenreviews.authentication.k8s.io", ""},
	} {
		args := []string{"auth", "can-i", tt.verb, tt.what, "--as=system:serviceaccount:postern-operator:postern-operator"}
		if what, part, found := strings.Cut(tt.what, "/"); found {
			args[3] = what
			args = append(args, "--subresource="+part)
		}
		if tt.namespace != "" {
			args = append(args, "-n", tt.namespace)
		}
		out, _, _ := cluster.TryKubectl(t, "", args...) // "no" is a failure to it
		if strings.TrimSpace(out) != tt.may {
			t.Errorf("may it %s %s in %q: %s; want %s", tt.verb, tt.what, tt.namespace, out, tt.may)
		}
	}
}

// manualCommands are those of docs/install.md but the last, which waits for pods that
// nobody runs here.
func manualCommands(t *testing.T) string {
	t.Helper()
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "install.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(manual), "## The operator, with plain manifests")
	_, section, begins := strings.Cut(section, "```sh\n")
	commands, _, ends := strings.Cut(section, "kubectl wait")
	if !found || !begins || !ends {
		t.Fatal("docs/install.md has no such commands")
	}
	return commands
}
