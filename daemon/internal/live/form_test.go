package live

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
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
