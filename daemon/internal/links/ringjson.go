package links

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ringSchema is the number of the stored form. A field added later raises it:
// a version that does not know the field must not write the ring back.
const ringSchema = 1

// ErrRing is the cause of every error about a stored ring.
var ErrRing = errors.New("not a valid key ring")

type storedRing struct {
	Schema int         `json:"schema"`
	Keys   []storedKey `json:"keys"`
}

type storedKey struct {
	KID       *int      `json:"kid"` // a pointer, as kid 0 and no kid differ
	State     State     `json:"state"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	Secret    []byte    `json:"secret,omitempty"` // base64 (std); absent when retired
}

// MarshalJSON returns the ring with its secrets, to be sealed and stored.
func (r Ring) MarshalJSON() ([]byte, error) {
	stored := storedRing{Schema: ringSchema, Keys: make([]storedKey, len(r.keys))}
	for i, k := range r.keys {
		stored.Keys[i] = storedKey{KID: new(int(k.kid)), State: k.state, NotBefore: k.notBefore}
		if k.state != Retired {
			stored.Keys[i].Secret = k.secret[:]
		}
	}
	return json.Marshal(stored)
}

// UnmarshalJSON reads and checks a stored ring; its errors wrap [ErrRing], name
// the kid, and quote no secret. A ring that is accepted can sign.
func (r *Ring) UnmarshalJSON(data []byte) error {
	var stored storedRing
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&stored); err != nil {
		return fmt.Errorf("%w: %w", ErrRing, err)
	}
	if stored.Schema != ringSchema {
		return fmt.Errorf("%w: schema %d, this version reads %d", ErrRing, stored.Schema, ringSchema)
	}
	if n := len(stored.Keys); n < 1 || n > MaxKeys {
		return fmt.Errorf("%w: %d keys, there must be 1 to %d", ErrRing, n, MaxKeys)
	}
	var ring Ring
	for i, s := range stored.Keys {
		k, err := s.key()
		if err != nil {
			return fmt.Errorf("%w: key at position %d: %w", ErrRing, i, err)
		}
		if err := ring.admits(k); err != nil {
			return fmt.Errorf("%w: %w", ErrRing, err)
		}
		ring.keys = append(ring.keys, k)
	}
	if err := ring.check(); err != nil {
		return err
	}
	*r = ring
	return nil
}

func (s storedKey) key() (key, error) {
	if s.KID == nil || *s.KID < 0 || *s.KID >= MaxKeys {
		return key{}, fmt.Errorf("kid must be 0 to %d", MaxKeys-1)
	}
	k := key{kid: uint8(*s.KID), state: s.State, notBefore: s.NotBefore}
	switch s.State {
	case Retired:
		if len(s.Secret) != 0 {
			return key{}, fmt.Errorf("key %d is retired and must not have a secret", k.kid)
		}
		return k, nil
	case Verify, Sign:
	default:
		return key{}, fmt.Errorf("key %d has state %q, want %q, %q or %q", k.kid, s.State, Verify, Sign, Retired)
	}
	if len(s.Secret) != secretSize {
		return key{}, fmt.Errorf("key %d has a secret of %d bytes, want %d", k.kid, len(s.Secret), secretSize)
	}
	k.secret = [secretSize]byte(s.Secret)
	if k.secret == ([secretSize]byte{}) {
		return key{}, fmt.Errorf("key %d has a secret of zeros", k.kid)
	}
	return k, nil
}

// admits refuses a second key of the same kid (which one verifies?) or with the
// same secret (retiring one would not end the other's tokens).
func (r Ring) admits(k key) error {
	for _, have := range r.keys {
		if have.kid == k.kid {
			return fmt.Errorf("two keys have kid %d", k.kid)
		}
		if k.state != Retired && have.secret == k.secret {
			return fmt.Errorf("keys %d and %d have the same secret", have.kid, k.kid)
		}
	}
	return nil
}

// check refuses a ring that cannot sign, such as the zero Ring.
func (r Ring) check() error {
	if !r.canSign() {
		return fmt.Errorf("%w: no key is in state %q", ErrRing, Sign)
	}
	return nil
}
