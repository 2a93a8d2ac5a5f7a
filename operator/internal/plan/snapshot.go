package plan

import (
	"time"

	"github.com/posterndesk/postern/config/wire"
	"github.com/posterndesk/postern/operator/api/v1alpha1"
)

// Snapshot is all that the documents of an account depend on.
type Snapshot struct {
	Account string

	HelpCenters []v1alpha1.HelpCenter
	Forms       []v1alpha1.TicketForm
	Mailboxes   []v1alpha1.Mailbox

	// RivalHelpCenters and RivalMailboxes are those of other accounts that claim a
	// host or an address which an object of this account claims ([Names]), and those
	// that hold one by Stored.Hosts and Stored.Addresses, whatever they claim now.
	RivalHelpCenters []v1alpha1.HelpCenter
	RivalMailboxes   []v1alpha1.Mailbox

	// Watched are the accounts that are looked after; none: all are. What others hold
	// they keep, whatever they declare.
	Watched []string

	// Secrets are those that [Plan.Secrets] names, by name.
	Secrets map[string]Secret
	// Stored is what lies in etcd.
	Stored Stored
	// Writer is the version of the operator.
	Writer string
}

// Secret is a Secret of the account, without what is secret.
type Secret struct {
	Version string   // its UID and resourceVersion; "" if there is none of that name
	Keys    []string // that it has
	Large   []string // those of them with more than wire.MaxSecret bytes
	// Lengths are the bytes of each, by the key.
	Lengths map[string]int
	// Err is why it could not be read, which does not mean that it is not there. A
	// status tells it as it stands.
	Err error
}

// Stored is what lies in etcd of an account.
type Stored struct {
	Account   *wire.Account // nil if there is nothing
	Documents map[wire.Ref]wire.Document
	// Made are those of Documents, but for secrets, that lie there exactly as this run
	// of the operator has made them of an object. They are not made again of an object
	// of which nothing has changed, which is most of the work of a plan.
	Made map[wire.Ref]bool
	// LastGood are the hashes of what was last loaded by all.
	LastGood map[wire.Ref]string
	// Hosts and Addresses are who holds what the objects of the account claim, and
	// all that the account holds, by config.HostKey and config.AddressKey.
	Hosts     map[string]wire.Claim
	Addresses map[string]wire.Claim
	// Sealing is the key that secrets are sealed with; zero while no replica has
	// told it.
	Sealing wire.SealingKey
}

// Desired is what is to lie in etcd of an account.
type Desired struct {
	// Account is nil if nothing of it is declared any more.
	Account *wire.Account
	// Documents are those of Account but for secrets, whose bodies are sealed by who
	// writes them. One is written if its Hash or its UID is not the stored one's; its
	// Epoch is for who writes it.
	Documents map[wire.Ref]wire.Document
	Secrets   map[string]SealedSecret
	// Hosts and Addresses are what the account is to hold; all else that it holds is
	// given back.
	Hosts     map[string]wire.Claim
	Addresses map[string]wire.Claim
}

// SealedSecret is a secret that is to be handed over.
type SealedSecret struct {
	Version string
	Keys    []string // that objects refer to and that the Secret has
	Hash    string   // wire.SecretHash of all that
}

// Serving is what the statuses depend on besides: how far it has come.
type Serving struct {
	Now time.Time
	// Replicas are those of which there is a session, by name.
	Replicas []Replica
	// Silent are addresses of replicas that are ready and have no session.
	Silent []string
	// Unwritten is why the documents could not be written; nil if they are.
	Unwritten error
	// Held says that deletions of this account wait for somebody to allow them.
	Held bool
}

// Replica is one that says that it is there.
type Replica struct {
	Name    string
	Session wire.Session
	Loaded  *wire.Loaded // of this account; nil if it has said nothing
}

// Statuses are what objects are to say of themselves, by name.
type Statuses struct {
	HelpCenters map[string]v1alpha1.HelpCenterStatus
	Forms       map[string]v1alpha1.TicketFormStatus
	Mailboxes   map[string]v1alpha1.MailboxStatus
	// Promote are documents that every replica has loaded, and that are not the
	// last good ones yet.
	Promote []wire.Ref
	// Settling says that something was put in motion which no status tells yet, and
	// that serving replicas are about to answer for. Whoever waits a moment before it
	// writes statuses then has nothing to write about the time in between.
	Settling bool
	// Next is when to look again though nothing has changed; 0 for never.
	Next time.Duration
}
