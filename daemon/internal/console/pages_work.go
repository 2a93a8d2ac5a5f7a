package console

import (
	"context"

	"github.com/posterndesk/postern/daemon/internal/actions"
	"github.com/posterndesk/postern/daemon/internal/helpdesk"
)

// Work is what agents do to requests besides answering them.
type Work interface {
	Edit(ctx context.Context, by actions.Actor, number int64, in actions.Edit) (*actions.Edited, error)
	Watch(ctx context.Context, by actions.Actor, number int64, agent helpdesk.ID) error
	Unwatch(ctx context.Context, by actions.Actor, number int64, agent helpdesk.ID) error
	LookedAt(ctx context.Context, by actions.Actor, number int64) error

	Writing(ctx context.Context, by actions.Actor, number int64) (*helpdesk.Writing, error)
	KeepWriting(ctx context.Context, by actions.Actor, number int64, nonce string, in helpdesk.Writing) (*helpdesk.Writing, error)

	CannedReplies(ctx context.Context, by actions.Actor) ([]helpdesk.Canned, error)
	FillCanned(ctx context.Context, by actions.Actor, id helpdesk.ID, number int64) (string, error)

	Senders(ctx context.Context, by actions.Actor) (*actions.Senders, error)
	OpenTicket(ctx context.Context, by actions.Actor, in actions.NewTicket) (int64, error)
	OpenSide(ctx context.Context, by actions.Actor, number int64, in actions.NewSide) (int64, error)
	DeskSettings(ctx context.Context, by actions.Actor) (*helpdesk.DeskSettings, error)
	TeamList(ctx context.Context, by actions.Actor) ([]helpdesk.Team, error)
}

// workPages registers them.
func (c *Handler) workPages() {
	c.handle("POST /agent/tickets/{number}/writing", c.keepWriting)
	c.handle("GET /agent/tickets/{number}/canned/{canned}", c.cannedText)
	c.newPages()
}
