package actions

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// SaveTeam makes a team (without an id) or changes one that is as it was read at
// in.Rev; Conflict says that somebody else changed it since. Who sees only requests of
// their teams changes no others: being in a team is what lets them see.
func (d *Desk) SaveTeam(ctx context.Context, by Actor, in helpdesk.Team) (*helpdesk.Team, error) {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return nil, err
	}
	teams, err := d.store.Teams(ctx, by.Account)
	if err != nil {
		return nil, err
	}
	act := "team.change"
	if in.ID == "" {
		act, in.ID, in.Rev = "team.add", helpdesk.NewID(), 0
		if len(teams) >= helpdesk.MaxTeams {
			return nil, helpdesk.Errorf(helpdesk.Invalid, "an account has at most %d teams", helpdesk.MaxTeams)
		}
	} else if _, err := d.ownTeam(by, teams, in.ID, in.Rev); err != nil {
		return nil, err
	}
	if err := checkTeam(&in, teams); err != nil {
		return nil, err
	}
	if err := d.checkMembers(ctx, by, &in); err != nil {
		return nil, err
	}
	err = d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.TeamRecord, ID: string(in.ID), Value: &in, Rev: in.Rev}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, act, "team/"+string(in.ID), "members", memberWords(in.Members))},
	})
	if err != nil {
		return nil, asChangedSince(err)
	}
	found, rev, err := record[helpdesk.Team](ctx, d, by.Account, helpdesk.TeamRecord, string(in.ID))
	if err == nil {
		found.Rev = rev
	}
	return found, err
}

// memberWords are ids, as many as the audit log has room for.
func memberWords(ids []helpdesk.ID) string {
	const most = 60
	words := make([]string, 0, most+1)
	for i, id := range ids {
		if i == most {
			words = append(words, "…")
			break
		}
		words = append(words, string(id))
	}
	return strings.Join(words, " ")
}

// ownTeam finds a team that the actor may change, as it was read at rev.
func (d *Desk) ownTeam(by Actor, teams []helpdesk.Team, id helpdesk.ID, rev int64) (*helpdesk.Team, error) {
	i := slices.IndexFunc(teams, func(t helpdesk.Team) bool { return t.ID == id })
	switch {
	case i < 0:
		return nil, helpdesk.Errorf(helpdesk.NotFound, "there is no such team")
	case teams[i].Rev != rev:
		return nil, changedSince()
	case !by.seesAll() && !slices.Contains(by.Teams, id):
		return nil, helpdesk.Errorf(helpdesk.Forbidden, "you see requests of your own teams only, so somebody who sees all has to change others")
	}
	return &teams[i], nil
}

func checkTeam(t *helpdesk.Team, all []helpdesk.Team) error {
	t.Name, t.Description = oneLine(t.Name), oneLine(t.Description)
	switch {
	case t.Name == "" || utf8.RuneCountInString(t.Name) > helpdesk.MaxTeamName:
		return helpdesk.Errorf(helpdesk.Invalid, "a team needs a name of at most %d characters", helpdesk.MaxTeamName)
	case utf8.RuneCountInString(t.Description) > helpdesk.MaxTeamDescription:
		return helpdesk.Errorf(helpdesk.Invalid, "use a shorter description: at most %d characters", helpdesk.MaxTeamDescription)
	case slices.ContainsFunc(all, func(o helpdesk.Team) bool { return o.ID != t.ID && strings.EqualFold(o.Name, t.Name) }):
		return helpdesk.Errorf(helpdesk.Invalid, "there is a team %s already", t.Name)
	}
	return nil
}

// checkMembers keeps each once, and only agents that there are.
func (d *Desk) checkMembers(ctx context.Context, by Actor, t *helpdesk.Team) error {
	agents, err := d.store.Agents(ctx, by.Account)
	if err != nil {
		return err
	}
	slices.Sort(t.Members)
	t.Members = slices.Compact(t.Members)
	if len(t.Members) > helpdesk.MaxTeamMembers {
		return helpdesk.Errorf(helpdesk.Invalid, "a team has at most %d agents", helpdesk.MaxTeamMembers)
	}
	for _, id := range t.Members {
		if !slices.ContainsFunc(agents, func(a helpdesk.Agent) bool { return a.ID == id }) {
			return helpdesk.Errorf(helpdesk.Invalid, "one of the agents is not there any more")
		}
	}
	return nil
}

// RemoveTeam removes a team. Requests that it had are nobody's team's from then on.
func (d *Desk) RemoveTeam(ctx context.Context, by Actor, id helpdesk.ID, rev int64) error {
	if err := by.may(helpdesk.ManagePeople); err != nil {
		return err
	}
	teams, err := d.store.Teams(ctx, by.Account)
	if err != nil {
		return err
	}
	if _, err := d.ownTeam(by, teams, id, rev); err != nil {
		return err
	}
	return asChangedSince(d.store.Commit(ctx, &helpdesk.Change{
		Account: by.Account,
		Records: []helpdesk.Record{{Kind: helpdesk.TeamRecord, ID: string(id), Rev: rev, Gone: true}},
		Audit:   []helpdesk.AuditRecord{d.audit(by, "team.remove", "team/"+string(id))},
	}))
}
