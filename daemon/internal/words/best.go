package words

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
)

const (
	// mostPreferences bounds what is remembered of headers, which anybody may make up:
	// browsers have some hundred different ones.
	mostPreferences = 1000
	// longestPreference is remembered; those of browsers are shorter.
	longestPreference = 200
)

// preferences remembers what suits an Accept-Language header: to find out takes as
// long as reading a ticket.
var preferences = struct {
	sync.RWMutex
	best map[string]string
}{best: map[string]string{}}

// Best chooses among the locales that are offered what suits an Accept-Language
// header (RFC 9110 section 12.5.4) best; otherwise where nothing does.
func Best(accept string, offered []string, otherwise string) string {
	if accept == "" || len(offered) < 2 {
		return otherwise
	}
	if len(accept) > longestPreference {
		return best(accept, offered, otherwise)
	}
	key := accept + "\x00" + strings.Join(offered, "\x00") + "\x00\x00" + otherwise
	preferences.RLock()
	known, ok := preferences.best[key]
	preferences.RUnlock()
	if ok {
		return known
	}
	found := best(accept, offered, otherwise)
	preferences.Lock()
	defer preferences.Unlock()
	if len(preferences.best) >= mostPreferences {
		clear(preferences.best)
	}
	preferences.best[key] = found
	return found
}

func best(accept string, offered []string, otherwise string) string {
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wanted) == 0 {
		return otherwise
	}
	tags := []language.Tag{language.Make(otherwise)} // the first one is what stands in
	for _, locale := range offered {
		tags = append(tags, language.Make(locale))
	}
	_, i, _ := language.NewMatcher(tags).Match(wanted...)
	if i == 0 {
		return otherwise
	}
	return offered[i-1]
}
