package links

import (
	"crypto/hmac"
	"encoding/binary"
	"fmt"
	"strings"
)

var (
	forPass   = purpose{info: "postern/v1/pass", label: "postern-pass-v1\x00", kind: 5}
	forCode   = purpose{info: "postern/v1/code", label: "postern-code-v1\x00", kind: 6}
	forUpload = purpose{info: "postern/v1/upload", label: "postern-upload-v1\x00", kind: 7}
	forState  = purpose{info: "postern/v1/state", label: "postern-state-v1\x00", kind: 8}
)

const (
	passPrefix = "pp1_"
	passID     = 16 // octets of an id
	passMAC    = 16
	passBytes  = 2 + passID + passMAC
	passChars  = 46 // passBytes in unpadded base64url

	// PassTokenLen is the length of every pass token.
	PassTokenLen = len(passPrefix) + passChars

	// CodeDigits is the length of a code: 10^8, of which five may be tried.
	CodeDigits = 8
)

// Pass returns the token by which a mail names a pass, of 16 octets, that is
// recorded elsewhere: whether it still holds, and for what, that record says.
func (s *Signer) Pass(aud Audience, id string) string {
	kid, key := s.signing(aud, forPass)
	var b [passBytes]byte
	b[0], b[1] = forPass.kind, kid
	copy(b[2:2+passID], id)
	mac := key.mac(forPass.label, b[:2+passID])
	copy(b[2+passID:], mac[:])
	return passPrefix + linkEncoding.EncodeToString(b[:])
}

// ParsePass reads a token; [ErrInvalid] if it is not authentic for aud.
func (s *Signer) ParsePass(aud Audience, token string) (id string, err error) {
	if len(token) != PassTokenLen || !strings.HasPrefix(token, passPrefix) || !isBase64URL(token[len(passPrefix):]) {
		return "", ErrInvalid
	}
	var b [passBytes]byte
	if n, err := linkEncoding.Decode(b[:], []byte(token[len(passPrefix):])); err != nil || n != passBytes || b[0] != forPass.kind {
		return "", ErrInvalid
	}
	key, ok := s.verifying(b[1], aud, forPass)
	if !ok {
		return "", ErrInvalid
	}
	mac := key.mac(forPass.label, b[:2+passID])
	if !hmac.Equal(mac[:passMAC], b[2+passID:]) {
		return "", ErrInvalid
	}
	return string(b[2 : 2+passID]), nil
}

// Code is the number that a mail brings for a pass and that is typed where it was
// asked for: [CodeDigits] digits. Codes lists it first, and behind it what older
// keys made of it.
func (s *Signer) Code(aud Audience, id string) string { return s.Codes(aud, id)[0] }

// Codes are all numbers that hold for a pass: one for each key that still
// verifies, as keys may change between the mail and the typing.
func (s *Signer) Codes(aud Audience, id string) []string {
	now, _ := s.signing(aud, forCode)
	codes := []string{}
	for kid := range 256 {
		k := uint8(kid) + now // the one that signs comes first
		if key, ok := s.verifying(k, aud, forCode); ok {
			mac := key.mac(forCode.label, []byte(id))
			codes = append(codes, fmt.Sprintf("%08d", binary.BigEndian.Uint64(mac[:8])%100_000_000))
		}
	}
	return codes
}

// Upload returns the seal of a file that waits for what it was chosen for to be sent,
// so that a page may name it without anybody else being able to. What is sealed is
// the caller's; nothing of it stands in the seal.
func (s *Signer) Upload(aud Audience, what string) string { return s.seal(aud, forUpload, what) }

// IsUpload reports whether the seal is one of what.
func (s *Signer) IsUpload(aud Audience, what, seal string) bool {
	return s.isSeal(aud, forUpload, what, seal)
}

// State returns the seal of a sign-in that was begun and goes on elsewhere: what
// comes back with it was begun by us, in the browser that has what.
func (s *Signer) State(aud Audience, what string) string { return s.seal(aud, forState, what) }

// IsState reports whether the seal is one of what.
func (s *Signer) IsState(aud Audience, what, seal string) bool {
	return s.isSeal(aud, forState, what, seal)
}

func (s *Signer) seal(aud Audience, p purpose, what string) string {
	kid, key := s.signing(aud, p)
	mac := key.mac(p.label, []byte(what))
	return fmt.Sprintf("%02x", kid) + linkEncoding.EncodeToString(mac[:passMAC])
}

func (s *Signer) isSeal(aud Audience, p purpose, what, seal string) bool {
	var kid uint8
	if len(seal) < 2 {
		return false
	}
	if _, err := fmt.Sscanf(seal[:2], "%02x", &kid); err != nil {
		return false
	}
	key, ok := s.verifying(kid, aud, p)
	if !ok {
		return false
	}
	mac := key.mac(p.label, []byte(what))
	return hmac.Equal([]byte(seal[2:]), []byte(linkEncoding.EncodeToString(mac[:passMAC])))
}
