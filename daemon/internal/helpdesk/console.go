package helpdesk

import (
	"time"
	"unicode/utf8"
)

// Called records who called something so, and when.
type Called struct {
	By Author    `json:"by"`
	At time.Time `json:"at"`
}

// Side makes a ticket a side thread: a talk of agents with somebody outside about
// another ticket, of which that one's customers know nothing.
type Side struct {
	Ticket TicketID `json:"ticket"`
	Number int64    `json:"number"`
}

// MaxSides bounds the side threads of one ticket.
const MaxSides = 20

// LastWords are what a customer said last, for lists.
type LastWords struct {
	Seq  int       `json:"seq"`
	By   string    `json:"by"`
	Text string    `json:"text"` // at most [MaxLastWords] bytes, on one line
	At   time.Time `json:"at"`
}

// MaxLastWords is what a line of a list has room for.
const MaxLastWords = 140

// heardFrom keeps the words of a customer for lists.
func (t *Ticket) heardFrom(e *Entry) {
	if !e.FromCustomer() || t.Last != nil && e.At.Before(t.Last.At) {
		return
	}
	t.Last = &LastWords{Seq: e.Seq, By: e.Author.DisplayName(), Text: firstWords(e.Text, MaxLastWords), At: e.At}
}

// firstWords is the beginning of a text on one line.
func firstWords(text string, most int) string {
	line := make([]byte, 0, most)
	blank := false
	for _, r := range text {
		if r == ' ' || r == '\n' || r == '\t' || r == '\r' {
			blank = len(line) > 0
			continue
		}
		if len(line)+utf8.RuneLen(r)+1 > most {
			break
		}
		if blank {
			line, blank = append(line, ' '), false
		}
		line = utf8.AppendRune(line, r)
	}
	return string(line)
}

// DeskRecord is the id of the one record of [DeskSettings].
const DeskRecord = "desk"

// DeskSettings are what the agents of an account agreed on.
type DeskSettings struct {
	// StatusLabels are the account's own names of statuses, for agents.
	StatusLabels map[Status]string `json:"statusLabels,omitempty"`
	TicketFields []FieldSpec       `json:"ticketFields,omitempty"`
	// ContactFields are what agents note about contacts.
	ContactFields []FieldSpec `json:"contactFields,omitempty"`

	Rev int64 `json:"-"` // revision read from the store; 0 = never saved
}

// Writing is what an agent has begun to write in a ticket and not sent.
type Writing struct {
	Kind   EntryKind `json:"kind"` // message or note
	Text   string    `json:"text"`
	Status Status    `json:"status,omitempty"` // that was chosen for after
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
	// Sent is the nonce of the reply or note that this became, in the place of a text:
	// what a page still saves of it comes too late.
	Sent string `json:"sent,omitempty"`

	Rev int64 `json:"-"`
}

// Seen is up to where an agent has read a ticket.
type Seen struct {
	Entry int       `json:"entry"`
	Until time.Time `json:"until"`
}

// Presence is an agent in front of a ticket.
type Presence struct {
	Name   string    `json:"name"`
	Typing EntryKind `json:"typing,omitempty"` // what they are writing; "" for nothing
	Until  time.Time `json:"until"`
}

// PresenceLifetime is how long somebody counts as there who says nothing more.
const PresenceLifetime = 30 * time.Second

// SeenLifetime is how long it is known what somebody has read: after it, a request
// in which nothing was said since does not count as unread either.
const SeenLifetime = 60 * 24 * time.Hour

// WritingLifetime is how long what was begun is kept.
const WritingLifetime = 30 * 24 * time.Hour

// SeenID and PresenceID are ids of the records of an agent and a ticket.
func SeenID(agent ID, t TicketID) string { return string(agent) + "/" + t.String() }

// PresenceID makes who is in front of a ticket be listed together.
func PresenceID(t TicketID, agent ID) string { return t.String() + "/" + string(agent) }
