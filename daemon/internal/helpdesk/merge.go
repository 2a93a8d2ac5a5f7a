package helpdesk

import (
	"slices"
	"time"
)

// Merge says where a ticket goes on, and holds what undoing it needs.
type Merge struct {
	Into   TicketID  `json:"into"`
	Number int64     `json:"number"` // of Into
	By     Author    `json:"by"`
	At     time.Time `json:"at"`
	Status Status    `json:"status"` // of the ticket before
	// Joined are the participants of Into who take part there only because of
	// merges, this one among them.
	Joined []uint16 `json:"joined,omitempty"`
	// Suggested are those of them who were suggested there before.
	Suggested []Suggestion `json:"suggested,omitempty"`
	// Returned: the entry that was split off into the ticket went back with it.
	Returned bool `json:"returned,omitempty"`
}

// EntryRef names an entry of a ticket.
type EntryRef struct {
	Ticket TicketID `json:"ticket"`
	Number int64    `json:"number"` // of the ticket
	Seq    int      `json:"seq"`
}

const (
	// MaxChain is how many merges in a row are followed: each is a read for a
	// mail that comes to the first of them.
	MaxChain = 8
	// MaxFamily is how many tickets may have become one: a page reads the history
	// of each.
	MaxFamily = 32
)

// Order is a merge that an agent asked for by mail. It is written with what else
// the mail does, so that it is done even if the process dies in between.
type Order struct {
	Into int64 `json:"into"` // number of a ticket
	By   ID    `json:"by"`
}

// MergeInto ends t and makes those who take part in it collaborators of into:
// they see it from then on. Who takes part there already stays as they are.
// others are the tickets that were merged into it before; joins leaves people
// out, nil nobody. Invalid says that into would have too many participants; then
// both must be forgotten.
func (t *Ticket) MergeInto(into *Ticket, others []Ticket, joins func(*Participant) bool, by Author, at time.Time) error {
	t.Ordered = nil // whoever asked for one has it, or was faster
	m := &Merge{Into: into.ID, Number: into.Number, By: by, At: at, Status: t.Status}
	for i := range t.Participants {
		p := &t.Participants[i]
		if !p.Active() || joins != nil && !joins(p) {
			continue
		}
		known, owner := into.ParticipantByAddress(p.Address) != nil, p.owns(into)
		suggested := slices.IndexFunc(into.Suggested, func(s Suggestion) bool { return s.Address.Same(p.Address) })
		if !known && suggested >= 0 {
			m.Suggested = append(m.Suggested, into.Suggested[suggested])
		}
		joined := into.Join(p.Contact, p.Name, p.Address, at)
		switch {
		case joined == nil:
			return Errorf(Invalid, "request #%d would have too many participants: %d may take part", into.Number, MaxParticipants)
		case !known && owner:
			joined.Joined, joined.Thread = into.Opened, 0
		}
		if !known {
			joined.Unasked = p.Unasked
		}
		if !known || joinedBy(others, joined.Number) {
			m.Joined = append(m.Joined, joined.Number)
		}
	}
	t.Merged, t.Status = m, Closed
	into.Absorbed = append(into.Absorbed, t.ID)
	return nil
}

// owns reports a requester who is the requester of other too, by another of
// their addresses: all of it is theirs.
func (p *Participant) owns(other *Ticket) bool {
	r := other.Requester()
	return p.Role == Requester && r != nil && r.Active() && r.Contact != "" && r.Contact == p.Contact
}

func joinedBy(merged []Ticket, number uint16) bool {
	return slices.ContainsFunc(merged, func(t Ticket) bool { return t.Merged != nil && slices.Contains(t.Merged.Joined, number) })
}

// Unmerge undoes MergeInto: t has its status again, and who joined from with it
// leaves, unless they wrote there, or another merged ticket brought them too.
// others are the tickets that stay merged into from. It returns who stayed
// because they wrote.
func (t *Ticket) Unmerge(from *Ticket, others []Ticket, wrote func(*Participant) bool, at time.Time) (stayed []Participant) {
	m := t.Merged
	for _, number := range m.Joined {
		p := from.Participant(number)
		switch {
		case p == nil || p.Role == Requester || joinedBy(others, number):
		case wrote(p):
			stayed = append(stayed, *p)
		default:
			p.Left = &at
		}
	}
	for _, s := range m.Suggested {
		from.Suggest(s)
	}
	t.Merged, t.Status = nil, m.Status
	from.Absorbed = slices.DeleteFunc(from.Absorbed, func(id TicketID) bool { return id == t.ID })
	return stayed
}

// End follows merges to the ticket where t goes on, which may be t itself. It
// stays where a ticket is gone, and after [MaxChain] steps.
func End(t *Ticket, read func(TicketID) (*Ticket, error)) (*Ticket, error) {
	for range MaxChain {
		if t.Merged == nil {
			break
		}
		next, err := read(t.Merged.Into)
		if KindOf(err) == NotFound {
			break
		}
		if err != nil {
			return nil, err
		}
		t = next
	}
	return t, nil
}

// Family reads the tickets that were merged into t, and those that were merged
// into these, level by level; height is the number of levels. At most MaxFamily
// are read.
func Family(t *Ticket, read func(TicketID) (*Ticket, error)) (merged []Ticket, height int, err error) {
	for level := t.Absorbed; len(level) > 0 && height < MaxChain; height++ {
		var below []TicketID
		for _, id := range level {
			if len(merged) == MaxFamily {
				return merged, height + 1, nil
			}
			m, err := read(id)
			if KindOf(err) == NotFound {
				continue
			}
			if err != nil {
				return nil, 0, err
			}
			merged = append(merged, *m)
			below = append(below, m.Absorbed...)
		}
		level = below
	}
	return merged, height, nil
}
