package wire

import "time"

// Phase is what a replica of the daemon is doing.
type Phase string

// The phases of a replica. Only one that serves has to have loaded anything.
const (
	Starting Phase = "Starting"
	Serving  Phase = "Serving"
	Draining Phase = "Draining"
)

// LeaseSeconds is how long a replica that has vanished without a word still
// counts: so long nothing new is Programmed.
const LeaseSeconds = 15

// Session says that a replica is there.
type Session struct {
	// Boot tells one run of the program from the next.
	Boot    string `json:"boot"`
	Version string `json:"version"`
	// Schema is the newest [config.Schema] that it reads.
	Schema int   `json:"schema"`
	Phase  Phase `json:"phase"`
	// Addresses are the IP addresses of its machine or pod, to tell it from
	// replicas that are silent.
	Addresses []string  `json:"addresses,omitempty"`
	Since     time.Time `json:"since"`
}

// Loaded says what a replica serves of an account.
type Loaded struct {
	Boot string `json:"boot"`
	// Account is the hash of the [Account] that it goes by.
	Account string `json:"account"`
	// Revision is that of the store, up to which it has read.
	Revision int64 `json:"revision"`
	// Documents are those that it serves, by their hashes.
	Documents map[Ref]string `json:"documents"`
	// Refused are those that it does not serve as they are written, and why.
	Refused map[Ref]Refusal `json:"refused,omitempty"`
	// Mail is how the last look into each mailbox that is polled went.
	Mail map[string]Poll `json:"mail,omitempty"`
}

// Refusal is why a replica does not serve a document.
type Refusal struct {
	Hash  string `json:"hash"`
	Error string `json:"error"` // for people, at most MaxError bytes
}

// MaxError is how much of an error is told, in bytes of JSON.
const MaxError = 1 << 10

// PollState is how a look into a mailbox went.
type PollState string

// How a look into a mailbox went.
const (
	PollConnected   PollState = "Connected"
	PollUnreachable PollState = "Unreachable"
	PollRefused     PollState = "AuthenticationFailed"
)

// Poll is how the last look into a mailbox went.
type Poll struct {
	State   PollState `json:"state"`
	Message string    `json:"message,omitempty"` // for people, at most MaxError bytes
}
