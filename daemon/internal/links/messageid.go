package links

import "strings"

const (
	midPrefix = "r1."
	// midRandom is 8 bytes in base32, with one bit over.
	midRandom = 13
	midLeft   = len(midPrefix) + ReplyTokenLen + 1 + midRandom

	// maxMIDDomain is more than any domain has (RFC 1035 section 2.3.4), so a
	// longer right side is no Message-ID of ours, whoever changed it.
	maxMIDDomain = 255
)

// MessageID returns the Message-ID (RFC 5322 section 3.6.4) of one outgoing
// copy, in angle brackets. It finds the ticket again where a mail server has
// cut the token off the reply address. random makes each mail's its own;
// domain stands as given.
func (s *Signer) MessageID(aud Audience, r Reply, random [8]byte, domain string) string {
	return "<" + midPrefix + s.pack(aud, forMessageID, r) + "." + lowerBase32.EncodeToString(random[:]) + "@" + domain + ">"
}

// ParseMessageID reads a Message-ID that we made: with or without angle
// brackets, spaces around it, the left side in any ASCII case, and whatever
// domain. [ErrInvalid] for everybody else's.
func (s *Signer) ParseMessageID(aud Audience, id string) (Reply, error) {
	id = strings.Trim(id, " \t")
	if inner, ok := strings.CutPrefix(id, "<"); ok {
		if id, ok = strings.CutSuffix(inner, ">"); !ok {
			return Reply{}, ErrInvalid
		}
	}
	left, domain, ok := strings.Cut(id, "@")
	if !ok || len(left) != midLeft || !isIDRight(domain) {
		return Reply{}, ErrInvalid
	}
	if prefix := left[:len(midPrefix)]; prefix != midPrefix && prefix != "R1." {
		return Reply{}, ErrInvalid
	}
	token, random, ok := strings.Cut(left[len(midPrefix):], ".")
	if !ok || !isRandom(random) {
		return Reply{}, ErrInvalid
	}
	return s.unpack(aud, forMessageID, token)
}

// isRandom wants the one spelling of 8 bytes, with the bit over being zero.
func isRandom(s string) bool {
	lower, ok := foldBase32(s, midRandom)
	if !ok {
		return false
	}
	b, err := lowerBase32.DecodeString(lower)
	return err == nil && lowerBase32.EncodeToString(b) == lower
}

// isIDRight lets any domain pass but nothing that cannot be the right side of
// a Message-ID, such as a second "@" or a line break.
func isIDRight(s string) bool {
	if s == "" || len(s) > maxMIDDomain {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '@' {
			return false
		}
	}
	return true
}
