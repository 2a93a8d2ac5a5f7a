package helpdesk

import (
	"context"
	"math/rand/v2"
	"time"
)

// Change is everything that one act writes, in one transaction: all of it or
// nothing. Records with Rev 0 must be new; others must be as they were read.
// The store answers Conflict when they are not, and the act runs again.
type Change struct {
	Account    string
	Receipt    *Receipt // must be new
	Ticket     *Ticket
	Also       *Ticket // the other one, where an act changes two
	Entries    []Entry // new, or known ones that were moved
	Messages   []MessageRef
	Forgotten  []MessageRef // which found their entry and shall not any more
	Contact    *Contact
	Agent      *Agent
	Held       *HeldItem
	Deliveries []Delivery
	Budgets    []Budget
	Signatures []Signature // that proved the mail
	Mark       *Mark       // of a mail that was fetched; must be new
	Passes     []Pass
	Drafts     []Draft
	// Subjects are identities that the contact takes; nobody may have them yet.
	Subjects []Subject
	// Dropped are identities that the contact gives up.
	Dropped []Subject
	// Taken and Freed are addresses that the contact, known before, takes and gives
	// up. Nobody may have those that it takes.
	Taken, Freed []Address
	// Merged is the contact that becomes part of Contact: what is left of its record
	// is written, and Inherited is Contact's from then on.
	Merged    *Contact
	Inherited Inherited
	// Erased is a contact of whom nothing stays: its record goes and those that were
	// merged into it, and its addresses are anybody's.
	Erased *Contact
	// SignedOut ends all sessions of a customer.
	SignedOut ID

	Records []Record
	// Audit is chained to the account's audit log in the same transaction.
	Audit []AuditRecord

	// Unchanged are records that the decision rested on and that must still be
	// as they were read, though nothing is written to them.
	Unchanged []Revision
}

// Inherited is what changes hands when contacts are merged. All of it must still be
// the one's that goes.
type Inherited struct {
	Addresses []Address
	Subjects  []Subject
}

// Budget counts automatic mail against a limit until it lapses.
type Budget struct {
	Key   string    `json:"-"` // what is counted, within the account
	Used  int       `json:"used"`
	Until time.Time `json:"until"`

	Rev int64 `json:"-"`
}

// Revision guards a contact or an agent that was only read.
type Revision struct {
	Contact ID
	Agent   ID // instead
	Rev     int64
}

// MaxTries bounds how often an act that lost a race is run again. In each round
// somebody wins, so this many can meet on one record at the same moment.
const MaxTries = 40

// Retry runs act until it does not answer Conflict: somebody else changed what
// it rests on, and act has to read and decide anew. try counts from 0. When
// [MaxTries] are used up the answer is Unavailable.
func Retry(ctx context.Context, act func(try int) error) error {
	for try := range MaxTries {
		if err := act(try); KindOf(err) != Conflict {
			return err
		}
		if err := Pause(ctx, try); err != nil {
			return err
		}
	}
	return Errorf(Unavailable, "too many changes at once")
}

// Pause waits a moment that grows with each lost race, so that the many who
// lost to one do not meet again.
func Pause(ctx context.Context, try int) error {
	const step, most = time.Millisecond, 50 * time.Millisecond
	timer := time.NewTimer(rand.N(min(step<<min(try, 10), most)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return Wrap(Unavailable, ctx.Err())
	}
}
