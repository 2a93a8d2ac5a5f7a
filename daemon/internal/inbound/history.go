package inbound

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/posterndesk/postern/daemon/internal/blob"
	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
	"github.com/posterndesk/postern/daemon/internal/store"
)

// Import takes one mail of the past into a mailbox. It takes the steps of
// [Pipeline.Accept], by rules of its own where those of today would ask for
// proof, count, hold, reopen or send. The error is Refused, with the reason, for a mail
// that has no place; TooLarge for one that is larger than the mailbox takes; else
// as of Accept.
func (p *Pipeline) Import(ctx context.Context, a helpdesk.Archived) (helpdesk.Outcome, error) {
	box, ok := p.Directory.Mailbox(a.Account, a.Mailbox)
	if !ok {
		return helpdesk.Outcome{}, helpdesk.Errorf(helpdesk.NotFound, "the account %q has no mailbox %q", a.Account, a.Mailbox)
	}
	if a.History.At.After(p.Now()) || a.History.At.IsZero() { // what is dated ahead would stay on top of every list
		a.History.At = p.Now()
	}
	env := Envelope{ID: "import", To: []Recipient{{Mailbox: box, Written: box.Address.String()}}, History: &a.History}
	raw := a.Raw
	if box.MaxBytes > 0 {
		raw = &bounded{from: raw, left: box.MaxBytes, most: box.MaxBytes}
	}
	if a.Look {
		return p.foresee(ctx, env, raw)
	}
	outcomes, err := p.Accept(ctx, env, raw)
	if err != nil {
		return helpdesk.Outcome{}, err
	}
	return outcomes[0], nil
}

// foresee tells what would become of it; see explain.go. A large mail is looked at
// in a file, as one that is taken in.
func (p *Pipeline) foresee(ctx context.Context, env Envelope, raw io.Reader) (helpdesk.Outcome, error) {
	var outcome helpdesk.Outcome
	err := blob.ViewOf(p.Blobs, raw, func(b []byte, room *blob.Room) error {
		release, err := p.Memory.take(ctx, int64(len(b)))
		if err != nil {
			return err
		}
		defer release()
		mail := eml.ReadIn(b, room.Make)
		if goesRound(mail) {
			return helpdesk.Errorf(helpdesk.Loop, "more than %d hops", maxHops)
		}
		expected, err := p.expect(ctx, env, b, mail)
		if err != nil {
			return err
		}
		outcome = expected[0].Outcome
		return nil
	})
	return outcome, err
}

// bounded fails with TooLarge where io.LimitReader would end the mail.
type bounded struct {
	from       io.Reader
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, helpdesk.Errorf(helpdesk.TooLarge, "it is larger than the %d MiB that the mailbox takes", b.most>>20)
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return n, nil // the next call tells
	}
	return n, err
}

// past reports a mail of an archive.
func (c *incoming) past() bool { return c.env.History != nil }

// at is the time of the entry.
func (c *incoming) at() time.Time {
	if c.past() {
		return c.env.History.At
	}
	return c.now
}

func (c *incoming) channel() helpdesk.Channel {
	if c.past() {
		return helpdesk.ByImport
	}
	return helpdesk.ByMail
}

// Facts of mail of the past.
const (
	ours      fact = "ours"      // one of us wrote it, to somebody outside or about a ticket
	elsewhere fact = "elsewhere" // and it did not go to everybody who would read it there
	claimed   fact = "claimed"   // and it says so itself, which a forged mail does too
	current   fact = "current"   // the ticket that it names did not come from an archive
	amongUs   fact = "among-us"  // a mailbox wrote it, to us, about nothing that we know
)

// pastTable decides about mail of an archive. The operator says that it is what it
// claims to be, so nothing asks for proof, and nothing is held or answered. What
// stays is what protects customers: they see what the requester wrote and what
// was sent to them, and nobody takes part because of a copy.
var pastTable = []rule{
	{name: "past-report", class: reports,
		token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown},
		act:   toRecall, hidden: true, event: true},
	{name: "past-report-unmatched", class: reports,
		act: toRefuse, why: "it is a report about a mail that is not here"},
	{name: "past-no-sender", sender: senders{helpdesk.SenderNobody},
		act: toRefuse, why: "it does not name exactly one sender"},

	// Notes and commands of agents by mail: for agents alone.
	{name: "past-agent-address", token: agentTokens,
		act: toRecall, hidden: true},

	{name: "past-automatic", class: unwritten, token: named,
		act: toRecall, hidden: true},
	{name: "past-among-us", fact: amongUs,
		act: toRefuse, why: "it is from us to us, and about no request that is here"},
	{name: "past-automatic-new", class: unwritten,
		act: toRecallNew, hidden: true},

	// What we wrote.
	{name: "past-ours-elsewhere", fact: elsewhere, token: named,
		act: toRecall, hidden: true},
	{name: "past-ours-claimed", fact: claimed, token: named,
		act: toRecall, hidden: true},
	{name: "past-ours-claimed-new", fact: claimed,
		act: toRecallNew, hidden: true},
	{name: "past-ours", fact: ours, token: named,
		act: toRecall},
	{name: "past-ours-new", fact: ours,
		act: toRecallNew},

	// What others wrote. In a request of today a forged mail would be shown to
	// everybody who takes part.
	{name: "past-current", fact: current, token: named, sender: senders{helpdesk.SenderParticipant},
		act: toRecall, hidden: true},
	{name: "past-participant", token: named, sender: senders{helpdesk.SenderParticipant},
		act: toRecall},
	{name: "past-copied", token: tokens{helpdesk.TokenOwn, helpdesk.TokenOther, helpdesk.TokenMessage, helpdesk.TokenKnown}, sender: senders{helpdesk.SenderCopied},
		act: toRecall, hidden: true},
	{name: "past-stranger", token: located,
		act: toRecall, hidden: true},
	{name: "past-new",
		act: toRecallNew},
}

// findPastFacts are looked for after the ticket is known.
func (c *incoming) findPastFacts() {
	c.facts[current] = c.ticket != nil && c.ticket.Channel != helpdesk.ByImport
	if !c.byUs || c.ticket != nil && c.ticket.ParticipantByAddress(c.writer.Address) != nil {
		return // an agent may be a customer too
	}
	switch {
	case c.ticket != nil:
		c.facts[ours] = true
		c.facts[elsewhere] = !c.takesPart(c.ticket) || !c.wentToAll(c.ticket)
	case len(c.outside) > 0:
		c.facts[ours] = true
	case c.byMailbox:
		c.facts[amongUs] = true
	}
	if c.facts[ours] && !c.isKeptByUs() {
		c.facts[claimed] = true
		c.note("It does not lie among the mail that was sent, so nothing but its From says that one of us wrote it.")
	}
}

// isKeptByUs reports a mail of ours that only one of us can have put where it lies:
// among the sent mail, or into a file of its own without a trace of a mail server. What
// came in by mail can bear any From, and so can what somebody wrote into the text
// of a mail in an mbox file whose lines are not quoted.
func (c *incoming) isKeptByUs() bool {
	h := c.mail.Header
	return c.env.History.Sent || c.env.History.OwnFile && h.Count("Received") == 0 && h.Count("Return-Path") == 0 && h.Count("Delivered-To") == 0
}

// ownSide finds out whether one of us wrote a mail of the past, and to whom. What
// this desk sent itself is in its ticket already: relays put copies into the
// folder of sent mail.
func (p *Pipeline) ownSide(ctx context.Context, c *incoming) (*helpdesk.Outcome, error) {
	if !c.past() || c.writer.Address.IsZero() {
		return nil, nil
	}
	c.byMailbox = p.belongs(c.box.Account, c.writer.Address)
	c.byUs = c.byMailbox || c.found.Agent != nil || c.env.History.Sent || slices.ContainsFunc(c.env.History.Ours, c.writer.Address.Same)
	if !c.byUs {
		return nil, nil
	}
	if known, err := p.sentByDesk(ctx, c); known != nil || err != nil {
		return known, err
	}
	agents, err := p.Store.Agents(ctx, c.box.Account)
	if err != nil {
		return nil, err
	}
	for _, m := range addressed(c.mail) {
		inside := m.Address.IsZero() || p.belongs(c.box.Account, m.Address) || slices.ContainsFunc(c.env.History.Ours, m.Address.Same) ||
			slices.ContainsFunc(agents, func(a helpdesk.Agent) bool { return a.Address.Same(m.Address) })
		if !inside {
			c.outside = append(c.outside, m)
		}
	}
	c.note("One of us wrote it.")
	return nil, nil
}

// sentByDesk finds the ticket that a copy of our own outbox belongs to; nil if it
// is none.
func (p *Pipeline) sentByDesk(ctx context.Context, c *incoming) (*helpdesk.Outcome, error) {
	box, ok := p.Directory.MailboxByAddress(c.writer.Address)
	if !ok || box.Account != c.box.Account {
		return nil, nil
	}
	sent, err := p.Signer.ParseMessageID(links.Audience(box.Audience), c.mail.MessageID())
	if err != nil {
		return nil, nil
	}
	t, err := p.Store.Ticket(ctx, c.box.Account, helpdesk.TicketID(sent.Ticket))
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return nil, nil // the desk that sent it is gone
	case err != nil:
		return nil, fmt.Errorf("find ticket: %w", err)
	}
	return &helpdesk.Outcome{Result: helpdesk.Duplicate, Account: c.box.Account, Mailbox: c.box.Name, Ticket: t.ID, Number: t.Number}, nil
}

// takesPart reports whether the writer takes part in a ticket, or of a mail of
// ours, any of those whom it went to.
func (c *incoming) takesPart(t *helpdesk.Ticket) bool {
	return t.ParticipantByAddress(c.writer.Address) != nil ||
		slices.ContainsFunc(c.outside, func(m eml.Mailbox) bool { return t.ParticipantByAddress(m.Address) != nil })
}

// wentToAll reports whether a mail of ours was sent to everybody who would read it
// in a ticket: what one of us wrote to one of them is none of the others'.
func (c *incoming) wentToAll(t *helpdesk.Ticket) bool {
	entry := helpdesk.Entry{Kind: helpdesk.Message, At: c.at()}
	to := addressed(c.mail)
	return !slices.ContainsFunc(t.Participants, func(p helpdesk.Participant) bool {
		shown := p.Role == helpdesk.Collaborator && p.History // somebody let them read what went on without them
		return p.Active() && !shown && p.Sees(&entry) && !slices.ContainsFunc(to, func(m eml.Mailbox) bool { return m.Address.Same(p.Address) })
	})
}

// threadByReturned finds the mail that an old report is about. Today only a token
// of ours counts, as anybody can write a report; the past is not acted upon.
func (p *Pipeline) threadByReturned(ctx context.Context, c *incoming) error {
	if !c.past() || !slices.Contains(reports, c.class) || len(c.notice.MessageIDs) == 0 {
		return nil
	}
	found, err := p.Store.Lookup(ctx, c.box.Account, store.Query{Receipt: c.receipt, MessageIDs: c.notice.MessageIDs})
	if err != nil {
		return fmt.Errorf("find ticket: %w", err)
	}
	refs := slices.DeleteFunc(found.Refs, func(m helpdesk.MessageRef) bool { return m.Unseen })
	ticket, ref, err := p.among(ctx, c, refs[:min(len(refs), maxReads)])
	if ticket == nil || err != nil {
		return err
	}
	c.note("It is about entry %d of #%d.", ref.Entry, ticket.Number)
	c.named, c.token = ticket, helpdesk.TokenKnown
	c.ticket, err = p.follow(ctx, c, ticket)
	return err
}

// ourAuthor is who of us wrote a mail of the past.
func (c *incoming) ourAuthor() helpdesk.Author {
	switch {
	case c.found.Agent != nil:
		return c.found.Agent.Author() // also of one who is disabled by now
	case c.byMailbox:
		return helpdesk.Author{Role: helpdesk.AgentAs, Name: c.box.DisplayName, Address: c.writer.Address}
	}
	return helpdesk.Author{Role: helpdesk.AgentAs, Name: c.writer.Name, Address: c.writer.Address}
}

// recall adds an entry of the past. The status stays as it is: what came long ago
// asks nobody to act.
func (p *Pipeline) recall(c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome) {
	t := c.ticket
	if writer := t.ParticipantByAddress(c.writer.Address); writer != nil && !c.verdict.event {
		c.entry.Author.ID = writer.Contact
	}
	p.suggest(c, t)
	p.record(c, change, t)
	p.tell(c, change)
	outcome.Result, outcome.Ticket, outcome.Number, outcome.Entry = helpdesk.Appended, t.ID, t.Number, c.entry.Seq
}

// recallNew makes a ticket of the past. Of a mail of ours the requester is the
// first one outside whom it went to.
func (p *Pipeline) recallNew(ctx context.Context, c *incoming, change *helpdesk.Change, outcome *helpdesk.Outcome) error {
	number, err := p.Store.NextNumber(ctx, c.box.Account)
	if err != nil {
		return err
	}
	requester, contact := eml.Mailbox{Name: c.writer.Name, Address: c.writer.Address}, (*helpdesk.Contact)(nil)
	if c.facts[ours] {
		requester = c.outside[0]
		contact, err = p.contactOf(ctx, c, change, requester.Name, requester.Address)
	} else {
		contact = c.contact(change)
		c.entry.Author.ID = contact.ID
	}
	if err != nil {
		return err
	}
	t := &helpdesk.Ticket{
		ID: helpdesk.NewTicketID(), Number: number, Subject: subject(c), Status: c.env.History.Status, Channel: helpdesk.ByImport,
		HelpCenter: c.box.HelpCenter, Mailbox: c.box.Name, Opened: c.at(),
		Participants: []helpdesk.Participant{{
			Number: 1, Contact: contact.ID, Name: requester.Name, Address: requester.Address, Role: helpdesk.Requester, LinkGen: 1, Joined: c.at(),
		}},
	}
	if maybe := c.meant(); maybe != nil {
		t.Maybe = maybe.ID
	}
	p.suggest(c, t)
	p.record(c, change, t)
	outcome.Result, outcome.Ticket, outcome.Number, outcome.Entry = helpdesk.Created, t.ID, t.Number, c.entry.Seq
	return nil
}
