package outbound

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/posterndesk/postern/daemon/internal/dkim"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

const (
	// keyFor is how long a parsed key is used before its file is looked at again: a
	// thousand mails a second need one look, and a new key counts at once for people.
	keyFor = 2 * time.Second

	// maxKeys is how many are kept: more than an installation declares. Beyond it
	// all are read again.
	maxKeys = 4096
)

// Secrets reads a secret of an account.
type Secrets interface {
	Secret(ctx context.Context, account string, ref helpdesk.SecretRef) ([]byte, error)
}

// Keys reads and keeps the keys that sign mail. It is safe for concurrent use.
type Keys struct {
	secrets Secrets
	now     func() time.Time

	mu   sync.Mutex
	kept map[keyName]keptKey
}

type keyName struct {
	account string
	ref     helpdesk.SecretRef
}

type keptKey struct {
	text  []byte
	key   *dkim.Key
	until time.Time
}

// NewKeys makes one without any.
func NewKeys(secrets Secrets, now func() time.Time) *Keys {
	return &Keys{secrets: secrets, now: now, kept: map[keyName]keptKey{}}
}

// Identities are who signs the mail of a mailbox. A key that cannot be used is an
// error: what is declared to be signed never leaves unsigned.
func (k *Keys) Identities(ctx context.Context, box helpdesk.Mailbox) ([]dkim.Identity, error) {
	var all []dkim.Identity
	for _, d := range box.DKIM {
		key, err := k.key(ctx, keyName{box.Account, d.Key})
		if err != nil {
			return nil, fmt.Errorf("sign mail as %s with key %s: %w", d.Domain, d.Selector, err)
		}
		all = append(all, dkim.Identity{Domain: d.Domain, Selector: d.Selector, Key: key})
	}
	return all, nil
}

func (k *Keys) key(ctx context.Context, name keyName) (*dkim.Key, error) {
	k.mu.Lock()
	kept, ok := k.kept[name]
	k.mu.Unlock()
	now := k.now()
	if ok && now.Before(kept.until) {
		return kept.key, nil
	}
	text, err := k.secrets.Secret(ctx, name.account, name.ref)
	if err != nil {
		return nil, err
	}
	if !ok || !bytes.Equal(text, kept.text) {
		if kept.key, err = dkim.ParseKey(text); err != nil {
			return nil, err
		}
	}
	kept.text, kept.until = text, now.Add(keyFor)
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) >= maxKeys {
		clear(k.kept)
	}
	k.kept[name] = kept
	return kept.key, nil
}

// KeyRecord is the DNS record that others check a signature by.
type KeyRecord struct {
	Name      string // selector._domainkey.domain
	Text      string // of the TXT record
	Algorithm string // rsa or ed25519
	Weak      bool   // the key should be longer
}

// Records are the DNS records that the declared keys of a mailbox need.
func (k *Keys) Records(ctx context.Context, box helpdesk.Mailbox) ([]KeyRecord, error) {
	by, err := k.Identities(ctx, box)
	var records []KeyRecord
	for _, id := range by {
		records = append(records, KeyRecord{
			Name: dkim.RecordName(id.Selector, id.Domain), Text: id.Key.Record(), Algorithm: id.Key.Algorithm(), Weak: id.Key.Weak(),
		})
	}
	return records, err
}

// writeSigned writes a mail into the spool and puts its signatures on top. What
// is hashed is what the spool holds, byte for byte.
func writeSigned(spool *Spool, mail io.WriterTo, by []dkim.Identity, now time.Time) error {
	if len(by) == 0 {
		_, err := mail.WriteTo(spool)
		return err
	}
	signer := dkim.NewSigner(by)
	if _, err := mail.WriteTo(io.MultiWriter(spool, signer)); err != nil {
		return err
	}
	fields, err := signer.Fields(now)
	if err != nil {
		return err
	}
	spool.Prepend(fields)
	return nil
}
