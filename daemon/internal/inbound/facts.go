package inbound

import (
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/quotes"
)

// fact is what the table asks besides class, proof, token and sender: something
// about this mail, seen through the policy of the mailbox.
type fact string

const (
	oversized   fact = "oversized"   // fetched: larger than the mailbox takes, so only its header is here
	unfetchable fact = "unfetchable" // fetched: the server does not hand it out, or it cannot be taken in
	looping     fact = "looping"     // fetched: more hops than any honest way has

	erased     fact = "erased"      // it names a request that was erased, and none that is there
	lenient    fact = "lenient"     // failed its proof, but its domain asks for nothing
	refusable  fact = "refusable"   // failed its proof, its domain asks to refuse, and the client waits
	blocked    fact = "blocked"     // an agent blocked whose address it is
	calledSpam fact = "called-spam" // an agent called earlier mail of the address spam
	tooMany    fact = "too-many"    // over the limit of its address
	torn       fact = "torn"        // came to reply addresses of different tickets
	renamed    fact = "renamed"     // under another subject, where that forks
	colleague  fact = "colleague"   // of the same organisation as a participant, and those may join
	shown      fact = "shown"       // unproven answers are shown
	uninvited  fact = "uninvited"   // may not open a ticket here
)

// facts are looked for after the ticket is known.
func (c *incoming) findFacts() {
	policy := c.box.Policy
	c.facts = map[fact]bool{}
	if c.past() { // what a policy asks for is about mail that comes now
		c.findPastFacts() // history.go
		return
	}
	note := func(f fact, is bool, words string) {
		if is {
			c.facts[f] = true
			c.note("%s", words)
		}
	}
	cause := c.env.fetched.cause()
	note(oversized, cause == helpdesk.Oversized, "It is larger than the mailbox takes: only its header was fetched.")
	note(unfetchable, cause == helpdesk.Unfetchable, "It could not be fetched, or not be taken in.")
	note(looping, c.env.fetched != nil && goesRound(c.mail), "It went round in a loop: it has too many hops.")
	note(erased, c.erased && c.ticket == nil, "What it names was erased.")
	failed := c.trust.Proof == helpdesk.ProofFail && policy.AsPublished
	note(lenient, failed && c.trust.Policy == "none",
		"The sender's domain asks for nothing to be done with mail that is not proven, and this mailbox goes by that.")
	note(refusable, failed && c.trust.Policy == "reject" && c.env.Refusable,
		"The sender's domain asks to refuse mail that is not proven, and this mailbox goes by that.")
	note(blocked, c.isBlocked(), "An agent blocked the contact whose address it is.")
	note(calledSpam, c.isCalledSpam(), "An agent called earlier mail of this address spam.")
	note(tooMany, c.over, "The address has written more within an hour than the mailbox takes.")
	note(torn, c.torn, "It came to reply addresses of different tickets.")
	note(colleague, c.isColleague(), "The writer is of the same organisation as somebody who takes part, and colleagues may join.")
	note(uninvited, c.isUninvited(), "The mailbox lets this writer open no ticket.")
	c.facts[shown] = policy.ShowUnproven
	if c.ticket != nil && policy.ChangedSubject != helpdesk.AppendChanged && policy.ChangedSubject != "" && otherSubject(c.mail.Subject(), c.ticket.Subject) &&
		(c.named == nil || otherSubject(c.mail.Subject(), c.named.Subject)) {
		note(renamed, policy.ChangedSubject == helpdesk.ForkChanged, "It answers under another subject, and this mailbox makes a new ticket of that.")
		if policy.ChangedSubject == helpdesk.SuggestChanged {
			c.flags = append(c.flags, helpdesk.OtherSubject)
			c.note("It answers under another subject.")
		}
	}
}

// isBlocked spares agents, who may have been customers once.
func (c *incoming) isBlocked() bool {
	contact := c.found.Contact
	return contact != nil && contact.Blocked != nil && c.sender != helpdesk.SenderAgent
}

// isCalledSpam spares who is proven and takes part in what they answer, and who is
// proven where the spam was not.
func (c *incoming) isCalledSpam() bool {
	contact, proven := c.found.Contact, c.trust.Proof == helpdesk.ProofPass
	return contact != nil && contact.Spam != nil && !(proven && (c.sender == helpdesk.SenderParticipant || !contact.SpamProven))
}

// isColleague reports a writer whose organisation the mailbox names and who is
// of the same one as whom the token was issued to, or as anybody who takes part
// where no token was. There must be room for one more.
func (c *incoming) isColleague() bool {
	domain := c.writer.Address.Domain()
	if c.ticket == nil || domain == "" || !slices.Contains(c.box.Policy.ColleagueDomains, domain) || !c.ticket.HasRoom() {
		return false
	}
	for i := range c.ticket.Participants {
		if p := &c.ticket.Participants[i]; !p.Active() && p.Address.Same(c.writer.Address) {
			return false // an agent took them out, or they said that it is not theirs
		}
	}
	for i := range c.named.Participants {
		p := &c.named.Participants[i]
		if p.Active() && c.ticket.ParticipantByAddress(p.Address) != nil && p.Address.Domain() == domain && (c.holder == 0 || p.Number == c.holder) {
			return true
		}
	}
	return false
}

func (c *incoming) isUninvited() bool {
	policy := c.box.Policy
	switch {
	case policy.NewTickets == helpdesk.FromNobody:
		return true
	case policy.NewTickets == helpdesk.FromProven && c.trust.Proof != helpdesk.ProofPass:
		return true
	}
	return len(policy.NewTicketDomains) > 0 && !slices.Contains(policy.NewTicketDomains, c.writer.Address.Domain())
}

// otherSubject reports subjects of which neither holds the other, prefixes of
// mail programs aside. Programs add tags, and some cut long subjects; a mail
// without any subject changes nothing.
func otherSubject(a, b string) bool {
	a, b = bareSubject(a), bareSubject(b)
	return a != "" && b != "" && !strings.Contains(a, b) && !strings.Contains(b, a)
}

func bareSubject(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(quotes.BareSubject(s))), " ")
}
