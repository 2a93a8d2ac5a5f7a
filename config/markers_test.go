package config

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The Kubernetes API server enforces what the markers in comments say, and the
// daemon what the code says. These tests hold the two together: whatever a
// marker refuses, Validate refuses as well, and both know the same defaults.

// specTypes are the roots of the API.
var specTypes = []reflect.Type{
	reflect.TypeFor[HelpCenterSpec](), reflect.TypeFor[TicketFormSpec](), reflect.TypeFor[MailboxSpec](),
}

func TestEveryFieldIsDocumentedAndBounded(t *testing.T) {
	comments := readComments(t)
	for _, structType := range apiStructs() {
		for i := range structType.NumField() {
			field := structType.Field(i)
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			doc := comments[structType.Name()+"."+field.Name]
			t.Run(structType.Name()+"."+name, func(t *testing.T) {
				if !strings.HasPrefix(doc, name+" ") {
					t.Errorf("the comment must begin with %q: %q", name, doc)
				}
				required, optional := strings.Contains(doc, "+required"), strings.Contains(doc, "+optional")
				if required == optional || optional != strings.HasPrefix(options, "omit") {
					t.Errorf("required=%t optional=%t, but the JSON options are %q", required, optional, options)
				}
				for _, marker := range wantedMarkers(field.Type) {
					if !strings.Contains(doc, marker) {
						t.Errorf("there is no %s", marker)
					}
				}
			})
		}
	}
}

// wantedMarkers are the bounds that each type must have.
func wantedMarkers(t reflect.Type) []string {
	_, isEnum := reflect.Zero(t).Interface().(enumeration)
	switch {
	case t.Kind() == reflect.String && !isEnum:
		return []string{"+kubebuilder:validation:MaxLength="}
	case t.Kind() == reflect.Int32:
		return []string{"+kubebuilder:validation:Minimum=", "+kubebuilder:validation:Maximum="}
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String && t.Elem().Name() == "string":
		return []string{"+listType=", "+kubebuilder:validation:MaxItems=", "+kubebuilder:validation:items:MaxLength="}
	case t.Kind() == reflect.Slice:
		return []string{"+listType=", "+kubebuilder:validation:MaxItems="}
	default:
		return nil
	}
}

func TestEnumMarkersNameTheConstants(t *testing.T) {
	comments := readComments(t)
	checked := 0
	for _, structType := range apiStructs() {
		for i := range structType.NumField() {
			fieldType := structType.Field(i).Type
			if fieldType.Kind() == reflect.Slice {
				fieldType = fieldType.Elem()
			}
			e, ok := reflect.Zero(fieldType).Interface().(enumeration)
			if !ok {
				continue
			}
			checked++
			want := "+kubebuilder:validation:Enum=" + strings.Join(e.values(), ";")
			if doc := comments[fieldType.Name()]; !slices.Contains(strings.Fields(doc), want) {
				t.Errorf("%s: no marker %s", fieldType.Name(), want)
			}
		}
	}
	if checked < 15 {
		t.Errorf("only %d fields with an enumeration were found", checked)
	}
}

// covers: S13
func TestDefaultMarkersAreTheDefaults(t *testing.T) {
	comments := readComments(t)
	checked := 0
	for _, root := range specTypes {
		object := reflect.New(root)
		fill(object.Elem(), "")
		zeroDefaulted(object.Elem(), comments)
		object.Interface().(interface{ SetDefaults() }).SetDefaults()
		walk(object.Elem(), "", func(path, docKey string, v reflect.Value) {
			want, ok := marker(comments[docKey], "+kubebuilder:default=")
			if !ok {
				return
			}
			checked++
			if got := fmt.Sprint(v.Interface()); got != strings.Trim(want, `"`) {
				t.Errorf("%s: the marker says %s, SetDefaults %s", path, want, got)
			}
		})
	}
	if checked < 15 {
		t.Errorf("only %d defaults were checked", checked)
	}
}

// TestValidateHoldsTheMarkers makes every text, list and number too large, one
// after the other. In a limits test a small slip hides well, so every field is
// found by reflection.
func TestValidateHoldsTheMarkers(t *testing.T) {
	comments := readComments(t)
	for _, root := range specTypes {
		var cases []string
		object := reflect.New(root)
		fill(object.Elem(), "")
		walk(object.Elem(), "spec", func(path, _ string, v reflect.Value) {
			cases = append(cases, path)
		})
		for _, path := range cases {
			t.Run(root.Name()+" "+path, func(t *testing.T) {
				object := reflect.New(root)
				fill(object.Elem(), "")
				walk(object.Elem(), "spec", func(at, docKey string, v reflect.Value) {
					if at == path {
						exceed(t, object, path, v, comments[docKey])
					}
				})
			})
		}
	}
}

// exceed sets v, which stands at path of object, beyond what its markers allow,
// and wants Validate to refuse it there.
func exceed(t *testing.T, object reflect.Value, path string, v reflect.Value, doc string) {
	t.Helper()
	if most, ok := numberMarker(doc, "+kubebuilder:validation:MaxLength="); ok && v.Kind() == reflect.String {
		good := accepted(object, path, v)
		filler := strings.Repeat("a", max(most+1-len(good), 1))
		for _, long := range []string{good + filler, filler + good} {
			v.SetString(long)
			if told(object, path) == "" {
				t.Errorf("%d characters are accepted, and the marker says %d", len(long), most)
			}
		}
	}
	if most, ok := numberMarker(doc, "+kubebuilder:validation:MaxItems="); ok {
		item := v.Index(0)
		for range most {
			v.Set(reflect.Append(v, item))
		}
		if message := told(object, path); !strings.Contains(message, fmt.Sprintf("at most %d", most)) {
			t.Errorf("%d items: %q", most+1, message)
		}
	}
	if most, ok := numberMarker(doc, "+kubebuilder:validation:Maximum="); ok {
		v.SetInt(int64(most + 1))
		if told(object, path) == "" {
			t.Errorf("%d is accepted, and the marker says %d", most+1, most)
		}
	}
	if least, ok := numberMarker(doc, "+kubebuilder:validation:Minimum="); ok {
		v.SetInt(int64(least - 1))
		if told(object, path) == "" {
			t.Errorf("%d is accepted, and the marker says %d", least-1, least)
		}
	}
}

// accepted sets v to a text that Validate takes, if one of the candidates is.
func accepted(object reflect.Value, path string, v reflect.Value) string {
	for _, candidate := range []string{"abc", "en", "#0a7a5c", "a@acme.example", "https://id.acme.example/", "image/png", "true", "7"} {
		v.SetString(candidate)
		if told(object, path) == "" {
			return candidate
		}
	}
	return "abc"
}

// told returns what Validate says about path of the only object of a set.
func told(object reflect.Value, path string) string {
	set := Set{}
	meta := Metadata{Name: "abc", Namespace: "abc"}
	switch spec := object.Interface().(type) {
	case *HelpCenterSpec:
		set.HelpCenters = []HelpCenter{{Metadata: meta, Spec: *spec}}
	case *TicketFormSpec:
		set.Forms = []TicketForm{{Metadata: meta, Spec: *spec}}
	case *MailboxSpec:
		set.Mailboxes = []Mailbox{{Metadata: meta, Spec: *spec}}
	}
	for _, p := range set.Validate() {
		if p.Path == path && !strings.HasPrefix(p.Message, "there is no") {
			return p.Message
		}
	}
	return ""
}

// fill sets every field: lists to one item, unions to the member that their type
// asks for where that matters to a bound.
func fill(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.String:
		if e, ok := v.Interface().(enumeration); ok {
			v.SetString(e.values()[0])
		} else {
			v.SetString("abc")
		}
	case reflect.Int32:
		v.SetInt(1)
	}
	if v.Type() == reflect.TypeFor[Inbound]() {
		v.FieldByName("Type").SetString(string(InboundIMAP))
	}
	if v.Type() == reflect.TypeFor[Field]() {
		v.FieldByName("Type").SetString(string(File))
	}
}

// zeroDefaulted empties every field that has a default.
func zeroDefaulted(v reflect.Value, comments map[string]string) {
	walk(v, "", func(_, docKey string, field reflect.Value) {
		if _, ok := marker(comments[docKey], "+kubebuilder:default="); ok {
			field.SetZero()
		}
	})
}

// walk calls visit for every field below v; docKey is Type.Field.
func walk(v reflect.Value, path string, visit func(path, docKey string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), path, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			at := member(path, name)
			walk(v.Field(i), at, visit)
			visit(at, v.Type().Name()+"."+field.Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), element(path, i), visit)
		}
	}
}

// apiStructs returns the struct types of all specs.
func apiStructs() []reflect.Type {
	var found []reflect.Type
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice:
			visit(t.Elem())
		case reflect.Struct:
			if slices.Contains(found, t) {
				return
			}
			found = append(found, t)
			for i := range t.NumField() {
				visit(t.Field(i).Type)
			}
		}
	}
	for _, root := range specTypes {
		visit(root)
	}
	return found
}

// readComments returns the comments of types by name, and of struct fields by
// Type.Field.
func readComments(t *testing.T) map[string]string {
	t.Helper()
	comments := map[string]string{}
	for _, file := range []string{"enums.go", "text.go", "helpcenter.go", "agents.go", "ticketform.go", "mailbox.go", "trust.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			spec := general.Specs[0].(*ast.TypeSpec)
			comments[spec.Name.Name] = general.Doc.Text()
			structure, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, field := range structure.Fields.List {
				comments[spec.Name.Name+"."+field.Names[0].Name] = field.Doc.Text()
			}
		}
	}
	return comments
}

var lineEnd = regexp.MustCompile(`\n.*`)

// marker returns what follows a marker up to the end of its line.
func marker(doc, name string) (value string, ok bool) {
	_, after, ok := strings.Cut(doc, "\n"+name)
	return lineEnd.ReplaceAllString(after, ""), ok
}

func numberMarker(doc, name string) (n int, ok bool) {
	text, ok := marker(doc, name)
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
