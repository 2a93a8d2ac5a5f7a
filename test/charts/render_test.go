package charts_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// made is what a rendering without a cluster makes anew each time.
var made = regexp.MustCompile(`(?m)^(\s+(?:key|tls\.key|tls\.crt|ca\.crt|postern\.dev/etcd-certificates|postern\.dev/renew-after): )"?[A-Za-z0-9+/=]{10,}"?$`)

// TestLint holds that helm finds nothing to complain about, whatever the values.
//
// covers: K04
func TestLint(t *testing.T) {
	h := newHelm(t)
	h.run("lint", "--strict", postern)
	h.run("lint", "--strict", account)
	for _, file := range valueSets(t, "postern*.yaml") {
		h.run("lint", "--strict", postern, "-f", file)
	}
	for _, file := range valueSets(t, "account*.yaml") {
		h.run("lint", "--strict", account, "-f", file)
	}
}

// TestGolden holds what the charts make of the example values; -update writes it.
//
// covers: K04
func TestGolden(t *testing.T) {
	h := newHelm(t)
	golden := func(t *testing.T, name, rendered string) {
		t.Helper()
		fresh := made.ReplaceAllString(rendered, "${1}MADE")
		file := filepath.Join("testdata", "golden", name+".yaml")
		if *update {
			if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(kept), fresh); diff != "" {
			t.Errorf("%s is not what is rendered; -update writes it (-kept +rendered):\n%s", file, diff)
		}
	}
	sets := valueSets(t, "postern*.yaml")
	sets["defaults"] = filepath.Join(postern, "values.yaml")
	for name, file := range sets {
		golden(t, name, h.run("template", "postern", postern, "-n", "postern", "--set", "crds.enabled=false,monitoring.dashboard.enabled=false", "-f", file))
	}
	for name, file := range valueSets(t, "account*.yaml") {
		golden(t, name, h.run("template", "support", account, "-n", "support", "-f", file))
	}
}

// TestObjects holds what is to hold of everything that is rendered: no key twice in a
// map, no name twice in a list that Kubernetes has as a map, nothing but names in
// selectors that never change.
//
// covers: K04
func TestObjects(t *testing.T) {
	h := newHelm(t)
	for name, file := range valueSets(t, "postern*.yaml") {
		t.Run(name, func(t *testing.T) {
			objects := decode(t, h.run("template", "postern", postern, "-n", "postern", "-f", file))
			seen := map[string]bool{}
			for _, o := range objects {
				metadata, _ := o["metadata"].(map[string]any)
				id := strings.Join([]string{text(o["kind"]), text(metadata["namespace"]), text(metadata["name"])}, " ")
				if seen[id] {
					t.Errorf("%s is rendered twice", id)
				}
				seen[id] = true
				namedOnce(t, id, o)
				if spec, ok := o["spec"].(map[string]any); ok && (o["kind"] == "Deployment" || o["kind"] == "StatefulSet") {
					selector := spec["selector"].(map[string]any)["matchLabels"].(map[string]any)
					want := map[string]any{"app.kubernetes.io/name": "postern", "app.kubernetes.io/instance": "postern", "app.kubernetes.io/component": selector["app.kubernetes.io/component"]}
					if diff := cmp.Diff(want, selector); diff != "" {
						t.Errorf("the selector of %s has more than what never changes (-want +got):\n%s", id, diff)
					}
				}
			}
			if len(objects) < 15 {
				t.Errorf("only %d objects are rendered", len(objects))
			}
		})
	}
}

// decode reads documents; a key twice in a map is refused by the decoder.
func decode(t *testing.T, rendered string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for dec := yaml.NewDecoder(strings.NewReader(rendered)); ; {
		var o map[string]any
		if err := dec.Decode(&o); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if o != nil {
			all = append(all, o)
		}
	}
}

// namedOnce looks for lists in which a name or a port stands twice: server-side apply
// refuses them.
func namedOnce(t *testing.T, at string, value any) {
	t.Helper()
	switch v := value.(type) {
	case map[string]any:
		for key, below := range v {
			namedOnce(t, at+"."+key, below)
		}
	case []any:
		seen := map[string]bool{}
		for _, below := range v {
			if m, ok := below.(map[string]any); ok && m["name"] != nil {
				if seen[text(m["name"])] {
					t.Errorf("%s has %v twice", at, m["name"])
				}
				seen[text(m["name"])] = true
			}
			namedOnce(t, at, below)
		}
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// TestKindsAndRights holds that the chart installs crds/ and operator/rbac, and nothing
// else: the same kinds but for the word that keeps them, the same rules in every way of
// giving them.
//
// covers: K01, K04
func TestKindsAndRights(t *testing.T) {
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

// TestFlags holds that the programs know every flag that the chart hands them.
//
// covers: K04
func TestFlags(t *testing.T) {
	h := newHelm(t)
	known := map[string][]byte{"postern": sources(t, "daemon"), "operator": sources(t, "operator")}
	flag := regexp.MustCompile(`^--([a-z0-9-]+)`)
	checked := 0
	everything := []string{"--set", "smtp.lmtp.enabled=true,smtp.smtps=true,portal.https=true,daemon.dns=10.0.0.1:53,smtp.greetingDelay=2s,hostname=mx.acme.example",
		"--set", "tls.acme.enabled=true,tls.acme.directory=https://acme.example/dir,operator.allowMassDelete=true,operator.watchNamespaces={a}",
		"--set", "daemon.issuerNetworks={10.0.0.0/8},daemon.hookNetworks={10.0.0.0/8},smtp.repairLineEnds={10.0.0.0/8},smtp.trustedRelays={10.0.0.0/8}",
		"--set", "portal.trustedProxies={10.0.0.0/8},smtp.proxyProtocol={10.0.0.0/8},relay.server=relay.example:465,relay.user=u,relay.passwordSecret=p"}
	sets := map[string][]string{"everything": everything}
	for name, file := range valueSets(t, "postern*.yaml") {
		sets[name] = []string{"-f", file}
	}
	for name, set := range sets {
		for _, o := range decode(t, h.run(append([]string{"template", "postern", postern}, set...)...)) {
			if o["kind"] != "Deployment" && o["kind"] != "StatefulSet" {
				continue
			}
			container := podOf(o)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
			for _, arg := range container["args"].([]any) {
				// Those of the bucket are the daemon's as soon as it keeps mails in one.
				if m := flag.FindStringSubmatch(text(arg)); m != nil && !strings.HasPrefix(m[1], "s3-") {
					checked++
					if !bytes.Contains(known[text(container["name"])], []byte(`"`+m[1]+`"`)) {
						t.Errorf("%s: %v knows no flag --%s", name, container["name"], m[1])
					}
				}
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d flags were looked at", checked)
	}
}

func podOf(workload map[string]any) map[string]any {
	return workload["spec"].(map[string]any)["template"].(map[string]any)
}

// sources are those of a program's main package.
func sources(t *testing.T, folder string) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", folder, err)
	}
	var all []byte
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	return all
}
