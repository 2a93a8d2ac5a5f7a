package helpdesk

import "time"

// Snooze puts a request out of sight until a time, or until a customer writes.
type Snooze struct {
	Until time.Time `json:"until"`
	By    ID        `json:"by,omitempty"`
}

// MaxSnooze is how far ahead a request can be put out of sight: what is later than a
// year is forgotten, not postponed.
const MaxSnooze = 366 * 24 * time.Hour

// Wake says when a ticket is to come back. It may be out of date: the ticket itself
// tells whether it is still out of sight, and until when.
type Wake struct {
	Ticket TicketID  `json:"ticket"`
	At     time.Time `json:"at"`
}

// wakeLayout makes ids that sort by time.
const wakeLayout = "20060102T150405Z"

// WakeID is the id of the record of a ticket's return. Ids sort by time.
func WakeID(at time.Time, ticket TicketID) string {
	return at.UTC().Format(wakeLayout) + "/" + ticket.String()
}

// PutAway puts the ticket out of sight until a time, and returns the record that
// brings it back, which belongs into the same change. Invalid says why not.
func (t *Ticket) PutAway(until time.Time, by ID, now time.Time) (Record, error) {
	until = until.UTC().Truncate(time.Second)
	switch {
	case !until.After(now):
		return Record{}, Errorf(Invalid, "choose a time that is still to come")
	case until.Sub(now) > MaxSnooze:
		return Record{}, Errorf(Invalid, "choose a time within a year")
	case t.Status == Resolved || t.Status == Closed:
		return Record{}, Errorf(Invalid, "request #%d is %s: there is nothing to come back to", t.Number, t.Status)
	}
	t.Snoozed = &Snooze{Until: until, By: by}
	// Put again for the same second it is the same record, and says the same.
	return Record{Kind: WakeRecord, ID: WakeID(until, t.ID), Value: Wake{Ticket: t.ID, At: until}, Any: true}, nil
}

// ComeBack puts the ticket before agents again: what waited for a customer waits for
// an agent now. It reports whether it was out of sight.
func (t *Ticket) ComeBack() bool {
	if t.Snoozed == nil {
		return false
	}
	t.Snoozed = nil
	if t.Status == Pending {
		t.Status = Open
	}
	return true
}
