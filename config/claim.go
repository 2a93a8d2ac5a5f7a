package config

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// claim is one object that wants a name of which there is only one: a host, an
// address, the sign-up of an account.
type claim struct {
	name    string
	key     Key
	created time.Time
}

// before tells the older claim. An object without a time of creation is not in
// the cluster yet, so it is the younger one; in files none has a time, and the
// name decides.
func (c claim) before(other claim) int {
	if c.created.IsZero() != other.created.IsZero() {
		if c.created.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(c.created.Compare(other.created), c.key.Compare(other.key))
}

// settle returns who holds each name: who has held it, as long as it still wants
// it, else the oldest claim. Age alone would hand names over when a restore from
// backup creates objects in another order.
func settle(claims []claim, established map[string]Key) map[string]Key {
	claims = slices.SortedFunc(slices.Values(claims), claim.before)
	holders := map[string]Key{}
	for _, c := range claims {
		_, taken := holders[c.name]
		if !taken || established[c.name] == c.key {
			holders[c.name] = c.key
		}
	}
	return holders
}

func (s *Set) hostHolders() map[string]Key {
	var claims []claim
	for _, h := range s.HelpCenters {
		if h.Spec.Host != "" {
			claims = append(claims, claim{HostKey(h.Spec.Host), h.Metadata.Key(), h.Metadata.CreationTimestamp})
		}
	}
	return settle(claims, s.Established.Hosts)
}

// addressHolders goes by the address in lower case: no two mailboxes differ by
// case alone, whatever RFC 5321 allows.
func (s *Set) addressHolders() map[string]Key {
	var claims []claim
	for _, m := range s.Mailboxes {
		if m.Spec.Address != "" {
			claims = append(claims, claim{AddressKey(m.Spec.Address), m.Metadata.Key(), m.Metadata.CreationTimestamp})
		}
	}
	return settle(claims, s.Established.Addresses)
}

// claimedBy names the holder to who lost: by name within an account, and not at
// all beyond it.
func claimedBy(kind string, holder, loser Key) string {
	if holder.Namespace == loser.Namespace {
		return objectName(kind, holder)
	}
	return "an object of another account"
}

// HostKey is the identity of a host, by which Established and claims name it: its
// name without a port. Browsers leave out the port of the scheme, and a proxy in front
// may listen on another one, so that a port cannot tell two help centers apart.
func HostKey(host string) string {
	host = AddressKey(host)
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}

// AddressKey is the identity of an address, by which Established and claims name
// it: ASCII letters folded and nothing else, as Unicode folding would let the
// Kelvin sign claim somebody's "k".
func AddressKey(address string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, address)
}
