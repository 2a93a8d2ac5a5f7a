package links

import (
	"strings"
	"testing"
)

func TestWithoutTokens(t *testing.T) {
	link, pass, reply := linkPrefix+strings.Repeat("a", linkChars), passPrefix+strings.Repeat("b", passChars), strings.Repeat("c", 40)
	for _, test := range []struct{ name, text, want string }{
		{"link", "see https://help.example/t/" + link + "?x", "see https://help.example/t/pl1_…?x"},
		{"pass", "see https://help.example/pass/" + pass + ".", "see https://help.example/pass/pp1_…."},
		{"reply address", "to support+" + reply + "@acme.example", "to support+…@acme.example"},
		{"reply address in a URL", "mailto:support%2B" + reply + "%40acme.example", "mailto:support%2B…%40acme.example"},
		{"all at once", link + " " + pass + " a+" + reply + "@b", "pl1_… pp1_… a+…@b"},
		{"nothing secret", "pp1_short + pl1_short", "pp1_short + pl1_short"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := WithoutTokens(test.text)
			if got != test.want {
				t.Errorf("it is %q, want %q", got, test.want)
			}
			if again := WithoutTokens(got); again != got {
				t.Errorf("cut again it is %q", again)
			}
		})
	}
}
