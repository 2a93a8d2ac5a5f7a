package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Roles of the account: those that are always there, then its own by name.
func (d *Desk) Roles(ctx context.Context, by Actor) ([]helpdesk.DeskRole, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	roles, err := d.store.Roles(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	own := roles[len(helpdesk.BuiltIn):]
	slices.SortFunc(own, func(a, b helpdesk.DeskRole) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	return roles, nil
}

// gives answers Forbidden if the actor may not give the role to anybody, nor change
// who has it: nobody makes others, or themselves, more than they are.
func (a Actor) gives(r *helpdesk.DeskRole) error {
	if a.IsAdmin() || r.ID != helpdesk.AdminRole && a.Role.Covers(r) {
		return nil
	}
	return helpdesk.Errorf(helpdesk.Forbidden, "the role %s allows more than yours does, so an admin has to do this", r.Name)
}

// hands is asked where somebody gets a role: a token gives nobody what it may not do,
// or whoever holds it would make a way round its scopes. What every agent may do is
// no more than the scope that makes agents.
func (a Actor) hands(r *helpdesk.DeskRole) error {
	if err := a.gives(r); err != nil || a.Token == nil {
		return err
	}
	for _, p := range r.Permissions {
		if !a.Token.Grants(p.Scope()) && !slices.Contains(helpdesk.BuiltIn[1].Permissions, p) {
			return helpdesk.Errorf(helpdesk.Forbidden, "this token does not have the scope %s, so it can't give the role %s", p.Scope(), r.Name)
		}
	}
	return nil
}

// SaveRole makes a role (without an id) or changes one that is as it was read at
// in.Rev; Conflict says that somebody else changed it since. Of the roles that are
// always there, only SecondFactor can be changed.
func (d *Desk) SaveRole(ctx context.Context, by Actor, in helpdesk.DeskRole) (*helpdesk.DeskRole, error) {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return nil, err
	}
	roles, err := d.store.Roles(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	was, err := roleIn(roles, in.ID)
	if err != nil {
		return nil, err
	}
	role, act := in, "role.change"
	switch {
	case was == nil:
		act, role.ID, role.Rev = "role.add", helpdesk.NewID(), 0
		if len(roles) >= helpdesk.MaxRoles {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "an account has at most %d roles", helpdesk.MaxRoles)
		}
	case was.Rev != in.Rev:
		return nil, changedSince()
	case was.IsBuiltIn():
		role = *was
		role.SecondFactor = in.SecondFactor
	}
	if was != nil {
		if err := by.gives(was); err != nil {
			return nil, err
		}
	}
	if err := by.hands(&role); err != nil {
		return nil, err
	}
	if !role.IsBuiltIn() {
		if err := checkRole(&role, roles); err != nil {
			return nil, err
		}
	}
	err = d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.RoleRecord, ID: string(role.ID), Value: &role, Rev: role.Rev}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, act, "role/"+string(role.ID), roleDetails(&role)...)},
	})
	if err != nil {
		return nil, asChangedSince(err)
	}
	return d.store.Role(ctx, by.Account, role.ID)
}

// roleDetails tell what a role allows.
func roleDetails(r *helpdesk.DeskRole) []string {
	allowed := make([]string, len(r.Permissions))
	for i, p := range r.Permissions {
		allowed[i] = string(p)
	}
	return []string{"may", strings.Join(allowed, " "), "sees", string(r.Sees), "secondFactor", yesNo(r.SecondFactor)}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// roleIn finds a role by its id; nil for "".
func roleIn(roles []helpdesk.DeskRole, id helpdesk.ID) (*helpdesk.DeskRole, error) {
	if id == "" {
		return nil, nil
	}
	i := slices.IndexFunc(roles, func(r helpdesk.DeskRole) bool { return r.ID == id })
	if i < 0 {
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such role")
	}
	return &roles[i], nil
}

// checkRole wants a name that no other has, and permissions that there are.
func checkRole(r *helpdesk.DeskRole, all []helpdesk.DeskRole) error {
	switch r.Name = oneLine(r.Name); {
	case r.Name == "" || len(r.Name) > helpdesk.MaxRoleName:
		return helpdesk.Errorf(helpdesk.Invalid, "a role needs a name of at most %d characters", helpdesk.MaxRoleName)
	case slices.ContainsFunc(all, func(o helpdesk.DeskRole) bool { return o.ID != r.ID && strings.EqualFold(o.Name, r.Name) }):
		return helpdesk.Errorf(helpdesk.Invalid, "there is a role %s already", r.Name)
	case r.Sees != helpdesk.SeesAll && r.Sees != helpdesk.SeesTeams:
		return helpdesk.Errorf(helpdesk.Invalid, "a role sees all requests, or those of its agents' teams")
	}
	for _, p := range r.Permissions {
		if !slices.Contains(helpdesk.Permissions, p) {
			return helpdesk.Errorf(helpdesk.Invalid, "there is no permission %q", clip(string(p)))
		}
	}
	var wanted []helpdesk.Permission // once each, in their order
	for _, p := range helpdesk.Permissions {
		if r.May(p) {
			wanted = append(wanted, p)
		}
	}
	r.Permissions = wanted
	return nil
}

// clip keeps what somebody typed short enough to be told back.
func clip(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// RemoveRole removes a role; its agents have [helpdesk.AgentRole] from then on.
func (d *Desk) RemoveRole(ctx context.Context, by Actor, id helpdesk.ID, rev int64) error {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return err
	}
	roles, err := d.store.Roles(ctx, by.Account)
	if err != nil {
		return err
	}
	role, err := roleIn(roles, id)
	switch {
	case err != nil:
		return err
	case role == nil:
		return helpdesk.Errorf(helpdesk.NotFound, "there is no such role")
	case role.IsBuiltIn():
		return helpdesk.Errorf(helpdesk.Invalid, "the role %s is always there", role.Name)
	case role.Rev != rev:
		return changedSince()
	}
	becomes, err := roleIn(roles, helpdesk.AgentRole)
	if err != nil {
		return err
	}
	for _, r := range []*helpdesk.DeskRole{role, becomes} { // its agents may get more by that
		if err := by.gives(r); err != nil {
			return err
		}
	}
	return asChangedSince(d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.RoleRecord, ID: string(id), Rev: rev, Gone: true}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, "role.remove", "role/"+string(id))},
	}))
}

// changedSince is the answer to who would overwrite what somebody else has changed.
func changedSince() error {
	return helpdesk.Errorf(helpdesk.Conflict, "somebody else changed this since you opened it: open it again and look")
}

// asChangedSince says a lost race in words.
func asChangedSince(err error) error {
	if helpdesk.KindOf(err) == helpdesk.Conflict {
		return changedSince()
	}
	return err
}
