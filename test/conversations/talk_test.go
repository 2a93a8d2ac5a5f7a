package conversations

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// talk is one conversation between a customer and the desk.
type talk struct {
	w       *world
	n       int
	r       *rand.Rand
	kind    kind
	who     *person
	program program
	box     string
	subject string
	readers *readers // the customer, and whom they write to besides

	others []string // who takes part besides
	said   string   // the canary of the last text

	ticket int64     // where the agent answered last
	first  *sent     // what opened it
	last   *sent     // what the customer wrote last
	got    *received // what the customer got from the desk last
}

// kinds of conversations, with their shares: guesses, like those of programs.
var kinds = []share[kind]{
	{kind{"plain", (*talk).plain}, 528},
	{kind{"the same mail twice", (*talk).twice}, 30},
	{kind{"two mailboxes in one mail", (*talk).twoBoxes}, 30},
	{kind{"a second mail that comes first", (*talk).early}, 10},
	{kind{"a colleague in Cc who replies to all", (*talk).colleague}, 30},
	{kind{"a colleague's reply that comes first", (*talk).earlyColleague}, 5},
	{kind{"a mailing list in Cc", (*talk).list}, 15},
	{kind{"through a forwarder", (*talk).forwarded}, 50},
	{kind{inPortal, (*talk).portal}, 60},
	{kind{toAcknowledgement, (*talk).acknowledged}, 60},
	{kind{"something to add", (*talk).addition}, 30},
	{kind{"out of office", (*talk).away}, 30},
	{kind{"an answer that bounces", (*talk).bounces}, 15},
	{kind{"a reply to a closed request", (*talk).closed}, 15},
	{kind{"an agent by mail", (*talk).agentByMail}, 20},
	{kind{"an agent who passes a mail on", (*talk).passedOn}, 10},
	{kind{"a held reply that is accepted", (*talk).acceptedOnce}, 10},
	{kind{"a held reply whose writer is let in, and taken off", (*talk).collaborator}, 10},
	{kind{"a held reply that becomes a request", (*talk).ownRequest}, 7},
	{kind{"two requests that are merged and parted", (*talk).merging}, 15},
	{kind{"a message that is split off", (*talk).splitting}, 10},
	{kind{toOtherAccount, (*talk).plain}, 10},
}

// Kinds whose customer has an address of their own.
const (
	inPortal          = "opened in the portal"
	toAcknowledgement = "a reply to the acknowledgement"
	toOtherAccount    = "to another account"
)

type kind struct {
	name string
	play func(*talk)
}

// deal gives each of n conversations its kind: by their shares, and each kind to
// one at least.
func deal(r *rand.Rand, n int) []kind {
	var dealt []kind
	for _, k := range kinds[1:] {
		for range max(1, n*k.mille/1000) {
			dealt = append(dealt, k.thing)
		}
	}
	for len(dealt) < n {
		dealt = append(dealt, kinds[0].thing)
	}
	r.Shuffle(len(dealt), func(i, j int) { dealt[i], dealt[j] = dealt[j], dealt[i] })
	return dealt
}

// topics are few, so that many conversations have the same subject.
var topics = []string{
	"Order", "Where is my parcel?", "Invoice", "Rechnung", "Password", "Problem", "Question about my order #1001", "[Ticket 7] Refund",
	"Fråga", "Hello", "Broken lamp", "Re: your offer",
}

var givenNames = []string{"Ann", "Bob", "Carla", "Dmitri", "Eve", "Farid", "Grete", "Hanna", "Ivo", "Jun", "Kofi", "Lena", "Marek", "Noor", "Olga", "Pia"}

// people of a run: fewer than conversations, since some write about two things
// at once.
func (w *world) people(n int) []*person {
	r := w.random("people", 0)
	domains := []share[string]{{"customer.test", 450}, {"spf.test", 150}, {"signed.test", 150}, {"bank.test", 100}, {"loose.test", 150}}
	people := make([]*person, n)
	for i := range people {
		people[i] = w.person(r, fmt.Sprintf("p%d", i), draw(r, domains))
	}
	return people
}

// person is a new one. One in ten has a canary in the name.
func (w *world) person(r *rand.Rand, local, domain string) *person {
	p := &person{name: pick(r, givenNames), domain: w.names.domains[domain]}
	p.address = strings.ToLower(p.name) + "." + local + "@" + domain
	p.known = newReaders(p.address)
	if r.IntN(10) == 0 {
		p.name += " " + w.book.canary(r, "name", "customer "+p.address, p.known)
	}
	return p
}

// newTalk decides who talks about what. Those whose story hangs on automatic
// mail, which is limited for each address, have an address of their own.
func (w *world) newTalk(n int, k kind, people []*person) *talk {
	r := w.random("talk", n)
	t := &talk{w: w, n: n, r: r, kind: k, program: drawProgram(r), box: support, who: pick(r, people)}
	switch {
	case k.name == inPortal, k.name == toAcknowledgement:
		t.who = w.person(r, fmt.Sprintf("q%d", n), t.who.domain.name)
	case r.IntN(5) == 0:
		t.box = billing
	}
	if k.name == toOtherAccount {
		t.box, t.who = beta, w.person(r, fmt.Sprintf("o%d", n), "customer.test")
		t.who.known.ofBeta()
	}
	t.readers = newReaders(t.who.address)
	t.subject = pick(r, topics)
	if r.IntN(3) == 0 {
		t.subject += " " + t.canary("subject", t.readers)
	}
	return t
}

// play plays the conversation to its end.
func (t *talk) play() { t.kind.play(t) }

// name is the story that all mails of the conversation are part of.
func (t *talk) name() string { return fmt.Sprintf("conversation %d (%s)", t.n, t.kind.name) }

func (t *talk) canary(place string, readers *readers) string {
	if t.box == beta {
		readers.ofBeta()
	}
	word := t.w.book.canary(t.r, place, t.name()+" of "+t.who.address, readers)
	if place == "text" {
		t.said = word
	}
	return word
}

// words are a few sentences with a canary in them.
func (t *talk) words(readers *readers) string {
	return fmt.Sprintf("%s %s.\n%s", pick(t.r, []string{"Hello, I have a question about", "Could you look into", "It is about", "Ich frage wegen"}),
		t.canary("text", readers), pick(t.r, []string{"Thank you.", "It is urgent.", "Best regards\n" + t.who.name, "Viele Grüße"}))
}

// opening is the customer's first mail.
func (t *talk) opening(readers *readers) (*letter, *sent) {
	l := newLetter(t.who.from(), t.box, t.subject, messageID(t.r, t.who.domain.name), t.words(readers))
	return l, &sent{who: "customer", story: t.name(), box: t.box}
}

// open sends the first mail.
func (t *talk) open() {
	l, s := t.opening(t.readers)
	t.first = s
	t.send(s, l, t.box)
}

// send posts a letter of the customer on their own way.
func (t *talk) send(s *sent, l *letter, to ...string) {
	raw := t.who.domain.sign(l.bytes())
	if err := t.w.post(s, t.who.way(t.r, to...), raw); err != nil {
		t.w.fault("%s: a mail of %s was not taken: %v", t.name(), t.who.address, err)
	}
	t.last = s
}

// rounds lets agent and customer answer each other.
func (t *talk) rounds(n int) {
	for range n {
		if !t.answer(pick(t.r, []string{"", "Pending", "Resolved"})) {
			return
		}
		t.reply()
	}
}

// answer lets the agent answer what the customer wrote last, and the customer
// get it.
func (t *talk) answer(status string) bool {
	var err error
	if t.ticket == 0 {
		t.ticket, err = t.w.acme.find(t.account(), boxName(t.box), t.first.hash(), 0)
	}
	number := t.ticket
	if err == nil && t.last != t.first {
		number, err = t.w.acme.find(t.account(), boxName(t.box), t.last.hash(), t.ticket)
	}
	if err != nil {
		t.w.fault("%s: the agent can't find the ticket: %v", t.name(), err)
		return false
	}
	if number != 0 { // else it is held, and they answer where they did before
		t.ticket = number
	}
	if t.ticket == 0 {
		t.w.fault("%s: the mail of %s made no ticket", t.name(), t.who.address)
		return false
	}
	return t.answerIn(t.ticket, status)
}

func (t *talk) answerIn(number int64, status string) bool {
	// Others who wrote on the ticket do not get it: they are no participants.
	word := t.canary("answer", newReaders(append(t.others, t.who.address)...))
	text := fmt.Sprintf("Thank you for writing. We have looked into it: %s.\n\nIs there anything else?", word)
	host := acmeHost
	if t.box == beta {
		host = betaHost
	}
	if err := t.w.acme.reply(host, number, text, status, word); err != nil {
		t.w.fault("%s: the agent could not answer #%d: %v", t.name(), number, err)
		return false
	}
	if t.got = t.w.sink.wait(t.who.address, word); t.got == nil {
		t.w.fault("%s: the answer of #%d did not reach %s", t.name(), number, t.who.address)
		return false
	}
	return true
}

// reply lets the customer answer the mail that they got last.
func (t *talk) reply() {
	l, to := t.program.reply(t.r, t.who, t.got, t.words(t.readers))
	t.send(&sent{who: "customer", story: t.name(), box: t.box, answers: t.got, quirk: t.program.quirk()}, l, to)
}

func (t *talk) account() string {
	if t.box == beta {
		return "beta"
	}
	return "support"
}

func boxName(address string) string {
	local, _, _ := strings.Cut(address, "@")
	return local
}
