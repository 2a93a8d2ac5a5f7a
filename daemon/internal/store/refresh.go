package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// RefreshTokens remembers OAuth refresh tokens that an issuer gave in place of
// declared ones, sealed with the key file. A declared one that is changed finds
// nothing of the old one.
type RefreshTokens struct {
	store *Store
	kek   [KeySize]byte
}

// RefreshTokens opens what is kept with kek.
func (s *Store) RefreshTokens(kek [KeySize]byte) RefreshTokens { return RefreshTokens{s, kek} }

// RefreshToken is what was kept for the declared token, "" if nothing was.
func (r RefreshTokens) RefreshToken(ctx context.Context, account, declared string) (string, error) {
	key := r.key(account, declared)
	resp, err := r.store.get(ctx, key)
	if err != nil {
		return "", fmt.Errorf("read refresh token: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return "", nil
	}
	plain, err := open(r.kek, resp.Kvs[0].Value, key)
	return string(plain), err
}

// KeepRefreshToken keeps the newest one; the last writer wins, as the issuer's
// last answer does.
func (r RefreshTokens) KeepRefreshToken(ctx context.Context, account, declared, token string) error {
	key := r.key(account, declared)
	sealed, err := seal(r.kek, []byte(token), key)
	if err != nil {
		return err
	}
	if _, err := r.store.txn(ctx, nil, clientv3.OpPut(key, string(sealed))); err != nil {
		return fmt.Errorf("write refresh token: %w", err)
	}
	return nil
}

func (r RefreshTokens) key(account, declared string) string {
	sum := sha256.Sum256([]byte(declared))
	return r.store.keys.account(account).refreshToken(hex.EncodeToString(sum[:16]))
}
