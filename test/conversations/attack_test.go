package conversations

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// attack is one try of somebody to read, to send or to be what they must not.
// The names are those of docs/trust.md.
type attack struct {
	w        *world
	r        *rand.Rand
	name     string
	n        int // which round
	made     int // persons
	attacker *person
}

// attacks, each played some times.
var attacks = []struct {
	name string
	play func(*attack)
}{
	{"a third party's mail to a learned reply address", (*attack).ticketTrick},
	{"a spoofed requester who names an accomplice", (*attack).accomplice},
	{"forged thread fields", (*attack).forgedThread},
	{"guessed reply addresses", (*attack).guess},
	{"another Reply-To", (*attack).replyTo},
	{"a From that programs read in different ways", (*attack).manyFroms},
	{"backscatter", (*attack).backscatter},
	{"a Message-ID that is used first", (*attack).usedID},
	{"a signature that was for somebody else", (*attack).replay},
	{"an agent's addresses", (*attack).leakedNotice},
	{"somebody in Cc of a held mail", (*attack).heldCopies},
	{"a signed mail that comes again", (*attack).resent},
}

func (w *world) newAttack(i int) *attack {
	kind := attacks[i%len(attacks)]
	a := &attack{w: w, name: kind.name, n: i / len(attacks), r: w.random("attack", i)}
	a.attacker = a.person("evil.test")
	return a
}

func (a *attack) play() {
	a.w.tell(func(c *tally) { c.attacks++ })
	for _, kind := range attacks {
		if kind.name == a.name {
			kind.play(a)
		}
	}
}

// story is what the attacker's own mails are part of; each case is one.
func (a *attack) story(format string, args ...any) string {
	return fmt.Sprintf("%s, round %d: %s", a.name, a.n, fmt.Sprintf(format, args...))
}

// slug makes addresses of different attacks different.
func (a *attack) slug() string {
	a.made++
	word, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(a.name, "a "), "another "), " ")
	return fmt.Sprintf("%s%d-%d", strings.ToLower(word), a.n, a.made)
}

func (a *attack) person(domain string) *person {
	return a.w.person(a.r, a.slug(), domain)
}

// victim is a customer who got an answer already.
func (a *attack) victim(domain string) *talk {
	t := a.talk(a.person(domain))
	t.open()
	if !t.answer("Pending") {
		return nil
	}
	return t
}

// talk is an honest conversation of somebody.
func (a *attack) talk(who *person) *talk {
	t := &talk{w: a.w, n: a.n, r: a.r, kind: kind{name: a.story("%s", who.address)}, who: who, box: support, program: program{subject: "Re", quote: "top"}}
	t.readers = newReaders(who.address)
	t.subject = "Account " + t.canary("subject", t.readers)
	return t
}

// goOn lets the victim's conversation go on, as if nothing had happened.
func (t *talk) goOn() {
	t.reply()
	t.answer("")
}

func (a *attack) canary(place string, readers *readers) string {
	return a.w.book.canary(a.r, place, a.story("%s", a.attacker.address), readers)
}

// mail makes a mail in which every string that its writer chooses is a canary.
func (a *attack) mail(from, to string, readers *readers) *letter {
	name := "Ann " + a.canary("name", readers)
	l := newLetter(fmt.Sprintf("%s <%s>", name, from), to, "Help "+a.canary("subject", readers),
		"<"+a.canary("Message-ID", readers)+"@"+domainOf(from)+">", "Please do this: "+a.canary("text", readers))
	l.add("X-Mailer", a.canary("field", readers))
	l.file, l.note = a.canary("file name", readers)+".txt", a.canary("file", readers)
	return l
}

// spoof sends a mail from the attacker's servers, whoever it claims to be from.
func (a *attack) spoof(s *sent, l *letter, to ...string) error {
	s.who = "attacker"
	return a.w.post(s, a.attacker.way(a.r, to...), l.bytes())
}

// expect notes when a mail was refused that should be looked at, or taken that
// should be refused.
func (a *attack) expect(err error, want string) {
	switch {
	case want == "" && err != nil:
		a.w.fault("%s: was refused: %v", a.story(""), err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		a.w.fault("%s: was answered with %v, want %s", a.story(""), err, want)
	}
}

// ticketTrick signs up at a third party with an address of the desk, whose mail
// with a secret then reaches the ticket of the attacker (A01).
func (a *attack) ticketTrick() {
	own := a.talk(a.attacker)
	own.open()
	if !own.answer("Pending") {
		return
	}
	third := a.w.names.domains["slack.test"]
	for _, from := range []string{"no-reply@slack.test", "verify@slack.test", "feedback@slack.test"} {
		for _, to := range []string{own.got.reading().replyTo, support, strings.ToUpper(own.got.reading().replyTo)} {
			readers := newReaders(from) // they wrote it
			l := a.mail(from, to, readers)
			l.set("Subject", "Confirm your address "+a.canary("subject", readers))
			if a.r.IntN(2) == 0 {
				l.add("In-Reply-To", own.got.reading().messageID)
			}
			raw := third.sign(l.bytes())
			s := &sent{who: "third party", story: a.story("%s to %s", from, to), box: support}
			if to != support || l.get("In-Reply-To") != "" {
				s.claims = own.name()
			}
			a.expect(a.w.post(s, route{peer: third.peer(a.r), helo: "mail.slack.test", from: from, to: []string{to}}, raw), "")
		}
	}
	own.goOn() // the answer must not quote it, and the page not show it
}

// accomplice writes in the name of the requester and puts an accomplice into Cc,
// who would get what is said from then on (A02).
func (a *attack) accomplice() {
	for _, proof := range []struct{ is, domain string }{{"pass", "customer.test"}, {"none", "loose.test"}, {"fail", "bank.test"}} {
		for _, token := range []string{"own", "none", "other", "tampered"} {
			a.accompliceCase(proof.is, proof.domain, token)
		}
	}
}

func (a *attack) accompliceCase(proof, domain, token string) {
	victim := a.victim(domain)
	other := a.talk(a.person("evil.test"))
	other.open()
	if victim == nil || !other.answer("") {
		return
	}
	mate := fmt.Sprintf("mate.%s@evil.test", a.slug())
	a.w.ledger.keepSilent(mate, "was only named in Cc")
	address, s, want := victim.got.reading().replyTo, &sent{story: a.story("%s, token %s", proof, token), box: support}, ""
	readers := newReaders()
	switch token {
	case "own":
		s.claims = victim.name()
	case "none":
		address = support
		readers.addPages(victim.who.address) // it opens a request in their name
	case "other":
		address = other.got.reading().replyTo
	case "tampered":
		address, want = tampered(address), "550"
	}
	l := a.mail(victim.who.address, address, readers)
	l.add("Cc", mate)
	if proof == "pass" { // it is theirs: whoever they name in Cc is still not let in
		readers.add(victim.who.address)
		if token == "own" {
			s.story, s.claims, s.answers = victim.name(), "", victim.got
		}
		a.expect(a.w.post(s, victim.who.way(a.r, address), victim.who.domain.sign(l.bytes())), want)
	} else {
		s.pretends = victim.who.address
		a.expect(a.spoof(s, l, address), want)
	}
	victim.goOn()
}

// tampered changes one letter of the token.
func tampered(address string) string {
	at := strings.IndexByte(address, '@') - 9
	c := byte('a')
	if address[at] == c {
		c = 'b'
	}
	return address[:at] + string(c) + address[at+1:]
}

// forgedThread names a ticket by its Message-IDs, in the name of an agent, of
// the desk, of the customer or of nobody known (A03).
func (a *attack) forgedThread() {
	foreign := a.foreign()
	for _, from := range []string{agentAddress, freelancer, support, "", "own"} {
		victim := a.victim("loose.test")
		if victim == nil || foreign == "" {
			return
		}
		sender := from
		switch from {
		case "":
			sender = victim.who.address
		case "own":
			sender = a.attacker.address
		}
		ours := victim.got.reading().messageID
		for _, id := range []string{ours, tampered(ours), victim.firstID(), foreign} {
			a.forge(victim, sender, support, id)
		}
		a.forge(victim, sender, victim.got.reading().replyTo, ours)
		victim.goOn()
	}
}

// forge sends one mail. What claims to be an agent's must never reach anybody.
func (a *attack) forge(victim *talk, from, to, id string) {
	readers := newReaders()
	s := &sent{story: a.story("%s on %s", from, id), box: support, claims: victim.name()}
	if from == a.attacker.address {
		readers.add(from) // it may become a request of their own
	} else {
		s.pretends = from
	}
	if from == victim.who.address {
		readers.addPages(from)
	}
	l := a.mail(from, to, readers)
	if from == agentAddress || from == freelancer || from == support {
		l.text = "We have reset your password: " + a.canary(asAgent, readers)
		l.drop("X-Mailer")
	}
	l.add("In-Reply-To", id)
	l.add("References", id)
	raw := l.bytes()
	if from == a.attacker.address {
		raw = a.attacker.domain.sign(raw)
	}
	s.who = "attacker"
	a.expect(a.w.post(s, a.attacker.way(a.r, to), raw), "")
}

// firstID is the Message-ID of the customer's first mail.
func (t *talk) firstID() string { return t.first.messageID() }

func (s *sent) messageID() string {
	for line := range strings.SplitSeq(string(s.raw), "\r\n") {
		if id, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			return id
		}
	}
	return ""
}

// foreign is a Message-ID that the desk of another account sent.
func (a *attack) foreign() string {
	who := a.person("customer.test")
	who.known.ofBeta()
	l := newLetter(who.from(), beta, "Hello", messageID(a.r, who.domain.name), "For another desk.")
	s := &sent{who: "customer", story: a.story("of another account"), box: beta}
	if err := a.w.post(s, who.way(a.r, beta), who.domain.sign(l.bytes())); err != nil {
		a.w.fault("%s: %v", s.story, err)
		return ""
	}
	m := a.w.sink.wait(who.address, "Auto-Submitted")
	if m == nil {
		a.w.fault("%s: was not answered", s.story)
		return ""
	}
	return m.reading().messageID
}

// replyTo writes in the own name, or in that of somebody unproven, and asks for
// answers to somebody else (A05).
func (a *attack) replyTo() {
	for _, domain := range []string{"customer.test", "loose.test"} {
		t := a.talk(a.person(domain))
		elsewhere := fmt.Sprintf("elsewhere.%s@evil.test", a.slug())
		a.w.ledger.keepSilent(elsewhere, "was only named in Reply-To")
		l, s := t.opening(t.readers)
		l.add("Reply-To", elsewhere)
		l.add("Sender", elsewhere)
		l.add("Return-Receipt-To", elsewhere)
		l.add("Disposition-Notification-To", elsewhere)
		t.first = s
		t.send(s, l, support)
		if t.answer("Pending") {
			t.goOn()
		}
	}
}

// usedID sends a mail with the Message-ID that the victim's next mail will have,
// so that the desk takes that one for a copy (A16).
func (a *attack) usedID() {
	for _, own := range []bool{true, false} {
		victim := a.victim("customer.test")
		if victim == nil {
			return
		}
		id := messageID(a.r, victim.who.domain.name)
		readers := newReaders(a.attacker.address)
		l := a.mail(a.attacker.address, support, readers)
		l.set("Message-ID", id)
		s := &sent{story: a.story("uses %s", id), box: support}
		to := support
		if !own {
			to = victim.got.reading().replyTo
			l.set("To", to)
		}
		s.who = "attacker"
		a.expect(a.w.post(s, a.attacker.way(a.r, to), a.attacker.domain.sign(l.bytes())), "")
		reply, address := victim.program.reply(a.r, victim.who, victim.got, victim.words(victim.readers))
		reply.set("Message-ID", id)
		victim.send(&sent{who: "customer", story: victim.name(), box: support, answers: victim.got, quirk: "somebody used its Message-ID first"}, reply, address)
		victim.answer("")
	}
}

// replay brings mail to the desk that the victim signed for somebody else (A17).
func (a *attack) replay() {
	victim := a.victim("customer.test")
	if victim == nil {
		return
	}
	for _, to := range []string{support, victim.got.reading().replyTo} {
		readers := newReaders()
		l := a.mail(victim.who.address, "friend@elsewhere.test", readers)
		s := &sent{who: "attacker", story: a.story("to %s", to), box: support, pretends: victim.who.address}
		if to == support {
			readers.addPages(victim.who.address)
		} else {
			s.claims = victim.name()
		}
		a.expect(a.w.post(s, a.attacker.way(a.r, to), victim.who.domain.sign(l.bytes())), "")
	}
	victim.goOn()
}
