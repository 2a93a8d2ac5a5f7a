package charts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKinds holds that the chart installs crds/ as they are, but for the word that keeps
// them.
//
// covers: K01, K04
func TestKinds(t *testing.T) {
	h := newHelm(t)
	files, err := filepath.Glob(root + "/crds/postern.dev_*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatalf("kinds: %v %v", files, err)
	}
	var want []map[string]any
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, decode(t, string(content))...)
	}
	for _, keep := range []string{"true", "false"} {
		var got []map[string]any
		for _, o := range decode(t, h.run("template", "postern", postern, "--set", "crds.keep="+keep)) {
			if o["kind"] != "CustomResourceDefinition" {
				continue
			}
			annotations := o["metadata"].(map[string]any)["annotations"].(map[string]any)
			if kept := annotations["helm.sh/resource-policy"] == "keep"; kept != (keep == "true") {
				t.Errorf("with crds.keep=%s it has the policy %v", keep, annotations["helm.sh/resource-policy"])
			}
			delete(annotations, "helm.sh/resource-policy")
			got = append(got, o)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("crds.keep=%s (-crds +rendered):\n%s", keep, diff)
		}
	}
	if out := h.run("template", "postern", postern, "--set", "crds.enabled=false"); strings.Contains(out, "CustomResourceDefinition") {
		t.Error("kinds are rendered without crds.enabled")
	}
}

// TestRights holds that the operator may do what operator/rbac says, and nothing else,
// in each namespace or everywhere.
//
// covers: K04
func TestRights(t *testing.T) {
	h := newHelm(t)
	rules := map[string][]any{} // of operator/rbac: kind and namespace
	for _, name := range []string{"accounts", "program"} {
		content, err := os.ReadFile(filepath.Join(root, "operator", "rbac", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range decode(t, string(content)) {
			key := strings.TrimSpace(name + " " + text(o["metadata"].(map[string]any)["namespace"]))
			rules[key] = append(rules[key], o["rules"].([]any)...)
		}
	}
	own := append(append([]any{}, rules["program own"]...), rules["program daemon"]...)
	for _, tt := range []struct {
		name, set string
		want      map[string][]any
	}{
		{"everywhere", "operator.metrics=true", map[string][]any{
			"Role ns/postern-operator": own, "ClusterRole /ns-postern-operator-accounts": rules["accounts"], "ClusterRole /ns-postern-operator": rules["program"],
		}},
		{"in two namespaces, without metrics", "operator.metrics=false,operator.watchNamespaces={a,b}", map[string][]any{
			"Role ns/postern-operator": own, "Role a/postern-operator-account": rules["accounts"], "Role b/postern-operator-account": rules["accounts"],
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string][]any{}
			bound := 0
			for _, o := range decode(t, h.run("template", "postern", postern, "-n", "ns", "--set", tt.set)) {
				metadata, _ := o["metadata"].(map[string]any)
				switch o["kind"] {
				case "Role", "ClusterRole":
					got[text(o["kind"])+" "+text(metadata["namespace"])+"/"+text(metadata["name"])] = o["rules"].([]any)
				case "RoleBinding", "ClusterRoleBinding":
					bound++
					want := []any{map[string]any{"kind": "ServiceAccount", "name": "postern-operator", "namespace": "ns"}}
					if diff := cmp.Diff(want, o["subjects"]); diff != "" {
						t.Errorf("%v is bound to others (-want +got):\n%s", metadata["name"], diff)
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || bound != len(tt.want) {
				t.Errorf("%d are bound (-want +got):\n%s", bound, diff)
			}
		})
	}
}
