package config

import (
	"cmp"
	"errors"
	"strings"
	"time"
)

// The API group and version of every manifest, and the kinds in it.
const (
	Group      = "postern.dev"
	Version    = "v1alpha1"
	APIVersion = Group + "/" + Version

	KindHelpCenter = "HelpCenter"
	KindTicketForm = "TicketForm"
	KindMailbox    = "Mailbox"
)

// DefaultNamespace is the account of manifests that name no namespace: the
// standalone daemon is one account.
const DefaultNamespace = "default"

// Metadata identifies an object. Labels, annotations and what only a Kubernetes
// API server writes are accepted in a manifest and left out here.
type Metadata struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
	// UID tells an object from a later one of the same name; empty in files.
	UID string `json:"uid,omitempty"`
	// CreationTimestamp orders claims of hosts, addresses and sign-up; zero in files.
	CreationTimestamp time.Time `json:"creationTimestamp,omitzero"`

	origin *origin
}

// Key returns the name of the object within its kind.
func (m Metadata) Key() Key { return Key{Namespace: m.Namespace, Name: m.Name} }

// HelpCenter is the manifest of a help center.
type HelpCenter struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   Metadata       `json:"metadata"`
	Spec       HelpCenterSpec `json:"spec"`
}

// TicketForm is the manifest of a ticket form.
type TicketForm struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   Metadata       `json:"metadata"`
	Spec       TicketFormSpec `json:"spec"`
}

// Mailbox is the manifest of a mailbox.
type Mailbox struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Metadata   Metadata    `json:"metadata"`
	Spec       MailboxSpec `json:"spec"`
}

// Key names an object of a kind: the account it belongs to, and its name there.
type Key struct{ Namespace, Name string }

// String returns namespace/name.
func (k Key) String() string { return k.Namespace + "/" + k.Name }

// Compare orders keys by namespace, then name.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Namespace, other.Namespace), cmp.Compare(k.Name, other.Name))
}

// MarshalText makes a Key the string namespace/name in JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText has written.
func (k *Key) UnmarshalText(text []byte) error {
	namespace, name, found := strings.Cut(string(text), "/")
	if !found {
		return errors.New("a key is written namespace/name")
	}
	*k = Key{Namespace: namespace, Name: name}
	return nil
}

// Set is what is declared, over all accounts. The lists are sorted by namespace
// and name.
type Set struct {
	HelpCenters []HelpCenter
	Forms       []TicketForm
	Mailboxes   []Mailbox

	// Withheld are help centers that are there and take no part, as whoever resolves has
	// refused them. What they declare about sign-up is remembered.
	Withheld []HelpCenter
	// Established is what earlier sets have settled, see [Resolve]. It may be empty.
	Established Established
}
