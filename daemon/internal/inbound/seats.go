package inbound

import (
	"context"
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// seated is a verified address of an agent in a ticket.
type seated struct {
	reply links.Reply
	note  bool
}

// threadByAgent finds the ticket by an address that was issued to an agent. That
// address says what an agent would like, an answer or a note; whether the sender
// is that agent is said by what is proven about From alone (A03).
func (p *Pipeline) threadByAgent(ctx context.Context, c *incoming) error {
	found := p.agentLocators(c)
	for _, s := range found {
		ticket, err := p.Store.Ticket(ctx, c.box.Account, helpdesk.TicketID(s.reply.Ticket))
		if helpdesk.KindOf(err) == helpdesk.NotFound {
			c.note("The address of an agent names a ticket that is gone.")
			continue
		}
		if err != nil {
			return fmt.Errorf("find ticket: %w", err)
		}
		seat := ticket.Seat(s.reply.Participant)
		if seat == nil || uint8(seat.Gen) != s.reply.Gen {
			c.note("The address of an agent was issued for #%d and is no longer valid.", ticket.Number)
			continue
		}
		c.named, c.token = ticket, helpdesk.TokenAgentOther
		c.note("The address of an agent names #%d.", ticket.Number)
		agent := c.agent()
		sees, err := p.sees(ctx, c, agent, ticket)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains(reports, c.class):
			c.token = helpdesk.TokenMessage // it is about a mail of ours, and nobody's word
		case slices.ContainsFunc(found, func(o seated) bool { return o.reply.Ticket != s.reply.Ticket }):
			c.note("It came to addresses of agents in different requests.")
		case agent == nil || agent.ID != seat.Agent:
			c.note("That address was issued to another person.")
		case !sees:
			c.note("Their role does not let them see #%d.", ticket.Number)
		case s.note:
			c.token = helpdesk.TokenAgentNote
		default:
			c.token = helpdesk.TokenAgentReply
		}
		c.distrust()
		c.ticket, err = p.follow(ctx, c, ticket)
		return err
	}
	return nil
}

// sees reports whether an agent may work on a ticket, and on the one where it goes on:
// an address that was issued says what they could see then.
func (p *Pipeline) sees(ctx context.Context, c *incoming, agent *helpdesk.Agent, t *helpdesk.Ticket) (bool, error) {
	if agent == nil {
		return false, nil
	}
	end, err := helpdesk.End(t, func(id helpdesk.TicketID) (*helpdesk.Ticket, error) { return p.Store.Ticket(ctx, c.box.Account, id) })
	if err != nil {
		return false, err
	}
	return p.Store.Sees(ctx, c.box.Account, agent, end)
}

// answersNotice takes in a mail that answers one of ours to an agent, but did not
// come to the address that the agent has for answers: it says neither who may
// write, nor whether it is a note.
func (p *Pipeline) answersNotice(ctx context.Context, c *incoming, t *helpdesk.Ticket) (err error) {
	c.named, c.token = t, helpdesk.TokenAgentOther
	if slices.Contains(reports, c.class) {
		c.token = helpdesk.TokenMessage
	}
	c.note("It answers a mail to an agent about #%d, and did not come to that agent's address.", t.Number)
	c.ticket, err = p.follow(ctx, c, t)
	return err
}

// agentLocators are the verified addresses of agents that a mail was sent to,
// those for notes first: what may be a note is never taken for an answer.
func (p *Pipeline) agentLocators(c *incoming) []seated {
	var answers, notes []seated
	add := func(r Recipient) {
		switch {
		case r.Agent == nil || r.Mailbox.Name != c.box.Name || r.Mailbox.Account != c.box.Account:
		case r.Note:
			notes = append(notes, seated{*r.Agent, true})
		default:
			answers = append(answers, seated{*r.Agent, false})
		}
	}
	for _, r := range c.to {
		add(r)
	}
	for _, m := range addressed(c.mail) {
		if r, ok := p.routeToken(m.Address); ok {
			add(r)
		}
	}
	const most = 8 // as of other locators: each may cost a read
	found := append(notes, answers...)
	return found[:min(len(found), most)]
}

// agent is the agent whose address the mail comes from; nil if it is nobody's, or
// of one who is disabled.
func (c *incoming) agent() *helpdesk.Agent {
	if a := c.found.Agent; a != nil && !a.Disabled {
		return a
	}
	return nil
}

// distrust takes a mail to an address of an agent for unproven if answers to it
// would go to somebody else than its writer: who forges for effect does that (A05).
func (c *incoming) distrust() {
	for _, m := range c.mail.ReplyTo() {
		if !m.Address.Same(c.writer.Address) && c.trust.Proof == helpdesk.ProofPass {
			c.trust = helpdesk.Trust{Proof: helpdesk.ProofNone, Reasons: append(slices.Clone(c.trust.Reasons),
				"Answers to it would go to "+cut(oneLine(m.Written), helpdesk.MaxAddress)+", not to its writer, so it is not taken for the agent's.")}
		}
	}
}
