package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posterndesk/postern/examples"
)

// What is written out and read again is the same, by its hash, and says no defaults.
//
// covers: M01
func TestWithoutDefaults(t *testing.T) {
	set, problems := Load(examples.FS)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for i := range set.HelpCenters {
		set.HelpCenters[i].Metadata.UID = "uid"
	}
	raw, err := set.WithoutDefaults().YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, problems := Parse("export", raw)
	if err := append(problems, again.Validate()...).Err(); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if len(again.HelpCenters) != len(set.HelpCenters) || len(again.Forms) != len(set.Forms) || len(again.Mailboxes) != len(set.Mailboxes) || len(set.Forms) == 0 {
		t.Fatalf("%d, %d and %d objects became %d, %d and %d", len(set.HelpCenters), len(set.Forms), len(set.Mailboxes), len(again.HelpCenters), len(again.Forms), len(again.Mailboxes))
	}
	for i, h := range set.HelpCenters {
		if Hash(h.Spec) != Hash(again.HelpCenters[i].Spec) {
			t.Errorf("help center %s is another one", h.Metadata.Key())
		}
	}
	for i, f := range set.Forms {
		if Hash(f.Spec) != Hash(again.Forms[i].Spec) {
			t.Errorf("form %s is another one", f.Metadata.Key())
		}
	}
	for i, m := range set.Mailboxes {
		if Hash(m.Spec) != Hash(again.Mailboxes[i].Spec) {
			t.Errorf("mailbox %s is another one", m.Metadata.Key())
		}
	}
	for _, said := range []string{"uid", "maxMessageMiB: 35", "linkLifetimeDays: 30", "{}", "changedSubject: Append"} {
		if strings.Contains(string(raw), said) {
			t.Errorf("it says %s:\n%s", said, raw)
		}
	}
}

// largeForm has n fields with n options each, and as many rules.
func largeForm(n int) TicketForm {
	f := ticketForm("contact", "acme")
	for i := range n {
		field := Field{Name: fmt.Sprintf("f%d", i), Type: MultiSelect, Label: &LocalizedText{Default: "A field"}}
		for j := range n {
			field.Options = append(field.Options, Option{Value: fmt.Sprintf("o%d", j), Label: LocalizedText{Default: "An option"}})
		}
		f.Spec.Fields = append(f.Spec.Fields, field)
	}
	return f
}

// What a large form is written out with grows with the form, and not with its square:
// the daemon that serves writes it.
func TestWithoutDefaultsOfALargeForm(t *testing.T) {
	cost := func(n int) float64 {
		set := Set{Forms: []TicketForm{largeForm(n)}}
		set.SetDefaults()
		if got, want := Hash(set.WithoutDefaults().Forms[0].Spec), Hash(largeForm(n).Spec); got != want {
			t.Errorf("of %d fields something else is left than what was declared", n)
		}
		return testing.AllocsPerRun(1, func() { set.WithoutDefaults() })
	}
	// Three times as many fields and options are nine times as much.
	if small, large := cost(8), cost(24); large > 12*small {
		t.Errorf("for nine times as much it allocates %.0f times as often", large/small)
	}
}
