package console

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Settings is what the agents of an account agreed on.
type Settings interface {
	DeskSettings(ctx context.Context, by actions.Actor) (*helpdesk.DeskSettings, error)
	SaveDeskSettings(ctx context.Context, by actions.Actor, in helpdesk.DeskSettings) (*helpdesk.DeskSettings, error)
	CannedReply(ctx context.Context, by actions.Actor, id helpdesk.ID) (*helpdesk.Canned, error)
	SaveCanned(ctx context.Context, by actions.Actor, in helpdesk.Canned) (*helpdesk.Canned, error)
	RemoveCanned(ctx context.Context, by actions.Actor, id helpdesk.ID, rev int64) error
}

// settingsPages registers them.
func (c *Handler) settingsPages() {
	c.handle("GET "+settingsPath, c.showSettings)
	c.handle("POST "+settingsPath+"/statuses", c.nameStatuses)
	c.handle("POST "+settingsPath+"/fields/{of}", c.changeField)
	c.handle("GET "+cannedPath, c.listCanned)
	c.handle("GET "+cannedPath+"/new", c.newCanned)
	c.handle("POST "+cannedPath, c.saveCanned)
	c.handle("GET "+cannedPath+"/{id}", c.showCanned)
	c.handle("POST "+cannedPath+"/{id}", c.saveCanned)
}
