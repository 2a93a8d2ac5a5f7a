package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is a moment at which the calendar shows another day in parts of the world.
var noon = time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)

// formOf compiles a form of fields and rules, in YAML.
func formOf(t testing.TB, fields string) *Form {
	t.Helper()
	var b strings.Builder
	b.WriteString("apiVersion: postern.dev/v1alpha1\nkind: TicketForm\nmetadata: {name: form}\nspec:\n  title: {default: Form}\n")
	for line := range strings.Lines(strings.ReplaceAll(fields, "\t", "")) {
		b.WriteString("  " + line)
	}
	set, problems := Parse("form.yaml", []byte(b.String()))
	if problems = append(problems, set.Validate()...); len(problems) > 0 {
		t.Fatal(problems)
	}
	form, err := Compile(set.Forms[0].Spec)
	if err != nil {
		t.Fatal(err)
	}
	form.Now = func() time.Time { return noon }
	return form
}

// covers: S31
func TestCheckReadsEachType(t *testing.T) {
	const (
		flat = "options: [{value: a, label: {default: A}}, {value: b, label: {default: B}}, {value: c, label: {default: C}}]"
		tree = "options: [{value: a, label: {default: A}}, {value: b, label: {default: B}}, {value: c, label: {default: C}, parent: a}]"
	)
	for _, tt := range []struct {
		name  string
		field string
		raw   []string
		want  any // the value, nil for none, or the key of the error
	}{
		{"short", "type: ShortText", []string{"  two\twords "}, "two words"},
		{"short of several lines", "type: ShortText", []string{"a\r\nb"}, "a  b"},
		{"short with what nobody sees", "type: ShortText", []string{"a\x00\x1b\u0085b"}, "ab"},
		{"short that is not UTF-8", "type: ShortText", []string{"a\xffb"}, "a\uFFFDb"},
		{"short takes the first", "type: ShortText", []string{"a", "b"}, "a"},
		{"short empty", "type: ShortText", []string{"   "}, nil},
		{"short at its length", "type: ShortText, maxLength: 3", []string{"üüü"}, "üüü"},
		{"short too long", "type: ShortText, maxLength: 3", []string{"üüüü"}, fault{KeyTooLong, []any{3, 4}}},
		{"short too short", "type: ShortText, minLength: 3", []string{"üü"}, fault{KeyTooShort, []any{int32(3), 2}}},
		{"short by default", "type: ShortText", []string{strings.Repeat("x", 201)}, fault{KeyTooLong, []any{200, 201}}},
		{"pattern", "type: ShortText, pattern: '[a-z]+|x1'", []string{"abc"}, "abc"},
		{"pattern matches the whole", "type: ShortText, pattern: '[a-z]+|x1'", []string{"abc1"}, fault{key: KeyPattern}},
		{"pattern is for one line", "type: ShortText, pattern: '(?m)^a$'", []string{"a\nb"}, fault{key: KeyPattern}},
		{"long", "type: LongText", []string{"\n a\r\nb\rc\td\x07 \n"}, "a\nb\nc\td"},
		{"integer", "type: Integer", []string{" -42 "}, int64(-42)},
		{"integer with a plus", "type: Integer", []string{"+007"}, int64(7)},
		{"integer with decimals", "type: Integer", []string{"4.2"}, fault{key: KeyNotWhole}},
		{"integer of another script", "type: Integer", []string{"٤٢"}, fault{key: KeyNotWhole}},
		{"integer beyond JSON", "type: Integer", []string{"9007199254740992"}, fault{KeyTooManyDigits, []any{15}}},
		{"integer beyond everything", "type: Integer", []string{strings.Repeat("9", 99)}, fault{KeyTooManyDigits, []any{15}}},
		{"integer at its bounds", "type: Integer, min: '-1', max: '1'", []string{"-1"}, int64(-1)},
		{"integer too small", "type: Integer, min: '-1', max: '1'", []string{"-2"}, fault{KeyTooSmall, []any{"-1"}}},
		{"integer too large", "type: Integer, min: '-1', max: '1'", []string{"2"}, fault{KeyTooLarge, []any{"1"}}},
		{"decimal", "type: Decimal", []string{"12.50"}, 12.5},
		{"decimal with a comma", "type: Decimal", []string{"-12,5"}, -12.5},
		{"decimal without decimals", "type: Decimal", []string{"12"}, 12.0},
		{"decimal is never minus zero", "type: Decimal", []string{"-0.00"}, 0.0},
		{"decimal with thousands", "type: Decimal", []string{"1,234.50"}, fault{key: KeyNotANumber}},
		{"decimal that may mean thousands", "type: Decimal", []string{"1.234"}, fault{KeyTooManyDecimals, []any{int32(2)}}},
		{"decimal with an exponent", "type: Decimal", []string{"1e3"}, fault{key: KeyNotANumber}},
		{"decimal not a number", "type: Decimal", []string{"NaN"}, fault{key: KeyNotANumber}},
		{"decimal of 15 digits", "type: Decimal", []string{"0001234567890123.45"}, 1234567890123.45},
		{"decimal of 16 digits", "type: Decimal", []string{"12345678901234.56"}, fault{KeyTooManyDigits, []any{15}}},
		{"decimal too small", "type: Decimal, min: '0.01'", []string{"0"}, fault{KeyTooSmall, []any{"0.01"}}},
		{"decimal too large", "type: Decimal, max: '0.01'", []string{"0.02"}, fault{KeyTooLarge, []any{"0.01"}}},
		{"date", "type: Date", []string{"2024-02-29"}, "2024-02-29"},
		{"date that is none", "type: Date", []string{"2026-02-29"}, fault{key: KeyNotADate}},
		{"date of another form", "type: Date", []string{"1.2.2026"}, fault{key: KeyNotADate}},
		{"date too early", "type: Date, min: 2026-02-01", []string{"2026-01-31"}, fault{KeyTooEarly, []any{"2026-02-01"}}},
		{"date too late", "type: Date, max: 2026-02-01", []string{"2026-02-02"}, fault{KeyTooLate, []any{"2026-02-01"}}},
		{"tomorrow is today in the east", "type: Date, max: Today", []string{"2026-03-02"}, "2026-03-02"},
		{"it is nowhere two days on", "type: Date, max: Today", []string{"2026-03-03"}, fault{KeyTooLate, []any{"2026-03-02"}}},
		{"today is today in the west", "type: Date, min: Today", []string{"2026-03-01"}, "2026-03-01"},
		{"it is nowhere yesterday", "type: Date, min: Today", []string{"2026-02-28"}, fault{KeyTooEarly, []any{"2026-03-01"}}},
		{"tick", "type: Checkbox", []string{"on"}, true},
		{"no tick", "type: Checkbox", nil, false},
		{"tick of no browser", "type: Checkbox", []string{"maybe"}, fault{key: KeyUnknownChoice}},
		{"consent", "type: Consent, version: '1'", []string{"true"}, true},
		{"select", "type: Select, " + flat, []string{"b"}, "b"},
		{"select none of it", "type: Select, " + flat, []string{"B"}, fault{key: KeyUnknownChoice}},
		{"several", "type: MultiSelect, " + flat, []string{"b", "", "a", "b"}, []string{"b", "a"}},
		{"several none", "type: MultiSelect, " + flat, []string{""}, nil},
		{"several unknown", "type: MultiSelect, " + flat, []string{"a", "x"}, fault{key: KeyUnknownChoice}},
		{"several too few", "type: MultiSelect, minItems: 2, " + flat, []string{"a"}, fault{KeyTooFewChoices, []any{int32(2)}}},
		{"several too many", "type: MultiSelect, maxItems: 1, " + flat, []string{"a", "b"}, fault{KeyTooManyChoices, []any{int32(1)}}},
		{"leaf", "type: Tree, " + tree, []string{"c"}, "c"},
		{"top without leaves", "type: Tree, " + tree, []string{"b"}, "b"},
		{"group", "type: Tree, " + tree, []string{"a"}, fault{key: KeyUnknownChoice}},
		{"mail", "type: Email", []string{"Jörg.Müller+x@Example.com"}, "Jörg.Müller+x@Example.com"},
		{"mail without a name", "type: Email", []string{"@example.com"}, fault{key: KeyNotAnAddress}},
		{"mail with a name", "type: Email", []string{"A <a@example.com>"}, fault{key: KeyNotAnAddress}},
		{"mail for two", "type: Email", []string{"a@example.com,b@example.com"}, fault{key: KeyNotAnAddress}},
		{"mail with a pattern", "type: Email, pattern: '.*@acme\\.example'", []string{"a@acme.example.com"}, fault{key: KeyPattern}},
		{"web", "type: URL", []string{"https://example.com/a?b#c"}, "https://example.com/a?b#c"},
		{"web with a script", "type: URL", []string{"javascript:alert(1)"}, fault{key: KeyNotAURL}},
		{"web without a host", "type: URL", []string{"https:///etc"}, fault{key: KeyNotAURL}},
		{"web with a password", "type: URL", []string{"https://a:b@example.com"}, fault{key: KeyNotAURL}},
		{"web too long", "type: URL", []string{"https://example.com/" + strings.Repeat("a", 2048)}, fault{KeyTooLong, []any{2048, 2068}}},
		{"phone", "type: Phone", []string{"+49 (30) 1234-567"}, "+49 (30) 1234-567"},
		{"phone with an extension", "type: Phone", []string{"030 1234567 ext. 12"}, "030 1234567 ext. 12"},
		{"phone of few digits", "type: Phone", []string{"1 2 3 4"}, fault{key: KeyNotAPhone}},
		{"phone of words", "type: Phone", []string{"call me at 12345"}, fault{key: KeyNotAPhone}},
		{"phone of spaces", "type: Phone", []string{"12345" + strings.Repeat(" ", 60) + "6"}, fault{KeyTooLong, []any{40, 66}}},
		{"files", "type: File, maxItems: 2", []string{"u1", "u2"}, []string{"u1", "u2"}},
		{"too many files", "type: File, maxItems: 2", []string{"u1", "u2", "u3"}, fault{KeyTooManyFiles, []any{int32(2)}}},
		{"no reference of ours", "type: File", []string{strings.Repeat("u", 201)}, fault{key: KeyUnknownChoice}},
		{"info", "type: Info", []string{"x"}, nil},
		{"hidden as declared", "type: Hidden, initial: portal", []string{"forged"}, "portal"},
		{"hidden without a value", "type: Hidden", []string{"forged"}, nil},
		{"hidden prefilled", "type: Hidden, initial: portal, prefill: from", []string{" mail "}, "mail"},
		{"hidden not prefilled", "type: Hidden, initial: portal, prefill: from", nil, "portal"},
		{"hidden cut off", "type: Hidden, prefill: from, maxLength: 2", []string{"üüü"}, "üü"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := formOf(t, "fields: [{name: x, label: {default: X}, "+tt.field+"}]\n")
			values, faults := form.Check(map[string][]string{"x": tt.raw, "y": {"passed over"}}, "en")
			wantFault, isFault := tt.want.(fault)
			if !isFault {
				if len(faults) > 0 {
					t.Fatalf("refused: %+v", faults)
				}
				want := map[string]any{}
				if tt.want != nil {
					want["x"] = tt.want
				}
				if diff := cmp.Diff(want, values); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
				return
			}
			if len(faults) != 1 || len(values) != 0 {
				t.Fatalf("want one error and no value, got %+v and %v", faults, values)
			}
			got := faults[0]
			if diff := cmp.Diff(wantFault.args, got.Args); diff != "" || got.Field != "x" || got.Key != wantFault.key {
				t.Errorf("got %+v, args (-want +got):\n%s", got, diff)
			}
			if got.Message == "" || strings.Contains(got.Message, "%!") {
				t.Errorf("message %q", got.Message)
			}
		})
	}
}

// covers: S31
func TestCheckAsksForWhatIsRequired(t *testing.T) {
	for _, tt := range []struct{ field, want string }{
		{"type: ShortText", KeyRequired},
		{"type: LongText", KeyRequired},
		{"type: Integer", KeyRequired},
		{"type: Date", KeyRequired},
		{"type: Select, options: [{value: a, label: {default: A}}]", KeyRequiredChoice},
		{"type: Tree, options: [{value: a, label: {default: A}}]", KeyRequiredChoice},
		{"type: MultiSelect, options: [{value: a, label: {default: A}}]", KeyRequiredChoices},
		{"type: File", KeyRequiredFile},
		{"type: Checkbox", KeyRequiredTick},
		{"type: Consent, version: '1'", KeyRequiredConsent},
	} {
		t.Run(tt.field, func(t *testing.T) {
			form := formOf(t, "fields: [{name: x, label: {default: X}, requirement: Required, "+tt.field+"}]\n")
			for _, raw := range []map[string][]string{nil, {"x": {}}, {"x": {" "}}} {
				values, faults := form.Check(raw, "en")
				if len(faults) != 1 || faults[0].Key != tt.want || faults[0].Message == "" || len(values) != 0 {
					t.Errorf("%v: errors %+v, values %v; want %s", raw, faults, values, tt.want)
				}
			}
		})
	}
}

func TestEveryKeyHasAMessage(t *testing.T) {
	for key, message := range english {
		if message == "" || !strings.HasSuffix(message, ".") || strings.ContainsAny(message, "!") {
			t.Errorf("%s: %q", key, message)
		}
	}
	for _, fieldType := range FieldType("").values() {
		if english[missingKey(FieldType(fieldType))] == "" {
			t.Errorf("%s: no message for a missing answer", fieldType)
		}
	}
}

// covers: S31
func TestPatternMessageInTheVisitorsLanguage(t *testing.T) {
	form := formOf(t, `
	fields:
	- name: order
	  type: ShortText
	  label: {default: Order}
	  pattern: ORD-[0-9]+
	  patternMessage: {default: Looks like ORD-1, translations: [{locale: de, text: Sieht aus wie ORD-1}]}
	`)
	for _, tt := range []struct{ locale, want string }{
		{"en", "Looks like ORD-1"}, {"de", "Sieht aus wie ORD-1"}, {"de-AT", "Sieht aus wie ORD-1"}, {"", "Looks like ORD-1"},
	} {
		_, faults := form.Check(map[string][]string{"order": {"1"}}, tt.locale)
		want := []FieldError{{Field: "order", Key: KeyCustom, Message: tt.want}}
		if diff := cmp.Diff(want, faults); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.locale, diff)
		}
	}
}

func TestCompileRefusesWhatIsNotValid(t *testing.T) {
	for _, tt := range []struct {
		name string
		spec TicketFormSpec
		want string
	}{
		{"pattern", TicketFormSpec{Fields: []Field{{Name: "a", Type: ShortText, Pattern: "("}}}, "compile the pattern of field a"},
		{"rule", TicketFormSpec{Rules: []Rule{{When: "values.a"}}}, "compile rule 1"},
		{"routing", TicketFormSpec{Routing: Routing{Rules: []RoutingRule{{When: "1"}}}}, "compile routing rule 1"},
	} {
		if _, err := Compile(tt.spec); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// covers: P12
func TestFileTypes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		types []string
		file  string
		want  bool
	}{
		{"all", nil, "application/x-anything", true},
		{"the same", []string{"application/pdf"}, "application/pdf", true},
		{"in capitals, with parameters", []string{"text/plain"}, "Text/Plain; charset=utf-8", true},
		{"a family", []string{"image/*"}, "image/png", true},
		{"another family", []string{"image/*"}, "imagex/png", false},
		{"another", []string{"application/pdf"}, "application/pdfx", false},
		{"no type", []string{"image/*"}, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (FileLimits{Types: tt.types}).Accepts(tt.file); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
