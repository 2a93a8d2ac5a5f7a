package helpdesk

// MaxGoesOn is how many of the tickets that go on from one it remembers.
const MaxGoesOn = 20

// GoOnFrom makes t go on from a closed ticket, and each know of the other: it has the
// same team, tags and fields. Whose work it is, and how urgent, is decided anew.
func (t *Ticket) GoOnFrom(closed *Ticket) {
	t.Follows, t.HelpCenter = closed.ID, closed.HelpCenter
	t.Team, t.Tags, t.Side = closed.Team, append([]string(nil), closed.Tags...), closed.Side
	t.Fields = WithFields(closed.Fields, nil)
	closed.GoesOnAs = append(closed.GoesOnAs, t.ID)
	if n := len(closed.GoesOnAs); n > MaxGoesOn {
		closed.GoesOnAs = closed.GoesOnAs[n-MaxGoesOn:]
	}
}
