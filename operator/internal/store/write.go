package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
)

// Seal gives the values of a Secret that are to be sealed, which must be of that
// version and have all those keys. They are wiped once they are sealed.
type Seal func(ctx context.Context, name string, keys []string, version string) (values map[string][]byte, err error)

// Write brings etcd from what lies there to what is desired, and writes nothing if
// that is the same: all in one transaction if it fits, else documents and claims
// first, then the account, and last what goes. A replica goes by the account, so it
// serves nothing that was written by half. An account of which nothing is desired has
// a list that names nothing for as long as some replica goes by another one.
//
// Errors: ErrFenced, after which the process must end; ErrChanged, to look again;
// *HeldError, when all is written but deletions; ErrNotLeading; else what etcd, seal
// or the size of a document says, after which the same may be tried again.
func (s *Store) Write(ctx context.Context, account string, d plan.Desired, seal Seal) error {
	epoch, _, err := s.leading()
	if err != nil {
		return err
	}
	if err := complete(account, d); err != nil {
		return err
	}
	t := s.begin(account)
	defer s.end(account, t)
	defer s.forgetRuling(account)
	w := &writer{store: s, account: account, epoch: epoch, desired: d}
	held, err := w.difference(ctx, seal)
	if err != nil {
		return err
	}
	if err := s.commit(ctx, s.o.Keys.Account(account), w.ops()); err != nil {
		return err
	}
	for _, o := range append(w.claims, w.released...) {
		for _, other := range s.index.interested(o.key) {
			if other != account {
				s.o.Changed(other)
			}
		}
	}
	if !s.brake.allow && w.relieves() {
		s.changed(s.waiting())
	}
	if held != nil {
		return held
	}
	return nil
}

// complete checks that the account names exactly what is there.
func complete(account string, d plan.Desired) error {
	named := map[wire.Ref]string{}
	if d.Account != nil {
		named = d.Account.Documents
		if d.Account.Namespace != account {
			return fmt.Errorf("what is desired is of the account %q, not %q", d.Account.Namespace, account)
		}
	}
	if len(named) != len(d.Documents)+len(d.Secrets) {
		return fmt.Errorf("the account names %d documents, and there are %d", len(named), len(d.Documents)+len(d.Secrets))
	}
	for ref, doc := range d.Documents {
		if named[ref] != doc.Hash || doc.Ref() != ref || doc.Namespace != account {
			return fmt.Errorf("the document %s is not the one that the account names", ref)
		}
	}
	for _, claims := range []map[string]wire.Claim{d.Hosts, d.Addresses} {
		for what, claim := range claims {
			if claim.Namespace != account {
				return fmt.Errorf("%s is claimed for the account %q, not %q", what, claim.Namespace, account)
			}
		}
	}
	for name, secret := range d.Secrets {
		if named[secretRef(name)] != secret.Hash {
			return fmt.Errorf("the secret %s is not the one that the account names", name)
		}
	}
	return nil
}

func secretRef(name string) wire.Ref { return wire.Ref{Kind: wire.Secrets, Name: name} }

// writer finds the difference between what is desired and what lies there.
type writer struct {
	store   *Store
	account string
	epoch   int64
	desired plan.Desired

	claims, documents, named, gone, released []op
	noted                                    []op // what the brake counts by
}

// ops are all operations, in the order in which they are safe.
func (w *writer) ops() []op {
	return slices.Concat(w.claims, w.documents, w.named, w.noted, w.gone, w.released)
}

func (w *writer) difference(ctx context.Context, seal Seal) (held error, err error) {
	if err := w.takeClaims(); err != nil {
		return nil, err
	}
	if err := w.putDocuments(); err != nil {
		return nil, err
	}
	if err := w.putSecrets(ctx, seal); err != nil {
		return nil, err
	}
	w.store.order(w.documents)
	w.remove()
	account := w.desired.Account
	if held, err = w.brake(ctx); err != nil {
		return nil, err
	}
	if held != nil {
		account = w.keeping(account)
		w.gone, w.released = nil, nil
	}
	return held, w.putAccount(account, held != nil)
}

// order sorts documents as wire.Kinds are, then by name.
func (s *Store) order(documents []op) {
	place := func(o op) int {
		_, ref, _ := s.o.Keys.ParseDeclared(o.key)
		return slices.Index(wire.Kinds, ref.Kind)
	}
	slices.SortFunc(documents, func(a, b op) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a.key, b.key))
	})
}

// takeClaims claims what is free or the account's own. What somebody else holds is
// not what the plan has seen.
func (w *writer) takeClaims() error {
	for key, claim := range w.wantedClaims() {
		raw, seen, there := w.store.operator.Get(key)
		fresh, err := wire.Encode(claim)
		if err != nil {
			return fmt.Errorf("claim %s: %w", key, err)
		}
		if there && string(raw) == string(fresh) {
			continue
		}
		if held, err := wire.Decode[wire.Claim](raw); there && err == nil && held.Namespace != "" && held.Namespace != w.account {
			return fmt.Errorf("%w: somebody else holds %s", ErrChanged, key)
		}
		w.claims = append(w.claims, op{key: key, value: fresh, seen: seen})
	}
	slices.SortFunc(w.claims, func(a, b op) int { return strings.Compare(a.key, b.key) })
	return nil
}

func (w *writer) wantedClaims() map[string]wire.Claim {
	wanted := map[string]wire.Claim{}
	for host, claim := range w.desired.Hosts {
		wanted[w.store.o.Keys.Host(host)] = claim
	}
	for address, claim := range w.desired.Addresses {
		wanted[w.store.o.Keys.Address(address)] = claim
	}
	return wanted
}

func (w *writer) putDocuments() error {
	for ref, d := range w.desired.Documents {
		key := w.store.o.Keys.Document(w.account, ref)
		old, seen, _ := w.store.declared.Get(key)
		if last, ok := w.store.contents.read(key, old); ok && w.lies(key, last, d) {
			continue
		}
		if err := w.put(key, seen, d); err != nil {
			return fmt.Errorf("%s: %w", ref, err)
		}
	}
	return nil
}

// lies reports whether a document lies there as whoever wrote it would write it now:
// then nothing has changed. One of a generation that the object has not reached was
// made of nothing that is known, and would pass for what the object comes to then.
func (w *writer) lies(key string, last content, d wire.Document) bool {
	if last.document.Generation > d.Generation {
		return false
	}
	if last.made {
		was := &last.document
		return was.Kind == d.Kind && was.Namespace == d.Namespace && was.Name == d.Name && was.UID == d.UID &&
			was.Created.Equal(d.Created) && was.Hash == d.Hash
	}
	d.Epoch, d.Writer, d.Generation = last.document.Epoch, last.document.Writer, last.document.Generation
	raw, err := wire.Encode(d)
	if err != nil || !bytes.Equal(raw, last.value) {
		return false
	}
	if d.Writer == w.store.o.Writer { // another version may make something else of the same
		w.store.contents.keep(key, last.value, last.document, true)
	}
	return true
}

func (w *writer) put(key string, seen int64, d wire.Document) error {
	d.Epoch, d.Writer = w.epoch, w.store.o.Writer
	raw, err := wire.Encode(d)
	if err != nil {
		return err
	}
	w.documents = append(w.documents, op{key: key, value: raw, seen: seen, document: &d})
	return nil
}

// remove finds what lies there and is not desired: documents, last good copies and
// claims.
func (w *writer) remove() {
	k, claims := w.store.o.Keys, w.wantedClaims()
	for _, key := range w.store.index.of(w.account) {
		_, seen, there := w.store.mirrorOf(key).Get(key)
		rest, document := strings.CutPrefix(key, k.AccountPrefix(w.account))
		if !document {
			rest, document = strings.CutPrefix(key, k.LastGood()+w.account+"/")
		}
		_, claimed := claims[key]
		switch {
		case !there || key == k.Account(w.account) || key == k.Held(w.account) || claimed || document && w.desires(rest):
		case document:
			w.gone = append(w.gone, op{key: key, seen: seen})
		default:
			w.released = append(w.released, op{key: key, seen: seen})
		}
	}
}

func (w *writer) desires(rest string) bool {
	var ref wire.Ref
	if w.desired.Account == nil || ref.UnmarshalText([]byte(rest)) != nil {
		return false
	}
	_, named := w.desired.Account.Documents[ref]
	return named
}

// keeping returns the account with what it has now and would lose: nil if nothing
// of it is desired, when all stays as it is.
func (w *writer) keeping(account *wire.Account) *wire.Account {
	if account == nil {
		return nil
	}
	raw, _, _ := w.store.declared.Get(w.store.o.Keys.Account(w.account))
	last, err := wire.Decode[wire.Account](raw)
	if err != nil {
		return account
	}
	kept := *account
	kept.Documents = maps.Clone(account.Documents)
	for ref, hash := range last.Documents {
		if _, named := kept.Documents[ref]; !named {
			kept.Documents[ref] = hash
		}
	}
	if kept.SignUp == nil || kept.SignUp.Holder == "" {
		kept.SignUp = last.SignUp
	}
	kept.Seal()
	return &kept
}

func (w *writer) putAccount(account *wire.Account, held bool) error {
	key := w.store.o.Keys.Account(w.account)
	old, seen, there := w.store.declared.Get(key)
	if account == nil {
		if held || !w.store.Serves(w.account) {
			if there && !held {
				w.named = []op{{key: key, seen: seen}}
			}
			return nil
		}
		account = wire.Nothing(w.account)
	}
	fresh := *account
	if last, err := wire.Decode[wire.Account](old); err == nil {
		fresh.Epoch, fresh.Writer = last.Epoch, last.Writer
		if raw, err := wire.Encode(fresh); err == nil && string(raw) == string(old) {
			return nil
		}
	}
	fresh.Epoch, fresh.Writer = w.epoch, w.store.o.Writer
	raw, err := wire.Encode(fresh)
	if err != nil {
		return fmt.Errorf("the account: %w", err)
	}
	w.named = []op{{key: key, value: raw, seen: seen}}
	return nil
}

// IsHeld tells whether an error of Write says that deletions are held.
func IsHeld(err error) bool {
	_, held := errors.AsType[*HeldError](err)
	return held
}
