package kube_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/test/kube"
)

// TestManifestsOfOursAreAccepted tries every manifest that is shown to anybody, and
// those that package config accepts in its tests. Nothing in them may be unknown.
//
// covers: K01, K03
func TestManifestsOfOursAreAccepted(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	tried := map[string]int{}
	for _, file := range manifests(t) {
		for i, o := range decoded(t, file.data) {
			o.SetNamespace(namespace)
			if err := create(t, cluster, o); err != nil {
				t.Errorf("%s, manifest %d, %s: %v", file.name, i+1, o.GetName(), err)
			}
			tried[o.GetKind()]++
		}
	}
	if tried["HelpCenter"] < 6 || tried["TicketForm"] < 6 || tried["Mailbox"] < 8 {
		t.Errorf("only these were tried: %v", tried)
	}
}

// create asks the API server as kubectl does: what is unknown is refused, and
// nothing is kept.
func create(t *testing.T, cluster *kube.Cluster, o *unstructured.Unstructured) error {
	return cluster.Client.Create(t.Context(), o, client.DryRunAll, client.FieldValidation("Strict"))
}

type manifestFile struct {
	name string
	data []byte
}

// manifests are those of examples, of documents, and of package config.
func manifests(t *testing.T) []manifestFile {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []manifestFile
	for _, pattern := range []string{"examples/*.yaml", "config/testdata/ok/*.yaml", "config/testdata/ok/*.golden"} {
		for _, file := range files(t, filepath.Join(root, pattern)) {
			all = append(all, manifestFile{file, readFile(t, file)})
		}
	}
	for _, file := range slices.Concat(files(t, filepath.Join(root, "docs/*.md")), files(t, filepath.Join(root, "*.md"))) {
		for _, block := range yamlBlock.FindAllSubmatch(readFile(t, file), -1) {
			if bytes.Contains(block[1], []byte("apiVersion: "+config.APIVersion)) && !bytes.Contains(block[1], []byte("kind: List")) {
				all = append(all, manifestFile{file, block[1]})
			}
		}
	}
	return all
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("there is nothing at %s: %v", pattern, err)
	}
	return found
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decoded reads manifests, and lists of them, without what only an API server
// writes.
func decoded(t *testing.T, data []byte) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096); ; {
		var m map[string]any
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v:\n%s", err, data)
		}
		if items, ok := m["items"].([]any); ok {
			for _, item := range items {
				all = append(all, plain(item.(map[string]any)))
			}
		} else if m != nil {
			all = append(all, plain(m))
		}
	}
}

func plain(m map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{"spec": m["spec"]}}
	whole := unstructured.Unstructured{Object: m}
	o.SetAPIVersion(whole.GetAPIVersion())
	o.SetKind(whole.GetKind())
	o.SetName(whole.GetName())
	return o
}

// onlyConfig are the rules that package config knows and no API server: they ask
// about other objects, or compute what CEL in a schema cannot or may not.
var onlyConfig = regexp.MustCompile(strings.Join([]string{
	"there is no (HelpCenter|Mailbox|TicketForm) ", "is held by ", // other objects
	"must be one line", "control character", "must not begin or end with a space", "is only space",
	"regular expression", "cannot be entered", // of patterns and what a visitor enters
	"no option declared before", "nests the option", // order of a list
	"line [0-9]+: ", "must hold {{", // mail templates
	"is asked about by rule", "is never filled in by a visitor", "values[.]", // expressions
	"is larger than", // of the whole
}, "|"))

// TestWhatConfigRefuses tries the manifests that package config refuses in its
// tests: the API server refuses them as well, but for rules that it cannot know.
// Where it refuses one, config does.
//
// covers: K01
func TestWhatConfigRefuses(t *testing.T) {
	cluster := kube.Start(t)
	namespace := cluster.Namespace(t)
	both := 0
	for _, file := range files(t, filepath.Join("..", "..", "config", "testdata", "bad", "*.txtar")) {
		archive := txtar.Parse(readFile(t, file))
		for _, f := range archive.Files {
			if f.Name == "want" {
				continue
			}
			for _, text := range bytes.Split(f.Data, []byte("\n---\n")) {
				told, o := problems(t, text)
				if o == nil {
					continue
				}
				o.SetNamespace(namespace)
				err := create(t, cluster, o)
				beyond := slices.ContainsFunc(told, func(p config.Problem) bool { return !onlyConfig.MatchString(p.Message) })
				switch {
				case err == nil && beyond:
					t.Errorf("%s: the API server accepts what config refuses:\n%s\n%v", file, text, told)
				case err != nil && len(told) == 0:
					t.Errorf("%s: config accepts what the API server refuses:\n%s\n%v", file, text, err)
				case err != nil:
					both++
				}
			}
		}
	}
	if both < 15 {
		t.Errorf("only %d manifests were refused by both", both)
	}
}

// problems returns what config says about one manifest by itself; o is nil if that
// is none of a kind of ours that JSON could hold.
func problems(t *testing.T, text []byte) (told config.Problems, o *unstructured.Unstructured) {
	t.Helper()
	var m map[string]any
	if err := yaml.Unmarshal(text, &m); err != nil {
		return nil, nil
	}
	whole := unstructured.Unstructured{Object: m}
	if whole.GetAPIVersion() != config.APIVersion || least[whole.GetKind()] == "" || whole.GetName() == "" {
		return nil, nil
	}
	if _, ok := m["spec"].(map[string]any); !ok {
		return nil, nil
	}
	set, told := config.Parse("test.yaml", text)
	return append(told, set.Validate()...), plain(m)
}
