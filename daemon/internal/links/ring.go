package links

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"
)

const (
	// MaxKeys is how many keys a ring holds: reply addresses have four bits for
	// the kid, as their 40 characters leave no more.
	MaxKeys = 16

	secretSize = 32 // what HKDF-SHA256 and HMAC-SHA256 can make use of
)

// State is what a key may still do.
type State string

// A key starts as Verify, so that every replica knows it before the first token
// bears it; becomes Sign; and ends Retired, when whatever it signed is dead.
const (
	Verify  State = "verify"
	Sign    State = "sign"
	Retired State = "retired"
)

// Errors of ring operations; the message names the kid.
var (
	ErrRingFull   = errors.New("all 16 kids are in use: retire a key first")
	ErrUnknownKey = errors.New("no such key in the ring")
	ErrKeyState   = errors.New("the key's state does not allow it")
)

// Ring is a set of master secrets. It is a value that never changes: each
// operation returns a new ring, and replicas swap rings whole. Its JSON form
// holds the secrets and is for sealed storage only; printed or logged, it shows
// none.
type Ring struct {
	keys []key // in order of creation
}

type key struct {
	kid       uint8
	state     State
	notBefore time.Time // when the key may begin to sign; zero means at once
	secret    [secretSize]byte
}

// KeyInfo describes a key without its secret.
type KeyInfo struct {
	KID       uint8
	State     State
	NotBefore time.Time
}

// NewRing returns a ring of one key, kid 0, which signs at once. random is
// [crypto/rand.Reader] outside tests.
func NewRing(random io.Reader) (Ring, error) {
	k, err := newKey(0, Sign, random)
	if err != nil {
		return Ring{}, err
	}
	return Ring{keys: []key{k}}, nil
}

func newKey(kid uint8, state State, random io.Reader) (key, error) {
	k := key{kid: kid, state: state}
	if _, err := io.ReadFull(random, k.secret[:]); err != nil {
		return key{}, fmt.Errorf("draw a secret for key %d: %w", kid, err)
	}
	return k, nil
}

// Rotate adds a key in state Verify and returns its kid. A kid that was never
// used is preferred; then the oldest retired one gives way. ErrRingFull if
// there is neither.
func (r Ring) Rotate(random io.Reader) (Ring, uint8, error) {
	kid, ok := r.freeKID()
	if !ok {
		return r, 0, ErrRingFull
	}
	k, err := newKey(kid, Verify, random)
	if err != nil {
		return r, 0, err
	}
	keys := slices.DeleteFunc(slices.Clone(r.keys), func(k key) bool { return k.kid == kid })
	return Ring{keys: append(keys, k)}, kid, nil
}

func (r Ring) freeKID() (uint8, bool) {
	for kid := range uint8(MaxKeys) {
		if _, used := r.index(kid); !used {
			return kid, true
		}
	}
	for _, k := range r.keys {
		if k.state == Retired {
			return k.kid, true
		}
	}
	return 0, false
}

// Promote lets a key sign from notBefore on (whole seconds). The key that signs
// today goes on until then, so notBefore should leave every replica the time to
// load the ring. A key that is to sign already can be given another time.
//
// ErrKeyState if the key is retired, or if notBefore is not later than that of
// every other signing key: the newest signs, so this one never would.
func (r Ring) Promote(kid uint8, notBefore time.Time) (Ring, error) {
	i, ok := r.index(kid)
	if !ok {
		return r, fmt.Errorf("promote key %d: %w", kid, ErrUnknownKey)
	}
	if r.keys[i].state == Retired {
		return r, fmt.Errorf("promote key %d: it is retired: %w", kid, ErrKeyState)
	}
	notBefore = notBefore.UTC().Truncate(time.Second)
	for _, k := range r.keys {
		if k.kid != kid && k.state == Sign && !notBefore.After(k.notBefore) {
			return r, fmt.Errorf("promote key %d: key %d signs from %s, which is not earlier: %w",
				kid, k.kid, k.notBefore.Format(time.RFC3339), ErrKeyState)
		}
	}
	next := Ring{keys: slices.Clone(r.keys)}
	next.keys[i].state, next.keys[i].notBefore = Sign, notBefore
	return next, nil
}

// Retire ends a key: nothing it signed verifies any more, and its secret is
// erased from the ring. ErrKeyState for the last key that signs: promote
// another first. Retiring a retired key changes nothing.
func (r Ring) Retire(kid uint8) (Ring, error) {
	i, ok := r.index(kid)
	if !ok {
		return r, fmt.Errorf("retire key %d: %w", kid, ErrUnknownKey)
	}
	next := Ring{keys: slices.Clone(r.keys)}
	next.keys[i].state, next.keys[i].secret = Retired, [secretSize]byte{}
	if !next.canSign() {
		return r, fmt.Errorf("retire key %d: no other key signs: %w", kid, ErrKeyState)
	}
	return next, nil
}

// Keys lists the keys in order of creation.
func (r Ring) Keys() []KeyInfo {
	infos := make([]KeyInfo, len(r.keys))
	for i, k := range r.keys {
		infos[i] = k.info()
	}
	return infos
}

// Signing is the key that signs at now: of the Sign keys whose time has come,
// the one whose time came last. Before any has come (a clock that was set back)
// it is the one that comes first, as no mail should wait for a clock. A zero
// ring has none: the State is empty.
func (r Ring) Signing(now time.Time) KeyInfo { return r.signing(now).info() }

// Equal reports whether both hold the same keys with the same secrets.
func (r Ring) Equal(o Ring) bool {
	return slices.EqualFunc(r.keys, o.keys, func(a, b key) bool {
		return a.kid == b.kid && a.state == b.state && a.notBefore.Equal(b.notBefore) && a.secret == b.secret
	})
}

// Format prints the ring without its secrets, whatever the verb.
func (r Ring) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "ring", r.Keys()) }

// LogValue keeps the secrets out of logs.
func (r Ring) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

func (k key) info() KeyInfo { return KeyInfo{KID: k.kid, State: k.state, NotBefore: k.notBefore} }

func (r Ring) index(kid uint8) (int, bool) {
	i := slices.IndexFunc(r.keys, func(k key) bool { return k.kid == kid })
	return i, i >= 0
}

func (r Ring) canSign() bool {
	return slices.ContainsFunc(r.keys, func(k key) bool { return k.state == Sign })
}

func (r Ring) signing(now time.Time) key {
	var newest, first *key
	for i := range r.keys {
		k := &r.keys[i]
		if k.state != Sign {
			continue
		}
		if !k.notBefore.After(now) && (newest == nil || !k.notBefore.Before(newest.notBefore)) {
			newest = k
		}
		if first == nil || k.notBefore.Before(first.notBefore) {
			first = k
		}
	}
	switch {
	case newest != nil:
		return *newest
	case first != nil:
		return *first
	}
	return key{}
}

// verifying is the secret of a key that may still verify.
func (r Ring) verifying(kid uint8) ([secretSize]byte, bool) {
	i, ok := r.index(kid)
	if !ok || r.keys[i].state == Retired {
		return [secretSize]byte{}, false
	}
	return r.keys[i].secret, true
}
