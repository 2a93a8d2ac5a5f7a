package inbound

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// ruling is what a mail comes to, without the name of its row.
type ruling struct {
	Act    act
	Cause  helpdesk.Cause
	Hidden bool
	Event  bool
	Answer helpdesk.Purpose
}

// expected says the rules in plain order, apart from the table.
func expected(class helpdesk.Class, proof helpdesk.Proof, token helpdesk.Token, sender helpdesk.Sender) ruling {
	signed := token == helpdesk.TokenOwn || token == helpdesk.TokenOther || token == helpdesk.TokenMessage
	switch class {
	case helpdesk.ClassBounce, helpdesk.ClassDelay, helpdesk.ClassDelivered, helpdesk.ClassComplaint, helpdesk.ClassReadReceipt:
		if signed {
			return ruling{Act: toAppend, Hidden: true, Event: true}
		}
		return ruling{Act: toHold, Cause: helpdesk.UnmatchedReport}
	}
	switch {
	case sender == helpdesk.SenderNobody:
		return ruling{Act: toHold, Cause: helpdesk.NoSender}
	case sender == helpdesk.SenderAgent && proof != helpdesk.ProofPass:
		return ruling{Act: toHold, Cause: helpdesk.AgentUnproven}
	case proof == helpdesk.ProofFail:
		return ruling{Act: toHold, Cause: helpdesk.UnprovenSender}
	}
	agents := token == helpdesk.TokenAgentReply || token == helpdesk.TokenAgentNote || token == helpdesk.TokenAgentOther
	switch {
	case agents && class != helpdesk.ClassMessage:
		return ruling{Act: toAppend, Hidden: true, Event: true}
	case agents && proof != helpdesk.ProofPass:
		return ruling{Act: toHold, Cause: helpdesk.AgentUnproven}
	case token == helpdesk.TokenAgentReply && sender == helpdesk.SenderAgent:
		return ruling{Act: toAnswer}
	case token == helpdesk.TokenAgentNote && sender == helpdesk.SenderAgent:
		return ruling{Act: toNote}
	case agents:
		return ruling{Act: toHold, Cause: helpdesk.NotParticipant}
	case token == helpdesk.TokenForward && sender == helpdesk.SenderAgent && class == helpdesk.ClassMessage && proof == helpdesk.ProofPass:
		return ruling{Act: toForward}
	}
	if class != helpdesk.ClassMessage {
		if signed {
			return ruling{Act: toAppend, Hidden: true}
		}
		return ruling{Act: toOpen, Hidden: true}
	}
	names := token != helpdesk.TokenNone && token != helpdesk.TokenForward
	if proof == helpdesk.ProofPass {
		switch {
		case names && sender == helpdesk.SenderParticipant:
			return ruling{Act: toAppend}
		case signed:
			return ruling{Act: toHold, Cause: helpdesk.NotParticipant}
		}
		return ruling{Act: toOpen, Answer: helpdesk.Acknowledgement}
	}
	switch {
	case token == helpdesk.TokenOwn && sender == helpdesk.SenderParticipant:
		return ruling{Act: toAppend, Hidden: true}
	case names:
		return ruling{Act: toHold, Cause: helpdesk.UnprovenSender}
	}
	return ruling{Act: toOpen, Answer: helpdesk.Confirmation}
}

// covers: M02, P06, P09
func TestDecide(t *testing.T) {
	reached := map[string]bool{}
	for _, class := range []helpdesk.Class{helpdesk.ClassMessage, helpdesk.ClassAutomatic, helpdesk.ClassAutoReply, helpdesk.ClassOutOfOffice,
		helpdesk.ClassBounce, helpdesk.ClassDelay, helpdesk.ClassDelivered, helpdesk.ClassComplaint, helpdesk.ClassReadReceipt} {
		for _, proof := range []helpdesk.Proof{helpdesk.ProofPass, helpdesk.ProofNone, helpdesk.ProofFail} {
			for _, token := range []helpdesk.Token{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown, helpdesk.TokenNone,
				helpdesk.TokenAgentReply, helpdesk.TokenAgentNote, helpdesk.TokenAgentOther, helpdesk.TokenForward} {
				for _, sender := range []helpdesk.Sender{helpdesk.SenderParticipant, helpdesk.SenderStranger, helpdesk.SenderAgent, helpdesk.SenderNobody} {
					t.Run(string(class)+" "+string(proof)+" "+string(token)+" "+string(sender), func(t *testing.T) {
						c := &incoming{class: class, trust: helpdesk.Trust{Proof: proof}, token: token, sender: sender}
						c.decide()
						reached[c.verdict.name] = true
						got := ruling{c.verdict.act, c.verdict.cause, c.verdict.hidden, c.verdict.event, c.verdict.answer}
						if diff := cmp.Diff(expected(class, proof, token, sender), got); diff != "" {
							t.Errorf("row %s (-want +got):\n%s", c.verdict.name, diff)
						}
						invariants(t, c)
					})
				}
			}
		}
	}
	for _, r := range table {
		if !reached[r.name] {
			t.Errorf("no mail comes to the row %s", r.name)
		}
	}
	if len(reached) != len(table) {
		t.Errorf("%d names for %d rows", len(reached), len(table))
	}
}

// invariants hold whatever the rows say.
func invariants(t *testing.T, c *incoming) {
	t.Helper()
	v := c.verdict
	for _, rule := range []struct {
		words  string
		broken bool
	}{
		{"words that customers see on a known ticket come from a proven participant",
			v.act == toAppend && !v.hidden && (c.sender != helpdesk.SenderParticipant || c.trust.Proof != helpdesk.ProofPass)},
		{"words of an agent come from a proven agent, at an address of their own",
			(v.act == toAnswer || v.act == toNote || v.act == toForward) && (c.sender != helpdesk.SenderAgent || c.trust.Proof != helpdesk.ProofPass ||
				c.class != helpdesk.ClassMessage || v.act == toAnswer && c.token != helpdesk.TokenAgentReply)},
		{"what comes to an agent's address is no customer's word",
			(c.token == helpdesk.TokenAgentReply || c.token == helpdesk.TokenAgentNote || c.token == helpdesk.TokenAgentOther) && v.act == toAppend && !v.event},
		{"nothing is put on a ticket that was not named", v.act == toAppend && c.token == helpdesk.TokenNone},
		{"what a program sent is not answered", c.class != helpdesk.ClassMessage && v.answer != ""},
		{"what a program sent is not shown", c.class != helpdesk.ClassMessage && v.act != toHold && !v.hidden},
		{"words that failed their policy are held", c.trust.Proof == helpdesk.ProofFail && v.act != toHold && !v.event},
		{"words of nobody are held", c.sender == helpdesk.SenderNobody && v.act != toHold && !v.event},
		{"an unproven writer gets at most the fixed text", c.trust.Proof != helpdesk.ProofPass && v.answer != "" && v.answer != helpdesk.Confirmation},
		{"who claims to be an agent proves it", c.sender == helpdesk.SenderAgent && c.trust.Proof != helpdesk.ProofPass && v.act == toOpen},
		{"what is held says why", (v.act == toHold) != (v.cause != "")},
		{"only new tickets are answered", v.answer != "" && v.act != toOpen},
	} {
		if rule.broken {
			t.Errorf("row %s breaks: %s", v.name, rule.words)
		}
	}
}
