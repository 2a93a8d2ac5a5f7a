package actions

import (
	"context"
	"slices"
	"strings"

	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// DeskSettings are what the agents of the account agreed on.
func (d *Desk) DeskSettings(ctx context.Context, by Actor) (*helpdesk.DeskSettings, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	s, _, err := record[helpdesk.DeskSettings](ctx, d, by.Account, helpdesk.SettingsRecord, "desk")
	if helpdesk.KindOf(err) == helpdesk.NotFound {
		return &helpdesk.DeskSettings{}, nil
	}
	return s, err
}

// Teams of the account, by name.
func (d *Desk) TeamList(ctx context.Context, by Actor) ([]helpdesk.Team, error) {
	if err := by.mayWork(); err != nil {
		return nil, err
	}
	teams, err := d.store.Teams(ctx, by.Account)
	slices.SortFunc(teams, func(a, b helpdesk.Team) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return teams, err
}
