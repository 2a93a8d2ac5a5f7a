package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoder reads one manifest from its YAML nodes into structs by their json
// tags. It goes on after a problem, so that one run tells them all.
type decoder struct {
	object   string
	origin   *origin
	problems *Problems
	size     int // bytes of what was read, with aliases written out
}

// ignored are the members that are accepted and dropped, as kubectl get -o yaml
// prints them and people keep what it prints.
var ignored = map[reflect.Type][]string{
	reflect.TypeFor[HelpCenter](): {"status"},
	reflect.TypeFor[TicketForm](): {"status"},
	reflect.TypeFor[Mailbox]():    {"status"},
	reflect.TypeFor[Metadata](): {
		"labels", "annotations", "resourceVersion", "generation", "managedFields", "ownerReferences",
		"finalizers", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds",
	},
}

// tell notes a problem at path; place overrides where that path stands.
func (d *decoder) tell(path string, place *yaml.Node, format string, args ...any) {
	file, at := d.origin.place(path)
	if place != nil {
		at = position{place.Line, place.Column}
	}
	d.origin.broken[path] = true
	*d.problems = append(*d.problems, Problem{
		File: file, Line: at.line, Column: at.column, Object: d.object, Path: path,
		Message: fmt.Sprintf(format, args...),
	})
}

// value reads n into out, which is what stands at path. A null is the same as a
// member that is left out.
func (d *decoder) value(n *yaml.Node, path string, out reflect.Value, depth int) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if !d.within(n, path, depth) || isNull(n) {
		return
	}
	if out.Kind() == reflect.Pointer {
		out.Set(reflect.New(out.Type().Elem()))
		out = out.Elem()
	}
	switch {
	case out.Type() == reflect.TypeFor[time.Time]():
		// Only creationTimestamp is a time. One that cannot be read orders nothing.
		if t, err := time.Parse(time.RFC3339, n.Value); err == nil {
			out.Set(reflect.ValueOf(t.UTC()))
		}
	case out.Kind() == reflect.Struct:
		d.mapping(n, path, out, depth)
	case out.Kind() == reflect.Slice:
		d.sequence(n, path, out, depth)
	case out.Kind() == reflect.String:
		d.text(n, path, out)
	case out.Kind() == reflect.Int32:
		d.integer(n, path, out)
	default:
		panic("config: no manifest field may be a " + out.Type().String())
	}
}

// within holds the limits that end nesting and aliases without end.
func (d *decoder) within(n *yaml.Node, path string, depth int) bool {
	if !d.spend(n, path) {
		return false
	}
	if depth > maxDepth {
		d.tell(path, n, "is nested more than %d levels deep", maxDepth)
		return false
	}
	return true
}

// spend counts a node as what it takes in JSON without spaces: its text, and
// quotes or a bracket and a comma.
func (d *decoder) spend(n *yaml.Node, path string) bool {
	before := d.size
	d.size += len(n.Value) + 2
	if before <= MaxDocument && d.size > MaxDocument {
		d.tell(path, n, "the manifest is larger than %d KiB, counting what aliases repeat", MaxDocument>>10)
	}
	return d.size <= MaxDocument
}

func (d *decoder) mapping(n *yaml.Node, path string, out reflect.Value, depth int) {
	if n.Kind != yaml.MappingNode {
		d.tell(path, nil, "must be a mapping, not %s", describe(n))
		return
	}
	fields := jsonFields(out.Type())
	for _, e := range d.entries(n, path, depth) {
		if slices.Contains(ignored[out.Type()], e.key.Value) {
			continue
		}
		at := member(path, e.key.Value)
		index, known := fields[e.key.Value]
		if !known {
			hint, meant := didYouMean(e.key.Value, keys(fields))
			if n.Style&yaml.FlowStyle != 0 && isNull(e.value) && strings.Contains(e.key.Value, " ") {
				hint = "; within { } a text with a comma needs quotes"
			}
			d.tell(at, e.key, "unknown field%s", hint)
			if meant != "" {
				d.origin.broken[member(path, meant)] = true
			}
			continue
		}
		d.origin.positions[at] = position{e.key.Line, e.key.Column}
		d.value(e.value, at, out.Field(index), depth+1)
	}
}

type entry struct{ key, value *yaml.Node }

// entries returns the members of a mapping, merge keys (<<) written out: what a
// mapping says itself stands, then what it merges first.
func (d *decoder) entries(n *yaml.Node, path string, depth int) []entry {
	var own, merged []entry
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.spend(key, path) {
			return nil
		}
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			d.tell(path, key, "a field name must be text, not %s", describe(key))
		case key.ShortTag() == "!!merge":
			merged = append(merged, d.merge(value, path, depth+1)...)
		case seen[key.Value]:
			d.tell(member(path, key.Value), key, "is set twice")
		default:
			seen[key.Value] = true
			own = append(own, entry{key, value})
		}
	}
	for _, e := range merged {
		if !seen[e.key.Value] {
			seen[e.key.Value] = true
			own = append(own, e)
		}
	}
	return own
}

// merge returns the members that the value of a merge key brings in.
func (d *decoder) merge(n *yaml.Node, path string, depth int) []entry {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if !d.within(n, path, depth) {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return d.entries(n, path, depth)
	case yaml.SequenceNode:
		var all []entry
		for _, item := range n.Content {
			all = append(all, d.merge(item, path, depth+1)...)
		}
		return all
	default:
		d.tell(path, n, "a merge key (<<) takes a mapping, not %s", describe(n))
		return nil
	}
}

func (d *decoder) sequence(n *yaml.Node, path string, out reflect.Value, depth int) {
	if n.Kind != yaml.SequenceNode {
		d.tell(path, nil, "must be a list, not %s", describe(n))
		return
	}
	items := reflect.MakeSlice(out.Type(), 0, min(len(n.Content), maxOptions))
	for i, item := range n.Content {
		at := element(path, i)
		d.origin.positions[at] = position{item.Line, item.Column}
		value := reflect.New(out.Type().Elem()).Elem()
		d.value(item, at, value, depth+1)
		if d.size > MaxDocument {
			return
		}
		items = reflect.Append(items, value)
	}
	out.Set(items)
}

// booleanWords are what YAML 1.1 takes for a boolean and YAML 1.2 for text.
// kubectl reads YAML 1.1: without quotes the same file would mean two things.
var booleanWords = regexp.MustCompile(`^(?i:y|yes|n|no|on|off)$`)

const quotedStyles = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func (d *decoder) text(n *yaml.Node, path string, out reflect.Value) {
	switch tag := n.ShortTag(); {
	case n.Kind != yaml.ScalarNode:
		d.tell(path, nil, "must be text, not %s", describe(n))
		return
	case tag == "!!str" && n.Style&quotedStyles == 0 && booleanWords.MatchString(n.Value):
		d.tell(path, nil, "put %s in quotes: without them, YAML 1.1 takes it for a boolean", n.Value)
		return
	case tag == "!!int", tag == "!!float", tag == "!!bool":
		d.tell(path, nil, "must be text, not %s; put it in quotes", describe(n))
		return
	case tag != "!!str" && tag != "!!timestamp":
		d.tell(path, nil, "must be text, not %s", describe(n))
		return
	}
	out.SetString(n.Value)
	if e, ok := out.Interface().(enumeration); ok && !slices.Contains(e.values(), n.Value) {
		d.tell(path, nil, "%s", notOneOf(n.Value, e.values()))
	}
}

// decimalInteger leaves out what YAML versions read differently: 010, 0x1F, 1_000.
var decimalInteger = regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`)

func (d *decoder) integer(n *yaml.Node, path string, out reflect.Value) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		d.tell(path, nil, "must be a whole number, not %s", describe(n))
		return
	}
	i, err := strconv.ParseInt(n.Value, 10, 32)
	switch {
	case !decimalInteger.MatchString(n.Value):
		d.tell(path, nil, "%s must be written in decimal digits alone", clip(n.Value))
	case err != nil:
		d.tell(path, nil, "%s is out of range", clip(n.Value))
	default:
		out.SetInt(i)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// describe names what a node is, for people who do not think in YAML tags.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch tag := n.ShortTag(); tag {
	case "!!str":
		return "text (" + clip(n.Value) + ")"
	case "!!int", "!!float":
		return "a number (" + clip(n.Value) + ")"
	case "!!bool":
		return "a boolean (" + clip(n.Value) + ")"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	default:
		return "a value tagged " + clip(tag)
	}
}

func notOneOf(value string, allowed []string) string {
	return fmt.Sprintf("%s is not one of %s", clip(value), strings.Join(allowed, ", "))
}

// jsonFields returns the index of each exported field by its JSON name.
func jsonFields(t reflect.Type) map[string]int {
	fields := map[string]int{}
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" {
			fields[name] = i
		}
	}
	return fields
}
