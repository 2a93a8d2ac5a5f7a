package store

import (
	"bytes"
	"slices"
	"strings"

	"github.com/posterndesk/postern/config"
	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/internal/plan"
)

// Accounts returns all accounts that have anything in etcd, if only a claim.
func (s *Store) Accounts() []string { return s.index.accounts() }

// Stored returns what lies in etcd of an account, with the claims of those hosts and
// addresses (as config.HostKey and config.AddressKey name them), and all that the account holds. When one of these claims
// changes, Options.Changed is told of the account. What cannot be read is left out,
// so that it is written anew.
func (s *Store) Stored(account string, hosts, addresses []string) plan.Stored {
	stored := plan.Stored{
		Documents: map[wire.Ref]wire.Document{}, Made: map[wire.Ref]bool{}, LastGood: map[wire.Ref]string{},
		Hosts: map[string]wire.Claim{}, Addresses: map[string]wire.Claim{},
	}
	k := s.o.Keys
	if raw, _, ok := s.declared.Get(k.Account(account)); ok {
		if a, err := wire.Decode[wire.Account](raw); err == nil && a.Namespace == account {
			stored.Account = &a
		}
	}
	s.declared.Each(k.AccountPrefix(account), func(key string, raw []byte, _ int64) {
		_, ref, ok := k.ParseDeclared(key)
		if !ok || ref == (wire.Ref{}) {
			return
		}
		if c, ok := s.contents.read(key, raw); ok && isAt(&c.document, account, ref) {
			stored.Documents[ref], stored.Made[ref] = c.document, c.made
		}
	})
	s.lastGood.Each(k.LastGood()+account+"/", func(key string, raw []byte, _ int64) {
		if hash, ref, ok := s.lastGoodAt(account, key, raw); ok {
			stored.LastGood[ref] = hash
		}
	})
	var claims []string
	for _, host := range hosts {
		claims = append(claims, k.Host(host))
	}
	for _, address := range addresses {
		claims = append(claims, k.Address(address))
	}
	s.index.want(account, claims)
	for _, key := range append(s.index.of(account), claims...) {
		s.addClaim(stored, key)
	}
	if raw, _, ok := s.replicas.Get(k.Sealing()); ok {
		if key, err := wire.Decode[wire.SealingKey](raw); err == nil {
			stored.Sealing = key
		}
	}
	return stored
}

// isAt reports whether a document says of itself what its key says.
func isAt(d *wire.Document, account string, ref wire.Ref) bool {
	return d.Namespace == account && d.Ref() == ref
}

// lastGoodAt reads the hash of a last good document. Mostly it is what is declared.
func (s *Store) lastGoodAt(account, key string, raw []byte) (hash string, ref wire.Ref, ok bool) {
	_, ref, ok = s.o.Keys.ParseLastGood(key)
	if !ok || ref == (wire.Ref{}) {
		return "", ref, false
	}
	declared := s.o.Keys.Document(account, ref)
	if value, _, there := s.declared.Get(declared); there && bytes.Equal(value, raw) {
		c, ok := s.contents.read(declared, value)
		return c.document.Hash, ref, ok && isAt(&c.document, account, ref)
	}
	d, err := wire.Decode[wire.Document](raw)
	return d.Hash, ref, err == nil && isAt(&d, account, ref)
}

func (s *Store) addClaim(stored plan.Stored, key string) {
	if !s.isClaim(key) {
		return
	}
	raw, _, ok := s.operator.Get(key)
	if !ok {
		return
	}
	claim, err := wire.Decode[wire.Claim](raw)
	if err != nil || claim.Namespace == "" {
		return
	}
	if host, is := strings.CutPrefix(key, s.o.Keys.Hosts()); is {
		// Earlier versions claimed a host with its port. Such a claim counts for its
		// account, which gives it back when it is written, unless the host is claimed.
		name := config.HostKey(host)
		if _, claimed := stored.Hosts[name]; name == host || !claimed {
			stored.Hosts[name] = claim
		}
	} else if address, is := strings.CutPrefix(key, s.o.Keys.Addresses()); is {
		stored.Addresses[address] = claim
	}
}

// Serves tells whether some replica says that it serves something of an account, or
// does not say yet that it has stopped.
func (s *Store) Serves(account string) bool {
	nothing := wire.Nothing(account).Hash
	return slices.ContainsFunc(s.Replicas(account), func(r plan.Replica) bool { return r.Loaded != nil && r.Loaded.Account != nothing })
}

// Replicas returns those that have a session, by name, with what each has loaded of
// the account since it was started.
func (s *Store) Replicas(account string) []plan.Replica {
	var replicas []plan.Replica
	k := s.o.Keys
	s.replicas.Each(k.Sessions(), func(key string, raw []byte, _ int64) {
		r := plan.Replica{Name: strings.TrimPrefix(key, k.Sessions())}
		// One that cannot be read is there, and is in no phase.
		r.Session, _ = wire.Decode[wire.Session](raw)
		if raw, _, ok := s.replicas.Get(k.Loaded(r.Name, account)); ok {
			if l, err := wire.Decode[wire.Loaded](raw); err == nil && l.Boot == r.Session.Boot {
				r.Loaded = &l
			}
		}
		replicas = append(replicas, r)
	})
	return replicas
}
