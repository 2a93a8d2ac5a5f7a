package quotes

import (
	"slices"
	"strings"
)

// subjectKind is what the prefix of a subject says.
type subjectKind int

const (
	newSubject     subjectKind = iota
	unknownSubject             // a prefix that is not known: of a language, or a word of the author's
	unclearSubject             // a prefix that languages use differently
	replySubject
	forwardSubject
)

// maxPrefix is the longest prefix of a subject in bytes, in any script.
const maxPrefix = 50

// subject is a subject taken apart.
type subject struct {
	kind subjectKind
	rest string // without its outermost prefix
}

// readSubject looks at the outermost prefix: "Fwd: Re: x" is a forward.
func readSubject(s string) subject {
	prefix, rest := cutPrefix(s)
	forwards, replies := forwardPrefixes[prefix], replyPrefixes[prefix]
	switch {
	case prefix == "":
		return subject{newSubject, rest}
	case !forwards && !replies:
		return subject{unknownSubject, rest}
	case forwards && replies: // "VS" answers in Finnish and forwards in Danish
		return subject{unclearSubject, rest}
	case forwards:
		return subject{forwardSubject, rest}
	}
	return subject{replySubject, rest}
}

// maxPrefixes is how many prefixes a subject may lose: some servers add one with
// each answer.
const maxPrefixes = 20

// BareSubject is a subject without the prefixes that mail programs put before
// it, in any language that we know, and without leading tags in brackets.
func BareSubject(s string) string {
	for range maxPrefixes {
		read := readSubject(s)
		if !read.refers() {
			break
		}
		s = read.rest
	}
	for strings.HasPrefix(s, "[") {
		_, rest, ok := strings.Cut(s, "]")
		if !ok {
			break
		}
		s = strings.TrimSpace(rest)
	}
	return plain(s)
}

// refers reports a prefix that mail programs put on answers and forwards.
func (s subject) refers() bool { return s.kind >= unclearSubject }

// forwards reports that a mail with this subject forwards the mail whose header
// stands in its text, without anything else that says so. An unclear prefix is
// one of a forward when the mail does not go to the author of what it holds.
func (s subject) forwards(b block, h Hints) bool {
	values, to := b.values, h.To
	if !s.refers() && !h.Answer && len(to) > 0 {
		// Somebody gave what they forward a subject of its own.
		author := readMailbox(values[fieldFrom]).Address
		if b.whole() && !b.raw && author != "" && !answers(values, to) && !strings.EqualFold(author, h.Address) {
			return true
		}
	}
	if s.kind != unclearSubject && s.kind != unknownSubject {
		return s.kind == forwardSubject
	}
	_, inside := cutPrefix(values[fieldSubject])
	return !answers(values, to) && (strings.EqualFold(inside, s.rest) || strings.EqualFold(plain(values[fieldSubject]), s.rest))
}

// mayForward is the same where a separator stands above the header that some
// programs use for answers and forwards alike.
func (s subject) mayForward(b block, h Hints) bool {
	return s.forwards(b, h) || !s.refers() && !h.Answer && !answers(b.values, h.To)
}

// answers reports that a mail goes to the author of what it holds.
func answers(values map[field]string, to []string) bool {
	author := withoutDetail(readMailbox(values[fieldFrom]).Address)
	return slices.ContainsFunc(to, func(a string) bool { return strings.EqualFold(author, withoutDetail(a)) })
}

// withoutDetail takes "+detail" off a local part.
func withoutDetail(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
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
		inner, words, ok := strings.Cut(s[1:end], ":")
		if prefix := lower(strings.TrimSpace(inner)); ok && forwardPrefixes[prefix] {
			return prefix, strings.TrimSpace(words + s[end+1:]) // "[Fwd: x]", as older programs write it
		}
		s = strings.TrimSpace(s[end+1:])
	}
	i := strings.IndexAny(s[:min(len(s), maxPrefix)], ":：")
	if i <= 0 {
		return "", s
	}
	if strings.Count(strings.TrimSpace(s[:i]), " ") > 1 {
		return "", s // words, not a prefix
	}
	prefix = lower(strings.TrimSpace(strings.TrimRight(s[:i], "0123456789[]()^*. ")))
	rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(s[i:], ":"), "："))
	return prefix, rest
}
