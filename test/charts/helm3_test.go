package charts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHelm3 holds that Helm 3 finds nothing to complain about, and makes the same
// objects of the same values.
//
// covers: K04
func TestHelm3(t *testing.T) {
	three, four := helmOf(t, findHelm3), newHelm(t)
	if version := three.run("version", "--short"); !strings.HasPrefix(version, "v3.") {
		t.Fatalf("it is %s", version)
	}
	for chart, sets := range map[string]map[string]string{postern: allValues(t), account: valueSets(t, "account*.yaml")} {
		for name, file := range sets {
			three.run("lint", "--strict", chart, "-f", file)
			objects := func(h *helm) map[string]any {
				byName := map[string]any{}
				rendered := h.run("template", "desk", chart, "-n", "ns", "--set", "global.a=b", "-f", file)
				for _, o := range decode(t, made.ReplaceAllString(rendered, "${1}MADE")) {
					metadata, _ := o["metadata"].(map[string]any)
					byName[strings.Join([]string{text(o["kind"]), text(metadata["namespace"]), text(metadata["name"])}, " ")] = o
				}
				return byName
			}
			if diff := cmp.Diff(objects(four), objects(three)); diff != "" {
				t.Errorf("%s: Helm 3 makes something else (-4 +3):\n%s", name, diff)
			}
		}
	}
	// It refuses what Helm 4 refuses.
	if _, told, err := three.try("template", "desk", postern, "--set", "daemon.replicas=2"); err == nil || !strings.Contains(told, "replicas") {
		t.Errorf("a mistake in values says: %v\n%s", err, told)
	}
}
