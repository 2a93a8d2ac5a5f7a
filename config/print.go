package config

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// YAML returns the manifests of a set as Parse reads them: help centers, forms,
// mailboxes, with the fields in the order of their types.
func (s *Set) YAML() ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	var objects []any
	for _, h := range s.HelpCenters {
		h.APIVersion, h.Kind = APIVersion, KindHelpCenter
		objects = append(objects, h)
	}
	for _, f := range s.Forms {
		f.APIVersion, f.Kind = APIVersion, KindTicketForm
		objects = append(objects, f)
	}
	for _, m := range s.Mailboxes {
		m.APIVersion, m.Kind = APIVersion, KindMailbox
		objects = append(objects, m)
	}
	if len(objects) == 0 {
		return nil, nil // the YAML encoder cannot write nothing
	}
	for _, o := range objects {
		node, err := yamlNode(encode(o))
		if err != nil {
			return nil, err
		}
		if err := encoder.Encode(node); err != nil {
			return nil, fmt.Errorf("write a manifest: %w", err)
		}
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("write manifests: %w", err)
	}
	return out.Bytes(), nil
}

// yamlNode turns JSON into YAML, keeping the order of members.
func yamlNode(data []byte) (*yaml.Node, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	node, err := readNode(decoder)
	if err != nil {
		return nil, fmt.Errorf("turn JSON into YAML: %w", err)
	}
	return node, nil
}

func readNode(decoder *json.Decoder) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		if t == '[' {
			node = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		}
		for decoder.More() { // of a mapping, the names are items as well
			item, err := readNode(decoder)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, item)
		}
		_, err := decoder.Token() // the closing bracket
		return node, err
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: t.String()}, nil
	case string:
		return textNode(t), nil
	default:
		return nil, fmt.Errorf("a manifest has no %T", token)
	}
}

// textNode quotes what YAML 1.1 or 1.2 would take for anything but text.
func textNode(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if plain.ShortTag() != "!!str" || booleanWords.MatchString(text) {
		node.Style = yaml.DoubleQuotedStyle
	}
	return node
}
