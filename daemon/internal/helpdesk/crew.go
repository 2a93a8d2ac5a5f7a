package helpdesk

import "slices"

// Shows reports whether an agent of the role, in these teams, may know of a ticket.
func (r *DeskRole) Shows(a *Agent, teams []ID, t *Ticket) bool {
	return r.Sees == SeesAll || a.Follows(t) || slices.Contains(t.Mentioned, a.ID) || t.Team != "" && slices.Contains(teams, t.Team)
}

// Crew is who works for an account, and what decides who sees what.
type Crew struct {
	Agents []Agent
	Roles  []DeskRole // with those of [BuiltIn]
	Teams  []Team     // may be left out where every role sees all
}

// Role is that of an agent. One that is gone makes an agent of them.
func (c *Crew) Role(a *Agent) *DeskRole {
	id := a.Role
	if i := slices.IndexFunc(c.Roles, func(r DeskRole) bool { return r.ID == id }); i >= 0 {
		return &c.Roles[i]
	}
	i := slices.IndexFunc(c.Roles, func(r DeskRole) bool { return r.ID == AgentRole })
	return &c.Roles[i]
}

// TeamsOf are the ids of an agent's teams.
func (c *Crew) TeamsOf(a *Agent) []ID { return TeamsOf(c.Teams, a.ID) }

// TeamsOf are the ids of those of the teams that an agent is in.
func TeamsOf(teams []Team, agent ID) []ID {
	var mine []ID
	for i := range teams {
		if slices.Contains(teams[i].Members, agent) {
			mine = append(mine, teams[i].ID)
		}
	}
	return mine
}

// WhoSee are the agents who may know of a ticket, disabled ones left out.
func (c *Crew) WhoSee(t *Ticket) []Agent {
	var found []Agent
	for i := range c.Agents {
		if a := &c.Agents[i]; !a.Disabled && c.Role(a).Shows(a, c.TeamsOf(a), t) {
			found = append(found, *a)
		}
	}
	return found
}
