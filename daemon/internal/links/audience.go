package links

import (
	"crypto/sha256"
	"encoding/binary"
)

// Audience is who a token is meant for. It is never transmitted: it is the salt
// of the key derivation, so a token presented to another audience is not
// authentic there.
type Audience [16]byte

// AudienceOf is the audience of a declared object, such as ("support",
// "HelpCenter", "acme"): the first 16 bytes of SHA-256 over the three parts,
// each preceded by its length as four bytes, big endian. The lengths keep
// ("ab", "c") and ("a", "bc") apart.
func AudienceOf(account, kind, name string) Audience {
	var b []byte
	for _, part := range [...]string{account, kind, name} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	sum := sha256.Sum256(b)
	return Audience(sum[:16])
}
