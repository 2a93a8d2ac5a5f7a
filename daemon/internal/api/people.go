package api

import (
	"context"
	"time"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// People is what programs do about agents, teams and roles.
type People interface {
	Agents(ctx context.Context, by actions.Actor) ([]helpdesk.Agent, error)
	SetAgent(ctx context.Context, by actions.Actor, idOrAddress string, in actions.AgentChange) (*helpdesk.Agent, error)
	TeamList(ctx context.Context, by actions.Actor) ([]helpdesk.Team, error)
	SaveTeam(ctx context.Context, by actions.Actor, in helpdesk.Team) (*helpdesk.Team, error)
	RemoveTeam(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error
	Roles(ctx context.Context, by actions.Actor) ([]helpdesk.DeskRole, error)
	SaveRole(ctx context.Context, by actions.Actor, in helpdesk.DeskRole) (*helpdesk.DeskRole, error)
	RemoveRole(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error

	InviteAgent(ctx context.Context, by actions.Actor, h helpdesk.HelpCenter, in actions.NewAgent) (*helpdesk.Agent, error)
	SendJoin(ctx context.Context, by actions.Actor, h helpdesk.HelpCenter, id helpdesk.ID) error
	ResetSecond(ctx context.Context, by actions.Actor, id helpdesk.ID) error
	SetOwnMail(ctx context.Context, by actions.Actor, mail helpdesk.AgentMail) error
	AuditLog(ctx context.Context, by actions.Actor, q actions.AuditQuery) (*actions.AuditPage, error)
}

// agent is somebody who answers.
type agent struct {
	ID       helpdesk.ID `json:"id"`
	Name     string      `json:"name"`
	Address  string      `json:"address"`
	Role     helpdesk.ID `json:"role"`
	Disabled bool        `json:"disabled,omitempty"`
	Created  time.Time   `json:"created"`
	Rev      string      `json:"rev"`
}

func (a agent) etag() string { return `"` + a.Rev + `"` }

func agentOf(a *helpdesk.Agent) agent {
	role := a.Role
	if role == "" {
		role = helpdesk.AgentRole
	}
	return agent{a.ID, a.Name, a.Address.String(), role, a.Disabled, a.Created, revOf(a.Rev)}
}

func (h *Handler) listAgents(c *call) (out page[agent], err error) {
	found, err := h.desk.Agents(c.ctx, c.by)
	out.Items = []agent{}
	for i := range found {
		out.Items = append(out.Items, agentOf(&found[i]))
	}
	return out, err
}

type agentChanges struct {
	Name     *string        `json:"name,omitempty"`
	Role     *string        `json:"role,omitempty" doc:"Id or name."`
	Teams    *[]helpdesk.ID `json:"teams,omitempty"`
	Mail     *string        `json:"mail,omitempty" doc:"Which messages of customers they are mailed: all, mine or none."`
	Disabled *bool          `json:"disabled,omitempty" doc:"Ends everything that they have, at once."`
}

func (h *Handler) changeAgent(c *call, in agentChanges) (out agent, err error) {
	want := actions.AgentChange{Name: in.Name, Role: in.Role, Teams: in.Teams, Disabled: in.Disabled}
	if in.Mail != nil {
		m, err := helpdesk.ParseAgentMail(*in.Mail)
		if err != nil {
			return out, err
		}
		want.Mail = &m
	}
	if want.Rev, err = c.ifMatch(); err != nil {
		return out, err
	}
	a, err := h.desk.SetAgent(c.ctx, c.by, c.r.PathValue("agent"), want)
	if err != nil {
		return out, err
	}
	return agentOf(a), nil
}

// team is agents who work on the same requests.
type team struct {
	ID          helpdesk.ID   `json:"id"`
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Members     []helpdesk.ID `json:"members"`
	Rev         string        `json:"rev" doc:"The ETag is made of it."`
}

func (h *Handler) listTeams(c *call) (out page[team], err error) {
	found, err := h.desk.TeamList(c.ctx, c.by)
	out.Items = []team{}
	for _, t := range found {
		out.Items = append(out.Items, team{t.ID, t.Name, t.Description, or(t.Members, []helpdesk.ID{}), revOf(t.Rev)})
	}
	return out, err
}

type newTeam struct {
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"`
	Members     []helpdesk.ID `json:"members,omitempty"`
}

func (in newTeam) team(id helpdesk.ID, rev int64) helpdesk.Team {
	return helpdesk.Team{ID: id, Name: in.Name, Description: in.Description, Members: in.Members, Rev: rev}
}

func (h *Handler) addTeam(c *call, in newTeam) error {
	_, err := h.desk.SaveTeam(c.ctx, c.by, in.team("", 0))
	return err
}

func (h *Handler) putTeam(c *call, in newTeam) error {
	rev, err := c.ifMatch()
	if err != nil {
		return err
	}
	_, err = h.desk.SaveTeam(c.ctx, c.by, in.team(helpdesk.ID(c.r.PathValue("team")), rev))
	return err
}

func (h *Handler) removeTeam(c *call) error {
	rev, err := c.ifMatch()
	if err != nil {
		return err
	}
	return h.desk.RemoveTeam(c.ctx, c.by, helpdesk.ID(c.r.PathValue("team")), rev)
}

// role is what some agents may do.
type role struct {
	ID           helpdesk.ID           `json:"id"`
	Name         string                `json:"name"`
	Permissions  []helpdesk.Permission `json:"permissions"`
	Sees         string                `json:"sees" doc:"All requests, or those of their Teams, their own, and those that they follow."`
	SecondFactor bool                  `json:"secondFactor,omitempty"`
	Rev          string                `json:"rev" doc:"The ETag is made of it."`
}

const seesAll = "All"

func (h *Handler) listRoles(c *call) (out page[role], err error) {
	found, err := h.desk.Roles(c.ctx, c.by)
	out.Items = []role{}
	for _, r := range found {
		sees := string(r.Sees)
		if sees == "" {
			sees = seesAll
		}
		out.Items = append(out.Items, role{r.ID, r.Name, or(r.Permissions, []helpdesk.Permission{}), sees, r.SecondFactor, revOf(r.Rev)})
	}
	return out, err
}

type newRole struct {
	Name         string                `json:"name"`
	Permissions  []helpdesk.Permission `json:"permissions,omitempty"`
	Sees         string                `json:"sees,omitempty" doc:"All or Teams; nothing: all."`
	SecondFactor bool                  `json:"secondFactor,omitempty"`
}

func (in newRole) role(id helpdesk.ID, rev int64) helpdesk.DeskRole {
	sees := helpdesk.Sight(in.Sees)
	if in.Sees == seesAll {
		sees = helpdesk.SeesAll
	}
	return helpdesk.DeskRole{ID: id, Name: in.Name, Permissions: in.Permissions, Sees: sees, SecondFactor: in.SecondFactor, Rev: rev}
}

func (h *Handler) addRole(c *call, in newRole) error {
	_, err := h.desk.SaveRole(c.ctx, c.by, in.role("", 0))
	return err
}

func (h *Handler) putRole(c *call, in newRole) error {
	rev, err := c.ifMatchOrNew()
	if err != nil {
		return err
	}
	_, err = h.desk.SaveRole(c.ctx, c.by, in.role(helpdesk.ID(c.r.PathValue("role")), rev))
	return err
}

func (h *Handler) removeRole(c *call) error {
	rev, err := c.ifMatch()
	if err != nil {
		return err
	}
	return h.desk.RemoveRole(c.ctx, c.by, helpdesk.ID(c.r.PathValue("role")), rev)
}

type newAgent struct {
	Name    string        `json:"name"`
	Address string        `json:"address"`
	Role    string        `json:"role,omitempty" doc:"Id or name; nothing: Agent."`
	Mail    string        `json:"mail,omitempty" doc:"all, mine or none; nothing: mine."`
	Teams   []helpdesk.ID `json:"teams,omitempty"`
}

// madeAgent tells which agent is there now.
type madeAgent struct {
	ID helpdesk.ID `json:"id"`
}

func madeAgentOf(_ *call, m helpdesk.Made) madeAgent { return madeAgent{m.Agent} }

func (h *Handler) inviteAgent(c *call, in newAgent) error {
	want := actions.NewAgent{Name: in.Name, Address: in.Address, Role: in.Role, Teams: in.Teams}
	if in.Mail != "" {
		m, err := helpdesk.ParseAgentMail(in.Mail)
		if err != nil {
			return err
		}
		want.Mail = m
	}
	_, err := h.desk.InviteAgent(c.ctx, c.by, c.center, want)
	return err
}

func (h *Handler) sendJoin(c *call) error {
	return h.desk.SendJoin(c.ctx, c.by, c.center, helpdesk.ID(c.r.PathValue("agent")))
}

func (h *Handler) resetSecond(c *call) error {
	return h.desk.ResetSecond(c.ctx, c.by, helpdesk.ID(c.r.PathValue("agent")))
}

type ownMail struct {
	Mail string `json:"mail" doc:"all, mine or none"`
}

func (h *Handler) setOwnMail(c *call, in ownMail) error {
	m, err := helpdesk.ParseAgentMail(in.Mail)
	if err != nil {
		return err
	}
	return h.desk.SetOwnMail(c.ctx, c.by, m)
}
