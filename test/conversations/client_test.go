package conversations

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// person writes mail.
type person struct {
	name    string
	address string
	domain  *domain
	known   *readers // who may read the name
}

func (p *person) from() string { return fmt.Sprintf("%s <%s>", p.name, p.address) }

// way is how the mail of a person goes to a desk.
func (p *person) way(r *rand.Rand, to ...string) route {
	return route{peer: p.domain.peer(r), helo: "mail." + p.domain.name, from: p.address, to: to}
}

// program is what one mail program, and the servers around it, make of a reply.
// The zero value keeps everything as the standards ask (RFC 5322 section 3.6.4).
type program struct {
	drops   string // fields that it leaves out
	to      string // where it sends to
	ids     string // whose Message-IDs are written anew, and by whom
	subject string
	quote   string
}

// What a program may drop.
const (
	noReferences = "drops References"
	noInReplyTo  = "drops In-Reply-To"
	noThread     = "drops In-Reply-To and References"
)

// Where it may send.
const (
	toUpper    = "upper-cases the address"
	toStripped = "strips what is behind the + of the address"
	toFrom     = "answers to From, not to Reply-To"
)

// Who may write Message-IDs anew: the relay of the desk does so with what it
// sends, as Amazon SES does; the server of the customer with what they send, as
// some Exchange do. Then a program knows a mail by another name than the desk.
const (
	idsByRelay = "the relay wrote our Message-ID anew"
	idsByOwn   = "their server wrote their Message-ID anew"
)

// The shares are no measurement. They are chosen so that odd programs are more
// common here than at any desk we know of, and each comes up in a few hundred
// conversations.
var (
	dropShares = []share[string]{{"", 930}, {noReferences, 30}, {noInReplyTo, 25}, {noThread, 15}}
	toShares   = []share[string]{{"", 900}, {toUpper, 20}, {toStripped, 30}, {toFrom, 50}}
	idShares   = []share[string]{{"", 940}, {idsByRelay, 40}, {idsByOwn, 20}}

	subjectShares = []share[string]{{"Re", 550}, {"AW", 60}, {"SV", 40}, {"Antw", 30}, {"RE: RE", 60}, {"回复", 20}, {"tagged", 80}, {"as it is", 80}, {"changed", 80}}
	quoteShares   = []share[string]{{"top", 600}, {"bottom", 150}, {"inline", 100}, {"none", 150}}
)

func drawProgram(r *rand.Rand) program {
	return program{
		drops: draw(r, dropShares), to: draw(r, toShares), ids: draw(r, idShares),
		subject: draw(r, subjectShares), quote: draw(r, quoteShares),
	}
}

// quirk says what of the program makes it hard to find the ticket.
func (p program) quirk() string {
	var quirks []string
	for _, q := range []string{p.drops, p.to, p.ids} {
		if q != "" {
			quirks = append(quirks, q)
		}
	}
	return strings.Join(quirks, ", ")
}

// reply makes the answer of a person to a mail of ours, and tells where it goes.
func (p program) reply(r *rand.Rand, who *person, m *received, words string) (*letter, string) {
	read := m.reading()
	to := p.address(read)
	l := newLetter(who.from(), to, p.subjectOf(r, read.subject), messageID(r, who.domain.name), p.textOf(read, words))
	id := read.messageID
	if p.ids == idsByRelay {
		id = messageID(r, "eu-west-1.amazonses.test")
	}
	p.thread(l, id, read.references)
	if r.IntN(5) < 2 {
		l.html = "<p>" + strings.ReplaceAll(l.text, "\n", "<br>\n") + "</p>"
	}
	return l, to
}

// thread writes the fields that name what is answered.
func (p program) thread(l *letter, id, references string) {
	if p.drops != noInReplyTo && p.drops != noThread {
		l.add("In-Reply-To", id)
	}
	if p.drops != noReferences && p.drops != noThread {
		l.add("References", strings.TrimSpace(references+" "+id))
	}
}

func (p program) address(m *reading) string {
	switch local, domain, _ := strings.Cut(m.replyTo, "@"); p.to {
	case toUpper:
		return strings.ToUpper(local) + "@" + domain
	case toStripped:
		plain, _, _ := strings.Cut(local, "+")
		return plain + "@" + domain
	case toFrom:
		return m.from
	}
	return m.replyTo
}

func (p program) subjectOf(r *rand.Rand, subject string) string {
	bare := strings.TrimPrefix(subject, "Re: ")
	switch p.subject {
	case "tagged":
		return "Re: [EXTERNAL] " + bare
	case "as it is":
		return subject
	case "changed":
		return pick(r, topics) + ", after all"
	}
	return p.subject + ": " + bare
}

// textOf puts the words of a person around, below or between those of ours.
func (p program) textOf(m *reading, words string) string {
	lines := strings.Split(strings.TrimSpace(m.text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("> "+line, " ")
	}
	quoted := fmt.Sprintf("On Sun, 22 Nov 2026 at 10:12, %s <%s> wrote:\n\n%s", m.fromName, m.from, strings.Join(lines, "\n"))
	switch p.quote {
	case "top":
		return words + "\n\n" + quoted
	case "bottom":
		return quoted + "\n\n" + words
	case "inline":
		lines[0] += "\n\n" + words + "\n"
		return strings.Join(lines, "\n")
	}
	return words
}

// listed makes of a letter what a mailing list makes of it, so that it passes
// DMARC: another From, a mark in the subject, fields of its own and a footer.
func listed(l *letter, list *person) {
	name, _, _ := strings.Cut(l.get("From"), " <")
	l.add("Reply-To", l.get("From"))
	for i := range l.fields {
		switch f := &l.fields[i]; f.name {
		case "From":
			f.value = fmt.Sprintf("%q <%s>", name+" via "+list.name, list.address)
		case "Subject":
			f.value = "[" + list.name + "] " + f.value
		}
	}
	l.add("List-Id", fmt.Sprintf("%s <%s>", list.name, strings.Replace(list.address, "@", ".", 1)))
	l.add("List-Post", "<mailto:"+list.address+">")
	l.add("Precedence", "list")
	l.text += "\n\n_______________________________\n" + list.name + " mailing list"
}
