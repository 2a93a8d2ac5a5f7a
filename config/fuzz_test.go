package config

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzParse holds: reading never panics, says the same each time, and what is
// accepted means the same after it was printed and read again.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"design", "least", "kubectl", "everything"} {
		data, err := os.ReadFile("testdata/ok/" + file + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, file := range []string{"decode", "kinds", "merge", "rules", "syntax"} {
		archive, err := txtar.ParseFile("testdata/bad/" + file + ".txtar")
		if err != nil {
			f.Fatal(err)
		}
		for _, sample := range archive.Files {
			f.Add(sample.Data)
		}
	}
	f.Add([]byte(" "))
	f.Add([]byte("? *a\n: &a {<<: *a}\n---\n!!binary x: &b [*b]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, problems := Parse("fuzz.yaml", data)
		problems = append(problems, set.Validate()...)
		again, problemsAgain := Parse("fuzz.yaml", bytes.Clone(data))
		problemsAgain = append(problemsAgain, again.Validate()...)
		if diff := cmp.Diff(problems, problemsAgain); diff != "" {
			t.Fatalf("the second time it says something else:\n%s", diff)
		}
		for _, p := range problems {
			if p.Message == "" || p.File != "fuzz.yaml" || !utf8.ValidString(p.String()) || strings.ContainsFunc(p.String(), unicode.IsControl) {
				t.Fatalf("a problem that does not help: %q", p)
			}
		}
		if len(problems) > 0 {
			return
		}
		Resolve(set)
		printed, err := set.YAML()
		if err != nil {
			t.Fatalf("what is accepted cannot be printed: %v", err)
		}
		read, problems := Parse("printed.yaml", printed)
		if problems = append(problems, read.Validate()...); len(problems) > 0 {
			t.Fatalf("what is printed is refused: %v\n%s", problems, printed)
		}
		if diff := cmp.Diff(hashes(set), hashes(read)); diff != "" {
			t.Fatalf("what is printed means something else (-want +got):\n%s\n%s", diff, printed)
		}
		for _, form := range set.Forms {
			if _, err := Compile(form.Spec); err != nil {
				t.Fatalf("what Validate accepts does not compile: %v", err)
			}
		}
	})
}

const fuzzForm = `
	fields:
	- {name: short, type: ShortText, label: {default: L}, requirement: Required, pattern: "[a-z]*", minLength: 2, maxLength: 8}
	- {name: long, type: LongText, label: {default: L}, minLength: 2, maxLength: 9}
	- {name: whole, type: Integer, label: {default: L}, min: "-10", max: "1000000"}
	- {name: amount, type: Decimal, label: {default: L}, min: "-0.5", decimals: 3}
	- {name: bought, type: Date, label: {default: L}, min: 2020-01-01, max: Today}
	- {name: tick, type: Checkbox, label: {default: L}}
	- {name: topic, type: Select, label: {default: L}, options: [{value: a, label: {default: A}}, {value: b, label: {default: B}}]}
	- {name: several, type: MultiSelect, label: {default: L}, minItems: 2, options: [{value: a, label: {default: A}}, {value: b, label: {default: B}}]}
	- {name: area, type: Tree, label: {default: L}, options: [{value: a, label: {default: A}}, {value: b, parent: a, label: {default: B}}]}
	- {name: mail, type: Email, label: {default: L}}
	- {name: site, type: URL, label: {default: L}}
	- {name: phone, type: Phone, label: {default: L}}
	- {name: proof, type: File, label: {default: L}}
	- {name: terms, type: Consent, version: "1", label: {default: L}, requirement: Required}
	- {name: hint, type: Info, label: {default: L}}
	- {name: source, type: Hidden, prefill: s}
	rules:
	- {when: values.topic == 'a', effects: [{show: mail}, {hide: phone}, {require: long}]}
	- {when: values.amount > values.whole, effects: [{show: hint}, {optional: short}]}
	- {when: "values.several.exists(s, s == values.topic) && values.bought > '2021'", effects: [{hide: tick}]}
	`

// FuzzFormCheck fills a form with lines name=value. Whatever comes: no answer of
// a hidden or unknown field, none beyond its limits, the same result each time,
// and what was accepted is accepted again as it was understood.
func FuzzFormCheck(f *testing.F) {
	form := formOf(f, fuzzForm)
	f.Add("short=abc\nlong=x\r\ny\nwhole=7\namount=1,5\nbought=2026-02-28\ntick=on\ntopic=a\nterms=on")
	f.Add("several=a\nseveral=b\narea=b\nmail=a@b.example\nsite=https://a.example\nphone=+49 30 12345\nproof=u1\nsource=mail\nnoise=1")
	f.Add("short=\xff\x00\namount=-0\nwhole=99999999999999999999\nbought=0000-00-00\ntopic=c\narea=a\nhint=x")
	f.Fuzz(func(t *testing.T, lines string) {
		raw := map[string][]string{}
		for line := range strings.SplitSeq(lines, "\n") {
			name, value, _ := strings.Cut(line, "=")
			raw[name] = append(raw[name], value)
		}
		values, faults := form.Check(raw, "de")
		again, faultsAgain := form.Check(raw, "de")
		if diff := cmp.Diff(values, again) + cmp.Diff(faults, faultsAgain); diff != "" {
			t.Fatalf("the second time it says something else:\n%s", diff)
		}
		visible := map[string]bool{"source": true}
		for _, state := range form.States(raw) {
			visible[state.Name] = visible[state.Name] || state.Visible
		}
		for name, value := range values {
			if !visible[name] || name == "hint" || value == nil {
				t.Fatalf("%s has the value %v", name, value)
			}
		}
		for _, fault := range faults {
			if _, has := values[fault.Field]; has || fault.Message == "" || !visible[fault.Field] {
				t.Fatalf("error %+v, value %v", fault, values[fault.Field])
			}
		}
		form.Route(values)
		if len(faults) > 0 {
			return
		}
		if second, faults := form.Check(enteredAgain(values), "de"); len(faults) > 0 || cmp.Diff(values, second) != "" {
			t.Fatalf("what was understood is not accepted: %+v\n%s", faults, cmp.Diff(values, second))
		}
	})
}

// enteredAgain turns values back into what a browser would send.
func enteredAgain(values map[string]any) map[string][]string {
	raw := map[string][]string{}
	for name, value := range values {
		if many, ok := value.([]string); ok {
			raw[name] = many
			continue
		}
		raw[name] = []string{string(encode(value))}
		if text, ok := value.(string); ok {
			raw[name] = []string{text}
		}
	}
	return raw
}
