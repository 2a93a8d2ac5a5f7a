package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
)

// putSecrets seals what has changed. What is sealed already stays: sealing is
// random, so the same would look different each time.
func (w *writer) putSecrets(ctx context.Context, seal Seal) error {
	for _, name := range slices.Sorted(maps.Keys(w.desired.Secrets)) {
		secret := w.desired.Secrets[name]
		key := w.store.o.Keys.Document(w.account, secretRef(name))
		old, seen, _ := w.store.declared.Get(key)
		if w.sealed(key, name, secret, old) {
			continue
		}
		body, err := w.seal(ctx, name, secret, seal)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		d := wire.Document{Kind: wire.KindSecret, Namespace: w.account, Name: name, Hash: secret.Hash, Body: raw}
		if err := w.put(key, seen, d); err != nil {
			return fmt.Errorf("the secret %s: %w", name, err)
		}
	}
	return nil
}

// sealed tells whether the secret lies there as it is desired, as this operator or
// one before it has written it.
func (w *writer) sealed(key, name string, secret plan.SealedSecret, old []byte) bool {
	w.store.mu.Lock()
	tainted := w.store.tainted[key]
	w.store.mu.Unlock()
	d, err := wire.Decode[wire.Document](old)
	if err != nil || tainted {
		return false
	}
	var body wire.Secret
	if json.Unmarshal(d.Body, &body) != nil {
		return false
	}
	return d.Kind == wire.KindSecret && d.Namespace == w.account && d.Name == name && d.Hash == secret.Hash && body.Hash() == secret.Hash
}

func (w *writer) seal(ctx context.Context, name string, secret plan.SealedSecret, seal Seal) (*wire.Secret, error) {
	raw, _, _ := w.store.replicas.Get(w.store.o.Keys.Sealing())
	key, err := wire.Decode[wire.SealingKey](raw)
	if err != nil || secret.Hash != wire.SecretHash(secret.Version, key.ID, secret.Keys) {
		return nil, fmt.Errorf("%w: secrets are sealed with another key now", ErrChanged)
	}
	values, err := seal(ctx, name, secret.Keys, secret.Version)
	if err != nil {
		return nil, fmt.Errorf("read the secret %s: %w", name, err)
	}
	defer func() {
		for _, value := range values {
			clear(value)
		}
	}()
	body := &wire.Secret{Version: secret.Version, Key: key.ID, Values: map[string][]byte{}}
	for _, k := range secret.Keys {
		value, there := values[k]
		if !there {
			return nil, fmt.Errorf("%w: the secret %s has no %s any more", ErrChanged, name, k)
		}
		if body.Values[k], err = key.Seal(w.account, name, k, value); err != nil {
			return nil, fmt.Errorf("the secret %s: %w", name, err)
		}
	}
	return body, nil
}
