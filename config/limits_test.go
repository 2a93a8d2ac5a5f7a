package config

import (
	"fmt"
	"strings"
	"testing"
)

// TestLimitsAreExact takes each limit that hangs on the kind of value, and wants
// what is just at it accepted and one more refused.
func TestLimitsAreExact(t *testing.T) {
	text := func(n int) *LocalizedText { return &LocalizedText{Default: strings.Repeat("ü", n)} }
	aField := func(f Field) TicketFormSpec {
		f.Name = "abc"
		if f.Label == nil {
			f.Label = text(1)
		}
		return TicketFormSpec{Title: *text(1), Fields: []Field{f}}
	}
	aRule := func(when string, effects int) TicketFormSpec {
		form := aField(Field{Type: Checkbox})
		rule := Rule{When: when}
		for range effects {
			rule.Effects = append(rule.Effects, Effect{Require: "abc"})
		}
		form.Rules = []Rule{rule}
		return form
	}
	for _, tt := range []struct {
		name  string
		limit int
		at    func(n int) any // a spec
		path  string
	}{
		{"title", maxLabel, func(n int) any { return TicketFormSpec{Title: *text(n)} }, "spec.title.default"},
		{"description", maxText, func(n int) any { return TicketFormSpec{Title: *text(1), Description: text(n)} }, "spec.description.default"},
		{"consent", maxText, func(n int) any { return aField(Field{Type: Consent, Version: "1", Label: text(n)}) }, "spec.fields[0].label.default"},
		{"version", maxVersion, func(n int) any { return aField(Field{Type: Consent, Version: strings.Repeat("1", n)}) }, "spec.fields[0].version"},
		{"pattern", maxPattern, func(n int) any { return aField(Field{Type: ShortText, Pattern: strings.Repeat("ü", n)}) }, "spec.fields[0].pattern"},
		{"initial", maxInitial, func(n int) any {
			return aField(Field{Type: Hidden, MaxLength: maxShortText, Initial: strings.Repeat("ü", n)})
		}, "spec.fields[0].initial"},
		{"least number", maxBound, func(n int) any { return aField(Field{Type: Decimal, Min: strings.Repeat("0", n-1) + "1"}) }, "spec.fields[0].min"},
		{"options", maxOptions, func(n int) any { return aField(Field{Type: Select, Options: options(n)}) }, "spec.fields[0].options"},
		{"tree", maxTreeDepth, func(n int) any { return aField(Field{Type: Tree, Options: chain(n)}) },
			fmt.Sprintf("spec.fields[0].options[%d].parent", maxTreeDepth)},
		{"files", maxFiles, func(n int) any { return aField(Field{Type: File, MaxItems: int32(n)}) }, "spec.fields[0].maxItems"},
		{"short text", maxShortText, func(n int) any { return aField(Field{Type: ShortText, MaxLength: int32(n)}) }, "spec.fields[0].maxLength"},
		{"long text", maxLongText, func(n int) any { return aField(Field{Type: LongText, MaxLength: int32(n)}) }, "spec.fields[0].maxLength"},
		{"decimals", maxDecimals, func(n int) any { return aField(Field{Type: Decimal, Decimals: int32(n)}) }, "spec.fields[0].decimals"},
		{"expression", maxExpression, func(n int) any { return aRule("true"+strings.Repeat(" ", n-4), 1) }, "spec.rules[0].when"},
		{"effects", maxEffects, func(n int) any { return aRule("true", n) }, "spec.rules[0].effects"},
		{"host", maxHost, func(n int) any { return aHelpCenter(hostOf(n)) }, "spec.host"},
		{"label of a host", maxName, func(n int) any { return aHelpCenter(strings.Repeat("a", n) + ".example") }, "spec.host"},
		{"port of a host", maxPort, func(n int) any { return aHelpCenter(fmt.Sprintf("localhost:%d", n)) }, "spec.host"},
		{"local part", maxLocalPart, func(n int) any { return aMailbox(strings.Repeat("a", n) + "@acme.example") }, "spec.address"},
		{"address", maxAddress, func(n int) any { return aMailbox(strings.Repeat("a", 20) + "@" + hostOf(n-21)) }, "spec.address"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if message := toldOf(tt.at(tt.limit), tt.path); message != "" {
				t.Errorf("at the limit of %d: %s", tt.limit, message)
			}
			if toldOf(tt.at(tt.limit+1), tt.path) == "" {
				t.Errorf("beyond the limit of %d nothing is told at %s", tt.limit, tt.path)
			}
		})
	}
}

func TestSizeLimits(t *testing.T) {
	const head = "apiVersion: postern.dev/v1alpha1\nkind: TicketForm\nmetadata: {name: a}\nspec:\n  title: "
	for _, tt := range []struct {
		name string
		data string
		want string
	}{
		{"comments do not count", strings.Repeat("# nothing\n", 60_000) + manifest("a"), ""},
		{"manifest", head + strings.Repeat("a", MaxDocument),
			"a.yaml:5:10: TicketForm default/a: spec.title: the manifest is larger than 512 KiB, counting what aliases repeat"},
		{"file", strings.Repeat("#\n", MaxFile/2+1), "a.yaml: is larger than 8 MiB"},
		{"file of another kind", "\xff\xfea\x00", "a.yaml: is not UTF-8 text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Parse("a.yaml", []byte(tt.data))
			if got := problems.Error(); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("got %.300q, want %q", got, tt.want)
			}
		})
	}

	// What an API server takes may still be too large for the store.
	form := ticketForm("large", "acme")
	for i := range maxFields {
		f := Field{Name: fmt.Sprint("f", i), Type: Select, Label: &LocalizedText{Default: "F"}, Options: options(maxOptions)}
		for j := range f.Options {
			f.Options[j].Label.Default = strings.Repeat("x", 50)
		}
		form.Spec.Fields = append(form.Spec.Fields, f)
	}
	if got := toldOf(form.Spec, "spec"); got != "is larger than 512 KiB" {
		t.Errorf("a form of %d KiB: %q", len(Document(form.Spec))>>10, got)
	}
}

func TestManyProblemsAreCutOff(t *testing.T) {
	var b strings.Builder
	b.WriteString("apiVersion: postern.dev/v1alpha1\nkind: Mailbox\nmetadata: {name: a}\n")
	for i := range 2 * maxProblems {
		fmt.Fprintf(&b, "x%d: 1\n", i)
	}
	_, problems := Parse("a.yaml", []byte(b.String()))
	if len(problems) != maxProblems+1 || !strings.Contains(problems.Error(), "and 200 more problems") {
		t.Errorf("%d problems are told", len(problems))
	}
}

// toldOf returns what Validate says about path of a spec with defaults.
func toldOf(spec any, path string) string {
	set := Set{}
	meta := Metadata{Name: "abc", Namespace: "abc"}
	switch spec := spec.(type) {
	case HelpCenterSpec:
		set.HelpCenters = []HelpCenter{{Metadata: meta, Spec: spec}}
	case TicketFormSpec:
		set.Forms = []TicketForm{{Metadata: meta, Spec: spec}}
	case MailboxSpec:
		set.Mailboxes = []Mailbox{{Metadata: meta, Spec: spec}}
	}
	set.SetDefaults()
	for _, p := range set.Validate() {
		if p.Path == path {
			return p.Message
		}
	}
	return ""
}

func aHelpCenter(host string) HelpCenterSpec {
	return HelpCenterSpec{
		DisplayName: "Acme", Host: host, MailboxRef: LocalReference{"support"},
		Portal: Portal{TicketSubmission: SubmissionEnabled},
	}
}

func aMailbox(address string) MailboxSpec {
	return MailboxSpec{Address: address, Inbound: Inbound{Type: InboundSMTP}}
}

// hostOf returns a host name of n characters.
func hostOf(n int) string {
	return strings.Repeat("a.", (n-1)/2) + strings.Repeat("b", n-(n-1)/2*2)
}

func options(n int) []Option {
	var all []Option
	for i := range n {
		all = append(all, Option{Value: fmt.Sprint("o", i), Label: LocalizedText{Default: "O"}})
	}
	return all
}

// chain returns options each of which is nested in the one before.
func chain(n int) []Option {
	all := options(n)
	for i := 1; i < n; i++ {
		all[i].Parent = all[i-1].Value
	}
	return all
}
