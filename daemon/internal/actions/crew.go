package actions

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// NewAgent is who is to become an agent.
type NewAgent struct {
	Name, Address string
	Password      string             // "" has one made up
	Role          string             // id or name; "" is Admin for the first of an account, else Agent
	Mail          helpdesk.AgentMail // "" is [helpdesk.MailMine]
	Teams         []helpdesk.ID
}

// AddAgent makes a new agent for the operator. Without a password one is made up and
// returned.
func (d *Desk) AddAgent(ctx context.Context, by Actor, in NewAgent) (*helpdesk.Agent, string, error) {
	if !by.Operator {
		return nil, "", helpdesk.Errorf(helpdesk.NotFound, "there is no such page")
	}
	agent, err := d.newAgent(ctx, by, in)
	if err != nil {
		return nil, "", err
	}
	if in.Password == "" {
		in.Password = rand.Text()
	}
	if err := checkPassword(in.Password, "", agent.Address); err != nil {
		return nil, "", err
	}
	if agent.Password, err = d.passwords.hash(ctx, normal(in.Password)); err != nil {
		return nil, "", err
	}
	change := &helpdesk.Change{Account: by.Account, Agent: agent, Audit: []helpdesk.AuditRecord{
		d.audit(by, "agent.add", agentSubject(agent), "role", string(agent.Role)),
	}}
	if err := d.commitAgent(ctx, change); err != nil {
		return nil, "", err
	}
	return agent, in.Password, nil
}

func agentSubject(a *helpdesk.Agent) string { return "agent/" + string(a.ID) }

// commitAgent commits a change with a new agent.
func (d *Desk) commitAgent(ctx context.Context, change *helpdesk.Change) error {
	err := d.store.Commit(ctx, change)
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return helpdesk.Errorf(helpdesk.Conflict, "there is an agent with the address %s already", change.Agent.Address)
	}
	if err != nil {
		return fmt.Errorf("add agent: %w", err)
	}
	return nil
}

// newAgent is an agent whom the actor may make, with no password.
func (d *Desk) newAgent(ctx context.Context, by Actor, in NewAgent) (*helpdesk.Agent, error) {
	a, err := helpdesk.ParseAddress(in.Address)
	if err != nil {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not a mail address", clip(in.Address))
	}
	if in.Name, err = agentName(in.Name); err != nil {
		return nil, err
	}
	crew, err := d.crew(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	role, err := pickRole(crew.Roles, in.Role, len(crew.Agents) == 0)
	if err != nil {
		return nil, err
	}
	if err := by.hands(role); err != nil {
		return nil, err
	}
	return &helpdesk.Agent{ID: helpdesk.NewID(), Name: in.Name, Address: a, Role: role.ID, Mail: in.Mail, Created: d.now()}, nil
}

func agentName(name string) (string, error) {
	if name = oneLine(name); name == "" || len(name) > MaxName {
		return "", helpdesk.Errorf(helpdesk.Invalid, "an agent needs a name of at most %d characters", MaxName)
	}
	return name, nil
}

// pickRole finds a role by its id or its name. Without either the first agent of an
// account is its admin: otherwise there would be nobody to make more.
func pickRole(roles []helpdesk.DeskRole, idOrName string, first bool) (*helpdesk.DeskRole, error) {
	switch {
	case idOrName == "" && first:
		return roleIn(roles, helpdesk.AdminRole)
	case idOrName == "":
		return roleIn(roles, helpdesk.AgentRole)
	}
	if i := slices.IndexFunc(roles, func(r helpdesk.DeskRole) bool { return string(r.ID) == idOrName }); i >= 0 {
		return &roles[i], nil
	}
	if role := helpdesk.RoleByName(roles, idOrName); role != nil {
		return role, nil
	}
	return nil, helpdesk.Errorf(helpdesk.Invalid, "there is no role %q", clip(idOrName))
}

// crew reads all agents, roles and teams.
func (d *Desk) crew(ctx context.Context, account string) (c helpdesk.Crew, err error) {
	if c.Agents, err = d.store.Agents(ctx, account); err != nil {
		return c, err
	}
	if c.Roles, err = d.store.Roles(ctx, account); err != nil {
		return c, err
	}
	c.Teams, err = d.store.Teams(ctx, account)
	return c, err
}

// Agents lists the agents of the account.
func (d *Desk) Agents(ctx context.Context, by Actor) ([]helpdesk.Agent, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	return d.store.Agents(ctx, by.Account)
}

// AgentChange is what becomes of an agent; nil leaves a thing as it is.
type AgentChange struct {
	Name     *string
	Mail     *helpdesk.AgentMail
	Role     *string // id or name
	Teams    *[]helpdesk.ID
	Disabled *bool
	// Rev is that of the agent as the page showed them; 0 does not ask.
	Rev int64
}

// SetAgent changes an agent, whom idOrAddress names. Who is disabled is signed out, and
// mails nothing and is mailed nothing any more, at once. The last admin who can sign in
// stays one, unless the operator says otherwise.
func (d *Desk) SetAgent(ctx context.Context, by Actor, idOrAddress string, in AgentChange) (*helpdesk.Agent, error) {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return nil, err
	}
	var agent *helpdesk.Agent
	err := helpdesk.Retry(ctx, func(int) error {
		crew, err := d.crew(ctx, by.Account)
		if err != nil {
			return err
		}
		if agent, err = agentIn(&crew, idOrAddress); err != nil {
			return err
		}
		if in.Rev != 0 && in.Rev != agent.Rev {
			return asInvalid(changedSince())
		}
		change, err := d.agentChange(by, &crew, agent, in)
		if err != nil {
			return err
		}
		if change == nil {
			return nil
		}
		return d.store.Commit(ctx, change)
	})
	if err != nil {
		return nil, err
	}
	d.log.InfoContext(ctx, "agent changed", "account", by.Account, "agent", agent.ID, "role", agent.Role, "mail", agent.Mail, "disabled", agent.Disabled)
	return d.store.Agent(ctx, by.Account, agent.ID)
}

// asInvalid keeps a Conflict that trying again would not mend from being tried again.
func asInvalid(err error) error { return helpdesk.Errorf(helpdesk.Invalid, "%s", helpdesk.Public(err)) }

// agentIn finds an agent by id or address, as a copy.
func agentIn(crew *helpdesk.Crew, idOrAddress string) (*helpdesk.Agent, error) {
	i := slices.IndexFunc(crew.Agents, func(a helpdesk.Agent) bool { return string(a.ID) == idOrAddress })
	if i < 0 {
		a, err := helpdesk.ParseAddress(idOrAddress)
		if err != nil {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "%q is not a mail address", clip(idOrAddress))
		}
		i = slices.IndexFunc(crew.Agents, func(o helpdesk.Agent) bool { return o.Address.Same(a) })
	}
	if i < 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such agent")
	}
	agent := crew.Agents[i]
	return &agent, nil
}

// agentChange is what the change writes; nil if nothing changes.
func (d *Desk) agentChange(by Actor, crew *helpdesk.Crew, agent *helpdesk.Agent, in AgentChange) (*helpdesk.Change, error) {
	before := *agent
	if err := by.gives(crew.Role(agent)); err != nil { // who is more than they are is not theirs to change
		return nil, err
	}
	change := &helpdesk.Change{Account: by.Account, Agent: agent}
	var details []string
	if in.Name != nil {
		name, err := agentName(*in.Name)
		if err != nil {
			return nil, err
		}
		agent.Name = name
	}
	if in.Mail != nil {
		agent.Mail = *in.Mail
	}
	if in.Role != nil {
		role, err := pickRole(crew.Roles, *in.Role, false)
		if err != nil {
			return nil, err
		}
		if err := by.hands(role); err != nil {
			return nil, err
		}
		if agent.Role = role.ID; crew.Role(&before).ID != role.ID {
			details = append(details, "role", string(role.ID))
		}
	}
	if in.Disabled != nil && agent.Disabled != *in.Disabled {
		agent.Disabled = *in.Disabled
		agent.Sessions++   // those that were begun before do not come back with the agent,
		agent.Joining = "" // nor do links
		details = append(details, "disabled", yesNo(agent.Disabled))
	}
	if in.Teams != nil {
		moved, err := d.intoTeams(by, crew, agent, *in.Teams)
		if err != nil {
			return nil, err
		}
		if change.Records = moved; len(moved) > 0 {
			details = append(details, "teams", memberWords(*in.Teams))
		}
	}
	if before == *agent && len(change.Records) == 0 {
		return nil, nil
	}
	if err := keepAdmin(by, crew, change, &before, agent); err != nil {
		return nil, err
	}
	change.Audit = []helpdesk.AuditRecord{d.audit(by, "agent.change", agentSubject(agent), details...)}
	return change, nil
}

// keepAdmin refuses what would leave the account without an admin who can sign in. The
// one who is left must still be one when the change is committed.
func keepAdmin(by Actor, crew *helpdesk.Crew, change *helpdesk.Change, before, after *helpdesk.Agent) error {
	admin := func(a *helpdesk.Agent) bool { return a.Enters() && a.Role == helpdesk.AdminRole }
	if by.Operator || !admin(before) || admin(after) {
		return nil
	}
	i := slices.IndexFunc(crew.Agents, func(a helpdesk.Agent) bool { return a.ID != after.ID && admin(&a) })
	if i < 0 {
		return helpdesk.Errorf(helpdesk.Invalid, "%s is the last admin who can sign in: make somebody else an admin first", before.Name)
	}
	left := &crew.Agents[i]
	change.Unchanged = append(change.Unchanged, helpdesk.Revision{Agent: left.ID, Rev: left.Rev})
	return nil
}

// maxTeamMoves keeps a change within one transaction.
const maxTeamMoves = 50

// intoTeams puts an agent into these teams and out of all others.
func (d *Desk) intoTeams(by Actor, crew *helpdesk.Crew, agent *helpdesk.Agent, wanted []helpdesk.ID) ([]helpdesk.Record, error) {
	for _, id := range wanted {
		if !slices.ContainsFunc(crew.Teams, func(t helpdesk.Team) bool { return t.ID == id }) {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "one of the teams is not there any more")
		}
	}
	var moved []helpdesk.Record
	for _, team := range crew.Teams {
		at, in := slices.Index(team.Members, agent.ID), slices.Contains(wanted, team.ID)
		if in == (at >= 0) {
			continue
		}
		if _, err := d.ownTeam(by, crew.Teams, team.ID, team.Rev); err != nil {
			return nil, err
		}
		if in {
			team.Members = append(slices.Clone(team.Members), agent.ID)
		} else {
			team.Members = slices.Delete(slices.Clone(team.Members), at, at+1)
		}
		if len(team.Members) > helpdesk.MaxTeamMembers {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "the team %s has as many agents as it can", team.Name)
		}
		moved = append(moved, helpdesk.Record{Kind: helpdesk.TeamRecord, ID: string(team.ID), Value: team, Rev: team.Rev})
	}
	if len(moved) > maxTeamMoves {
		return nil, helpdesk.Errorf(helpdesk.Invalid, "change at most %d teams of an agent at once", maxTeamMoves)
	}
	return moved, nil
}
