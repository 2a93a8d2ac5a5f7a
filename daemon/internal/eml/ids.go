package eml

import (
	"slices"
	"strings"
)

const (
	// MaxReferences is how many ids of References count, the newest first: a
	// thread that went on longer is found by any of them.
	MaxReferences = 100

	// MaxID is the longest id in octets, RFC 5322 section 2.1.1: an id cannot be
	// folded.
	MaxID = 998
)

// ids returns the msg-ids of all fields of that name with their angle brackets,
// in order, each once.
func ids(h Header, name string) []string {
	var all []string
	seen := map[string]bool{}
	for _, f := range h {
		if !equalFold(f.Name, name) {
			continue
		}
		for id := range splitIDs(f.Value()) {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

// newest keeps the last [MaxReferences].
func newest(all []string) []string { return all[max(0, len(all)-MaxReferences):] }

// splitIDs yields the ids of one value. Where nothing is bracketed, words with
// an "@" are ids whose brackets were forgotten; otherwise text outside brackets
// is a phrase (RFC 5322 section 4.5.4).
func splitIDs(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		if strings.IndexByte(s, '<') < 0 {
			for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == ',' || r == ';' || r == '>' }) {
				if strings.IndexByte(word, '@') > 0 && !offerID(word, yield) {
					return
				}
			}
			return
		}
		for {
			start := strings.IndexByte(s, '<')
			if start < 0 {
				return
			}
			s = s[start+1:]
			end := strings.IndexAny(s, "<>")
			if end < 0 {
				end = len(s)
			}
			if !offerID(s[:end], yield) {
				return
			}
			s = s[end:]
		}
	}
}

func offerID(s string, yield func(string) bool) bool {
	if id := cleanID(s); id != "" && len(id) <= MaxID {
		return yield("<" + id + ">")
	}
	return true
}

// cleanID removes blanks and control characters, which folding in the middle
// of an id leaves behind, and makes the rest valid UTF-8.
func cleanID(s string) string {
	if plainID(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || cleanRune(r) != r {
			return -1
		}
		return r
	}, decodeCharset([]byte(s), "", ""))
}

func plainID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// readMessageID is the rule behind [Mail.MessageID].
func readMessageID(h Header, fs *faults) string {
	var found []string
	for _, value := range h.Values("Message-ID") {
		for id := range splitIDs(value) {
			found = append(found, id)
			break // the first of the field
		}
	}
	switch all := len(found); {
	case all == 0:
		if h.Count("Message-ID") > 0 {
			fs.add(FaultMessageIDBad, "%.80q", h.Get("Message-ID"))
		}
		return ""
	case all > 1 && slices.ContainsFunc(found, func(id string) bool { return id != found[0] }):
		fs.add(FaultMessageIDConflict, "%d fields", h.Count("Message-ID"))
		return ""
	}
	return found[0]
}
