package conversations

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"
)

// This file has one function for each kind of conversation.

func (t *talk) plain() {
	t.open()
	t.rounds(1 + t.r.IntN(3))
}

// twice: a mail comes again, as it is, by another way, or for another address
// of the same ticket.
func (t *talk) twice() {
	t.open()
	if !t.answer("Pending") {
		return
	}
	t.reply()
	raw, to := t.last.raw, t.got.reading().replyTo
	ways := []func() error{
		func() error { return t.w.again(t.last, t.who.way(t.r, to), raw) },
		func() error { return t.w.again(t.last, t.who.way(t.r, t.box), raw) },
		func() error { return t.w.again(t.last, t.who.way(t.r, to, t.box), raw) },
		func() error {
			traced := append([]byte("Received: from a.test by b.test; "+"Sun, 22 Nov 2026 10:00:00 +0000\r\n"), raw...)
			return t.w.again(t.last, t.who.way(t.r, to), traced)
		},
	}
	for range 2 {
		if err := pick(t.r, ways)(); err != nil {
			t.w.fault("%s: the copy of a mail was not taken: %v", t.name(), err)
		}
	}
	t.rounds(1)
}

// twoBoxes: one mail to two mailboxes is one ticket in each, and stays so when
// both hear more.
func (t *talk) twoBoxes() {
	t.box = support
	l, s := t.opening(t.readers)
	l.set("To", support+", "+billing)
	t.first = s
	t.send(s, l, support, billing)
	twin := t.w.ledger.alsoFor(s, billing)
	more := t.more(l, s)
	more.letter.set("To", support+", "+billing)
	t.send(more.sent, more.letter, support, billing)
	t.w.ledger.alsoFor(more.sent, billing).follows = twin
	t.rounds(1)
}

// overtakes is what no program does, but servers that were busy.
const overtakes = "overtakes what it answers"

// early: what they add overtakes what it is added to.
func (t *talk) early() {
	l, s := t.opening(t.readers)
	t.first = s
	more := t.more(l, s)
	more.sent.quirk = overtakes
	t.send(more.sent, more.letter, t.box)
	t.send(s, l, t.box)
	number, err := t.w.acme.find(t.account(), boxName(t.box), more.sent.hash(), 0)
	if err != nil {
		t.w.fault("%s: %v", t.name(), err)
	}
	t.ticket = number // to look there first for the other one
	t.rounds(1)
}

// added is a mail that follows another one of the same writer.
type added struct {
	sent   *sent
	letter *letter
}

// more answers the customer's own mail, as programs do for "one more thing".
func (t *talk) more(l *letter, s *sent) added {
	next := newLetter(t.who.from(), t.box, "Re: "+l.get("Subject"), messageID(t.r, t.who.domain.name), "One more thing. "+t.words(t.readers))
	program{drops: t.program.drops}.thread(next, l.get("Message-ID"), "")
	return added{&sent{who: "customer", story: t.name(), box: t.box, follows: s, quirk: joined("answers their own mail", t.program.drops)}, next}
}

func joined(words ...string) string {
	var some []string
	for _, w := range words {
		if w != "" {
			some = append(some, w)
		}
	}
	return strings.Join(some, ", ")
}

func (t *talk) addition() {
	l, s := t.opening(t.readers)
	t.first = s
	sentID := l.get("Message-ID")
	if t.program.ids == idsByOwn {
		l.set("Message-ID", messageID(t.r, "outlook.test"))
	}
	t.send(s, l, t.box)
	l.set("Message-ID", sentID)
	more := t.more(l, s)
	more.sent.quirk = joined(more.sent.quirk, t.program.ids)
	t.send(more.sent, more.letter, t.box)
	t.rounds(1)
}

// colleague: somebody in Cc answers the customer and the desk.
func (t *talk) colleague() { t.withColleague(false) }

// earlyColleague: their answer overtakes what it answers.
func (t *talk) earlyColleague() { t.withColleague(true) }

func (t *talk) withColleague(first bool) {
	other := t.w.person(t.r, fmt.Sprintf("c%d", t.n), t.who.domain.name)
	t.readers.add(other.address) // they have the customer's mail
	t.who.known.add(other.address)
	l, s := t.opening(t.readers)
	l.add("Cc", other.from())
	t.first = s
	all := newLetter(other.from(), t.who.from(), "Re: "+t.subject, messageID(t.r, other.domain.name), "I can add this. "+t.words(t.readers))
	all.add("Cc", t.box)
	program{drops: t.program.drops}.thread(all, l.get("Message-ID"), "")
	reply := func() {
		s := &sent{who: "colleague", story: t.name(), box: t.box, follows: s, quirk: joined("by a colleague who was in Cc", t.program.drops)}
		if first {
			s.quirk = overtakes
		}
		if err := t.w.post(s, other.way(t.r, t.box), other.domain.sign(all.bytes())); err != nil {
			t.w.fault("%s: the mail of a colleague was not taken: %v", t.name(), err)
		}
	}
	if first {
		reply()
	}
	t.send(s, l, t.box)
	if !first {
		reply()
	}
	t.rounds(1)
}

// list: the customer writes to a list as well, and a member answers through it.
func (t *talk) list() {
	list := &person{name: "Team", address: fmt.Sprintf("team%d@lists.test", t.n), domain: t.w.names.domains["lists.test"]}
	member := t.w.person(t.r, fmt.Sprintf("m%d", t.n), "customer.test")
	t.readers.add(list.address, member.address)
	t.who.known.add(list.address, member.address)
	l, s := t.opening(t.readers)
	l.add("Cc", list.address)
	t.first = s
	t.send(s, l, t.box)
	reply := newLetter(member.from(), t.box, "Re: "+t.subject, messageID(t.r, member.domain.name), t.words(t.readers))
	reply.add("Cc", list.address)
	program{}.thread(reply, l.get("Message-ID"), "")
	listed(reply, list)
	mail := &sent{who: "mailing list", story: t.name(), box: t.box, follows: s, quirk: "through a mailing list"}
	if err := t.w.post(mail, list.way(t.r, t.box), list.domain.sign(reply.bytes())); err != nil {
		t.w.fault("%s: the mail of a list was not taken: %v", t.name(), err)
	}
	t.rounds(1)
}

// forwarded: the customer writes to an old address, whose server forwards.
func (t *talk) forwarded() {
	l, s := t.opening(t.readers)
	if t.r.IntN(2) == 0 {
		l.set("To", "old-support@forward.test")
	}
	t.first, t.last = s, s
	server := t.w.names.domains["forward.test"]
	raw := t.who.domain.sign(l.bytes())
	way := route{peer: server.peer(t.r), helo: "mail.forward.test", from: t.who.address, to: []string{t.box}}
	if t.r.IntN(2) == 0 { // Sender Rewriting Scheme
		way.from = "srs0=abcd=xy=" + domainOf(t.who.address) + "=someone@forward.test"
	}
	if err := t.w.post(s, way, raw); err != nil {
		t.w.fault("%s: a forwarded mail was not taken: %v", t.name(), err)
	}
	t.rounds(2)
}

// portal: the request is made on the page, and goes on by mail.
func (t *talk) portal() {
	t.box = support
	number, err := t.w.acme.submit(t.who.domain.peer(t.r), acmeHost, "contact", url.Values{
		"nonce": {fmt.Sprint(t.n)}, "name": {t.who.name}, "address": {t.who.address}, "subject": {t.subject}, "message": {t.words(t.readers)},
	})
	if err != nil {
		t.w.fault("%s: the form was not taken: %v", t.name(), err)
		return
	}
	t.ticket, t.first = number, &sent{hashes: []string{""}}
	t.w.ledger.madeInPortal(number, t.name())
	if !t.answerIn(number, "Pending") {
		return
	}
	t.reply()
	t.rounds(1)
}

// acknowledged: the customer answers the first thing that they get.
func (t *talk) acknowledged() {
	t.open()
	if t.got = t.w.sink.wait(t.who.address, "Auto-Submitted: auto-replied"); t.got == nil {
		t.w.fault("%s: nothing was answered to %s", t.name(), t.who.address)
		return
	}
	t.reply()
	t.rounds(1)
}

// Writers that are no people.
const (
	absent     = "absence note"
	mailServer = "mail server"
)

// away: a program answers for the customer, who answers later.
func (t *talk) away() {
	t.open()
	if !t.answer("Pending") {
		return
	}
	l, to, way := t.absence()
	s := &sent{who: absent, story: t.name(), box: t.box, answers: t.got, quirk: "a program answers"}
	if err := t.w.post(s, way, t.who.domain.sign(l.bytes())); err != nil {
		t.w.fault("%s: the absence note to %s was not taken: %v", t.name(), to, err)
	}
	t.reply()
	t.rounds(1)
}

// absence is a note that nobody is there, as different programs write it.
func (t *talk) absence() (*letter, string, route) {
	m := t.got.reading()
	l := newLetter(t.who.from(), m.replyTo, "Automatic reply: "+m.subject, messageID(t.r, t.who.domain.name),
		"I am out of office until Monday. "+t.canary("text", t.readers))
	way := t.who.way(t.r, m.replyTo)
	switch t.r.IntN(3) {
	case 0: // RFC 3834: to the return path, from nobody
		l.add("Auto-Submitted", "auto-replied (vacation)")
		l.add("In-Reply-To", m.messageID)
		l.set("To", t.got.from)
		way.from, way.to = "", []string{t.got.from}
	case 1: // Exchange
		l.add("X-Auto-Response-Suppress", "All")
		l.add("In-Reply-To", m.messageID)
	case 2: // no field tells
		l.set("Subject", "Abwesenheitsnotiz: "+m.subject)
		l.add("In-Reply-To", m.messageID)
		l.set("To", m.from)
		way.to = []string{m.from}
	}
	return l, way.to[0], way
}

// bounces: the answer comes back to the address that asks for it.
func (t *talk) bounces() {
	t.open()
	if !t.answer("Pending") {
		return
	}
	raw := bounce(t.r, t.got, t.who.address, "550 5.1.1 no such user "+t.canary("diagnostic", newReaders()))
	s := &sent{who: mailServer, story: t.name(), box: t.box, answers: t.got, quirk: "a bounce"}
	way := route{peer: t.who.domain.peer(t.r), helo: "mail." + t.who.domain.name, to: []string{t.got.from}}
	if err := t.w.post(s, way, raw); err != nil {
		t.w.fault("%s: a bounce to %s was not taken: %v", t.name(), t.got.from, err)
	}
}

// closed: a reply to a closed request opens one that goes on from it.
func (t *talk) closed() {
	t.open()
	if !t.answer("Closed") {
		return
	}
	t.reply()
	t.rounds(1)
}

// bounce is a delivery status notification (RFC 3464) about a mail of ours.
func bounce(r *rand.Rand, about *received, recipient, diagnostic string) []byte {
	text := fmt.Sprintf(`From: Mail Delivery System <mailer-daemon@%[1]s>
To: <%[2]s>
Subject: Undelivered Mail Returned to Sender
Message-ID: %[3]s
Date: %[7]s
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain

Your mail could not be delivered.

<%[4]s>: %[5]s

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.%[1]s

Final-Recipient: rfc822; %[4]s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; %[5]s

--report
Content-Type: text/rfc822-headers

%[6]s
--report--
`, domainOf(recipient), about.from, messageID(r, domainOf(recipient)), recipient, diagnostic, headerOf(about.raw), time.Now().Format(time.RFC1123Z))
	return []byte(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
}

func headerOf(raw []byte) string {
	header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	return header + "\r\n"
}
