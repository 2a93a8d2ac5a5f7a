package notice

import "strings"

// recipients collects what is said, one entry per address.
type recipients struct {
	list []Recipient
	at   map[string]int // index into list by address in lower case
}

// add puts r on the list. What is told twice is told better the second time
// only where the first left something open.
func (rs *recipients) add(r Recipient) {
	key := strings.ToLower(r.Address)
	if rs.at == nil {
		rs.at = map[string]int{}
	}
	i, known := rs.at[key]
	switch {
	case known:
		old := &rs.list[i]
		if old.Class == Unknown || old.Class == "" || old.Class == Soft && r.Class == Hard {
			old.Class = r.Class
		}
		if old.Code == 0 {
			old.Code = r.Code
		}
		if old.Status == "" {
			old.Status = r.Status
		}
		if old.Diagnostic == "" {
			old.Diagnostic = r.Diagnostic
		}
	case len(rs.list) < MaxRecipients:
		rs.at[key] = len(rs.list)
		rs.list = append(rs.list, r)
	}
}

// fieldAddress reads the address of a field such as "rfc822; <a@b>" (RFC 3464
// section 2.3.2); "" where it holds none.
func fieldAddress(s string) string {
	if kind, rest, ok := strings.Cut(s, ";"); ok && !strings.ContainsAny(kind, "@<") {
		s = rest
	}
	s = strings.TrimSpace(s)
	if a, _ := takeAddress(s); a != "" {
		return a
	}
	for i := 0; i < len(s) && i < maxAddress; i++ {
		if s[i] == '<' || s[i] == '=' { // "Name <a@b>", X.400 "DDA:SMTP=a@b"
			if a, _ := takeAddress(s[i+1:]); a != "" {
				return a
			}
		}
	}
	return ""
}

// takeAddress reads an address at the very beginning of s, with or without
// angle brackets, and returns what follows. The domain needs a dot unless
// brackets enclose it: "a@b" in the flow of a text may be anything.
func takeAddress(s string) (address, rest string) {
	open := false
	for len(s) > 0 && strings.IndexByte(`<"'`, s[0]) >= 0 && !isQuotedLocal(s) {
		open = open || s[0] == '<'
		s = s[1:]
	}
	for _, prefix := range []string{"mailto:", "smtp:", "SMTP:", "SMTP=", "smtp=", "rfc822;", "RFC822;"} {
		s = strings.TrimPrefix(s, prefix)
	}
	if strings.HasPrefix(s, "@") { // a source route of RFC 5321 appendix C
		if i := strings.IndexByte(clip(s, maxAddress), ':'); i > 0 {
			s = s[i+1:]
		}
	}
	at := localLength(s)
	if at == 0 || at >= len(s) || s[at] != '@' {
		return "", s
	}
	end := at + 1
	for end < len(s) && end < maxAddress && (isAlnum(s[end]) || s[end] >= 0x80 || strings.IndexByte("-._[]:", s[end]) >= 0 && (s[end] != ':' || s[at+1] == '[')) {
		end++
	}
	domain := strings.TrimRight(s[at+1:end], ".-_")
	if !strings.HasPrefix(domain, "[") {
		domain, _, _ = strings.Cut(domain, "]")
	}
	if i := strings.Index(domain, ".."); i >= 0 { // "<a@b>..." without the brackets
		domain = domain[:i]
	}
	if domain == "" || strings.HasPrefix(domain, ".") || !open && !strings.Contains(domain, ".") {
		return "", s
	}
	end = at + 1 + len(domain)
	rest = s[end:]
	if cut := strings.TrimLeft(rest, `"'`); strings.HasPrefix(cut, ">") {
		rest = cut[1:]
	} else if cut != rest {
		rest = cut
	}
	return s[:end], rest
}

// isQuotedLocal reports a quoted local part, "a b"@c.
func isQuotedLocal(s string) bool {
	if s[0] != '"' {
		return false
	}
	end := strings.IndexByte(clip(s[1:], maxAddress), '"')
	return end > 0 && strings.HasPrefix(s[end+2:], "@")
}

// localLength measures the local part at the beginning of s.
func localLength(s string) int {
	if s != "" && s[0] == '"' && isQuotedLocal(s) {
		return strings.IndexByte(s[1:], '"') + 2
	}
	n := 0
	for n < len(s) && n < maxAddress && (isAlnum(s[n]) || s[n] >= 0x80 || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", s[n]) >= 0) {
		n++
	}
	return n
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
