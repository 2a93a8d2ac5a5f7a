package inbound

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// obey does the commands that change the head of the ticket, and says of each
// what it did. What could not be done is told, too; the text goes out all the
// same, as the command was understood.
func (p *Pipeline) obey(ctx context.Context, c *incoming, change *helpdesk.Change, agent *helpdesk.Agent) ([]string, error) {
	o, t := c.said.orders, c.ticket
	var done []string
	tell := func(format string, args ...any) { done = append(done, fmt.Sprintf(format, args...)) }
	if o.notSpam {
		words, err := p.unspam(ctx, c, change, agent)
		if err != nil {
			return nil, err
		}
		tell("%s", words)
	}
	if o.status != "" {
		tell("status set to %s", o.status)
		t.Status = o.status
	}
	if o.assign != "" {
		words, err := p.assign(ctx, c, agent)
		if err != nil {
			return nil, err
		}
		tell("%s", words)
	}
	if o.priority != "" {
		t.Priority = o.priority
		tell("priority set to %s", o.priority)
	}
	if len(o.add)+len(o.remove) > 0 {
		tell("%s", retag(t, o))
	}
	filed, err := p.file(ctx, c, change, agent)
	if err != nil {
		return nil, err
	}
	done = append(done, filed...)
	switch {
	case o.merge == 0:
	case p.Merger == nil:
		tell("refused: #merge %d: merging by mail is not available", o.merge)
	case o.merge == t.Number:
		tell("refused: #merge %d: that is this request", o.merge)
	default:
		t.Ordered = &helpdesk.Order{Into: o.merge, By: agent.ID}
		tell("it is merged into #%d next", o.merge)
	}
	return done, nil
}

// unspam takes back that the ticket was called spam, and lets mail of who asked in
// again, as the console does.
func (p *Pipeline) unspam(ctx context.Context, c *incoming, change *helpdesk.Change, agent *helpdesk.Agent) (string, error) {
	t := c.ticket
	if t.Spam == nil {
		return "it was not called spam", nil
	}
	t.Spam = nil
	if r := t.Requester(); r != nil && r.Contact != "" {
		who, err := p.Store.Contact(ctx, c.box.Account, r.Contact)
		if err != nil && helpdesk.KindOf(err) != helpdesk.NotFound {
			return "", err
		}
		if err == nil && who.Spam != nil {
			who.Spam, who.SpamProven = nil, false
			change.Contact = who
		}
	}
	change.Audit = append(change.Audit, helpdesk.AuditRecord{At: c.now.UTC(), Act: "ticket.unspam", Subject: fmt.Sprintf("ticket/%d", t.Number), By: helpdesk.AuditBy{Agent: agent.ID}})
	return "no spam after all: mail of who asked comes in again", nil
}

// assign gives the ticket to whom the mail names, if there is such an agent.
func (p *Pipeline) assign(ctx context.Context, c *incoming, by *helpdesk.Agent) (string, error) {
	to := by
	switch who := c.said.orders.assign; who {
	case "none":
		c.ticket.Assign("")
		return "assigned to nobody", nil
	case "me":
	default:
		a, err := helpdesk.ParseAddress(who)
		if err == nil {
			to, err = p.Store.AgentByAddress(ctx, c.box.Account, a)
		}
		if helpdesk.KindOf(err) == helpdesk.NotFound || err == nil && to.Disabled {
			return "refused: #assign " + who + ": there is no such agent", nil
		}
		if err != nil {
			return "", err
		}
	}
	c.ticket.Assign(to.ID)
	return "assigned to " + oneLine(to.Name), nil
}

func retag(t *helpdesk.Ticket, o orders) string {
	added, removed, err := t.Retag(o.add, o.remove)
	if err != nil {
		return "refused: #tag: " + helpdesk.Public(err)
	}
	var words []string
	if len(added) > 0 {
		words = append(words, "tags added: "+strings.Join(added, ", "))
	}
	if len(removed) > 0 {
		words = append(words, "tags removed: "+strings.Join(removed, ", "))
	}
	if len(words) == 0 {
		return "the tags were so already"
	}
	return strings.Join(words, "; ")
}

// merge is the second act of a mail that asks for it: the first is committed. A
// mail that comes again, as its sender never heard of the first time, finishes
// what that left undone.
func (p *Pipeline) merge(ctx context.Context, c *incoming, ticket helpdesk.TicketID) {
	t, agent, err := p.ordered(ctx, c, ticket)
	if t == nil || err != nil {
		return
	}
	from, into := t.Number, t.Ordered.Into
	if err = p.Merger.Merge(ctx, c.box.Account, agent, from, into); err == nil {
		return
	}
	why := helpdesk.Public(err)
	if why == "" || helpdesk.KindOf(err) == helpdesk.Internal {
		why = "something went wrong; please try again"
		p.Log.ErrorContext(ctx, "merge by mail failed", "account", c.box.Account, "ticket", from, "into", into, "error", err)
	}
	again := helpdesk.Retry(ctx, func(int) error {
		t, err := p.Store.Ticket(ctx, c.box.Account, ticket)
		if err != nil {
			return err
		}
		t.Ordered = nil
		change := &helpdesk.Change{Account: c.box.Account, Ticket: t}
		if err := p.receipt(ctx, c, change, agent, fmt.Sprintf("refused: #merge %d: %s.", into, why), ""); err != nil {
			return err
		}
		return p.Store.Commit(ctx, change)
	})
	if again != nil {
		p.Log.ErrorContext(ctx, "refusal not told", "account", c.box.Account, "ticket", from, "error", errors.Join(err, again))
	}
}

// ordered reads a ticket that is to be merged, and the agent who asked for it; nil
// if there is nothing to do.
func (p *Pipeline) ordered(ctx context.Context, c *incoming, ticket helpdesk.TicketID) (*helpdesk.Ticket, *helpdesk.Agent, error) {
	if p.Merger == nil || ticket == 0 {
		return nil, nil, nil
	}
	t, err := p.Store.Ticket(ctx, c.box.Account, ticket)
	if err != nil || t.Ordered == nil {
		return nil, nil, err
	}
	agents, err := p.Store.Agents(ctx, c.box.Account)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(agents, func(a helpdesk.Agent) bool { return a.ID == t.Ordered.By && !a.Disabled })
	if i < 0 {
		return nil, nil, nil
	}
	return t, &agents[i], nil
}
