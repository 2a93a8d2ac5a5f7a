package eml

import "strings"

// obscured reports a subject that stands in for the real one of an encrypted
// or signed mail: that of RFC 9788 section 11.2 and those of older programs.
func obscured(subject string) bool {
	switch lowerASCII(strings.TrimSpace(subject)) {
	case "[...]", "...", "encrypted message", "secured message", "p≡p", "pep", "…", "[…]":
		return true
	}
	return false
}

// maxWrappers is how many layers of signatures are looked through for the
// protected header; real mail has two.
const maxWrappers = 4

// protectedHeader is the header that was signed or encrypted together with the
// content (RFC 9788), nil when there is none.
func (m *Mail) protectedHeader() Header {
	p := m.Root
	for range maxWrappers {
		if _, ok := p.Params["hp"]; ok {
			return p.Header
		}
		if _, ok := p.Params["protected-headers"]; ok { // before RFC 9788
			return p.Header
		}
		switch {
		case p.MediaType == "multipart/signed" && len(p.Children) > 0:
			p = p.Children[0]
		case p.inside.entity != nil:
			p = p.inside.entity
		case p.MediaType == "message/rfc822" && len(p.Children) > 0 && lowerASCII(p.Params["forwarded"]) == "no":
			return p.Children[0].Header // RFC 8551 section 3.1
		default:
			return nil
		}
	}
	return nil
}
