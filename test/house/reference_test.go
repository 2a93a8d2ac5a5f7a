package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestReference holds that docs/reference.md is what crds/ and the comments of
// conditions and reasons make it. With -update it writes it.
//
// covers: K01
func TestReference(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "reference.md")
	fresh := reference(t)
	if *update {
		if err := os.WriteFile(file, []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil || string(kept) != fresh {
		t.Errorf("docs/reference.md is stale: run make generate")
	}
}

const referenceHead = `# Reference of the kinds

Made from [crds/](../crds) by ` + "`make generate`" + `. [manifests.md](manifests.md) tells how the kinds work together,
[examples/](../examples) has whole manifests.

All are of ` + "`postern.dev/v1alpha1`" + ` and in a namespace, which is the account. ` + "`kubectl get postern`" + ` shows all of them.
A field is optional unless it says required; one that is left out means its default. Postern knows rules beyond those that
are told here, such as whether an expression can be computed: what breaks one of them is accepted by Kubernetes, and told in
the condition Accepted. ` + "`postern check`" + ` knows them all.
`

func reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(referenceHead)
	for _, c := range readCRDs(t) {
		for _, v := range c.Spec.Versions {
			referenceKind(t, &b, c, v)
		}
	}
	b.WriteString(shapes)
	b.WriteString(conditions(t))
	return b.String()
}

func referenceKind(t *testing.T, b *strings.Builder, c crd, v crdVersion) {
	t.Helper()
	n := c.Spec.Names
	fmt.Fprintf(b, "\n## %s\n\n%s\n\nShort: `%s`. ", n.Kind, oneLine(v.Schema.OpenAPI.Description), strings.Join(n.ShortNames, "`, `"))
	var columns []string
	for _, column := range v.Columns {
		if column.Priority == 0 {
			columns = append(columns, column.Name)
		}
	}
	fmt.Fprintf(b, "`kubectl get` shows %s.\n", strings.Join(columns, ", "))
	for _, part := range []string{"spec", "status"} {
		s, ok := v.Schema.OpenAPI.Properties[part]
		if !ok || len(s.Properties) == 0 {
			t.Fatalf("%s has no %s", n.Kind, part)
		}
		fmt.Fprintf(b, "\n### %s of %s\n\n| field | type | default | meaning |\n|---|---|---|---|\n", part, n.Kind)
		table := fieldTable{t: t, b: b, kind: n.Kind}
		table.fields("", s)
		table.ruled("", s)
		if len(table.rules) > 0 {
			b.WriteString("\nRefused at once, beside what the types say:\n\n" + strings.Join(table.rules, ""))
		}
	}
}

// fieldTable writes the rows of fields, and gathers the rules on the way.
type fieldTable struct {
	t     *testing.T
	b     *strings.Builder
	kind  string
	rules []string
}

func (f *fieldTable) fields(path string, s schema) {
	for _, name := range sortedNames(s) {
		f.field(strings.TrimPrefix(path+"."+name, "."), s.Properties[name], slices.Contains(s.Required, name))
	}
}

// sortedNames has what is required first, then what has a name first.
func sortedNames(s schema) []string {
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if x, y := slices.Contains(s.Required, a), slices.Contains(s.Required, b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return names
}

func (f *fieldTable) field(path string, s schema, required bool) {
	if s.Description == "" {
		f.t.Errorf("%s: %s has no description", f.kind, path)
	}
	name := "`" + path + "`"
	if required {
		name += " required"
	}
	fallback := ""
	if s.Default != nil {
		fallback = fmt.Sprintf("`%v`", s.Default)
	}
	fmt.Fprintf(f.b, "| %s | %s | %s | %s |\n", name, describeType(s), fallback, cell(s.Description))
	f.ruled(path, s)
	below := s
	if s.Items != nil {
		path, below = path+"[]", *s.Items
		f.ruled(path, below)
	}
	if shape(below) == "" {
		f.fields(path, below)
	}
}

// ruled gathers the rules at a place. Those of texts are told with their shape.
func (f *fieldTable) ruled(path string, s schema) {
	for _, rule := range s.Rules {
		at := strings.TrimPrefix(path+rule.FieldPath, ".")
		if at == "" {
			at = "spec"
		}
		if line := fmt.Sprintf("- `%s` %s\n", at, ruleText(rule)); !slices.Contains(f.rules, line) {
			f.rules = append(f.rules, line)
		}
	}
}

var quoted = regexp.MustCompile(`'([^']*)'`)

func ruleText(rule celRule) string {
	if rule.Message != "" {
		return cell(rule.Message)
	}
	var parts []string
	for _, m := range quoted.FindAllStringSubmatch(rule.MessageExpression, -1) {
		if m[1] != "Date" {
			parts = append(parts, strings.TrimSpace(m[1]))
		}
	}
	return cell(strings.Join(parts, "; "))
}

const (
	shapeText      = "[text](#texts-and-references)"
	shapeReference = "[reference](#texts-and-references)"
	shapeSecret    = "[entry of a Secret](#texts-and-references)"
	shapeCondition = "[condition](#conditions)"
)

// shape names what comes in many places by its members; "" if it is none.
func shape(s schema) string {
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	switch strings.Join(names, " ") {
	case "default translations":
		return shapeText
	case "name":
		return shapeReference
	case "key name":
		return shapeSecret
	case "lastTransitionTime message observedGeneration reason status type":
		return shapeCondition
	default:
		return ""
	}
}

const shapes = `
## Texts and references

A text is what people read, in one or more languages:

| field | type | meaning |
|---|---|---|
| ` + "`default` required" + ` | 1 to 2000 characters | what readers of every language without a translation see |
| ` + "`translations[].locale` required" + ` | language tag such as de, pt-BR or zh-Hant | each once, at most 32 |
| ` + "`translations[].text` required" + ` | 1 to 2000 characters | the translation |

A reference names an object of the same namespace: ` + "`{name: NAME}`" + `, up to 63 lower-case letters, digits and hyphens. An entry
of a Secret is ` + "`{name: NAME, key: KEY}`" + `, in the same namespace as well.
`

// describeType says what a field takes.
func describeType(s schema) string {
	switch {
	case shape(s) != "":
		return shape(s)
	case len(s.Enum) > 0:
		return "`" + strings.Join(s.Enum, "`, `") + "`"
	case s.Type == "array":
		return describeList(s)
	case s.Type == "string":
		return joined("string", bounds("characters", s.MinLength, s.MaxLength), s.Format, pattern(s.Pattern))
	case s.Type == "integer":
		return joined("number", bounds("", s.Minimum, s.Maximum), "", "")
	default:
		return s.Type
	}
}

func describeList(s schema) string {
	text := joined("list of "+describeType(*s.Items), bounds("items", s.MinItems, s.MaxItems), "", "")
	switch s.ListType {
	case "map":
		return text + ", each `" + strings.Join(s.ListKeys, "`, `") + "` once"
	case "set":
		return text + ", each once"
	default:
		return text + ", in order"
	}
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func bounds(unit string, least, most *int64) string {
	text := ""
	switch {
	case least != nil && *least != 0 && most != nil:
		text = fmt.Sprintf("%d to %d", *least, *most)
	case most != nil:
		text = fmt.Sprintf("up to %d", *most)
	default:
		return ""
	}
	return strings.TrimSpace(text + " " + unit)
}

func pattern(p string) string {
	if p == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(p, "|", `\|`) + "`"
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func cell(text string) string { return strings.ReplaceAll(oneLine(text), "|", `\|`) }

// conditions writes the types and reasons of conditions from their comments.
func conditions(t *testing.T) string {
	t.Helper()
	file := filepath.Join("..", "..", "operator", "api", "v1alpha1", "conditions.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	types := "\n## Conditions\n\n| condition | meaning |\n|---|---|\n"
	reasons := "\n## Reasons\n\nThe same word has the same cause in every kind.\n\n| reason | of | meaning |\n|---|---|---|\n"
	of := ""
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, s := range group.Specs {
			value := s.(*ast.ValueSpec)
			name := value.Names[0].Name
			if word, ok := strings.CutPrefix(name, "Condition"); ok {
				meaning := strings.TrimPrefix(oneLine(value.Doc.Text()), name)
				types += fmt.Sprintf("| %s | %s |\n", word, cell(strings.TrimLeft(meaning, ": ")))
				continue
			}
			if head, ok := strings.CutPrefix(oneLine(value.Doc.Text()), "Of "); ok {
				of = strings.TrimSuffix(head, ".")
			}
			word, ok := strings.CutPrefix(name, "Reason")
			meaning := cell(value.Comment.Text())
			if !ok || of == "" || meaning == "" {
				t.Errorf("%s: a reason stands below a comment \"Of CONDITION.\" and says behind it what it means", name)
			}
			reasons += fmt.Sprintf("| %s | %s | %s |\n", word, of, meaning)
		}
	}
	return types + reasons
}
