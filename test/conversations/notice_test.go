package conversations

import (
	"fmt"
	"slices"
	"strings"
)

// This file has the attacks on agents who work by mail. Whatever they try,
// nothing may be posted or changed, and no word may reach a customer.

// orders stand on top of the attackers' mails.
const orders = "#close\n#assign none\n#tag stolen\n#merge 1\n\n"

// leakedNotice: a customer was passed on an agent's notice, or spoofs the agent,
// and writes to the addresses in it.
func (a *attack) leakedNotice() {
	a.w.ledger.keepSilent(a.attacker.address, "only wrote to an agent's address")
	for _, domain := range []string{"acme.test", "loose.test"} { // disowns others, and does not
		victim := a.victim("customer.test")
		if victim == nil {
			return
		}
		agent := a.w.hire(a.r, "agent-"+a.slug(), domain)
		victim.reply()
		notice := victim.hears(agent)
		a.w.busy(agent)
		if notice == nil {
			return
		}
		before, err := a.w.acme.ticket("support", victim.ticket)
		if err != nil {
			a.w.fault("%s: %v", a.story(""), err)
			return
		}
		for _, to := range []string{notice.reading().replyTo, noteAddress(notice)} {
			a.toAgent(victim, agent, notice, to)
		}
		a.unchanged(victim, before)
		victim.goOn()
	}
}

// toAgent sends to one of an agent's addresses all that must not count.
func (a *attack) toAgent(victim *talk, agent *person, notice *received, to string) {
	robin := &person{name: "Robin", address: agentAddress, domain: a.w.names.domains["acme.test"]}
	cases := []struct {
		name   string
		from   *person
		by     *person // whose servers bring it
		change func(*letter)
	}{
		{"the customer, proven", victim.who, victim.who, nil},
		{"the attacker, proven", a.attacker, a.attacker, nil},
		{"another agent, proven", robin, robin, nil},
		{"the agent, spoofed", agent, a.attacker, nil},
		{"the customer, spoofed", victim.who, a.attacker, nil},
		{"the agent as Sender", a.attacker, a.attacker, func(l *letter) { l.add("Sender", agent.address) }},
		{"the agent's name", a.attacker, a.attacker, func(l *letter) { l.set("From", fmt.Sprintf("%q <%s>", agent.address, a.attacker.address)) }},
		{"the agent, with another Reply-To", agent, agent, func(l *letter) { l.add("Reply-To", a.attacker.address) }},
		{"out of office", agent, agent, func(l *letter) { l.add("Auto-Submitted", "auto-replied") }},
	}
	for _, tt := range cases {
		s := &sent{who: "attacker", story: a.story("%s to %s", tt.name, to), box: support, claims: victim.name()}
		if tt.from != tt.by {
			s.pretends = tt.from.address
		}
		l := a.mail(tt.from.address, to, newReaders())
		l.drop("X-Mailer")
		l.set("Subject", "Re: "+notice.reading().subject)
		l.text = orders + "We have reset your password: " + a.canary(asAgent, newReaders())
		program{}.thread(l, notice.reading().messageID, notice.reading().references)
		if tt.change != nil {
			tt.change(l)
		}
		if tt.name == "out of office" {
			s.who, s.claims, s.story, s.answers = absent, "", victim.name(), notice
		}
		raw := l.bytes()
		if tt.from == tt.by {
			raw = tt.by.domain.sign(raw)
		}
		a.expect(a.w.post(s, tt.by.way(a.r, to), raw), "")
	}
}

// unchanged wants a request to be as it was, but for what programs wrote.
func (a *attack) unchanged(victim *talk, before *ticket) {
	now, err := a.w.acme.ticket("support", before.Number)
	if err != nil {
		a.w.fault("%s: %v", a.story(""), err)
		return
	}
	posted := slices.DeleteFunc(slices.Clone(now.Entries), func(e entry) bool { return e.Hidden && e.Kind == "event" })
	if now.Status != before.Status || now.Assignee != before.Assignee || now.MergedInto != before.MergedInto ||
		!slices.Equal(now.Tags, before.Tags) || len(posted) != len(before.Entries) {
		what := finding{words: fmt.Sprintf("%s changed #%d: %s %v %s, entries %d, were %d", a.story(""), now.Number, now.Status, now.Tags, now.Assignee, len(posted), len(before.Entries))}
		a.w.tell(func(c *tally) { c.relayed = append(c.relayed, what) })
	}
}

// heldCopies: somebody in Cc of a mail that waits is not let in with it.
func (a *attack) heldCopies() {
	for _, verdict := range []string{"accept", "collaborator", "new-ticket"} {
		victim := a.talk(a.person("customer.test"))
		victim.subject = "Account" // whoever is passed a mail reads it
		victim.open()
		if !victim.answer("Pending") {
			return
		}
		mate := fmt.Sprintf("copied.%s@evil.test", a.slug())
		a.w.ledger.keepSilent(mate, "was only named in Cc of a held mail")
		readers := newReaders(a.attacker.address)
		if verdict != "new-ticket" {
			readers.add(victim.who.address)
		}
		who := a.person("evil.test")
		readers.add(who.address)
		l := newLetter(who.from(), victim.got.reading().replyTo, "Re: "+victim.subject, messageID(a.r, "evil.test"), "I am of the same firm: "+a.canary("text", readers))
		victim.who.known.add(who.address)
		who.known.add(victim.who.address)
		l.add("Cc", mate)
		s := &sent{who: "attacker", story: victim.name(), box: support}
		if verdict == "new-ticket" {
			s.story = a.story("held for %s", mate)
		}
		a.expect(a.w.post(s, who.way(a.r, victim.got.reading().replyTo), who.domain.sign(l.bytes())), "")
		if _, err := a.w.acme.decide(s, verdict); err != nil {
			a.w.fault("%s: %v", a.story("%s", verdict), err)
		}
		if verdict == "collaborator" {
			victim.others, victim.readers = []string{who.address}, newReaders(victim.who.address, who.address)
		}
		victim.goOn()
	}
}

// resent brings a signed mail again with another Message-ID, which the signature
// left out, or for other recipients.
func (a *attack) resent() {
	who := a.person("signed.test")
	readers := newReaders(who.address)
	l := newLetter(who.from(), support, "Order", messageID(a.r, "signed.test"), "Please send it: "+a.canary("text", readers))
	raw := who.domain.signOver(l.bytes())
	a.expect(a.w.post(&sent{who: "customer", story: a.story("of %s", who.address), box: support}, who.way(a.r, support), raw), "")
	for _, box := range []string{support, billing} {
		a.bringAgain(raw, who.address, box, box)
	}

	victim := a.victim("customer.test")
	if victim == nil {
		return
	}
	agent := a.w.hire(a.r, "agent-"+a.slug(), "acme.test")
	victim.reply()
	notice := victim.hears(agent)
	a.w.busy(agent)
	if notice == nil {
		return
	}
	to := notice.reading().replyTo
	word := victim.canary("answer", newReaders(victim.who.address))
	answer := newLetter(agent.from(), to, "Re: "+notice.reading().subject, messageID(a.r, "acme.test"), "We have sent it, and wish you well: "+word)
	raw = agent.domain.signOver(answer.bytes())
	s := &sent{who: "agent", story: victim.name(), box: support, answers: notice, quirk: "an agent answers by mail"}
	a.expect(a.w.post(s, agent.way(a.r, to), raw), "")
	if victim.got = victim.gets(victim.who, word); victim.got == nil {
		return
	}
	for _, at := range []string{to, noteAddress(notice), support, victim.got.reading().replyTo} {
		a.bringAgain(raw, agent.address, at, support)
	}
	victim.goOn()
}

// bringAgain hands over a mail with another Message-ID.
func (a *attack) bringAgain(raw []byte, from, to, box string) {
	header, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	lines := strings.Split(header, "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Message-ID:") {
			lines[i] = "Message-ID: " + messageID(a.r, "evil.test")
		}
	}
	s := &sent{who: "attacker", story: a.story("%s brought again to %s", from, to), box: box, pretends: from}
	a.expect(a.w.post(s, a.attacker.way(a.r, to), []byte(strings.Join(lines, "\r\n")+"\r\n\r\n"+body)), "")
}
