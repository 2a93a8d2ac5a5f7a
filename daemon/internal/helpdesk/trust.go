package helpdesk

// Proof is what was proven about the writer of a mail.
type Proof string

// The three values of research on mail authentication: PASS is an aligned SPF
// or DKIM pass, or a relay that the operator named; FAIL is a published DMARC
// policy that was not met; NONE is everything else.
const (
	ProofPass Proof = "pass"
	ProofNone Proof = "none"
	ProofFail Proof = "fail"

	// ProofImported is of mail from an archive that the operator vouches for. It is
	// no proof of an address: DNS of today says nothing about mail of years ago, and
	// an archive can hold forged mail.
	ProofImported Proof = "imported"
)

// Trust is the verdict on a mail's writer, with what it rests on.
type Trust struct {
	Proof   Proof    `json:"proof"`
	Reasons []string `json:"reasons,omitempty"` // one plain sentence each
	// Policy is what the domain of the writer publishes for mail that fails: none,
	// quarantine or reject. It is set only with ProofFail.
	Policy string `json:"policy,omitempty"`
}

// Token says what a mail carried to name its ticket. A token locates; it never
// proves who writes.
type Token string

const (
	TokenOwn     Token = "own"     // a reply address issued to this very sender
	TokenOther   Token = "other"   // a reply address issued to another participant
	TokenMessage Token = "message" // our own signed Message-ID
	TokenKnown   Token = "known"   // the Message-ID of a mail we took in before
	TokenSibling Token = "sibling" // a Message-ID that we never saw, but that another mail named too
	TokenSubject Token = "subject" // the number in the subject
	TokenNone    Token = "none"

	TokenAgentReply Token = "agent-reply" // the address for answers that was issued to this very agent
	TokenAgentNote  Token = "agent-note"  // the address for notes that was issued to this very agent
	TokenAgentOther Token = "agent-other" // an address that was issued to an agent, and not to this sender
	TokenForward    Token = "forward"     // nothing of ours; an agent passes on the mail of a customer
)

// Tokens are all of them.
var Tokens = []Token{TokenOwn, TokenOther, TokenMessage, TokenKnown, TokenSibling, TokenSubject, TokenNone,
	TokenAgentReply, TokenAgentNote, TokenAgentOther, TokenForward}

// Sender says who the From address is to the ticket that the token names.
type Sender string

const (
	SenderParticipant Sender = "participant"
	SenderCopied      Sender = "copied" // was copied on a mail of the ticket, and takes no part
	SenderStranger    Sender = "stranger"
	SenderAgent       Sender = "agent" // the address belongs to an agent of the account
	SenderNobody      Sender = "nobody"
)

// Senders are all of them.
var Senders = []Sender{SenderParticipant, SenderCopied, SenderStranger, SenderAgent, SenderNobody}

// Class is what kind of mail it is (RFC 3834, 3464, 8098, 5965).
type Class string

const (
	ClassMessage     Class = "message"
	ClassAutomatic   Class = "automatic" // list, newsletter, notification: no person wrote it to us
	ClassAutoReply   Class = "auto_reply"
	ClassOutOfOffice Class = "out_of_office"
	ClassBounce      Class = "bounce" // a delivery that failed, or anything else from the null sender
	ClassDelay       Class = "delay"
	ClassDelivered   Class = "delivered"
	ClassComplaint   Class = "complaint"
	ClassReadReceipt Class = "read_receipt"
)

// Recognition records how a mail found its place, for agents and for
// `postern explain`.
type Recognition struct {
	Rule     string   `json:"rule"`               // the row of the decision table
	Token    Token    `json:"token"`              //
	Sender   Sender   `json:"sender"`             //
	Class    Class    `json:"class"`              //
	Trust    Trust    `json:"trust"`              //
	Evidence []string `json:"evidence,omitempty"` // one plain sentence each
	Faults   []string `json:"faults,omitempty"`   // what had to be repaired while reading
	Flags    []Flag   `json:"flags,omitempty"`    // what an agent should look at
}

// Flag asks an agent to look twice.
type Flag string

const (
	// SameMessageID: another mail with this Message-ID and other words was taken
	// in. One of the two may have been sent to displace the other.
	SameMessageID Flag = "same-message-id"
	// OtherSubject: an answer under another subject, which may be another matter.
	OtherSubject Flag = "other-subject"
	// LowConfidence: nothing but a mail that we never saw joins it to the ticket.
	LowConfidence Flag = "low-confidence"
)

// Flags are all of them.
var Flags = []Flag{SameMessageID, OtherSubject, LowConfidence}
