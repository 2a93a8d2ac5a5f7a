package inbound

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// thread finds the ticket that the mail names and who its writer is to it. The
// strongest locator wins: signed reply address, our signed Message-ID, any
// Message-ID that we know, the number in the subject, and last a Message-ID that
// another mail named too. None of them proves who writes; the two last ones
// count only for who takes part.
func (p *Pipeline) thread(ctx context.Context, c *incoming) error {
	c.token, c.named, c.ticket, c.holder, c.maybe, c.erased = helpdesk.TokenNone, nil, nil, 0, nil, false
	for _, find := range []func(context.Context, *incoming) error{
		p.threadByAgent, p.threadBySigned, p.threadByKnown, p.threadByReturned, p.threadBySubject, p.threadBySibling,
	} {
		if c.ticket != nil {
			break
		}
		if err := find(ctx, c); err != nil {
			return err
		}
	}
	c.sender = c.who()
	p.passesOn(c) // forward.go
	if c.token == helpdesk.TokenOther && c.sender == helpdesk.SenderParticipant {
		c.note("The reply address was issued to another participant.")
	}
	return p.sameID(ctx, c)
}

// signed is a verified locator.
type signed struct {
	reply   links.Reply
	token   helpdesk.Token
	address bool // a reply address, which a person wrote to
	words   string
}

func (p *Pipeline) threadBySigned(ctx context.Context, c *incoming) error {
	var noticed *helpdesk.Ticket
	for _, s := range p.signedLocators(c) {
		if c.ticket != nil && !s.address {
			return nil // the rest could only name the same, or what was answered before
		}
		ticket, holder, err := p.locate(ctx, c, s)
		if err != nil {
			return err
		}
		if holder == nil { // it is no longer valid, or an agent's
			if noticed == nil {
				noticed = ticket
			}
			continue
		}
		c.note("%s names #%d.", s.words, ticket.Number)
		end, err := p.follow(ctx, c, ticket)
		switch {
		case err != nil:
			return err
		case c.ticket != nil:
			c.torn = c.torn || end.ID != c.ticket.ID
			continue
		}
		c.named, c.ticket, c.token, c.holder = ticket, end, s.token, holder.Number
		if s.token == helpdesk.TokenOwn && !holder.Address.Same(c.writer.Address) {
			c.token = helpdesk.TokenOther
		}
	}
	if noticed == nil || c.ticket != nil {
		return nil
	}
	return p.answersNotice(ctx, c, noticed) // seats.go
}

// locate reads the ticket of a locator and whom it was issued to: nobody if that
// is an agent. Both are nil if it is no longer valid.
func (p *Pipeline) locate(ctx context.Context, c *incoming, s signed) (*helpdesk.Ticket, *helpdesk.Participant, error) {
	ticket, err := p.Store.Ticket(ctx, c.box.Account, helpdesk.TicketID(s.reply.Ticket))
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		c.erased = true
		c.note("%s names a ticket that is gone.", s.words)
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find ticket: %w", err)
	}
	if seat := ticket.Seat(s.reply.Participant); seat != nil && uint8(seat.Gen) == s.reply.Gen {
		return ticket, nil, nil
	}
	holder := ticket.Participant(s.reply.Participant)
	if holder == nil || uint8(holder.LinkGen) != s.reply.Gen {
		c.note("%s was issued for #%d and is no longer valid.", s.words, ticket.Number)
		return nil, nil, nil
	}
	return ticket, holder, nil
}

// signedLocators are the verified tokens of a mail, strongest first: envelope,
// then the header that mail programs copy the address to, then Message-IDs.
func (p *Pipeline) signedLocators(c *incoming) []signed {
	var found []signed
	for _, r := range c.to {
		if r.Reply != nil {
			found = append(found, signed{*r.Reply, helpdesk.TokenOwn, true, "The signed reply address"})
		}
		if r.Bounce != nil {
			found = append(found, signed{*r.Bounce, helpdesk.TokenOwn, false, "The signed bounce address"})
		}
	}
	for _, m := range addressed(c.mail) {
		if r, ok := p.routeToken(m.Address); ok && r.Reply != nil && r.Mailbox.Name == c.box.Name && r.Mailbox.Account == c.box.Account {
			found = append(found, signed{*r.Reply, helpdesk.TokenOwn, true, "The signed reply address in the header"})
		}
	}
	for _, id := range ancestors(c.mail) {
		if reply, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), id); err == nil {
			found = append(found, signed{reply, helpdesk.TokenMessage, false, "The Message-ID of a mail that we sent"})
		}
	}
	for _, id := range c.notice.MessageIDs {
		if reply, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), id); err == nil {
			found = append(found, signed{reply, helpdesk.TokenMessage, false, "The Message-ID of the mail that the report returns"})
		}
	}
	// Each locator may cost a read; a mail that carries more is not a reply.
	const most = 8
	return found[:min(len(found), most)]
}

func addressed(mail *eml.Mail) []eml.Mailbox {
	return append(append([]eml.Mailbox{}, mail.To()...), mail.Cc()...)
}

// maxReads bounds how many tickets are read to find one: a mail program names
// the thread that it answers, not a dozen.
const maxReads = 8

// threadByKnown looks for mails that we took in ourselves. Of several tickets it
// is the one in which the writer takes part: whoever sends a mail with somebody
// else's Message-ID must not draw their answers away (A16).
func (p *Pipeline) threadByKnown(ctx context.Context, c *incoming) error {
	refs := c.refs(func(m helpdesk.MessageRef) bool { return !m.Unseen && m.MessageID != c.mail.MessageID() })
	ticket, ref, err := p.among(ctx, c, refs)
	if ticket == nil || err != nil {
		return err
	}
	c.note("It answers entry %d of #%d.", ref.Entry, ticket.Number)
	c.named, c.token = ticket, helpdesk.TokenKnown
	c.ticket, err = p.follow(ctx, c, ticket)
	return err
}

// threadBySibling looks for mails that named the same Message-ID, of a mail that
// we never saw: two answers to a mail that went past us, or an answer that came
// before what it answers. It is weak evidence, so it joins only what a
// participant writes, and says so.
func (p *Pipeline) threadBySibling(ctx context.Context, c *incoming) error {
	refs := c.refs(func(m helpdesk.MessageRef) bool { return m.Unseen })
	ticket, ref, err := p.among(ctx, c, refs)
	if ticket == nil || err != nil {
		return err
	}
	c.note("It belongs to a mail that entry %d of #%d names and that never came here.", ref.Entry, ticket.Number)
	if err := p.suppose(ctx, c, ticket, helpdesk.TokenSibling); err != nil {
		return err
	}
	if c.ticket != nil {
		c.flags = append(c.flags, helpdesk.LowConfidence)
	}
	return nil
}

// subjectTag is the number of a ticket as people write it in a subject. Bare
// numbers do not count: they are of invoices and orders.
var subjectTag = regexp.MustCompile(`\[#([1-9][0-9]{0,17})\]`)

// threadBySubject takes the number in the subject, for who takes part (row P02).
func (p *Pipeline) threadBySubject(ctx context.Context, c *incoming) error {
	found := subjectTag.FindStringSubmatch(c.mail.Subject())
	if found == nil || c.past() { // numbers of the past are mostly those of another system
		return nil
	}
	number, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return nil
	}
	ticket, err := p.Store.TicketByNumber(ctx, c.box.Account, number)
	switch {
	case helpdesk.KindOf(err) == helpdesk.NotFound:
		return nil
	case err != nil:
		return fmt.Errorf("find ticket: %w", err)
	}
	if here, err := p.servedHere(ctx, c, ticket); !here || err != nil {
		return err
	}
	c.note("Its subject names #%d.", number)
	return p.suppose(ctx, c, ticket, helpdesk.TokenSubject)
}

// suppose takes a weak locator for a participant, and for others as a hint that
// agents see.
func (p *Pipeline) suppose(ctx context.Context, c *incoming, ticket *helpdesk.Ticket, token helpdesk.Token) error {
	end, err := p.follow(ctx, c, ticket)
	switch {
	case err != nil:
		return err
	case c.takesPart(end):
		c.named, c.ticket, c.token = ticket, end, token
	case c.maybe == nil:
		c.maybe = end
	}
	return nil
}

// refs are the found ones that are wanted, in the order of the mail.
func (c *incoming) refs(wanted func(helpdesk.MessageRef) bool) []helpdesk.MessageRef {
	var refs []helpdesk.MessageRef
	for _, ref := range c.found.Refs {
		if wanted(ref) && len(refs) < maxReads {
			refs = append(refs, ref)
		}
	}
	return refs
}

// among reads the tickets of refs: the first one in which the writer takes part,
// else the first one of this mailbox. A thread may be carried on in another
// mailbox: that is another ticket.
func (p *Pipeline) among(ctx context.Context, c *incoming, refs []helpdesk.MessageRef) (*helpdesk.Ticket, helpdesk.MessageRef, error) {
	var first *helpdesk.Ticket
	var by helpdesk.MessageRef
	for _, ref := range refs {
		ticket, err := p.Store.Ticket(ctx, c.box.Account, ref.Ticket)
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			c.erased = c.erased || !ref.Unseen
			continue
		}
		if err != nil {
			return nil, by, fmt.Errorf("find ticket: %w", err)
		}
		here, err := p.servedHere(ctx, c, ticket)
		switch {
		case err != nil:
			return nil, by, err
		case !here:
		case c.takesPart(ticket):
			return ticket, ref, nil
		case first == nil:
			first, by = ticket, ref
		}
	}
	return first, by, nil
}

// sameID flags a mail whose Message-ID another one in this mailbox has, with
// other words: both are kept, and an agent sees that one of them is odd (A16).
func (p *Pipeline) sameID(ctx context.Context, c *incoming) error {
	refs := c.refs(func(m helpdesk.MessageRef) bool { return !m.Unseen && m.MessageID == c.mail.MessageID() })
	ticket, ref, err := p.among(ctx, c, refs)
	if ticket == nil || err != nil {
		return err
	}
	c.flags = append(c.flags, helpdesk.SameMessageID)
	c.note("Entry %d of #%d came with the same Message-ID and other words.", ref.Entry, ticket.Number)
	return nil
}

// who is the From address to the ticket that was found. An agent who takes part
// in it as a customer is one there, once that is proven.
func (c *incoming) who() helpdesk.Sender {
	takesPart := c.ticket != nil && c.ticket.ParticipantByAddress(c.writer.Address) != nil
	switch {
	case c.writer.Address.IsZero():
		return helpdesk.SenderNobody
	case c.agent() != nil && (slices.Contains(agentTokens, c.token) || !takesPart || c.trust.Proof != helpdesk.ProofPass && !c.past()):
		return helpdesk.SenderAgent
	case takesPart:
		return helpdesk.SenderParticipant
	case c.ticket != nil && c.ticket.IsSuggested(c.writer.Address):
		return helpdesk.SenderCopied
	}
	return helpdesk.SenderStranger
}
