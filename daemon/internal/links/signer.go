package links

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrInvalid is the one answer to everything that is not authentic: wrong
	// shape, unknown key, other audience, other purpose, wrong MAC. It says
	// nothing more, so that whoever guesses learns nothing.
	ErrInvalid = errors.New("link or address is not valid")

	// ErrExpired is the answer to an authentic link past its time.
	ErrExpired = errors.New("link has expired")
)

// purpose separates what is signed: each has its own key and its own label, so
// the bytes of one kind never pass as another, even with one key.
type purpose struct {
	info  string // HKDF info (RFC 5869)
	label string // what the MAC begins with
	kind  byte   // link: the version; others: the high four bits of byte 0
}

var (
	forLink      = purpose{info: "postern/v1/link", label: "postern-link-v1\x00", kind: 1}
	forReply     = purpose{info: "postern/v1/reply", label: "postern-reply-v1\x00", kind: 1}
	forMessageID = purpose{info: "postern/v1/mid", label: "postern-mid-v1\x00", kind: 1}
	forBounce    = purpose{info: "postern/v1/bounce", label: "postern-bounce-v1\x00", kind: 2}
	forAnswer    = purpose{info: "postern/v1/agent-reply", label: "postern-agent-reply-v1\x00", kind: 3}
	forNote      = purpose{info: "postern/v1/agent-note", label: "postern-agent-note-v1\x00", kind: 4}
)

// maxDerived bounds the derived keys kept. One help center in use has at most
// six (one per purpose) for the key that signs and as many for each older key
// that mail still bears: 4096 serve some hundreds of help centers in about
// half a MiB, and beyond it a key is derived again in microseconds.
const maxDerived = 4096

// Signer makes and reads tokens with a ring. It is safe for concurrent use.
type Signer struct {
	now  func() time.Time
	keys atomic.Pointer[keys]
}

// keys is a ring and what was derived from it. They are swapped together: a
// key derived from a retired secret must not outlive it.
type keys struct {
	ring    Ring
	mu      sync.RWMutex
	derived map[derivation]derivedKey
}

type derivation struct {
	kid  uint8
	aud  Audience
	info string
}

type derivedKey [sha256.Size]byte

// NewSigner returns a signer; now tells which key of the ring signs. The error
// is that of [Signer.SetRing].
func NewSigner(ring Ring, now func() time.Time) (*Signer, error) {
	s := &Signer{now: now}
	if err := s.SetRing(ring); err != nil {
		return nil, err
	}
	return s, nil
}

// SetRing swaps the ring; calls in flight finish with the one they began with.
// A ring that cannot sign is refused with [ErrRing] and the old one stays.
func (s *Signer) SetRing(ring Ring) error {
	if err := ring.check(); err != nil {
		return err
	}
	s.keys.Store(&keys{ring: ring, derived: make(map[derivation]derivedKey)})
	return nil
}

// signing returns the kid and the key that sign now.
func (s *Signer) signing(aud Audience, p purpose) (uint8, derivedKey) {
	ks := s.keys.Load()
	k := ks.ring.signing(s.now())
	return k.kid, ks.derive(k.secret, derivation{kid: k.kid, aud: aud, info: p.info})
}

// verifying returns the key that a token naming kid is checked with.
func (s *Signer) verifying(kid uint8, aud Audience, p purpose) (derivedKey, bool) {
	ks := s.keys.Load()
	secret, ok := ks.ring.verifying(kid)
	if !ok {
		return derivedKey{}, false
	}
	return ks.derive(secret, derivation{kid: kid, aud: aud, info: p.info}), true
}

func (ks *keys) derive(secret [secretSize]byte, d derivation) derivedKey {
	ks.mu.RLock()
	key, ok := ks.derived[d]
	ks.mu.RUnlock()
	if ok {
		return key
	}
	b, err := hkdf.Key(sha256.New, secret[:], d.aud[:], d.info, len(key))
	if err != nil {
		// Only a length over 255 hashes is refused (RFC 5869 section 2.3).
		panic(fmt.Sprintf("derive a key of %d bytes: %v", len(key), err))
	}
	key = derivedKey(b)
	ks.mu.Lock()
	defer ks.mu.Unlock()
	if len(ks.derived) >= maxDerived {
		for victim := range ks.derived { // any one: map order is random enough
			delete(ks.derived, victim)
			break
		}
	}
	ks.derived[d] = key
	return key
}

// mac is HMAC-SHA256 over the label and body, of which a token keeps a prefix.
func (k derivedKey) mac(label string, body []byte) [sha256.Size]byte {
	h := hmac.New(sha256.New, k[:])
	h.Write([]byte(label))
	h.Write(body)
	return [sha256.Size]byte(h.Sum(nil))
}
