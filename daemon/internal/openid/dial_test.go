package openid

import (
	"net/url"
	"strings"
	"testing"
)

// covers: S25
// The check is asked by what connects, whatever a name stands for.
func TestANameOfThisMachine(t *testing.T) {
	i := startIssuer(t)
	source := New(Options{Secrets: secrets{}, Now: (&clock{at: noon}).now})
	u, err := url.Parse(i.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{i.URL, "http://localhost:" + u.Port()} {
		declared := i.declared()
		declared.Issuer = address
		if _, err := source.Begin(t.Context(), declared, begun); err == nil || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if n := i.count("/.well-known/openid-configuration"); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
}
