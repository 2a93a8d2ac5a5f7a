package charts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

// findPromtool builds promtool, if it is not there yet, once for all tests.
var findPromtool = sync.OnceValues(func() (string, error) {
	out, err := exec.Command(root + "/hack/prometheus/build").Output()
	return strings.TrimSpace(string(out)), err
})

// promtool fails the test if promtool complains.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := findPromtool()
	if err != nil {
		t.Fatalf("hack/prometheus/build: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// rule is an alert as a PrometheusRule has it, or a recording rule.
type rule struct {
	Alert       string            `yaml:"alert,omitempty"`
	Record      string            `yaml:"record,omitempty"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// monitoring is what the chart renders of alerts, and of the dashboard's questions by
// the title of their panel.
func monitoring(t *testing.T) (alerts []rule, questions map[string][]string) {
	t.Helper()
	h, questions := newHelm(t), map[string][]string{}
	for _, o := range decode(t, h.run("template", "postern", postern, "-n", "postern", "--set", "monitoring.prometheusRule.enabled=true,monitoring.dashboard.enabled=true", "--show-only", "templates/monitoring.yaml")) {
		switch o["kind"] {
		case "PrometheusRule":
			var spec struct {
				Groups []struct {
					Name  string `yaml:"name"`
					Rules []rule `yaml:"rules"`
				} `yaml:"groups"`
			}
			convert(t, o["spec"], &spec)
			for _, g := range spec.Groups {
				alerts = append(alerts, g.Rules...)
			}
		case "ConfigMap":
			var board struct {
				Panels []struct {
					Title   string
					Targets []struct{ Expr string }
				}
			}
			if err := json.Unmarshal([]byte(text(o["data"].(map[string]any)["postern.json"])), &board); err != nil {
				t.Fatal(err)
			}
			for _, p := range board.Panels {
				for _, target := range p.Targets {
					questions[p.Title] = append(questions[p.Title], strings.ReplaceAll(target.Expr, "$namespace", "postern"))
				}
			}
		}
	}
	if len(alerts) < 13 || len(questions) < 15 {
		t.Fatalf("%d alerts and %d panels are rendered", len(alerts), len(questions))
	}
	return alerts, questions
}

// convert reads a value into one of another type.
func convert(t *testing.T, from, into any) {
	t.Helper()
	raw, err := yaml.Marshal(from)
	if err == nil {
		err = yaml.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeRules writes a file as Prometheus reads it.
func writeRules(t *testing.T, file string, rules []rule) {
	t.Helper()
	raw, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "postern", "rules": rules}}})
	if err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAlertsFire holds that Prometheus takes the alerts, that each fires when it
// should and not before, as testdata/alerts.yaml says, and what it says then.
//
// covers: K04
func TestAlertsFire(t *testing.T) {
	alerts, _ := monitoring(t)
	dir := t.TempDir()
	writeRules(t, filepath.Join(dir, "whole.yaml"), alerts)
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", filepath.Join(dir, "whole.yaml"))

	raw, err := os.ReadFile("testdata/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range alerts {
		delete(a.Annotations, "description")
		delete(a.Annotations, "runbook_url")
		fires := regexp.MustCompile(`alertname: ` + a.Alert + `\n    exp_alerts:`)
		silent := regexp.MustCompile(`alertname: ` + a.Alert + `\}`)
		if !fires.Match(raw) || !silent.Match(raw) {
			t.Errorf("nothing says when %s fires, and when it does not", a.Alert)
		}
		if slices.ContainsFunc(alerts[:i], func(b rule) bool { return a.Alert == b.Alert }) {
			t.Errorf("%s is there twice", a.Alert)
		}
	}
	writeRules(t, filepath.Join(dir, "rules.yaml"), alerts)
	tests := filepath.Join(dir, "alerts.yaml")
	if err := os.WriteFile(tests, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "test", "rules", tests)
}

// TestDashboardIsRead holds that Prometheus can read every question of the dashboard.
//
// covers: K04
func TestDashboardIsRead(t *testing.T) {
	_, questions := monitoring(t)
	var rules []rule
	for _, title := range slices.Sorted(maps.Keys(questions)) {
		for _, q := range questions[title] {
			rules = append(rules, rule{Record: fmt.Sprintf("panel:%d", len(rules)), Expr: q})
		}
	}
	file := filepath.Join(t.TempDir(), "questions.yaml")
	writeRules(t, file, rules)
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", file)
}

// TestRunbooks holds that each alert points to a section that says what to do, that
// there is no section of an alert that is gone, and that the manual of the chart names
// them all.
//
// covers: K04
func TestRunbooks(t *testing.T) {
	alerts, _ := monitoring(t)
	manual := map[string]string{}
	for _, name := range []string{"operations.md", "helm.md"} {
		content, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		manual[name] = string(content)
	}
	sections := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^### (Postern\w+)$`).FindAllStringSubmatch(manual["operations.md"], -1) {
		sections[found[1]] = true
	}
	for _, a := range alerts {
		if want := "https://github.com/posterndesk/postern/blob/main/docs/operations.md#" + strings.ToLower(a.Alert); a.Annotations["runbook_url"] != want {
			t.Errorf("%s points to %q, want %q", a.Alert, a.Annotations["runbook_url"], want)
		}
		if !sections[a.Alert] {
			t.Errorf("docs/operations.md has no section %s", a.Alert)
		}
		delete(sections, a.Alert)
		if !strings.Contains(manual["helm.md"], "`"+a.Alert+"`") {
			t.Errorf("docs/helm.md does not name %s", a.Alert)
		}
	}
	if len(sections) > 0 {
		t.Errorf("docs/operations.md has sections of alerts that are not there: %v", sections)
	}
}
