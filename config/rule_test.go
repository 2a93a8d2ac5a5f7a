package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ruleForm = `
	fields:
	- {name: topic, type: Select, label: {default: Topic}, requirement: Required, options: [{value: refund, label: {default: R}}, {value: plan, label: {default: P}}]}
	- {name: order, type: ShortText, label: {default: Order}}
	- {name: amount, type: Decimal, label: {default: Amount}, requirement: Required}
	- {name: proof, type: File, label: {default: Proof}}
	- {name: several, type: MultiSelect, label: {default: S}, options: [{value: a, label: {default: A}}, {value: b, label: {default: B}}]}
	- {name: terms, type: Consent, version: "1", label: {default: T}, requirement: Required}
	- {name: hint, type: Info, label: {default: H}}
	- {name: source, type: Hidden, initial: portal}
	rules:
	- {when: values.topic == 'refund', effects: [{show: amount}, {require: order}]}
	- {when: values.topic == 'plan', effects: [{hide: order}, {optional: terms}]}
	- {when: values.amount > 500, effects: [{show: hint}, {require: proof}]}
	- {when: "!has(values.order)", effects: [{hide: several}]}
	- {when: "values.several.exists(s, s == 'b')", effects: [{require: proof}]}
	routing:
	  rules:
	  - {when: "true", set: {tags: [form]}}
	  - {when: values.topic == 'refund', set: {priority: High, tags: [refund, form]}}
	  - {when: values.amount > 500 && values.source == 'portal', set: {priority: Urgent, tags: [big]}}
	`

// covers: S31
func TestRules(t *testing.T) {
	form := formOf(t, ruleForm)
	for _, tt := range []struct {
		name     string
		raw      map[string][]string
		values   map[string]any
		errors   []string
		visible  string
		required string
	}{
		{
			"nothing entered",
			nil,
			map[string]any{"source": "portal"},
			[]string{"topic requiredChoice", "terms requiredConsent"},
			"topic order proof terms", "topic terms",
		},
		{
			"a hidden field is dropped, however wrong, and not required",
			map[string][]string{"topic": {"plan"}, "amount": {"much"}, "order": {"O-1"}, "several": {"b"}},
			map[string]any{"topic": "plan", "terms": false, "source": "portal"},
			nil,
			"topic proof terms", "topic",
		},
		{
			"a rule shows and requires",
			map[string][]string{"topic": {"refund"}, "terms": {"on"}},
			map[string]any{"topic": "refund", "terms": true, "source": "portal"},
			[]string{"order required", "amount required"},
			"topic order amount proof terms", "topic order amount terms",
		},
		{
			"an answer that cannot be read counts as none",
			map[string][]string{"topic": {"refund"}, "terms": {"on"}, "order": {"1"}, "amount": {"501,001"}},
			map[string]any{"topic": "refund", "order": "1", "terms": true, "source": "portal"},
			[]string{"amount tooManyDecimals"},
			"topic order amount proof several terms", "topic order amount terms",
		},
		{
			"rules build on rules before them",
			map[string][]string{"topic": {"refund"}, "terms": {"on"}, "order": {"1"}, "amount": {"500.01"}},
			map[string]any{"topic": "refund", "order": "1", "amount": 500.01, "terms": true, "source": "portal"},
			[]string{"proof requiredFile"},
			"topic order amount proof several terms hint", "topic order amount proof terms",
		},
		{
			"all is well",
			map[string][]string{"topic": {"refund"}, "terms": {"on"}, "order": {"1"}, "amount": {"5"}, "several": {"b"}, "proof": {"u1"}},
			map[string]any{"topic": "refund", "order": "1", "amount": 5.0, "several": []string{"b"}, "proof": []string{"u1"}, "terms": true, "source": "portal"},
			nil,
			"topic order amount proof several terms", "topic order amount proof terms",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := maps.Clone(tt.raw)
			values, faults := form.Check(tt.raw, "en")
			if diff := cmp.Diff(tt.values, values); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			var errors []string
			for _, f := range faults {
				errors = append(errors, f.Field+" "+f.Key)
			}
			if diff := cmp.Diff(tt.errors, errors); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			var visible, required []string
			for _, s := range form.States(tt.raw) {
				if s.Visible {
					visible = append(visible, s.Name)
				}
				if s.Required {
					required = append(required, s.Name)
				}
			}
			if got := strings.Join(visible, " "); got != tt.visible {
				t.Errorf("visible: %s, want %s", got, tt.visible)
			}
			if got := strings.Join(required, " "); got != tt.required {
				t.Errorf("required: %s, want %s", got, tt.required)
			}
			if diff := cmp.Diff(before, tt.raw); diff != "" {
				t.Errorf("what was entered is changed:\n%s", diff)
			}
		})
	}
}

func TestFormIsForManyAtOnce(t *testing.T) {
	form := formOf(t, ruleForm)
	raw := map[string][]string{"topic": {"refund"}, "amount": {"501"}, "several": {"b"}}
	want, wantFaults := form.Check(raw, "en")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				values, faults := form.Check(raw, "en")
				form.Route(values)
				if diff := cmp.Diff(want, values) + cmp.Diff(wantFaults, faults); diff != "" {
					t.Errorf("another result:\n%s", diff)
				}
			}
		})
	}
	group.Wait()
}

func TestRoute(t *testing.T) {
	form := formOf(t, ruleForm)
	for _, tt := range []struct {
		name     string
		values   map[string]any
		priority Priority
		want     []string
	}{
		{"one rule", nil, PriorityNormal, []string{"form"}},
		{"tags add up, each once", map[string]any{"topic": "refund"}, PriorityHigh, []string{"form", "refund"}},
		{"the last priority stands", map[string]any{"topic": "refund", "amount": 501.0, "source": "portal"}, PriorityUrgent, []string{"form", "refund", "big"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			priority, tags, mailbox := form.Route(tt.values)
			if priority != tt.priority || mailbox != "" {
				t.Errorf("priority %s, mailbox %q", priority, mailbox)
			}
			if diff := cmp.Diff(tt.want, tags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
	priority, tags, mailbox := formOf(t, "fields: []\n").Route(nil)
	if priority != PriorityNormal || tags != nil || mailbox != "" {
		t.Errorf("a form without routing: %s %v %q", priority, tags, mailbox)
	}
}

func TestRouteToMailbox(t *testing.T) {
	spec := TicketFormSpec{Routing: Routing{Rules: []RoutingRule{
		{When: "true", Set: RoutingSet{MailboxRef: &LocalReference{"first"}}},
		{When: "true", Set: RoutingSet{MailboxRef: &LocalReference{"second"}}},
		{When: "false", Set: RoutingSet{MailboxRef: &LocalReference{"third"}}},
	}}}
	form, err := Compile(spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, mailbox := form.Route(nil); mailbox != "second" {
		t.Errorf("mailbox %q, want the last one that is set", mailbox)
	}
}

// A condition that cannot be computed does not hold, and one that would never end
// is ended.
func TestConditionsThatFail(t *testing.T) {
	nested := "values.many.all(a, values.many.all(b, values.many.all(c, values.many.all(d, a + b + c + d != ''))))"
	for _, tt := range []struct{ name, when string }{
		{"division by zero", "1 / values.whole == 1"},
		{"overflow", "values.whole - 9223372036854775807 - 9 < 0"},
		{"no such item", "values.many[99] == 'x'"},
		{"a number that is none", "int(values.text) == 0"},
		{"a cost without end", nested},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var many []string
			for i := range 200 {
				many = append(many, fmt.Sprintf("{value: o%d, label: {default: O}}", i))
			}
			form := formOf(t, "fields:\n"+
				"- {name: whole, type: Integer, label: {default: W}}\n"+
				"- {name: text, type: ShortText, label: {default: W}}\n"+
				"- {name: many, type: MultiSelect, label: {default: M}, options: ["+strings.Join(many, ", ")+"]}\n"+
				"routing: {rules: [{when: \""+tt.when+"\", set: {priority: Urgent}}]}\n")
			values := map[string]any{}
			if strings.Contains(tt.name, "cost") {
				values["many"] = slices.Collect(func(yield func(string) bool) {
					for i := range 200 {
						yield(fmt.Sprint("o", i))
					}
				})
			}
			start := time.Now()
			if priority, _, _ := form.Route(values); priority != PriorityNormal {
				t.Error("it holds")
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
