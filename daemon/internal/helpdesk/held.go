package helpdesk

import (
	"fmt"
	"time"
)

// HeldItem is a mail kept back for an agent to decide.
type HeldItem struct {
	Schema     int         `json:"schema"`
	ID         ID          `json:"id"`
	Cause      Cause       `json:"cause"`
	Mailbox    string      `json:"mailbox"`
	Ticket     TicketID    `json:"ticket,omitzero"` // what it would have joined
	Number     int64       `json:"number,omitempty"`
	From       Address     `json:"from,omitzero"`
	FromName   string      `json:"fromName,omitempty"`
	Subject    string      `json:"subject"`
	Text       string      `json:"text"` // cut at MaxInlineText; Raw has all
	Raw        string      `json:"raw"`
	At         time.Time   `json:"at"`
	Recognised Recognition `json:"recognised"`

	// Entry is what the mail would be in a thread, without ticket and number.
	// Items of older versions have none.
	Entry *Entry `json:"entry,omitempty"`
	// Copied are whom the mail was sent to besides us.
	Copied []Suggestion `json:"copied,omitempty"`
	// Expires is when the item goes, decided or not; the raw mail stays.
	Expires  time.Time `json:"expires,omitzero"`
	Decision *Decision `json:"decision,omitempty"` // nil: it waits

	Rev int64 `json:"-"`
}

// HeldFor is how long a mail waits for a decision: a month, so that a holiday
// loses nothing.
const HeldFor = 30 * 24 * time.Hour

// Verdict is what an agent decides about a held mail.
type Verdict string

const (
	AcceptOnce      Verdict = "accept"       // it joins the ticket; its writer does not
	AddCollaborator Verdict = "collaborator" // it joins the ticket, and so does its writer
	NewTicket       Verdict = "new-ticket"
	Spam            Verdict = "spam" // and so is what comes from this address
	Drop            Verdict = "drop"
)

// Verdicts in the order in which they are offered.
var Verdicts = []Verdict{AcceptOnce, AddCollaborator, NewTicket, Spam, Drop}

// Decision records who decided what.
type Decision struct {
	Verdict Verdict   `json:"verdict"`
	By      Author    `json:"by"`
	At      time.Time `json:"at"`
	Number  int64     `json:"number,omitempty"` // of the ticket that it became part of
	Entry   int       `json:"entry,omitempty"`
}

// Words tell who decided what about "it", the mail.
func (d *Decision) Words() string {
	who := d.By.DisplayName()
	switch d.Verdict {
	case AcceptOnce:
		return fmt.Sprintf("%s accepted it into request #%d", who, d.Number)
	case AddCollaborator:
		return fmt.Sprintf("%s accepted it into request #%d and added its writer", who, d.Number)
	case NewTicket:
		return fmt.Sprintf("%s made request #%d of it", who, d.Number)
	case Spam:
		return who + " called it spam"
	}
	return who + " dropped it"
}

// Suggestion is somebody who was copied on a mail of a ticket: agents may let
// them take part, nothing else does.
type Suggestion struct {
	Address Address   `json:"address"`
	Name    string    `json:"name,omitempty"`
	By      Address   `json:"by"` // who copied them
	At      time.Time `json:"at"`
	// Dismissed keeps the next mail with the same copies from suggesting them
	// again.
	Dismissed bool `json:"dismissed,omitempty"`
}

// MaxSuggestions keeps a ticket head small: more people than that on one mail
// are a list, not colleagues.
const MaxSuggestions = 20
