package helpdesk

import (
	"slices"
	"strings"
	"testing"
)

func crew() []Agent {
	return []Agent{
		{ID: "ann", Name: "Ann Smith", Address: MustAddress("ann@acme.example")},
		{ID: "ann2", Name: "Ann Jones", Address: MustAddress("ann.jones@acme.example")},
		{ID: "bob", Name: "Bob", Address: MustAddress("bob@acme.example")},
		{ID: "bobby", Name: "Bobby Tables", Address: MustAddress("b.tables@acme.example")},
		{ID: "zoe", Name: "Zoë Ünal", Address: MustAddress("zoe@acme.example")},
		{ID: "off", Name: "Otto Off", Address: MustAddress("otto@acme.example"), Disabled: true},
	}
}

// covers: P10
func TestMentions(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string
	}{
		{"hello", ""},
		{"@bob", "bob"},
		{strings.Repeat("@nobody ", maxCalls) + "@bob", ""},
		{"Look, @Bob, at this. @BOB!", "bob"},
		{"@Bobby", "bobby"},
		{"@Bobby Tables and @Bob", "bobby bob"},
		{"@Bobster", ""},
		{"@Ann", ""}, // which of them?
		{"@Ann Smith", "ann"},
		{"@Ann Jones: you", "ann2"},
		{"@ann@acme.example", "ann"},
		{"@ann.jones@acme.example.", "ann2"},
		{"ask @ann@acme.example.org", ""},
		{"mail ann@acme.example or bob@bob", ""},
		{"(@zoë ünal)", "zoe"},
		{"@Zoë", "zoe"},
		{"> @bob said\n  > @Zoë too\nno", ""},
		{"@Otto", ""},
		{"@@bob", ""},
		{"@", ""},
		{"first\n@bob\n@Zoë", "bob zoe"},
	} {
		var got []string
		for _, id := range Mentions(tt.text, crew()) {
			got = append(got, string(id))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q calls %q, want %q", tt.text, got, tt.want)
		}
	}
}

// covers: P10
func FuzzMentions(f *testing.F) {
	f.Add("@Ann Smith @bob")
	f.Add("@zoë\xff@")
	f.Fuzz(func(t *testing.T, text string) {
		got := Mentions(text, crew())
		if len(got) > MaxMentions || slices.Contains(got, "off") || len(got) > strings.Count(text, "@") {
			t.Errorf("%q calls %q", text, got)
		}
	})
}
