package actions

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
	"github.com/posterndesk/postern/daemon/internal/links"
)

// InviteAgent makes an agent who has no password yet, and mails them the link by which
// they set one, at the help center where the actor works.
func (d *Desk) InviteAgent(ctx context.Context, by Actor, h helpdesk.HelpCenter, in NewAgent) (*helpdesk.Agent, error) {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return nil, err
	}
	if h.Account != by.Account {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	agent, err := d.newAgent(ctx, by, in)
	if err != nil {
		return nil, err
	}
	if d.isOurs(by.Account, agent.Address) {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "mail to %s would come back to us: it is an address of ours", agent.Address)
	}
	change := &helpdesk.Change{Account: by.Account, Agent: agent, Audit: []helpdesk.AuditRecord{
		d.audit(by, "agent.add", agentSubject(agent), "role", string(agent.Role)),
	}}
	if len(in.Teams) > 0 {
		crew, err := d.crew(ctx, by.Account)
		if err != nil {
			return nil, err
		}
		if change.Records, err = d.intoTeams(by, &crew, agent, in.Teams); err != nil {
			return nil, err
		}
	}
	if err := d.sendJoin(ctx, change, h, agent); err != nil {
		return nil, err
	}
	return agent, d.commitAgent(ctx, change)
}

// sendJoin adds to the change the link by which an agent sets a password. Those before
// it end.
func (d *Desk) sendJoin(ctx context.Context, change *helpdesk.Change, h helpdesk.HelpCenter, agent *helpdesk.Agent) error {
	now := d.now()
	pass := helpdesk.Pass{
		ID: helpdesk.NewID(), Kind: helpdesk.PassAgent, Address: agent.Address, Agent: agent.ID, HelpCenter: h.Name, Created: now, Expires: now.Add(helpdesk.JoinLifetime),
	}
	agent.Joining = pass.ID
	change.Passes = append(change.Passes, pass)
	sent, err := d.mailAbout(ctx, change, pass, helpdesk.AgentJoins, pass.ID, now)
	if err == nil && !sent {
		return helpdesk.Errorf(helpdesk.Invalid, "no mail can be sent to %s just now: it has had several, or %s has no mailbox", agent.Address, h.DisplayName)
	}
	return err
}

// SendJoin mails an agent a link by which they set a password anew. Until they use it
// nothing changes for them; a second factor stays.
func (d *Desk) SendJoin(ctx context.Context, by Actor, h helpdesk.HelpCenter, id helpdesk.ID) error {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return err
	}
	if h.Account != by.Account {
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	return d.onAgent(ctx, by, id, "agent.link", func(agent *helpdesk.Agent, change *helpdesk.Change) error {
		if agent.Disabled {
			return helpdesk.Errorf(helpdesk.Invalid, "%s is disabled", agent.Name)
		}
		if agent.ByGroups {
			return helpdesk.Errorf(helpdesk.Invalid, "%s signs in with %s, and has no password", agent.Name, agent.Subject.Name)
		}
		return d.sendJoin(ctx, change, h, agent)
	})
}

// ResetSecond takes an agent's second factor away, and all their sessions with it: for
// who has lost it and the codes of recovery.
func (d *Desk) ResetSecond(ctx context.Context, by Actor, id helpdesk.ID) error {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return err
	}
	return d.onAgent(ctx, by, id, "agent.second.reset", func(agent *helpdesk.Agent, _ *helpdesk.Change) error {
		agent.Second = nil
		agent.Sessions++
		return nil
	})
}

// onAgent changes an agent whom the actor may change, and records it.
func (d *Desk) onAgent(ctx context.Context, by Actor, id helpdesk.ID, act string, how func(*helpdesk.Agent, *helpdesk.Change) error) error {
	err := helpdesk.Retry(ctx, func(int) error {
		agent, err := d.store.Agent(ctx, by.Account, id)
		if err != nil {
			return err
		}
		role, err := d.roleOf(ctx, by.Account, agent)
		if err != nil {
			return err
		}
		if err := by.gives(role); err != nil {
			return err
		}
		change := &helpdesk.Change{Account: by.Account, Agent: agent, Audit: []helpdesk.AuditRecord{d.audit(by, act, agentSubject(agent))}}
		if err := how(agent, change); err != nil {
			return err
		}
		return d.store.Commit(ctx, change)
	})
	if err == nil {
		d.log.InfoContext(ctx, "agent changed", "account", by.Account, "agent", id, "what", act, "by", by.author().ID)
	}
	return err
}

// Joining looks at a link by which an agent sets a password; NotFound if it opens
// nothing any more. It changes nothing.
func (d *Desk) Joining(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Agent, error) {
	_, agent, err := d.joining(ctx, h, token)
	return agent, err
}

func (d *Desk) joining(ctx context.Context, h helpdesk.HelpCenter, token string) (*helpdesk.Pass, *helpdesk.Agent, error) {
	missing := helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	id, err := d.signer.ParsePass(links.Audience(h.Audience), token)
	if err != nil || !isID(id) {
		return nil, nil, missing
	}
	p, err := d.store.Pass(ctx, h.Account, helpdesk.ID(id), d.now())
	if err != nil {
		return nil, nil, err
	}
	if p.Kind != helpdesk.PassAgent || p.HelpCenter != h.Name || p.Agent == "" {
		return nil, nil, missing
	}
	agent, err := d.store.Agent(ctx, h.Account, p.Agent)
	if err != nil {
		return nil, nil, err
	}
	if agent.Disabled || agent.Joining != p.ID {
		return nil, nil, missing
	}
	return p, agent, nil
}

// Join sets the password of an agent by a link, which is used up, and ends all their
// sessions. It signs nobody in: a second factor is asked for as ever.
func (d *Desk) Join(ctx context.Context, h helpdesk.HelpCenter, token, password string) (*helpdesk.Agent, error) {
	_, agent, err := d.joining(ctx, h, token)
	if err != nil {
		return nil, err
	}
	if err := checkPassword(password, h.DisplayName, agent.Address); err != nil {
		return nil, err
	}
	hash, err := d.passwords.hash(ctx, normal(password))
	if err != nil {
		return nil, err
	}
	err = helpdesk.Retry(ctx, func(int) error {
		var pass *helpdesk.Pass
		if pass, agent, err = d.joining(ctx, h, token); err != nil {
			return err
		}
		agent.Password, agent.Joining = hash, ""
		agent.Sessions++
		pass.Used = true
		return d.store.Commit(ctx, &helpdesk.Change{
			Account: h.Account, Agent: agent, Passes: []helpdesk.Pass{*pass},
			Audit: []helpdesk.AuditRecord{d.audit(Actor{Account: h.Account, Agent: agent}, "agent.password", agentSubject(agent), "by", "link")},
		})
	})
	if err == nil {
		d.log.InfoContext(ctx, "agent set a password", "account", h.Account, "agent", agent.ID)
	}
	return agent, err
}
