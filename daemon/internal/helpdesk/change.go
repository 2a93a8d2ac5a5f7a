package helpdesk

import "time"

// Change is everything that one act writes, in one transaction: all of it or
// nothing. Records with Rev 0 must be new; others must be as they were read.
// The store answers Conflict when they are not, and the act runs again.
type Change struct {
	Account    string
	Receipt    *Receipt // must be new
	Ticket     *Ticket
	Entries    []Entry // new
	Messages   []MessageRef
	Contact    *Contact
	Agent      *Agent
	Held       *HeldItem
	Deliveries []Delivery
	Budgets    []Budget

	// Unchanged are records that the decision rested on and that must still be
	// as they were read, though nothing is written to them.
	Unchanged []Revision
}

// Budget counts automatic mail against a limit until it lapses.
type Budget struct {
	Key   string    `json:"-"` // what is counted, within the account
	Used  int       `json:"used"`
	Until time.Time `json:"until"`

	Rev int64 `json:"-"`
}

// Revision guards a contact that was only read.
type Revision struct {
	Contact ID
	Rev     int64
}
