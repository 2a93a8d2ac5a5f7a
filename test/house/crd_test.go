package house

import (
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// crd is what these tests read of a manifest of a kind.
type crd struct {
	Spec struct {
		Names struct {
			Kind       string   `yaml:"kind"`
			Plural     string   `yaml:"plural"`
			ShortNames []string `yaml:"shortNames"`
			Categories []string `yaml:"categories"`
		} `yaml:"names"`
		Versions []crdVersion `yaml:"versions"`
	} `yaml:"spec"`
}

type crdVersion struct {
	Name    string `yaml:"name"`
	Columns []struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
		Priority    int    `yaml:"priority"`
	} `yaml:"additionalPrinterColumns"`
	Schema struct {
		OpenAPI schema `yaml:"openAPIV3Schema"`
	} `yaml:"schema"`
}

// schema is a structural schema as Kubernetes has it.
type schema struct {
	Description string            `yaml:"description"`
	Type        string            `yaml:"type"`
	Format      string            `yaml:"format"`
	Properties  map[string]schema `yaml:"properties"`
	Required    []string          `yaml:"required"`
	Items       *schema           `yaml:"items"`
	Enum        []string          `yaml:"enum"`
	Default     any               `yaml:"default"`
	Pattern     string            `yaml:"pattern"`
	MinLength   *int64            `yaml:"minLength"`
	MaxLength   *int64            `yaml:"maxLength"`
	Minimum     *int64            `yaml:"minimum"`
	Maximum     *int64            `yaml:"maximum"`
	MinItems    *int64            `yaml:"minItems"`
	MaxItems    *int64            `yaml:"maxItems"`
	ListType    string            `yaml:"x-kubernetes-list-type"`
	ListKeys    []string          `yaml:"x-kubernetes-list-map-keys"`
	Rules       []celRule         `yaml:"x-kubernetes-validations"`
}

type celRule struct {
	Rule              string `yaml:"rule"`
	Message           string `yaml:"message"`
	MessageExpression string `yaml:"messageExpression"`
	FieldPath         string `yaml:"fieldPath"`
}

// readCRDs reads crds/, by kind in the order of the names of files.
func readCRDs(t *testing.T) []crd {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "crds", "postern.dev_*.yaml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("manifests of kinds: %v %v", files, err)
	}
	var all []crd
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parseCRD(t, data))
	}
	return all
}

func parseCRD(t *testing.T, data []byte) crd {
	t.Helper()
	var c crd
	if err := yaml.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}
