package inbound

import (
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// act is what is done with a mail.
type act int

const (
	toHold      act = iota // keep it back for an agent
	toAppend               // an entry of the ticket that the token names
	toJoin                 // the same, and its writer takes part from now on
	toOpen                 // a new ticket
	toFork                 // a new ticket that goes on from the one that the token names
	toAnswer               // an agent's public answer
	toNote                 // an agent's note
	toForward              // a new ticket for the customer whose mail an agent passes on
	toRefuse               // not taken; the writer is told by their own server, or the operator of an archive
	toForget               // taken, so that it does not come again, and not kept: what it is about was erased
	toRecall               // of the past: an entry of a ticket, and nobody is told
	toRecallNew            // of the past: a ticket of its own, and nobody is told
)

// rule is one row of the decision table. An empty list matches everything.
type rule struct {
	name   string
	class  []helpdesk.Class
	proof  []helpdesk.Proof
	token  []helpdesk.Token
	sender []helpdesk.Sender
	fact   fact // must hold; "" asks for none
	not    fact // must not hold

	act    act
	cause  helpdesk.Cause   // of toHold
	hidden bool             // customers do not see it before an agent says so
	event  bool             // it is about our mail, nobody's words
	answer helpdesk.Purpose // automatic mail to the writer; "" for none
	why    string           // it is not taken, of mail of the past
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

	// located are the tokens that we signed.
	located = tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage}

	// named are all that a participant may name their ticket by.
	named = tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown, helpdesk.TokenSibling, helpdesk.TokenSubject}

	// agentTokens are addresses that were issued to agents.
	agentTokens = tokens{helpdesk.TokenAgentReply, helpdesk.TokenAgentNote, helpdesk.TokenAgentOther}
)

// table is read from top to bottom; the first row that matches decides. The last
// row matches everything, so each mail has a row.
var table = []rule{
	// Mail that was fetched cannot be refused: what SMTP would turn away waits for
	// an agent.
	{name: "fetched-oversized", fact: oversized,
		act: toHold, cause: helpdesk.Oversized},
	{name: "fetched-unfetchable", fact: unfetchable,
		act: toHold, cause: helpdesk.Unfetchable},
	{name: "fetched-looping", fact: looping,
		act: toHold, cause: helpdesk.GoesRound},

	// What programs still have to say about what was erased must not bring it back.
	{name: "report-erased", class: reports, fact: erased,
		act: toForget},
	{name: "automatic-erased", class: unwritten, fact: erased,
		act: toForget},

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
	{name: "refused", proof: proofs{helpdesk.ProofFail}, fact: refusable,
		act: toRefuse},

	// Who is blocked is not heard, whatever proves them and whatever they answer.
	{name: "blocked", fact: blocked,
		act: toHold, cause: helpdesk.FromBlocked},

	{name: "failed", proof: proofs{helpdesk.ProofFail}, not: lenient,
		act: toHold, cause: helpdesk.UnprovenSender},

	// Agents by mail: the address says what they want, the proof that it is them.
	// Nobody else's words ever become ours.
	{name: "agent-answer", class: classes{helpdesk.ClassMessage}, proof: proofs{helpdesk.ProofPass}, token: tokens{helpdesk.TokenAgentReply},
		sender: senders{helpdesk.SenderAgent}, act: toAnswer},
	{name: "agent-note", class: classes{helpdesk.ClassMessage}, proof: proofs{helpdesk.ProofPass}, token: tokens{helpdesk.TokenAgentNote},
		sender: senders{helpdesk.SenderAgent}, act: toNote},
	{name: "agent-automatic", class: unwritten, token: agentTokens,
		act: toAppend, hidden: true, event: true},
	{name: "agent-address-unproven", proof: proofs{helpdesk.ProofNone, helpdesk.ProofFail}, token: agentTokens,
		act: toHold, cause: helpdesk.AgentUnproven},
	{name: "agent-address-other", token: agentTokens,
		act: toHold, cause: helpdesk.NotParticipant},
	{name: "agent-forward", class: classes{helpdesk.ClassMessage}, proof: proofs{helpdesk.ProofPass}, token: tokens{helpdesk.TokenForward},
		sender: senders{helpdesk.SenderAgent}, act: toForward},

	// Too much of it, or unwanted before.
	{name: "called-spam", fact: calledSpam,
		act: toHold, cause: helpdesk.CalledSpam},
	{name: "too-many", fact: tooMany,
		act: toHold, cause: helpdesk.TooMany},

	{name: "automatic-answer", class: unwritten,
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act:   toAppend, hidden: true},
	{name: "automatic-uninvited", class: unwritten, fact: uninvited,
		act: toHold, cause: helpdesk.NotInvited},
	{name: "automatic-new", class: unwritten,
		act: toOpen, hidden: true},

	// What people write.
	{name: "two-tickets", fact: torn,
		act: toHold, cause: helpdesk.TwoTickets},

	// Proven writers.
	{name: "proven-other-subject", proof: proofs{helpdesk.ProofPass}, sender: senders{helpdesk.SenderParticipant}, fact: renamed,
		token: named,
		act:   toFork, answer: helpdesk.Acknowledgement},
	{name: "proven-participant", proof: proofs{helpdesk.ProofPass}, sender: senders{helpdesk.SenderParticipant},
		token: named,
		act:   toAppend},
	{name: "proven-colleague", proof: proofs{helpdesk.ProofPass}, sender: senders{helpdesk.SenderCopied, helpdesk.SenderStranger}, fact: colleague,
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act:   toJoin},
	{name: "proven-copied", proof: proofs{helpdesk.ProofPass}, sender: senders{helpdesk.SenderCopied},
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act:   toHold, cause: helpdesk.NotParticipant},
	{name: "proven-stranger", proof: proofs{helpdesk.ProofPass},
		token: located,
		act:   toHold, cause: helpdesk.NotParticipant},
	{name: "proven-uninvited", proof: proofs{helpdesk.ProofPass}, fact: uninvited,
		act: toHold, cause: helpdesk.NotInvited},
	{name: "proven-new", proof: proofs{helpdesk.ProofPass},
		act: toOpen, answer: helpdesk.Acknowledgement},

	// Unproven writers.
	{name: "unproven-shown", token: tokens{helpdesk.TokenOwn}, sender: senders{helpdesk.SenderParticipant}, fact: shown,
		act: toAppend},
	{name: "unproven-own-address", token: tokens{helpdesk.TokenOwn}, sender: senders{helpdesk.SenderParticipant},
		act: toAppend, hidden: true},
	{name: "unproven-answer", token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act: toHold, cause: helpdesk.UnprovenSender},
	{name: "unproven-uninvited", fact: uninvited,
		act: toHold, cause: helpdesk.NotInvited},
	{name: "unproven-new",
		act: toOpen, answer: helpdesk.Confirmation},
}

// decide finds the row for the mail.
func (c *incoming) decide() {
	rules := table
	if c.past() {
		rules = pastTable // history.go
	}
	i := slices.IndexFunc(rules, func(r rule) bool {
		return matches(r.class, c.class) && matches(r.proof, c.trust.Proof) && matches(r.token, c.token) && matches(r.sender, c.sender) &&
			(r.fact == "" || c.facts[r.fact]) && (r.not == "" || !c.facts[r.not])
	})
	c.verdict = rules[i]
}

func matches[T comparable](any []T, one T) bool {
	return len(any) == 0 || slices.Contains(any, one)
}

// maxFaults is enough to see what kind of mail it is; the raw mail has the rest.
const maxFaults = 20

// recognition is the record of how it was decided.
func (c *incoming) recognition() *helpdesk.Recognition {
	r := &helpdesk.Recognition{
		Rule: c.verdict.name, Token: c.token, Sender: c.sender, Class: c.class, Trust: c.trust, Evidence: c.evidence, Flags: c.flags,
	}
	for _, f := range c.mail.Faults[:min(len(c.mail.Faults), maxFaults)] {
		r.Faults = append(r.Faults, f.String())
	}
	return r
}
