package helpdesk

import (
	"slices"
	"strings"
	"unicode"
)

// AgentMail says which messages of customers an agent is mailed.
type AgentMail string

const (
	MailAll  AgentMail = "All"  // those of Mine, and of every ticket that is nobody's
	MailMine AgentMail = "Mine" // also "": of tickets that are assigned to the agent, or watched
	MailNone AgentMail = "None"
)

// ParseAgentMail reads all, mine or none, in any case.
func ParseAgentMail(s string) (AgentMail, error) {
	for _, m := range []AgentMail{MailAll, MailMine, MailNone} {
		if strings.EqualFold(s, string(m)) {
			return m, nil
		}
	}
	return "", Errorf(Invalid, "%q does not say which mail an agent gets; use all, mine or none", clip(s))
}

// Seat is the place of an agent in a ticket: what reply addresses and
// Message-IDs of mail to that agent carry. It authorises nothing on its own.
type Seat struct {
	Number uint16 `json:"number"`
	Agent  ID     `json:"agent"`
	// Gen counts up to kill every address issued before.
	Gen uint16 `json:"gen"`
}

const (
	// firstSeat is above every number of a participant: a signed Message-ID has
	// room for one number, and it must never say both.
	firstSeat = 1001

	// MaxSeats keeps a ticket head small; more agents than that work on nothing
	// together.
	MaxSeats = 100

	// MaxWatchers bounds the copies that one message causes.
	MaxWatchers = 20
)

// Seat finds a seat by number.
func (t *Ticket) Seat(number uint16) *Seat {
	i := slices.IndexFunc(t.Seats, func(s Seat) bool { return s.Number == number })
	if i < 0 {
		return nil
	}
	return &t.Seats[i]
}

// SeatOf gives the agent a seat, or finds the one that was given; nil when the
// ticket has [MaxSeats].
func (t *Ticket) SeatOf(agent ID) *Seat {
	i := slices.IndexFunc(t.Seats, func(s Seat) bool { return s.Agent == agent })
	if i >= 0 {
		return &t.Seats[i]
	}
	if len(t.Seats) >= MaxSeats {
		return nil
	}
	t.Seats = append(t.Seats, Seat{Number: firstSeat + uint16(len(t.Seats)), Agent: agent, Gen: 1})
	return &t.Seats[len(t.Seats)-1]
}

// Watch lets an agent follow the ticket, if there is room for one more.
func (t *Ticket) Watch(agent ID) {
	if agent != "" && !slices.Contains(t.Watchers, agent) && len(t.Watchers) < MaxWatchers {
		t.Watchers = append(t.Watchers, agent)
	}
}

// Unwatch ends that an agent follows the ticket, and reports whether they did.
func (t *Ticket) Unwatch(agent ID) bool {
	i := slices.Index(t.Watchers, agent)
	if i < 0 {
		return false
	}
	t.Watchers = slices.Delete(t.Watchers, i, i+1)
	return true
}

// Follows reports whether the ticket is the agent's own work.
func (a *Agent) Follows(t *Ticket) bool {
	return t.Assignee == a.ID || slices.Contains(t.Watchers, a.ID)
}

// IsMailed reports whether the agent is mailed what customers write in the ticket.
func (a *Agent) IsMailed(t *Ticket) bool {
	switch {
	case a.Disabled, a.Mail == MailNone:
		return false
	case a.Follows(t):
		return true
	}
	return a.Mail == MailAll && t.Assignee == ""
}

// Assign gives the ticket to an agent, or to nobody with "". It reports whether
// that is a change.
func (t *Ticket) Assign(agent ID) bool {
	changed := t.Assignee != agent
	t.Assignee = agent
	return changed
}

// Priorities from the least urgent to the most. A ticket without one has Normal.
var Priorities = []string{"Low", "Normal", "High", "Urgent"}

// ParsePriority reads one of [Priorities], in any case.
func ParsePriority(s string) (string, error) {
	for _, p := range Priorities {
		if strings.EqualFold(s, p) {
			return p, nil
		}
	}
	return "", Errorf(Invalid, "%q is not a priority; use low, normal, high or urgent", clip(s))
}

const (
	// MaxTags keeps a ticket head and a line of a list readable.
	MaxTags = 30
	// MaxTag is the most bytes of one tag.
	MaxTag = 50
)

// ParseTag wants one short word: letters, digits and the signs - _ . : /.
func ParseTag(s string) (string, error) {
	s = strings.ToLower(s)
	good := s != "" && len(s) <= MaxTag && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.:/", r)
	})
	if !good || s[0] == '-' {
		return "", Errorf(Invalid, "%q is not a tag; use one word of at most %d letters, digits, -, _, ., : and /", clip(s), MaxTag)
	}
	return s, nil
}

// Retag adds and removes tags and returns those that it did; Invalid when the
// ticket would have more than [MaxTags].
func (t *Ticket) Retag(add, remove []string) (added, removed []string, err error) {
	tags := slices.Clone(t.Tags)
	for _, tag := range remove {
		if i := slices.Index(tags, tag); i >= 0 {
			tags, removed = slices.Delete(tags, i, i+1), append(removed, tag)
		}
	}
	for _, tag := range add {
		if !slices.Contains(tags, tag) {
			tags, added = append(tags, tag), append(added, tag)
		}
	}
	if len(tags) > MaxTags && len(added) > 0 {
		return nil, nil, Errorf(Invalid, "a request has at most %d tags", MaxTags)
	}
	t.Tags = tags
	return added, removed, nil
}
