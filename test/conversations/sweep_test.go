package conversations

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// asAgent is the place of canaries in mails that claim to come from an agent.
const asAgent = "text as an agent"

// sweep looks for every canary wherever it must not be: in the mail of others,
// on the pages that their links open, in logs and in metrics.
func (w *world) sweep(c *tally) {
	c.canaries += w.book.len()
	mails := w.sink.all()
	for _, m := range mails {
		w.sweepMail(c, m)
	}
	w.sweepPages(c, mails)
	w.sweepAccounts(c)
	for _, d := range []*desk{w.acme, w.globex} {
		w.sweepLog(c, d)
		w.sweepMetrics(c, d)
	}
}

// toAgent tells the account of the agent whom a desk mails, "" for a mail to
// anybody else. Agents read all of their account, and nothing of another one.
func (l *ledger) toAgent(m *received) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if domain := l.agents[m.to]; domain != "" && strings.HasSuffix(m.reading().from, "@"+domain) {
		return domain
	}
	return ""
}

// forAgents is what all mail to agents has, and no other.
const forAgents = "Write above this line to answer"

func (w *world) sweepMail(c *tally, m *received) {
	read := m.reading()
	if why, silent := w.ledger.silent[m.to]; silent {
		c.backscatter = append(c.backscatter, finding{fmt.Sprintf("%s was sent %q: %s", m.to, read.subject, why), [][]byte{m.raw}})
	}
	account := w.ledger.toAgent(m)
	if account == "" && strings.Contains(read.all, forAgents) {
		c.leaks = append(c.leaks, finding{"words for agents are in a mail to " + m.to, [][]byte{m.raw}})
	}
	for _, found := range w.book.in(read.all) {
		if account != "" && found.readers.inAccount(account) || found.readers.mayRead(m.to) {
			continue
		}
		what := finding{fmt.Sprintf("%s, in the %s of %s, is in a mail to %s", found.word, found.place, found.writer, m.to), [][]byte{m.raw}}
		c.leaks = append(c.leaks, what)
		if found.place == asAgent {
			c.relayed = append(c.relayed, what)
		}
	}
}

// sweepPages opens every link that was sent to somebody.
func (w *world) sweepPages(c *tally, mails []*received) {
	type link struct {
		url string
		to  string
		raw []byte
	}
	var links []link
	seen := map[string]bool{}
	for _, m := range mails {
		for _, url := range m.reading().links {
			if !seen[url] {
				seen[url] = true
				links = append(links, link{url, m.to, m.raw})
			}
		}
	}
	var mu sync.Mutex
	each(len(links), 8, func(i int) {
		l := links[i]
		parts := linkInMail.FindStringSubmatch(l.url)
		d := w.acme
		if parts[1] == globexHost {
			d = w.globex
		}
		resp, page, err := d.visit(http.MethodGet, here, parts[1], parts[2], nil)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			w.fault("open a link of %s: %v", l.to, err)
			return
		case w.ledger.dead[l.url]:
			if resp.StatusCode == http.StatusOK {
				c.leaks = append(c.leaks, finding{"the link of " + l.to + ", who was taken off the request, still opens it", [][]byte{l.raw}})
			}
		case resp.StatusCode != http.StatusOK:
			w.fault("a link that %s was sent shows %s", l.to, resp.Status)
			return
		}
		c.pages++
		w.sweepPage(c, l.to, page, l.raw)
	})
}

func (w *world) sweepPage(c *tally, reader, page string, raw []byte) {
	inTheirName := false
	for _, found := range w.book.in(page) {
		switch {
		case found.readers.mayRead(reader):
		case found.readers.mayOpen(reader):
			inTheirName = true
		default:
			c.leaks = append(c.leaks, finding{
				fmt.Sprintf("%s, in the %s of %s, is on the page of %s", found.word, found.place, found.writer, reader), [][]byte{raw},
			})
		}
	}
	if inTheirName {
		c.inTheirName++
	}
}

// inLogs may stand in logs: who sent a mail, and what our own mail is called.
var inLogs = map[string]bool{"address": true, "Message-ID": true, "HELO": true}

func (w *world) sweepLog(c *tally, d *desk) {
	for line := range strings.SplitSeq(d.log.String(), "\n") {
		for _, found := range w.book.in(line) {
			if !inLogs[found.place] {
				c.leaks = append(c.leaks, finding{words: fmt.Sprintf("%s, in the %s of %s, is in the log: %s", found.word, found.place, found.writer, line)})
			}
		}
	}
}

func (w *world) sweepMetrics(c *tally, d *desk) {
	resp, err := http.Get("http://" + d.admin + "/metrics")
	if err != nil {
		w.fault("read metrics: %v", err)
		return
	}
	defer resp.Body.Close()
	var page strings.Builder
	if err := resp.Write(&page); err != nil {
		w.fault("read metrics: %v", err)
	}
	for _, found := range w.book.in(page.String()) {
		c.leaks = append(c.leaks, finding{words: fmt.Sprintf("%s, in the %s of %s, is in the metrics", found.word, found.place, found.writer)})
	}
}
