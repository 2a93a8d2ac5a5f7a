package helpdesk

import (
	"strings"
	"testing"
)

// covers: P10
func TestCannedFill(t *testing.T) {
	values := map[string]string{"customer.name": "Ann {{agent.name}}", "agent.name": "Bob", "ticket.number": "#7"}
	for _, tt := range []struct{ text, want string }{
		{"Dear {{customer.name}},", "Dear Ann {{agent.name}},"}, // once
		{"Dear {{ customer.name }}", "Dear Ann {{agent.name}}"},
		{"Dear {{customer.first_name}},", "Dear,"},
		{"{{customer.first_name}} {{agent.name}}", " Bob"},
		{"{{ticket.number}}{{ticket.number}}", "#7#7"},
		{"{agent.name}", "{agent.name}"},
	} {
		c := Canned{Name: "x", Text: tt.text}
		if err := c.Check(); err != nil {
			t.Errorf("%q: %v", tt.text, err)
		}
		if got := c.Fill(values); got != tt.want {
			t.Errorf("%q becomes %q, want %q", tt.text, got, tt.want)
		}
	}
}

// covers: P10
func TestCannedIsRefused(t *testing.T) {
	for name, c := range map[string]Canned{
		"no name":        {Text: "x"},
		"no text":        {Name: "x", Text: " \n"},
		"a long name":    {Name: strings.Repeat("x", 61), Text: "x"},
		"a long text":    {Name: "x", Text: strings.Repeat("x", MaxCannedText+1)},
		"unknown":        {Name: "x", Text: "{{customer.password}}"},
		"capitals":       {Name: "x", Text: "{{Customer.Name}}"},
		"code":           {Name: "x", Text: "{{range .}}{{end}}"},
		"empty":          {Name: "x", Text: "{{}}"},
		"open":           {Name: "x", Text: "{{customer.name"},
		"closed":         {Name: "x", Text: "customer.name}}"},
		"over two lines": {Name: "x", Text: "{{customer.name\n}}"},
		"nested":         {Name: "x", Text: "{{{{customer.name}}}}"},
		"what turns":     {Name: "x\u202ey", Text: "x"},
	} {
		if err := c.Check(); KindOf(err) != Invalid || Public(err) == "" {
			t.Errorf("%s: %v, want to be refused", name, err)
		}
	}
}

// What is saved has no placeholder left when it is filled, whatever the values are.
//
// covers: P10
func FuzzCanned(f *testing.F) {
	f.Add("Dear {{customer.name}}, {{ ticket.number }}")
	f.Add("}}{{{agent.name}}}")
	f.Fuzz(func(t *testing.T, text string) {
		c := Canned{Name: "x", Text: text}
		if c.Check() != nil {
			return
		}
		if got := c.Fill(nil); strings.Contains(got, "{{") {
			t.Errorf("%q becomes %q", text, got)
		}
	})
}
