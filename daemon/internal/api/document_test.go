package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/posterndesk/postern/daemon/internal/web/webtest"
)

var update = flag.Bool("update", false, "write docs/openapi.yaml anew")

// block has YAML written in lines, not in braces as the JSON that it was read from.
func block(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		block(child)
	}
}

func asYAML(t *testing.T, raw []byte) []byte {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal(raw, &n); err != nil {
		t.Fatal(err)
	}
	block(&n)
	var out bytes.Buffer
	out.WriteString("# Made of the table of operations in daemon/internal/api: go test ./daemon/internal/api -run Description -update\n")
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&n); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDescription compares docs/openapi.yaml with the table of operations.
func TestDescription(t *testing.T) {
	h := New(nil, webtest.Site(io.Discard))
	made, at := asYAML(t, h.spec), filepath.Join("..", "..", "..", "docs", "openapi.yaml")
	if *update {
		if err := os.WriteFile(at, made, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(there, made) {
		t.Errorf("docs/openapi.yaml is not what the table says: make it anew with -update")
	}
}

// TestPaths compares the routes with the file's paths, both ways.
func TestPaths(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Paths map[string]map[string]struct {
			OperationID string `yaml:"operationId"`
		} `yaml:"paths"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	routes, names := map[string]bool{"GET " + specAt: true}, map[string]string{}
	for path, methods := range file.Paths {
		for method, op := range methods {
			route := strings.ToUpper(method) + " " + Root + path
			routes[route] = true
			if other, ok := names[op.OperationID]; ok || op.OperationID == "" {
				t.Errorf("%s and %s have one name: %q", route, other, op.OperationID)
			}
			names[op.OperationID] = route
		}
	}
	there := map[string]bool{}
	for _, p := range New(nil, webtest.Site(io.Discard)).Patterns() {
		there[p] = true
		if !routes[p] {
			t.Errorf("docs/openapi.yaml does not tell of %s", p)
		}
	}
	for p := range routes {
		if !there[p] {
			t.Errorf("docs/openapi.yaml tells of %s, which is no route", p)
		}
	}
}

// TestServedDescription asks for it without a token.
func TestServedDescription(t *testing.T) {
	b := newBench(t)
	got := b.ask("", "GET", specAt, "")
	var spec struct {
		OpenAPI string `json:"openapi"`
	}
	if err := json.Unmarshal(got.body, &spec); err != nil || spec.OpenAPI != "3.1.0" || got.StatusCode != 200 {
		t.Errorf("%s: %s, %v", specAt, got.Status, err)
	}
}
