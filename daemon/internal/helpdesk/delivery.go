package helpdesk

import "time"

// Purpose of an outbound mail. Everything but AgentReply is automatic and
// passes the gate for automatic mail.
type Purpose string

const (
	Acknowledgement Purpose = "acknowledgement" // to the proven writer of a mail that opened a ticket
	Confirmation    Purpose = "confirmation"    // fixed words to an unproven address
	AgentReply      Purpose = "reply"
	// Update tells a participant what another customer wrote.
	Update Purpose = "update"
	// Joined tells somebody that they take part from now on.
	Joined Purpose = "joined"
	// AgentNotice tells an agent what a customer wrote.
	AgentNotice Purpose = "agentnotice"
	// CommandReceipt tells an agent what became of a mail of theirs.
	CommandReceipt Purpose = "commandreceipt"
)

// Automatic reports whether no person wrote the mail (RFC 3834).
func (p Purpose) Automatic() bool { return p != AgentReply }

// DeliveryState of one copy.
type DeliveryState string

const (
	Queued    DeliveryState = "queued"
	Sent      DeliveryState = "sent"
	Bounced   DeliveryState = "bounced"   // the other server took it, and a report says that it was given up later
	Failed    DeliveryState = "failed"    // given up, or refused for good
	Withdrawn DeliveryState = "withdrawn" // what it was about is gone
)

// Final reports whether nothing more will be tried.
func (s DeliveryState) Final() bool { return s != Queued }

// Delivery is one outbound copy for one recipient, with its state. Its words
// are composed when it is sent, from the entry that it tells about.
type Delivery struct {
	Schema      int       `json:"schema"`
	ID          ID        `json:"id"`
	Ticket      TicketID  `json:"ticket"`
	Entry       int       `json:"entry"`       // seq of the entry that it tells about
	Participant uint16    `json:"participant"` // number in the ticket; 0 of a copy for an agent
	Agent       ID        `json:"agent,omitempty"`
	To          Address   `json:"to"` // as it was when the mail was decided
	Purpose     Purpose   `json:"purpose"`
	Mailbox     string    `json:"mailbox"`
	MessageID   string    `json:"messageID"` // final: the same on every attempt
	Created     time.Time `json:"created"`

	State    DeliveryState `json:"state"`
	Attempts int           `json:"attempts"`
	Next     time.Time     `json:"next"`             // not before
	Last     *Attempt      `json:"last,omitempty"`   // what the other server said
	Sent     *time.Time    `json:"sent,omitempty"`   //
	Report   *Report       `json:"report,omitempty"` // what came back about it, the latest
	Copy     string        `json:"copy,omitempty"`   // blob of what was sent; of agents' replies
	Claim    string        `json:"claim,omitempty"`  // replica that is sending it now
	Until    time.Time     `json:"until,omitzero"`   // when the claim lapses

	Rev int64 `json:"-"`
}

// Attempt is the outcome of one try.
type Attempt struct {
	At       time.Time `json:"at"`
	Relay    string    `json:"relay"`
	Code     int       `json:"code,omitempty"`     // SMTP, 0 if none came
	Enhanced string    `json:"enhanced,omitempty"` // RFC 3463
	Words    string    `json:"words,omitempty"`    // the other server's, cut
}

// Report is what a mail system said about a copy after it had been sent (RFC
// 3464, 5965, 8098). Only reports with a token of ours count.
type Report struct {
	At     time.Time `json:"at"`
	Class  Class     `json:"class"`            // bounce, delay, delivered, complaint or read receipt
	Fault  string    `json:"fault,omitempty"`  // of a bounce: hard, soft, block or unknown
	Status string    `json:"status,omitempty"` // RFC 3463
	Code   int       `json:"code,omitempty"`   // SMTP
	Words  string    `json:"words,omitempty"`  // the other server's, cut
	Entry  int       `json:"entry"`            // seq of the event that it became, where the ticket goes on
}

// Reported takes in what came back about the copy. A report of another kind does
// not undo a bounce: mail systems tell a delay before they give up, and a
// delivery of another address may be told after.
func (d *Delivery) Reported(r Report) {
	if d.State == Bounced && r.Class != ClassBounce {
		return
	}
	d.Report = &r
	if r.Class == ClassBounce && d.State == Sent {
		d.State = Bounced
	}
}
