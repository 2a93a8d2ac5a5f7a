package console_test

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

func (d *desk) DeskSettings(_ context.Context, by actions.Actor) (*helpdesk.DeskSettings, error) {
	if d.settings == nil {
		return &helpdesk.DeskSettings{}, d.check(by)
	}
	return d.settings, d.check(by)
}

func (d *desk) TeamList(_ context.Context, by actions.Actor) ([]helpdesk.Team, error) {
	return d.teams, d.check(by)
}
