package links

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"math"
	"strings"
	"time"
)

// Scope is what a link may be used for. Bits unknown to this version are kept
// and grant nothing.
type Scope uint8

// ManageParticipants is for links shown on a page; no mail carries it.
const (
	View Scope = 1 << iota
	ReplyTo
	Attach
	SetStatus // close, reopen, rate
	ManageParticipants
	Unsubscribe // from this ticket
	Disown      // say "this was not me" about the request
)

// Has reports whether s includes all of want.
func (s Scope) Has(want Scope) bool { return s&want == want }

// Link is what a portal link says. It is personal: Participant is who it was
// sent to, and Gen that participant's link generation at the time, which the
// caller compares with the stored one to honour revocation.
type Link struct {
	Scope       Scope
	Expires     time.Time // whole seconds, 1970 to 2106
	Gen         uint16
	Ticket      uint64
	Participant uint16
}

const (
	linkPrefix = "pl1_"
	linkBody   = 19
	linkMAC    = 16
	linkBytes  = linkBody + linkMAC
	linkChars  = 47 // linkBytes in unpadded base64url

	// LinkTokenLen is the length of every link token.
	LinkTokenLen = len(linkPrefix) + linkChars

	// ExpirySkew is how long after its expiry a link is still good, so that
	// replicas whose clocks differ a little agree with what the mail says.
	ExpirySkew = 60 * time.Second
)

// Go's decoder skips CR and LF even when strict, so what it is given must have
// passed a check of its characters.
var linkEncoding = base64.RawURLEncoding.Strict()

// Link returns the token of l: 51 characters of [A-Za-z0-9_-] that fit into a
// URL path. Expires is cut to whole seconds and to what four bytes hold.
func (s *Signer) Link(aud Audience, l Link) string {
	kid, key := s.signing(aud, forLink)
	var b [linkBytes]byte
	b[0], b[1], b[2] = forLink.kind, kid, byte(l.Scope)
	binary.BigEndian.PutUint32(b[3:], uint32(min(max(l.Expires.Unix(), 0), math.MaxUint32)))
	binary.BigEndian.PutUint16(b[7:], l.Gen)
	binary.BigEndian.PutUint64(b[9:], l.Ticket)
	binary.BigEndian.PutUint16(b[17:], l.Participant)
	mac := key.mac(forLink.label, b[:linkBody])
	copy(b[linkBody:], mac[:])
	return linkPrefix + linkEncoding.EncodeToString(b[:])
}

// ParseLink reads a token. [ErrInvalid] if it is not authentic for aud;
// [ErrExpired], together with the link, if it is and now is more than
// [ExpirySkew] past its expiry: a page may offer its participant a fresh one.
func (s *Signer) ParseLink(aud Audience, token string, now time.Time) (Link, error) {
	if len(token) != LinkTokenLen || !strings.HasPrefix(token, linkPrefix) {
		return Link{}, ErrInvalid
	}
	text := token[len(linkPrefix):]
	if !isBase64URL(text) {
		return Link{}, ErrInvalid
	}
	var b [linkBytes]byte
	if n, err := linkEncoding.Decode(b[:], []byte(text)); err != nil || n != linkBytes {
		return Link{}, ErrInvalid
	}
	if b[0] != forLink.kind {
		return Link{}, ErrInvalid
	}
	key, ok := s.verifying(b[1], aud, forLink)
	if !ok {
		return Link{}, ErrInvalid
	}
	mac := key.mac(forLink.label, b[:linkBody])
	if !hmac.Equal(mac[:linkMAC], b[linkBody:]) {
		return Link{}, ErrInvalid
	}
	l := Link{
		Scope:       Scope(b[2]),
		Expires:     time.Unix(int64(binary.BigEndian.Uint32(b[3:])), 0).UTC(),
		Gen:         binary.BigEndian.Uint16(b[7:]),
		Ticket:      binary.BigEndian.Uint64(b[9:]),
		Participant: binary.BigEndian.Uint16(b[17:]),
	}
	if now.After(l.Expires.Add(ExpirySkew)) {
		return l, ErrExpired
	}
	return l, nil
}

func isBase64URL(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
