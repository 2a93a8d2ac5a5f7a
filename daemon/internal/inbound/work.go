package inbound

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// Merger makes two tickets one, on the authority of an agent.
type Merger interface {
	// Merge moves what came to ticket from over to ticket into. An error of kind
	// Invalid or NotFound has words for the agent.
	Merge(ctx context.Context, account string, by *helpdesk.Agent, from, into int64) error
}

// cleanWork makes the entry of an agent's mail. It bears no Message-ID: that of
// an agent's mail program would go out to customers in References.
func (p *Pipeline) cleanWork(ctx context.Context, c *incoming) error {
	said, err := p.readAgentText(ctx, c, c.verdict.act == toNote)
	if err != nil {
		return err
	}
	c.said = said
	if err := p.answerable(ctx, c); err != nil {
		return err
	}
	files, err := p.files(ctx, c)
	if err != nil {
		return err
	}
	if !said.orders.note {
		files = c.forCustomers(files)
	}
	e := helpdesk.Entry{
		Kind: helpdesk.Message, Channel: helpdesk.ByMail, At: c.now, Author: c.agent().Author(), Raw: c.kept.ref.Hash.String(),
		HTML: c.mail.HTMLParts() > 0, Recognised: c.recognition(), Attachments: files,
	}
	if said.orders.note {
		e.Kind = helpdesk.Note
	} else {
		said.text = withoutAddress(said.text, c.writer.Address, c.box.Address)
	}
	if e.Text, e.TextBlob, err = p.fit(ctx, c.box.Account, links.WithoutTokens(said.text)); err != nil {
		return err
	}
	if e.Quoted, e.QuotedBlob, err = p.fit(ctx, c.box.Account, links.WithoutTokens(said.quoted)); err != nil {
		return err
	}
	c.entry = e
	return nil
}

// answerable keeps back an answer to what was called spam, and to somebody whom an agent
// blocked or took away; the receipt says so and gives it back. Who answers an older
// notice does not know of that, and should not undo a colleague's word unseen.
func (p *Pipeline) answerable(ctx context.Context, c *incoming) error {
	if c.said.orders.note || c.said.text == "" {
		return nil
	}
	err := c.calledSpam()
	if err == nil {
		err = p.Planner.Answerable(ctx, c.box.Account, c.ticket)
	}
	if helpdesk.KindOf(err) != helpdesk.Invalid {
		return err
	}
	c.said.kept, c.said.why, c.said.text, c.said.quoted = join(c.said.text, c.said.kept), "the answer was not sent: "+helpdesk.Public(err), "", ""
	return nil
}

// calledSpam refuses an answer to spam that does not begin with #notspam.
func (c *incoming) calledSpam() error {
	t := c.ticket
	if t.Spam == nil || c.said.orders.notSpam {
		return nil
	}
	return helpdesk.Errorf(helpdesk.Invalid, "%s called request #%d spam; begin with #notspam to take that back and answer", oneLine(t.Spam.By.DisplayName()), t.Number)
}

// forCustomers are the files of an agent's mail that customers get.
func (c *incoming) forCustomers(files []helpdesk.Attachment) []helpdesk.Attachment {
	var shown []helpdesk.Attachment
	for _, f := range files {
		if staysInside(f) {
			c.note("The file %q stays here: customers get no mails, signatures and cards of agents.", cut(oneLine(f.Name), maxCopiedName))
		} else {
			shown = append(shown, f)
		}
	}
	return shown
}

// staysInside reports what customers do not get of an agent's mail although it is
// a file: mail programs can be set to attach what they answer, a signature over
// bytes that nobody else gets, or a card with the agent's own address (row S30).
func staysInside(f helpdesk.Attachment) bool {
	switch strings.ToLower(f.MediaType) {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys",
		"text/vcard", "text/x-vcard":
		return true
	}
	return f.HoldsMail()
}

// withoutAddress puts the address of the mailbox in the place of the agent's own,
// which signatures tell in many ways (row S30).
func withoutAddress(text string, agent, box helpdesk.Address) string {
	own := regexp.MustCompile(`(?i)(^|[^a-z0-9._+%-])` + regexp.QuoteMeta(agent.String()))
	return own.ReplaceAllStringFunc(text, func(found string) string {
		return found[:len(found)-len(agent.String())] + box.String()
	})
}

// work does what an agent's mail asks for: the commands on the head of the
// ticket, the answer or the note, and the receipt, all in one transaction.
func (p *Pipeline) work(ctx context.Context, c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome) error {
	t, agent := c.ticket, c.agent()
	change.Ticket = t
	before := t.Status
	change.Unchanged = append(change.Unchanged, helpdesk.Revision{Agent: agent.ID, Rev: agent.Rev})
	done, err := p.obey(ctx, c, change, agent)
	if err != nil {
		return err
	}
	outcome.Result, outcome.Ticket, outcome.Number = helpdesk.Appended, t.ID, t.Number
	if c.said.text != "" {
		t.Watch(agent.ID)
		t.Append(&c.entry)
		change.Entries = []helpdesk.Entry{c.entry}
		said, err := p.post(ctx, c, change)
		if err != nil {
			return err
		}
		done = append([]string{said}, done...)
	}
	if err := p.receive(ctx, c, change, agent, done); err != nil {
		return err
	}
	if err := p.tellStatus(ctx, c, change, before); err != nil {
		return err
	}
	outcome.Entry = change.Entries[0].Seq
	if id := c.mail.MessageID(); id != "" {
		change.Messages = []helpdesk.MessageRef{{MessageID: id, Ticket: t.ID, Entry: outcome.Entry}}
	}
	return nil
}

// tellStatus tells who takes part of a status that a command set, where no answer does.
func (p *Pipeline) tellStatus(ctx context.Context, c *incoming, change *helpdesk.Change, before helpdesk.Status) error {
	for _, e := range change.Entries {
		if e.Public() {
			return nil
		}
	}
	t := change.Ticket
	if t.Spam != nil {
		return nil
	}
	var center *helpdesk.HelpCenter
	if h, ok := p.Directory.HelpCenter(c.box.Account, t.HelpCenter); ok {
		center = &h
	}
	last := change.Entries[len(change.Entries)-1]
	return p.Planner.StatusChanged(ctx, change, outbound.Occasion{Mailbox: p.sender(c, t), Ticket: t, Entry: last.Seq, Now: c.now}, center, before)
}

// post mails an answer to everybody who takes part, as from the console, and
// says what was done.
func (p *Pipeline) post(ctx context.Context, c *incoming, change *helpdesk.Change) (string, error) {
	if c.said.orders.note {
		return p.call(ctx, c, change)
	}
	t, before := c.ticket, len(change.Deliveries)
	if c.said.orders.status == "" {
		t.Status = helpdesk.Pending // an answer was given; now it is the customer's turn
	}
	p.Planner.Reply(change, outbound.Occasion{Mailbox: p.sender(c, t), Ticket: t, Entry: c.entry.Seq, Purpose: helpdesk.AgentReply, Now: c.now})
	if n := len(change.Deliveries) - before; n != 1 {
		return fmt.Sprintf("the answer was sent to %d people", n), nil
	}
	return "the answer was sent to 1 person", nil
}

// call tells the agents whom a note names, and says so.
func (p *Pipeline) call(ctx context.Context, c *incoming, change *helpdesk.Change) (string, error) {
	agents, err := p.Store.Agents(ctx, c.box.Account)
	if err != nil {
		return "", err
	}
	named := helpdesk.Mentions(c.said.text, agents)
	called := slices.DeleteFunc(agents, func(a helpdesk.Agent) bool { return !slices.Contains(named, a.ID) || a.ID == c.agent().ID })
	if len(called) == 0 {
		return "a note was written", nil
	}
	var names []string
	for i := range called {
		names = append(names, oneLine(called[i].Name))
	}
	t := change.Ticket
	return "a note was written, which names " + strings.Join(names, ", "),
		p.Planner.Mention(ctx, change, outbound.Occasion{Mailbox: p.sender(c, t), Ticket: t, Entry: c.entry.Seq, Now: c.now}, called)
}

// receive tells in the ticket, and to the agent, what became of a mail that held
// more than words.
func (p *Pipeline) receive(ctx context.Context, c *incoming, change *helpdesk.Change, agent *helpdesk.Agent, done []string) error {
	refused := c.said.orders.refused
	if c.said.orders.lines == 0 && len(refused) == 0 && c.said.why == "" {
		return nil
	}
	for _, r := range refused {
		done = append(done, "refused: "+r)
	}
	if c.said.why != "" {
		done = append(done, c.said.why)
	}
	return p.receipt(ctx, c, change, agent, strings.Join(done, "; ")+".", c.said.kept)
}

// receipt adds the event that tells what an agent's mail did, and mails it.
func (p *Pipeline) receipt(ctx context.Context, c *incoming, change *helpdesk.Change, agent *helpdesk.Agent, done, kept string) error {
	e := helpdesk.Entry{
		Kind: helpdesk.Event, Channel: helpdesk.ByMail, At: c.now, Author: agent.Author(), MessageID: c.mail.MessageID(),
		Raw: c.kept.ref.Hash.String(), Recognised: c.recognition(),
	}
	var err error
	if e.Text, e.TextBlob, err = p.fit(ctx, c.box.Account, links.WithoutTokens(oneLine(agent.Name)+", by mail: "+done)); err != nil {
		return err
	}
	if e.Quoted, e.QuotedBlob, err = p.fit(ctx, c.box.Account, links.WithoutTokens(kept)); err != nil {
		return err
	}
	t := change.Ticket
	t.Append(&e)
	change.Entries = append(change.Entries, e)
	return p.Planner.Automatic(ctx, change, outbound.Occasion{
		Mailbox: p.sender(c, t), Ticket: t, Entry: e.Seq, Agent: agent, Purpose: helpdesk.CommandReceipt, Now: c.now,
	})
}
