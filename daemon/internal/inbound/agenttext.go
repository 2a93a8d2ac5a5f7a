package inbound

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
	"github.com/posterndesk/postern/daemon/internal/quotes"
)

// agentText is what an agent's mail says.
type agentText struct {
	orders orders
	text   string // to be posted; "" if nothing is
	quoted string // the rest, of a note; an answer leaves it out, as customers see it
	kept   string // what is posted nowhere, for the receipt
	why    string // why it is not
}

// memory is what is known about the texts of a ticket.
type memory struct {
	public   []string // what everybody who gets an answer may see
	internal []string // what they must not; what agents wrote comes first
	sent     []string // the notices, as agents got them, and what customers wrote
	partial  bool     // there is more that is for agents alone than is compared
}

const (
	// agentMemory is how many entries are compared with what an agent sends.
	agentMemory = 50
	// agentMemoryBytes is how much of it is for agents alone: it is below what
	// package quotes compares, even if every word has one letter.
	agentMemoryBytes = 96 << 10
)

func (p *Pipeline) remember(ctx context.Context, c *incoming) (*memory, error) {
	merged, _, err := helpdesk.Family(c.ticket, p.reading(ctx, c))
	if err != nil {
		return nil, fmt.Errorf("read merged tickets: %w", err)
	}
	m := &memory{}
	var notes []string
	for _, t := range append([]helpdesk.Ticket{*c.ticket}, merged...) {
		entries, err := p.Store.LastEntries(ctx, c.box.Account, t.ID, agentMemory)
		if err != nil {
			return nil, fmt.Errorf("read what was sent: %w", err)
		}
		m.partial = m.partial || t.Entries > len(entries)
		for i := range entries {
			m.add(c, &t, &entries[i])
			if e := &entries[i]; !e.Public() && e.Author.Role == helpdesk.AgentAs { // what a receipt gave back is theirs to send again
				note, err := p.wholeNote(ctx, c, e)
				if err != nil {
					return nil, err
				}
				notes = append(notes, note)
			}
		}
	}
	// Strangers can write at any length, and must not push out what agents noted.
	m.internal = append(notes, m.internal...)
	size := 0
	for _, text := range m.internal {
		size += len(text)
	}
	m.partial = m.partial || size > agentMemoryBytes
	return m, nil
}

// add sorts one entry but for what agents noted.
func (m *memory) add(c *incoming, t *helpdesk.Ticket, e *helpdesk.Entry) {
	agents := e.Author.Role == helpdesk.AgentAs
	switch {
	case e.Public() && t.ID == c.ticket.ID && seenByAll(t, e):
		m.public = append(m.public, e.Text)
	case e.Public() && t.ID == c.ticket.ID: // some who get the answer have not seen it
	case !agents || e.Public():
		m.internal = append(m.internal, e.Text, e.Quoted)
		m.partial = m.partial || e.TextBlob != "" || e.QuotedBlob != ""
	}
	if agents { // an answer is in no notice: who sends it again means it
		return
	}
	if e.Public() {
		m.sent = append(m.sent, e.Text)
	}
	m.sent = append(m.sent, outbound.SaidToAgent(t, e, c.box))
	frame := *e
	frame.Text = ""
	m.internal = append(m.internal, outbound.SaidToAgent(t, &frame, c.box))
}

// wholeNote is the text of a note that may be too long for its record.
func (p *Pipeline) wholeNote(ctx context.Context, c *incoming, e *helpdesk.Entry) (string, error) {
	if e.TextBlob == "" {
		return e.Text, nil
	}
	hash, err := blob.ParseHash(e.TextBlob)
	if err != nil {
		return "", fmt.Errorf("read note: %w", err)
	}
	r, err := p.Blobs.Open(ctx, c.box.Account, hash)
	if err != nil {
		return "", fmt.Errorf("read note: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, agentMemoryBytes+1))
	if err != nil {
		return "", fmt.Errorf("read note: %w", err)
	}
	return string(text), nil
}

// seenByAll reports an entry that everybody who takes part may read.
func seenByAll(t *helpdesk.Ticket, e *helpdesk.Entry) bool {
	return !slices.ContainsFunc(t.Participants, func(p helpdesk.Participant) bool { return p.Active() && !p.Sees(e) })
}

// readAgentText reads an agent's mail: commands, then an answer or a note.
func (p *Pipeline) readAgentText(ctx context.Context, c *incoming, note bool) (*agentText, error) {
	known, err := p.remember(ctx, c)
	if err != nil {
		return nil, err
	}
	text, _ := c.mail.Text()
	top, below := splitMark(text)
	a := &agentText{}
	a.orders, top = readOrders(top)
	alone := a.orders.lines == 0 || a.orders.lines == 1 && a.orders.note // nothing but a text was meant
	reader := ownWords{c: c, known: known}
	if note || a.orders.note {
		a.orders.note = true
		a.text, a.quoted = reader.read(top + below)
	} else {
		a.answer(reader, top, below)
	}
	a.check(alone)
	return a, nil
}

// check keeps back what must not be posted. What an agent ordered and was not
// understood may change whom the text is for.
func (a *agentText) check(alone bool) {
	if !a.orders.note {
		a.orders.refused = append(a.orders.refused, misplaced(a.text)...)
	}
	switch {
	case a.text != "" && len(a.orders.refused) > 0:
		a.kept, a.why, a.text, a.quoted = join(a.text, a.kept), "the text was not sent, as not every command was understood", "", ""
	case a.text == "" && a.why == "" && alone && a.orders.note:
		a.why = "there was no text for a note"
	case a.text == "" && a.why == "" && alone:
		a.why = "there was no text above the line"
	}
}

// answer finds the words that are meant for customers. What stands above the mark
// of our mail is; what stands below only if it can be told apart from what is for
// agents alone.
func (a *agentText) answer(reader ownWords, top, below string) {
	marked := strings.HasPrefix(strings.TrimLeft(below, " \t\u00a0"), ">")
	if below != "" {
		top, _ = reader.read(trimBlank(top) + "\n\n> " + outbound.AgentMark)
	} else {
		top, _ = reader.read(top)
	}
	top, leaks := reader.forCustomers(top)
	if leaks {
		a.kept, a.why = top, "the text was not sent, as it repeats what only agents may read"
		return
	}
	if a.text = top; !marked {
		return // without marks nothing below can be told apart
	}
	answers, _ := reader.read(below)
	if reader.known.partial {
		// What is not compared can't be told apart: never a note as our answer.
		if a.kept = answers; strings.ContainsFunc(answers, isWord) {
			a.why = "what was written below the line was not sent, as the request is too long to tell it apart from what only agents may read"
		}
		return
	}
	if answers, leaks = reader.forCustomers(answers); leaks {
		a.kept, a.why = answers, "what was written below the line was not sent, as it stands among what only agents may read"
		return
	}
	a.text = join(top, answers)
}

// markWords are what is left of the mark when its signs are lost on the way.
var markWords = strings.Trim(outbound.AgentMark, "~ ")

// splitMark divides a text at the line that our mail to agents begins with.
func splitMark(text string) (above, below string) {
	at := 0
	for line := range strings.SplitAfterSeq(text, "\n") {
		if strings.Contains(oneLine(line), markWords) {
			return text[:at], text[at:]
		}
		at += len(line)
	}
	return text, ""
}

// aboveMark is a text without a mail of ours to an agent that it quotes.
func aboveMark(text string) string {
	above, below := splitMark(text)
	if below == "" {
		return text
	}
	return trimBlank(above)
}

// ownWords reads what an agent newly wrote.
type ownWords struct {
	c     *incoming
	known *memory
}

// sentinel stands before a text while it is taken apart, so that one of nothing
// but quotes is not taken for the words of its author.
const sentinel = "Here begins what was written."

// read takes quotes, signature and what mail programs add off a text.
func (r ownWords) read(text string) (own, folded string) {
	h := quotes.Hints{
		Subject: r.c.mail.Subject(), Author: r.c.writer.Name, Address: r.c.writer.Address.String(), Answer: true,
		Sent: r.known.sent,
	}
	for _, m := range addressed(r.c.mail) {
		h.To = append(h.To, m.Written)
	}
	split := quotes.Text(sentinel+"\n\n"+trimBlank(text), h)
	own, ok := strings.CutPrefix(split.Reply, sentinel)
	if !ok || split.Forward != nil { // never what is not expected
		return strings.TrimSpace(text), ""
	}
	return trimBlank(own), strings.Join(split.Folded, "\n\n")
}

// leak is how many words in a row, on lines of an agent's own, repeat a text that
// is for agents alone: phrases that everybody uses have fewer.
const leak = 8

// forCustomers leaves of the quotes in a text those that customers have seen. It
// reports whether the rest repeats what they must not.
func (r ownWords) forCustomers(text string) (string, bool) {
	lines := strings.Split(text, "\n")
	seen, secret := quotes.Repeats(text, r.known.public...), quotes.Repeats(text, r.known.internal...)
	if len(seen) != len(lines) { // too many lines to look at each
		return text, true
	}
	var shown []string
	own, repeated, quoted := false, 0, false
	for i, line := range lines {
		// A quoted line that was wrapped once more has its rest without a mark.
		quoted = seen[i].Quoted || quoted && secret[i].All() && !seen[i].All()
		switch {
		case strings.Contains(oneLine(line), markWords), quoted && !seen[i].All():
			continue
		case !quoted && !seen[i].All() && secret[i].Run >= leak:
			repeated += secret[i].Known
		}
		own = own || !quoted && strings.ContainsFunc(line, isWord)
		shown = append(shown, line)
	}
	switch {
	case repeated >= leak:
		return text, true
	case !own: // quotes alone answer nothing
		return "", false
	}
	return squeeze(shown), false
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) || unicode.IsPunct(r)
}

// squeeze joins lines with one blank line at most between them.
func squeeze(lines []string) string {
	var out []string
	for _, line := range lines {
		if !isBlank(line) || len(out) > 0 && !isBlank(out[len(out)-1]) {
			out = append(out, line)
		}
	}
	return trimBlank(strings.Join(out, "\n"))
}

// trimBlank takes blank lines off both ends; the first line keeps its indentation.
func trimBlank(s string) string {
	for {
		first, rest, more := strings.Cut(s, "\n")
		if !more || !isBlank(first) {
			return strings.TrimRightFunc(s, unicode.IsSpace)
		}
		s = rest
	}
}

// join puts two texts one below the other.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "\n\n" + b
}
