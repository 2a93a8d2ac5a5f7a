package inbound

import (
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// act is what is done with a mail.
type act int

const (
	toHold    act = iota // keep it back for an agent
	toAppend             // an entry of the ticket that the token names
	toOpen               // a new ticket
	toAnswer             // an agent's public answer
	toNote               // an agent's note
	toForward            // a new ticket for the customer whose mail an agent passes on
)

// rule is one row of the decision table. An empty list matches everything.
type rule struct {
	name   string
	class  []helpdesk.Class
	proof  []helpdesk.Proof
	token  []helpdesk.Token
	sender []helpdesk.Sender

	act    act
	cause  helpdesk.Cause   // of toHold
	hidden bool             // customers do not see it before an agent says so
	event  bool             // it is about our mail, nobody's words
	answer helpdesk.Purpose // automatic mail to the writer; "" for none
}

type (
	classes = []helpdesk.Class
	proofs  = []helpdesk.Proof
	tokens  = []helpdesk.Token
	senders = []helpdesk.Sender
)

var (
	// reports are about mail of ours, and nobody's words.
	reports = classes{helpdesk.ClassBounce, helpdesk.ClassDelay, helpdesk.ClassDelivered, helpdesk.ClassComplaint, helpdesk.ClassReadReceipt}

	// unwritten is what programs write in the place of people.
	unwritten = classes{helpdesk.ClassAutomatic, helpdesk.ClassAutoReply, helpdesk.ClassOutOfOffice}

	// agentTokens are addresses that were issued to agents.
	agentTokens = tokens{helpdesk.TokenAgentReply, helpdesk.TokenAgentNote, helpdesk.TokenAgentOther}
)

// table is read from top to bottom; the first row that matches decides. The last
// row matches everything, so each mail has a row.
var table = []rule{
	// What programs send never counts as anybody's word.
	{name: "report-matched", class: reports,
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage},
		act:   toAppend, hidden: true, event: true},
	{name: "report-unmatched", class: reports,
		act: toHold, cause: helpdesk.UnmatchedReport},

	// Nobody to believe, and nobody to answer.
	{name: "no-sender", sender: senders{helpdesk.SenderNobody},
		act: toHold, cause: helpdesk.NoSender},

	// Whoever claims to be an agent has to prove it: their words would be ours.
	{name: "agent-unproven", proof: proofs{helpdesk.ProofNone, helpdesk.ProofFail}, sender: senders{helpdesk.SenderAgent},
		act: toHold, cause: helpdesk.AgentUnproven},
	{name: "failed", proof: proofs{helpdesk.ProofFail},
		act: toHold, cause: helpdesk.UnprovenSender},

	// Agents by mail: the address says what they want, the proof that it is them.
	// Nobody else's words ever become ours.
	{name: "agent-answer", class: classes{helpdesk.ClassMessage}, proof: proofs{helpdesk.ProofPass}, token: tokens{helpdesk.TokenAgentReply},
		sender: senders{helpdesk.SenderAgent}, act: toAnswer},
	{name: "agent-note", class: classes{helpdesk.ClassMessage}, proof: proofs{helpdesk.ProofPass}, token: tokens{helpdesk.TokenAgentNote},
		sender: senders{helpdesk.SenderAgent}, act: toNote},
	{name: "agent-automatic", class: unwritten, token: agentTokens,
		act: toAppend, hidden: true, event: true},
	{name: "agent-address-unproven", proof: proofs{helpdesk.ProofNone}, token: agentTokens,
		act: toHold, cause: helpdesk.AgentUnproven},
	{name: "agent-address-other", token: agentTokens,
		act: toHold, cause: helpdesk.NotParticipant},
	{name: "agent-forward", class: classes{helpdesk.ClassMessage}, proof: proofs{helpdesk.ProofPass}, token: tokens{helpdesk.TokenForward},
		sender: senders{helpdesk.SenderAgent}, act: toForward},

	{name: "automatic-answer", class: unwritten,
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage},
		act:   toAppend, hidden: true},
	{name: "automatic-new", class: unwritten,
		act: toOpen, hidden: true},

	// Proven writers.
	{name: "proven-participant", proof: proofs{helpdesk.ProofPass}, sender: senders{helpdesk.SenderParticipant},
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act:   toAppend},
	{name: "proven-stranger", proof: proofs{helpdesk.ProofPass},
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage},
		act:   toHold, cause: helpdesk.NotParticipant},
	{name: "proven-new", proof: proofs{helpdesk.ProofPass},
		act: toOpen, answer: helpdesk.Acknowledgement},

	// Unproven writers.
	{name: "unproven-own-address", token: tokens{helpdesk.TokenOwn}, sender: senders{helpdesk.SenderParticipant},
		act: toAppend, hidden: true},
	{name: "unproven-answer", token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act: toHold, cause: helpdesk.UnprovenSender},
	{name: "unproven-new",
		act: toOpen, answer: helpdesk.Confirmation},
}

// decide finds the row for the mail.
func (c *incoming) decide() {
	i := slices.IndexFunc(table, func(r rule) bool {
		return matches(r.class, c.class) && matches(r.proof, c.trust.Proof) && matches(r.token, c.token) && matches(r.sender, c.sender)
	})
	c.verdict = table[i]
}

func matches[T comparable](any []T, one T) bool {
	return len(any) == 0 || slices.Contains(any, one)
}

// maxFaults is enough to see what kind of mail it is; the raw mail has the rest.
const maxFaults = 20

// recognition is the record of how it was decided.
func (c *incoming) recognition() *helpdesk.Recognition {
	r := &helpdesk.Recognition{
		Rule: c.verdict.name, Token: c.token, Sender: c.sender, Class: c.class, Trust: c.trust, Evidence: c.evidence,
	}
	for _, f := range c.mail.Faults[:min(len(c.mail.Faults), maxFaults)] {
		r.Faults = append(r.Faults, f.String())
	}
	return r
}
