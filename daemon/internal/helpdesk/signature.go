package helpdesk

import "time"

// Signature remembers the mail that a signature proved, so that the same
// signature on another mail is known for a copy.
type Signature struct {
	Key   string    `json:"-"`    // hash of the signature, in hex
	Mail  string    `json:"mail"` // digest of what the mail says, in hex
	Until time.Time `json:"until"`

	Rev int64 `json:"-"`
}
