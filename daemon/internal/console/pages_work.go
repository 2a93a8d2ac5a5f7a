package console

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Work is what the pages of this file ask of the desk.
type Work interface {
	DeskSettings(ctx context.Context, by actions.Actor) (*helpdesk.DeskSettings, error)
	TeamList(ctx context.Context, by actions.Actor) ([]helpdesk.Team, error)
}

// workPages registers them.
func (c *Handler) workPages() {}
