package store

import (
	"encoding/base64"
	"fmt"
)

// Sealer seals what stands within records with the key file: a copy of the store alone
// tells nothing of it. about names the place of the value, so that it opens nowhere
// else.
type Sealer struct{ kek [KeySize]byte }

// NewSealer seals with kek.
func NewSealer(kek [KeySize]byte) *Sealer { return &Sealer{kek} }

// Seal makes text of a secret that [Sealer.Open] undoes.
func (s *Sealer) Seal(secret []byte, about string) (string, error) {
	raw, err := seal(s.kek, secret, "within/"+about)
	return base64.RawStdEncoding.EncodeToString(raw), err
}

// Open answers [ErrWrongKey] for what was sealed with another key or about something
// else.
func (s *Sealer) Open(sealed, about string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("read what is sealed: %w", err)
	}
	return open(s.kek, raw, "within/"+about)
}
