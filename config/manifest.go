package config

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// split parses the YAML documents of a file. After an error it returns those
// before it: there is no way to find the next one for sure.
func split(data []byte) ([]*yaml.Node, error) {
	var documents []*yaml.Node
	for reader := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var node yaml.Node
		switch err := reader.Decode(&node); {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return documents, err
		}
		documents = append(documents, &node)
	}
}

// document reads one YAML document into the set, if it holds a manifest.
func (l *loader) document(file string, root *yaml.Node) {
	if root.Kind == yaml.DocumentNode && len(root.Content) > 0 {
		root = root.Content[0]
	}
	if root.Kind == yaml.DocumentNode || isNull(root) {
		return // nothing between two separators
	}
	if scalar(root, "kind") != "List" || scalar(root, "apiVersion") != "v1" {
		l.manifest(file, root)
		return
	}
	// What kubectl prints for several objects at once.
	items := child(root, "items")
	if items == nil || items.Kind != yaml.SequenceNode {
		l.problems = append(l.problems, Problem{
			File: file, Line: root.Line, Column: root.Column, Object: "List", Path: "items", Message: "must be a list",
		})
		return
	}
	for _, item := range items.Content {
		for item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		l.manifest(file, item)
	}
}

var kinds = []string{KindHelpCenter, KindTicketForm, KindMailbox}

// manifest reads one object into the set.
func (l *loader) manifest(file string, n *yaml.Node) {
	d := decoder{problems: &l.problems, origin: &origin{
		file: file, start: position{n.Line, n.Column},
		positions: map[string]position{}, broken: map[string]bool{},
	}}
	if n.Kind != yaml.MappingNode {
		d.tell("", nil, "a manifest must be a mapping, not %s", describe(n))
		return
	}
	apiVersion, kind := scalar(n, "apiVersion"), scalar(n, "kind")
	if kind == "" {
		d.tell("kind", keyOf(n, "kind"), "is required: %s", strings.Join(kinds, ", "))
		return
	}
	if !slices.Contains(kinds, kind) {
		hint, _ := didYouMean(kind, kinds)
		d.tell("kind", keyOf(n, "kind"), "%s%s", notOneOf(kind, kinds), hint)
		return
	}
	metadata := child(n, "metadata")
	d.object = objectName(kind, Key{cmp.Or(scalar(metadata, "namespace"), DefaultNamespace), scalar(metadata, "name")})
	if apiVersion != APIVersion {
		d.tell("apiVersion", keyOf(n, "apiVersion"), "%s is not %s", clip(apiVersion), APIVersion)
	}
	switch kind {
	case KindHelpCenter:
		l.set.HelpCenters = addObject(l.set.HelpCenters, &d, n, helpCenterMeta)
	case KindTicketForm:
		l.set.Forms = addObject(l.set.Forms, &d, n, formMeta)
	case KindMailbox:
		l.set.Mailboxes = addObject(l.set.Mailboxes, &d, n, mailboxMeta)
	}
}

func addObject[T any](objects []T, d *decoder, n *yaml.Node, meta func(*T) *Metadata) []T {
	var object T
	d.value(n, "", reflect.ValueOf(&object).Elem(), 0)
	if d.size > MaxDocument {
		return objects // half of an object would only lead to more problems
	}
	m := meta(&object)
	m.origin = d.origin
	if m.Namespace == "" {
		m.Namespace = DefaultNamespace
	}
	return append(objects, object)
}

// keyOf returns the node that names a member of a mapping, nil if there is none.
func keyOf(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == name {
			return n.Content[i]
		}
	}
	return nil
}

// child returns a member of a mapping with aliases followed, nil if there is none.
func child(n *yaml.Node, name string) *yaml.Node {
	key := keyOf(n, name)
	if key == nil {
		return nil
	}
	value := n.Content[slices.Index(n.Content, key)+1]
	for value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	return value
}

// scalar returns the text of a scalar member of a mapping, "" if there is none.
func scalar(n *yaml.Node, name string) string {
	if value := child(n, name); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}

var yamlErrorLine = regexp.MustCompile(`^line ([0-9]+): `)

// syntaxProblem tells an error of the YAML parser with its line where it belongs.
func syntaxProblem(file string, err error) Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.Contains(text, "did not find expected ',' or") {
		text += "; within { } and [ ] put text with , ? : or # in quotes"
	}
	p := Problem{File: file, Message: "YAML: " + text}
	if m := yamlErrorLine.FindStringSubmatch(text); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Message = "YAML: " + text[len(m[0]):]
	}
	return p
}
