package house

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// TestKindsStayCompatible compares crds/ with those of the last release: a
// manifest that was accepted has to be accepted, and to mean the same. Without a
// release that has kinds, or in a clone without its tag, there is nothing to
// compare with.
//
// covers: K01
func TestKindsStayCompatible(t *testing.T) {
	root := filepath.Join("..", "..")
	git := func(args ...string) (string, error) {
		out, err := exec.Command("git", append([]string{"-C", root}, args...)...).Output()
		return string(out), err
	}
	tag, err := git("describe", "--tags", "--abbrev=0", "--match=v*")
	if tag = strings.TrimSpace(tag); err != nil || tag == "" {
		t.Log("no tag of a release can be reached from here: nothing to compare with")
		return
	}
	files, err := git("ls-tree", "--name-only", tag, "crds/")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for file := range strings.FieldsSeq(files) {
		if !strings.HasPrefix(file, "crds/postern.dev_") {
			continue
		}
		then, err := git("show", tag+":"+file)
		if err != nil {
			t.Fatal(err)
		}
		now, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			t.Errorf("release %s has the kind of %s: %v", tag, file, err)
			continue
		}
		for _, breach := range incompatible(parseCRD(t, []byte(then)), parseCRD(t, now)) {
			t.Errorf("since %s, %s: %s", tag, file, breach)
		}
		compared++
	}
	t.Logf("%d kinds compared with release %s", compared, tag)
}

// incompatible tells what in the schema of a kind would refuse or reread a manifest
// that was fine before. Rules in CEL cannot be compared: a new one is for whoever
// writes it to judge.
func incompatible(then, now crd) []string {
	var breaches []string
	for _, old := range then.Spec.Versions {
		at := slices.IndexFunc(now.Spec.Versions, func(v crdVersion) bool {
			return v.Name == old.Name
		})
		if at < 0 {
			breaches = append(breaches, "version "+old.Name+" is gone")
			continue
		}
		narrowed(old.Name, old.Schema.OpenAPI, now.Spec.Versions[at].Schema.OpenAPI, func(path, format string, args ...any) {
			breaches = append(breaches, path+" "+fmt.Sprintf(format, args...))
		})
	}
	return breaches
}

// narrowed tells in what a schema accepts less than before, or takes it for
// something else.
func narrowed(path string, then, now schema, tell func(path, format string, args ...any)) {
	if then.Type != now.Type || then.Format != now.Format {
		tell(path, "was %s %s and is %s %s", then.Type, then.Format, now.Type, now.Format)
		return
	}
	if !reflect.DeepEqual(then.Default, now.Default) {
		tell(path, "had the default %v and has %v", then.Default, now.Default)
	}
	if then.Pattern != now.Pattern && now.Pattern != "" {
		tell(path, "has another pattern: %s", now.Pattern)
	}
	if then.ListType != now.ListType || !slices.Equal(then.ListKeys, now.ListKeys) {
		tell(path, "was a list of type %s %v and is %s %v", then.ListType, then.ListKeys, now.ListType, now.ListKeys)
	}
	narrowedEnum(path, then.Enum, now.Enum, tell)
	for _, b := range []struct {
		name      string
		then, now *int64
		least     bool
	}{
		{"minLength", then.MinLength, now.MinLength, true},
		{"maxLength", then.MaxLength, now.MaxLength, false},
		{"minimum", then.Minimum, now.Minimum, true},
		{"maximum", then.Maximum, now.Maximum, false},
		{"minItems", then.MinItems, now.MinItems, true},
		{"maxItems", then.MaxItems, now.MaxItems, false},
	} {
		if b.now != nil && (b.then == nil || b.least && *b.now > *b.then || !b.least && *b.now < *b.then) {
			tell(path, "has %s %d, which is narrower", b.name, *b.now)
		}
	}
	for _, name := range now.Required {
		if !slices.Contains(then.Required, name) {
			tell(path+"."+name, "is required now")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(then.Properties)) {
		if p, ok := now.Properties[name]; ok {
			narrowed(path+"."+name, then.Properties[name], p, tell)
		} else {
			tell(path+"."+name, "is gone")
		}
	}
	if then.Items != nil && now.Items != nil {
		narrowed(path+"[]", *then.Items, *now.Items, tell)
	}
}

func narrowedEnum(path string, then, now []string, tell func(path, format string, args ...any)) {
	if len(now) > 0 && len(then) == 0 {
		tell(path, "takes only %s now", strings.Join(now, ", "))
		return
	}
	for _, value := range then {
		if len(now) > 0 && !slices.Contains(now, value) {
			tell(path, "does not take %s any more", value)
		}
	}
}

func TestIncompatible(t *testing.T) {
	for _, test := range []struct {
		name, then, now string
		want            []string
	}{
		{"nothing", "{type: string}", "{type: string}", nil},
		{"another description", "{type: string, description: a}", "{type: string, description: b}", nil},
		{"a new property", "{type: object, properties: {a: {type: string}}}", "{type: object, properties: {a: {type: string}, b: {type: string}}}", nil},
		{"a new value", "{type: string, enum: [A]}", "{type: string, enum: [A, B]}", nil},
		{"no values any more", "{type: string, enum: [A]}", "{type: string}", nil},
		{"wider", "{type: string, minLength: 2, maxLength: 3, pattern: a}", "{type: string, minLength: 1, maxLength: 4}", nil},
		{"not required any more", "{type: object, required: [a], properties: {a: {type: string}}}", "{type: object, properties: {a: {type: string}}}", nil},

		{"another type", "{type: string}", "{type: integer}", []string{"v1 was string  and is integer "}},
		{"another format", "{type: string}", "{type: string, format: date}", []string{"v1 was string  and is string date"}},
		{"a property is gone", "{type: object, properties: {a: {type: string}}}", "{type: object}", []string{"v1.a is gone"}},
		{"below a list", "{type: array, items: {type: object, properties: {a: {type: string}}}}", "{type: array, items: {type: object}}", []string{"v1[].a is gone"}},
		{"fewer values", "{type: string, enum: [A, B]}", "{type: string, enum: [A]}", []string{"v1 does not take B any more"}},
		{"values at all", "{type: string}", "{type: string, enum: [A]}", []string{"v1 takes only A now"}},
		{"required", "{type: object, properties: {a: {type: string}}}", "{type: object, required: [a], properties: {a: {type: string}}}", []string{"v1.a is required now"}},
		{"a lower maximum", "{type: integer, maximum: 5}", "{type: integer, maximum: 4}", []string{"v1 has maximum 4, which is narrower"}},
		{"a maximum at all", "{type: integer}", "{type: integer, maximum: 4}", []string{"v1 has maximum 4, which is narrower"}},
		{"a higher minimum", "{type: integer, minimum: 0}", "{type: integer, minimum: 1}", []string{"v1 has minimum 1, which is narrower"}},
		{"shorter", "{type: string, maxLength: 5}", "{type: string, maxLength: 4}", []string{"v1 has maxLength 4, which is narrower"}},
		{"longer", "{type: string, minLength: 0}", "{type: string, minLength: 1}", []string{"v1 has minLength 1, which is narrower"}},
		{"fewer items", "{type: array, maxItems: 5}", "{type: array, maxItems: 4}", []string{"v1 has maxItems 4, which is narrower"}},
		{"more items", "{type: array}", "{type: array, minItems: 1}", []string{"v1 has minItems 1, which is narrower"}},
		{"another pattern", "{type: string, pattern: a}", "{type: string, pattern: b}", []string{"v1 has another pattern: b"}},
		{"a pattern at all", "{type: string}", "{type: string, pattern: b}", []string{"v1 has another pattern: b"}},
		{"another default", "{type: string, default: A}", "{type: string, default: B}", []string{"v1 had the default A and has B"}},
		{"another type of list", "{type: array, x-kubernetes-list-type: atomic}", "{type: array, x-kubernetes-list-type: set}", []string{"v1 was a list of type atomic [] and is set []"}},
		{"another key", "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a]}", "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [b]}", []string{"v1 was a list of type map [a] and is map [b]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, incompatible(versioned(t, "v1", test.then), versioned(t, "v1", test.now))); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
	gone := incompatible(versioned(t, "v1", "{type: string}"), versioned(t, "v2", "{type: string}"))
	if diff := cmp.Diff([]string{"version v1 is gone"}, gone); diff != "" {
		t.Errorf("a version less (-want +got):\n%s", diff)
	}
}

func versioned(t *testing.T, version, schema string) crd {
	t.Helper()
	text := fmt.Sprintf("spec: {versions: [{name: %s, schema: {openAPIV3Schema: %s}}]}", version, schema)
	var c crd
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}
