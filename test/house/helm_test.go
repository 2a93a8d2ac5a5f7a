package house

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// charts is where the charts are.
var charts = filepath.Join("..", "..", "charts")

// hold holds that a file is what it is made of. With -update it writes it.
func hold(t *testing.T, file string, fresh []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, fresh, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, fresh) {
		t.Errorf("%s is stale: run make generate", file)
	}
}

// TestGeneratedChartFiles holds that the chart has the kinds and the operator's rights
// as they are: Helm reads no file outside of a chart.
//
// covers: K04
func TestGeneratedChartFiles(t *testing.T) {
	for _, copied := range []struct{ from, to string }{
		{filepath.Join("crds", "postern.dev_*.yaml"), "crds"},
		{filepath.Join("operator", "rbac", "*.yaml"), "rbac"},
	} {
		files, err := filepath.Glob(filepath.Join("..", "..", copied.from))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v %v", copied.from, files, err)
		}
		folder := filepath.Join(charts, "postern", "files", copied.to)
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			hold(t, filepath.Join(folder, filepath.Base(file)), content)
		}
		if there, err := os.ReadDir(folder); err != nil || len(there) != len(files) {
			t.Errorf("%s has %d files, want the %d of %s (%v)", folder, len(there), len(files), copied.from, err)
		}
	}
}

// TestGeneratedChartValues holds that the table of a chart's values says what the
// comments in values.yaml say.
//
// covers: K04
func TestGeneratedChartValues(t *testing.T) {
	for chart, head := range map[string]string{
		"postern": "# postern\n\nInstalls Postern: the daemon, its operator and their kinds. [docs/helm.md](../../docs/helm.md) tells how.\n",
		"postern-account": "# postern-account\n\nDeclares help centers, ticket forms and mailboxes of one account from values, so that `helm upgrade --wait` returns\n" +
			"when all of it is served. [docs/helm.md](../../docs/helm.md#accounts) tells how.\n",
	} {
		content, err := os.ReadFile(filepath.Join(charts, chart, "values.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var doc yaml.Node
		if err := yaml.Unmarshal(content, &doc); err != nil {
			t.Fatal(err)
		}
		table := valueTable{t: t, chart: chart}
		table.b.WriteString(head + "\nThis table is made of the comments in values.yaml by `make generate`.\n\n| value | default | meaning |\n|---|---|---|\n")
		table.rows("", doc.Content[0])
		hold(t, filepath.Join(charts, chart, "README.md"), []byte(table.b.String()))
	}
}

type valueTable struct {
	t     *testing.T
	chart string
	b     strings.Builder
}

func (v *valueTable) rows(path string, of *yaml.Node) {
	for i := 0; i < len(of.Content); i += 2 {
		key, value := of.Content[i], of.Content[i+1]
		meaning := cell(strings.ReplaceAll(lastParagraph(key.HeadComment), "# ", ""))
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		if hasComments(value) {
			if meaning != "" {
				fmt.Fprintf(&v.b, "| **`%s`** | | %s |\n", name, meaning)
			}
			v.rows(name, value)
			continue
		}
		if meaning == "" {
			v.t.Errorf("values.yaml of %s does not tell what %s means", v.chart, name)
		}
		fmt.Fprintf(&v.b, "| `%s` | %s | %s |\n", name, inFlow(v.t, value), meaning)
	}
}

// lastParagraph is what stands right above a key.
func lastParagraph(comment string) string {
	return comment[strings.LastIndex(comment, "\n\n")+1:]
}

// hasComments tells whether values below are told about one by one.
func hasComments(n *yaml.Node) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].HeadComment != "" || hasComments(n.Content[i+1]) {
			return true
		}
	}
	return false
}

// inFlow writes a default on one line.
func inFlow(t *testing.T, n *yaml.Node) string {
	t.Helper()
	var value any
	if err := n.Decode(&value); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if n.Kind == yaml.ScalarNode && n.Value == "" {
		return ""
	}
	return "`" + strings.Trim(string(text), `"`) + "`"
}

// TestGeneratedAccountSchema holds that the values of postern-account are refused for
// what Kubernetes would silently leave out: each spec is its kind's schema, closed.
//
// covers: K04
func TestGeneratedAccountSchema(t *testing.T) {
	texts := map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}
	properties := map[string]any{
		"labels": texts, "annotations": texts,
		"global":  map[string]any{"type": "object", "description": "Helm hands it to charts that are part of another one."},
		"enabled": map[string]any{"type": "boolean", "description": "A chart that this one is part of may name it as the condition; here it means nothing."},
	}
	for _, c := range readCRDs(t) {
		spec, ok := c.Spec.Versions[0].Schema.OpenAPI.Properties["spec"]
		if !ok {
			t.Fatalf("%s has no spec", c.Spec.Names.Kind)
		}
		plural := map[string]string{"HelpCenter": "helpCenters", "TicketForm": "ticketForms", "Mailbox": "mailboxes"}[c.Spec.Names.Kind]
		properties[plural] = map[string]any{
			"type": "object", "additionalProperties": closed(spec),
			"propertyNames": map[string]any{"pattern": "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", "maxLength": 253},
		}
	}
	fresh, err := json.MarshalIndent(map[string]any{
		"$schema": "http://json-schema.org/draft-07/schema#", "title": "Values of the chart postern-account, made by make generate",
		"type": "object", "additionalProperties": false, "properties": properties,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	hold(t, filepath.Join(charts, "postern-account", "values.schema.json"), append(fresh, '\n'))
}

// closed makes JSON Schema of a structural schema. Objects take no other properties;
// defaults are left to Kubernetes.
func closed(s schema) map[string]any {
	made := map[string]any{}
	for name, value := range map[string]any{"description": oneLine(s.Description), "type": s.Type, "pattern": s.Pattern} {
		if value != "" {
			made[name] = value
		}
	}
	for name, value := range map[string]*int64{
		"minLength": s.MinLength, "maxLength": s.MaxLength, "minimum": s.Minimum, "maximum": s.Maximum, "minItems": s.MinItems, "maxItems": s.MaxItems,
	} {
		if value != nil {
			made[name] = *value
		}
	}
	if len(s.Enum) > 0 {
		made["enum"] = s.Enum
	}
	if len(s.Required) > 0 {
		made["required"] = s.Required
	}
	if s.Items != nil {
		made["items"] = closed(*s.Items)
	}
	if s.Type == "object" && len(s.Properties) > 0 {
		properties := map[string]any{}
		for name, p := range s.Properties {
			properties[name] = closed(p)
		}
		made["properties"], made["additionalProperties"] = properties, false
	}
	return made
}
