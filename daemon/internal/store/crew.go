package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Role reads a role by its id, also one of [helpdesk.BuiltIn]. One that is gone, and
// "", is that of [helpdesk.AgentRole].
func (s *Store) Role(ctx context.Context, account string, id helpdesk.ID) (*helpdesk.DeskRole, error) {
	if id == "" {
		id = helpdesk.AgentRole
	}
	t := s.keys.account(account)
	resp, err := s.txn(ctx, nil, s.opGet(t.record(helpdesk.RoleRecord, string(id))), s.opGet(t.record(helpdesk.RoleRecord, string(helpdesk.AgentRole))))
	if err != nil {
		return nil, fmt.Errorf("read role: %w", err)
	}
	for i, id := range []helpdesk.ID{id, helpdesk.AgentRole} {
		role, err := one[helpdesk.DeskRole](resp, i)
		if err != nil {
			return nil, err
		}
		if role != nil {
			role.Rev = kvs(resp, i)[0].ModRevision
		}
		if role = stands(role, id); role != nil {
			return role, nil
		}
	}
	panic("the role of agents is always there")
}

// stands is the role as it is used: of those that are always there, a record holds
// only what an account may choose about them.
func stands(role *helpdesk.DeskRole, id helpdesk.ID) *helpdesk.DeskRole {
	i := slices.IndexFunc(helpdesk.BuiltIn, func(r helpdesk.DeskRole) bool { return r.ID == id })
	if i < 0 {
		return role
	}
	built := helpdesk.BuiltIn[i]
	if role != nil {
		built.SecondFactor, built.Rev = role.SecondFactor, role.Rev
	}
	return &built
}

// Roles reads all roles of an account, those of [helpdesk.BuiltIn] first.
func (s *Store) Roles(ctx context.Context, account string) ([]helpdesk.DeskRole, error) {
	resp, err := s.get(ctx, s.keys.account(account).records(helpdesk.RoleRecord), clientv3.WithPrefix())
	if err != nil {
		return nil, fmt.Errorf("read roles: %w", err)
	}
	own := map[helpdesk.ID]*helpdesk.DeskRole{}
	var more []helpdesk.DeskRole
	for _, kv := range resp.Kvs {
		role := helpdesk.DeskRole{}
		if err := json.Unmarshal(kv.Value, &role); err != nil {
			return nil, fmt.Errorf("read record %s: %w", kv.Key, err)
		}
		role.Rev = kv.ModRevision
		if role.IsBuiltIn() {
			own[role.ID] = &role
			continue
		}
		more = append(more, role)
	}
	all := make([]helpdesk.DeskRole, 0, len(helpdesk.BuiltIn)+len(more))
	for _, built := range helpdesk.BuiltIn {
		all = append(all, *stands(own[built.ID], built.ID))
	}
	return append(all, more...), nil
}

// Teams reads all teams of an account.
func (s *Store) Teams(ctx context.Context, account string) ([]helpdesk.Team, error) {
	return list(ctx, s, s.keys.account(account).records(helpdesk.TeamRecord), func(t *helpdesk.Team, rev int64) { t.Rev = rev })
}

// Crew reads who works for an account. Teams are left out where no agent's sight ends
// with them.
func (s *Store) Crew(ctx context.Context, account string) (*helpdesk.Crew, error) {
	c := &helpdesk.Crew{}
	var err error
	if c.Agents, err = s.Agents(ctx, account); err != nil {
		return nil, err
	}
	if c.Roles, err = s.Roles(ctx, account); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(c.Agents, func(a helpdesk.Agent) bool { return c.Role(&a).Sees != helpdesk.SeesAll }) {
		c.Teams, err = s.Teams(ctx, account)
	}
	return c, err
}

// AgentsWhoSee are the agents who may know of a ticket, disabled ones left out.
func (s *Store) AgentsWhoSee(ctx context.Context, account string, t *helpdesk.Ticket) ([]helpdesk.Agent, error) {
	c, err := s.Crew(ctx, account)
	if err != nil {
		return nil, err
	}
	return c.WhoSee(t), nil
}

// Sees reports whether an agent may know of a ticket.
func (s *Store) Sees(ctx context.Context, account string, a *helpdesk.Agent, t *helpdesk.Ticket) (bool, error) {
	role, err := s.Role(ctx, account, a.Role)
	if err != nil || role.Sees == helpdesk.SeesAll {
		return err == nil, err
	}
	teams, err := s.Teams(ctx, account)
	return err == nil && role.Shows(a, helpdesk.TeamsOf(teams, a.ID), t), err
}
