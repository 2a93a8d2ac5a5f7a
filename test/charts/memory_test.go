package charts_test

import (
	"strings"
	"testing"
)

// TestMemoryLimit holds what the programs are told of their limit of memory, in units
// that Go knows.
//
// covers: K04
func TestMemoryLimit(t *testing.T) {
	h := newHelm(t)
	for _, tt := range []struct{ name, set, daemon, operator string }{
		{"what values.yaml has", "", "1536MiB", "460MiB"},
		{"half units", "daemon.resources.limits.memory=1.5Gi,operator.resources.limits.memory=200Mi", "1152MiB", "180MiB"},
		{"decimal units", "daemon.resources.limits.memory=2G,operator.resources.limits.memory=500M", "1430MiB", "429MiB"},
		{"bytes", "daemon.resources.limits.memory=4294967296", "3072MiB", "460MiB"},
		{"kilobytes", "daemon.resources.limits.memory=1048576Ki,operator.resources.limits.memory=1048576k", "768MiB", "900MiB"},
		{"no limit", "daemon.resources.limits=null,operator.resources=null", "", ""},
		{"no limit of memory", "daemon.resources.limits.memory=null,daemon.resources.limits.cpu=2", "", "460MiB"},
		{"units that nobody uses", "daemon.resources.limits.memory=2e9", "", "460MiB"},
		{"a value of somebody's own", "daemon.goMemLimit=1200MiB,operator.goMemLimit=off", "1200MiB", "off"},
		{"one without a limit", "daemon.goMemLimit=4GiB,daemon.resources.limits=null", "4GiB", "460MiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := map[string]string{}
			for _, o := range decode(t, newHelm(t).run("template", "postern", postern, "--set", tt.set)) {
				if o["kind"] != "Deployment" && o["kind"] != "StatefulSet" {
					continue
				}
				container := podOf(o)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
				got[text(container["name"])] = environment(container)["GOMEMLIMIT"]
			}
			if got["postern"] != tt.daemon || got["operator"] != tt.operator {
				t.Errorf("the programs are told %q, want %q and %q", got, tt.daemon, tt.operator)
			}
		})
	}
	if _, told, err := h.try("template", "postern", postern, "--set", "daemon.goMemLimit=2Gi"); err == nil || !strings.Contains(told, "/daemon/goMemLimit") {
		t.Errorf("a unit of Kubernetes is taken, with which the daemon does not start: %v %s", err, told)
	}
}

// environment is what a container is told in variables.
func environment(container map[string]any) map[string]string {
	all := map[string]string{}
	env, _ := container["env"].([]any)
	for _, e := range env {
		v := e.(map[string]any)
		all[text(v["name"])] = text(v["value"])
	}
	return all
}
