package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/outbound"
)

// tagWords tell what became of tags; "" if nothing did.
func tagWords(added, removed []string) string {
	var words []string
	if len(added) > 0 {
		words = append(words, "Tags added: "+strings.Join(added, ", ")+".")
	}
	if len(removed) > 0 {
		words = append(words, "Tags removed: "+strings.Join(removed, ", ")+".")
	}
	return strings.Join(words, " ")
}

func changed(yes bool) error {
	if yes {
		return nil
	}
	return errUnchanged
}

// AgentChange is what becomes of an agent; nil leaves a thing as it is.
type AgentChange struct {
	Mail     *helpdesk.AgentMail
	Disabled *bool
}

// SetAgent changes an agent. Who is disabled is signed out, and mails nothing
// and is mailed nothing any more, at once.
func (d *Desk) SetAgent(ctx context.Context, by Actor, address string, in AgentChange) (*helpdesk.Agent, error) {
	if !by.Operator {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	a, err := helpdesk.ParseAddress(address)
	if err != nil {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not a mail address", address)
	}
	var agent *helpdesk.Agent
	err = helpdesk.Retry(ctx, func(int) error {
		if agent, err = d.store.AgentByAddress(ctx, by.Account, a); err != nil {
			return err
		}
		if in.Mail != nil {
			agent.Mail = *in.Mail
		}
		if in.Disabled != nil {
			agent.Disabled = *in.Disabled
		}
		return d.store.Commit(ctx, &helpdesk.Change{Account: by.Account, Agent: agent})
	})
	if err != nil {
		return nil, fmt.Errorf("change agent: %w", err)
	}
	d.log.InfoContext(ctx, "agent changed", "account", by.Account, "agent", agent.ID, "mail", agent.Mail, "disabled", agent.Disabled)
	return agent, nil
}

// notify mails the agents who are mailed what customers write. The ticket must
// be part of the change. Who is named in but knows already.
func (d *Desk) notify(ctx context.Context, change *helpdesk.Change, o outbound.Occasion, but ...helpdesk.ID) error {
	agents, err := d.store.Agents(ctx, change.Account)
	if err != nil {
		return err
	}
	agents = slices.DeleteFunc(agents, func(a helpdesk.Agent) bool { return slices.Contains(but, a.ID) })
	left, err := d.planner.Notify(ctx, change, o, agents)
	if left > 0 {
		d.log.WarnContext(ctx, "agents not mailed, too many mails", "account", change.Account, "ticket", o.Ticket.Number, "agents", left)
	}
	return err
}
