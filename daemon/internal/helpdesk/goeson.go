package helpdesk

import "slices"

// MaxGoesOn is how many of the tickets that go on from one it remembers.
const MaxGoesOn = 20

// GoOnFrom makes t go on from another ticket, and each know of the other. From one
// that is closed (row P03) it has what that one was filed under for good: team, tags,
// fields, and the ticket that it is a side thread of. Whose work it is, and how urgent
// it is, is decided anew. Both belong into the same change.
func (t *Ticket) GoOnFrom(old *Ticket) {
	t.Follows, t.HelpCenter = old.ID, old.HelpCenter
	if old.Status == Closed {
		t.Team, t.Tags, t.Fields, t.Side = old.Team, slices.Clone(old.Tags), WithFields(old.Fields, nil), old.Side
	}
	old.GoesOnAs = append(old.GoesOnAs, t.ID)
	if n := len(old.GoesOnAs); n > MaxGoesOn {
		old.GoesOnAs = slices.Clone(old.GoesOnAs[n-MaxGoesOn:])
	}
}
