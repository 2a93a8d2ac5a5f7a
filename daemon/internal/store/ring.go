package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// KeySize is the length in bytes of the key that seals secrets in the store.
const KeySize = 32

// ErrWrongKey means that the key file is not the one that sealed the store.
var ErrWrongKey = errors.New("the key file does not open what is sealed in the store")

// Ring reads the key ring of links as it is sealed; nil if there is none yet. A copy
// of the store without the key can sign no link.
func (s *Store) Ring(ctx context.Context) (sealed []byte, rev int64, err error) {
	resp, err := s.get(ctx, s.keys.ring())
	if err != nil {
		return nil, 0, fmt.Errorf("read key ring: %w", err)
	}
	if len(resp.Kvs) == 0 {
		return nil, 0, nil
	}
	return resp.Kvs[0].Value, resp.Kvs[0].ModRevision, nil
}

// OpenRing opens what Ring has read; ErrWrongKey if kek does not. It asks
// nothing of etcd.
func (s *Store) OpenRing(kek [KeySize]byte, sealed []byte) ([]byte, error) {
	return open(kek, sealed, s.keys.ring())
}

// PutRing seals and writes the key ring if it still is at rev (0 = none yet);
// Conflict if another replica was first.
func (s *Store) PutRing(ctx context.Context, kek [KeySize]byte, ring []byte, rev int64) error {
	sealed, err := seal(kek, ring, s.keys.ring())
	if err != nil {
		return err
	}
	resp, err := s.txn(ctx, []clientv3.Cmp{guard(s.keys.ring(), rev)}, clientv3.OpPut(s.keys.ring(), string(sealed)))
	if err != nil {
		return fmt.Errorf("write key ring: %w", err)
	}
	if !resp.Succeeded {
		return helpdesk.Errorf(helpdesk.Conflict, "another replica wrote the key ring first")
	}
	return nil
}

// seal is AES-256-GCM with a random nonce in front; the key of the record is
// bound as additional data, so that a value cannot be moved elsewhere.
func seal(kek [KeySize]byte, plain []byte, name string) ([]byte, error) {
	aead, err := newAEAD(kek)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails since Go 1.24
	return aead.Seal(nonce, nonce, plain, []byte(name)), nil
}

func open(kek [KeySize]byte, sealed []byte, name string) ([]byte, error) {
	aead, err := newAEAD(kek)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, ErrWrongKey
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(name))
	if err != nil {
		return nil, ErrWrongKey
	}
	return plain, nil
}

func newAEAD(kek [KeySize]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(kek[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
