package wire

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/nacl/box"
)

// MaxSecret is how large one value of a secret is at most, in bytes: far above
// any password or key.
const MaxSecret = 64 << 10

// SealingKey is the public half of the key that all replicas share. Only they can
// open what is sealed with it.
type SealingKey struct {
	ID     string `json:"id"`
	Public []byte `json:"public"` // X25519, 32 bytes
}

// Secret is what a Secret of Kubernetes holds, as far as it is referred to.
type Secret struct {
	// Version changes with the content: UID and resourceVersion of the Secret. A hash
	// of the content would let whoever reads it try passwords.
	Version string `json:"version"`
	// Key is the ID of the SealingKey.
	Key string `json:"key"`
	// Values are sealed, by the keys of the Secret (libsodium's crypto_box_seal).
	Values map[string][]byte `json:"values"`
}

// Hash is the identity of a secret: sealing is random, so what is sealed is not
// part of it.
func (s *Secret) Hash() string {
	return SecretHash(s.Version, s.Key, slices.Collect(maps.Keys(s.Values)))
}

// SecretHash is the Hash of a secret with those keys.
func SecretHash(version, sealingKey string, keys []string) string {
	keys = slices.Sorted(slices.Values(keys))
	raw, err := json.Marshal([]any{version, sealingKey, keys})
	if err != nil {
		panic("wire: texts are not JSON: " + err.Error())
	}
	digest := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(digest[:])
}

// sealed is what stands in a box: with its place, so that a box that was moved
// elsewhere is worth nothing.
type sealed struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Key     string `json:"key"`
	Value   []byte `json:"value"`
}

// Seal seals one value of a secret.
func (k SealingKey) Seal(account, name, key string, value []byte) ([]byte, error) {
	if len(k.Public) != 32 {
		return nil, errors.New("the public key that secrets are sealed with is not one")
	}
	if len(value) > MaxSecret {
		return nil, fmt.Errorf("the value %s has %d bytes, and at most %d are taken", key, len(value), MaxSecret)
	}
	plain, err := json.Marshal(sealed{account, name, key, value})
	if err != nil {
		return nil, err
	}
	return box.SealAnonymous(nil, plain, (*[32]byte)(k.Public), rand.Reader)
}

// SealedSize is how many bytes the document of a secret has at most that has values of
// these lengths, by their keys.
func SealedSize(account, name string, lengths map[string]int) int {
	const around = 4 << 10 // all else of a document, and of a box: names of 253 bytes are the longest
	size := around
	for key, length := range lengths {
		plain := len(`{"account":"","name":"","key":"","value":""}`) + len(account) + len(name) + len(key) + base64.StdEncoding.EncodedLen(length)
		size += len(`"":"",`) + len(key) + base64.StdEncoding.EncodedLen(plain+box.AnonymousOverhead)
	}
	return size
}

// Opener opens what is sealed with its public half.
type Opener struct {
	public, private [32]byte
}

// OpenerOf derives the pair from the key that all replicas share.
func OpenerOf(shared [32]byte) *Opener {
	derived, err := hkdf.Key(sha256.New, shared[:], nil, "postern: secrets that are declared", 32)
	if err != nil {
		panic("wire: a key cannot be derived: " + err.Error()) // only of a length beyond the hash's
	}
	o := &Opener{private: [32]byte(derived)}
	public, err := curve25519.X25519(o.private[:], curve25519.Basepoint)
	if err != nil {
		panic("wire: a key has no public half: " + err.Error()) // the base point has one for each
	}
	o.public = [32]byte(public)
	return o
}

// Key is the public half.
func (o *Opener) Key() SealingKey {
	id := sha256.Sum256(o.public[:])
	return SealingKey{ID: hex.EncodeToString(id[:8]), Public: o.public[:]}
}

// Open opens one value of a secret. The error does not tell what is in it.
func (o *Opener) Open(account, name, key string, boxed []byte) ([]byte, error) {
	plain, ok := box.OpenAnonymous(nil, boxed, &o.public, &o.private)
	if !ok {
		return nil, fmt.Errorf("%s of the secret %s is not sealed for this installation's key", key, name)
	}
	var s sealed
	if err := json.Unmarshal(plain, &s); err != nil {
		return nil, fmt.Errorf("%s of the secret %s cannot be read", key, name)
	}
	if s.Account != account || s.Name != name || s.Key != key {
		return nil, fmt.Errorf("%s of the secret %s was sealed for another place", key, name)
	}
	return s.Value, nil
}
