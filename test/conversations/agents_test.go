package conversations

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
)

// This file has the conversations in which an agent works by mail.

// hire makes an agent who is mailed what nobody has taken. Agents take up where
// few others are mailed, since each gets so many notices an hour.
func (w *world) hire(r *rand.Rand, local, domain string) *person {
	agent := &person{name: "Mara Mail", address: local + "@" + domain, domain: w.names.domains[domain]}
	in := map[string]string{"name": agent.name, "address": agent.address, "mail": "all", "password": fmt.Sprintf("%x%x", r.Uint64(), r.Uint64())}
	w.ledger.mu.Lock()
	w.ledger.agents[agent.address] = "acme.test"
	w.ledger.mu.Unlock()
	if err := w.acme.order("/accounts/support/agents", in, &struct{}{}); err != nil {
		w.fault("an agent was not taken: %v", err)
	}
	return agent
}

// busy is an agent who is mailed only what they follow from now on.
func (w *world) busy(agent *person) {
	if err := w.acme.order("/accounts/support/agents/"+agent.address, map[string]string{"mail": "mine"}, &struct{}{}); err != nil {
		w.fault("an agent could not choose their mail: %v", err)
	}
}

// hears waits for the notice of what the customer wrote last.
func (t *talk) hears(agent *person) *received {
	m := t.w.sink.wait(agent.address, t.said)
	if m == nil {
		t.w.fault("%s: the agent %s was not told of %s", t.name(), agent.address, t.said)
	}
	return m
}

// agentByMail: notes, answers and commands come by mail, with the notices quoted.
func (t *talk) agentByMail() {
	t.program = program{subject: "Re", quote: t.program.quote}
	agent := t.w.hire(t.r, fmt.Sprintf("mara%d", t.n), "acme.test")
	t.open()
	notice := t.hears(agent)
	t.w.busy(agent)
	for _, words := range []string{"Thank you for writing. We have seen to %s now.", "The parcel left us this morning, with the number %s."}[:1+t.r.IntN(2)] {
		if notice == nil || !t.answerByMail(agent, notice, words) {
			return
		}
		t.reply()
		notice = t.hears(agent)
	}
}

var mailtoNote = regexp.MustCompile(`mailto:([^>\s]+)>`)

// noteAddress is where an agent writes what customers must not read.
func noteAddress(notice *received) string {
	if m := mailtoNote.FindStringSubmatch(notice.reading().text); m != nil {
		return m[1]
	}
	return ""
}

// answerByMail sends a note and an answer. The answer quotes the notice and the
// note, and is signed with the agent's own address.
func (t *talk) answerByMail(agent *person, notice *received, format string) bool {
	m := *notice.reading()
	secret := "Careful with this customer, who wrote to us last year as well: " + t.canary("note", newReaders())
	if !t.agentSends(agent, notice, newLetter(agent.from(), noteAddress(notice), "Re: "+m.subject, messageID(t.r, "acme.test"), secret)) {
		return false
	}
	word := t.canary("answer", newReaders(t.who.address))
	p := program{subject: "Re", quote: pick(t.r, []string{"top", "bottom", "inline", "none"})}
	words := fmt.Sprintf(format, word)
	if p.quote == "top" || p.quote == "none" { // commands stand at the top
		words = pick(t.r, []string{"", "#pending\n#tag late\n\n", "#Resolve\n\n", "#assign me\n#priority high\n"}) + words
		words += "\n\n-- \n" + agent.name + "\n" + agent.address
	}
	m.text = strings.Replace(m.text, "\n", "\n\n"+secret+"\n", 1)
	l := newLetter(agent.from(), m.replyTo, "Re: "+m.subject, messageID(t.r, "acme.test"), p.textOf(&m, words))
	if !t.agentSends(agent, notice, l) {
		return false
	}
	if t.got = t.w.sink.wait(t.who.address, word); t.got == nil {
		t.w.fault("%s: the answer by mail (quote %s) did not reach %s: %s", t.name(), p.quote, t.who.address, t.w.acme.whereabouts(t.numberOf(notice)))
		return false
	}
	if strings.Contains(t.got.reading().all, agent.address) {
		t.w.fault("%s: a customer was told the address of an agent", t.name())
	}
	return true
}

var numberInSubject = regexp.MustCompile(`^\[#(\d+)\]`)

// numberOf is the number of the request that a notice is about.
func (t *talk) numberOf(notice *received) int64 {
	if m := numberInSubject.FindStringSubmatch(notice.reading().subject); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64) // they are digits
		return n
	}
	return 0
}

// agentSends brings an agent's mail about a notice, proven by SPF or by DKIM.
func (t *talk) agentSends(agent *person, notice *received, l *letter) bool {
	program{}.thread(l, notice.reading().messageID, notice.reading().references)
	to := l.get("To")
	way, raw := agent.way(t.r, to), l.bytes()
	if t.r.IntN(2) == 0 {
		other := t.w.names.domains["forward.test"]
		way.peer, way.helo, raw = other.peer(t.r), "mail.forward.test", agent.domain.sign(raw)
	}
	s := &sent{who: "agent", story: t.name(), box: t.box, answers: notice, quirk: "an agent answers by mail"}
	if err := t.w.post(s, way, raw); err != nil {
		t.w.fault("%s: the mail of an agent was not taken: %v", t.name(), err)
		return false
	}
	return true
}

// passedOn: somebody wrote to an agent, who forwards it to the desk. The customer
// hears of it when the desk answers, and not before.
func (t *talk) passedOn() {
	t.box = support
	t.who = t.w.person(t.r, fmt.Sprintf("f%d", t.n), t.who.domain.name)
	t.readers.add(t.who.address)
	silent := t.r.IntN(2) == 0
	if silent {
		t.w.ledger.keepSilent(t.who.address, "an agent passed their mail on, and nobody answered")
	}
	agent := &person{name: "Robin Sample", address: agentAddress, domain: t.w.names.domains["acme.test"]}
	text := fmt.Sprintf("This came to me. Do not tell them: %s\n\n---------- Forwarded message ---------\nFrom: %s\nDate: Sun, 22 Nov 2026 at 10:12\nSubject: %s\nTo: %s\n\n%s",
		t.canary("note", newReaders()), t.who.from(), t.subject, agent.from(), t.words(t.readers))
	l := newLetter(agent.from(), t.box, "Fwd: "+t.subject, messageID(t.r, "acme.test"), text)
	t.first = &sent{who: "agent", story: t.name(), box: t.box}
	t.last = t.first
	if err := t.w.post(t.first, agent.way(t.r, t.box), l.bytes()); err != nil {
		t.w.fault("%s: what an agent passed on was not taken: %v", t.name(), err)
		return
	}
	if silent {
		return
	}
	t.program = program{subject: "Re", quote: t.program.quote}
	t.rounds(2)
}
