package conversations

import (
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
)

// guess tries reply addresses that were never given out (A04). Each must look
// like an address that does not exist, and the connection end soon.
func (a *attack) guess() {
	victim := a.victim("customer.test")
	if victim == nil {
		return
	}
	real := victim.got.reading().replyTo
	_, token, _ := strings.Cut(real, "+")
	unknown, err := a.try([]string{"nobody@acme.test"})
	if err != nil || len(unknown) != 1 {
		a.w.fault("%s: an unknown address was answered with %v, %v", a.story(""), unknown, err)
		return
	}
	const connections = 30
	for range connections {
		var tries []string
		for range 7 {
			tries = append(tries, "support+"+a.random(40)+"@acme.test")
		}
		// One letter wrong; a good token at another mailbox, and at another account.
		tries = append(tries, tampered(real), "billing+"+token, "desk+"+strings.Replace(token, "acme", "beta", 1), "support+"+a.random(40)+"@acme.test")
		answers, err := a.try(tries)
		if err != nil {
			a.w.fault("%s: %v", a.story(""), err)
			return
		}
		a.judge(tries, answers, unknown[0])
	}
	victim.goOn()
}

func (a *attack) random(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[a.r.IntN(len(letters))]
	}
	return string(b)
}

// try offers recipients on one connection and returns the answers.
func (a *attack) try(recipients []string) ([]string, error) {
	way := a.attacker.way(a.r)
	client, err := dial(a.w.acme.smtp, way)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	if err := client.Mail(way.from, nil); err != nil {
		return nil, err
	}
	var answers []string
	for _, to := range recipients {
		answer := "250"
		if err := client.Rcpt(to, nil); err != nil {
			answer = err.Error()
		}
		answers = append(answers, answer)
	}
	return answers, nil
}

// judge wants ten refusals like that of an unknown address, and then the end.
func (a *attack) judge(tries, answers []string, unknown string) {
	const patient = 10 // wrong recipients before the connection is closed
	a.w.tell(func(c *tally) {
		c.guesses += len(tries)
		for i, answer := range answers {
			switch {
			case answer == "250":
				c.guessed = append(c.guessed, finding{words: tries[i] + " was accepted"})
			case i < patient && answer != unknown:
				c.guessed = append(c.guessed, finding{words: fmt.Sprintf("%s was answered %q, an unknown address %q", tries[i], answer, unknown)})
			case i >= patient && !strings.Contains(answer, "421"):
				c.guessed = append(c.guessed, finding{words: fmt.Sprintf("the %dth wrong recipient was answered %q", i+1, answer)})
			}
		}
	})
}

// backscatter makes the desk refuse, hold or ignore mail in the name of people
// who then must not hear of it (A14).
func (a *attack) backscatter() {
	big := strings.Repeat("All work and no play.\n", 60_000) // above 1 MiB
	for _, tt := range []struct {
		name, domain string
		to           string
		null         bool // null sender
		change       func(*letter)
		want         string
	}{
		{"an unknown recipient", "loose.test", "nobody@acme.test", false, nil, "550"},
		{"another domain", "loose.test", "someone@elsewhere.test", false, nil, "550"},
		{"the null sender", "loose.test", support, true, nil, ""},
		{"too large", "loose.test", billing, false, func(l *letter) { l.text += big }, "552"},
		{"a sender that fails", "bank.test", support, false, nil, ""},
		{"a mailing", "loose.test", support, false, func(l *letter) { l.add("Precedence", "bulk") }, ""},
		{"an automatic mail", "loose.test", support, false, func(l *letter) { l.add("Auto-Submitted", "auto-generated") }, ""},
		{"a list", "loose.test", support, false, func(l *letter) { l.add("List-Id", "<x.lists.test>") }, ""},
		{"two senders", "loose.test", support, false, func(l *letter) { l.add("From", "two@loose.test") }, ""},
		{"a forged absence note", "loose.test", support, false, func(l *letter) { l.set("Subject", "Automatic reply: hello") }, ""},
	} {
		forged := fmt.Sprintf("forged.%s@%s", a.slug(), tt.domain)
		a.w.ledger.keepSilent(forged, "a mail in their name had "+tt.name)
		l := a.mail(forged, tt.to, newReaders())
		if tt.change != nil {
			tt.change(l)
		}
		way := a.attacker.way(a.r, tt.to)
		way.from = forged
		if tt.null {
			way.from = ""
		}
		s := &sent{who: "attacker", story: a.story("%s", tt.name), box: tt.to, pretends: forged}
		a.expect(a.w.post(s, way, l.bytes()), tt.want)
	}
	a.forgedBounces()
}

// forgedBounces claim that mail came back. Only a token of ours makes them count.
func (a *attack) forgedBounces() {
	victim := a.victim("customer.test")
	if victim == nil {
		return
	}
	for _, tt := range []struct{ name, to, want string }{
		{"no token", support, ""},
		{"a tampered token", tampered(victim.got.from), "550"},
	} {
		forged := &received{from: tt.to, raw: []byte("Message-ID: <" + a.random(20) + "@acme.test>\r\n\r\n")}
		raw := bounce(a.r, forged, victim.who.address, "550 5.1.1 no such user "+a.canary("diagnostic", newReaders()))
		s := &sent{who: "attacker", story: a.story("a bounce with %s", tt.name), box: support}
		way := a.attacker.way(a.r, tt.to)
		way.from = ""
		a.expect(a.w.post(s, way, raw), tt.want)
	}
	victim.goOn()
}

// manyFroms sends mails whose writer is the victim to some programs and the
// attacker to others (A06). The attacker's servers are proven for the attacker.
func (a *attack) manyFroms() {
	victim := a.victim("customer.test")
	if victim == nil {
		return
	}
	for _, fields := range froms(victim.who.address, a.attacker.address) {
		readers := newReaders()
		l := a.mail(a.attacker.address, victim.got.reading().replyTo, readers)
		l.drop("From")
		l.fields = append(fields, l.fields...)
		s := &sent{who: "attacker", story: a.story("%q", fields), box: support, pretends: victim.who.address, claims: victim.name()}
		raw := a.attacker.domain.sign(l.bytes())
		if err := a.w.post(s, a.attacker.way(a.r, victim.got.reading().replyTo), raw); err != nil && !strings.Contains(err.Error(), "55") {
			a.w.fault("%s: %v", s.story, err) // refusing them for good is as well
		}
	}
	victim.goOn()
}

// froms are header fields that name two people: the victim v and the attacker e.
// Sources: "Composition Kills" (USENIX Security 2020), RFC 5322 appendix A.
func froms(v, e string) [][]field {
	local, domain, _ := strings.Cut(v, "@")
	from := func(values ...string) []field {
		var fields []field
		for _, value := range values {
			fields = append(fields, field{"From", value})
		}
		return fields
	}
	return [][]field{
		from(v, e), from(e, v), from(v + ", " + e), from(e + ", " + v), from("<"+v+">", "<"+v+">"),
		from("Team: " + v + ", " + e + ";"), from("Team: " + v + ";"),
		{{"From ", v}, {"From", e}}, {{"From", e}, {"From ", v}}, {{"from", v}, {"From", e}}, {{"FROM", e}, {"from", v}},
		from(`"` + v + `" <` + e + `>`), from(v + " <" + e + ">"), from("<" + v + "> <" + e + ">"), from("<" + e + "> <" + v + ">"),
		from("<@evil.test:" + v + ">"), from("<@" + domain + ":" + e + ">"),
		from("=?utf-8?q?" + local + "=40" + domain + "?= <" + e + ">"), from("<=?utf-8?q?" + local + "?=@" + domain + ">"),
		from("=?utf-8?q?" + local + "=40" + domain + "=3E=2C?= <" + e + ">"),
		from(local + "(" + e + ")@" + domain), from(e + " (<" + v + ">)"), from("(" + e + ") " + v),
		from("\n " + e + ",\n " + v), from(v + "@evil.test"), from(`"` + v + `"@evil.test`), from("<" + v + ">,"), from(v + "."),
		from(local + "\x00@" + domain + " <" + e + ">"), from(`"` + v + `\` + "\x00" + `" <` + e + `>`),
		from(local + "@cust\u200bomer.test"), from(local + "@customer\u3002test"), from(strings.Replace(v, "a", "\u0430", 1)),
		{{"From", e}, {"Sender", v}}, {{"From", e}, {"Resent-From", v}}, {{"From", e}, {"Reply-To", v}}, {{"Sender", v}}, {{"From", ""}, {"Sender", v}},
		from(v), // plainly, with a good signature of somebody else
	}
}

// How relay abuse is tried: each victim many times, through both doors, from
// many places.
const (
	abuseVictims     = 100
	abuseSubmissions = 1000
	abusePlaces      = 50
)

// relayAbuse asks for mail to people who never wrote, with the attacker's words
// in it if that can be had (A27).
func (w *world) relayAbuse() {
	r := w.random("relay abuse", 0)
	type order struct {
		victim, peer string
		word         func(place string) string
	}
	orders := make([]order, abuseSubmissions)
	for i := range orders {
		victim := fmt.Sprintf("victim%d@loose.test", i%abuseVictims)
		readers := newReaders()
		readers.addPages(victim)
		words := map[string]string{}
		for _, place := range []string{"name", "subject", "text", "Message-ID"} {
			words[place] = w.book.canary(r, place, "relay abuse of "+victim, readers)
		}
		orders[i] = order{victim, fmt.Sprintf("127.0.6.%d", 1+i%abusePlaces), func(place string) string { return words[place] }}
	}
	var refused atomic.Int64 // a desk may do that
	each(len(orders), atOnce, func(i int) {
		o := orders[i]
		if i/abuseVictims%2 == 0 {
			l := newLetter(fmt.Sprintf("Buy %s <%s>", o.word("name"), o.victim), support, "Cheap "+o.word("subject"),
				"<"+o.word("Message-ID")+"@loose.test>", "Click here: "+o.word("text"))
			s := &sent{who: "attacker", story: fmt.Sprintf("relay abuse %d", i), box: support, pretends: o.victim}
			way := route{peer: o.peer, helo: "mail.evil.test", from: o.victim, to: []string{support}}
			if w.post(s, way, l.bytes()) != nil {
				refused.Add(1)
			}
			return
		}
		_, err := w.acme.submit(o.peer, acmeHost, "contact", url.Values{
			"nonce": {fmt.Sprint("abuse", i)}, "name": {"Buy " + o.word("name")}, "address": {o.victim},
			"subject": {"Cheap " + o.word("subject")}, "message": {"Click here: " + o.word("text")},
		})
		if err != nil {
			refused.Add(1)
		}
	})
	if refused.Load() > abuseSubmissions/2 {
		w.fault("of %d submissions %d were refused, so little was tried", abuseSubmissions, refused.Load())
	}
}

// countAbuse counts what the victims got.
func (w *world) countAbuse(c *tally) {
	c.victims, c.submissions = abuseVictims, abuseSubmissions
	got := map[string]int{}
	for _, m := range w.sink.all() {
		if !strings.HasPrefix(m.to, "victim") {
			continue
		}
		c.victimMailsAll++
		if got[m.to]++; got[m.to] > mailsAtDay {
			c.victimMails = append(c.victimMails, finding{fmt.Sprintf("%s got mail %d", m.to, got[m.to]), [][]byte{m.raw}})
		}
		for _, found := range w.book.in(m.reading().all) {
			c.victimCanaries = append(c.victimCanaries, finding{fmt.Sprintf("%s of the %s is in a mail to %s", found.word, found.place, m.to), [][]byte{m.raw}})
		}
	}
}
