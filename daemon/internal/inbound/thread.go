package inbound

import (
	"context"
	"fmt"

	"github.com/posterndesk/postern/daemon/internal/eml"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// thread finds the ticket that the mail names and who its writer is to it. The
// strongest locator wins: signed reply address, our signed Message-ID, any
// Message-ID that we know. None of them proves who writes.
func (p *Pipeline) thread(ctx context.Context, c *incoming) error {
	c.token, c.ticket, c.holder = helpdesk.TokenNone, nil, 0
	if err := p.threadByAgent(ctx, c); err != nil { // seats.go
		return err
	}
	if c.ticket == nil {
		if err := p.threadBySigned(ctx, c); err != nil {
			return err
		}
	}
	if c.ticket == nil {
		if err := p.threadByKnown(ctx, c); err != nil {
			return err
		}
	}
	c.sender = c.who()
	p.passesOn(c) // forward.go
	if c.token == helpdesk.TokenOther && c.sender == helpdesk.SenderParticipant {
		c.note("The reply address was issued to another participant.")
	}
	return nil
}

// signed is a verified locator.
type signed struct {
	reply links.Reply
	token helpdesk.Token
	words string
}

func (p *Pipeline) threadBySigned(ctx context.Context, c *incoming) error {
	var noticed *helpdesk.Ticket
	for _, s := range p.signedLocators(c) {
		ticket, err := p.Store.Ticket(ctx, c.box.Account, helpdesk.TicketID(s.reply.Ticket))
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			c.note("%s names a ticket that is gone.", s.words)
			continue
		}
		if err != nil {
			return fmt.Errorf("find ticket: %w", err)
		}
		if seat := ticket.Seat(s.reply.Participant); seat != nil && uint8(seat.Gen) == s.reply.Gen {
			noticed = ticket
			continue
		}
		holder := ticket.Participant(s.reply.Participant)
		if holder == nil || uint8(holder.LinkGen) != s.reply.Gen {
			c.note("%s was issued for #%d and is no longer valid.", s.words, ticket.Number)
			continue
		}
		c.ticket, c.token, c.holder = ticket, s.token, holder.Number
		if s.token == helpdesk.TokenOwn && !holder.Address.Same(c.writer.Address) {
			c.token = helpdesk.TokenOther
		}
		c.note("%s names #%d.", s.words, ticket.Number)
		return nil
	}
	if noticed != nil {
		c.answersNotice(noticed) // seats.go
	}
	return nil
}

// signedLocators are the verified tokens of a mail, strongest first: envelope,
// then the header that mail programs copy the address to, then Message-IDs.
func (p *Pipeline) signedLocators(c *incoming) []signed {
	var found []signed
	for _, r := range c.to {
		if r.Reply != nil {
			found = append(found, signed{*r.Reply, helpdesk.TokenOwn, "The signed reply address"})
		}
		if r.Bounce != nil {
			found = append(found, signed{*r.Bounce, helpdesk.TokenOwn, "The signed bounce address"})
		}
	}
	for _, m := range addressed(c.mail) {
		if r, ok := p.routeToken(m.Address); ok && r.Reply != nil && r.Mailbox.Name == c.box.Name && r.Mailbox.Account == c.box.Account {
			found = append(found, signed{*r.Reply, helpdesk.TokenOwn, "The signed reply address in the header"})
		}
	}
	for _, id := range ancestors(c.mail) {
		if reply, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), id); err == nil {
			found = append(found, signed{reply, helpdesk.TokenMessage, "The Message-ID of a mail that we sent"})
		}
	}
	for _, id := range c.notice.MessageIDs {
		if reply, err := p.Signer.ParseMessageID(links.Audience(c.box.Audience), id); err == nil {
			found = append(found, signed{reply, helpdesk.TokenMessage, "The Message-ID of the mail that the report returns"})
		}
	}
	// Each locator may cost a read; a mail that carries more is not a reply.
	const most = 8
	return found[:min(len(found), most)]
}

func addressed(mail *eml.Mail) []eml.Mailbox {
	return append(append([]eml.Mailbox{}, mail.To()...), mail.Cc()...)
}

// threadByKnown looks for mails that we took in ourselves.
func (p *Pipeline) threadByKnown(ctx context.Context, c *incoming) error {
	for _, ref := range c.found.Refs {
		ticket, err := p.Store.Ticket(ctx, c.box.Account, ref.Ticket)
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			continue
		}
		if err != nil {
			return fmt.Errorf("find ticket: %w", err)
		}
		// A thread may be carried on in another mailbox: that is another ticket.
		if ticket.Mailbox != c.box.Name {
			continue
		}
		c.ticket, c.token = ticket, helpdesk.TokenKnown
		c.note("It answers entry %d of #%d.", ref.Entry, ticket.Number)
		return nil
	}
	return nil
}

// who is the From address to the ticket that was found.
func (c *incoming) who() helpdesk.Sender {
	switch {
	case c.writer.Address.IsZero():
		return helpdesk.SenderNobody
	case c.agent() != nil:
		return helpdesk.SenderAgent
	case c.ticket != nil && c.ticket.ParticipantByAddress(c.writer.Address) != nil:
		return helpdesk.SenderParticipant
	}
	return helpdesk.SenderStranger
}
