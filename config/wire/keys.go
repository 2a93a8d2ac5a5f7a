package wire

import (
	"cmp"
	"fmt"
	"strings"
)

// Kind is what a document is of, in its key.
type Kind string

// The kinds of documents, named as the resources of Kubernetes are.
const (
	HelpCenters Kind = "helpcenters"
	TicketForms Kind = "ticketforms"
	Mailboxes   Kind = "mailboxes"
	Secrets     Kind = "secrets"
)

// Kinds are all of them, in the order in which they are written.
var Kinds = []Kind{Secrets, TicketForms, Mailboxes, HelpCenters}

// Ref names a document of an account.
type Ref struct {
	Kind Kind
	Name string
}

// String returns kind/name.
func (r Ref) String() string { return string(r.Kind) + "/" + r.Name }

// Compare orders by kind, then name.
func (r Ref) Compare(other Ref) int {
	return cmp.Or(strings.Compare(string(r.Kind), string(other.Kind)), strings.Compare(r.Name, other.Name))
}

// MarshalText makes a Ref kind/name in JSON.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (r *Ref) UnmarshalText(text []byte) error {
	kind, name, found := strings.Cut(string(text), "/")
	if !found || name == "" {
		return fmt.Errorf("%.80q is not written kind/name", text)
	}
	*r = Ref{Kind: Kind(kind), Name: name}
	return nil
}

// Keys makes the keys of one installation.
type Keys struct{ root string }

// KeysOf makes the keys of the installation of that name.
func KeysOf(installation string) Keys { return Keys{root: "/postern/" + installation + "/"} }

// Declared is the prefix of all that is declared.
func (k Keys) Declared() string { return k.root + "declared/" }

// AccountPrefix is the prefix of all that is declared for an account.
func (k Keys) AccountPrefix(account string) string { return k.Declared() + account + "/" }

// Account is the key of an [Account].
func (k Keys) Account(account string) string { return k.AccountPrefix(account) + "account" }

// Document is the key of a [Document].
func (k Keys) Document(account string, r Ref) string { return k.AccountPrefix(account) + r.String() }

// LastGood is the prefix of what was loaded by all.
func (k Keys) LastGood() string { return k.root + "lastgood/" }

// LastGoodDocument is the key of the last document that was loaded by all.
func (k Keys) LastGoodDocument(account string, r Ref) string {
	return k.LastGood() + account + "/" + r.String()
}

// ParseDeclared undoes Account and Document; r is zero for an Account.
func (k Keys) ParseDeclared(key string) (account string, r Ref, ok bool) {
	return parseDocument(strings.TrimPrefix(key, k.Declared()))
}

// ParseLastGood undoes LastGoodDocument.
func (k Keys) ParseLastGood(key string) (account string, r Ref, ok bool) {
	return parseDocument(strings.TrimPrefix(key, k.LastGood()))
}

func parseDocument(rest string) (account string, r Ref, ok bool) {
	account, rest, ok = strings.Cut(rest, "/")
	if !ok || account == "" {
		return "", Ref{}, false
	}
	if rest == "account" {
		return account, Ref{}, true
	}
	return account, r, r.UnmarshalText([]byte(rest)) == nil
}

// Operator is the prefix of what the operator keeps for itself.
func (k Keys) Operator() string { return k.root + "operator/" }

// Epoch is the key of the number of the operator that may write.
func (k Keys) Epoch() string { return k.Operator() + "epoch" }

// Looked is the key that is there once an operator has looked at all accounts, and so
// all that is declared has come to etcd.
func (k Keys) Looked() string { return k.Operator() + "looked" }

// Hosts is the prefix of claims of host names, Addresses that of claims of addresses.
func (k Keys) Hosts() string { return k.Operator() + "host/" }

// Addresses is the prefix of claims of addresses.
func (k Keys) Addresses() string { return k.Operator() + "address/" }

// Host is the key of the claim of a host, as config.HostKey names it.
func (k Keys) Host(host string) string { return k.Hosts() + host }

// Address is the key of the claim of an address, as config.AddressKey names it.
func (k Keys) Address(address string) string { return k.Addresses() + address }

// Vanisheds is the prefix of what tells what has vanished lately.
func (k Keys) Vanisheds() string { return k.Operator() + "vanished/" }

// Vanished is the key that tells it of one document.
func (k Keys) Vanished(account string, r Ref) string {
	return k.Vanisheds() + account + "/" + r.String()
}

// ParseVanished undoes Vanished. Earlier versions left out the kind, which was
// HelpCenters.
func (k Keys) ParseVanished(key string) (account string, r Ref, ok bool) {
	account, rest, ok := strings.Cut(strings.TrimPrefix(key, k.Vanisheds()), "/")
	if !ok || account == "" || rest == "" {
		return "", Ref{}, false
	}
	if !strings.Contains(rest, "/") {
		return account, Ref{Kind: HelpCenters, Name: rest}, true
	}
	return account, r, r.UnmarshalText([]byte(rest)) == nil
}

// Helds is the prefix of what tells whose deletions are held back.
func (k Keys) Helds() string { return k.Operator() + "held/" }

// Held is the key that tells it of an account.
func (k Keys) Held(account string) string { return k.Helds() + account }

// Replicas is the prefix of all that replicas say.
func (k Keys) Replicas() string { return k.root + "replicas/" }

// Sealing is the key of the [SealingKey].
func (k Keys) Sealing() string { return k.Replicas() + "sealing" }

// Sessions is the prefix of all sessions.
func (k Keys) Sessions() string { return k.Replicas() + "session/" }

// Session is the key of a replica's [Session]. A replica's name has no slash.
func (k Keys) Session(replica string) string { return k.Sessions() + replica }

// Loadeds is the prefix of what all replicas have loaded.
func (k Keys) Loadeds() string { return k.Replicas() + "loaded/" }

// Loaded is the key of what a replica has loaded of an account.
func (k Keys) Loaded(replica, account string) string {
	return k.Loadeds() + replica + "/" + account
}

// ParseLoaded undoes Loaded.
func (k Keys) ParseLoaded(key string) (replica, account string, ok bool) {
	replica, account, ok = strings.Cut(strings.TrimPrefix(key, k.Loadeds()), "/")
	return replica, account, ok && strings.HasPrefix(key, k.Loadeds())
}
