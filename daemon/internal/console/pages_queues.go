package console

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Queues is what the pages of lists ask of the desk.
type Queues interface {
	List(ctx context.Context, by actions.Actor, q actions.ListQuery) (*actions.Listing, error)
	Counts(ctx context.Context, by actions.Actor) (map[string]int, error)
	ChangeMany(ctx context.Context, by actions.Actor, numbers []int64, in actions.Bulk) (*actions.BulkResult, error)
	UndoMany(ctx context.Context, by actions.Actor, id helpdesk.ID) (*actions.BulkResult, error)
	Export(ctx context.Context, by actions.Actor, q actions.ListQuery) (*actions.Export, error)
	DeskSettings(ctx context.Context, by actions.Actor) (*helpdesk.DeskSettings, error)
	TeamList(ctx context.Context, by actions.Actor) ([]helpdesk.Team, error)
	FailedMail(ctx context.Context, by actions.Actor, after helpdesk.ID) (list []actions.FailedMail, next helpdesk.ID, err error)
	Views
}

// queuesPages registers them.
func (c *Handler) queuesPages() {
	c.handle("GET /agent", c.firstList)
	c.handle("GET /agent/q/{queue}", c.showQueue)
	c.viewsPages()
	c.handle("POST /agent/bulk", c.bulk)
	c.handle("POST /agent/bulk/undo", c.undoBulk)
	c.handle("POST /agent/export", c.export)
	c.handle("GET /agent/failed", c.failed)
	c.handle("POST /agent/failed/{delivery}/retry", c.retryFailed)
	c.handle("POST /agent/me/density", c.setDensity)
}
