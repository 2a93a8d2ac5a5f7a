package charts_test

import (
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
	h.run("lint", "--strict", account)
	for _, file := range allValues(t) {
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
	for name, file := range allValues(t) {
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
				if spec, ok := o["spec"].(map[string]any); ok && name != "everything-inside" && (o["kind"] == "Deployment" || o["kind"] == "StatefulSet") {
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
