package conversations

import (
	"fmt"
	"strings"
)

// This file has the conversations in which agents decide who takes part in what.

// plainly makes the customer's program keep what names the ticket, and lets no
// canary stand in what everybody gets: others are to come in.
func (t *talk) plainly(other *person) {
	t.program = program{subject: "Re", quote: t.program.quote}
	t.box = support
	t.subject = pick(t.r, topics)
	t.who.known.add(other.address)
	other.known.add(t.who.address)
}

// someone is a new person whom something proves.
func (t *talk) someone() *person {
	return t.w.person(t.r, fmt.Sprintf("d%d", t.n), pick(t.r, []string{"customer.test", "signed.test", "bank.test", "spf.test"}))
}

// heldReply lets a colleague answer the copy of the customer, who passed it on.
// The mail waits for an agent, who decides. It returns where the mail is then.
func (t *talk) heldReply(verdict string) (*sent, *person, int64) {
	other := t.someone()
	if !t.who.domain.spf && !t.who.domain.signs { // what they write waits for an agent
		t.who = t.w.person(t.r, fmt.Sprintf("e%d", t.n), "customer.test")
		t.readers = newReaders(t.who.address)
	}
	t.plainly(other)
	t.open()
	if !t.answer("Pending") {
		return nil, nil, 0
	}
	readers := newReaders(other.address)
	if verdict != "new-ticket" {
		readers.add(t.who.address)
	}
	l, to := program{subject: "Re", quote: "none"}.reply(t.r, other, t.got, t.words(readers))
	s := &sent{who: "colleague", story: t.name(), box: t.box, answers: t.got, quirk: "by a colleague, held and decided"}
	if err := t.w.post(s, other.way(t.r, to), other.domain.sign(l.bytes())); err != nil {
		t.w.fault("%s: the mail of a colleague was not taken: %v", t.name(), err)
		return nil, nil, 0
	}
	number, err := t.w.acme.decide(s, verdict)
	if err != nil {
		t.w.fault("%s: %v", t.name(), err)
		return nil, nil, 0
	}
	return s, other, number
}

// decide settles the held mail that s is.
func (d *desk) decide(s *sent, verdict string) (int64, error) {
	var items []held
	if err := d.get("/accounts/support/held", &items); err != nil {
		return 0, err
	}
	for _, h := range items {
		if h.Raw == s.hash() && h.Mailbox == boxName(s.box) {
			var made struct{ Number int64 }
			err := d.order("/accounts/support/held/"+h.ID, map[string]string{"verdict": verdict}, &made)
			return made.Number, err
		}
	}
	return 0, fmt.Errorf("the mail %s is not held", s.hash())
}

// gets waits until somebody has got a mail with some words.
func (t *talk) gets(who *person, words string) *received {
	m := t.w.sink.wait(who.address, words)
	if m == nil {
		t.w.fault("%s: %s did not get %s", t.name(), who.address, words)
	}
	return m
}

// acceptedOnce: the customer reads what the colleague wrote, the colleague
// nothing.
func (t *talk) acceptedOnce() {
	s, _, number := t.heldReply("accept")
	if s == nil {
		return
	}
	s.wants = number
	t.gets(t.who, t.said)
	t.reply()
	t.rounds(1)
}

// collaborator: the colleague reads what is written from then on, until they are
// taken off.
func (t *talk) collaborator() {
	s, other, number := t.heldReply("collaborator")
	if s == nil {
		return
	}
	s.wants = number
	t.gets(t.who, t.said)
	t.gets(other, "/t/pl1_")
	before := t.readers
	t.readers, t.others = newReaders(t.who.address, other.address), []string{other.address}
	word := t.tellsBoth(number, other)
	if word == nil {
		return
	}
	l, to := program{subject: "Re", quote: "none"}.reply(t.r, other, word, t.words(t.readers))
	mine := &sent{who: "colleague", story: t.name(), box: t.box, answers: word, quirk: "by a colleague who takes part"}
	if err := t.w.post(mine, other.way(t.r, to), other.domain.sign(l.bytes())); err != nil {
		t.w.fault("%s: %v", t.name(), err)
	}
	t.gets(t.who, t.said)
	t.reply()
	t.gets(other, t.said)
	t.takeOff(number, other)
	t.readers, t.others = before, nil
	t.comesBack(other, word)
	t.rounds(1)
}

// tellsBoth has the desk answer, and returns the copy of the second one.
func (t *talk) tellsBoth(number int64, other *person) *received {
	if !t.answerIn(number, "Pending") {
		return nil
	}
	word := ""
	for _, c := range t.w.book.in(t.got.reading().text) {
		if c.place == "answer" && c.readers.mayRead(other.address) {
			word = c.word
		}
	}
	return t.gets(other, word)
}

// takeOff removes a participant. Their links are dead then.
func (t *talk) takeOff(number int64, other *person) {
	now, err := t.w.acme.ticket("support", number)
	if err != nil {
		t.w.fault("%s: %v", t.name(), err)
		return
	}
	for _, p := range now.Participants {
		if p.Address == other.address {
			path := fmt.Sprintf("/accounts/support/tickets/%d/participants/%d/remove", number, p.Number)
			if err := t.w.acme.order(path, struct{}{}, &struct{}{}); err != nil {
				t.w.fault("%s: %v", t.name(), err)
			}
		}
	}
	for _, m := range t.w.sink.all() {
		if m.to == other.address {
			for _, url := range m.reading().links {
				t.w.ledger.mu.Lock()
				t.w.ledger.dead[url] = true
				t.w.ledger.mu.Unlock()
			}
		}
	}
}

// comesBack: who was taken off writes to the address that they had. Nobody in the
// request may read it.
func (t *talk) comesBack(other *person, m *received) {
	l, to := program{subject: "Re", quote: "none"}.reply(t.r, other, m, t.words(newReaders(other.address)))
	s := &sent{who: "colleague who was taken off", story: t.name() + ", taken off", claims: t.name(), box: t.box}
	err := t.w.post(s, other.way(t.r, to), other.domain.sign(l.bytes()))
	if err != nil && !strings.Contains(err.Error(), "550") {
		t.w.fault("%s: %v", s.story, err)
	}
}

// ownRequest: the colleague's mail is a request of its own, which the customer
// does not see.
func (t *talk) ownRequest() {
	s, other, number := t.heldReply("new-ticket")
	if s == nil {
		return
	}
	own := &talk{w: t.w, n: t.n, r: t.r, kind: kind{name: t.kind.name + ": theirs"}, who: other, box: t.box, program: t.program,
		readers: newReaders(other.address), ticket: number, first: s, last: s}
	s.story, s.answers, s.wants = own.name(), nil, number
	t.reply()
	own.rounds(2)
	t.answer("")
}

// merging: requests of two people become one, and two again.
func (t *talk) merging() {
	other := t.someone()
	t.plainly(other)
	two := &talk{w: t.w, n: t.n, r: t.r, kind: t.kind, who: other, box: pick(t.r, []string{support, billing}), program: t.program,
		readers: newReaders(other.address), subject: t.subject}
	t.open()
	two.open()
	if !t.answer("Pending") || !two.answer("Pending") {
		return
	}
	from, into := two.ticket, t.ticket
	path := fmt.Sprintf("/accounts/support/tickets/%d/", from)
	if err := t.w.acme.order(path+"merge", map[string]int64{"into": into}, &struct{}{}); err != nil {
		t.w.fault("%s: %v", t.name(), err)
		return
	}
	old, both, own, theirs := two.got, newReaders(t.who.address, other.address), t.readers, two.readers
	t.readers, two.readers, t.others = both, both, []string{other.address}
	wrote := t.r.IntN(2) == 0
	if wrote {
		two.program.quote = "none" // what they quote, they show to the others
		two.reply()
		two.last.wants, two.last.box = into, t.box // whichever mailbox it came to
	}
	t.reply()
	t.last.wants = into
	if t.tellsBoth(into, other) == nil {
		return
	}
	if err := t.w.acme.order(path+"unmerge", struct{}{}, &struct{}{}); err != nil {
		t.w.fault("%s: %v", t.name(), err)
		return
	}
	if !wrote { // then they leave
		t.readers, t.others = own, nil
		t.bury(other, old)
	}
	two.readers, two.got = theirs, old
	two.reply()
	two.last.wants = from
	if two.answerIn(from, "") {
		two.reply()
	}
	t.rounds(1)
}

// bury notes that the links of somebody are dead, but for those of a request
// that they still take part in.
func (t *talk) bury(other *person, alive *received) {
	for _, m := range t.w.sink.all() {
		if m.to != other.address {
			continue
		}
		for _, url := range m.reading().links {
			if m.n > alive.n {
				t.w.ledger.mu.Lock()
				t.w.ledger.dead[url] = true
				t.w.ledger.mu.Unlock()
			}
		}
	}
}

// splitting: a second matter becomes a request of its own.
func (t *talk) splitting() {
	t.who = t.someone()
	t.readers = newReaders(t.who.address)
	t.plainly(t.who)
	t.open()
	if !t.answer("Pending") {
		return
	}
	first := t.got
	t.reply()
	second := t.last
	seq, err := t.seqOf(second)
	var made struct{ Number int64 }
	if err == nil {
		path := fmt.Sprintf("/accounts/support/tickets/%d/split", t.ticket)
		err = t.w.acme.order(path, map[string]any{"entry": seq, "subject": "A second matter"}, &made)
	}
	if err != nil {
		t.w.fault("%s: %v", t.name(), err)
		return
	}
	second.wants = made.Number
	two := &talk{w: t.w, n: t.n, r: t.r, kind: t.kind, who: t.who, box: t.box, program: t.program, readers: t.readers, subject: t.subject}
	two.first, two.last, two.ticket = second, second, made.Number
	more := t.follow(second)
	t.send(more.sent, more.letter, t.box)
	more.sent.wants = made.Number
	if two.answerIn(made.Number, "") {
		two.reply()
		two.last.wants = made.Number
	}
	t.got = first
	t.reply()
	t.last.wants = t.ticket
}

// follow answers the customer's own mail.
func (t *talk) follow(s *sent) added {
	l := newLetter(t.who.from(), t.box, "Re: "+t.subject, "", "")
	l.set("Message-ID", s.messageID())
	l.set("Subject", t.subject)
	return t.more(l, s)
}

func (t *talk) seqOf(s *sent) (int, error) {
	now, err := t.w.acme.ticket("support", t.ticket)
	if err != nil {
		return 0, err
	}
	for _, e := range now.Entries {
		if e.Raw == s.hash() {
			return e.Seq, nil
		}
	}
	return 0, fmt.Errorf("the mail is not in #%d", t.ticket)
}
