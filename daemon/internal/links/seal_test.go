package links

import (
	"strings"
	"testing"
)

// A seal is of one thing, for one purpose, of one help center, and of nobody else.
func TestSeals(t *testing.T) {
	ring := mustRing(t)
	s, other := mustSigner(t, ring), mustSigner(t, mustRing(t))
	acme, beta := AudienceOf("support", "HelpCenter", "acme"), AudienceOf("support", "HelpCenter", "beta")
	for name, kind := range map[string]struct {
		make func(Audience, string) string
		is   func(Audience, string, string) bool
	}{
		"upload": {s.Upload, s.IsUpload}, "state": {s.State, s.IsState},
	} {
		seal := kind.make(acme, "what")
		if !kind.is(acme, "what", seal) || strings.ContainsAny(seal, "+/=&? ") {
			t.Errorf("%s: %q is not taken", name, seal)
		}
		for why, taken := range map[string]bool{
			"another thing":       kind.is(acme, "What", seal),
			"another help center": kind.is(beta, "what", seal),
			"nothing":             kind.is(acme, "what", ""),
			"cut":                 kind.is(acme, "what", seal[:len(seal)-1]),
			"longer":              kind.is(acme, "what", seal+"A"),
			"another key":         kind.is(acme, "what", "ff"+seal[2:]),
			"no key":              kind.is(acme, "what", "zz"+seal[2:]),
			"somebody else's":     kind.is(acme, "what", other.State(acme, "what")) || kind.is(acme, "what", other.Upload(acme, "what")),
		} {
			if taken {
				t.Errorf("%s: %s is taken", name, why)
			}
		}
	}
	if s.IsState(acme, "what", s.Upload(acme, "what")) || s.IsUpload(acme, "what", s.State(acme, "what")) {
		t.Error("one purpose passes for another")
	}
}
