package live

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/words"
)

func TestChecker(t *testing.T) {
	l := load(t, Options{}, sample(t))
	h, _ := l.HelpCenter("support", "acme")
	for _, tt := range []struct {
		name, form string
		raw        map[string][]string
		want       helpdesk.FormResult // without Raw
	}{
		{"labels and routing", "contact", map[string][]string{"product": {"rocket"}, "serial": {"R2"}, "urgent": {"on"}}, helpdesk.FormResult{
			Values: []helpdesk.FormValue{{Name: "product", Label: "Product", Text: "Rocket skates"}, {Name: "serial", Label: "Serial number", Text: "R2"},
				{Name: "urgent", Label: "I cannot go on without an answer", Text: "Yes"}},
			Priority: "High", Tags: []string{"rocket"},
		}},
		{"hidden field is dropped", "contact", map[string][]string{"product": {"anvil"}, "serial": {"R2"}}, helpdesk.FormResult{
			Values:   []helpdesk.FormValue{{Name: "product", Label: "Product", Text: "Anvil"}, {Name: "urgent", Label: "I cannot go on without an answer", Text: "No"}},
			Priority: "Normal",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.Form(tt.form).Checker.Check(tt.raw)
			got.Raw = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
		})
	}
	got := h.Form("billing").Checker.Check(map[string][]string{"topic": {"refund"}})
	if len(got.Problems) != 1 || got.Problems[0].Field != "order" || got.Problems[0].Message == "" {
		t.Errorf("problems = %+v, want one about order", got.Problems)
	}
}

func TestBuildForm(t *testing.T) {
	l := load(t, Options{}, sample(t))
	h, _ := l.HelpCenter("support", "acme")
	f := h.Form("billing")
	if f.Title != "Billing question" || f.Revision == "" || f.Access[helpdesk.Anonymous] != helpdesk.Granted || h.Form("none") != nil {
		t.Errorf("form = %+v", f)
	}
	want := []helpdesk.Field{
		{Name: "topic", Type: "Select", Label: "Topic", Required: true, Asked: true, Options: []helpdesk.Option{{Value: "refund", Label: "Refund"}, {Value: "invoice", Label: "Invoice copy"}}},
		{Name: "order", Type: "ShortText", Label: "Order number", Help: "It stands at the top of the confirmation we sent you.", Pattern: "^ORD-[0-9]{5,8}$",
			Prefill: "order", MaxLength: 200},
	}
	if diff := cmp.Diff(want, f.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// Everything that a field declares reaches the page, in its language.
// covers: S31, S43
func TestBuildFields(t *testing.T) {
	l := load(t, Options{}, center("a", "one", "")+mailbox("a", "support", "")+`---
apiVersion: postern.dev/v1alpha1
kind: TicketForm
metadata: {name: all, namespace: a}
spec:
  title: {default: All}
  publication: Published
  helpCenterRefs: [{name: one}]
  fields:
  - {name: area, type: Tree, label: {default: Area}, options: [{value: eu, label: {default: Europe}}, {value: de, label: {default: Germany}, parent: eu}]}
  - {name: amount, type: Decimal, label: {default: Amount}, min: "1", max: "2000000", initial: "5", prefill: amount, placeholder: {default: "12.50"}}
  - {name: proof, type: File, label: {default: Proof}, maxItems: 2, file: {maxMiB: 3, types: [image/*]}}
  - {name: terms, type: Consent, version: v2, label: {default: I agree to the terms.}}
  rules:
  - when: values.amount > 100
    effects: [{show: proof}, {require: proof}]
`)
	h, _ := l.HelpCenter("a", "one")
	f := h.Form("all")
	want := []helpdesk.Field{
		{Name: "area", Type: "Tree", Label: "Area", Options: []helpdesk.Option{{Value: "eu", Label: "Europe"}, {Value: "de", Label: "Germany", Parent: "eu"}}},
		{Name: "amount", Type: "Decimal", Label: "Amount", Min: "1", Max: "2000000", Decimals: 2, Initial: "5", Prefill: "amount", Placeholder: "12.50", Asked: true},
		{Name: "proof", Type: "File", Label: "Proof", MaxItems: 2, File: helpdesk.FieldFiles{Bytes: 3 << 20, Types: []string{"image/*"}}},
		{Name: "terms", Type: "Consent", Label: "I agree to the terms.", Text: "I agree to the terms.", Version: "v2"},
	}
	if diff := cmp.Diff(want, f.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	states := f.States(map[string][]string{"amount": {"101"}})
	if diff := cmp.Diff([]helpdesk.FieldState{{Name: "area", Visible: true}, {Name: "amount", Visible: true}, {Name: "proof", Visible: true, Required: true}, {Name: "terms", Visible: true}}, states); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
	got := f.Checker.Check(map[string][]string{"amount": {"1234567.5"}, "proof": {"a.png", "b.png"}, "terms": {"true"}})
	values := []helpdesk.FormValue{
		{Name: "amount", Label: "Amount", Text: "1234567.5"}, {Name: "proof", Label: "Proof", Text: "a.png, b.png"},
		{Name: "terms", Label: "I agree to the terms.", Text: "Yes", Version: "v2"},
	}
	if diff := cmp.Diff(values, got.Values); diff != "" || len(got.Problems) != 0 {
		t.Errorf("values (-want +got):\n%s%+v", diff, got.Problems)
	}
	wrong := f.Checker.Check(map[string][]string{"amount": {"0"}}).Problems
	if len(wrong) != 1 || wrong[0].Format != "Enter %s or more." || wrong[0].In(words.For("de").T) != "Mindestens 1." {
		t.Errorf("problems = %+v", wrong)
	}
}
