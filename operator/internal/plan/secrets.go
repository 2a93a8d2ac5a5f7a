package plan

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
)

// Secrets returns which Secrets of the account are to be read before [Plan.Decide],
// and which keys of them are referred to, sorted. Objects that are not valid are
// asked for what was served of them last.
func (p *Plan) Secrets() map[string][]string {
	wanted := map[string][]string{}
	for _, o := range p.objects() {
		if o.stands {
			want(wanted, o.secrets)
		}
	}
	return wanted
}

func want(wanted map[string][]string, refs []config.SecretReference) {
	for _, ref := range refs {
		keys := wanted[ref.Name]
		if at, found := slices.BinarySearch(keys, ref.Key); !found {
			wanted[ref.Name] = slices.Insert(keys, at, ref.Key)
		}
	}
}

// sealed is what is to be handed over of the secrets that documents refer to.
func (p *Plan) sealed() map[string]SealedSecret {
	wanted := map[string][]string{}
	for _, o := range p.objects() {
		if o.document != nil {
			want(wanted, o.secrets)
		}
	}
	sealed := map[string]SealedSecret{}
	for name, keys := range wanted {
		if s, ok := p.seal(name, keys); ok {
			sealed[name] = s
		}
	}
	return sealed
}

func (p *Plan) seal(name string, keys []string) (SealedSecret, bool) {
	secret, asked := p.snapshot.Secrets[name]
	if !asked || secret.Err != nil {
		// Not to know it is no reason to take it away.
		return p.stored(name)
	}
	keys = secret.fit(keys)
	if secret.Version == "" || len(keys) == 0 {
		return SealedSecret{}, false
	}
	if !p.canSeal() || p.sizeOf(name, keys) > wire.MaxDocument {
		return p.stored(name)
	}
	return SealedSecret{Version: secret.Version, Keys: keys, Hash: wire.SecretHash(secret.Version, p.snapshot.Stored.Sealing.ID, keys)}, true
}

// fit are those of some keys that can be handed over each.
func (s *Secret) fit(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return !slices.Contains(s.Keys, key) || slices.Contains(s.Large, key)
	})
}

// sizeOf is how large the document of a secret with those keys is.
func (p *Plan) sizeOf(name string, keys []string) int {
	lengths := map[string]int{}
	for _, key := range keys {
		lengths[key] = p.snapshot.Secrets[name].Lengths[key]
	}
	return wire.SealedSize(p.snapshot.Account, name, lengths)
}

// tooLarge are the Secrets of which more is referred to than can be handed over, by
// their names with the size of it.
func (p *Plan) tooLarge() map[string]int {
	wanted := map[string][]string{}
	for _, o := range p.objects() {
		if o.document != nil {
			want(wanted, o.secrets)
		}
	}
	large := map[string]int{}
	for name, keys := range wanted {
		secret := p.snapshot.Secrets[name]
		if size := p.sizeOf(name, secret.fit(keys)); size > wire.MaxDocument {
			large[name] = size
		}
	}
	return large
}

// canSeal reports whether a replica has told the key to seal with.
func (p *Plan) canSeal() bool { return len(p.snapshot.Stored.Sealing.Public) > 0 }

// stored is what was handed over of a secret before.
func (p *Plan) stored(name string) (SealedSecret, bool) {
	d, ok := p.snapshot.Stored.Documents[wire.Ref{Kind: wire.Secrets, Name: name}]
	var s wire.Secret
	if !ok || json.Unmarshal(d.Body, &s) != nil {
		return SealedSecret{}, false
	}
	return SealedSecret{Version: s.Version, Keys: slices.Sorted(maps.Keys(s.Values)), Hash: d.Hash}, true
}

// unsealed reports whether a secret of an object is there and waits for the key to
// seal it with.
func (p *Plan) unsealed(o *object) bool {
	if p.canSeal() {
		return false
	}
	return slices.ContainsFunc(o.secrets, func(ref config.SecretReference) bool {
		s := p.snapshot.Secrets[ref.Name]
		_, sealed := p.Desired.Secrets[ref.Name]
		return !sealed && s.Err == nil && slices.Contains(s.Keys, ref.Key) && !slices.Contains(s.Large, ref.Key)
	})
}
