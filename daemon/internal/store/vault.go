package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Vault keeps secrets of the installation that all replicas share, sealed with
// the key file, and claims on work that one of them should do alone. What has a
// lifetime may vanish after it: nothing else hangs on it.
type Vault struct {
	store *Store
	kek   [KeySize]byte
}

// Vault opens what is kept with kek.
func (s *Store) Vault(kek [KeySize]byte) Vault { return Vault{s, kek} }

// Sealed reads the value of a name; found is false if there is none.
func (v Vault) Sealed(ctx context.Context, name string) (value []byte, found bool, err error) {
	key := v.store.keys.sealed(hashed(name))
	resp, err := v.store.get(ctx, key)
	if err != nil {
		return nil, false, fmt.Errorf("read what is sealed: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return nil, false, nil
	}
	value, err = open(v.kek, resp.Kvs[0].Value, key)
	return value, err == nil, err
}

// Seal keeps a value under a name for a lifetime, 0 for ever; the last writer
// wins.
func (v Vault) Seal(ctx context.Context, name string, value []byte, lifetime time.Duration) error {
	key := v.store.keys.sealed(hashed(name))
	sealed, err := seal(v.kek, value, key)
	if err != nil {
		return err
	}
	if _, err := v.put(ctx, nil, key, string(sealed), lifetime); err != nil {
		return fmt.Errorf("write what is sealed: %w", err)
	}
	return nil
}

// Unseal forgets a name; one that is not there is no error.
func (v Vault) Unseal(ctx context.Context, name string) error {
	_, err := v.store.txn(ctx, nil, clientv3.OpDelete(v.store.keys.sealed(hashed(name))))
	return err
}

// Claim asks to be the only one who does some work for a while; false if another
// one has claimed it.
func (v Vault) Claim(ctx context.Context, name string, lifetime time.Duration) (bool, error) {
	key := v.store.keys.claim(hashed(name))
	resp, err := v.put(ctx, []clientv3.Cmp{absent(key)}, key, "", lifetime)
	if err != nil {
		return false, fmt.Errorf("claim work: %w", err)
	}
	return resp.Succeeded, nil
}

// Hold keeps the work from everybody for a while, whoever has claimed it.
func (v Vault) Hold(ctx context.Context, name string, lifetime time.Duration) error {
	if _, err := v.put(ctx, nil, v.store.keys.claim(hashed(name)), "", lifetime); err != nil {
		return fmt.Errorf("hold work: %w", err)
	}
	return nil
}

// Release gives a claim back; one that is not there is no error.
func (v Vault) Release(ctx context.Context, name string) error {
	_, err := v.store.txn(ctx, nil, clientv3.OpDelete(v.store.keys.claim(hashed(name))))
	return err
}

// put writes a key that etcd removes after its lifetime.
func (v Vault) put(ctx context.Context, cmps []clientv3.Cmp, key, value string, lifetime time.Duration) (*clientv3.TxnResponse, error) {
	var options []clientv3.OpOption
	if lifetime > 0 {
		within, cancel := context.WithTimeout(ctx, OpTimeout)
		defer cancel()
		lease, err := v.store.etcd.Grant(within, max(1, int64(lifetime.Seconds())))
		if err != nil {
			return nil, translate(err)
		}
		options = append(options, clientv3.WithLease(lease.ID))
	}
	return v.store.txn(ctx, cmps, clientv3.OpPut(key, value, options...))
}

// hashed makes a key of a name that comes from outside.
func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:16])
}
