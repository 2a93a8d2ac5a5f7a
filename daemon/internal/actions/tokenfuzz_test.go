package actions

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

// FuzzToken: what is taken for a token is one in its only spelling.
func FuzzToken(f *testing.F) {
	for _, seed := range []string{"", "pt_", "pt_" + strings.Repeat("A", 43), "pt_" + strings.Repeat("_", 43), "pt_" + strings.Repeat("A", 42) + "=", "PT_" + strings.Repeat("A", 43)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		hash, ok := hashToken(secret)
		if !ok {
			if hash != "" {
				t.Errorf("%q is no token and has the hash %s", secret, hash)
			}
			return
		}
		sum := sha256.Sum256([]byte(secret))
		if hash != hex.EncodeToString(sum[:]) || len(secret) != tokenLength || strings.Trim(secret[3:], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("%q is taken for a token with the hash %s", secret, hash)
		}
	})
}
