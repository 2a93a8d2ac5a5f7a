package helpdesk

import "time"

// Result is what became of a mail.
type Result string

const (
	Created    Result = "created"   // a new ticket
	Appended   Result = "appended"  // an entry of a known ticket
	HeldBack   Result = "held"      // waits for an agent's decision
	Duplicate  Result = "duplicate" // the same mail was taken in before
	Forgotten  Result = "forgotten" // a program's word about what was erased: nothing of it is kept
	TurnedAway Result = "refused"   // not taken: no address of ours, or the writer's domain asks for that
)

// Outcome of taking in one mail for one mailbox.
type Outcome struct {
	Result     Result       `json:"result"`
	Account    string       `json:"account"`
	Mailbox    string       `json:"mailbox"`
	Ticket     TicketID     `json:"ticket,omitzero"`
	Number     int64        `json:"number,omitempty"`
	Entry      int          `json:"entry,omitempty"`
	Held       ID           `json:"held,omitempty"`
	Hidden     bool         `json:"hidden,omitempty"` // the entry is for agents alone, for now
	Recognised *Recognition `json:"recognised,omitempty"`
}

// Expectation is the outcome that a mail would have: without an entry, or the
// number of a new ticket.
type Expectation struct {
	Outcome
	Cause  Cause   `json:"cause,omitempty"`  // why it would be held
	Answer Purpose `json:"answer,omitempty"` // what the writer would get

	Recipient string `json:"recipient,omitempty"` // of one that is no address of ours
	Proposed  bool   `json:"proposed,omitempty"`  // under a configuration that is not served
}

// Receipt is the record that one mail, or one submission, was taken in. Its
// key is its identity, so taking it in again finds the first outcome.
type Receipt struct {
	Schema  int       `json:"schema"`
	Key     string    `json:"key"`
	At      time.Time `json:"at"`
	Channel Channel   `json:"channel"`
	Raw     string    `json:"raw,omitempty"`
	Path    *Path     `json:"path,omitempty"` // of a mail
	Outcome Outcome   `json:"outcome"`
}

// Path is how a mail reached us: what only the transfer told.
type Path struct {
	Transfer string   `json:"transfer"`
	Peer     string   `json:"peer,omitempty"`
	Helo     string   `json:"helo,omitempty"`
	From     Address  `json:"from"` // reverse-path; empty for the null sender
	To       []string `json:"to"`
}

// MessageRef finds the entry that a Message-ID belongs to.
type MessageRef struct {
	MessageID string   `json:"messageID"`
	Ticket    TicketID `json:"ticket"`
	Entry     int      `json:"entry"`
	// Unseen marks an id that the entry names and that we have no mail of: what
	// names it too may belong to the same thread.
	Unseen bool `json:"unseen,omitempty"`
}

// Cause says why a mail was held back.
type Cause string

const (
	NoSender        Cause = "NoSender"        // not exactly one From with one address
	NotParticipant  Cause = "NotParticipant"  // proven, but not on the ticket that it answers
	UnprovenSender  Cause = "UnprovenSender"  // answers a ticket, and nothing proves who wrote it
	AgentUnproven   Cause = "AgentUnproven"   // claims to come from an agent
	UnmatchedReport Cause = "UnmatchedReport" // a delivery report for nothing that we sent
	NotInvited      Cause = "NotInvited"      // the mailbox lets this writer open no ticket
	TwoTickets      Cause = "TwoTickets"      // came to reply addresses of different tickets
	TooMany         Cause = "TooMany"         // the address wrote more than the mailbox takes in an hour
	CalledSpam      Cause = "CalledSpam"      // an agent called earlier mail of the address spam
	FromBlocked     Cause = "Blocked"         // an agent blocked the contact whose address it is

	// Of mail that is fetched from another server, and so cannot be refused.
	Oversized   Cause = "TooLarge"    // larger than the mailbox takes: only its header was fetched
	GoesRound   Cause = "Loop"        // more hops than any honest way has
	Unfetchable Cause = "Unfetchable" // the server does not hand it out, or it cannot be taken in
)

// Unwanted reports mail that agents have said they do not want.
func (c Cause) Unwanted() bool { return c == CalledSpam || c == FromBlocked }

// Causes are all of them.
var Causes = []Cause{NoSender, NotParticipant, UnprovenSender, AgentUnproven, UnmatchedReport, NotInvited, TwoTickets, TooMany, CalledSpam, FromBlocked,
	Oversized, GoesRound, Unfetchable}
