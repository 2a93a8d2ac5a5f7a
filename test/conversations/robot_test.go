package conversations

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// robot answers every mail that it gets, as programs do that never saw RFC 3834.
type robot struct {
	name   string
	domain string
	local  string // of its address, "" for any
	form   bool   // it begins in the portal, with the robot's address
	// answer makes its mail about one of ours, and tells where it goes; "" for
	// nowhere.
	answer func(w *world, r *robot, m *received) (l *letter, to string)

	null bool // from the null sender
	who  *person
	loop loop
}

// robots, from those that tell what they are to those that hide it.
var robots = []robot{
	{name: "vacation that says so (RFC 3834)", null: true, answer: inThread("Auto: ", field{"Auto-Submitted", "auto-replied"})},
	{name: "vacation of Exchange", answer: inThread("Automatic reply: ", field{"X-Auto-Response-Suppress", "All"})},
	{name: "absence note without a field", answer: toPlain("Abwesenheitsnotiz: ", "Ich bin im Urlaub.")},
	{name: "desk that says so", answer: inThread("Re: ", field{"Auto-Submitted", "auto-replied"})},
	{name: "desk that answers in the thread and does not say so", answer: inThread("Re: ")},
	{name: "desk that opens a case and does not say so", answer: toPlain("[Case 4711] We received your request: ", "Our team will look into it.")},
	{name: "desk of a domain that proves nothing", domain: "loose.test", answer: toPlain("[Case 4712] We received your request: ", "Our team will look into it.")},
	{name: "no-reply that answers", local: "no-reply", answer: toPlain("Please do not reply: ", "This mailbox is not read.")},
	{name: "challenge before delivery", answer: toPlain("Please confirm that you are a person: ", "Click to be let in.")},
	{name: "server that answers with a mail of its own", local: "mailer-daemon", answer: toPlain("Undelivered Mail Returned to Sender: ", "No such user here.")},
	{name: "desk that opens a case for a form", form: true, answer: toPlain("[Case 4713] We received your request: ", "Our team will look into it.")},
}

// inThread answers to Reply-To with thread fields and those that tell.
func inThread(prefix string, tells ...field) func(*world, *robot, *received) (*letter, string) {
	return func(w *world, r *robot, m *received) (*letter, string) {
		read := m.reading()
		l := r.letter(w, read.replyTo, prefix+read.subject, "I have got your mail.")
		program{}.thread(l, read.messageID, read.references)
		l.fields = append(l.fields, tells...)
		return l, read.replyTo
	}
}

// toPlain writes to From, as if nothing had come before.
func toPlain(prefix, text string) func(*world, *robot, *received) (*letter, string) {
	return func(w *world, r *robot, m *received) (*letter, string) {
		read := m.reading()
		return r.letter(w, read.from, prefix+strings.TrimPrefix(read.subject, "Re: "), text), read.from
	}
}

func (r *robot) letter(w *world, to, subject, text string) *letter {
	random := w.random("robot "+r.name, r.loop.them)
	text += " " + w.book.canary(random, "text", r.name, newReaders(r.who.address))
	return newLetter(r.who.from(), to, subject, messageID(random, r.who.domain.name), text)
}

// maxRounds is when a loop is taken to go on for ever.
const maxRounds = 30

// loops lets robots and desks answer each other until nobody has anything to say.
func (w *world) loops(c *tally) {
	for _, r := range w.runRobots() {
		c.loops = append(c.loops, r.loop)
	}
	known := map[*desk]map[int64]*ticket{w.acme: {}, w.globex: {}}
	for _, p := range deskPairs {
		c.loops = append(c.loops, w.twoDesks(p, known))
	}
}

func (w *world) runRobots() []*robot {
	var running []*robot
	byAddress := map[string]*robot{}
	for i, r := range robots {
		r.who = w.robotAddress(i, r)
		r.loop.name = r.name
		running, byAddress[r.who.address] = append(running, &r), &r
		w.beginLoop(&r)
	}
	seen, known := 0, map[int64]*ticket{}
	for range maxRounds {
		if err := w.acme.settle("support", known); err != nil {
			w.fault("loops: %v", err)
			break
		}
		mails := w.sink.all()[seen:]
		if seen += len(mails); len(mails) == 0 {
			break
		}
		for _, m := range mails {
			if r := byAddress[m.to]; r != nil {
				w.robotAnswers(r, m)
			}
		}
	}
	return running
}

func (w *world) robotAddress(i int, r robot) *person {
	domain, local := r.domain, r.local
	if domain == "" {
		domain = "robots.test"
	}
	if local == "" {
		local = fmt.Sprintf("robot%d", i)
	}
	return &person{name: "Robot", address: local + "@" + domain, domain: w.names.domains[domain]}
}

// beginLoop is the first mail: that of a person who shares the address.
func (w *world) beginLoop(r *robot) {
	if r.form {
		number, err := w.acme.submit(here, acmeHost, "contact", url.Values{
			"nonce": {r.name}, "name": {"Robot"}, "address": {r.who.address}, "subject": {"Hello"}, "message": {"I have a question."},
		})
		if err != nil {
			w.fault("loops: %v", err)
		}
		w.ledger.madeInPortal(number, r.name)
		return
	}
	w.robotWrites(r, r.letter(w, support, "A question", "I have a question."), support, false)
}

func (w *world) robotAnswers(r *robot, m *received) {
	r.loop.ours++
	r.loop.mails = append(r.loop.mails, m.raw)
	if l, to := r.answer(w, r, m); to != "" {
		w.robotWrites(r, l, to, r.null)
	}
}

func (w *world) robotWrites(r *robot, l *letter, to string, null bool) {
	random := w.random("robot's way", r.loop.them)
	way := r.who.way(random, to)
	if null {
		way.from = ""
	}
	s := &sent{who: "robot", story: r.name, box: support}
	raw := r.who.domain.sign(l.bytes())
	if err := w.post(s, way, raw); err != nil {
		w.fault("%s: a mail was not taken: %v", r.name, err)
	}
	r.loop.them++
	r.loop.mails = append(r.loop.mails, raw)
}

// pair is two desks that write to each other.
type pair struct {
	name         string
	acme, globex string   // mailboxes
	strips       []string // fields that something on the way takes out
}

// deskPairs have mailboxes of their own, so that one loop does not use up what
// another one may send.
var deskPairs = []pair{
	{"two desks", support, "service@globex.test", nil},
	{"two desks, their marks stripped on the way", support, "help@globex.test", []string{"Auto-Submitted", "X-Auto-Response-Suppress"}},
	{"two desks, their marks and threads stripped on the way", billing, "info@globex.test",
		[]string{"Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References", "Reply-To"}},
}

// twoDesks begins with a mail in the name of one desk to the other one, and
// carries what they send each other.
func (w *world) twoDesks(p pair, known map[*desk]map[int64]*ticket) loop {
	made := loop{name: p.name}
	r := w.random(p.name, 0)
	them := &person{name: "Globex", address: p.globex, domain: w.names.domains["globex.test"]}
	first := newLetter(them.from(), p.acme, "A question of ours", messageID(r, "globex.test"), "Where is our order?")
	s := &sent{who: "desk", story: p.name, box: p.acme}
	seen := len(w.sink.all())
	if err := w.post(s, them.way(r, p.acme), first.bytes()); err != nil {
		w.fault("%s: %v", p.name, err)
	}
	made.them, made.mails = 1, append(made.mails, first.bytes())
	for range maxRounds {
		for d, tickets := range known {
			if err := d.settle("support", tickets); err != nil {
				w.fault("%s: %v", p.name, err)
			}
		}
		mails := w.sink.all()[seen:]
		if len(mails) == 0 {
			break
		}
		seen += len(mails)
		for _, m := range mails {
			w.carryBetween(p, &made, m)
		}
	}
	return made
}

func (w *world) carryBetween(p pair, made *loop, m *received) {
	raw := stripped(m.raw, p.strips)
	r := w.random(p.name, len(made.mails))
	made.mails = append(made.mails, raw)
	from := m.reading().from
	if len(p.strips) == 0 {
		from = m.from
	}
	var err error
	switch plainAddress(m.to) {
	case p.globex:
		made.ours++
		err = carry(w.globex.smtp, route{peer: w.names.domains["acme.test"].peer(r), helo: "mail.acme.test", from: from, to: []string{m.to}}, raw)
	case p.acme:
		made.them++
		err = w.post(&sent{who: "desk", story: p.name, box: p.acme}, route{peer: w.names.domains["globex.test"].peer(r), helo: "mail.globex.test", from: from, to: []string{m.to}}, raw)
	}
	if err != nil {
		w.fault("%s: a mail was not taken: %v", p.name, err)
	}
}

// plainAddress is without a token.
func plainAddress(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}

// stripped takes fields out of a header.
func stripped(raw []byte, names []string) []byte {
	header, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	var kept []string
	dropping := false
	for line := range strings.SplitSeq(header, "\r\n") {
		if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			name, _, _ := strings.Cut(line, ":")
			dropping = slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		}
		if !dropping {
			kept = append(kept, line)
		}
	}
	return []byte(strings.Join(kept, "\r\n") + "\r\n\r\n" + body)
}
