package inbound

import (
	"fmt"
	"slices"
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

// situation is what a ruling hangs on.
type situation struct {
	class  helpdesk.Class
	proof  helpdesk.Proof
	token  helpdesk.Token
	sender helpdesk.Sender
	facts  []fact
}

func (s situation) is(f fact) bool { return slices.Contains(s.facts, f) }

func (s situation) String() string {
	return fmt.Sprintf("%s %s %s %s %v", s.class, s.proof, s.token, s.sender, s.facts)
}

func hold(cause helpdesk.Cause) ruling { return ruling{Act: toHold, Cause: cause} }

// expected says the rules in plain order, apart from the table.
func expected(s situation) ruling {
	signed := s.token == helpdesk.TokenOwn || s.token == helpdesk.TokenOther || s.token == helpdesk.TokenMessage
	switch { // what was fetched and SMTP would turn away, whatever it is
	case s.is(oversized):
		return hold(helpdesk.Oversized)
	case s.is(unfetchable):
		return hold(helpdesk.Unfetchable)
	case s.is(looping):
		return hold(helpdesk.GoesRound)
	}
	if s.is(erased) && s.class != helpdesk.ClassMessage {
		return ruling{Act: toForget}
	}
	switch s.class {
	case helpdesk.ClassBounce, helpdesk.ClassDelay, helpdesk.ClassDelivered, helpdesk.ClassComplaint, helpdesk.ClassReadReceipt:
		if signed {
			return ruling{Act: toAppend, Hidden: true, Event: true}
		}
		return hold(helpdesk.UnmatchedReport)
	}
	switch {
	case s.sender == helpdesk.SenderNobody:
		return hold(helpdesk.NoSender)
	case s.sender == helpdesk.SenderAgent && s.proof != helpdesk.ProofPass:
		return hold(helpdesk.AgentUnproven)
	case s.proof == helpdesk.ProofFail && s.is(refusable):
		return ruling{Act: toRefuse}
	case s.is(blocked):
		return hold(helpdesk.FromBlocked)
	case s.proof == helpdesk.ProofFail && !s.is(lenient):
		return hold(helpdesk.UnprovenSender)
	}
	if agents, ruled := expectedOfAgents(s); ruled {
		return agents
	}
	switch {
	case s.is(calledSpam):
		return hold(helpdesk.CalledSpam)
	case s.is(tooMany):
		return hold(helpdesk.TooMany)
	}
	if s.class != helpdesk.ClassMessage {
		switch {
		case signed, s.token == helpdesk.TokenKnown:
			return ruling{Act: toAppend, Hidden: true}
		case s.is(uninvited):
			return hold(helpdesk.NotInvited)
		}
		return ruling{Act: toOpen, Hidden: true}
	}
	if s.is(torn) {
		return hold(helpdesk.TwoTickets)
	}
	if s.proof == helpdesk.ProofPass {
		return expectedProven(s, signed)
	}
	return expectedUnproven(s, signed)
}

// expectedOfAgents rules what comes to the address of an agent, and what an agent
// passes on.
func expectedOfAgents(s situation) (ruling, bool) {
	proven, person := s.proof == helpdesk.ProofPass, s.class == helpdesk.ClassMessage
	switch s.token {
	case helpdesk.TokenForward:
		return ruling{Act: toForward}, s.sender == helpdesk.SenderAgent && person && proven
	case helpdesk.TokenAgentReply, helpdesk.TokenAgentNote, helpdesk.TokenAgentOther:
	default:
		return ruling{}, false
	}
	switch {
	case !person:
		return ruling{Act: toAppend, Hidden: true, Event: true}, true
	case !proven:
		return hold(helpdesk.AgentUnproven), true
	case s.token == helpdesk.TokenAgentReply && s.sender == helpdesk.SenderAgent:
		return ruling{Act: toAnswer}, true
	case s.token == helpdesk.TokenAgentNote && s.sender == helpdesk.SenderAgent:
		return ruling{Act: toNote}, true
	}
	return hold(helpdesk.NotParticipant), true
}

func expectedProven(s situation, signed bool) ruling {
	outsider := s.sender == helpdesk.SenderStranger || s.sender == helpdesk.SenderCopied
	answers := signed || s.token == helpdesk.TokenKnown
	names := s.token != helpdesk.TokenNone && s.token != helpdesk.TokenForward
	switch {
	case s.sender == helpdesk.SenderParticipant && names && s.is(renamed):
		return ruling{Act: toFork, Answer: helpdesk.Acknowledgement}
	case s.sender == helpdesk.SenderParticipant && names:
		return ruling{Act: toAppend}
	case outsider && answers && s.is(colleague):
		return ruling{Act: toJoin}
	case s.sender == helpdesk.SenderCopied && answers, signed:
		return hold(helpdesk.NotParticipant)
	case s.is(uninvited):
		return hold(helpdesk.NotInvited)
	}
	return ruling{Act: toOpen, Answer: helpdesk.Acknowledgement}
}

func expectedUnproven(s situation, signed bool) ruling {
	switch {
	case s.token == helpdesk.TokenOwn && s.sender == helpdesk.SenderParticipant:
		return ruling{Act: toAppend, Hidden: !s.is(shown)}
	case signed || s.token == helpdesk.TokenKnown:
		return hold(helpdesk.UnprovenSender)
	case s.is(uninvited):
		return hold(helpdesk.NotInvited)
	}
	return ruling{Act: toOpen, Answer: helpdesk.Confirmation}
}

// situations are the cross product of all that a mail may be, under each policy
// that bears on it: each fact alone, and pairs of which one must win.
func situations(see func(situation)) {
	policies := [][]fact{
		nil, {lenient}, {refusable}, {calledSpam}, {tooMany}, {torn}, {renamed}, {colleague}, {shown}, {uninvited},
		{lenient, shown}, {lenient, uninvited}, {colleague, renamed}, {torn, colleague}, {uninvited, shown}, {uninvited, tooMany}, {calledSpam, refusable},
		{erased}, {erased, looping}, {erased, blocked}, {blocked}, {blocked, lenient}, {blocked, colleague}, {blocked, calledSpam}, {blocked, refusable},
		{oversized}, {unfetchable}, {looping}, {oversized, refusable}, {looping, shown},
	}
	for _, class := range []helpdesk.Class{helpdesk.ClassMessage, helpdesk.ClassAutomatic, helpdesk.ClassAutoReply, helpdesk.ClassOutOfOffice,
		helpdesk.ClassBounce, helpdesk.ClassDelay, helpdesk.ClassDelivered, helpdesk.ClassComplaint, helpdesk.ClassReadReceipt} {
		for _, proof := range []helpdesk.Proof{helpdesk.ProofPass, helpdesk.ProofNone, helpdesk.ProofFail} {
			for _, token := range helpdesk.Tokens {
				for _, sender := range helpdesk.Senders {
					for _, facts := range policies {
						see(situation{class, proof, token, sender, facts})
					}
				}
			}
		}
	}
}

// covers: M02, P06, P09
func TestDecide(t *testing.T) {
	reached := map[string]bool{}
	count := 0
	situations(func(s situation) {
		count++
		c := &incoming{class: s.class, trust: helpdesk.Trust{Proof: s.proof}, token: s.token, sender: s.sender, facts: map[fact]bool{}}
		for _, f := range s.facts {
			c.facts[f] = true
		}
		c.decide()
		reached[c.verdict.name] = true
		got := ruling{c.verdict.act, c.verdict.cause, c.verdict.hidden, c.verdict.event, c.verdict.answer}
		if diff := cmp.Diff(expected(s), got); diff != "" {
			t.Errorf("%v comes to row %s (-want +got):\n%s", s, c.verdict.name, diff)
		}
		invariants(t, s, c)
	})
	for _, r := range table {
		if !reached[r.name] {
			t.Errorf("no mail comes to the row %s", r.name)
		}
	}
	if len(reached) != len(table) {
		t.Errorf("%d names for %d rows", len(reached), len(table))
	}
	if count < 700 {
		t.Errorf("%d situations, want the cross product", count)
	}
}

// invariants hold whatever the rows say.
func invariants(t *testing.T, s situation, c *incoming) {
	t.Helper()
	v := c.verdict
	joins := v.act == toAppend || v.act == toJoin
	opens := v.act == toOpen || v.act == toFork
	quiet := v.act == toHold || v.act == toForget // shown to no customer
	for _, rule := range []struct {
		words  string
		broken bool
	}{
		{"words that customers see on a known ticket come from a proven participant, unless a policy says otherwise",
			joins && !v.hidden && (c.sender != helpdesk.SenderParticipant && !s.is(colleague) || c.trust.Proof != helpdesk.ProofPass && !s.is(shown))},
		{"who is not proven takes no part", v.act == toJoin && c.trust.Proof != helpdesk.ProofPass},
		{"nothing is put on a ticket that was not named", joins && c.token == helpdesk.TokenNone},
		{"weak evidence joins only what a proven participant writes",
			joins && (c.token == helpdesk.TokenSubject || c.token == helpdesk.TokenSibling) && (c.sender != helpdesk.SenderParticipant || c.trust.Proof != helpdesk.ProofPass)},
		{"what a program sent is not answered", c.class != helpdesk.ClassMessage && v.answer != ""},
		{"what a person wrote is never forgotten", v.act == toForget && c.class == helpdesk.ClassMessage},
		{"what a program sent is not shown", c.class != helpdesk.ClassMessage && !quiet && v.act != toRefuse && !v.hidden},
		{"words that failed their policy are held or refused, unless that policy asks for nothing",
			c.trust.Proof == helpdesk.ProofFail && !quiet && v.act != toRefuse && !v.event && !s.is(lenient)},
		{"words of nobody are held", c.sender == helpdesk.SenderNobody && !quiet && !v.event},
		{"an unproven writer gets at most the fixed text", c.trust.Proof != helpdesk.ProofPass && v.answer != "" && v.answer != helpdesk.Confirmation},
		{"who claims to be an agent proves it", c.sender == helpdesk.SenderAgent && c.trust.Proof != helpdesk.ProofPass && !quiet && !v.event},
		{"what is held says why", (v.act == toHold) != (v.cause != "")},
		{"only new tickets are answered", v.answer != "" && !opens},
		{"only mail that failed is refused", v.act == toRefuse && (c.trust.Proof != helpdesk.ProofFail || !s.is(refusable))},
		{"who is blocked is heard nowhere", s.is(blocked) && !quiet && v.act != toRefuse && !v.event},
		{"who may open no ticket opens none", opens && v.act != toFork && s.is(uninvited)},
	} {
		if rule.broken {
			t.Errorf("%v, row %s breaks: %s", s, v.name, rule.words)
		}
	}
}
