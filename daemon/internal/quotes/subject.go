package quotes

import "strings"

// subjectKind is what the prefix of a subject says.
type subjectKind int

const (
	newSubject subjectKind = iota
	replySubject
	forwardSubject
)

// maxPrefix is the longest prefix of a subject in bytes, in any script.
const maxPrefix = 50

// readSubject looks at the outermost prefix: "Fwd: Re: x" is a forward.
func readSubject(s string) subjectKind {
	prefix, _ := cutPrefix(s)
	switch {
	case forwardPrefixes[prefix]:
		return forwardSubject
	case replyPrefixes[prefix]:
		return replySubject
	}
	return newSubject
}

// cutPrefix divides "Fwd[2]: x" into "fwd" and "x". Tags of lists in brackets
// before the prefix are passed over.
func cutPrefix(s string) (prefix, rest string) {
	s = plain(s)
	for strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			break
		}
		s = strings.TrimSpace(s[end+1:])
	}
	i := strings.IndexAny(s[:min(len(s), maxPrefix)], ":：")
	if i <= 0 {
		return "", s
	}
	prefix = strings.ToLower(strings.TrimSpace(strings.TrimRight(s[:i], "0123456789[]()^* ")))
	rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s[i:], ":"), "："))
	return prefix, rest
}

// withoutPrefix is the subject without its outermost prefix.
func withoutPrefix(s string) string {
	_, rest := cutPrefix(s)
	return rest
}
