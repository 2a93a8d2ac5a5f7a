package words

import (
	"fmt"
	"strings"
	"testing"
)

// Headers are remembered, but not all that somebody makes up.
func TestPreferencesAreBounded(t *testing.T) {
	offered := []string{"en", "de"}
	for i := range 3 * mostPreferences {
		if got := Best(fmt.Sprintf("de-x-%d;q=0.9", i), offered, "en"); got != "de" {
			t.Fatalf("the %dth header asks for %q", i, got)
		}
	}
	long := "de," + strings.Repeat("fr;q=0.1,", longestPreference) + "en;q=0.1"
	for range 2 {
		if got := Best("de", offered, "en"); got != "de" {
			t.Errorf("de: %q", got)
		}
		if got := Best("de", []string{"en", "fr"}, "en"); got != "en" {
			t.Errorf("de where there is none: %q", got)
		}
		if got := Best(long, offered, "en"); got != best(long, offered, "en") {
			t.Errorf("a long header: %q", got)
		}
	}
	preferences.RLock()
	defer preferences.RUnlock()
	if n := len(preferences.best); n > mostPreferences {
		t.Errorf("%d headers are remembered", n)
	}
	for key := range preferences.best {
		if len(key) > 2*longestPreference {
			t.Error("a long header is remembered")
		}
	}
}
