package web

import (
	"bufio"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func anyColor(t *rapid.T) color {
	return color{rapid.Byte().Draw(t, "red"), rapid.Byte().Draw(t, "green"), rapid.Byte().Draw(t, "blue")}
}

// Whatever a help center declares, its pages can be read in both themes.
func TestAccentContrast(t *testing.T) {
	light, dark := tokens(t)
	for _, side := range []struct {
		name   string
		theme  theme
		tokens map[string]color
	}{{"light", lightTheme, light}, {"dark", darkTheme, dark}} {
		t.Run(side.name, rapid.MakeCheck(func(t *rapid.T) {
			declared := anyColor(t)
			a := side.theme.accent(declared)
			for _, pair := range []struct {
				name      string
				over, top color
				want      float64
			}{
				{"text on fill", a.fill, a.on, textContrast},
				{"text on hovered fill", a.hover, a.on, textContrast},
				{"edge on surface", side.theme.surface, a.edge, shapeContrast},
				{"edge on ground", side.theme.ground, a.edge, shapeContrast},
				{"link on surface", side.theme.surface, a.text, textContrast},
				{"link on ground", side.theme.ground, a.text, textContrast},
				{"link on own message", a.soft, a.text, textContrast},
				{"ink on own message", a.soft, side.tokens["ink"], textContrast},
				{"muted on own message", a.soft, side.tokens["muted"], textContrast},
			} {
				if got := contrast(pair.over, pair.top); got < pair.want {
					t.Errorf("%s: %s of %s has contrast %.2f, want %.1f", declared, pair.name, pair.top, got, pair.want)
				}
			}
			if a.fill != declared {
				t.Errorf("fill is %s, want the declared %s", a.fill, declared)
			}
		}))
	}
}

// What can be read already stays as it was declared.
func TestAccentKeepsWhatIsReadable(t *testing.T) {
	declared, _ := parseColor(DefaultColor)
	a := lightTheme.accent(declared)
	if a.text != declared || a.edge != declared {
		t.Errorf("text %s and edge %s were changed from %s", a.text, a.edge, declared)
	}
}

// All texts of the stylesheets can be read on all grounds they stand on.
func TestTokenContrast(t *testing.T) {
	light, dark := tokens(t)
	for name, side := range map[string]map[string]color{"light": light, "dark": dark} {
		for _, pair := range []struct {
			text   string
			over   []string
			atMost float64
		}{
			{"ink", []string{"ground", "surface", "sunken", "note", "bad-soft", "good-soft"}, textContrast},
			{"muted", []string{"ground", "surface", "sunken", "bad-soft"}, textContrast},
			{"note-ink", []string{"note"}, textContrast},
			{"note", []string{"note-ink"}, textContrast},
			{"bad", []string{"ground", "surface", "bad-soft", "note"}, textContrast},
			{"good", []string{"good-soft", "surface"}, textContrast},
			{"edge", []string{"surface", "ground"}, shapeContrast},
			{"open", []string{"surface", "ground"}, shapeContrast},
			{"pending", []string{"surface", "ground"}, shapeContrast},
			{"resolved", []string{"surface", "ground"}, shapeContrast},
			{"closed", []string{"surface", "ground"}, shapeContrast},
		} {
			for _, ground := range pair.over {
				if got := contrast(side[pair.text], side[ground]); got < pair.atMost {
					t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", name, pair.text, ground, got, pair.atMost)
				}
			}
		}
	}
	for name, got := range map[string][2]color{
		"light surface": {light["surface"], lightTheme.surface}, "light ground": {light["ground"], lightTheme.ground},
		"dark surface": {dark["surface"], darkTheme.surface}, "dark ground": {dark["ground"], darkTheme.ground},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: base.css has %s, accents are made for %s", name, got[0], got[1])
		}
	}
}

var token = regexp.MustCompile(`^\s*--([a-z-]+): (#[0-9a-f]{6});`)

// tokens reads the colours of base.css.
func tokens(t *testing.T) (light, dark map[string]color) {
	t.Helper()
	css, err := assetFiles.ReadFile("assets/base.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark = map[string]color{}, map[string]color{}
	side := light
	for s := bufio.NewScanner(strings.NewReader(string(css))); s.Scan(); {
		if strings.Contains(s.Text(), "prefers-color-scheme: dark") {
			side = dark
		}
		if m := token.FindStringSubmatch(s.Text()); m != nil {
			side[m[1]], _ = parseColor(m[2])
		}
	}
	if len(light) < 10 || len(light) != len(dark) {
		t.Fatalf("base.css has %d light and %d dark colours", len(light), len(dark))
	}
	return light, dark
}

func TestColorRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyColor(t)
		if got := c.oklch().color(); got != c {
			t.Errorf("%s came back as %s", c, got)
		}
		if got, ok := parseColor(c.String()); !ok || got != c {
			t.Errorf("%s was read as %s, %t", c, got, ok)
		}
	})
}

func TestContrast(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b string
		want float64
	}{
		{"extremes", "#000000", "#ffffff", 21},
		{"same", "#123456", "#123456", 1},
		{"grey of the guidelines", "#767676", "#ffffff", 4.54},
	} {
		t.Run(test.name, func(t *testing.T) {
			a, _ := parseColor(test.a)
			b, _ := parseColor(test.b)
			if got := contrast(a, b); got < test.want-0.01 || got > test.want+0.01 {
				t.Errorf("contrast is %.3f, want %.2f", got, test.want)
			}
		})
	}
}

func TestParseColor(t *testing.T) {
	for _, test := range []struct {
		name string
		in   string
		want bool
	}{
		{"plain", "#0a7a5c", true},
		{"upper case", "#0A7A5C", true},
		{"short form", "#0a7", false},
		{"no hash", "0a7a5cc", false},
		{"sign", "#+a7a5c", false},
		{"no digit", "#0a7a5g", false},
		{"empty", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, got := parseColor(test.in); got != test.want {
				t.Errorf("parseColor(%q) is %t, want %t", test.in, got, test.want)
			}
		})
	}
}
