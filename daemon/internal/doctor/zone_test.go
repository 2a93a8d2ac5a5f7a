package doctor

import (
	"net/netip"
	"strings"
	"testing"
)

func TestTextLine(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"short", "v=spf1 -all", `a.example. IN TXT "v=spf1 -all"`},
		{"with quotes", `say "x\y"`, `a.example. IN TXT "say \"x\\y\""`},
		{"in two pieces", strings.Repeat("x", 256), `a.example. IN TXT "` + strings.Repeat("x", 255) + `" "x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := textLine("a.example", test.text); got != test.want {
				t.Errorf("line is %s, want %s", got, test.want)
			}
		})
	}
}

func TestReverse(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{"203.0.113.25", "25.113.0.203.in-addr.arpa"},
		{"2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"}, // RFC 3596 section 2.5, with another network
	} {
		if got := reverse(netip.MustParseAddr(test.address)); got != test.want {
			t.Errorf("%s is at %s, want %s", test.address, got, test.want)
		}
	}
}
